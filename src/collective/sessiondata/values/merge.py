"""The three-way merge of mappings, by key."""

from .entries import same
from ZODB.POSException import ConflictError

_missing = object()


def merged(old, committed, new):
    """Return what two changes of one mapping make of it together.

    ``old`` is the state from which both ``committed`` and ``new`` were made.  Values
    are entries (see ``values``) or references.  Raise ``ConflictError`` if both
    changed a key, also to the same value: two that count one up make two.  Only if
    both removed it there is nothing to lose.
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
            # Not which key: of sessions by key that would tell who they are.
            raise ConflictError("both changed the same key")
        if mine is _missing:
            del result[key]
        else:
            result[key] = mine
    return result
