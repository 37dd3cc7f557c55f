"""Pickles of values, in which Persistent objects are numbers.

A value is pickled by itself, beside the ZODB's own pickle of the session.  The
Persistent objects in it have records of their own; they are handed over in a list.
"""

from Acquisition import aq_base
from persistent.wref import WeakRef
from struct import Struct

import io
import persistent
import pickle

# Of the standard pickle: readable by every Python that runs Plone 6.
PROTOCOL = 5

# The protocol, the opcode FRAME, and the length of the frame.
_FRAME = Struct("<2scQ")


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


class Unpickler(pickle.Unpickler):
    """Loads what ``_Pickler`` has pickled."""

    def __init__(self, file, persistents):
        super().__init__(file)
        self.persistent_load = persistents.__getitem__


def pickled(value):
    """Return a pickle of ``value``, and a list of the Persistent objects in it."""
    file = io.BytesIO()
    try:
        _PlainPickler(file, PROTOCOL).dump(value)
        return _unframed(file.getvalue()), []
    except _HasPersistent:
        file = io.BytesIO()
        pickler = _Pickler(file)
        pickler.dump(value)
        return _unframed(file.getvalue()), pickler.persistents


def _unframed(data):
    """Return a pickle without its head, if all the rest is one frame.

    The head says which protocol and how long the frame is, for reading in pieces
    (PEP 3154); nobody needs that here, and it takes eleven bytes of each value.
    """
    start = _FRAME.size
    if len(data) > start and _FRAME.unpack_from(data)[1:] == (
        b"\x95",
        len(data) - start,
    ):
        return data[start:]
    return data


def loaded(data, persistents=()):
    """Return the value that ``data`` is a pickle of: a new object each time."""
    if not persistents:
        return pickle.loads(data)
    return Unpickler(io.BytesIO(data), persistents).load()


def looked_through(value):
    """Return the size of ``value`` in bytes, and the Persistent objects in it.

    It is looked through as far as it can be pickled: what cannot will not be stored
    like this either.
    """
    file = io.BytesIO()
    pickler = _Pickler(file)
    try:
        pickler.dump(value)
    except Exception:
        pass
    return file.tell(), pickler.persistents
