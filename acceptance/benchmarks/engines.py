"""Sessions in a database on a server: ZEO, or PostgreSQL through RelStorage."""

from .measure import compare
from .measure import Measure
from .measure import Stopwatch
from .stores import filled_store
from .stores import McdutilsStore
from .stores import new_key
from .stores import new_keys
from .stores import OurStore
from .stores import RawStore
from acceptance.support import engines as support
from collective.sessiondata.tests.support.memcached import Memcached
from contextlib import contextmanager
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import cycle
from ZODB.config import storageFromString

import os
import random
import signal
import tempfile

SESSIONS = 2_000

UNITS = {"read": "µs", "request": "µs", "change": "µs", "create": "µs"}

# How many sessions are asked for while the server does not answer.
ASKED = 100
ANSWERED = "answered while the server stands still"

ZEO_STORAGE = """
    %import ZEO
    <clientstorage>
        server 127.0.0.1:{port}
    </clientstorage>
"""


class Zeo(support.Zeo):
    """Without ``server-sync``: a transaction begins without a round trip."""

    def storage(self, port):
        return ZEO_STORAGE.format(port=port)


@contextmanager
def running(kind, run):
    """Yield an engine of the class ``kind`` that serves, with its files in a new folder."""
    with tempfile.TemporaryDirectory(dir=run.directory) as path:
        # PostgreSQL runs as another user where this is root.
        for it in (path, run.directory):
            os.chmod(it, 0o711)
        engine = kind(path)
        try:
            engine.serve()
            yield engine
        finally:
            engine.remove()


class _OnEngine:
    """A store whose database is in an engine of the class ``kind``."""

    kind = None

    def __init__(self, run):
        self._stack = ExitStack()
        self.engine = self._stack.enter_context(running(self.kind, run))
        try:
            super().__init__(run)
        except BaseException:
            self._stack.close()
            raise

    @property
    def server(self):
        return self.engine.server

    def storage(self):
        return storageFromString(self.engine.storage(self.engine.port))

    def size(self):
        return None

    def close(self):
        super().close()
        self._stack.close()


def on_engine(factory, kind):
    """Return a store like ``factory``, in an engine."""
    return type(factory.__name__, (_OnEngine, factory), {"kind": kind})


def through(kind):
    """Return the case of an engine: it takes a ``Run``, and returns measures."""

    def case(run):
        keys = new_keys(SESSIONS)
        with ExitStack() as stack:
            memcached = Memcached()
            run = replace(run, memcached=stack.enter_context(memcached))
            peers = {}
            for factory in (
                on_engine(OurStore, kind),
                on_engine(RawStore, kind),
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
