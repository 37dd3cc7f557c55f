"""The maintenance lease: which process sweeps and packs a container."""

from .. import clock
from .history import History
from persistent import Persistent

# For how many seconds a process holds the lease.
LEASE = 120


class Lease(Persistent):
    """The maintenance lease of a container, and what its holders have done.

    Two processes that take it at once conflict, so it has one holder in a cluster.
    """

    # The holder, any string, and until when it holds the lease, in seconds since the epoch.
    holder = None
    until = 0

    # When the last sweep ended, and the number of sessions that all sweeps have removed.
    swept = None
    removed = 0

    # When the database was packed.
    packed = None

    def __init__(self):
        self.history = History()

    def acquire(self, holder):
        """Give the lease to ``holder``; return False if another one has it.

        The holder renews it when half of it has passed: asking more often writes nothing.
        """
        left = self.until - clock.now()
        # More than a whole lease is left if a clock was wrong.
        is_valid = 0 < left <= LEASE
        if is_valid and self.holder != holder:
            return False
        if not is_valid or left <= LEASE / 2:
            self.holder = holder
            self.until = clock.now() + LEASE
        return True

    def release(self, holder):
        """End the lease, if ``holder`` has it, so that others can have it at once."""
        if self.holder == holder:
            self.holder = None
            self.until = 0

    def note_sweep(self, removed):
        """Note that a sweep ended, which ``removed`` so many sessions.

        Of sweeps that removed nothing, at most one a minute is stored.
        """
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
