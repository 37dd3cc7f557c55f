"""Browser ids: given out, carried by requests, recognised again."""

from .http.ids import FormerIds
from .http.ids import is_well_formed
from .http.ids import new_id
from .http.redaction import Secret
from .http.redaction import Unprintable
from .http.state import outermost
from .http.state import recall
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
from .units import DAY
from AccessControl.class_init import InitializeClass
from AccessControl.Permissions import access_contents_information
from AccessControl.SecurityInfo import ClassSecurityInfo
from Acquisition import aq_base
from Acquisition import aq_inner
from Acquisition import aq_parent
from html import escape
from OFS.SimpleItem import SimpleItem
from Products.Sessions.interfaces import BrowserIdManagerErr
from Products.Sessions.permissions import access_user_session_data
from urllib.parse import urlsplit
from urllib.parse import urlunsplit
from zope.globalrequest import getRequest
from zope.interface import implementer

import secrets
import transaction

BROWSER_ID_MANAGER = "browser_id_manager"


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


def _is_secure(request):
    """Return True if the browser uses https, as far as that is known.

    A proxy may tell; a browser that makes it up keeps no cookie, and harms itself.
    """
    proxy = request.environ.get("HTTP_X_FORWARDED_PROTO", "")
    return (
        urlsplit(request["SERVER_URL"]).scheme == "https"
        or proxy.split(",")[0].strip().lower() == "https"
    )


_all_undos = object()


def _undos():
    """Return what undoes the cookies of the present transaction, by ``Memory``."""
    present = transaction.get()
    try:
        return present.data(_all_undos)
    except KeyError:
        undos = {}
        present.set_data(_all_undos, undos)
        return undos


def _undo_when_aborted(request, memory, name):
    """Let the answer have the cookie ``name`` as it is now, if all else is undone.

    A page that tells of an error is sent too: its visitor's session is as it was.
    What was before the transaction counts, not what came in between.
    """
    undos = _undos()
    if memory not in undos:
        undos[memory] = undo = _undo(request, memory, name)
        transaction.get().addAfterAbortHook(undo)
        transaction.get().addAfterCommitHook(undo)


def _undo(request, memory, name):
    # A part of a page hands its cookies on to the page.
    cookies = [
        (response, dict(response.cookies.get(name, ())))
        for response in (request.response, outermost(request).response)
    ]
    before = memory.browser_id, memory.namespace

    def undo(is_committed=False):
        if is_committed:
            return
        memory.browser_id, memory.namespace = before
        for response, cookie in cookies:
            response.cookies.pop(name, None)
            if cookie:
                response.cookies[name] = cookie

    return undo


@unpublished_methods
@implementer(IBrowserIds)
class BrowserIdManager(NoPage, BrowserIdSettings, SimpleItem):
    """Gives each browser an id, and recognises it again."""

    meta_type = "Sessiondata Browser Id Manager"
    zmi_icon = "far fa-id-card"

    manage_options = BrowserIdSettings.manage_options + SimpleItem.manage_options

    security = ClassSecurityInfo()
    security.setPermissionDefault(access_contents_information, ("Manager", "Anonymous"))

    # The session data managers that use these ids, as paths from this folder.
    _managers = ()

    # The ``FormerIds`` that browsers may have, one for each cookie; and their secret.
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

        Without one, return a new one and set its cookie, or None if ``create``
        is false.  A malformed id is as good as none.
        """
        request = request_of(self)
        base = aq_base(self)
        memory = recall(request, base)
        if memory.browser_id is None:
            name = base.browserid_name
            for namespace in base.browserid_namespaces:
                if namespace == COOKIES:
                    sent = request.cookies.get(name)
                elif namespace == FORM:
                    sent = request.form.get(name)
                else:
                    sent = memory.in_url
                if isinstance(sent, str) and is_well_formed(sent):
                    # Plain text, that callers can print.
                    memory.browser_id = str(sent)
                    memory.namespace = namespace
                    return memory.browser_id
            if create:
                self.issue(self.reserveBrowserId())
        return memory.browser_id

    @security.protected(access_contents_information)
    def getBrowserIdName(self):
        """Return the name of the cookie, and of what else carries ids."""
        return self.browserid_name

    @security.protected(access_contents_information)
    def isBrowserIdNew(self):
        """Return True if the browser has not sent this id yet.

        Raise ``BrowserIdManagerErr`` if there is no browser id.
        """
        return self._namespace() is None

    @security.protected(access_contents_information)
    def isBrowserIdFromCookie(self):
        """Return True if the id came in a cookie; see ``isBrowserIdNew``."""
        return self._namespace() == COOKIES

    @security.protected(access_contents_information)
    def isBrowserIdFromForm(self):
        """Return True if the id came in a form; see ``isBrowserIdNew``."""
        return self._namespace() == FORM

    @security.protected(access_contents_information)
    def isBrowserIdFromUrl(self):
        """Return True if the id came in the URL; see ``isBrowserIdNew``."""
        return self._namespace() == URL

    @security.protected(access_contents_information)
    def flushBrowserIdCookie(self):
        """Delete the cookie from the browser.

        Raise ``BrowserIdManagerErr`` where ids are not taken from cookies.
        """
        self._need_cookies()
        request = request_of(self)
        request.response.expireCookie(self.browserid_name, **self._cookie(request))

    @security.protected(access_user_session_data)
    def setBrowserIdCookieByForce(self, bid):
        """Make ``bid`` this browser's id, and set its cookie.

        That hands the session of ``bid``, if there is one, to this browser: so it
        needs the permission Access arbitrary user session data.
        Raise ``BrowserIdManagerErr`` if it is not of the form of a browser id, and
        where ids are not taken from cookies.
        """
        self._need_cookies()
        if not (isinstance(bid, str) and is_well_formed(bid)):
            raise BrowserIdManagerErr(
                "This is no browser id; newBrowserId() makes one. Nothing was changed."
            )
        self.issue(bid)

    @security.protected(access_contents_information)
    def getHiddenFormField(self):
        """Return a hidden input that carries the id in a form.

        Raise ``BrowserIdManagerErr`` where ids are not taken from forms.
        """
        self._need(FORM, "forms", "page")
        name = escape(self.browserid_name)
        return f'<input type="hidden" name="{name}" value="{self.idForLinks()}" />'

    @security.protected(access_contents_information)
    def encodeUrl(self, url, style="querystring", create=1):
        """Return ``url`` with the id in it, to be put into HTML.

        ``style`` is "querystring", or "inline": in the path.  Raise
        ``BrowserIdManagerErr`` if there is no id and ``create`` is false, and where
        ids are not taken from there.
        """
        if style == "querystring":
            self._need(FORM, "forms and query strings", "address")
        else:
            self._need(URL, "URLs", "address")
        if not create:
            self._namespace()
        name, browser_id = self.browserid_name, self.idForLinks()
        scheme, host, path, query, fragment = urlsplit(url)
        if style == "querystring":
            query = f"{query}&amp;" if query else ""
            query += f"{name}={browser_id}"
        else:
            start = self._folder_path()
            if not (path == start or path.startswith(f"{start}/")):
                start = ""
            path = f"{start}/{name}/{browser_id}{path[len(start):]}"
        return urlunsplit((scheme, host, path, query, fragment))

    # IBrowserIds

    @security.private
    def newBrowserId(self):
        """Return an id that nobody has; no cookie is set."""
        return new_id()

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
    def idForNewSession(self):
        """Return the id under which a new session of this browser is to be kept.

        It is the one that the browser has, if another session data manager knows it:
        who uses the same ids shares them.  Otherwise it is ``reserveBrowserId()``.
        """
        present = self.getBrowserId(create=0)
        if present is not None and self._is_known(present):
            return present
        return self.reserveBrowserId()

    @security.private
    def hide(self, request):
        """Let nobody see the id who prints ``request``, as error pages and logs do."""
        name = self.browserid_name
        for source in (request.cookies, request.form):
            if isinstance(source.get(name), str):
                source[name] = Secret(source[name])
        environ = request.environ
        cookies = environ.get("HTTP_COOKIE")
        if cookies and name in cookies:
            # The whole of it: others' cookies need not be seen either.
            environ["HTTP_COOKIE"] = Unprintable(cookies)
        for source in ("QUERY_STRING", "REQUEST_URI", "HTTP_REFERER"):
            if name in environ.get(source, ""):
                environ[source] = Secret(environ[source])

    @security.private
    def forget(self):
        """Delete the cookie from the browser, if it has one."""
        request = request_of(self)
        name = self.browserid_name
        if name in request.cookies or name in request.response.cookies:
            memory = recall(request, aq_base(self))
            _undo_when_aborted(request, memory, name)
            request.response.expireCookie(name, **self._cookie(request))
            # What comes now has nothing to do with what was.
            memory.reserved = None

    @security.private
    def takeBack(self):
        """Undo what was issued in this transaction."""
        memory = recall(request_of(self), aq_base(self))
        undo = _undos().get(memory)
        if undo is not None:
            undo()

    @security.private
    def acceptFormerIds(self, cookie_name, until):
        """Return ``FormerIds`` for a cookie of another product, accepted from now on.

        ``until``: when no more, in seconds since the epoch.
        """
        if self._former_secret is None:
            self._former_secret = secrets.token_bytes(32)
        by_cookie = {ids.cookie_name: ids for ids in self._former_ids}
        if cookie_name in by_cookie:
            until = max(until, by_cookie[cookie_name].until)
        # One secret for all: a browser has one id, whoever carries sessions over.
        accepted = FormerIds(cookie_name, self._former_secret, until)
        by_cookie[cookie_name] = accepted
        self._former_ids = tuple(by_cookie.values())
        return accepted

    @security.private
    def formerBrowserIds(self):
        """Return the ids that stand for those of other products in this request."""
        former_ids = aq_base(self)._former_ids
        if not former_ids:
            return ()
        request = request_of(self)
        return [id for ids in former_ids if (id := ids.id_of(request)) is not None]

    @security.private
    def issue(self, browser_id):
        """Make ``browser_id`` this browser's, and set its cookie."""
        request = request_of(self)
        memory = recall(request, aq_base(self))
        name = self.browserid_name
        _undo_when_aborted(request, memory, name)
        if browser_id != memory.browser_id:
            memory.browser_id = browser_id
            memory.namespace = None
        if COOKIES not in self.browserid_namespaces:
            return
        attributes = self._cookie(request)
        if self.cookie_secure and not attributes["secure"]:
            return
        if self.cookie_life_days:
            attributes["max_age"] = self.cookie_life_days * DAY
        # Or what deleted it, at logout, would still be there.
        request.response.cookies.pop(name, None)
        request.response.setCookie(name, browser_id, **attributes)

    @security.private
    def managers(self):
        """Return the session data managers that are known to use these ids."""
        return [manager for _path, manager in self._noted_managers()]

    @security.private
    def noteManager(self, manager):
        """Remember that ``manager`` uses these ids, and forget those that are gone."""
        folder = aq_parent(aq_inner(self))
        start = len(folder.getPhysicalPath())
        paths = {"/".join(manager.getPhysicalPath()[start:])}
        paths.update(path for path, _manager in self._noted_managers())
        if paths != set(self._managers):
            self._managers = tuple(sorted(paths))

    # Inside

    def _noted_managers(self):
        """Yield the managers that are still there, each with its path."""
        folder = aq_parent(aq_inner(self))
        for path in self._managers:
            manager = folder.unrestrictedTraverse(path, None)
            if ISessionDataTool.providedBy(manager):
                yield path, manager

    def _is_known(self, browser_id):
        """Return True if some manager has a live session of ``browser_id``."""
        return any(manager.knows(browser_id) for _, manager in self._noted_managers())

    def idForLinks(self):
        """Return the id that this browser's session has, or is going to have."""
        present = self.getBrowserId(create=0)
        if present is not None and (
            self._namespace() is None or self._is_known(present)
        ):
            return present
        return self.reserveBrowserId()

    def _need(self, namespace, sources, place):
        if namespace not in self.browserid_namespaces:
            raise BrowserIdManagerErr(
                f"{self._path()} does not take browser ids from {sources}, so it puts "
                f"none there: whoever sees the {place} could take over the session. If "
                f"that is wanted, add {namespace!r} to its namespaces."
            )

    def _need_cookies(self):
        if COOKIES not in self.browserid_namespaces:
            raise BrowserIdManagerErr(
                f"{self._path()} does not take browser ids from cookies, so it sets and "
                f"deletes none. If that is wanted, add {COOKIES!r} to its namespaces."
            )

    def _path(self):
        return "/".join(self.getPhysicalPath())

    def _namespace(self):
        if self.getBrowserId(create=0) is None:
            raise BrowserIdManagerErr(
                f"This browser has no id from {self._path()} yet. hasBrowserId() tells "
                "whether it has; getBrowserId() gives it one."
            )
        return recall(request_of(self), aq_base(self)).namespace

    def _folder_path(self):
        """Return the path of this folder as browsers see it; "" for the root."""
        return aq_parent(aq_inner(self)).absolute_url_path().rstrip("/")

    def _cookie(self, request):
        """Return the attributes of the cookie."""
        attributes = {
            "path": self.cookie_path or self._folder_path() or "/",
            "http_only": self.cookie_http_only,
            "secure": _is_secure(request),
        }
        if self.cookie_domain:
            attributes["domain"] = self.cookie_domain
        same_site = self.getCookieSameSite()
        if same_site:
            attributes["same_site"] = same_site
        return attributes

    @security.private
    def updateTraversalData(self):
        """Have the hook for URLs in the folder while "url" is a namespace."""
        folder = aq_parent(aq_inner(self))
        if folder is None:
            # Not added yet.
            return
        if self.isUrlInBidNamespaces():
            register_url_hook(folder, self.getId())
        else:
            unregister_url_hook(folder)


InitializeClass(BrowserIdManager)
