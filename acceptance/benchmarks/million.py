"""A million sessions: found as fast as a thousand, and swept beside visitors."""

from .measure import compare
from .measure import Measure
from .measure import OURS
from .stores import CACHE_SIZE
from .stores import new_keys
from collective.sessiondata import clock
from collective.sessiondata.container import TransientObjectContainer
from collective.sessiondata.operations.housekeeper import REST
from collective.sessiondata.storage.sweeper import sweep
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from hashlib import blake2b
from statistics import median
from threading import Event
from threading import Thread
from time import perf_counter
from time import sleep
from transaction import TransactionManager
from unittest.mock import patch
from ZODB.DB import DB
from ZODB.FileStorage import FileStorage

import gc
import multiprocessing
import os
import random

MILLION = 1_000_000
THOUSAND = 1_000

A_THOUSAND = "a thousand sessions"
NO_SWEEP = "without a sweep"

# With the key and what is around it, about a kilobyte each.
TEXT = 1_000

# As many are made in one transaction.
AT_ONCE = 20_000

# Seconds since a session was created, and since it was used: two of twenty have
# expired, and one has been in use for so long that the sweep has to look at it.
AGES = [(7200, 5400)] * 2 + [(7200, 600)] + [(1800, 600)] * 17

# As Plone's own default.
SITE_CACHE_SIZE = 30_000

VISITORS = 4
PAGES_PER_CHANGE = 5
# Seconds between two pages of a visitor, and before the sweep begins.
THINKING = 0.1
BEFORE = 10

# What a page does besides, in place of Plone: so many steps of a loop, some 2 ms.
PAGE_STEPS = 200_000


@contextmanager
def opened(path, cache_size):
    """Yield a connection to the database, its transactions and the database."""
    db = DB(FileStorage(path), pool_size=VISITORS + 2, cache_size=cache_size)
    try:
        yield db
    finally:
        db.close()


@contextmanager
def container_of(db):
    """Yield the container, and the transactions of a connection of its own."""
    transactions = TransactionManager()
    connection = db.open(transactions)
    try:
        yield connection.root()["sessions"], transactions
    finally:
        transactions.abort()
        connection.close()


def fill(path, count, ages=((0, 0),)):
    """Make a database with ``count`` sessions, and return their keys.

    ``ages`` are taken in turn.
    """
    # In the order of their shards: so each of those is written but once.
    keys = sorted(
        new_keys(count),
        key=lambda key: blake2b(key.encode(), digest_size=16).digest()[:2],
    )
    start = time = clock.now()
    with (
        opened(path, cache_size=5_000) as db,
        patch.object(clock, "source", lambda: time),
    ):
        with db.transaction() as connection:
            connection.root()["sessions"] = TransientObjectContainer(limit=0)
        with container_of(db) as (container, transactions):
            for number, key in enumerate(keys):
                created, used = ages[number % len(ages)]
                time = start - created
                session = container.new(key)
                session.update({"a": "a short string", "text": f"{number:0{TEXT}}"})
                time = start - used
                session.setLastAccessed()
                if number % AT_ONCE == 0:
                    transactions.commit()
                    container._p_jar.cacheMinimize()
            transactions.commit()
    # What the system has still to write must not be in anybody's way.
    os.sync()
    return keys


def fill_apart(*arguments):
    """Do ``fill`` in another process: the memory that it takes stays there."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(fill, *arguments).result()


def looking_up(run):
    """Find sessions that are in the cache, among a million and among a thousand."""
    count = run.times(MILLION)

    def batch(peer):
        container, transactions, keys = peer
        before = perf_counter()
        for _ in range(20):
            for key in keys:
                container.get(key)["a"]
        return {"time": (perf_counter() - before) / len(keys) / 20 * 1e6}

    path = os.path.join(run.directory, "million.fs")
    small_path = os.path.join(run.directory, "thousand.fs")
    keys = random.sample(fill_apart(path, count), THOUSAND)
    small_keys = fill(small_path, THOUSAND)
    random.shuffle(small_keys)
    with (
        opened(path, CACHE_SIZE) as db,
        opened(small_path, CACHE_SIZE) as small_db,
        container_of(db) as (container, transactions),
        container_of(small_db) as (small_container, small_transactions),
    ):
        peers = {
            OURS: (container, transactions, keys),
            A_THOUSAND: (small_container, small_transactions, small_keys),
        }
        return compare(peers, batch, {"time": "µs"}, run.rounds)


class Visitor(Thread):
    """Somebody who goes from page to page, each of which looks at the session."""

    def __init__(self, db, key):
        super().__init__()
        self.db = db
        self.key = key
        self.leaves = Event()
        # When each page was asked for, and how long it took, in seconds.
        self.pages = []

    def run(self):
        page = 0
        with container_of(self.db) as (container, transactions):
            while not self.leaves.wait(THINKING):
                began = perf_counter()
                transactions.begin()
                session = container.get(self.key)
                page += 1
                if page % PAGES_PER_CHANGE == 0:
                    session["a"] = f"page {page}"
                else:
                    session["a"]
                for _ in range(PAGE_STEPS):
                    pass
                transactions.commit()
                self.pages.append((began, perf_counter() - began))


@contextmanager
def frozen():
    """Keep the garbage collector from looking through what is in memory by now.

    The index of a million records is, and one look through it takes as long as many
    transactions.  Any thread of a process may set that off, whatever it does.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def memory():
    """Return how much memory this process has, in MiB."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def sweeping(run):
    """Sweep a million sessions, with the rests that visitors are given."""
    path = os.path.join(run.directory, "million.fs")
    keys = fill_apart(path, run.times(MILLION), AGES)
    most = 0

    def go_on(seconds):
        nonlocal most
        most = max(most, memory())
        sleep(REST * seconds)
        return True

    with opened(path, SITE_CACHE_SIZE) as db, frozen():
        # Young ones, that stay.
        visitors = [Visitor(db, key) for key in keys[10 : 20 * VISITORS : 20]]
        for visitor in visitors:
            visitor.start()
        sleep(BEFORE)
        begins, before = perf_counter(), memory()
        with container_of(db) as (container, transactions):
            swept = sweep(container.store, container.notifier(), go_on)
        ends = perf_counter()
        for visitor in visitors:
            visitor.leaves.set()
            visitor.join()
    pages = [page for visitor in visitors for page in visitor.pages]
    meanwhile = [taken for began, taken in pages if begins <= began < ends]
    otherwise = [taken for began, taken in pages if began < begins]
    return [
        Measure("rate", "sessions/s", {OURS: [swept.visited / swept.seconds]}),
        Measure("removed", "sessions", {OURS: [swept.removed]}),
        Measure("longest transaction", "ms", {OURS: [swept.longest * 1000]}),
        Measure("more memory", "MiB", {OURS: [most - before]}),
        Measure(
            "a visitor's page",
            "ms",
            {OURS: [median(meanwhile) * 1000], NO_SWEEP: [median(otherwise) * 1000]},
        ),
    ]
