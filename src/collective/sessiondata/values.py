"""How one value is kept in a session.

What is kept of a value, its *entry*, depends on what it is:

* a plain immutable value (text, number, boolean, bytes, None): itself;
* a Persistent object that was made for this session: itself, so that the ZODB sees
  it and its attribute changes are saved by themselves;
* anything else: a tuple, whose first item is a pickle of its own.  If there are
  Persistent objects in the value, the pickle refers to them by number; then come
  whether all of them were made for this session, and they themselves.

The pickle is loaded when somebody asks for the key.  What was handed out can be
compared with it, so that changes in place are told from mere looks.  And entries can
be compared without importing the classes of the values.
"""

from Acquisition import aq_base
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from decimal import Decimal
from persistent.wref import WeakRef
from uuid import UUID
from ZODB.ConflictResolution import PersistentReference

import io
import persistent
import pickle

PLAIN = frozenset({str, int, float, bool, bytes, type(None)})

# Handed out as pickles are, but nobody can change them in place.
IMMUTABLE = frozenset({date, datetime, time, timedelta, Decimal, UUID})

# Of the standard pickle: readable by every Python that runs Plone 6.
PROTOCOL = 5


class _HasPersistent(Exception):
    """A value has Persistent objects in it."""


def _is_persistent(obj):
    """Has ``obj`` a record of its own in the ZODB?  ``TypeError`` if it is wrapped."""
    if isinstance(obj, type):
        return False
    if aq_base(obj) is not obj:
        raise TypeError(
            "an acquisition-wrapped object belongs to its site; "
            "keep its UID or path instead"
        )
    return isinstance(obj, (persistent.Persistent, WeakRef))


class _PlainPickler(pickle.Pickler):
    """Pickles what has no Persistent objects in it, and asks about few objects."""

    def reducer_override(self, obj):
        if _is_persistent(obj):
            raise _HasPersistent
        return NotImplemented


class _Pickler(pickle.Pickler):
    """Pickles references to Persistent objects, by number, and collects them."""

    def __init__(self, file):
        super().__init__(file, PROTOCOL)
        self.persistents = []
        self._numbers = {}

    def persistent_id(self, obj):
        if not _is_persistent(obj):
            return None
        if id(obj) not in self._numbers:
            self._numbers[id(obj)] = len(self.persistents)
            self.persistents.append(obj)
        return self._numbers[id(obj)]


class _Unpickler(pickle.Unpickler):
    """Loads what ``_Pickler`` has pickled."""

    def __init__(self, file, persistents):
        super().__init__(file)
        self.persistent_load = persistents.__getitem__


def _pickled(value):
    """Return a pickle of ``value``, and a list of the Persistent objects in it."""
    file = io.BytesIO()
    try:
        _PlainPickler(file, PROTOCOL).dump(value)
        return file.getvalue(), []
    except _HasPersistent:
        file = io.BytesIO()
        pickler = _Pickler(file)
        pickler.dump(value)
        return file.getvalue(), pickler.persistents


def _parts(value):
    """Return the Persistent objects to which ``value``, one itself, refers.

    Raise an exception if its class or its state cannot be pickled.
    """
    return _pickled((type(value), value.__getstate__()))[1]


def _found_parts(value):
    """Return those ``_parts`` that can be found; never raise an exception."""
    pickler = _Pickler(io.BytesIO())
    try:
        pickler.dump(value.__getstate__())
    except Exception:
        # It cannot be pickled, so it will not be stored like this either.
        pass
    return pickler.persistents


def reached(values, enter, parts=_found_parts):
    """Return the Persistent objects that ``values`` lead to, by ``id()``.

    The search goes into an object only where ``enter`` returns True for it, and
    loads none.  ``parts`` returns the Persistent objects that one refers to.
    """
    found = {}
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if id(value) not in found and enter(value):
            found[id(value)] = value
            if value._p_changed is not None or value._p_jar is None:
                waiting.extend(parts(value))
    return found


def _is_new(value):
    return isinstance(value, persistent.Persistent) and value._p_jar is None


def entry_of(key, value, own=dict):
    """Return the entry of ``value``.

    ``own`` returns the Persistent objects that are the session's already, by
    ``id()``.  Raise ``TypeError`` if ``value`` cannot be pickled.
    """
    if type(value) in PLAIN:
        return value
    try:
        data, persistents = _pickled(value)
        # Look into new objects too: the commit is a bad moment to find a lambda.
        stored = []
        reached(
            persistents,
            lambda part: _is_new(part) or stored.append(part),
            _parts,
        )
    except Exception as error:
        raise TypeError(
            f"Session key {key!r} cannot hold this {type(aq_base(value)).__name__}: "
            f"{error}. Nothing was changed. Store plain data, or an importable "
            "class based on persistent.Persistent."
        ) from error
    if not persistents:
        return (data,)
    all_made_here = True
    if stored:
        own_before = own()
        all_made_here = all(id(part) in own_before for part in stored)
    if all_made_here and isinstance(value, persistent.Persistent):
        return value
    return data, all_made_here, *persistents


def value_of(entry):
    """Return the value of ``entry``, a tuple: a new object each time."""
    if len(entry) == 1:
        return pickle.loads(entry[0])
    return _Unpickler(io.BytesIO(entry[0]), entry[2:]).load()


def made_here_of(entry):
    """Return what is Persistent in ``entry``, if it was made for its session."""
    if type(entry) is tuple:
        return entry[2:] if len(entry) > 1 and entry[1] else ()
    return (entry,) if isinstance(entry, persistent.Persistent) else ()


def unchanged(entry, other):
    """Are two entries of the present session the same?"""
    return (
        type(other) is tuple
        and entry[:2] == other[:2]
        and list(map(id, entry[2:])) == list(map(id, other[2:]))
    )


def same(one, other):
    """Are two entries, as conflict resolution sees them, the same?"""
    if one is other:
        return True
    kind = type(one)
    if kind is not type(other):
        return False
    if kind is PersistentReference:
        return (one.oid, one.database_name) == (other.oid, other.database_name)
    if kind is tuple:
        return len(one) == len(other) and all(map(same, one, other))
    return kind in PLAIN and (one == other or (one != one and other != other))
