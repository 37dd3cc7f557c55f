"""What a tool remembers for the length of one request."""

_NAME = "_collective_sessiondata"


class Memory:
    """One tool's notes on one request; its representation tells nothing."""

    # Of the browser id manager: the id, and where it was sent (None: it is new).
    browser_id = None
    namespace = None

    def __init__(self):
        # Of the session data manager: what it gave out, the present one last.
        self.sessions = []

    @property
    def session(self):
        """The session that was given out last, or None."""
        return self.sessions[-1] if self.sessions else None

    def __repr__(self):
        return "<session memory>"


class _Memories(dict):
    def __repr__(self):
        return "<session memories>"


def recall(request, tool):
    """Return the ``Memory`` that ``tool``, unwrapped, has of ``request``.

    It lives in ``request.other``: that is cleared when the request ends, and is
    new when the publisher tries again after a conflict.
    """
    memories = request.other.get(_NAME)
    if memories is None:
        memories = request.other[_NAME] = _Memories()
    memory = memories.get(tool)
    if memory is None:
        memory = memories[tool] = Memory()
    return memory


def forget(request):
    """Drop what every tool remembers of ``request``, as if it had just come."""
    request.other.pop(_NAME, None)


def sessions_given_out(request):
    """Return all sessions that this request's visitor was given, by any tool."""
    memories = request.other.get(_NAME, {})
    return [session for memory in memories.values() for session in memory.sessions]
