"""Sessions in a database on a server: ZEO, or PostgreSQL by way of RelStorage.

Servers listen on loopback, and keep their files beside those of the other cases.
"""

from .measure import compare
from .measure import Measure
from .measure import Stopwatch
from .stores import filled_store
from .stores import McdutilsStore
from .stores import new_key
from .stores import new_keys
from .stores import OurStore
from .stores import RawStore
from acceptance.cluster.servers import PostgreSQL
from collective.sessiondata.tests.support.memcached import Memcached
from collective.sessiondata.tests.support.processes import ZeoServer
from contextlib import contextmanager
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import cycle
from pathlib import Path
from relstorage.adapters.postgresql import PostgreSQLAdapter
from relstorage.options import Options
from relstorage.storage import RelStorage
from ZEO.ClientStorage import ClientStorage

import os
import random
import signal
import tempfile

SESSIONS = 2_000

UNITS = {"read": "µs", "request": "µs", "change": "µs", "create": "µs"}

# How many sessions are asked for while the server does not answer.
ASKED = 100
ANSWERED = "answered while the server stands still"


@contextmanager
def folder(run):
    """Yield a new folder, which other users can get at."""
    with tempfile.TemporaryDirectory(dir=run.directory) as path:
        for it in (path, run.directory):
            os.chmod(it, 0o711)
        yield Path(path)


@contextmanager
def zeo(run):
    """Yield a running ZEO server."""
    with folder(run) as home:
        server = ZeoServer(home)
        try:
            server.start()
            server.wait()
            yield server
        finally:
            server.kill()


@contextmanager
def postgresql(run):
    """Yield a running PostgreSQL."""
    with folder(run) as home:
        for name in ("server", "tables"):
            (home / name).mkdir()
        server = PostgreSQL(home / "server", home / "tables")
        try:
            yield server
        finally:
            server.kill()


def zeo_storage(server):
    return ClientStorage(("127.0.0.1", server.port))


def postgresql_storage(server):
    options = Options(keep_history=False)
    adapter = PostgreSQLAdapter(server.dsn("sessions", server.port), options)
    return RelStorage(adapter, options=options)


class _OnServer:
    """A store whose database is on a server of its own: ``server`` runs and ends it."""

    start = connect = None

    def __init__(self, run):
        self._stack = ExitStack()
        self.server = self._stack.enter_context(type(self).start(run))
        try:
            super().__init__(run)
        except BaseException:
            self._stack.close()
            raise

    def storage(self):
        return type(self).connect(self.server)

    def size(self):
        return None

    def close(self):
        super().close()
        self._stack.close()


def on_server(factory, start, connect):
    """Return a store like ``factory``, on a server."""
    members = {"start": staticmethod(start), "connect": staticmethod(connect)}
    return type(factory.__name__, (_OnServer, factory), members)


def through(start, connect):
    """Return the case of a kind of server: it takes a ``Run``, and returns measures."""

    def case(run):
        keys = new_keys(SESSIONS)
        with ExitStack() as stack:
            memcached = Memcached()
            run = replace(run, memcached=stack.enter_context(memcached))
            peers = {}
            for factory in (
                on_server(OurStore, start, connect),
                on_server(RawStore, start, connect),
                McdutilsStore,
            ):
                store = stack.enter_context(filled_store(factory, run, keys))
                opened = peers[store.name] = stack.enter_context(store.open())
                store.read(opened.sessions, keys)
            servers = {
                name: getattr(opened.store, "server", memcached)
                for name, opened in peers.items()
            }
            return [
                *compare(peers, _batch(run, keys), UNITS, run.rounds),
                _standing_still(peers, servers, keys),
            ]

    return case


def _batch(run, keys):
    """Return what measures a store once."""
    next_keys = cycle(keys)
    count = run.times(100)

    def batch(opened):
        store, sessions = opened.store, opened.sessions

        def requests(works):
            for work in works:
                opened.begin()
                work()
                opened.commit()

        some = random.sample(keys, count)
        opened.begin()
        figures = {"read": microseconds(lambda: store.read(sessions, some), count)}
        opened.commit()
        for quantity, works in {
            "request": [partial(store.read, sessions, [key]) for key in some],
            "change": [
                partial(store.write, sessions, next(next_keys), "a", new_key())
                for number in range(count)
            ],
            "create": [partial(store.create, sessions, key) for key in new_keys(count)],
        }.items():
            figures[quantity] = microseconds(lambda: requests(works), count)
        return figures

    return batch


def microseconds(work, count):
    """Return how long each of ``count`` things takes that ``work`` does."""
    stopwatch = Stopwatch()
    with stopwatch:
        work()
    return stopwatch.seconds / count * 1e6


def _standing_still(peers, servers, keys):
    """Stop each server, and count from how many sessions a key is read all the same.

    A transaction has begun before, and the sessions were read in earlier ones.
    """
    answered = {}
    for name, opened in peers.items():
        opened.begin()
        sessions = opened.sessions
        servers[name].process.send_signal(signal.SIGSTOP)
        try:
            answered[name] = [
                sum(_is_read(opened, sessions, key) for key in keys[:ASKED])
            ]
        finally:
            servers[name].process.send_signal(signal.SIGCONT)
        opened.abort()
    return Measure(ANSWERED, f"of {ASKED}", answered)


def _is_read(opened, sessions, key):
    try:
        opened.store.read(sessions, [key])
    except (KeyError, TypeError):
        return False
    return True


ZEO = zeo, zeo_storage
POSTGRESQL = postgresql, postgresql_storage
