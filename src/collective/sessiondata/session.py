"""One visitor's data, and how two writers of it merge.

A session is a mapping in one Persistent object.  Two changes of it merge key by key,
by comparing entries: what is kept of values (see ``values``).
"""

from . import clock
from .interfaces import ITransientObject
from .interfaces import SessionTooLarge
from .publication import unpublished
from .values.entries import entry_of
from .values.entries import IMMUTABLE
from .values.entries import made_here_of
from .values.entries import PICKLED
from .values.entries import PLAIN
from .values.entries import size_of
from .values.entries import unchanged
from .values.entries import value_of
from .values.merge import merged
from .values.ownership import own_values
from .values.ownership import size_of_records
from AccessControl.class_init import InitializeClass
from AccessControl.SecurityInfo import ClassSecurityInfo
from Acquisition import aq_base
from Acquisition import aq_chain
from Acquisition import Explicit
from Persistence import Persistent
from Products.Transience.interfaces import ITransientItemContainer
from struct import error as struct_error
from struct import Struct
from typing import NamedTuple
from ZODB.POSException import ConflictError
from zope.interface import implementer

import transaction

_missing = object()
_no_oids = frozenset()

_PACKED_HEAD = Struct(">16sIII")
_LATEST = 2**32 - 1

# How a session ends: by somebody's decision, or because its time is over.
INVALIDATED = "invalidated"
EXPIRED = "expired"


class _Head(NamedTuple):
    """What is kept of a session besides its data; times in seconds since the epoch."""

    id: bytes
    created: int
    accessed: float
    modified: float | None


def _packed(id, created, accessed, modified):
    """Return a head in one string: it is written with each change of a session.

    Later times are kept in tenths of a second after the creation, rounded down.
    """
    used = int((accessed - created) * 10)
    # 0 says never.
    changed = 0 if modified is None else int((modified - created) * 10) + 1
    try:
        return _PACKED_HEAD.pack(id, created, used, changed)
    except struct_error:
        # A clock was set back, or the session is older than a dozen years.
        times = (min(max(time, 0), _LATEST) for time in (used, changed))
        return _PACKED_HEAD.pack(id, created, *times)


def _unpacked(data):
    """Return the ``_Head`` that ``data`` was made of."""
    id, created, accessed, modified = _PACKED_HEAD.unpack(data)
    return _Head(
        id,
        created,
        created + accessed / 10,
        created + (modified - 1) / 10 if modified else None,
    )


class _Notes:
    """What one transaction has noted of one session."""

    # To be called before the first change.
    before_change = None

    def __init__(self, session):
        # Held, since the notes are found by its identity.
        self.session = session
        # key -> (entry, value): what was handed out, or set.
        self.loaded = {}
        # The Persistent objects made for the session whose keys were removed.
        self.left = []


_all_notes = object()


def _notes_of(transaction):
    """Return the notes of ``transaction``, by the ``id()`` of their sessions."""
    try:
        return transaction.data(_all_notes)
    except KeyError:
        notes = {}
        transaction.set_data(_all_notes, notes)
        transaction.addBeforeCommitHook(keep_changes, (transaction,))
        return notes


def _changed_once(what, old, committed, new):
    """Return what became of ``old`` if at most one of two has changed it."""
    if new == old:
        return committed
    if committed not in (old, new):
        raise ConflictError(f"both gave the session {what}")
    return new


def _owner_and_strangers(state):
    """Return what stands at the end of a state: the owner, or (), and the oids."""
    rest = state[2:]
    if rest and type(rest[0]) is str:
        return rest[:2], rest[2:]
    return (), rest


def keep_changes(transaction):
    """Keep the changes in place of all sessions that ``transaction`` has handled.

    This happens before each commit; call it earlier to know of every change.
    Raise ``TypeError``, naming the key, where a value cannot be pickled any more.
    """
    for notes in list(_notes_of(transaction).values()):
        notes.session._keep_changes(notes.loaded)


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

    # How it ended, once it has.
    _end = None

    # The id of the user that it belongs to, if one was logged in; and with what.
    _user = None
    _browser = ""

    # The container's ``Place`` for this session, while it may not be in it yet.
    _v_place = None
    # The container, and the key that it was asked for, where it was by key.
    _v_container = None
    _v_key = None

    def __init__(self, id):
        self._id = id
        self._accessed = clock.now()
        self._created = int(self._accessed)
        self._modified = None
        self._data = {}
        # The oids of what values refer to although it was made elsewhere.
        self._strangers = _no_oids

    # Persistence: a tuple, since a session's record is written often.

    def __getstate__(self):
        if self._v_place is not None and self._p_jar is not None:
            if self._transaction().status == "Committing":
                # From here on the ZODB notices changes, and the place holds on to
                # a request.  Not so at a savepoint: that may be rolled back.
                self._v_place = None
        return (
            self._end or self._data,
            _packed(self._id, self._created, self._accessed, self._modified),
            # Most sessions have neither, and need no place for them.
            *(() if self._user is None else (self._user, self._browser)),
            *self._strangers,
        )

    def __setstate__(self, state):
        self._data, packed = state[:2]
        self._id, self._created, self._accessed, self._modified = _unpacked(packed)
        self._strangers = _no_oids
        if len(state) > 2:
            owner, strangers = _owner_and_strangers(state)
            if owner:
                self._user, self._browser = owner
            self._strangers = frozenset(strangers)
        if type(self._data) is str:
            self._end = self._data
            self._data = {}

    def _p_resolveConflict(self, old, committed, new):
        """Merge by key; the later times; and an end of the session is final."""
        if EXPIRED in (committed[0], new[0]):
            # Who changed it while it was removed must hear of that, and so must
            # who removed it while it was changed: then it is not over.
            raise ConflictError("the session expired, and was changed")
        before, theirs, mine = (_unpacked(state[1]) for state in (old, committed, new))
        head = _packed(
            _changed_once("a new key", before.id, theirs.id, mine.id),
            before.created,
            max(theirs.accessed, mine.accessed),
            max(theirs.modified or 0, mine.modified or 0) or None,
        )
        tails = map(_owner_and_strangers, (old, committed, new))
        owners, (_, *strangers) = zip(*tails)
        owner = _changed_once("to a user", *owners)
        if INVALIDATED in (committed[0], new[0]):
            return INVALIDATED, head, *owner
        data = merged(old[0], committed[0], new[0])
        return data, head, *owner, *{*strangers[0], *strangers[1]}

    # Mapping

    def __getitem__(self, key):
        base = aq_base(self)
        entry = base._data[key]
        return entry if type(entry) in PLAIN else base._hand_out(key, entry)

    def get(self, k, default=None):
        """Return the value of key ``k``, or ``default``."""
        base = aq_base(self)
        entry = base._data.get(k, _missing)
        if entry is _missing:
            return default
        return entry if type(entry) in PLAIN else base._hand_out(k, entry)

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
        self._set({k: v})

    def set(self, k, v):
        """Set key ``k`` to the value ``v``.

        Raise ``TypeError``, naming the key, if ``v`` cannot be pickled, and
        ``SessionTooLarge`` if it makes the session larger than its container
        allows; the session is then as it was.
        """
        self._set({k: v})

    __guarded_setitem__ = __setitem__

    def update(self, d):
        """Set the keys of ``d``, a mapping or a sequence of pairs: all or none."""
        self._set(dict(d))

    def _set(self, values):
        if not values:
            return
        base = aq_base(self)
        entries = {}
        for key, value in values.items():
            if type(key) not in PLAIN:
                entry_of("(the key itself)", key)
            if type(value) not in PLAIN:
                value = entry_of(key, value, base.persistent_values)
            entries[key] = value
        if base._v_container is None and base._v_place is None:
            # It was let go of meanwhile, with all that is not stored.
            base._v_container = aq_base(self._wrapped_container())
        base._check_size(entries)
        base._change()
        data = base._data
        for key, entry in entries.items():
            if key in data:
                base._leaving(key)
            if type(entry) in PICKLED:
                # The same object for the rest of the transaction, so that
                # later changes in place are noticed.
                base._notes().loaded[key] = entry, values[key]
        data.update(entries)

    def __delitem__(self, k):
        base = aq_base(self)
        if k not in base._data:
            raise KeyError(k)
        base._change()
        base._leaving(k)
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
            for key in base._data:
                base._leaving(key)
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
        if base._end is not None:
            return
        container = self._wrapped_container()
        if container is not None:
            container._remove(base)
        base._finish(INVALIDATED)

    def isValid(self):
        """Return True unless the session has ended."""
        return self._end is None

    def getSize(self):
        """Return about how large the data is, in bytes as stored; that is no access."""
        base = aq_base(self)
        return sum(map(size_of, base._data.items())) + base._size_of_records()

    @security.private
    def hasExpired(self):
        """Return True if the session was removed because its time was over."""
        return self._end == EXPIRED

    def isPending(self):
        """Return True for a new session that nobody has changed yet."""
        base = aq_base(self)
        return base._modified is None and base._p_jar is None and base._end is None

    def getId(self):
        """Return the handle: it tells sessions apart and opens none."""
        return self._id.hex()

    # As the stock object has it.
    getName = getId

    def getContainerKey(self):
        """Return the key by which the container was asked for this session.

        The container keeps no keys: where the session was found in another
        way, this is the handle.
        """
        return self._v_key or self.getId()

    def getUserId(self):
        """Return the id of the user that the session belongs to, or None."""
        return self._user

    def getBrowser(self):
        """Return with what the user that it belongs to has logged in, or ""."""
        return self._browser

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

    @security.private
    def take_over(self, data, created, accessed):
        """Be stored with ``data``, some, as if it had been here since ``created``.

        Times are in seconds since the epoch.
        """
        base = aq_base(self)
        base._created = int(created)
        base.update(data)
        base._accessed = max(accessed, base._created)

    @security.private
    def give_to(self, user_id, browser=""):
        """Let the session belong to the user ``user_id``, for good.

        ``browser`` is a word or two by which the user knows the browser again.
        """
        base = aq_base(self)
        container = base._container()
        is_in = container is not None and aq_base(container)._is_in(base)
        if is_in:
            container._note_user(base, user_id)
        base._user = user_id
        base._browser = browser

    @security.private
    def before_change(self, call):
        """Call ``call`` before changes in this transaction, until somebody has it."""
        aq_base(self)._notes().before_change = call

    @security.private
    def persistent_values(self):
        """Return the Persistent objects made for this session, by ``id()``.

        They are reached from its keys, through each other and through plain
        values, and so are those whose keys were removed in this transaction.
        """
        base = aq_base(self)
        roots = list(base._notes().left)
        for entry in base._data.values():
            roots.extend(made_here_of(entry))
        if not roots:
            return {}
        own, strangers = own_values(roots, base._jar(), base._strangers)
        if strangers:
            base._change()
            base._strangers |= strangers
        return own

    def _wrapped_container(self):
        """Return the container, wrapped if this session is; or None."""
        for parent in aq_chain(self)[1:]:
            if ITransientItemContainer.providedBy(parent):
                return parent
        return aq_base(self)._container()

    # Inside, always on the unwrapped session

    def _container(self):
        if self._v_place is not None:
            return self._v_place.container
        return self._v_container

    def _finish(self, end):
        """Be over, for the reason ``end``; no data stays."""
        self._v_place = None
        self._data = {}
        self._strangers = _no_oids
        self._end = end

    def _check_size(self, entries={}, persistent=False):
        """Raise ``SessionTooLarge`` if the present data, with ``entries``, is.

        The Persistent objects count with ``persistent``: all of them are loaded.
        """
        container = self._v_container or self._container()
        limit = 0 if container is None else aq_base(container)._setting_max_size
        if not limit:
            return
        if self._p_jar is not None and self._p_changed is False and not persistent:
            # The first change since the record was stored: it tells, about, what
            # it holds already.
            size = self._p_estimated_size
            for item in entries.items():
                size += size_of(item)
            if size <= limit:
                return
        size = sum(map(size_of, {**self._data, **entries}.items()))
        if persistent:
            size += self._size_of_records()
        if size > limit:
            keys = ", ".join(map(repr, entries)) or "what was changed"
            raise SessionTooLarge(
                f"With {keys} this session would be {size:,} bytes large; {limit:,} "
                f"is the most in {aq_base(container).called()}. Nothing was changed. Keep "
                "large things elsewhere and only say here where, or raise its max_size."
            )

    def _size_of_records(self):
        """Return the size of the Persistent objects of this session, in bytes."""
        roots = [root for entry in self._data.values() for root in made_here_of(entry)]
        if not roots:
            return 0
        own, _ = own_values(roots, self._jar(), self._strangers, load=True)
        return size_of_records(own.values())

    def _change(self):
        if self._user is None:
            self._is_about_to_change()
        place = self._v_place
        if self._p_jar is None and place is not None and not place.holds(self):
            if self._modified is not None:
                # It was kept before, and an abort took it back with its data.
                self._data = {}
            place.keep(self)
        self._modified = self._accessed = clock.now()
        self._p_changed = True

    def _is_about_to_change(self):
        notes = self._notes()
        call = notes.before_change
        if call is not None:
            # Not again from within; but again, if it fails or is rolled back.
            notes.before_change = None
            try:
                call()
            finally:
                notes.before_change = call

    def _leaving(self, key):
        """Note, before key is set or deleted, what was the session's own."""
        present = self._data.get(key)
        if type(present) not in PLAIN:
            own = made_here_of(present)
            if own:
                self._notes().left.extend(own)

    def _hand_out(self, key, entry):
        # Noted for Persistent objects too: before the commit they are looked at.
        loaded = self._notes().loaded
        if type(entry) not in PICKLED:
            return entry
        known = loaded.get(key)
        if known is not None and (known[0] is entry or unchanged(known[0], entry)):
            return known[1]
        value = value_of(entry)
        loaded[key] = entry, value
        return value

    def _jar(self):
        if self._p_jar is None and self._v_place is not None:
            return self._v_place.container._p_jar
        return self._p_jar

    def _transaction(self):
        jar = self._jar()
        manager = transaction.manager if jar is None else jar.transaction_manager
        return manager.get()

    def _notes(self):
        """Return what the present transaction has noted of this session."""
        notes = _notes_of(self._transaction())
        if id(self) not in notes:
            notes[id(self)] = _Notes(self)
        return notes[id(self)]

    def _keep_changes(self, loaded):
        """Keep what was changed in place since it was handed out."""
        changed = {}
        for key, (entry, value) in loaded.items():
            present = self._data.get(key)
            if type(value) in IMMUTABLE or type(present) not in PICKLED:
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
            self._check_size(changed)
            self._change()
            self._data.update(changed)
            loaded.update({key: (new, loaded[key][1]) for key, new in changed.items()})
        # What was changed before a savepoint is stored aside.
        aside = getattr(getattr(self._p_jar, "_savepoint_storage", None), "index", ())
        if aside or getattr(self._p_jar, "_registered_objects", True):
            # Something was changed: strangers may have been attached.
            own = self.persistent_values()
            if any(
                value._p_changed or value._p_jar is None or value._p_oid in aside
                for value in own.values()
            ):
                self._check_size(persistent=True)
                if self._user is None:
                    self._is_about_to_change()


InitializeClass(TransientObject)
