"""Removes expired sessions in small transactions, outside of visitors' requests.

A sweep removes sessions that no reader gets any more, so no request waits for it. It loads
only sessions that may have expired: the shard of a session has a time at or before its last
access.
"""

from .. import clock
from ..interfaces import SubscriberFailed
from .background import is_new
from collections import deque
from time import perf_counter
from transaction import TransactionManager
from typing import NamedTuple
from ZODB.POSException import ConflictError

# The limits of one transaction: so many seconds of searching, as many of removing, and so
# many sessions to check.
SECONDS = 0.02
SESSIONS = 30

# How often a transaction that conflicts is tried.
ATTEMPTS = 3


class Swept(NamedTuple):
    """The result of a sweep."""

    #: The number of sessions in the shards that it searched, and of those that it removed.
    visited: int
    removed: int

    #: Whether it was completed; if not, the next sweep removes the rest.
    complete: bool

    #: Its duration, and that of its longest transaction, in seconds.
    seconds: float
    longest: float


def sweep(
    store,
    notifier,
    go_on=lambda seconds: True,
    report=lambda visited, removed: None,
):
    """Remove the expired sessions from ``store``; return ``Swept``.

    ``notifier`` notifies of each. The sweep uses the transactions of the store's
    connection. After each of them it calls ``report`` with the counts so far, see
    ``Swept``, and ``go_on`` with the seconds that it took; it ends if that returns False.
    """
    began = perf_counter()
    work = _Sweep(store, notifier)
    complete = True
    while complete and (seconds := work.step()) is not None:
        report(work.visited, work.removed)
        complete = go_on(seconds)
    return Swept(
        work.visited,
        work.removed,
        complete and not work.left,
        perf_counter() - began,
        work.longest,
    )


class _Sweep:
    """The steps of one sweep, and their result so far."""

    def __init__(self, store, notifier):
        self.store = store
        self.notifier = notifier
        # A store that is new belongs to a transaction that the sweep must not end.
        self.manager = (
            TransactionManager() if is_new(store) else store._p_jar.transaction_manager
        )
        self.visited = self.removed = self.left = 0
        self.longest = 0.0
        self.leaves = store.sessions.leaves()
        # Sessions that may have expired and were not checked yet.
        self.due = deque()
        # Objects that only the sweep has loaded.
        self.loaded = []
        # Sessions whose subscribers have failed: they are not notified again.
        self.silent = set()

    def step(self):
        """Run one transaction; return the seconds that it took, or None at the end."""
        began = perf_counter()
        self.manager.begin()
        went_on = bool(self.due) or self._look_for_more()
        if self.due:
            self._remove_expired()
        self.manager.abort()
        if not self.due:
            # Free the memory of the sessions of this step.
            for it in self.loaded:
                it._p_deactivate()
            self.loaded.clear()
        if not went_on:
            return None
        seconds = perf_counter() - began
        self.longest = max(self.longest, seconds)
        return seconds

    def _look_for_more(self):
        """Collect sessions that may have expired from some leaves; False at the end."""
        life = self.store.shortest_life()
        before = 0 if life is None else clock.now() - life
        before = max(before, self.store.ended_before)
        is_time_up = _timer()
        for leaf, was_loaded in self.leaves:
            self.visited += len(leaf.sessions)
            sessions = leaf.prefetched(before)
            self.due += sessions
            # Visitors use what was in the cache before, so it stays there.
            self.loaded += [it for it in sessions if it._p_changed is None]
            if not was_loaded:
                self.loaded.append(leaf)
                if not sessions:
                    leaf._p_deactivate()
            if len(self.due) >= SESSIONS or is_time_up():
                return True
        return bool(self.due)

    def _remove_expired(self):
        """Remove the expired ones of the next sessions due, in one commit."""
        conflicts = count = 0
        is_time_up = _timer()
        while conflicts < ATTEMPTS:
            removed = 0
            try:
                for number, session in enumerate(self.due, 1):
                    if number > count > 0 and is_time_up():
                        break
                    count = max(count, number)
                    removed += self._remove_if_expired(session)
                self.manager.get().note("Removed expired sessions")
                self.manager.commit()
                self.removed += removed
                break
            except ConflictError:
                conflicts += 1
            except SubscriberFailed as error:
                self.silent.add(error.session)
            self.manager.abort()
        else:
            self.left += count
        for _ in range(count):
            self.due.popleft()

    def _remove_if_expired(self, session):
        store = self.store
        if not store.contains(session):
            return False
        if store.is_active(session, clock.now()):
            store.note_active(session)
            return False
        store.expire(session, self.notifier, notify=session not in self.silent)
        return True


def _timer():
    """Return a function that returns True once ``SECONDS`` have passed."""
    until = perf_counter() + SECONDS
    return lambda: perf_counter() >= until
