"""Binding sessions to users: login, logout, and sessions of other users.

``manager`` is a session data manager, acquisition-wrapped: see ``ISessionDataTool``.
"""

from .state import all_states
from .state import state_of
from .visitor import ANONYMOUS
from .visitor import browser_of
from .visitor import set_visitor
from .visitor import visitor
from Acquisition import aq_base
from functools import partial


def refuses(manager, session, request):
    """Return True if ``session`` has an owner who is not the visitor of ``request``.

    The session is one of this product: its container ``has_owners``.
    If the visitor is another user, both users have logged in with the same browser. Then
    the session ends: the second user does not get it, and the first does not find it again.
    """
    base = aq_base(session)
    owner = base.user_id
    if owner is None:
        return False
    user_id = visitor(request)
    if user_id is None or user_id == owner:
        return False
    if user_id != ANONYMOUS and not (base._p_jar and base._p_jar.isReadOnly()):
        state_of(request, aq_base(manager)).note(base)
        session.invalidate()
    return True


def allowed(manager, sessions, request):
    """Return those of ``sessions``, pairs with containers, that the visitor may have."""
    return [
        (session, container)
        for session, container in sessions
        if not (container.has_owners and refuses(manager, session, request))
    ]


def bind_when_changed(manager, session, request):
    """Bind ``session`` to the visitor, if that is a user, before its next change.

    An id that was known before the login must not open what is stored now. So the session
    is rotated at the same time; and it is bound at once if it was changed already, before
    the user was known.
    """
    base = aq_base(session)
    user_id = visitor(request)
    if not user_id or base.user_id is not None:
        return
    if base.isPending():
        base.set_owner(user_id, browser_of(request))
        return
    base.before_change(partial(_bind_changed, manager, user_id, request))
    if base._p_changed:
        _bind_changed(manager, user_id, request)


def _bind_changed(manager, user_id, request):
    sessions = manager.sessions_of_browser()
    if not sessions:
        # The session was rotated before, and a rollback of a savepoint has undone that.
        manager.browser_ids().withdraw()
        sessions = manager.sessions_of_browser()
    bind(manager, sessions, user_id, request)


def bind(manager, sessions, user_id, request):
    """Rotate ``sessions`` and bind them to the user ``user_id``.

    ``sessions`` are pairs of a session of this browser and its container. Those of another
    user end.
    """
    own = allowed(manager, sessions, request)
    manager.rotate_sessions(own, (user_id, browser_of(request)))


def login(manager, user_id, request):
    """Note that the user ``user_id`` has logged in; bind this browser's sessions."""
    set_visitor(request, user_id)
    sessions = manager.sessions_of_browser()
    if not manager.getKeepDataAtLogin():
        for session, _container in sessions:
            session.invalidate()
        sessions = []
    bind(manager, sessions, user_id, request)
    find_again(manager, request)


def logout(manager, request):
    """Note that the visitor has logged out; end this browser's sessions."""
    set_visitor(request, ANONYMOUS)
    for session, _container in manager.sessions_of_browser():
        session.invalidate()
    manager.browser_ids().forget()
    find_again(manager, request)


def find_again(manager, request):
    """Make ``request`` find its sessions again, under the ids and users of now."""
    check_again(request)
    for each in manager.managers():
        each.reset_in(request)


def check_again(request):
    """Revise what was handed out to ``request`` before its user was known."""
    for state in all_states(request):
        if state.session is not None:
            _check_again(state, request)


def _check_again(state, request):
    manager, session = state.manager, state.session
    if not session.isValid() or refuses(manager, session, request):
        if session.isPending():
            session.invalidate()
        state.session = None
        manager.reset_in(request)
    else:
        bind_when_changed(manager, session, request)


def confirm_rotation(manager, sessions, browser_id):
    """Withdraw ``browser_id`` if a savepoint rollback has undone the rotation.

    ``sessions`` are pairs of a session that was rotated and its container.
    """
    browser_ids = manager.browser_ids()
    is_present = browser_ids.getBrowserId(create=0) == browser_id
    if is_present and any(
        getattr(aq_base(session), "ended", None) is None
        and container.peek(browser_id) is None
        for session, container in sessions
    ):
        browser_ids.withdraw()
