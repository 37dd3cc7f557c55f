"""What login, logout and an end of a user's rights mean for sessions.

The events are those of PluggableAuthService, so it is no matter which form or plugin a
visitor has used.  Other tools than ours, as in the Zope root, are left alone.
"""

from ..http.visitor import note_authenticated
from ..http.visitor import visitor
from ..interfaces import ISessionDataTool
from ..manager import look_again
from ..manager import SESSION_DATA_MANAGER
from Acquisition import aq_inner
from Acquisition import aq_parent
from zope.component.hooks import getSite
from zope.globalrequest import getRequest


def _tool(principal=None):
    """Return our session data manager of the present site, or None.

    Without a site: that of the folder in which ``principal`` is a user.
    """
    context = getSite()
    if context is None:
        context = aq_parent(aq_inner(aq_parent(aq_inner(principal))))
    tool = getattr(context, SESSION_DATA_MANAGER, None)
    return tool if ISessionDataTool.providedBy(tool) else None


def authenticated(event):
    """Take back from a request what it was given before it was known whose it is."""
    request = event.request
    note_authenticated(request)
    look_again(request)


def logged_in(event):
    """Give this browser's sessions a new id, and to who logged in."""
    tool = _tool(event.principal)
    if tool is not None and getRequest() is not None:
        tool.login(event.principal.getId())


def logged_out(event):
    """End this browser's sessions."""
    tool = _tool(event.principal)
    if tool is not None and getRequest() is not None:
        tool.logout()


def deleted(event):
    """End all sessions of a user who is no more."""
    tool = _tool()
    if tool is not None:
        # It is the id that the event tells.
        tool.endSessionsOf(event.principal)


def credentials_updated(event):
    """End the sessions of who has another password; the present one gets a new id."""
    tool = _tool(event.principal)
    user_id = event.principal.getId()
    if tool is None or not user_id:
        return
    request = getRequest()
    is_present = request is not None and visitor(request) == user_id
    if is_present:
        tool.rotate()
    tool.endSessionsOf(user_id, but_this=is_present)
