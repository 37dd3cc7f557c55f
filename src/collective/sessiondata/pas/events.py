"""Subscribers to PluggableAuthService: login, logout, passwords, deleted users.

The events do not depend on the form or the plugin that a visitor has used. Session data
managers of other products, such as that of the Zope root, are not called.
"""

from ..http.ownership import check_again
from ..http.visitor import note_authenticated
from ..http.visitor import visitor
from ..interfaces import ISessionDataTool
from ..manager import SESSION_DATA_MANAGER
from Acquisition import aq_inner
from Acquisition import aq_parent
from zope.component.hooks import getSite
from zope.globalrequest import getRequest


def _manager(principal=None):
    """Return the session data manager of the present site, or None.

    Without a site it is that of the folder whose user ``principal`` is.
    """
    context = getSite()
    if context is None:
        context = aq_parent(aq_inner(aq_parent(aq_inner(principal))))
    manager = getattr(context, SESSION_DATA_MANAGER, None)
    return manager if ISessionDataTool.providedBy(manager) else None


def authenticated(event):
    """Revise what was handed out to a request before its user was known."""
    request = event.request
    note_authenticated(request)
    check_again(request)


def logged_in(event):
    """Rotate this browser's sessions and bind them to the user who has logged in."""
    manager = _manager(event.principal)
    if manager is not None and getRequest() is not None:
        manager.login(event.principal.getId())


def logged_out(event):
    """End this browser's sessions."""
    manager = _manager(event.principal)
    if manager is not None and getRequest() is not None:
        manager.logout()


def deleted(event):
    """End all sessions of a deleted user."""
    manager = _manager()
    if manager is not None:
        # The principal of this event is the user id.
        manager.endSessionsOf(event.principal)


def credentials_updated(event):
    """End the sessions of a user whose password was changed.

    If the user has changed it, the session of the present browser is rotated and kept.
    """
    manager = _manager(event.principal)
    user_id = event.principal.getId()
    if manager is None or not user_id:
        return
    request = getRequest()
    is_present = request is not None and visitor(request) == user_id
    if is_present:
        manager.rotate()
    manager.endSessionsOf(user_id, but_this=is_present)
