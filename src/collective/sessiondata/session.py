"""One visitor's session data: a mapping in one Persistent object.

Two changes of a session merge key by key; see ``values.record``.
"""

from . import clock
from .interfaces import ITransientObject
from .interfaces import SessionTooLarge
from .publication import unpublished
from .publication import unpublished_methods
from .values.entries import entry_of
from .values.entries import made_here_of
from .values.entries import PLAIN
from .values.entries import size_of
from .values.ownership import is_any_changed
from .values.ownership import is_clean
from .values.ownership import own_values
from .values.ownership import size_of_records
from .values.record import EXPIRED
from .values.record import from_state
from .values.record import INVALIDATED
from .values.record import merge_states
from .values.record import NO_OIDS
from .values.record import pack_head
from .values.record import to_state
from .values.tracking import tracked
from AccessControl.class_init import InitializeClass
from AccessControl.SecurityInfo import ClassSecurityInfo
from Acquisition import aq_base
from Acquisition import aq_chain
from Acquisition import Explicit
from operator import attrgetter
from Persistence import Persistent
from Products.Transience.interfaces import ITransientItemContainer
from zope.interface import implementer

import transaction

_missing = object()

#: Return how a session ended, and the times of its creation and last access: a tuple. All
#: at once, because each request reads them.
life_of = attrgetter("_ended", "_created", "_accessed")


@unpublished_methods
class Mapping:
    """The mapping interface of a session, on its entries in ``_data``.

    Each method works on the unwrapped session: wrapped attribute access is slow.
    """

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
        """Return True if the session has the key ``k``."""
        return k in self._data

    def __iter__(self):
        return iter(list(self._data))

    def __len__(self):
        return len(self._data)

    def __bool__(self):
        # An empty session is true: ``if session:`` asks whether a session exists.
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

        Raises ``TypeError``, naming the key, if ``v`` cannot be pickled, and
        ``SessionTooLarge`` if ``v`` makes the session larger than its container allows.
        The session is unchanged then.
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
        if base._v_found[1] is None and base._v_placement is None:
            # The connection has emptied its cache since the session was handed out.
            base._v_found = base._v_found[0], aq_base(self._wrapped_container())
        base._check_size(entries)
        base._change()
        notes = base._tracked()
        data = base._data
        for key, entry in entries.items():
            if key in data:
                notes.note_removed(data[key])
            # The same object for the rest of the transaction, so that later changes in
            # place are noticed.
            notes.note_set(key, entry, values[key])
        data.update(entries)

    def __delitem__(self, k):
        base = aq_base(self)
        if k not in base._data:
            raise KeyError(k)
        base._change()
        base._tracked().note_removed(base._data.pop(k))

    def delete(self, k):
        """Remove key ``k``. Raises ``KeyError`` if it does not exist."""
        del self[k]

    __guarded_delitem__ = __delitem__

    def clear(self):
        """Remove all keys."""
        base = aq_base(self)
        if base._data:
            base._change()
            notes = base._tracked()
            for entry in base._data.values():
                notes.note_removed(entry)
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


@unpublished_methods
class Identity:
    """The identity, the times, the owner and the end of a session.

    Other modules read the properties; only this module writes the attributes below them.
    """

    _ended = None
    _user_id = None
    _browser = ""

    # The key by which the session was found, and the unwrapped container.
    _v_found = None, None

    digest = property(attrgetter("_digest"), doc="The digest of the key, 16 bytes.")
    created = property(attrgetter("_created"), doc="Whole seconds since the epoch.")
    accessed = property(attrgetter("_accessed"), doc="Seconds since the epoch.")
    modified = property(attrgetter("_modified"), doc="The same, or None: never.")
    user_id = property(attrgetter("_user_id"), doc="The id of the owner, or None.")
    browser = property(attrgetter("_browser"), doc="The owner's browser, or ''.")
    ended = property(attrgetter("_ended"), doc="None, INVALIDATED or EXPIRED.")

    def isValid(self):
        """Return True unless the session has ended."""
        return self._ended is None

    def hasExpired(self):
        """Return True if the session was removed because its time was over."""
        return self._ended == EXPIRED

    def isPending(self):
        """Return True for a new session that was not changed yet."""
        base = aq_base(self)
        return base._modified is None and base._p_jar is None and base._ended is None

    def getId(self):
        """Return the handle: it identifies the session and cannot open it."""
        return self._digest.hex()

    # As the stock object has it.
    getName = getId

    def getContainerKey(self):
        """Return the key by which the session was found in its container.

        The container stores no keys: if the session was found in another way, this is
        the handle.
        """
        return self._v_found[0] or self.getId()

    def getUserId(self):
        """Return the id of the owner, or None."""
        return self._user_id

    def getBrowser(self):
        """Return the browser of the owner, such as "Firefox, Windows", or ""."""
        return self._browser

    def getCreated(self):
        """Return the time of the creation, in whole seconds since the epoch."""
        return int(self._created)

    def getLastAccessed(self):
        """Return the time of the last access, in whole seconds since the epoch.

        It is as exact as the resolution of the container.
        """
        return int(self._accessed)

    def setLastAccessed(self):
        """Set the time of the last access to now."""
        aq_base(self)._accessed = clock.now()

    def getLastModified(self):
        """Return the time of the last change in whole seconds, or None: never."""
        return None if self._modified is None else int(self._modified)

    def __repr__(self):
        return f"<{type(aq_base(self)).__name__} {self.getId()[:8]}>"


@unpublished
@implementer(ITransientObject)
class TransientObject(Mapping, Identity, Persistent, Explicit):
    """One visitor's session data.

    A container creates it, and a session data manager hands it out. ``digest`` is the
    digest of its key, 16 bytes.
    """

    security = ClassSecurityInfo()
    security.declareObjectPublic()
    security.setDefaultAccess("allow")
    security.declarePrivate("hasExpired")

    # The ``Placement`` of a new session, until it is committed.
    _v_placement = None

    def __init__(self, digest):
        self._digest = digest
        self._accessed = clock.now()
        self._created = int(self._accessed)
        self._modified = None
        self._data = {}
        # The oids of objects that values refer to and that belong to something else.
        self._foreign = NO_OIDS

    # Persistence: the state is a tuple, because the record is written often.

    def __getstate__(self):
        if self._v_placement is not None and self._p_jar is not None:
            if self._transaction().status == "Committing":
                # From here on the ZODB notices changes, and the placement refers to a
                # request. A savepoint is no commit: it can be rolled back.
                self._v_placement = None
        return to_state(
            self._data,
            self._ended,
            pack_head(self._digest, self._created, self._accessed, self._modified),
            None if self._user_id is None else (self._user_id, self._browser),
            self._foreign,
        )

    def __setstate__(self, state):
        self._data, ended, head, owner, self._foreign = from_state(state)
        self._digest, self._created, self._accessed, self._modified = head
        if ended:
            self._ended = ended
        if owner:
            self._user_id, self._browser = owner

    def _p_resolveConflict(self, old, committed, new):
        """Merge two changes; see ``merge_states``."""
        return merge_states(old, committed, new)

    # What changes a session, besides its mapping

    def invalidate(self):
        """End the session: its data is removed and its key finds nothing."""
        base = aq_base(self)
        if base._ended is not None:
            return
        container = self._wrapped_container()
        if container is not None:
            container.remove(base)
        base._end(INVALIDATED)

    def getSize(self):
        """Return the approximate size of the data in bytes as stored.

        Does not update the access time.
        """
        base = aq_base(self)
        return sum(map(size_of, base._data.items())) + base._size_of_records()

    def setLastModified(self):
        """Set the time of the last change to now."""
        aq_base(self)._change()

    # For containers and managers

    @security.private
    def found_by(self, key, container):
        """Note that ``container``, unwrapped, was asked for this session by ``key``."""
        self._v_found = key, container

    @security.private
    def place(self, key, placement):
        """Note that the first change stores this new session by ``placement``."""
        self._v_found = key, None
        self._v_placement = placement

    @security.private
    def rekey(self, key, digest):
        """Note that the container now finds this session by ``key``."""
        self._digest = digest
        self._v_found = key, self._v_found[1]

    @security.private
    def created_not_before(self, seconds):
        """Move the creation to ``seconds`` since the epoch, if it was earlier."""
        self._created = max(self._created, seconds)

    @security.private
    def expire(self):
        """End this session, which its container has removed because of its time."""
        if self._ended is None:
            self._end(EXPIRED)

    @security.private
    def set_owner(self, user_id, browser=""):
        """Set the owner, a user id, and two words that describe the user's browser.

        The container indexes sessions by owner: call its ``bind`` for a stored session.
        """
        base = aq_base(self)
        # Some user ids are of a subclass of str, which the record would not recognise.
        base._user_id = None if user_id is None else str(user_id)
        base._browser = str(browser)

    @security.private
    def carry_over(self, data, created, accessed):
        """Store ``data``, not empty, in this new session, with the times of another.

        Times are in seconds since the epoch.
        """
        base = aq_base(self)
        base._created = int(created)
        base.update(data)
        base._accessed = max(accessed, base._created)

    @security.private
    def relocated(self, copy_entries):
        """Return a copy for another database, with all times and the owner.

        ``copy_entries`` is called with the entries and the oids of foreign objects, and
        returns both for the copy.
        """
        copy = type(self)(self._digest)
        for name in ("_created", "_accessed", "_modified", "_user_id", "_browser"):
            setattr(copy, name, getattr(self, name))
        copy._data, copy._foreign = copy_entries(self._data, self._foreign)
        return copy

    @security.private
    def before_change(self, call):
        """Call ``call()`` before changes in this transaction while it has no owner."""
        aq_base(self)._tracked().before_change = call

    @security.private
    def persistent_values(self):
        """Return the Persistent objects made for this session, by ``id()``.

        They are reached from its keys, through each other and through plain values. Those
        whose keys were removed in this transaction are included.
        """
        base = aq_base(self)
        roots = list(base._tracked().removed)
        for entry in base._data.values():
            roots.extend(made_here_of(entry))
        if not roots:
            return {}
        own, foreign = own_values(roots, base._jar(), base._foreign)
        if foreign:
            base._change()
            base._foreign |= foreign
        return own

    @security.private
    def store_changes_in_place(self, notes):
        """Store what was changed in place since ``notes``, a ``Tracked``, handed it out.

        Raises ``TypeError``, naming the key, if a value cannot be pickled any more.
        """
        changed = notes.changed_in_place(self._data, self.persistent_values)
        if changed:
            self._check_size(changed)
            self._change()
            self._data.update(changed)
            notes.note_stored(changed)
        if not is_clean(self._p_jar):
            # Something in the database was changed: look for foreign objects that were
            # attached, and for Persistent values that have grown.
            own = self.persistent_values()
            if is_any_changed(own.values(), self._p_jar):
                self._check_size(persistent=True)
                self._before_change()

    # Inside, always on the unwrapped session

    def _wrapped_container(self):
        """Return the container, wrapped if this session is wrapped; or None."""
        for parent in aq_chain(self)[1:]:
            if ITransientItemContainer.providedBy(parent):
                return parent
        return aq_base(self)._container()

    def _container(self):
        if self._v_placement is not None:
            return self._v_placement.container
        return self._v_found[1]

    def _end(self, ended):
        self._v_placement = None
        self._data = {}
        self._foreign = NO_OIDS
        self._ended = ended

    def _check_size(self, entries={}, persistent=False):
        """Raise ``SessionTooLarge`` if the session, with ``entries``, is too large.

        With ``persistent`` the Persistent values count: all of them are loaded.
        """
        container = self._container()
        limit = 0 if container is None else aq_base(container).store.max_size
        if not limit:
            return
        if self._p_jar is not None and self._p_changed is False and not persistent:
            # The first change since the record was stored: its size is known.
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
                f"is the most in {aq_base(container).label()}. Nothing was changed. Keep "
                "large things elsewhere and only say here where, or raise its max_size."
            )

    def _size_of_records(self):
        """Return the size of the Persistent objects of this session, in bytes."""
        roots = [root for entry in self._data.values() for root in made_here_of(entry)]
        if not roots:
            return 0
        own, _ = own_values(roots, self._jar(), self._foreign, load=True)
        return size_of_records(own.values())

    def _change(self):
        """Prepare for a change: the one step from a session up to its container.

        ``before_change`` binds the session to the user and rotates it; ``placement``
        stores a new one and sends its cookie. Both were set when it was handed out.
        """
        self._before_change()
        placement = self._v_placement
        if self._p_jar is None and placement is not None:
            if not placement.has_stored(self):
                if self._modified is not None:
                    # It was stored before, and an abort removed it with its data.
                    self._data = {}
                placement.store(self)
        self._modified = self._accessed = clock.now()
        self._p_changed = True

    def _before_change(self):
        if self._user_id is not None:
            return
        notes = self._tracked()
        call = notes.before_change
        if call is not None:
            # Prevents recursion. Restored, because a failure or a rollback of a savepoint
            # makes another call necessary.
            notes.before_change = None
            try:
                call()
            finally:
                notes.before_change = call

    def _hand_out(self, key, entry):
        # Persistent objects are tracked, too: before the commit they are looked at.
        return self._tracked().hand_out(key, entry)

    def _jar(self):
        if self._p_jar is None and self._v_placement is not None:
            return self._v_placement.container._p_jar
        return self._p_jar

    def _transaction(self):
        jar = self._jar()
        manager = transaction.manager if jar is None else jar.transaction_manager
        return manager.get()

    def _tracked(self):
        return tracked(self, self._transaction())


InitializeClass(TransientObject)
