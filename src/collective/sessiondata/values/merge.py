"""The three-way merge of mappings, by key."""

from .entries import same
from ZODB.POSException import ConflictError

_missing = object()


def merged(old, committed, new):
    """Return the mapping with the changes of both ``committed`` and ``new``.

    Both were made from ``old``. Values are entries, see ``entries``, or references. Raises
    ``ConflictError`` if both changed the same key, even to the same value: two increments
    of a counter have to add up. Removing a key twice is no conflict.
    """
    result = dict(committed)
    for key in old.keys() | new.keys():
        before = old.get(key, _missing)
        mine = new.get(key, _missing)
        if same(before, mine):
            continue
        theirs = committed.get(key, _missing)
        if mine is _missing and theirs is _missing:
            continue
        if not same(before, theirs):
            # The message leaves out the key: it may be the digest of a session's key.
            raise ConflictError("both transactions changed the same key")
        if mine is _missing:
            del result[key]
        else:
            result[key] = mine
    return result
