"""The cases, and the goals of this product in each."""

from . import capacity
from . import crowds
from . import engines
from . import million
from . import pages
from . import storing
from . import visits
from .engines import ANSWERED
from .engines import ASKED
from .million import A_THOUSAND
from .million import NO_SWEEP
from .pages import WITHOUT
from .sites import SESSIONS
from .stores import MCDUTILS
from .stores import RAW
from .stores import TRANSIENCE
from .stores import ZOPE_SESSION
from acceptance.support.engines import Postgres
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """The arguments of a case: the folder for its databases, and how long it may take.

    ``memcached`` is the address of one, for the cases that say that they need it.
    """

    directory: str
    quick: bool = False
    memcached: str | None = None

    @property
    def rounds(self):
        return 3 if self.quick else 25

    def times(self, number):
        """Return how often to do what a full run does ``number`` times."""
        return number // 10 if self.quick else number


@dataclass(frozen=True)
class Goal:
    """A limit for our figure of one quantity, or for its ratio to that of a peer."""

    quantity: str
    relation: str
    limit: float
    against: str | None = None


@dataclass(frozen=True)
class Case:
    """``run`` takes a ``Run`` and returns the list of its ``Measure`` objects.

    Each case runs in a process of its own.
    """

    name: str
    title: str
    about: str
    run: Callable
    goals: tuple[Goal, ...]
    memcached: bool = False


def on_server(name, title, kind):
    """Return the case of the engine of the class ``kind``."""
    return Case(
        name,
        title,
        "One client of a server on loopback, with 2,000 sessions in its cache; memcached is "
        "on loopback, too, and keeps nothing on disk.  Read: a key of a session, in a "
        "transaction that has begun.  Request: the same, with its begin and its end.  Change "
        "and create: with the commit.  While the server stands still (SIGSTOP) it is asked "
        "for a hundred sessions that it was asked for before: a session that nobody else has "
        "changed is read without a round trip.",
        engines.through(kind),
        (
            Goal("read", "≤", 0.2, MCDUTILS),
            Goal("change", "≤", 1.2, RAW),
            Goal("create", "≤", 1.1, RAW),
            Goal(ANSWERED, "=", ASKED),
        ),
        memcached=True,
    )


ALL = [
    Case(
        "read",
        "Container: read a key of an existing session",
        "20,000 sessions, all in the ZODB cache; they are read in random order.",
        storing.reading,
        (
            Goal("time", "≤", 4, RAW),
            Goal("time", "≤", 0.3, TRANSIENCE),
            Goal("time", "<", 1, ZOPE_SESSION),
        ),
        memcached=True,
    ),
    Case(
        "create",
        "Container: create a session and commit",
        "Among 5,000 others; each is a transaction of its own, in a FileStorage.",
        storing.creating,
        (Goal("time", "≤", 0.85, RAW), Goal("growth", "≤", 0.25, RAW)),
        memcached=True,
    ),
    Case(
        "change",
        "Container: set a key and commit",
        "Of 5,000 sessions, one after another; each is a transaction of its own.",
        storing.changing,
        (Goal("time", "≤", 1.1, RAW),),
        memcached=True,
    ),
    Case(
        "request",
        "Manager: a request with a cookie reads a key",
        'getSessionData()["a"], first and again in the same request.  500 visitors '
        "take turns, in the least Zope that has sessions.",
        visits.reading,
        (
            Goal("first", "≤", 0.4, SESSIONS),
            Goal("again", "≤", 0.1, SESSIONS),
            Goal("first", "≤", 0.1, MCDUTILS),
        ),
        memcached=True,
    ),
    Case(
        "looker",
        "Manager: a visitor without a session only reads",
        'getSessionData(create=True).get("a"), the commit included.',
        visits.only_looking,
        (Goal("time", "≤", 0.05, SESSIONS), Goal("growth", "=", 0)),
        memcached=True,
    ),
    Case(
        "cart",
        "Manager: a visit of 20 pages that changes the cart 5 times",
        "Each page looks at the cart.  The clock is moved by half a minute between "
        "two pages, or not at all.  Where a peer removes expired sessions in a "
        "visitor's request, that is in its figure; our sweep is in none.",
        visits.shopping,
        (
            Goal("growth", "≤", 0.35, SESSIONS),
            Goal("growth in no time", "≤", 0.35, SESSIONS),
        ),
        memcached=True,
    ),
    Case(
        "page",
        "A page of a Plone site that reads the session",
        "A whole page with Plone's theme, for an anonymous visitor, published "
        "through Zope's WSGI application.",
        pages.paged,
        (Goal("time", "≤", 1.03, WITHOUT),),
    ),
    Case(
        "creations",
        "Ten overlapping creations",
        "Among 2,000 sessions.  Ten requests are open at once; each creates a session "
        "of its own, then they commit one by one.  Conflicts are retried as the "
        "publisher does.  10,000 creations of ours, 1,000 of each peer, scaled.",
        crowds.overlapping_creations,
        (Goal("conflicts", "=", 0), Goal("lost sessions", "=", 0)),
    ),
    Case(
        "changes",
        "Four overlapping writers of one session",
        "Four requests of one browser are open at once; each sets a key of its own, "
        "then they commit one by one.  Conflicts are retried as the publisher does.  "
        "10,000 changes of ours, 1,000 of each peer, scaled.",
        crowds.overlapping_changes,
        (Goal("conflicts", "=", 0), Goal("lost updates", "=", 0)),
    ),
    Case(
        "threads",
        "Eight threads create sessions",
        "480 sessions among 2,000 others, each thread in a connection of its own, "
        "retrying after conflicts.",
        crowds.threads,
        (Goal("rate", "≥", 1.7, RAW),),
        memcached=True,
    ),
    on_server("zeo", "Through a ZEO server", engines.Zeo),
    on_server("postgresql", "Through PostgreSQL", Postgres),
    Case(
        "capacity",
        "Writes a second, by engine",
        "Four processes, each with 200 sessions of its own, create and change sessions as "
        "fast as they can; a FileStorage has one process.  All processes and servers share "
        "the cores of this machine: so the processor time of a write is measured, too.",
        capacity.measured,
        (),
    ),
    Case(
        "million",
        "Container: look-up among a million sessions",
        "A thousand sessions of a kilobyte each, in the ZODB cache, found in random "
        "order: among a million, and where there are no others.",
        million.looking_up,
        (Goal("time", "≤", 1.5, A_THOUSAND),),
    ),
    Case(
        "sweep",
        "A sweep over a million sessions",
        "Of a kilobyte each, in a FileStorage.  100,000 have expired; 50,000 others "
        "may have, as far as their shards know, and are loaded.  Meanwhile four "
        "visitors go from page to page in the same process, and change something on "
        "every fifth.  The rests of the sweeper are in the rate.  The heap of before is "
        "frozen: no full garbage collection, which any thread may set off, is in a figure.",
        million.sweeping,
        (
            Goal("rate", "≥", 30_000),
            Goal("longest transaction", "≤", 100),
            Goal("more memory", "≤", 150),
            Goal("a visitor's page", "≤", 1.3, NO_SWEEP),
        ),
    ),
]

CASES = {case.name: case for case in ALL}
