"""What a tool remembers for the length of one request."""

_NAME = "_collective_sessiondata"


class Memory:
    """One tool's notes on one request; its representation tells nothing."""

    # Of the browser id manager: the id, where it was sent (None: it is new), and
    # the one to give to this browser should it need a new one; and what the URL says.
    browser_id = None
    namespace = None
    reserved = None
    in_url = None

    # Of the session data manager: itself, and the session that it gave out last.
    manager = None
    session = None

    # And all that it gave out, or has found to be this browser's.
    sessions = ()

    def give_out(self, session, manager):
        """Remember that ``session``, of ``manager``, is this request's from now on."""
        self.manager = manager
        self.session = session
        self.sessions = (*self.sessions, session)

    def note(self, *sessions):
        """Remember that ``sessions`` are this browser's."""
        self.sessions = (*self.sessions, *sessions)

    def __repr__(self):
        return "<session memory>"


class _Memories(dict):
    def __repr__(self):
        return "<session memories>"


def outermost(request):
    """Return the request that the browser sent, of which others are parts.

    plone.subrequest gives the parts a request each, with the parent in it.
    """
    while "PARENT_REQUEST" in request.other:
        request = request.other["PARENT_REQUEST"]
    return request


def all_memories(request):
    """Return each tool's ``Memory`` of this request."""
    return list(outermost(request).other.get(_NAME, {}).values())


def recall(request, tool):
    """Return the ``Memory`` that ``tool``, unwrapped, has of ``request``.

    It lives in ``request.other``: that is cleared when the request ends, and is
    new when the publisher tries again after a conflict.
    """
    memories = request.other.get(_NAME)
    if memories is None:
        other = outermost(request).other
        memories = other.get(_NAME)
        if memories is None:
            memories = other[_NAME] = _Memories()
    memory = memories.get(tool)
    if memory is None:
        memory = memories[tool] = Memory()
    return memory


def exchange(request, memories):
    """Let every tool remember ``memories`` of ``request``; return what was before.

    None: nothing, as if the request had just come.
    """
    before = request.other.pop(_NAME, None)
    if memories is not None:
        request.other[_NAME] = memories
    return before


def sessions_of(request):
    """Return all sessions that any tool has found to be this browser's."""
    return [session for memory in all_memories(request) for session in memory.sessions]
