"""Moves the live sessions of a site to the database that is configured for them."""

from .. import clock
from ..database import directory
from ..session import TransientObject
from ..values.entries import entry_of
from ..values.entries import PICKLED
from ..values.entries import PLAIN
from ..values.entries import value_of
from ..values.pickling import copied
from Acquisition import aq_base
from OFS.interfaces import IItem
from typing import NamedTuple

# How many leaves one transaction empties; each has some sessions.
LEAVES = 8


class Moved(NamedTuple):
    """What ``move`` has done."""

    #: The number of sessions that are here now and were elsewhere.
    sessions: int

    #: The names of the databases that they were in.
    left: list[str]


def move(manager, commit, watched=list):
    """Move live sessions of ``manager`` from other databases to where new ones are kept.

    There may be some from before a database was configured for them.  ``commit`` is given functions: it calls each,
    commits, and returns what that has returned; it may do so again if it fails.
    ``watched`` is given what is gone through, so that it can tell how far it is.

    What is over is not moved, and nobody is told of an end or a beginning.  Visitors
    who come meanwhile and whose sessions were not moved yet begin anew.
    Return ``Moved``.
    """
    commit(manager.container)
    sessions = 0
    left = []
    for former in directory.find_elsewhere(manager, manager.container_id):
        leaves = [leaf for leaf, _was_loaded in former._shards.leaves()]
        for at in watched(range(0, len(leaves), LEAVES)):
            some = leaves[at : at + LEAVES]
            sessions += commit(
                lambda: _move(some, former, aq_base(manager.container()))
            )
        connection = former._p_jar
        commit(lambda: directory.remove(connection, manager.container_id))
        left.append(connection.db().database_name)
    return Moved(sessions, left)


def _move(leaves, former, container):
    """Move what is in some leaves of the container ``former``; return how many."""
    now = clock.now()
    moved = 0
    for leaf in leaves:
        for session in list(leaf.bring_in()):
            if former._is_live(session, now) and _is_free(session._id, container, now):
                _take_in(session, container)
                moved += 1
            former._take_out(session)
    return moved


def _is_free(digest, container, now):
    """Return True if ``container`` has no live session of ``digest``; a dead one goes.

    One that lives there is of the same browser, and newer.
    """
    present = container._shards.get(digest)
    if present is None:
        return True
    if container._is_live(present, now):
        return False
    container._let_go(present)
    return True


def _take_in(session, container):
    """Put a copy of ``session`` into ``container``, as if it had always been there."""
    copy = TransientObject(session._id)
    for name in ("_created", "_accessed", "_modified", "_user", "_browser"):
        setattr(copy, name, getattr(session, name))
    copy._data, copy._strangers = _copied_data(session, container._p_jar)
    container._shards.put(copy._id, copy, copy._accessed)
    if copy._user is not None:
        container._note_user(copy, copy._user)


def _copied_data(session, jar):
    """Return the data of ``session`` for one in ``jar``, and the oids of strangers there.

    Persistent objects are made anew: what nothing else refers to would be lost when the
    old database is packed.  Items of the content are referred to as before.
    """

    def is_part(value):
        return (
            value._p_jar in (None, session._p_jar)
            and value._p_oid not in session._strangers
            and not IItem.providedBy(value)
        )

    data = dict(session._data)
    values = {
        key: value_of(entry) if type(entry) in PICKLED else entry
        for key, entry in data.items()
        if type(entry) not in PLAIN and type(entry) is not bytes
    }
    # All at once: two keys may have the same object.
    values, elsewhere = copied(values, is_part)
    data.update((key, entry_of(key, value)) for key, value in values.items())
    strangers = frozenset(
        it._p_oid for it in elsewhere if getattr(it, "_p_jar", None) is jar
    )
    return data, strangers
