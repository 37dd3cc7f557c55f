"""One visitor's data, and how two writers of it merge.

A session is a mapping in one Persistent object.  Two changes of it merge key by key,
by comparing entries: what is kept of values (see ``values``).
"""

from . import clock
from .interfaces import ITransientObject
from .publication import unpublished
from .values import entry_of
from .values import IMMUTABLE
from .values import made_here_of
from .values import PLAIN
from .values import reached
from .values import same
from .values import unchanged
from .values import value_of
from AccessControl.class_init import InitializeClass
from AccessControl.SecurityInfo import ClassSecurityInfo
from Acquisition import aq_base
from Acquisition import aq_chain
from Acquisition import Explicit
from OFS.interfaces import IItem
from Persistence import Persistent
from Products.Transience.interfaces import ITransientItemContainer
from ZODB.POSException import ConflictError
from zope.interface import implementer

import persistent

_missing = object()


def _merge(old, committed, new):
    """Merge two changes of one mapping by key; ConflictError if a key differs."""
    merged = dict(committed)
    for key in old.keys() | new.keys():
        before = old.get(key, _missing)
        mine = new.get(key, _missing)
        if same(before, mine):
            continue
        theirs = committed.get(key, _missing)
        if same(theirs, mine):
            continue
        if not same(before, theirs):
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
                entry_of("(the key itself)", key)
            entries[key] = entry_of(key, value, self.persistent_values)
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
        made_here = []
        for entry in self._data.values():
            made_here.extend(made_here_of(entry))
        return reached(
            made_here,
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
        value = value_of(entry)
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
            if present is not entry and not unchanged(present, entry):
                # Set anew since then.
                continue
            new = entry_of(key, value, self.persistent_values)
            # A second opinion: loading may share or split equal strings.
            if not unchanged(entry, new) and not unchanged(
                entry_of(key, value_of(entry), self.persistent_values), new
            ):
                changed[key] = new
        if changed:
            self._change()
            self._data.update(changed)


InitializeClass(TransientObject)
