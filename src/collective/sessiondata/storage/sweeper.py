"""Takes out what expired, away from visitors, in small transactions.

A sweep removes what is over for every reader already, so nobody waits for it.  It
loads only sessions that may be over: beside each, in its shard, stands when somebody
asked for it, as far as the last sweep that had to look has seen.
"""

from .. import clock
from ..interfaces import SubscriberFailed
from .background import is_new
from collections import deque
from time import perf_counter
from transaction import TransactionManager
from typing import NamedTuple
from ZODB.POSException import ConflictError

# The most that one transaction does: seconds of looking, as many of removing, and
# sessions to look at.
SECONDS = 0.02
SESSIONS = 30

# How often a transaction is tried that meets conflicts.
ATTEMPTS = 3


class Swept(NamedTuple):
    """What a sweep has done."""

    #: Sessions there were where it looked, and those of them that it removed.
    visited: int
    removed: int

    #: Whether it came to the end; if not, the rest waits for the next sweep.
    complete: bool

    #: The time it took, and its longest transaction, in seconds.
    seconds: float
    longest: float


def sweep(container, go_on=lambda seconds: True, tell=lambda visited, removed: None):
    """Remove what has expired from ``container``; return ``Swept``.

    The transactions of its connection are the sweep's own.  After each of them
    ``tell`` is called with what was done until then, see ``Swept``, and ``go_on`` with
    the seconds it took; if that returns False, that is all.
    """
    began = perf_counter()
    work = _Sweep(container)
    complete = True
    while complete and (seconds := work.step()) is not None:
        tell(work.visited, work.removed)
        complete = go_on(seconds)
    return Swept(
        work.visited,
        work.removed,
        complete and not work.left,
        perf_counter() - began,
        work.longest,
    )


class _Sweep:
    """The steps of one sweep, and what they have done so far."""

    def __init__(self, container):
        self.container = container
        # One that is new belongs to a transaction that is not ours to end.
        self.manager = (
            TransactionManager()
            if is_new(container)
            else container._p_jar.transaction_manager
        )
        self.visited = self.removed = self.left = 0
        self.longest = 0.0
        self.leaves = container._shards.leaves()
        # What may be over and was not looked at yet.
        self.due = deque()
        # What was loaded for that, and nobody else needs.
        self.loaded = []
        # The end of these is not told any more: that has failed.
        self.untold = set()

    def step(self):
        """Go on, in one transaction; return the seconds it took, None at the end."""
        began = perf_counter()
        self.manager.begin()
        went_on = bool(self.due) or self._look_for_more()
        if self.due:
            self._remove_expired()
        self.manager.abort()
        if not self.due:
            # No more memory is needed than for the sessions of one look.
            for it in self.loaded:
                it._p_deactivate()
            self.loaded.clear()
        if not went_on:
            return None
        seconds = perf_counter() - began
        self.longest = max(self.longest, seconds)
        return seconds

    def _look_for_more(self):
        """Look through some leaves for what may be over; return False at the end."""
        life = self.container._shortest_life()
        before = 0 if life is None else clock.now() - life
        before = max(before, self.container._valid_from)
        is_time_up = _timer()
        for leaf, was_loaded in self.leaves:
            self.visited += len(leaf.sessions)
            sessions = leaf.bring_in(before)
            self.due += sessions
            # What is in the cache before is left there: visitors have use for it.
            self.loaded += [it for it in sessions if it._p_changed is None]
            if not was_loaded:
                self.loaded.append(leaf)
                if not sessions:
                    leaf._p_deactivate()
            if len(self.due) >= SESSIONS or is_time_up():
                return True
        return bool(self.due)

    def _remove_expired(self):
        """Remove what has expired of the next sessions due, and commit that."""
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
                self.untold.add(error.session)
            self.manager.abort()
        else:
            self.left += count
        for _ in range(count):
            self.due.popleft()

    def _remove_if_expired(self, session):
        container = self.container
        if not container._is_in(session):
            return False
        if container._is_live(session, clock.now()):
            # So it need not be loaded again before it may be over.
            container._shards.note_access(session._id, session._accessed)
            return False
        container._expire(session, tell=session not in self.untold)
        return True


def _timer():
    """Return what tells whether ``SECONDS`` have passed since now."""
    until = perf_counter() + SECONDS
    return lambda: perf_counter() >= until
