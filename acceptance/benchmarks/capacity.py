"""How many sessions a second each engine creates and changes for several processes.

And how much processor time that takes on either side: from it is told what more cores,
or several machines, could do.
"""

from . import engines
from .measure import Measure
from .stores import CACHE_SIZE
from .stores import new_key
from .stores import new_keys
from .stores import VALUE
from acceptance.cluster.engines import POSTGRESQL_STORAGE
from acceptance.cluster.engines import SQLITE_STORAGE
from acceptance.cluster.engines import ZEO_STORAGE
from collective.sessiondata.container import TransientObjectContainer
from collective.sessiondata.database import directory as database
from collective.sessiondata.tests.support.processes import children
from contextlib import contextmanager
from contextlib import ExitStack
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

# Seconds that a round takes; and until somebody must have failed.
SECONDS = 4
LATEST = 120

FILE_STORAGE = """
<filestorage>
    path {path}
</filestorage>
"""


class Place:
    """Databases for sessions: what zope.conf says of each, and their servers.

    Another process may be given it.
    """

    writers = WRITERS

    def __init__(self, storages, servers=()):
        self.storages = storages
        self._pids = [server.process.pid for server in servers]

    @contextmanager
    def container(self):
        """Yield the container, in a connection of its own."""
        databases = {}
        try:
            for number, storage in enumerate(self.storages):
                name = f"sessions-{number}" if number else "sessions"
                DB(
                    storageFromString(storage),
                    cache_size=CACHE_SIZE,
                    database_name=name,
                    databases=databases,
                )
            connection = databases["sessions"].open()
            containers = connection.root().get(database.ROOT_KEY)
            if containers is None:
                container = TransientObjectContainer()
                connection.root()[database.ROOT_KEY] = {"benchmark": container}
                connection.add(container)
                database.spread(container)
                transaction.commit()
                containers = connection.root()[database.ROOT_KEY]
            yield containers["benchmark"]
            transaction.abort()
            connection.close()
        finally:
            for db in databases.values():
                db.close()

    def processor_time(self):
        """Return the seconds that its servers have had of the processors."""
        ticks = 0
        for pid in self._pids:
            # First these: what one of them had is its parent's when it ends.
            for child in children(pid):
                with suppress(FileNotFoundError):
                    ticks += sum(_times(child)[:2])
            ticks += sum(_times(pid))
        return ticks / os.sysconf("SC_CLK_TCK")


def _times(pid):
    """Return the ticks of a process, and of those of its children that have ended.

    Raise ``FileNotFoundError`` if it has ended.
    """
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return [int(field) for field in fields[11:15]]


class OneProcess(Place):
    """A FileStorage: only one process has it."""

    writers = 1


def file_storage(run, stack):
    home = stack.enter_context(engines.folder(run))
    return OneProcess([FILE_STORAGE.format(path=home / "sessions.fs")])


def sqlite(run, stack):
    home = stack.enter_context(engines.folder(run))
    return Place([SQLITE_STORAGE.format(path=home)])


def zeo(run, stack, count=1):
    servers = [stack.enter_context(engines.zeo(run)) for number in range(count)]
    return Place([ZEO_STORAGE.format(port=it.port) for it in servers], servers)


def postgresql(run, stack, count=1):
    servers = [stack.enter_context(engines.postgresql(run)) for number in range(count)]
    dsns = [it.dsn("sessions", it.port) for it in servers]
    return Place([POSTGRESQL_STORAGE.format(dsn=dsn) for dsn in dsns], servers)


PLACES = {
    "FileStorage, one process": file_storage,
    "SQLite": sqlite,
    "ZEO": zeo,
    "ZEO, two servers": lambda run, stack: zeo(run, stack, 2),
    "PostgreSQL": postgresql,
    "PostgreSQL, two servers": lambda run, stack: postgresql(run, stack, 2),
}


def change(container, key):
    container.get(key)["a"] = new_key()


def create(container, key):
    container.new(new_key())["a"] = VALUE


# What all processes do at the same time, one after another.
ROUNDS = 3 * (change, create)


def write(place, keys, seconds, together, results):
    """Let a process do its part of each round, again and again for so many seconds.

    Put into ``results`` how often that was, how many conflicts there were besides, and
    the processor time it took, in seconds.
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
    """Yield what came of each round: the work, and what ``write`` tells of it.

    That is of all processes together; and the processor time of the servers comes last.
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
        told = [results.get(timeout=LATEST) for process in crowd]
        served = place.processor_time() - before
        yield work.__name__, *map(sum, zip(*told)), served
    for process in crowd:
        process.join()


def measured(run):
    """Return the measures of the case, of each kind of place."""
    seconds = run.times(10 * SECONDS) / 10
    figures = {}
    for name, make in PLACES.items():
        with ExitStack() as stack:
            place = make(run, stack)
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
