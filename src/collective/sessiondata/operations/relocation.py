"""Moves the active sessions of a site to the database that is configured for them."""

from .. import clock
from ..database import directory
from ..values.copying import copied
from ..values.entries import entry_of
from ..values.entries import PICKLED
from ..values.entries import PLAIN
from ..values.entries import value_of
from OFS.interfaces import IItem
from typing import NamedTuple

# How many leaves, of at most 16 sessions each, one transaction empties.
LEAVES = 8


class Relocated(NamedTuple):
    """The result of ``relocate``."""

    #: The number of sessions that were moved.
    sessions: int

    #: The names of the databases that they were in.
    left: list[str]


def relocate(manager, commit, watched=list):
    """Move the active sessions of ``manager`` to the database for new ones.

    Other databases have some from before it was configured. ``commit`` is called with
    functions: it calls each, commits, and returns its result; it may retry. ``watched`` is
    called with the steps and returns an iterable of them, to show progress.

    Expired sessions are not moved. No subscribers are called. A visitor whose session was
    not moved yet starts with a new one. Returns ``Relocated``.
    """
    commit(manager.container)
    sessions = 0
    left = []
    for former in directory.find_elsewhere(manager, manager.container_id):
        leaves = [leaf for leaf, _was_loaded in former.store.sessions.leaves()]
        for at in watched(range(0, len(leaves), LEAVES)):
            some = leaves[at : at + LEAVES]
            sessions += commit(lambda: _move(some, former.store, manager.container()))
        connection = former._p_jar
        commit(lambda: directory.remove(connection, manager.container_id))
        left.append(connection.db().database_name)
    return Relocated(sessions, left)


def _move(leaves, former, container):
    """Move the sessions of some leaves of the store ``former``; return their number."""
    now = clock.now()
    moved = 0
    for leaf in leaves:
        for session in list(leaf.prefetched()):
            if former.is_active(session, now) and _is_free(session, container, now):
                copy = session.relocated(
                    _Copier(session._p_jar, container.store._p_jar)
                )
                container.store.adopt(copy, copy.accessed)
                moved += 1
            former.take_out(session)
    return moved


def _is_free(session, container, now):
    """Return True if ``container`` has no active session of the same key.

    An expired one is removed. An active one belongs to the same browser and is newer.
    """
    store = container.store
    present = store.sessions.get(session.digest)
    if present is None:
        return True
    if store.is_active(present, now):
        return False
    store.discard(present, container.notifier())
    return True


class _Copier:
    """Copies the entries of a session from the connection ``former`` to ``present``."""

    def __init__(self, former, present):
        self.former = former
        self.present = present

    def __call__(self, entries, foreign):
        """Return a copy of ``entries``, and the oids of its foreign objects.

        Persistent objects are copied: an object that only another database refers to is
        lost when its own database is packed. Items of the content are referred to as
        before.
        """

        def is_part(value):
            return (
                value._p_jar in (None, self.former)
                and value._p_oid not in foreign
                and not IItem.providedBy(value)
            )

        values = {
            key: value_of(entry) if type(entry) in PICKLED else entry
            for key, entry in entries.items()
            if type(entry) not in PLAIN and type(entry) is not bytes
        }
        # All values at once: two keys can have the same object.
        values, elsewhere = copied(values, is_part)
        copies = {key: entry_of(key, value) for key, value in values.items()}
        foreign = frozenset(
            it._p_oid for it in elsewhere if getattr(it, "_p_jar", None) is self.present
        )
        return {**entries, **copies}, foreign
