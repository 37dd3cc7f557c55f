"""Pickles of values, in which Persistent objects are numbers.

Each value is pickled by itself; the pickle is part of the session's record. The Persistent
objects in a value have records of their own, and are passed as a list.
"""

from Acquisition import aq_base
from persistent.wref import WeakRef
from struct import Struct

import io
import persistent
import pickle

# A protocol of the standard pickle that all Pythons of Plone 6 can read.
PROTOCOL = 5

# The protocol, the opcode FRAME, and the length of the frame.
_FRAME = Struct("<2scQ")


class _HasPersistent(Exception):
    """Raised for a value that contains Persistent objects."""


def _is_persistent(obj):
    """Return True if ``obj`` has a record of its own in the ZODB.

    Raises ``TypeError`` if it is acquisition-wrapped.
    """
    if isinstance(obj, type):
        return False
    if aq_base(obj) is not obj:
        raise TypeError(
            "an acquisition-wrapped object belongs to its site; "
            "keep its UID or path instead"
        )
    return isinstance(obj, (persistent.Persistent, WeakRef))


class _PlainPickler(pickle.Pickler):
    """Pickles values without Persistent objects. Faster: it checks few objects."""

    def reducer_override(self, obj):
        if _is_persistent(obj):
            raise _HasPersistent
        return NotImplemented


class _Pickler(pickle.Pickler):
    """Pickles Persistent objects as numbers, and collects them."""

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
    """Loads the pickles of ``_Pickler``."""

    def __init__(self, file, persistents):
        super().__init__(file)
        self.persistent_load = persistents.__getitem__


def pickled(value):
    """Return a pickle of ``value``, and the list of Persistent objects in it."""
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
    """Return a pickle without its head, if the rest is one frame.

    The head has the protocol and the length of the frame, for reading in pieces (PEP 3154).
    That is not needed here, and takes eleven bytes of each value.
    """
    start = _FRAME.size
    if len(data) > start and _FRAME.unpack_from(data)[1:] == (
        b"\x95",
        len(data) - start,
    ):
        return data[start:]
    return data


def loaded(data, persistents=()):
    """Return the value of the pickle ``data``: a new object each time."""
    if not persistents:
        return pickle.loads(data)
    return Unpickler(io.BytesIO(data), persistents).load()


def scan(value):
    """Return the size of ``value`` in bytes, and the Persistent objects in it.

    If it cannot be pickled, the result covers the part before the failure: such a value
    cannot be stored either.
    """
    file = io.BytesIO()
    pickler = _Pickler(file)
    try:
        pickler.dump(value)
    except Exception:
        pass
    return file.tell(), pickler.persistents
