"""The browser id manager: the id of a request."""

from .http.cookies import expire_cookie
from .http.cookies import restore
from .http.cookies import restore_when_aborted
from .http.cookies import send_cookie
from .http.ids import FormerIds
from .http.ids import is_well_formed
from .http.ids import new_id
from .http.links import hidden_field
from .http.links import with_path
from .http.links import with_query
from .http.redaction import redact
from .http.state import state_of
from .http.traversal import register_url_hook
from .http.traversal import unregister_url_hook
from .interfaces import IBrowserIds
from .interfaces import ISessionDataTool
from .publication import NoPage
from .publication import unpublished_methods
from .settings.browserid import BrowserIdSettings
from .settings.browserid import COOKIES
from .settings.browserid import FORM
from .settings.browserid import URL
from AccessControl.class_init import InitializeClass
from AccessControl.Permissions import access_contents_information
from AccessControl.SecurityInfo import ClassSecurityInfo
from Acquisition import aq_base
from Acquisition import aq_inner
from Acquisition import aq_parent
from OFS.SimpleItem import SimpleItem
from Products.Sessions.interfaces import BrowserIdManagerErr
from Products.Sessions.interfaces import SessionDataManagerErr
from Products.Sessions.permissions import access_user_session_data
from zope.globalrequest import getRequest
from zope.interface import implementer

import secrets

BROWSER_ID_MANAGER = "browser_id_manager"

PUTS_NONE = "puts none there: whoever sees the {} could take over the session"


def request_of(tool):
    """Return the request that is being published, or the one that ``tool`` acquires.

    Raises ``LookupError`` if there is none.
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
@implementer(IBrowserIds)
class BrowserIdManager(NoPage, BrowserIdSettings, SimpleItem):
    """Gives each browser an id, and recognises the browser by it."""

    meta_type = "Sessiondata Browser Id Manager"
    zmi_icon = "far fa-id-card"

    manage_options = BrowserIdSettings.manage_options + SimpleItem.manage_options

    security = ClassSecurityInfo()
    security.setPermissionDefault(access_contents_information, ("Manager", "Anonymous"))

    # The paths, relative to this folder, of the session data managers that use these ids.
    _managers = ()

    # The ``FormerIds`` that are accepted, one for each cookie; and their secret.
    _former_ids = ()
    _former_secret = None

    def __init__(self, id=BROWSER_ID_MANAGER):
        self.id = id

    # IBrowserIdManager

    @security.protected(access_contents_information)
    def hasBrowserId(self):
        """Return True if this request has a browser id."""
        return self.getBrowserId(create=0) is not None

    @security.protected(access_contents_information)
    def getBrowserId(self, create=1):
        """Return this request's browser id: 32 characters, opaque, and secret.

        Without one, returns a new one and sets its cookie, or None if ``create`` is
        false. A malformed id is ignored.
        """
        request = request_of(self)
        base = aq_base(self)
        state = state_of(request, base)
        if state.browser_id is None:
            # Not by the descriptors: each request runs this.
            name = base._setting_browserid_name
            for namespace in base._setting_browserid_namespaces:
                if namespace == COOKIES:
                    sent = request.cookies.get(name)
                elif namespace == FORM:
                    sent = request.form.get(name)
                else:
                    sent = state.in_url
                if isinstance(sent, str) and is_well_formed(sent):
                    # A plain string: the request may hide it from callers that print it.
                    state.browser_id = str(sent)
                    state.namespace = namespace
                    return state.browser_id
            if create:
                self.issue(self.reserve_browser_id())
        return state.browser_id

    @security.protected(access_contents_information)
    def getBrowserIdName(self):
        """Return the name of the cookie, the form field and the URL segment."""
        return self.browserid_name

    @security.protected(access_contents_information)
    def isBrowserIdNew(self):
        """Return True if the browser has not sent this id yet.

        Raises ``BrowserIdManagerErr`` if there is no browser id.
        """
        return self._namespace() is None

    @security.protected(access_contents_information)
    def isBrowserIdFromCookie(self):
        """Return True if the id was sent in a cookie. Raises as ``isBrowserIdNew``."""
        return self._namespace() == COOKIES

    @security.protected(access_contents_information)
    def isBrowserIdFromForm(self):
        """Return True if the id was sent in a form. Raises as ``isBrowserIdNew``."""
        return self._namespace() == FORM

    @security.protected(access_contents_information)
    def isBrowserIdFromUrl(self):
        """Return True if the id was sent in the URL. Raises as ``isBrowserIdNew``."""
        return self._namespace() == URL

    @security.protected(access_contents_information)
    def flushBrowserIdCookie(self):
        """Delete the cookie from the browser.

        Raises ``BrowserIdManagerErr`` if cookies are not a namespace.
        """
        self._need_cookies()
        expire_cookie(self, request_of(self), self._folder_path())

    @security.protected(access_user_session_data)
    def setBrowserIdCookieByForce(self, bid):
        """Make ``bid`` this browser's id, and set its cookie.

        This gives the session of ``bid``, if it has one, to this browser, so it needs the
        permission Access arbitrary user session data. Raises ``BrowserIdManagerErr`` if
        ``bid`` does not have the form of a browser id, or cookies are not a namespace.
        """
        self._need_cookies()
        if not (isinstance(bid, str) and is_well_formed(bid)):
            raise BrowserIdManagerErr(
                "This is no browser id; new_browser_id() makes one. Nothing was changed."
            )
        self.issue(bid)

    @security.protected(access_contents_information)
    def getHiddenFormField(self):
        """Return a hidden input that carries the id in a form.

        Raises ``BrowserIdManagerErr`` if forms are not a namespace.
        """
        self._need(FORM, "forms", PUTS_NONE.format("page"))
        return hidden_field(self.browserid_name, self.id_for_links())

    @security.protected(access_contents_information)
    def encodeUrl(self, url, style="querystring", create=1):
        """Return ``url`` with the id in it, escaped for HTML.

        ``style`` is "querystring", or "inline" for the path. Raises
        ``BrowserIdManagerErr`` if ids are not accepted there, or if the browser has no id
        and ``create`` is false.
        """
        if style == "querystring":
            self._need(FORM, "forms and query strings", PUTS_NONE.format("address"))
        else:
            self._need(URL, "URLs", PUTS_NONE.format("address"))
        if not create:
            self._namespace()
        name, browser_id = self.browserid_name, self.id_for_links()
        if style == "querystring":
            return with_query(url, name, browser_id)
        return with_path(url, name, browser_id, self._folder_path())

    # IBrowserIds

    @security.private
    def new_browser_id(self):
        """Return a new random id. Does not set a cookie."""
        return new_id()

    @security.private
    def reserve_browser_id(self):
        """Return the id that this browser gets if it needs a new one.

        It is the same throughout a request, and never an id that a browser has sent: that
        may have been planted. Does not set a cookie.
        """
        state = state_of(request_of(self), aq_base(self))
        if state.reserved is None:
            state.reserved = self.new_browser_id()
        return state.reserved

    @security.private
    def id_for_new_session(self):
        """Return the id for a new session of this browser.

        That is its present id, if another session data manager has a session of it;
        otherwise ``reserve_browser_id()``. Does not set a cookie.
        """
        present = self.getBrowserId(create=0)
        if present is not None and self._is_known(present):
            return present
        return self.reserve_browser_id()

    @security.private
    def hide(self, request):
        """Hide the browser id in the printed form of ``request``."""
        redact(request, self._setting_browserid_name)

    @security.private
    def forget(self):
        """Delete the cookie from the browser, if it has one, and forget its id."""
        request = request_of(self)
        name = self.browserid_name
        if name in request.cookies or name in request.response.cookies:
            state = state_of(request, aq_base(self))
            restore_when_aborted(request, state, name)
            expire_cookie(self, request, self._folder_path())
            # A session that begins now must not get the id of the one before.
            state.reserved = None

    @security.private
    def withdraw(self):
        """Withdraw the id that was issued in this transaction."""
        restore(state_of(request_of(self), aq_base(self)))

    @security.private
    def accept_former_ids(self, cookie_name, until):
        """Accept the ids in a cookie of another product; return its ``FormerIds``.

        They are accepted until ``until``, in seconds since the epoch.
        """
        if self._former_secret is None:
            self._former_secret = secrets.token_bytes(32)
        # One secret for all cookies: a browser gets one id from all managers.
        accepted = FormerIds(cookie_name, self._former_secret, until)
        self._former_ids = accepted.added_to(self._former_ids)
        return accepted

    @security.private
    def former_browser_ids(self):
        """Return the browser ids for the cookies of other products in this request."""
        former_ids = aq_base(self)._former_ids
        if not former_ids:
            return ()
        request = request_of(self)
        return [id for ids in former_ids if (id := ids.id_of(request)) is not None]

    @security.private
    def issue(self, browser_id):
        """Make ``browser_id`` this browser's id, and set its cookie."""
        request = request_of(self)
        state = state_of(request, aq_base(self))
        name = self.browserid_name
        restore_when_aborted(request, state, name)
        if browser_id != state.browser_id:
            state.browser_id = browser_id
            state.namespace = None
        if COOKIES in self.browserid_namespaces:
            send_cookie(self, request, self._folder_path(), browser_id)

    @security.private
    def managers(self):
        """Return the session data managers that are known to use these ids."""
        return [manager for _path, manager in self._noted_managers()]

    @security.private
    def note_manager(self, manager):
        """Note that ``manager`` uses these ids; forget managers that do not exist."""
        folder = aq_parent(aq_inner(self))
        start = len(folder.getPhysicalPath())
        paths = {"/".join(manager.getPhysicalPath()[start:])}
        paths.update(path for path, _manager in self._noted_managers())
        if paths != set(self._managers):
            self._managers = tuple(sorted(paths))

    # Inside

    def _noted_managers(self):
        """Yield the path and the manager of each that still exists."""
        folder = aq_parent(aq_inner(self))
        for path in self._managers:
            manager = folder.unrestrictedTraverse(path, None)
            if ISessionDataTool.providedBy(manager):
                yield path, manager

    def _is_known(self, browser_id):
        """Return True if some manager has an active session of ``browser_id``."""
        return any(manager.knows(browser_id) for _, manager in self._noted_managers())

    @security.private
    def id_for_links(self):
        """Return the id of this browser's session, or of the session that it gets."""
        present = self.getBrowserId(create=0)
        if present is not None and (
            self._namespace() is None or self._is_known(present)
        ):
            return present
        return self.reserve_browser_id()

    def _need(self, namespace, sources, consequence):
        if namespace not in self.browserid_namespaces:
            raise BrowserIdManagerErr(
                f"{self._path()} does not take browser ids from {sources}, so it "
                f"{consequence}. If that is wanted, add {namespace!r} to its namespaces."
            )

    def _need_cookies(self):
        self._need(COOKIES, "cookies", "sets and deletes none")

    def _path(self):
        return "/".join(self.getPhysicalPath())

    def _namespace(self):
        if self.getBrowserId(create=0) is None:
            raise BrowserIdManagerErr(
                f"This browser has no id from {self._path()} yet. hasBrowserId() tells "
                "whether it has; getBrowserId() gives it one."
            )
        return state_of(request_of(self), aq_base(self)).namespace

    def _folder_path(self):
        """Return the path of this folder as browsers see it; "" for the root."""
        return aq_parent(aq_inner(self)).absolute_url_path().rstrip("/")

    @security.private
    def updateTraversalData(self):
        """Register the hook for URLs in the folder if "url" is a namespace."""
        folder = aq_parent(aq_inner(self))
        if folder is None:
            # The manager was not added yet.
            return
        if self.isUrlInBidNamespaces():
            register_url_hook(folder, self.getId())
        else:
            unregister_url_hook(folder)


InitializeClass(BrowserIdManager)


def find_browser_ids(tool):
    """Return the browser id manager that is nearest to ``tool``.

    Raises ``SessionDataManagerErr`` if none is found.
    """
    folder = aq_parent(aq_inner(tool))
    # Look into the folder of this tool first: a Plone site answers slowly for
    # attributes that are acquired.
    manager = None
    if hasattr(aq_base(folder), "_getOb"):
        manager = folder._getOb(BROWSER_ID_MANAGER, None)
    if manager is None:
        manager = getattr(tool, BROWSER_ID_MANAGER, None)
    if manager is None:
        raise SessionDataManagerErr(
            f"There is no {BROWSER_ID_MANAGER} beside or above "
            f"{'/'.join(tool.getPhysicalPath())}; install collective.sessiondata "
            "again, or add one there."
        )
    return manager


def own_browser_ids(tool):
    """Return the browser id manager of ``tool``, if it belongs to this product.

    Raises ``SessionDataManagerErr`` if it is another one, which would adopt any id that a
    browser has invented.
    """
    browser_ids = find_browser_ids(tool)
    if not (
        type(aq_base(browser_ids)) is BrowserIdManager
        or IBrowserIds.providedBy(browser_ids)
    ):
        raise SessionDataManagerErr(
            f"{'/'.join(browser_ids.getPhysicalPath())} is a browser id manager "
            "of another product; add a Sessiondata Browser Id Manager beside "
            f"{'/'.join(tool.getPhysicalPath())}."
        )
    return browser_ids
