"""What an administrator sees of sessions: how many, how large, and single ones.

Nothing here is an access of a session, and nothing looks at all of very many: digests
are random, so any sessions are a fair sample of all.
"""

from .. import clock
from ..units import HOUR
from ..units import iso
from dataclasses import dataclass
from statistics import median

# The sessions that are looked at for numbers; the rest are counted as like them.  Of
# a share of 10 percent the standard error is one percent.
SAMPLE = 1000

# The most sessions of a list, and how many are looked at for it: some may be over.
LISTED = 5000
VISITED = 2 * LISTED

# The most names of a session's keys, and of how many letters, that are told.
KEYS = 20
LETTERS = 80


# Idle times are counted up to these, in seconds, each from the one before.
IDLE_STEPS = (60, 300, 900, 1800, HOUR, 4 * HOUR, 24 * HOUR, float("inf"))


@dataclass(frozen=True)
class Statistics:
    """What is known of the sessions of one container."""

    #: Sessions that can be used; those of nobody, and of somebody who logged in.
    live: int
    anonymous: int
    logged_in: int

    #: Sessions whose time is over, still to be removed.
    expired: int

    #: The size of the data, in bytes as stored, of live and expired sessions.
    bytes: int

    #: Sessions created in each minute, on average of the last few.
    created_per_minute: float

    #: Sessions that came, and that were removed, in the last hour; those that are
    #: expired count as removed once they were swept.
    created_last_hour: int
    ended_last_hour: int

    #: All sessions that were ever created.
    created: int

    #: From the creation of a session until it was used last, in seconds: the median.
    stay: float

    #: Live sessions by idle time: pairs, of ``IDLE_STEPS`` and a count.
    idle: tuple

    #: How many sessions there were over the last day: pairs, of the time in seconds
    #: since the epoch and a count.  It is told anew when something has happened, at
    #: most every five minutes.
    history: tuple

    #: When the last sweep was over, in seconds since the epoch, or None; and how many
    #: sessions all sweeps have removed.
    swept: float | None
    swept_in_all: int

    #: Whether each session was looked at; if not, all that depends on it is estimated
    #: from a sample.
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
            # Of no sessions there is no median.
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


@dataclass(frozen=True)
class Listed:
    """One session, as others than its visitor may see it."""

    #: Tells it apart, and opens nothing.
    handle: str

    #: To whom it belongs, or None; and with what that user has logged in, or "".
    user_id: str | None
    browser: str

    #: In seconds since the epoch; ``accessed`` is as exact as the resolution.
    created: int
    accessed: int

    #: The names of what is in it, sorted; of very many, some, and of long ones a part.
    keys: tuple

    #: How many there are.
    number_of_keys: int

    #: In bytes, as stored.
    size: int


@dataclass(frozen=True)
class Listing:
    """Some sessions: ``rows``, each ``Listed``; and whether these are ``all``."""

    rows: list
    all: bool


def _each(container):
    """Yield the stored sessions, those expired included; let go what was loaded."""
    for leaf, was_loaded in container._shards.leaves():
        for session in leaf.bring_in():
            is_ghost = session._p_changed is None
            yield session
            if is_ghost:
                session._p_deactivate()
        if not was_loaded:
            leaf._p_deactivate()


def statistics(container):
    """Return the ``Statistics`` of ``container``."""
    now = clock.now()
    present = len(container)
    looked_at = live = logged_in = size = 0
    stays = []
    idle = dict.fromkeys(IDLE_STEPS, 0)
    for session in _each(container):
        if looked_at == SAMPLE:
            break
        looked_at += 1
        size += session.getSize()
        stays.append(session._accessed - session._created)
        if container._is_live(session, now):
            live += 1
            logged_in += session._user is not None
            seconds = now - session._accessed
            idle[next(step for step in IDLE_STEPS if seconds < step)] += 1
    scale = present / looked_at if looked_at else 0
    upkeep = container._upkeep
    came = container._shards.came()
    created, ended = upkeep.history.last(HOUR, came, present)
    all_live = round(live * scale)
    all_logged_in = round(logged_in * scale)
    return Statistics(
        live=all_live,
        anonymous=all_live - all_logged_in,
        logged_in=all_logged_in,
        expired=present - all_live,
        bytes=round(size * scale),
        created_per_minute=upkeep.history.created_per_minute(came),
        created_last_hour=created,
        ended_last_hour=ended,
        created=came,
        stay=median(stays) if stays else 0,
        idle=tuple((step, round(count * scale)) for step, count in idle.items()),
        history=(*upkeep.history.counts(), (int(now), present)),
        swept=upkeep.swept,
        swept_in_all=upkeep.removed,
        exact=looked_at == present,
    )


def _shown(key):
    text = str(key).encode("utf-8", "replace").decode()
    return text if len(text) <= LETTERS else f"{text[:LETTERS]}\N{HORIZONTAL ELLIPSIS}"


def listed(session):
    """Return ``session`` as ``Listed``."""
    return Listed(
        handle=session.getId(),
        user_id=session.getUserId(),
        browser=session.getBrowser(),
        created=session.getCreated(),
        accessed=session.getLastAccessed(),
        keys=tuple(sorted(map(_shown, session.keys()))[:KEYS]),
        number_of_keys=len(session),
        size=session.getSize(),
    )


def listing(container, user_ids=None):
    """Return a ``Listing`` of live sessions: ``LISTED`` of them at most.

    With ``user_ids``, some ids: of those users; the others are not looked at for that.
    """
    if user_ids is None:
        found = _each(container)
    else:
        found = (it for id in user_ids for it in container.sessions_of(id))
    now = clock.now()
    rows = []
    for visited, session in enumerate(found):
        if len(rows) == LISTED or visited == VISITED:
            return Listing(rows, all=False)
        if container._is_live(session, now):
            rows.append(listed(session))
    return Listing(rows, all=True)
