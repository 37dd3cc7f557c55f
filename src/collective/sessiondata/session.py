"""One visitor's data, and how two writers of it merge.

A session is a mapping in one Persistent object.  What is kept of a value, its
*entry*, depends on what it is:

* a plain immutable value (text, number, boolean, bytes, None): itself;
* a Persistent object that was made for this session: itself, so that the ZODB sees
  it and its attribute changes are saved by themselves;
* anything else: a tuple, whose first item is a pickle of its own.  If there are
  Persistent objects in the value, the pickle refers to them by number; then come
  whether all of them were made for this session, and they themselves.

The pickle is loaded when somebody asks for the key.  What was handed out is compared
with it before the commit, so that changes in place are kept and mere looks are not
written.  And two writers merge by comparing pickles, without importing the classes
of the values.
"""

from . import clock
from .interfaces import ITransientObject
from .publication import unpublished
from AccessControl.class_init import InitializeClass
from AccessControl.SecurityInfo import ClassSecurityInfo
from Acquisition import aq_base
from Acquisition import aq_chain
from Acquisition import Explicit
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from decimal import Decimal
from OFS.interfaces import IItem
from Persistence import Persistent
from persistent.wref import WeakRef
from Products.Transience.interfaces import ITransientItemContainer
from uuid import UUID
from ZODB.ConflictResolution import PersistentReference
from ZODB.POSException import ConflictError
from zope.interface import implementer

import io
import persistent
import pickle

PLAIN = frozenset({str, int, float, bool, bytes, type(None)})

# Handed out as pickles are, but nobody can change them in place.
IMMUTABLE = frozenset({date, datetime, time, timedelta, Decimal, UUID})

# Of the standard pickle: readable by every Python that runs Plone 6.
PROTOCOL = 5

_missing = object()


def _reference(number):
    """Stand in a pickle for the Persistent object of that number."""
    raise pickle.UnpicklingError("only a session knows its Persistent objects")


class _Pickler(pickle.Pickler):
    """Pickles one value, less the Persistent objects in it: it collects those."""

    def __init__(self, file):
        super().__init__(file, PROTOCOL)
        self.persistents = []

    def reducer_override(self, obj):
        if isinstance(obj, type):
            return NotImplemented
        if aq_base(obj) is not obj:
            raise TypeError(
                "an acquisition-wrapped object belongs to its site; "
                "keep its UID or path instead"
            )
        if isinstance(obj, (persistent.Persistent, WeakRef)):
            self.persistents.append(obj)
            return _reference, (len(self.persistents) - 1,)
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    """Loads what ``_Pickler`` has pickled."""

    def __init__(self, file, persistents):
        super().__init__(file)
        self.persistents = persistents

    def find_class(self, module, name):
        if module == __name__ and name == _reference.__name__:
            return self.persistents.__getitem__
        return super().find_class(module, name)


def _pickled(value):
    """Return a pickle of ``value``, and a list of the Persistent objects in it."""
    file = io.BytesIO()
    pickler = _Pickler(file)
    pickler.dump(value)
    return file.getvalue(), pickler.persistents


def _parts(value):
    """Return the Persistent objects to which the state of ``value``, one, refers."""
    return _pickled((type(value), value.__getstate__()))[1]


def _is_new(value):
    return isinstance(value, persistent.Persistent) and value._p_jar is None


def _reached(values, enter):
    """Return the Persistent objects that ``values`` lead to, by ``id()``.

    From one to the next the search goes only where ``enter`` returns True.
    """
    reached = {}
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if id(value) not in reached and enter(value):
            reached[id(value)] = value
            if value._p_changed is not None or value._p_jar is None:
                waiting.extend(_parts(value))
    return reached


def _entry(key, value, own=dict):
    """Return the entry of ``value``.

    ``own`` returns the Persistent objects that are the session's already, by
    ``id()``.  Raise ``TypeError`` if ``value`` cannot be pickled.
    """
    if type(value) in PLAIN:
        return value
    try:
        data, persistents = _pickled(value)
        # Look into new objects too: the commit is a bad moment to find a lambda.
        new = _reached(persistents, _is_new)
    except Exception as error:
        raise TypeError(
            f"Session key {key!r} cannot hold this {type(aq_base(value)).__name__}: "
            f"{error}. Nothing was changed. Store plain data, or an importable "
            "class based on persistent.Persistent."
        ) from error
    if not persistents:
        return (data,)
    made_here = new
    if any(id(part) not in new for part in persistents):
        made_here = {**new, **own()}
    all_made_here = all(id(part) in made_here for part in persistents)
    if all_made_here and isinstance(value, persistent.Persistent):
        return value
    return data, all_made_here, *persistents


def _value(entry):
    """Return the value of ``entry``, a tuple: a new object each time."""
    if len(entry) == 1:
        return pickle.loads(entry[0])
    return _Unpickler(io.BytesIO(entry[0]), entry[2:]).load()


def _unchanged(entry, other):
    """Are two entries of the present session the same?"""
    return (
        type(other) is tuple
        and entry[:2] == other[:2]
        and list(map(id, entry[2:])) == list(map(id, other[2:]))
    )


def _same(one, other):
    """Are two entries, as conflict resolution sees them, the same?"""
    if one is other:
        return True
    kind = type(one)
    if kind is not type(other):
        return False
    if kind is PersistentReference:
        return (one.oid, one.database_name) == (other.oid, other.database_name)
    if kind is tuple:
        return len(one) == len(other) and all(map(_same, one, other))
    return kind in PLAIN and (one == other or (one != one and other != other))


def _merge(old, committed, new):
    """Merge two changes of one mapping by key; ConflictError if a key differs."""
    merged = dict(committed)
    for key in old.keys() | new.keys():
        before = old.get(key, _missing)
        mine = new.get(key, _missing)
        if _same(before, mine):
            continue
        theirs = committed.get(key, _missing)
        if _same(theirs, mine):
            continue
        if not _same(before, theirs):
            raise ConflictError(f"both changed the session key {key!r}")
        if mine is _missing:
            del merged[key]
        else:
            merged[key] = mine
    return merged


@unpublished
@implementer(ITransientObject)
class TransientObject(Persistent, Explicit):
    """One visitor's session data.

    Made by a container, handed out by a session data manager.  ``id`` is the
    digest under which the container keeps it, in bytes.
    """

    security = ClassSecurityInfo()
    security.declareObjectPublic()
    security.setDefaultAccess("allow")

    _valid = True

    # The container's ``Place`` for this session, while it may not be in it yet.
    _v_place = None
    # (transaction, {key: (entry, value)}): values loaded for this transaction.
    _v_loaded = (None, None)
    # The key that the container was asked for, where it was by key.
    _v_key = None

    def __init__(self, id):
        self._id = id
        self._created = self._accessed = clock.now()
        self._modified = None
        self._data = {}

    # Persistence: a tuple, since a session's record is written often.

    def __getstate__(self):
        if self._p_jar is not None:
            # From here on the ZODB notices changes; the place may hold a request.
            self._v_place = None
        data = self._data if self._valid else None
        return data, self._id, self._created, self._accessed, self._modified

    def __setstate__(self, state):
        data, self._id, self._created, self._accessed, self._modified = state
        self._data = {} if data is None else data
        self._valid = data is not None

    def _p_resolveConflict(self, old, committed, new):
        """Merge by key; the later times; and an end of the session is final."""
        if committed[0] is None:
            return committed
        if new[0] is None:
            return new
        if committed[1:3] != new[1:3]:
            raise ConflictError("not the same session")
        return (
            _merge(old[0], committed[0], new[0]),
            new[1],
            new[2],
            max(committed[3], new[3]),
            max(committed[4] or 0, new[4] or 0) or None,
        )

    # Mapping

    def __getitem__(self, key):
        entry = self._data[key]
        if type(entry) is tuple:
            return self._load(key, entry)
        return entry

    def get(self, k, default=None):
        """Return the value of key ``k``, or ``default``."""
        if k in self._data:
            return self[k]
        return default

    def __contains__(self, key):
        return key in self._data

    def has_key(self, k):
        """Return True if there is a key ``k``."""
        return k in self._data

    def __iter__(self):
        return iter(list(self._data))

    def __len__(self):
        return len(self._data)

    def __bool__(self):
        # An empty session is a session: ``if session:`` asks whether there is one.
        return True

    def keys(self):
        """Return a list of the keys."""
        return list(self._data)

    def values(self):
        """Return a list of the values."""
        return [self[key] for key in self._data]

    def items(self):
        """Return a list of (key, value) pairs."""
        return [(key, self[key]) for key in self._data]

    def __setitem__(self, k, v):
        self.update({k: v})

    def set(self, k, v):
        """Set key ``k`` to the value ``v``.

        Raise ``TypeError``, naming the key, if ``v`` cannot be pickled; the
        session is then as it was.
        """
        self.update({k: v})

    __guarded_setitem__ = __setitem__

    def update(self, d):
        """Set the keys of ``d``, a mapping or a sequence of pairs: all or none."""
        values = dict(d)
        entries = {}
        for key, value in values.items():
            if type(key) not in PLAIN:
                _entry("(the key itself)", key)
            entries[key] = _entry(key, value, self.persistent_values)
        if not entries:
            return
        base = aq_base(self)
        base._change()
        base._data.update(entries)
        loaded = base._loaded()
        for key, entry in entries.items():
            if type(entry) is tuple:
                # The same object for the rest of the transaction, so that
                # later changes in place are noticed.
                loaded[key] = entry, values[key]

    def __delitem__(self, k):
        base = aq_base(self)
        if k not in base._data:
            raise KeyError(k)
        base._change()
        del base._data[k]

    def delete(self, k):
        """Remove key ``k``; ``KeyError`` if there is none."""
        del self[k]

    __guarded_delitem__ = __delitem__

    def clear(self):
        """Remove all keys."""
        if self._data:
            base = aq_base(self)
            base._change()
            base._data.clear()

    def pop(self, key, default=_missing):
        """Remove ``key`` and return its value; see ``ITransientObject``."""
        if key not in self._data and default is not _missing:
            return default
        value = self[key]
        del self[key]
        return value

    def setdefault(self, key, default=None):
        """Return the value of ``key``; see ``ITransientObject``."""
        if key not in self._data:
            self[key] = default
        return self[key]

    # ITransient, IItemWithId

    def invalidate(self):
        """End the session: its data is gone and its key leads nowhere."""
        base = aq_base(self)
        if not base._valid:
            return
        for container in aq_chain(self)[1:]:
            if ITransientItemContainer.providedBy(container):
                container._remove(base)
                break
        base._v_place = None
        base._data = {}
        base._valid = False

    def isValid(self):
        """Return True unless the session was invalidated."""
        return self._valid

    def isPending(self):
        """Return True for a new session that nobody has changed yet."""
        return self._valid and self._p_jar is None and self._modified is None

    def getId(self):
        """Return the handle: it tells sessions apart and opens none."""
        return self._id.hex()

    def getContainerKey(self):
        """Return the key by which the container was asked for this session.

        The container keeps no keys: where the session was found in another
        way, this is the handle.
        """
        return self._v_key or self.getId()

    def getCreated(self):
        """Return the time of creation, in whole seconds since the epoch."""
        return int(self._created)

    def getLastAccessed(self):
        """Return the time of the last access, as exact as the resolution says."""
        return int(self._accessed)

    def setLastAccessed(self):
        """Set the last accessed time to now."""
        aq_base(self)._accessed = clock.now()

    def getLastModified(self):
        """Return the time of the last change, or None if there was none."""
        return None if self._modified is None else int(self._modified)

    def setLastModified(self):
        """Set the last modified time to now."""
        aq_base(self)._change()

    def __repr__(self):
        return f"<{type(aq_base(self)).__name__} {self.getId()[:8]}>"

    def persistent_values(self):
        """Return the Persistent objects made for this session, by ``id()``.

        They are reached from its keys, through each other and through plain
        values.  What was stored elsewhere before it came into the session, and
        what is an item of a folder, is not among them, nor what is below it;
        nothing is loaded for the search.
        """
        entries = self._data.values()
        return _reached(
            [
                part
                for entry in entries
                for part in (entry[2:] if type(entry) is tuple else [entry])
                if isinstance(part, persistent.Persistent)
                and (part is entry or entry[1])
            ],
            lambda part: isinstance(part, persistent.Persistent)
            and not IItem.providedBy(part),
        )

    # Inside, always on the unwrapped session

    def _change(self):
        if self._p_jar is None and self._v_place is not None:
            self._v_place.keep(self)
        self._modified = self._accessed = clock.now()
        self._p_changed = True

    def _load(self, key, entry):
        base = aq_base(self)
        loaded = base._loaded()
        known = loaded.get(key)
        if known is not None and known[0] is entry:
            return known[1]
        value = _value(entry)
        loaded[key] = entry, value
        return value

    def _loaded(self):
        """Return the values that this transaction has loaded, by key."""
        jar = self._p_jar
        if jar is None and self._v_place is not None:
            jar = self._v_place.container._p_jar
        transaction = None if jar is None else jar.transaction_manager.get()
        owner, loaded = self._v_loaded
        if loaded is None or owner is not transaction:
            loaded = {}
            self._v_loaded = transaction, loaded
            if transaction is not None:
                transaction.addBeforeCommitHook(self._keep_changes, (loaded,))
        return loaded

    def _keep_changes(self, loaded):
        """Keep what was changed in place since it was handed out."""
        changed = {}
        for key, (entry, value) in loaded.items():
            present = self._data.get(key)
            if type(value) in IMMUTABLE or type(present) is not tuple:
                continue
            if present is not entry and not _unchanged(present, entry):
                # Set anew since then.
                continue
            new = _entry(key, value, self.persistent_values)
            # A second opinion: loading may share or split equal strings.
            if not _unchanged(entry, new) and not _unchanged(
                _entry(key, _value(entry), self.persistent_values), new
            ):
                changed[key] = new
        if changed:
            self._change()
            self._data.update(changed)


InitializeClass(TransientObject)
