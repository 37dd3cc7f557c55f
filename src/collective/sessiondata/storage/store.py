"""Which sessions a container has: get, add, remove, expire, rotate; active or not."""

from .. import clock
from ..interfaces import SubscriberFailed
from ..session import life_of
from ..units import DAY
from ..units import HOUR
from .capacity import Capacity
from .capacity import evicted
from .capacity import refused
from .keys import digest_of
from .keys import handle_prefix
from .keys import owner_digest
from .lease import Lease
from .shards import Shards
from .shards import SHARDS
from persistent import Persistent
from Products.Transience import MaxTransientObjectsExceeded

SETTINGS = (
    "timeout",
    "lifetime",
    "resolution",
    "limit",
    "when_full",
    "max_size",
    "pack_interval",
)


class SessionStore(Persistent):
    """The sessions of one container; ``notifier`` is the ``Notifier`` of that."""

    # The container checks these settings. Times are seconds, sizes bytes.
    timeout = HOUR
    lifetime = DAY
    resolution = None
    limit = 100_000
    when_full = "drop"
    # memcached, the usual store of sessions elsewhere, has the same limit.
    max_size = 1024 * 1024
    pack_interval = 0

    # Sessions created earlier, in seconds since the epoch, have ended.
    ended_before = 0

    _v_capacity = None

    def __init__(self, shards=SHARDS):
        self.sessions = Shards(shards)
        # The sessions that have an owner, by ``owner_digest``.
        self.owned = Shards(max(shards // 8, 1))
        self.lease = Lease()

    def copy_settings(self, other):
        """Take the settings that ``other`` does not leave at their defaults."""
        for name in SETTINGS:
            if name in vars(other):
                setattr(self, name, getattr(other, name))

    def add_to(self, connection):
        """Add this store to ``connection`` before the commit."""
        for stored in (self, self.sessions, self.owned):
            connection.add(stored)

    # Find

    def find(self, key):
        """Return the active session of ``key``, or None. Updates the access time.

        Raises ``TypeError`` if ``key`` is not a string.
        """
        # Written out, instead of a call of ``is_active``: each request that asks for its
        # session runs this.
        session = self.sessions.get(digest_of(key))
        if session is None:
            return None
        ended, created, accessed = life_of(session)
        if ended is not None or created < self.ended_before:
            return None
        now = clock.now()
        lifetime = self.lifetime
        if lifetime and now - created > lifetime:
            return None
        timeout = self.timeout
        if timeout:
            idle = now - accessed
            if idle > timeout:
                return None
            resolution = self.resolution
            if idle >= (timeout / 20 if resolution is None else resolution):
                jar = session._p_jar
                # A page that only reads can be shown while the database is read-only.
                if jar is None or not jar.isReadOnly():
                    session.setLastAccessed()
        return session

    def peek(self, key):
        """Return the active session of ``key``, or None.

        Does not update the access time. Raises ``TypeError`` if ``key`` is not a string.
        """
        session = self.sessions.get(digest_of(key))
        if session is None or not self.is_active(session, clock.now()):
            return None
        return session

    def contains(self, session):
        """Return True if ``session`` is stored here, active or not."""
        return self.sessions.get(session.digest) is session

    def is_active(self, session, now):
        """Return True if ``session`` has neither ended nor expired at ``now``."""
        ended, created, accessed = life_of(session)
        return ended is None and self.is_in_time(created, accessed, now)

    def is_in_time(self, created, accessed, now):
        """Return True if a session with these times is active at ``now``.

        All are seconds since the epoch.
        """
        timeout = self.timeout
        lifetime = self.lifetime
        return (
            (not timeout or now - accessed <= timeout)
            and (not lifetime or now - created <= lifetime)
            and created >= self.ended_before
        )

    def shortest_life(self):
        """Return after how many seconds a session can expire; None: never."""
        return min(filter(None, (self.timeout, self.lifetime)), default=None)

    # List and count. None of these updates access times.

    def each(self):
        """Yield all stored sessions, expired ones included.

        Sessions that were loaded for this are removed from the cache again.
        """
        for leaf, was_loaded in self.sessions.leaves():
            for session in leaf.prefetched():
                is_ghost = session._p_changed is None
                yield session
                if is_ghost:
                    session._p_deactivate()
            if not was_loaded:
                leaf._p_deactivate()

    def active(self):
        """Return a list of all active sessions."""
        now = clock.now()
        return [
            session
            for leaf, _was_loaded in self.sessions.leaves()
            for session in leaf.prefetched()
            if self.is_active(session, now)
        ]

    def of_owner(self, user_id):
        """Return a list of the active sessions of the user ``user_id``."""
        now = clock.now()
        return [
            session
            for session in self.owned.below(owner_digest(user_id))
            if session.user_id == user_id and self.is_active(session, now)
        ]

    def with_handle(self, beginning):
        """Return a list of the active sessions whose handles begin with ``beginning``.

        Raises ``ValueError`` unless that is eight or more hexadecimal digits.
        """
        prefix = handle_prefix(beginning)
        now = clock.now()
        return [
            session
            for session in self.sessions.below(prefix)
            if session.getId().startswith(beginning) and self.is_active(session, now)
        ]

    def count(self):
        """Return the number of stored sessions, expired ones included."""
        return self.sessions.stored()

    def count_created(self):
        """Return the number of sessions that were ever created."""
        return self.sessions.created()

    # Begin

    def add(self, session, notifier):
        """Store the new ``session``.

        Raises ``KeyError`` if its key has an active session, and
        ``MaxTransientObjectsExceeded`` if the store is full.
        """
        self._free_key(session.digest, notifier)
        limit = self.limit
        if limit and not self.capacity.has_room(limit):
            if not self._make_room(notifier):
                refused.note(notifier.label)
                raise MaxTransientObjectsExceeded(
                    f"There are {limit:,} sessions in {notifier.label}, the most that it "
                    "takes. Raise its limit, end some, or set when_full to 'drop'."
                )
        # end_all() ends the sessions up to this second; a new one counts as later.
        session.created_not_before(self.ended_before)
        self.adopt(session, session.created)
        notifier.created(session)

    def adopt(self, session, accessed):
        """Store ``session``, which nobody is notified of.

        ``accessed`` is a time at or before its last access. Raises ``KeyError`` if its
        digest has a session.
        """
        self.sessions.put(session.digest, session, accessed)
        self.index_owner(session)

    def index_owner(self, session):
        """Index ``session`` by its owner, if it is stored here and has one."""
        if session.user_id is None or not self.contains(session):
            return
        digest = owner_digest(session.user_id, session.digest)
        if self.owned.get(digest) is None:
            self.owned.put(digest, session, 0)

    def rotate(self, session, key, notifier, owner=None):
        """Give ``session`` the key ``key``; the old key no longer finds it.

        ``owner``, a user id and a browser, becomes its owner. Raises ``KeyError`` if
        ``session`` is not stored here or ``key`` has an active session.
        """
        if not self.contains(session):
            raise KeyError(
                f"This session is not in {notifier.label}: it has ended, or is kept "
                "elsewhere. Nothing was changed."
            )
        digest = digest_of(key)
        self._free_key(digest, notifier)
        self.take_out(session)
        session.rekey(key, digest)
        self.sessions.put(digest, session, session.accessed, created=0)
        if owner is not None:
            session.set_owner(*owner)
        self.index_owner(session)
        notifier.rotated(session)

    def bind(self, session, owner):
        """Bind ``session`` to its ``owner``: a user id, and the user's browser."""
        session.set_owner(*owner)
        self.index_owner(session)

    # End

    def invalidate(self, session, notifier):
        """Remove ``session``, which is being ended by code, if it is stored here."""
        if self.contains(session):
            notifier.invalidated(session)
            self.take_out(session)

    def expire(self, session, notifier, notify=True):
        """Remove ``session``, because its time is over, and empty it.

        Raises ``SubscriberFailed`` if a subscriber fails; nothing is removed then. With
        ``notify`` false, no subscriber is called.
        """
        # A session can have been ended by code while another transaction rotated it.
        if notify and session.ended is None:
            notifier.expired(session)
        self.take_out(session)
        session.expire()

    def discard(self, session, notifier):
        """Expire ``session`` in a visitor's request, even if a subscriber fails."""
        try:
            self.expire(session, notifier)
        except SubscriberFailed:
            self.expire(session, notifier, notify=False)

    def take_out(self, session):
        """Remove ``session`` from this store without ending it. Nobody is notified."""
        self.sessions.remove(session.digest)
        if session.user_id is not None:
            digest = owner_digest(session.user_id, session.digest)
            if self.owned.get(digest) is session:
                self.owned.remove(digest)

    def end_all(self):
        """End all sessions; sweeping removes them."""
        # Creation times are whole seconds: sessions of the present second end, too.
        self.ended_before = int(clock.now()) + 1

    def note_active(self, session):
        """Note the access time beside ``session``, for the next sweep."""
        self.sessions.note_access(session.digest, session.accessed)

    def _free_key(self, digest, notifier):
        """Discard an expired session of ``digest``; ``KeyError`` if it is active."""
        present = self.sessions.get(digest)
        if present is None:
            return
        if self.is_active(present, clock.now()):
            # The message leaves out the key: it opens the session.
            raise KeyError(
                f"There is a live session of this key in {notifier.label} already. "
                "new_or_existing() returns it."
            )
        self.discard(present, notifier)

    @property
    def capacity(self):
        """The ``Capacity`` of this store, as this connection knows it."""
        if self._v_capacity is None:
            self._v_capacity = Capacity(self)
        return self._v_capacity

    def _make_room(self, notifier):
        """Remove one session for a new one; return False if none can be removed."""
        session = self.capacity.next_to_remove()
        if session is None:
            return False
        if self.is_active(session, clock.now()):
            evicted.note(notifier.label)
        self.discard(session, notifier)
        return True
