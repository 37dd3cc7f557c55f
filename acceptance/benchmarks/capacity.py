"""How many sessions a second each engine creates and changes for several processes.

The processor time of Zope and of the server is measured, too: from it the page on
capacity reckons what more cores could do.
"""

from .engines import running
from .measure import Measure
from .stores import CACHE_SIZE
from .stores import new_key
from .stores import new_keys
from .stores import VALUE
from acceptance.support.engines import File
from acceptance.support.engines import Postgres
from acceptance.support.engines import Sqlite
from acceptance.support.engines import Zeo
from collective.sessiondata.container import TransientObjectContainer
from collective.sessiondata.tests.support.processes import children
from contextlib import contextmanager
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from time import monotonic
from time import process_time
from ZODB.config import storageFromString
from ZODB.DB import DB
from ZODB.POSException import ConflictError

import multiprocessing
import os
import transaction

# As many processes write at once, each to as many sessions of its own.
WRITERS = 4
SESSIONS = 200

# Seconds that a round takes, and after which a process must have failed.
SECONDS = 4
LATEST = 120


class Place:
    """A database for sessions, and its server; picklable for other processes."""

    def __init__(self, engine):
        self.storage = engine.storage(engine.port)
        self.writers = WRITERS if engine.is_shared else 1
        self._pid = engine.server and engine.server.process.pid

    @contextmanager
    def container(self):
        """Yield the container, in a connection of its own."""
        db = DB(
            storageFromString(self.storage),
            cache_size=CACHE_SIZE,
            database_name="sessions",
        )
        try:
            connection = db.open()
            root = connection.root()
            if "sessions" not in root:
                root["sessions"] = TransientObjectContainer(limit=0)
                transaction.commit()
            yield root["sessions"]
            transaction.abort()
            connection.close()
        finally:
            db.close()

    def processor_time(self):
        """Return the processor time that the server has used, in seconds."""
        if self._pid is None:
            return 0
        ticks = 0
        # The children first: when one ends, its parent has its time.
        for child in children(self._pid):
            with suppress(FileNotFoundError):
                ticks += sum(_times(child)[:2])
        ticks += sum(_times(self._pid))
        return ticks / os.sysconf("SC_CLK_TCK")


def _times(pid):
    """Return the ticks of a process, and of those of its children that have ended.

    Raise ``FileNotFoundError`` if it has ended.
    """
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return [int(field) for field in fields[11:15]]


KINDS = {
    "FileStorage, one process": File,
    "SQLite": Sqlite,
    "ZEO": Zeo,
    "PostgreSQL": Postgres,
}


def change(container, key):
    container.get(key)["a"] = new_key()


def create(container, key):
    container.new(new_key())["a"] = VALUE


# The work of each round: all processes do it at the same time.
ROUNDS = 3 * (change, create)


def write(place, keys, seconds, together, results):
    """Do the part of one process in each round, again and again, for ``seconds``.

    Puts into ``results`` the number of transactions, the number of conflicts, and the
    processor time, in seconds.
    """
    with place.container() as container:
        for key in keys:
            container.get(key)
        for work in ROUNDS:
            together.wait()
            done = conflicts = 0
            until, before = monotonic() + seconds, process_time()
            for key in cycle(keys):
                if monotonic() >= until:
                    break
                transaction.begin()
                try:
                    work(container, key)
                    transaction.commit()
                    done += 1
                except ConflictError:
                    transaction.abort()
                    conflicts += 1
            results.put((done, conflicts, process_time() - before))


def written(place, keys, seconds):
    """Yield the results of each round: the name of the work, and the sums of ``write``.

    They are sums over all processes.  The processor time of the server comes last.
    """
    processes = multiprocessing.get_context("spawn")
    together, results = processes.Barrier(place.writers + 1), processes.Queue()
    crowd = [
        processes.Process(
            target=write,
            args=(place, keys[first :: place.writers], seconds, together, results),
        )
        for first in range(place.writers)
    ]
    for process in crowd:
        process.start()
    for work in ROUNDS:
        together.wait(LATEST)
        before = place.processor_time()
        counted = [results.get(timeout=LATEST) for process in crowd]
        served = place.processor_time() - before
        yield work.__name__, *map(sum, zip(*counted)), served
    for process in crowd:
        process.join()


def measured(run):
    """Return the measures of the case, of each kind of engine."""
    seconds = run.times(10 * SECONDS) / 10
    figures = {}
    for name, kind in KINDS.items():
        with running(kind, run) as engine:
            place = Place(engine)
            keys = new_keys(SESSIONS * place.writers)
            with place.container() as container:
                for key in keys:
                    container.new(key)["a"] = VALUE
                transaction.commit()
            for work, done, conflicts, asked, served in written(place, keys, seconds):
                works = {"change": "changes", "create": "creations"}[work]
                for quantity, unit, figure in (
                    (works, "a second", done / seconds),
                    (f"conflicts of {works}", "in 1,000", conflicts / done * 1000),
                    (f"processor time of {works}, Zope", "µs", asked / done * 1e6),
                    (f"processor time of {works}, server", "µs", served / done * 1e6),
                ):
                    samples = figures.setdefault((quantity, unit), {})
                    samples.setdefault(name, []).append(figure)
    return [
        Measure(quantity, unit, samples)
        for (quantity, unit), samples in figures.items()
    ]
