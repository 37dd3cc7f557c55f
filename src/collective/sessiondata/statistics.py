"""How many sessions there are and how large, without a look at each."""

from . import clock
from dataclasses import dataclass

# The sessions that are looked at; the rest are counted as like them.  Digests are
# random, so any of them are a fair sample: of a share of 10 percent the standard
# error is one percent.
SAMPLE = 1000


@dataclass(frozen=True)
class Statistics:
    """What is known of the sessions of one container."""

    #: Sessions that can be used.
    live: int

    #: Sessions whose time is over, still to be removed.
    expired: int

    #: The size of the data, in bytes as stored, of live and expired sessions.
    bytes: int

    #: Sessions created in each minute, on average of the last few.
    created_per_minute: float

    #: All sessions that were ever created.
    created: int

    #: Whether each session was looked at; if not, ``live``, ``expired`` and
    #: ``bytes`` are estimates from a sample.
    exact: bool


def statistics(container):
    """Return the ``Statistics`` of ``container``."""
    now = clock.now()
    looked_at = expired = size = 0
    exact = True
    for leaf, _was_loaded in container._shards.leaves():
        if looked_at >= SAMPLE:
            exact = False
            break
        for session in leaf.bring_in():
            looked_at += 1
            expired += not container._is_live(session, now)
            size += session.getSize()
    present = len(container)
    scale = present / looked_at if looked_at else 0
    expired = round(expired * scale)
    created = container._shards.came()
    return Statistics(
        live=present - expired,
        expired=expired,
        bytes=round(size * scale),
        created_per_minute=container._upkeep.history.created_per_minute(created),
        created=created,
        exact=exact,
    )
