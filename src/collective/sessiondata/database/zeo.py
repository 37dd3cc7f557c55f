"""Ids of objects, where the ZEO server is restarted and its clients are not.

A client asks for a hundred ids in advance.  A server that was restarted begins after the
highest one that it has stored, and hands out again what clients have got and not used.
Then two clients give different objects one id; and a connection that has loaded one of
them, and is to store the other, fails with ``A different object already has the same
oid`` and disowns the first: later changes of that are acknowledged, and lost.  Each new
session takes a new id.

ZEO keeps such ids when it reconnects, up to 6.2 at least.  Here it forgets them.
"""

from .outages import behind

import Zope2


class _Oids(list):
    """The ids that a ``ClientStorage`` has left, as long as it stays connected."""

    def __init__(self, storage):
        super().__init__()
        self._storage = storage
        self._generation = storage._connection_generation

    def pop(self, *at):
        # Who asks is about to store: if the connection is lost from here on, that fails.
        generation = self._storage._connection_generation
        if generation != self._generation:
            self.clear()
            self._generation = generation
        return super().pop(*at)


def keep_apart(storage):
    """Let ``storage`` use no ids that it got before it was connected anew.

    Storages that are no ZEO clients have no such ids, and are left alone.  Such a client
    may be behind another storage: one that compresses records has it as its ``base``.
    """
    storage = behind(storage)
    storage = getattr(storage, "base", storage)
    is_client = hasattr(storage, "_oids") and hasattr(storage, "_connection_generation")
    if is_client and not isinstance(storage._oids, _Oids):
        storage._oids = _Oids(storage)


def started(event):
    """See to all databases of a process that is about to serve, those of content too."""
    for db in Zope2.DB.databases.values():
        keep_apart(getattr(db, "storage", None))
