"""``sessions benchmark-this-site``: measure how fast a site reads and writes sessions."""

from ..database.location import location_of
from .errors import CommandError
from .output import count
from .output import print_json
from .parser import add_command
from .parser import add_json
from .parser import add_site
from .retry import commit_with_retries
from .sites import find_named_sites
from .sites import for_each
from contextlib import contextmanager
from functools import partial
from secrets import token_urlsafe
from statistics import median
from time import perf_counter

import signal
import transaction

# Name in JSON, label, and maximum number of measurements.  Each gets the same time.
OPERATIONS = (
    ("read_warm", "read a session, warm", 1000),
    ("change", "change it and commit", 200),
    ("create", "create one and commit", 100),
)

# More than are created, so that no visitor's session is evicted or refused.
FREE_PLACES = 200

# As large as a cart or a form, in bytes.
SIZE = 1000

_commit = partial(commit_with_retries, note="Measured the sessions")


def add(commands):
    """Add the command to the subparsers ``commands``."""
    parser = add_command(
        commands,
        "benchmark-this-site",
        _run,
        "measure how fast sessions are here, for some seconds",
        "Measure how fast one process reads, changes and creates sessions of the site, "
        "with its\ndatabase and its settings.  The command creates about 100 sessions "
        "and removes them at\nthe end; statistics count them.  It writes about half a "
        "megabyte, which packing the\ndatabase frees.",
        ("benchmark-this-site", "benchmark-this-site Plone --seconds 2 --json"),
    )
    add_site(parser, "needed if there are several")
    parser.add_argument(
        "--seconds",
        type=int,
        choices=(1, 2, 5, 10, 30, 60),
        default=5,
        help="how long to measure (%(default)s)",
    )
    add_json(parser)


def _run(app, options):
    results = {}

    def measure(site):
        # Store a new container: the measured transactions may be aborted.
        container = _commit(site.container)
        present, limit = len(container), container.limit
        if limit and present + FREE_PLACES > limit:
            raise CommandError(
                f"{site.path} has {count(present, 'session')}, and the maximum is "
                f"{limit:,}: there is no room to measure. Raise the maximum first."
            )
        location = location_of(container)
        results[site.path] = {
            "sessions": present,
            "database": {"name": location.name, "storage": location.storage},
            **_measure(container, options.seconds / len(OPERATIONS)),
        }

    code = for_each(find_named_sites(app, [options.site] * bool(options.site)), measure)
    (print_json if options.json else _print)(results)
    return code


def _measure(container, seconds):
    """Measure each operation for ``seconds``; return the results by name."""
    results = {}
    with _deferred_interrupts() as check, _own_sessions(container) as operations:
        for name, _label, maximum in OPERATIONS:
            times = []
            deadline = perf_counter() + seconds
            while not times or (len(times) < maximum and perf_counter() < deadline):
                check()
                started = perf_counter()
                operations[name]()
                times.append(perf_counter() - started)
            results[name] = {"times": len(times), "median_seconds": median(times)}
    return results


@contextmanager
def _deferred_interrupts():
    """Yield a function that raises ``KeyboardInterrupt`` if Ctrl-C was pressed.

    An interrupted commit could leave a session behind.
    """
    interrupts = []

    def check():
        if interrupts:
            raise KeyboardInterrupt

    handler = signal.signal(signal.SIGINT, lambda *event: interrupts.append(event))
    try:
        yield check
        check()
    finally:
        signal.signal(signal.SIGINT, handler)


@contextmanager
def _own_sessions(container):
    """Yield the operations by name; remove the sessions that they created."""
    size = min(SIZE, container.max_size // 2 or SIZE)
    keys = []

    def session():
        found = container.get(keys[0])
        if found is None:
            raise CommandError("Another process ended the measured session. Try again.")
        return found

    def read():
        transaction.begin()
        session().get("value")
        transaction.abort()

    def change():
        # A new value each time, since an equal one is not stored.
        _commit(lambda: session().set("value", f"{perf_counter():{size}}"))

    def create():
        keys.append(token_urlsafe(24))
        _commit(lambda: container.new(keys[-1]).set("value", " " * size))

    def remove():
        for found in map(container.get, keys):
            if found is not None:
                found.invalidate()

    try:
        create()
        yield {"read_warm": read, "change": change, "create": create}
    finally:
        _commit(remove)


def _print(results):
    for path, result in results.items():
        database = "in the database {name} ({storage})".format(**result["database"])
        print(f"{path}: {count(result['sessions'], 'session')}, {database}\n")
        print(f"{'':22}  {'median':>10}  {'measured':>8}")
        for name, label, _maximum in OPERATIONS:
            milliseconds = f"{result[name]['median_seconds'] * 1000:,.2f} ms"
            print(f"{label:22}  {milliseconds:>10}  {result[name]['times']:>8,}")
