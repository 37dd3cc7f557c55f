"""A value and its stored entry.

The *entry* of a value depends on its type:

* a plain immutable value (string, number, boolean, None): the value itself;
* a Persistent object that was made for this session: the object itself, so that the ZODB
  saves changes of its attributes;
* any other value: bytes, a pickle of its own. If the value contains Persistent objects, a
  tuple: the pickle, which refers to them by number; whether all of them were made for this
  session; and the objects.

The pickle is loaded when code asks for the key. The value that was handed out is later
compared with the pickle, which shows changes in place. Entries are compared without
importing the classes of the values.
"""

from .ownership import stored_below
from .pickling import loaded
from .pickling import pickled
from Acquisition import aq_base
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from decimal import Decimal
from uuid import UUID
from ZODB.ConflictResolution import PersistentReference

import persistent

PLAIN = frozenset({str, int, float, bool, type(None)})

# Stored as pickles, but values of these types cannot be changed in place.
IMMUTABLE = frozenset({bytes, date, datetime, time, timedelta, Decimal, UUID})

# Entries of these types have a pickle.
PICKLED = frozenset({bytes, tuple})


def entry_of(key, value, own=dict):
    """Return the entry of ``value``.

    ``own`` returns the Persistent objects that the session has already, by ``id()``.
    Raises ``TypeError``, naming ``key``, if ``value`` cannot be pickled.
    """
    if type(value) in PLAIN:
        return value
    try:
        data, persistents = pickled(value)
        # Pickle new objects, too: an error at the commit would come too late.
        stored = stored_below(persistents)
    except Exception as error:
        raise TypeError(
            f"Session key {key!r} cannot hold this {type(aq_base(value)).__name__}: "
            f"{error}. Nothing was changed. Store plain data, or an importable "
            "class based on persistent.Persistent."
        ) from error
    if not persistents:
        return data
    before = own() if stored else {}
    all_made_here = all(id(part) in before for part in stored)
    if all_made_here and isinstance(value, persistent.Persistent):
        return value
    return data, all_made_here, *persistents


def value_of(entry):
    """Return the value of the pickled ``entry``: a new object each time."""
    if type(entry) is bytes:
        return loaded(entry)
    return loaded(entry[0], entry[2:])


def made_here_of(entry):
    """Return the Persistent objects in ``entry``, if they were made for its session."""
    if type(entry) is tuple:
        return entry[2:] if entry[1] else ()
    return (entry,) if isinstance(entry, persistent.Persistent) else ()


def size_of(item):
    """Return the approximate number of bytes of ``item`` in the session's record.

    ``item`` is a key and its entry. Persistent objects have records of their own.
    """
    key, entry = item
    return _size(key) + _size(entry)


def _size(entry):
    if type(entry) is tuple:
        return len(entry[0])
    if type(entry) is str:
        return len(entry if entry.isascii() else entry.encode("utf-8", "replace"))
    if type(entry) is bytes:
        return len(entry)
    return 8


def unchanged(entry, other):
    """Return True if two entries of a session, the first one pickled, are equal."""
    if type(entry) is not type(other):
        return False
    if type(entry) is bytes:
        return entry == other
    return entry[:2] == other[:2] and (
        list(map(id, entry[2:])) == list(map(id, other[2:]))
    )


def same(one, other):
    """Return True if two entries are equal, with references in place of objects."""
    if one is other:
        return True
    kind = type(one)
    if kind is not type(other):
        return False
    if kind is PersistentReference:
        return (one.oid, one.database_name) == (other.oid, other.database_name)
    if kind is tuple:
        return len(one) == len(other) and all(map(same, one, other))
    return (kind in PLAIN or kind is bytes) and (
        one == other or (one != one and other != other)
    )
