"""The limit of a container: is there room, and which session is evicted.

What is known of that is a cache of one connection: nothing of it is stored.
"""

from .. import clock
from heapq import nsmallest
from random import randrange
from threading import Lock

import logging

logger = logging.getLogger("collective.sessiondata")

# For how many seconds a connection uses up the room that it was granted.
_GRANTED_FOR = 60

# A connection is granted one of so many parts of the room that is left.
_ROOM_PARTS = 100

# How many sessions are examined for an eviction, and how many candidates are kept.
_EXAMINED = 1000
_CANDIDATES = 50

# The next session to evict is chosen at random among one of so many parts of the
# candidates, so that connections that evict at the same time choose different ones.
_CHOSEN_FROM = 8

# A visitor who returns after so many seconds is not part of a flood.
_RETURNED_AFTER = 60

# Seconds between two warnings about the same container.
_INTERVAL = 60


class ThrottledWarning:
    """Logs a warning at most once a minute per container, and counts the rest.

    ``message`` is formatted with the container's label, seconds, and the count.
    """

    def __init__(self, logger, message):
        self.logger = logger
        self.message = message
        self._lock = Lock()
        # By label: the count since the last warning, and the time of that.
        self._counted = {}

    def forget(self):
        """Forget all counts, as if nothing had been logged yet."""
        self._counted.clear()

    def note(self, label):
        """Count one more event in the container ``label``, and log it if it is time."""
        now = clock.now()
        with self._lock:
            count, logged_at = self._counted.get(label, (0, None))
            count += 1
            since = None if logged_at is None else now - logged_at
            if since is not None and 0 <= since < _INTERVAL:
                self._counted[label] = count, logged_at
                return
            self._counted[label] = 0, now
        self.logger.warning(self.message, label, max(int(since or 0), 1), count)


refused = ThrottledWarning(
    logger,
    "Too many sessions in %s. New ones refused within %s seconds: %s. Raise its limit, or find "
    "out which clients create so many sessions.",
)
evicted = ThrottledWarning(
    logger,
    "Too many sessions in %s. Active ones evicted within %s seconds: %s. Raise its limit, or "
    "find out which clients create so many sessions.",
)


def _has_returned(session):
    """Return True if the session has an owner or was used for over a minute."""
    lasted = session.accessed - session.created
    return session.user_id is not None or lasted > _RETURNED_AFTER


class Capacity:
    """What one connection knows of the room in one store."""

    def __init__(self, store):
        self._store = store
        # When room was counted last, how many sessions may be added before counting
        # again, and the limit at that time.
        self._granted = 0, 0, None
        # Pairs of a session and its access time, the next one to evict last; when they
        # were searched for, and the shard with which the next search begins.
        self._candidates = []
        self._searched_at = 0
        self._next_shard = 0

    def has_room(self, limit):
        """Return True if the store has less than ``limit`` sessions.

        While there is much room, not all shards are counted each time: for a minute, one
        connection may use a hundredth of the room without counting again.
        """
        now = clock.now()
        counted_at, granted, of_limit = self._granted
        if granted and of_limit == limit and 0 <= now - counted_at < _GRANTED_FOR:
            self._granted = counted_at, granted - 1, limit
            return True
        room = limit - self._store.count()
        self._granted = now, max(room, 0) // _ROOM_PARTS, limit
        return room > 0

    def next_to_remove(self):
        """Return the session to remove for a new one, or None.

        That is an expired one; or an active one, if the store evicts those.
        """
        now = clock.now()
        store = self._store
        evict = store.when_full == "drop"
        for has_searched in (False, True):
            if has_searched:
                if not evict and 0 <= now - self._searched_at < 1:
                    # A flood of new sessions must not cause a search each time.
                    return None
                self._candidates = self._longest_idle(now, evict)
                self._searched_at = now
            while self._candidates:
                choice = len(self._candidates) // _CHOSEN_FROM or 1
                session, accessed = self._candidates.pop(-1 - randrange(choice))
                if session.accessed == accessed and store.contains(session):
                    if evict or not store.is_active(session, now):
                        return session
        return None

    def _longest_idle(self, now, active_too):
        """Return candidates and their access times; the one idle longest is last."""
        store = self._store
        examined = []
        # Each search begins with another shard.
        self._next_shard = (self._next_shard + 1) % store.sessions.count
        for leaf, _was_loaded in store.sessions.leaves(self._next_shard):
            examined += leaf.prefetched()
            if len(examined) >= _EXAMINED:
                break
        ranked = (
            (is_active, _has_returned(session), session.accessed, number)
            for number, session in enumerate(examined)
            if active_too >= (is_active := store.is_active(session, now))
        )
        chosen = nsmallest(_CANDIDATES, ranked)
        # Only those of the first kind: before others are evicted, search again.
        return [
            (examined[at], accessed)
            for *kind, accessed, at in chosen[::-1]
            if kind == [*chosen[0][:-2]]
        ]
