"""Containers of other products, behind our session data manager."""

from Acquisition import aq_base
from Acquisition import aq_parent


class ForeignContainer:
    """What a session data manager asks of a container, answered by another kind.

    Such containers keep keys as they are and create a session when one is asked for.
    What else they do, or lose, is theirs: ``container`` is the wrapped original.
    """

    def __init__(self, container):
        self.container = container

    def get(self, key):
        """Return the session of ``key``, or None."""
        return self.container.get(key)

    peek = get

    def create(self, key):
        """Return a new session of ``key``; it may be stored already."""
        return self.container.new_or_existing(key)

    def wrapped(self, session, manager):
        """Return ``session`` as it is seen through ``manager``."""
        # Some wrap themselves into their container, some not at all.
        parent = aq_parent(session)
        parent = self.container if parent is None else parent
        return session.__of__(aq_base(manager).__of__(parent))

    def rotate(self, session, key):
        """Move what is in ``session`` to one of another key, and end it."""
        new = self.create(key)
        for name in session.keys():
            new.set(name, session.get(name))
        session.invalidate()
