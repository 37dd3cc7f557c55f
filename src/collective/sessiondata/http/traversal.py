"""The before-traverse hooks: the session in the request, and ids in the path.

Both hooks are stored in the folder of their tool, so their class paths are persistent.
"""

from .ids import is_well_formed
from .state import state_of
from Acquisition import aq_base
from functools import partial
from OFS.interfaces import IApplication
from ZPublisher.BeforeTraverse import queryBeforeTraverse
from ZPublisher.BeforeTraverse import registerBeforeTraverse
from ZPublisher.BeforeTraverse import unregisterBeforeTraverse

# The same priority as the hook of Zope's own session data manager: after the hooks that
# authenticate the user and set the site.
_SESSION_PRIORITY = 50

# The id has to be taken out of the path before a session hook asks for it.
_URL_PRIORITY = 40

_URL_HOOK = "collective.sessiondata browser id"


def _session_hook_name(manager_id):
    # A folder can contain several managers.
    return f"collective.sessiondata {manager_id}"


class SessionHook:
    """Puts the session into the request, lazily, when its folder is traversed.

    It hides browser ids in the request even if the session has no name there.

    The hook of the Zope root runs earlier, so inside the folder this one wins.
    """

    def __init__(self, manager_id, request_name):
        self.manager_id = manager_id
        self.request_name = request_name

    def __call__(self, folder, request):
        if self.request_name:
            request.set_lazy(self.request_name, partial(self.session, folder))
        if request.cookies or request.form:
            manager = folder._getOb(self.manager_id, None)
            if manager is not None:
                manager.hide_ids(request)

    def session(self, folder):
        """Return the session of the present request."""
        return getattr(folder, self.manager_id).getSessionData()


class UrlHook:
    """Takes a browser id out of the path when the folder of its manager is traversed."""

    def __init__(self, manager_id):
        self.manager_id = manager_id

    def __call__(self, folder, request):
        manager = folder._getOb(self.manager_id, None)
        if manager is None:
            return
        base = aq_base(manager)
        stack = request["TraversalRequestNameStack"]
        # The stack is reversed: the next name is last. A virtual host root and its path
        # come first and are skipped.
        end = len(stack)
        if end > 1 and stack[-2].startswith("/"):
            end -= 2
        name = base.browserid_name
        if end > 1 and stack[end - 1] == name and is_well_formed(stack[end - 2]):
            state_of(request, base).in_url = stack[end - 2]
            del stack[end - 2 : end]
            end -= 2
        if base.auto_url_encoding:
            # This works where the folder is the root that browsers see; elsewhere the
            # hook would come too late for such URLs.
            segments = [name, manager.id_for_links()]
            if end < len(stack):
                stack[end] = "/".join([stack[end].rstrip("/"), *segments])
            elif IApplication.providedBy(folder):
                request._script.extend(segments)
                request._resetURLS()


def register_session_hook(folder, manager_id, request_name):
    """Register the hook of the manager ``manager_id`` in ``folder``, or replace it.

    ``request_name`` is the name of the session in requests, or None.
    """
    unregister_session_hook(folder, manager_id)
    hook = SessionHook(manager_id, request_name)
    registerBeforeTraverse(
        folder, hook, _session_hook_name(manager_id), _SESSION_PRIORITY
    )


def unregister_session_hook(folder, manager_id):
    """Remove the hook of the manager ``manager_id`` from ``folder``."""
    unregisterBeforeTraverse(folder, _session_hook_name(manager_id))


def register_url_hook(folder, manager_id):
    """Register the hook for ids in URLs in ``folder``, unless it has one."""
    if not queryBeforeTraverse(folder, _URL_HOOK):
        registerBeforeTraverse(folder, UrlHook(manager_id), _URL_HOOK, _URL_PRIORITY)


def unregister_url_hook(folder):
    """Remove the hook for ids in URLs from ``folder``."""
    unregisterBeforeTraverse(folder, _URL_HOOK)
