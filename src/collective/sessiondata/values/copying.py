"""Copies of values, in which some Persistent objects are copied and others referred to."""

from .pickling import PROTOCOL
from .pickling import Unpickler
from persistent.wref import WeakRef

import io
import persistent
import pickle


def copied(value, is_part):
    """Return a copy of ``value``, and a list of what it refers to and was not copied.

    A Persistent object is copied, as if it was new, where ``is_part`` returns True for
    it; otherwise it is referred to.
    """
    elsewhere = []

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj):
            if not isinstance(obj, (persistent.Persistent, WeakRef)):
                return None
            if not isinstance(obj, WeakRef) and is_part(obj):
                return None
            elsewhere.append(obj)
            return len(elsewhere) - 1

    file = io.BytesIO()
    Pickler(file, PROTOCOL).dump(value)
    file.seek(0)
    return Unpickler(file, elsewhere).load(), elsewhere
