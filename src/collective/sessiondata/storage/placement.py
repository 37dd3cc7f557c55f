"""Where a new session is stored by its first change."""


class Placement:
    """Stores a new session, and calls the code that sends its cookie.

    ``find_container`` returns the container, acquisition-wrapped, and creates it if it is
    missing. ``on_stored`` is called without arguments after the session was stored.
    """

    __slots__ = ("_find_container", "_on_stored")

    def __init__(self, find_container, on_stored=None):
        self._find_container = find_container
        self._on_stored = on_stored

    @property
    def container(self):
        """The container, wrapped."""
        return self._find_container()

    def has_stored(self, session):
        """Return True if ``session`` is stored.

        Asked before each change until the commit: an aborted transaction removes a new
        session from its container.
        """
        return self.container.store.contains(session)

    def store(self, session):
        """Store ``session`` in the container.

        Raises ``MaxTransientObjectsExceeded`` if the container is full.
        """
        self.container.add(session)
        if self._on_stored is not None:
            self._on_stored()
