"""What one transaction has handed out of sessions, and what changed since.

A value that a session hands out can be changed in place: a list can be appended to. So
each transaction keeps the values that it has handed out, and compares them with the
stored entries before it commits. All of that lives in the transaction, and ends with it.
"""

from .entries import entry_of
from .entries import IMMUTABLE
from .entries import made_here_of
from .entries import PICKLED
from .entries import PLAIN
from .entries import unchanged
from .entries import value_of

_KEY = object()


class Tracked:
    """What one transaction has handed out of one session."""

    __slots__ = ("session", "before_change", "_handed_out", "removed")

    def __init__(self, session):
        # The reference keeps the session alive: it is found here by its ``id()``.
        self.session = session
        # Called without arguments before the session changes; or None.
        self.before_change = None
        # By key: the entry, and the value that was made of it or set.
        self._handed_out = {}
        # The Persistent objects made for the session whose keys were set anew or removed.
        self.removed = []

    def hand_out(self, key, entry):
        """Return the value of ``entry``, the same object throughout the transaction."""
        if type(entry) not in PICKLED:
            return entry
        known = self._handed_out.get(key)
        if known is not None and (known[0] is entry or unchanged(known[0], entry)):
            return known[1]
        value = value_of(entry)
        self._handed_out[key] = entry, value
        return value

    def note_set(self, key, entry, value):
        """Note that ``key`` was set to ``value``, which later changes in place."""
        if type(entry) in PICKLED:
            self._handed_out[key] = entry, value

    def note_removed(self, entry):
        """Note that ``entry`` is removed from the session."""
        if type(entry) not in PLAIN:
            self.removed.extend(made_here_of(entry))

    def changed_in_place(self, data, own):
        """Return the new entries, by key, of values that were changed in place.

        ``data`` has the session's entries; ``own`` is as in ``entry_of``. Raises
        ``TypeError``, naming the key, if a value cannot be pickled any more.
        """
        changed = {}
        for key, (entry, value) in self._handed_out.items():
            present = data.get(key)
            if type(value) in IMMUTABLE or type(present) not in PICKLED:
                continue
            if present is not entry and not unchanged(present, entry):
                # The key was set to another value since.
                continue
            new = entry_of(key, value, own)
            # Pickle again after a round trip: memoised strings can change the bytes.
            if not unchanged(entry, new) and not unchanged(
                entry_of(key, value_of(entry), own), new
            ):
                changed[key] = new
        return changed

    def note_stored(self, entries):
        """Note that the changes in place were stored as ``entries``, by key."""
        for key, entry in entries.items():
            self._handed_out[key] = entry, self._handed_out[key][1]


def tracked(session, transaction):
    """Return the ``Tracked`` of ``session`` in ``transaction``."""
    try:
        all_tracked = transaction.data(_KEY)
    except KeyError:
        all_tracked = {}
        transaction.set_data(_KEY, all_tracked)
        transaction.addBeforeCommitHook(store_changes, (transaction,))
    found = all_tracked.get(id(session))
    if found is None:
        found = all_tracked[id(session)] = Tracked(session)
    return found


def store_changes(transaction):
    """Store the changes in place of all sessions that ``transaction`` has handed out.

    This happens before each commit; call it earlier to know all changes. Raises
    ``TypeError``, naming the key, if a value cannot be pickled any more.
    """
    try:
        all_tracked = transaction.data(_KEY)
    except KeyError:
        return
    for found in list(all_tracked.values()):
        found.session.store_changes_in_place(found)
