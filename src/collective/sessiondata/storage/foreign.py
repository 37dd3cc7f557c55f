"""A container of another product, with the methods of ours."""

from Acquisition import aq_base
from Acquisition import aq_parent


class ForeignContainer:
    """Answers what a session data manager asks of a container.

    ``container`` is the container of the other product, acquisition-wrapped. It stores keys
    as they are, creates a session when one is requested, and knows no owners.
    """

    # Its sessions cannot be bound to users.
    has_owners = False

    def __init__(self, container):
        self.container = container

    def find(self, key):
        """Return the session of ``key``, or None."""
        return self.container.get(key)

    peek = find

    def prepare(self, key, stored=None):
        """Return a new session of ``key``. It may be stored already."""
        session = self.container.new_or_existing(key)
        if stored is not None:
            stored()
        return session

    def wrap(self, session, manager):
        """Return ``session`` in the acquisition context of ``manager``."""
        # Some products wrap sessions into their container, others do not wrap them.
        parent = aq_parent(session)
        parent = self.container if parent is None else parent
        return session.__of__(aq_base(manager).__of__(parent))

    def rotate_for(self, session, key, owner=None):
        """Move the data of ``session`` to a new session of ``key``, and end it.

        ``owner`` is ignored.
        """
        new = self.prepare(key)
        for name in session.keys():
            new.set(name, session.get(name))
        session.invalidate()

    def end_sessions_of(self, user_id, but=None):
        """Return 0: it is not known whose sessions these are."""
        return 0

    def end_all(self):
        """Do nothing: the other product has no such operation."""
