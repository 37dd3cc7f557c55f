"""What the tools have found for one request: the browser id and the session.

The state is kept in ``request.other``. The publisher clears that when the request ends, and
starts with a new one when it retries the request after a conflict.
"""

_NAME = "_collective_sessiondata"


class RequestState:
    """What one tool has found for one request. The representation shows no ids."""

    # Of a browser id manager: the id; where it was sent, None if it is new; the id that
    # this browser gets if it needs a new one; and the id in the URL.
    browser_id = None
    namespace = None
    reserved = None
    in_url = None

    # Of a session data manager: the manager, and the session that it handed out last.
    manager = None
    session = None

    # All sessions that were handed out, or found to be this browser's.
    sessions = ()

    def hand_out(self, session, manager):
        """Note that ``manager`` hands out ``session``, for the rest of the request."""
        self.manager = manager
        self.session = session
        self.sessions = (*self.sessions, session)

    def note(self, *sessions):
        """Note that ``sessions`` are this browser's."""
        self.sessions = (*self.sessions, *sessions)

    def __repr__(self):
        return "<session request state>"


class _States(dict):
    def __repr__(self):
        return "<session request states>"


def outermost(request):
    """Return the request that the browser sent, of which ``request`` may be a part.

    plone.subrequest creates a request for each part, which refers to its parent.
    """
    while "PARENT_REQUEST" in request.other:
        request = request.other["PARENT_REQUEST"]
    return request


def all_states(request):
    """Return the ``RequestState`` of each tool for ``request``."""
    return list(outermost(request).other.get(_NAME, {}).values())


def state_of(request, tool):
    """Return the ``RequestState`` of ``tool``, unwrapped, for ``request``."""
    states = request.other.get(_NAME)
    if states is None:
        other = outermost(request).other
        states = other.get(_NAME)
        if states is None:
            states = other[_NAME] = _States()
    state = states.get(tool)
    if state is None:
        state = states[tool] = RequestState()
    return state


def exchange_states(request, states):
    """Replace the states of all tools for ``request``; return the previous ones.

    None stands for no states: as if the request had just arrived.
    """
    before = request.other.pop(_NAME, None)
    if states is not None:
        request.other[_NAME] = states
    return before


def sessions_of(request):
    """Return all sessions that any tool has found to be this browser's."""
    return [session for state in all_states(request) for session in state.sessions]
