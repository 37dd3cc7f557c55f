"""For the tests of add-ons that keep data in sessions.

Base your layer on ``SESSIONDATA_FIXTURE``, or use one of the two testing layers.
In integration tests, act as one of several visitors::

    alice, bob = Visitor(portal), Visitor(portal)
    with alice:
        checkout = api.get_or_create(portal, "checkout", CheckoutData)
    with bob:
        self.assertIsNone(api.get(portal, "checkout"))
    with travel(minutes=61):
        self.assertIsNone(alice.data())

In functional tests ``data_of(browser, portal)`` tells what the session of a
``plone.testing.zope.Browser`` holds.
"""

from . import clock
from .browserid import BROWSER_ID_MANAGER
from .http.state import exchange_states
from .http.traversal import SessionHook
from .manager import SESSION_DATA_MANAGER
from .operations import housekeeper
from .settings.manager import REQUEST_NAME
from contextlib import contextmanager
from datetime import timedelta
from plone.app.testing import applyProfile
from plone.app.testing import FunctionalTesting
from plone.app.testing import IntegrationTesting
from plone.app.testing import PLONE_FIXTURE
from plone.app.testing import PloneSandboxLayer
from zope.component import getGlobalSiteManager
from zope.processlifetime import IProcessStarting

import transaction


class SessionDataLayer(PloneSandboxLayer):
    """A Plone site with collective.sessiondata installed.

    Nobody removes expired sessions beside the tests, also where a layer serves the site
    with ``WSGI_SERVER_FIXTURE``: what is written then is what the test itself does.
    """

    defaultBases = (PLONE_FIXTURE,)

    def setUpZope(self, app, configurationContext):
        import collective.sessiondata

        self.loadZCML(package=collective.sessiondata)
        getGlobalSiteManager().unregisterHandler(housekeeper.start, [IProcessStarting])

    def setUpPloneSite(self, portal):
        applyProfile(portal, "collective.sessiondata:default")


SESSIONDATA_FIXTURE = SessionDataLayer()

SESSIONDATA_INTEGRATION_TESTING = IntegrationTesting(
    bases=(SESSIONDATA_FIXTURE,), name="SessionDataLayer:Integration"
)

SESSIONDATA_FUNCTIONAL_TESTING = FunctionalTesting(
    bases=(SESSIONDATA_FIXTURE,), name="SessionDataLayer:Functional"
)


@contextmanager
def travel(**distance):
    """Let the sessions' clock be this far in the future, inside the ``with``.

    ``distance`` is given as to ``datetime.timedelta``: ``minutes=61``.  Nothing
    sleeps, and no other clock changes.
    """
    seconds = timedelta(**distance).total_seconds()
    with clock.shifted(seconds):
        yield


def _cookie_name(portal):
    return portal[BROWSER_ID_MANAGER].getBrowserIdName()


def _data(portal, browser_id):
    if browser_id is None:
        return None
    session = portal[SESSION_DATA_MANAGER].getSessionDataByKey(browser_id)
    return None if session is None else dict(session.items())


def data_of(browser, portal):
    """Return what the session of a test browser holds, as a dict, or None.

    The browser has to be at a page of the site.  To look is no access.
    """
    # The browser's requests have transactions of their own: see their result.
    transaction.begin()
    browser_id = browser.cookies.get(_cookie_name(portal))
    return _data(portal, browser_id)


class Visitor:
    """One browser without HTTP: each ``with`` block is a request of its own.

    Inside the block the test's request is this visitor's: it has the cookies
    that earlier blocks have set, and ``request.SESSION``.
    """

    def __init__(self, portal):
        self.cookies = {}
        self._portal = portal
        self._before = []

    def __enter__(self):
        request = self._portal.REQUEST
        cookies = dict(self.cookies)
        self._before.append(self._exchange(request, cookies, {}, None, None))
        SessionHook(SESSION_DATA_MANAGER, REQUEST_NAME)(self._portal, request)
        return request

    def __exit__(self, *error):
        request = self._portal.REQUEST
        for name, cookie in request.response.cookies.items():
            if cookie.get("Max-Age") == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = cookie["value"]
        self._exchange(request, *self._before.pop())

    def _exchange(self, request, cookies, response_cookies, states, session):
        """Give ``request`` all that tells visitors apart; return what it had."""
        before = (
            request.cookies,
            request.response.cookies,
            exchange_states(request, states),
            request.other.pop(REQUEST_NAME, None),
        )
        request.cookies = cookies
        request.response.cookies = response_cookies
        if session is not None:
            request.other[REQUEST_NAME] = session
        return before

    def data(self):
        """Return what this visitor's session holds, as a dict, or None.

        To look is no access.
        """
        return _data(self._portal, self.cookies.get(_cookie_name(self._portal)))
