"""Makes ZEO clients discard allocated oids when they reconnect.

A ZEO client allocates a hundred oids in advance. A restarted server continues after the
highest oid that it has stored, so it allocates unused ones a second time. Then two clients
give different objects the same oid. A connection that has loaded one of them and stores the
other fails with ``A different object already has the same oid`` and disowns the first
object: its later changes are acknowledged and lost. Each new session needs an oid.

ZEO keeps allocated oids over a reconnect, at least up to version 6.2.
"""

from .outages import unwrapped

import Zope2


class _Oids(list):
    """The allocated oids of a ``ClientStorage``, until it is disconnected."""

    def __init__(self, storage):
        super().__init__()
        self._storage = storage
        self._generation = storage._connection_generation

    def pop(self, *at):
        # The caller is about to store an object. If the connection is lost from here on,
        # that fails.
        generation = self._storage._connection_generation
        if generation != self._generation:
            self.clear()
            self._generation = generation
        return super().pop(*at)


def discard_oids_at_reconnect(storage):
    """Make ``storage`` discard the oids that it has allocated before a reconnect.

    Does nothing unless it is a ZEO client, or wraps one: a storage that compresses records
    has it as its ``base``.
    """
    storage = unwrapped(storage)
    storage = getattr(storage, "base", storage)
    is_client = hasattr(storage, "_oids") and hasattr(storage, "_connection_generation")
    if is_client and not isinstance(storage._oids, _Oids):
        storage._oids = _Oids(storage)


def started(event):
    """Apply this to all databases of a process that is about to serve requests."""
    for db in Zope2.DB.databases.values():
        discard_oids_at_reconnect(getattr(db, "storage", None))
