"""The site that owns a container, entered by a thread that serves no request.

Subscribers and notification targets have the site there, and an empty request, because
much of Zope needs one.
"""

from ..interfaces import ISiteContext
from ..interfaces import ITransientObjectContainer
from Acquisition import aq_chain
from io import BytesIO
from zExceptions import NotFound
from zope.component import adapter
from zope.component.hooks import setSite
from zope.component.interfaces import ISite
from zope.globalrequest import clearRequest
from zope.globalrequest import setRequest
from zope.interface import implementer
from zope.publisher.browser import setDefaultSkin
from ZPublisher.BaseRequest import RequestContainer
from ZPublisher.HTTPRequest import HTTPRequest
from ZPublisher.HTTPResponse import HTTPResponse


def with_request(app):
    """Return ``app``, the Zope root, with an empty request that all objects acquire."""
    # Zope's own function for this is for tests: importing its package changes the
    # databases of the process.
    environ = {"SERVER_NAME": "nohost", "SERVER_PORT": "80", "REQUEST_METHOD": "GET"}
    request = HTTPRequest(BytesIO(), environ, HTTPResponse(stdout=BytesIO()))
    request["ACTUAL_URL"] = request["URL"]
    setDefaultSkin(request)
    return app.__of__(RequestContainer(REQUEST=request))


@implementer(ISiteContext)
@adapter(ITransientObjectContainer)
class SiteContext:
    """The site of a container's ``home``, as a context manager."""

    def __init__(self, container):
        self.container = container
        self.request = None

    def __enter__(self):
        user = self._user()
        if user is None:
            return self.container
        self.request = user.REQUEST
        setRequest(self.request)
        sites = (part for part in aq_chain(user) if ISite.providedBy(part))
        setSite(next(sites, None))
        return self.container.__of__(user)

    def _user(self):
        """Return the object that uses the container; None if it is not known or gone."""
        if self.container.home is None:
            return None
        database_name, path = self.container.home
        try:
            root = self.container._p_jar.get_connection(database_name).root()
            return with_request(root["Application"]).unrestrictedTraverse(path)
        except (KeyError, AttributeError, NotFound):
            # The site was moved without events, or its database is not configured. The
            # sessions can be swept without it.
            return None

    def __exit__(self, *error):
        if self.request is not None:
            setSite(None)
            clearRequest()
            self.request.clear()
