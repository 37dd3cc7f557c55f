"""One visitor at a time, without HTTP: reading, creating and changing sessions."""

from .measure import compare
from .measure import Stopwatch
from .stores import filled_stores
from .stores import McdutilsStore
from .stores import new_key
from .stores import new_keys
from contextlib import contextmanager
from contextlib import ExitStack
from itertools import cycle

import random

SESSIONS = 5_000
SESSIONS_TO_READ = 20_000


@contextmanager
def prepared(run, keys):
    """Yield the store of each peer, opened, with a session for each of ``keys``."""
    with (
        filled_stores(run, keys, (McdutilsStore,)) as stores,
        ExitStack() as stack,
    ):
        yield {name: stack.enter_context(stores[name].open()) for name in stores}


def reading(run):
    """Read one key of sessions that are in the cache."""

    def batch(opened):
        # In random order, as visitors come.
        some = random.sample(keys, len(keys) // 2)
        read, sessions = opened.store.read, opened.sessions
        stopwatch = Stopwatch()
        opened.begin()
        with stopwatch:
            read(sessions, some)
        opened.commit()
        return {"time": stopwatch.seconds / len(some) * 1e6}

    keys = new_keys(SESSIONS_TO_READ)
    with prepared(run, keys) as peers:
        return compare(peers, batch, {"time": "µs"}, run.rounds)


def creating(run):
    """Create sessions among others, and commit each."""

    def batch(opened):
        create, sessions = opened.store.create, opened.sessions
        keys = new_keys(run.times(200))
        before = opened.store.size()
        stopwatch = Stopwatch()
        with stopwatch:
            for key in keys:
                opened.begin()
                create(sessions, key)
                opened.commit()
        figures = {"time": stopwatch.seconds / len(keys) * 1e6}
        if before is not None:
            figures["growth"] = (opened.store.size() - before) / len(keys)
        return figures

    with prepared(run, new_keys(SESSIONS)) as peers:
        return compare(peers, batch, {"time": "µs", "growth": "bytes"}, run.rounds)


def changing(run):
    """Set one key of sessions that exist, and commit each."""

    def batch(opened):
        write, sessions = opened.store.write, opened.sessions
        changes = [(next(next_keys), new_key()) for number in range(run.times(200))]
        stopwatch = Stopwatch()
        with stopwatch:
            for key, value in changes:
                opened.begin()
                write(sessions, key, "a", value)
                opened.commit()
        return {"time": stopwatch.seconds / len(changes) * 1e6}

    keys = new_keys(SESSIONS)
    next_keys = cycle(keys)
    with prepared(run, keys) as peers:
        return compare(peers, batch, {"time": "µs"}, run.rounds)
