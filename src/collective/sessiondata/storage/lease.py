"""Who looks after a container, what is done then, and what is remembered of it."""

from .. import clock
from ..units import DAY
from .sweeper import sweep
from persistent import Persistent
from ZODB.POSException import ConflictError

import logging
import transaction

logger = logging.getLogger("collective.sessiondata")

# For how long, in seconds, nobody else looks after a container.
LEASE = 120

# History goes a day back, in steps of so many seconds.
STEP = 300
STEPS = DAY // STEP


class Upkeep(Persistent):
    """The lease of a container, and what its holders have done.

    Two that want it at once conflict; so it has one holder in all processes.
    """

    # Who has the lease, any string; and until when.
    holder = None
    until = 0

    # When a sweep was over, and how many sessions all sweeps have removed.
    swept = None
    removed = 0

    # When the database was packed.
    packed = None

    def __init__(self):
        self.history = History()

    def lease(self, holder):
        """Give the lease to ``holder``; return False if somebody else has it.

        It is renewed when half of it is over: to ask again does not write each time.
        """
        left = self.until - clock.now()
        # What lasts longer than a lease was given when a clock was wrong.
        is_valid = 0 < left <= LEASE
        if is_valid and self.holder != holder:
            return False
        if not is_valid or left <= LEASE / 2:
            self.holder = holder
            self.until = clock.now() + LEASE
        return True

    def release(self, holder):
        """Let others have the lease at once, if ``holder`` has it."""
        if self.holder == holder:
            self.holder = None
            self.until = 0

    def note_sweep(self, removed):
        """Remember that a sweep is over; one that found nothing, not each time."""
        now = clock.now()
        if removed or self.swept is None or not 0 <= now - self.swept < LEASE / 2:
            self.swept = now
            self.removed += removed

    def claim_packing(self, interval):
        """Return True if it is time to pack, every ``interval`` seconds; 0: never."""
        now = clock.now()
        if not interval or (self.packed and 0 <= now - self.packed < interval):
            return False
        self.packed = now
        return True


class History(Persistent):
    """How many sessions there were, and how many had come, over the last day.

    ``samples`` is a tuple of (time, created, present), the oldest first.
    """

    def __init__(self):
        self.samples = ((int(clock.now()), 0, 0),)

    def knows(self, created, present):
        """Return True if nothing has happened since the last sample."""
        return self.samples[-1][1:] == (created, present)

    def note(self, created, present):
        """Add a sample, if something has happened and the last one is a step old."""
        now = int(clock.now())
        if (
            not self.knows(created, present)
            and not 0 <= now - self.samples[-1][0] < STEP
        ):
            self.samples = (*self.samples, (now, created, present))[-STEPS:]

    def counts(self):
        """Return how many sessions there were: pairs of a time and a number."""
        return tuple((time, present) for time, _created, present in self.samples)

    def last(self, seconds, created, present):
        """Return how many sessions came, and how many were removed, in the last time.

        ``created`` and ``present`` are those of now.  What is known begins with the
        sample before that time, or with the first one.
        """
        since = clock.now() - seconds
        _time, created_then, present_then = self.samples[0]
        for sample in self.samples:
            if sample[0] > since:
                break
            _time, created_then, present_then = sample
        came = max(created - created_then, 0)
        return came, max(came - (present - present_then), 0)

    def created_per_minute(self, created):
        """Return how many sessions were created in each of the last few minutes."""
        now = clock.now()
        # Since the last sample that is a step old: a younger one tells too little.
        for time, before, _present in reversed(self.samples):
            if now - time >= STEP:
                break
        return (created - before) / max(now - time, 60) * 60


def tend(container, holder, rest):
    """Sweep, count and pack ``container``; return ``Swept``, or None.

    None: there is nothing to do, or somebody else than ``holder`` has the lease.
    The transactions of this thread are used for it.  After each, ``rest`` is called
    with the seconds that it took; if it returns False, the sweep ends.
    """
    shards = container._shards
    if not shards.present() and container._upkeep.history.knows(shards.came(), 0):
        # So a site without visitors writes nothing.
        return None
    if not _commit(lambda: container._upkeep.lease(holder)):
        return None
    swept = sweep(
        container,
        lambda seconds: rest(seconds)
        and _commit(lambda: container._upkeep.lease(holder)),
    )
    if swept.removed:
        logger.info(
            "Removed %s expired sessions, of %s, from %s in %.1f s",
            swept.removed,
            swept.visited,
            container.called(),
            swept.seconds,
        )
    _commit(lambda: container._upkeep.note_sweep(swept.removed))
    _commit(lambda: container._upkeep.history.note(shards.came(), shards.present()))
    if container.dedicated and _commit(
        lambda: container._upkeep.claim_packing(container.pack_interval)
    ):
        _pack(shards._p_jar.db())
    return swept


def _commit(change):
    """Return ``change()`` once it is committed; False at a conflict."""
    transaction.begin()
    try:
        result = change()
        transaction.commit()
        return result
    except ConflictError:
        transaction.abort()
        return False


def _pack(db):
    before = db.getSize()
    db.pack()
    logger.info(
        "Packed the database %s of sessions: %s bytes, %s before",
        db.database_name,
        db.getSize(),
        before,
    )
