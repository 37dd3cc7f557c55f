"""Browser ids and their cookie."""

from .memory import recall
from .publication import unpublished_methods
from AccessControl.class_init import InitializeClass
from AccessControl.Permissions import access_contents_information
from AccessControl.SecurityInfo import ClassSecurityInfo
from Acquisition import aq_base
from Acquisition import aq_inner
from Acquisition import aq_parent
from OFS.SimpleItem import SimpleItem
from Products.Sessions.interfaces import BrowserIdManagerErr
from Products.Sessions.interfaces import IBrowserIdManager
from Products.Sessions.permissions import access_user_session_data
from urllib.parse import urlsplit
from zExceptions import NotFound
from zope.globalrequest import getRequest
from zope.interface import implementer
from ZPublisher import zpublish

import re
import secrets

BROWSER_ID_MANAGER = "browser_id_manager"

# Not _ZopeId, the cookie of the manager in the Zope root.
COOKIE_NAME = "_sessiondata_id"

# 192 bits, as 32 characters that need no quoting anywhere.
ID_BYTES = 24
_well_formed = re.compile(r"[A-Za-z0-9_-]{32}").fullmatch


def request_of(tool):
    """Return the present request: the publisher's, or one that ``tool`` acquires.

    Raise ``LookupError`` if there is none.
    """
    request = getRequest()
    if request is not None:
        return request
    request = getattr(tool, "REQUEST", None)
    if request is None or isinstance(request, str):
        raise LookupError(
            "There is no request here, so no visitor whose session it could be. "
            "Use getSessionDataByKey(browser_id), or set a request with "
            "zope.globalrequest.setRequest."
        )
    return request


@unpublished_methods
@implementer(IBrowserIdManager)
class BrowserIdManager(SimpleItem):
    """Gives each browser an id, in a cookie, and recognises it again."""

    meta_type = "Sessiondata Browser Id Manager"
    zmi_icon = "far fa-id-card"
    title = "Browser ids of this site's sessions"

    security = ClassSecurityInfo()
    security.setPermissionDefault(access_contents_information, ("Manager", "Anonymous"))

    def __init__(self, id=BROWSER_ID_MANAGER):
        self.id = id

    @zpublish
    def index_html(self):
        """Answer that there is no page here; below are the management screens."""
        raise NotFound

    # IBrowserIdManager

    @security.protected(access_contents_information)
    def hasBrowserId(self):
        """Return True if this request has a browser id."""
        return self.getBrowserId(create=0) is not None

    @security.protected(access_contents_information)
    def getBrowserId(self, create=1):
        """Return this request's browser id: 32 characters, opaque, and secret.

        Without one, return a new one and set its cookie, or None if ``create``
        is false.  A malformed id is as good as none.
        """
        request = request_of(self)
        memory = recall(request, aq_base(self))
        if memory.browser_id is None:
            sent = request.cookies.get(COOKIE_NAME)
            if isinstance(sent, str) and _well_formed(sent):
                memory.browser_id = sent
                memory.namespace = "cookies"
            elif create:
                self.issue(self.reserveBrowserId())
        return memory.browser_id

    @security.protected(access_contents_information)
    def getBrowserIdName(self):
        """Return the name of the cookie."""
        return COOKIE_NAME

    @security.protected(access_contents_information)
    def isBrowserIdNew(self):
        """Return True if the browser has not sent this id yet.

        Raise ``BrowserIdManagerErr`` if there is no browser id.
        """
        return self._namespace() is None

    @security.protected(access_contents_information)
    def isBrowserIdFromCookie(self):
        """Return True if the id came in a cookie; see ``isBrowserIdNew``."""
        return self._namespace() == "cookies"

    @security.protected(access_contents_information)
    def isBrowserIdFromForm(self):
        """Return True if the id came in a form; see ``isBrowserIdNew``."""
        return self._namespace() == "form"

    @security.protected(access_contents_information)
    def isBrowserIdFromUrl(self):
        """Return True if the id came in the URL; see ``isBrowserIdNew``."""
        return self._namespace() == "url"

    @security.protected(access_contents_information)
    def flushBrowserIdCookie(self):
        """Delete the cookie from the browser."""
        request = request_of(self)
        request.response.expireCookie(COOKIE_NAME, **self._cookie(request))

    @security.protected(access_user_session_data)
    def setBrowserIdCookieByForce(self, bid):
        """Make ``bid`` this browser's id, and set its cookie.

        That hands the session of ``bid``, if there is one, to this browser: so it
        needs the permission Access arbitrary user session data.
        Raise ``BrowserIdManagerErr`` if it is not of the form of a browser id.
        """
        if not (isinstance(bid, str) and _well_formed(bid)):
            raise BrowserIdManagerErr(
                "This is no browser id; newBrowserId() makes one."
            )
        self.issue(bid)

    @security.protected(access_contents_information)
    def getHiddenFormField(self):
        """Raise ``BrowserIdManagerErr``: ids are taken from cookies alone."""
        raise BrowserIdManagerErr(
            "Browser ids are taken from cookies alone, so none is put in a form: "
            "whoever reads the page could take over the session."
        )

    @security.protected(access_contents_information)
    def encodeUrl(self, url, style="querystring"):
        """Raise ``BrowserIdManagerErr``: ids are taken from cookies alone."""
        raise BrowserIdManagerErr(
            "Browser ids are taken from cookies alone, so none is put in a URL: "
            "whoever sees the address could take over the session."
        )

    # Beyond the interface

    @security.private
    def newBrowserId(self):
        """Return an id that nobody has; no cookie is set."""
        return secrets.token_urlsafe(ID_BYTES)

    @security.private
    def reserveBrowserId(self):
        """Return the id that this browser gets if it needs a new one.

        It is the same throughout a request, and never one that a browser has sent:
        that may have been planted there.  No cookie is set.
        """
        memory = recall(request_of(self), aq_base(self))
        if memory.reserved is None:
            memory.reserved = self.newBrowserId()
        return memory.reserved

    @security.private
    def issue(self, browser_id):
        """Make ``browser_id`` this browser's, and set its cookie."""
        request = request_of(self)
        memory = recall(request, aq_base(self))
        memory.browser_id = browser_id
        memory.namespace = None
        request.response.setCookie(COOKIE_NAME, browser_id, **self._cookie(request))

    def _namespace(self):
        if self.getBrowserId(create=0) is None:
            raise BrowserIdManagerErr("There is no current browser id.")
        return recall(request_of(self), aq_base(self)).namespace

    def _cookie(self, request):
        """Return the attributes of the cookie."""
        return {
            "path": aq_parent(aq_inner(self)).absolute_url_path() or "/",
            "http_only": True,
            "same_site": "Lax",
            "secure": urlsplit(request["SERVER_URL"]).scheme == "https",
        }


InitializeClass(BrowserIdManager)
