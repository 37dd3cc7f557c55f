"""The number of sessions over the last day."""

from .. import clock
from ..units import DAY
from persistent import Persistent

# Seconds between two samples, and how many samples are kept.
STEP = 300
STEPS = DAY // STEP


class History(Persistent):
    """Samples of how many sessions were stored, and how many were ever created.

    ``samples`` is a tuple of (time, created, present), the oldest first. Times are seconds
    since the epoch.
    """

    def __init__(self):
        self.samples = ((int(clock.now()), 0, 0),)

    def knows(self, created, present):
        """Return True if both counts are those of the last sample."""
        return self.samples[-1][1:] == (created, present)

    def note(self, created, present):
        """Add a sample if a count has changed and the last sample is a step old."""
        now = int(clock.now())
        if (
            not self.knows(created, present)
            and not 0 <= now - self.samples[-1][0] < STEP
        ):
            self.samples = (*self.samples, (now, created, present))[-STEPS:]

    def counts(self):
        """Return pairs of a time and the number of sessions stored then."""
        return tuple((time, present) for time, _created, present in self.samples)

    def last(self, seconds, created, present):
        """Return how many sessions were created and removed in the last ``seconds``.

        ``created`` and ``present`` are the counts of now. The period begins with the last
        sample before it, or with the first sample.
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
        """Return how many sessions were created per minute, over the last few minutes."""
        now = clock.now()
        # A sample that is younger than a step says too little.
        for time, before, _present in reversed(self.samples):
            if now - time >= STEP:
                break
        return (created - before) / max(now - time, 60) * 60
