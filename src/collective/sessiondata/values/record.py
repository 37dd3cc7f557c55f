"""The bytes of a session record, and how two records merge.

The state of a session is a tuple: its data, or how it ended; the packed head; the owner
and the owner's browser, if it has an owner; and the oids of foreign objects.
"""

from .merge import merged
from struct import error as struct_error
from struct import Struct
from typing import NamedTuple
from ZODB.POSException import ConflictError

# How a session ended: by code or a person, or because its time was over.
INVALIDATED = "invalidated"
EXPIRED = "expired"

# Digest; creation in seconds since the epoch; access and change in tenths of a second
# after the creation.
_HEAD = Struct(">16sIII")
_LATEST = 2**32 - 1

NO_OIDS = frozenset()


class Head(NamedTuple):
    """What a session stores besides its data. Times are seconds since the epoch."""

    digest: bytes
    created: int
    accessed: float
    modified: float | None


class Record(NamedTuple):
    """A session's state, unpacked."""

    #: The entries by key; empty if the session has ended.
    data: dict
    #: None, ``INVALIDATED`` or ``EXPIRED``.
    ended: str | None
    head: Head
    #: The user id and the browser; None: the session has no owner.
    owner: tuple | None
    #: The oids of objects that belong to something else: see ``ownership``.
    foreign: frozenset


def pack_head(digest, created, accessed, modified):
    """Return a head as 28 bytes. They are written with each change of a session.

    Times are rounded down to a tenth of a second after the creation.
    """
    used = int((accessed - created) * 10)
    # 0 stands for never.
    changed = 0 if modified is None else int((modified - created) * 10) + 1
    try:
        return _HEAD.pack(digest, created, used, changed)
    except struct_error:
        # A clock was set back, or the session is older than 13 years.
        times = (min(max(time, 0), _LATEST) for time in (used, changed))
        return _HEAD.pack(digest, created, *times)


def unpack_head(data):
    """Return the ``Head`` that was packed into ``data``."""
    digest, created, accessed, modified = _HEAD.unpack(data)
    return Head(
        digest,
        created,
        created + accessed / 10,
        created + (modified - 1) / 10 if modified else None,
    )


def to_state(data, ended, head, owner, foreign):
    """Return the state to store; the arguments are the fields of ``Record``.

    ``head`` is packed already.
    """
    # Most sessions have neither an owner nor foreign objects, and store nothing for them.
    return ended or data, head, *(owner or ()), *foreign


def from_state(state):
    """Return the ``Record`` of a stored ``state``."""
    data, head, *rest = state
    ended = None
    if type(data) is str:
        data, ended = {}, data
    owner = None
    if rest and type(rest[0]) is str:
        owner, rest = tuple(rest[:2]), rest[2:]
    return Record(data, ended, unpack_head(head), owner, frozenset(rest) or NO_OIDS)


def _changed_once(what, old, committed, new):
    """Return the value that one side at most has changed.

    Raises ``ConflictError`` if both sides changed it to different values.
    """
    if new == old:
        return committed
    if committed not in (old, new):
        raise ConflictError(f"both transactions gave the session {what}")
    return new


def merge_states(old, committed, new):
    """Return the state that has the changes of ``committed`` and of ``new``.

    Data merges key by key, the later time of an access or a change counts, and the end
    of a session is final. Raises ``ConflictError`` if the changes contradict each other.
    """
    records = before, theirs, mine = [from_state(it) for it in (old, committed, new)]
    if EXPIRED in (theirs.ended, mine.ended):
        # The writer has to learn that the session was removed, and the sweeper that the
        # session was used and is active again.
        raise ConflictError("one transaction removed the session, the other changed it")
    head = pack_head(
        _changed_once("a new key", *(it.head.digest for it in records)),
        before.head.created,
        max(theirs.head.accessed, mine.head.accessed),
        max(theirs.head.modified or 0, mine.head.modified or 0) or None,
    )
    owner = _changed_once("an owner", *(it.owner for it in records))
    if INVALIDATED in (theirs.ended, mine.ended):
        return to_state({}, INVALIDATED, head, owner, NO_OIDS)
    data = merged(before.data, theirs.data, mine.data)
    return to_state(data, None, head, owner, theirs.foreign | mine.foreign)
