"""The cookie of the browser id: its attributes, and its restoration after an abort."""

from ..units import DAY
from .state import outermost
from urllib.parse import urlsplit

import transaction

_KEY = object()


def is_secure(request):
    """Return True if the browser uses HTTPS, as far as the server knows.

    A proxy may send the protocol. A browser that invents the header gets a cookie that it
    does not send back, and harms only itself.
    """
    proxy = request.environ.get("HTTP_X_FORWARDED_PROTO", "")
    return (
        urlsplit(request["SERVER_URL"]).scheme == "https"
        or proxy.split(",")[0].strip().lower() == "https"
    )


def _rollbacks():
    """Return the functions that restore cookies in this transaction, by request state."""
    present = transaction.get()
    try:
        return present.data(_KEY)
    except KeyError:
        rollbacks = {}
        present.set_data(_KEY, rollbacks)
        return rollbacks


def restore_when_aborted(request, state, name):
    """Restore the present cookie ``name`` of the response if the transaction is aborted.

    The id in ``state``, a ``RequestState``, is restored along. An error page is sent after
    an abort: its visitor's session is then as it was before the transaction. A second call
    in one transaction changes nothing.
    """
    rollbacks = _rollbacks()
    if state not in rollbacks:
        rollbacks[state] = rollback = _rollback(request, state, name)
        transaction.get().addAfterAbortHook(rollback)
        transaction.get().addAfterCommitHook(rollback)


def restore(state):
    """Restore the cookie that was present before this transaction has changed it."""
    rollback = _rollbacks().get(state)
    if rollback is not None:
        rollback()


def _rollback(request, state, name):
    # plone.subrequest copies the cookies of a part to the response of the page.
    cookies = [
        (response, dict(response.cookies.get(name, ())))
        for response in (request.response, outermost(request).response)
    ]
    before = state.browser_id, state.namespace

    def rollback(is_committed=False):
        if is_committed:
            return
        state.browser_id, state.namespace = before
        for response, cookie in cookies:
            response.cookies.pop(name, None)
            if cookie:
                response.cookies[name] = cookie

    return rollback


def _attributes(settings, request, folder_path):
    """Return the attributes of the cookie, by the names of ``HTTPResponse.setCookie``."""
    attributes = {
        "path": settings.cookie_path or folder_path or "/",
        "http_only": settings.cookie_http_only,
        "secure": is_secure(request),
    }
    if settings.cookie_domain:
        attributes["domain"] = settings.cookie_domain
    same_site = settings.getCookieSameSite()
    if same_site:
        attributes["same_site"] = same_site
    return attributes


def send_cookie(settings, request, folder_path, browser_id):
    """Set the cookie with ``browser_id`` in the response to ``request``.

    ``settings`` are ``BrowserIdSettings``; ``folder_path`` is the default cookie path.
    Does nothing if the cookie is for HTTPS only and the request came without.
    """
    attributes = _attributes(settings, request, folder_path)
    if settings.cookie_secure and not attributes["secure"]:
        return
    if settings.cookie_life_days:
        attributes["max_age"] = settings.cookie_life_days * DAY
    name = settings.browserid_name
    # The response may have the attributes that expire the cookie, set at a logout.
    request.response.cookies.pop(name, None)
    request.response.setCookie(name, browser_id, **attributes)


def expire_cookie(settings, request, folder_path):
    """Delete the cookie from the browser that sent ``request``."""
    attributes = _attributes(settings, request, folder_path)
    request.response.expireCookie(settings.browserid_name, **attributes)
