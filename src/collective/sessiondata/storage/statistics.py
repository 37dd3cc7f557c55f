"""The statistics of a container: how many sessions it has, and how large they are.

Of very many sessions only a sample is counted: digests are random, so any sessions are a
fair sample.
"""

from .. import clock
from ..units import HOUR
from ..units import iso
from dataclasses import dataclass
from statistics import median

# The number of sessions in the sample. The standard error of a share of 10 percent is one
# percent.
SAMPLE = 1000

# The upper limits of the classes of idle times, in seconds.
IDLE_STEPS = (60, 300, 900, 1800, HOUR, 4 * HOUR, 24 * HOUR, float("inf"))


@dataclass(frozen=True)
class Statistics:
    """The statistics of one container."""

    #: The number of active sessions, of those without an owner, and of those with one.
    live: int
    anonymous: int
    logged_in: int

    #: The number of sessions that expired and were not removed yet.
    expired: int

    #: The size of all data in bytes as stored, expired sessions included.
    bytes: int

    #: The number of sessions created per minute, over the last few minutes.
    created_per_minute: float

    #: The number of sessions created and removed in the last hour. Expired sessions count
    #: as removed when they are swept.
    created_last_hour: int
    ended_last_hour: int

    #: The number of sessions that were ever created.
    created: int

    #: The median time from creation to last access, in seconds.
    stay: float

    #: Active sessions by idle time: pairs of one of ``IDLE_STEPS`` and a count.
    idle: tuple

    #: The number of stored sessions over the last day: pairs of a time, in seconds since
    #: the epoch, and a count. There is one pair for each change, at most every five minutes.
    history: tuple

    #: When the last sweep ended, in seconds since the epoch, or None; and the number of
    #: sessions that all sweeps have removed.
    swept: float | None
    swept_in_all: int

    #: Whether all sessions were counted; if not, figures are estimated from a sample.
    exact: bool

    def as_dict(self):
        """Return these statistics as a dict that can be serialised as JSON.

        Times are ISO 8601, sizes bytes. REST and the command line use the same names.
        """
        present = self.live + self.expired
        return {
            "live": self.live,
            "anonymous": self.anonymous,
            "logged_in": self.logged_in,
            "expired": self.expired,
            "size_bytes": self.bytes,
            "created_per_minute": round(self.created_per_minute, 3),
            "created_last_hour": self.created_last_hour,
            "ended_last_hour": self.ended_last_hour,
            "created_total": self.created,
            # No sessions have no median.
            "median_stay_seconds": round(self.stay, 1) if present else None,
            "idle": [
                {
                    "below_seconds": None if step == float("inf") else step,
                    "count": count,
                }
                for step, count in self.idle
            ],
            "history": [
                {"time": iso(time), "count": count} for time, count in self.history
            ],
            "swept": iso(self.swept),
            "swept_total": self.swept_in_all,
            "exact": self.exact,
        }


def count_statistics(store):
    """Return the ``Statistics`` of ``store``. Does not update access times."""
    now = clock.now()
    stored = store.count()
    sampled = active = owned = size = 0
    stays = []
    idle = dict.fromkeys(IDLE_STEPS, 0)
    for session in store.each():
        if sampled == SAMPLE:
            break
        sampled += 1
        size += session.getSize()
        stays.append(session.accessed - session.created)
        if store.is_active(session, now):
            active += 1
            owned += session.user_id is not None
            seconds = now - session.accessed
            idle[next(step for step in IDLE_STEPS if seconds < step)] += 1
    scale = stored / sampled if sampled else 0
    lease = store.lease
    ever = store.count_created()
    created, ended = lease.history.last(HOUR, ever, stored)
    all_active = round(active * scale)
    all_owned = round(owned * scale)
    return Statistics(
        live=all_active,
        anonymous=all_active - all_owned,
        logged_in=all_owned,
        expired=stored - all_active,
        bytes=round(size * scale),
        created_per_minute=lease.history.created_per_minute(ever),
        created_last_hour=created,
        ended_last_hour=ended,
        created=ever,
        stay=median(stays) if stays else 0,
        idle=tuple((step, round(count * scale)) for step, count in idle.items()),
        history=(*lease.history.counts(), (int(now), stored)),
        swept=lease.swept,
        swept_in_all=lease.removed,
        exact=sampled == stored,
    )
