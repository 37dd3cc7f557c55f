"""``sessions benchmark-this-site``: how fast this deployment reads and writes a session.

It writes what a visitor's request would write, into the site's own container; but no
subscriber hears of it, no statistics count it, and nobody has to make room for it.
"""

from ..container import prepare
from ..database.location import location_of
from ..storage.background import is_new
from ..storage.placement import Placement as Place
from . import parser as parsing
from .errors import Trouble
from .output import count
from .output import milliseconds
from .output import print_json
from .retry import ATTEMPTS
from .retry import PAUSE
from .sites import for_each
from .sites import named
from Acquisition import aq_base
from argparse import ArgumentTypeError
from contextlib import closing
from dataclasses import dataclass
from math import ceil
from secrets import token_urlsafe
from statistics import median
from time import perf_counter
from transaction import TransactionManager
from ZODB.POSException import ConflictError

import signal
import time
import transaction

SECONDS = 5
MOST_SECONDS = 60

# A container that has less room is left alone: a visitor may need it.
ROOM = 10

KEY = "value"

# About what a cart or a form takes, in bytes.
SIZE = 1000


# What is measured: its name, what it is called in the table, and how often at most.  In
# this order, each has an equal part of the time.
_MEASURES = (
    ("read_warm", "read a session, warm", 1000),
    ("read_cold", "read a session, cold", 100),
    ("change", "change it and commit", 200),
    ("create", "create one and commit", 100),
)


@dataclass(frozen=True)
class _Times:
    """How long something took, in seconds: some times, sorted."""

    times: tuple

    @property
    def median(self):
        return median(self.times)

    @property
    def percentile_95(self):
        """The time that 95 of 100 did not exceed (nearest rank)."""
        return self.times[ceil(0.95 * len(self.times)) - 1]

    @property
    def per_second(self):
        """How many one after another make a second."""
        return len(self.times) / sum(self.times)


def add(commands):
    """Add the command to the subparsers ``commands``."""
    parser = parsing.add_command(
        commands,
        "benchmark-this-site",
        _run,
        "measure how fast sessions are here, for some seconds",
        "Measure how fast one process reads, changes and creates a session of the site, "
        "with\nits database and its settings.  It is safe beside visitors: it has a "
        "session of its\nown, which nobody is told of and which is removed at the end.  "
        "What it wrote, half a\nmegabyte or so, is gone when the database is packed.",
        ("benchmark-this-site", "benchmark-this-site Plone --seconds 2 --json"),
    )
    parsing.add_site(parser, "needed if there are several")
    parser.add_argument(
        "--seconds",
        type=_seconds,
        default=SECONDS,
        metavar="N",
        help=f"for so long, {MOST_SECONDS} at most (%(default)s)",
    )
    parsing.add_json(parser)


def _seconds(text):
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= MOST_SECONDS:
        raise ArgumentTypeError(
            f"a number of seconds, more than 0 and {MOST_SECONDS} at most; {text!r} "
            "is not"
        )
    return seconds


def _run(app, options):
    told = {}
    sites = named(app, [options.site] if options.site else [])

    def measure(site):
        container = aq_base(site.container())
        if is_new(container):
            # Visitors are about to make it, too.
            transaction.commit()
        present, limit = len(container), container.limit
        if limit and present + ROOM > limit:
            raise Trouble(
                f"{site.path} has {count(present, 'session')}, and {limit:,} is the "
                "limit: there is no room to measure. Raise the limit first."
            )
        with _Interrupt() as interrupt, closing(_Probe(container, interrupt)) as probe:
            results = probe.measure(options.seconds)
        place = location_of(container)
        if options.json:
            told[site.path] = _for_programs(results, place, present)
        else:
            _print(site.path, results, place, present)

    code = for_each(sites, measure)
    if options.json:
        print_json(told)
    return code


class _Interrupt:
    """Ctrl-C is waited for between two measurements; pressed again it does not wait.

    Otherwise it comes wherever the process is: in a commit, or where it is ignored.
    """

    is_pressed = False

    #: What was begun has to be cleared away now: it is not heard any more.
    is_late = False

    def __enter__(self):
        self._before = signal.signal(signal.SIGINT, self._press)
        return self

    def _press(self, number, frame):
        if self.is_pressed and not self.is_late:
            raise KeyboardInterrupt
        self.is_pressed = True

    def check(self):
        """Raise ``KeyboardInterrupt`` if it was pressed."""
        if self.is_pressed:
            raise KeyboardInterrupt

    def __exit__(self, *error):
        signal.signal(signal.SIGINT, self._before)


class _Beside(Place):
    """The site's container, for a session that is no visitor's."""

    __slots__ = ()

    def keep(self, session):
        self.container.store.sessions.put(
            session.digest, session, session.created, created=0
        )


class _Probe:
    """Measures a container, in a connection and transactions of its own."""

    def __init__(self, container, interrupt):
        self.interrupt = interrupt
        self.manager = TransactionManager()
        self.connection = container._p_jar.db().open(self.manager)
        self.container = self.connection.get(container._p_oid)
        limit = self.container.max_size
        self.size = min(SIZE, limit // 2) if limit else SIZE
        # The ids of the sessions that were made and perhaps not removed yet.
        self.made = []
        self.number = 0

    def measure(self, seconds):
        """Return ``_Times`` by name, after so many seconds."""
        began = perf_counter()
        key = self._create()
        works = {
            "read_warm": lambda: self._timed(self._read, key),
            "read_cold": lambda: self._read_cold(key),
            "change": lambda: self._timed(self._change, key),
            "create": self._create_another,
        }
        return {
            name: self._repeated(
                works[name], most, began + seconds * number / len(_MEASURES)
            )
            for number, (name, _label, most) in enumerate(_MEASURES, 1)
        }

    def _repeated(self, work, most, until):
        """Return the ``_Times`` that ``work`` returns, until then."""
        times = []
        conflicts = 0
        while not times or (len(times) < most and perf_counter() < until):
            self.interrupt.check()
            try:
                times.append(work())
            except ConflictError:
                # A visitor was faster: that is no fair measure.
                conflicts += 1
                if conflicts == most:
                    raise
        return _Times(tuple(sorted(times)))

    def _timed(self, work, *arguments):
        began = perf_counter()
        work(*arguments)
        return perf_counter() - began

    def _session(self, key):
        session = aq_base(self.container.peek(key))
        if session is None:
            raise Trouble("The session to measure was ended meanwhile. Try again.")
        return session

    def _read(self, key):
        self.manager.begin()
        self._session(key).get(KEY)
        self.manager.abort()

    def _read_cold(self, key):
        self.connection.cacheMinimize()
        return self._timed(self._read, key)

    def _change(self, key):
        self.manager.begin()
        self._session(key)[KEY] = self._value()
        self._commit()

    def _create(self):
        self.manager.begin()
        key = token_urlsafe(24)
        session = prepare(key, _Beside(lambda: self.container))
        self.made.append(session.digest)
        session[KEY] = self._value()
        self._commit()
        return key

    def _create_another(self):
        seconds = self._timed(self._create)
        self._remove(self.made[-1])
        return seconds

    def _value(self):
        self.number += 1
        return f"{self.number:{self.size}}"

    def _commit(self):
        try:
            self.manager.get().note("Measured the sessions")
            self.manager.commit()
        finally:
            self.manager.abort()

    def _remove(self, id):
        for attempt in range(1, ATTEMPTS + 1):
            self.manager.begin()
            try:
                session = self.container.store.sessions.get(id)
                if session is not None:
                    self.container.store.take_out(session)
                    self._commit()
                break
            except ConflictError:
                if attempt == ATTEMPTS:
                    raise
            finally:
                self.manager.abort()
            time.sleep(PAUSE * attempt)
        self.made.remove(id)

    def close(self):
        """Remove what is there still."""
        self.interrupt.is_late = True
        try:
            self.manager.abort()
            for id in self.made[:]:
                self._remove(id)
        finally:
            self.manager.abort()
            self.connection.close()


def _for_programs(results, place, present):
    return {
        "sessions": present,
        "database": {"name": place.name, "storage": place.storage},
        **{
            name: {
                "times": len(result.times),
                "median_seconds": result.median,
                "percentile_95_seconds": result.percentile_95,
                "per_second": result.per_second,
            }
            for name, result in results.items()
        },
    }


def _print(path, results, place, present):
    print(
        f"{path}: {count(present, 'session')}, in the database {place.name} "
        f"({place.storage})\n"
    )
    print(f"{'':22}  {'median':>10}  {'95 of 100':>10}  {'measured':>8}")
    for name, label, _most in _MEASURES:
        result = results[name]
        print(
            f"{label:22}  {milliseconds(result.median):>10}  "
            f"{milliseconds(result.percentile_95):>10}  {len(result.times):>8,}"
        )
    changes, creations = results["change"].per_second, results["create"].per_second
    print(f"""
A page that looks at the session costs one reading: warm, where its process has seen
the session before; cold, where all of it comes from the database.  A page that sets
something costs one change, and a visitor's first change one creation.

So one such process changes about {changes:,.0f} sessions per second, one after another,
or creates {creations:,.0f}.  Several processes do more together, up to what the disk or
the database server can do.""")
