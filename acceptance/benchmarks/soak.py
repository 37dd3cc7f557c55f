"""Minutes of many browsers at once, each compared with what it must see: ``make soak``.

Threads play the tabs of browsers: they read, write, change in place, log out, get new
ids and come back too late, while the clock runs fast and sweepers are at work.  What a
tab has been told is saved must be there at its next request, and nothing else.
"""

from acceptance.support import DATABASES
from argparse import ArgumentParser
from collections import Counter
from collective.sessiondata import clock
from collective.sessiondata.container import TransientObjectContainer
from collective.sessiondata.interfaces import ISessionExpired
from collective.sessiondata.storage.sweeper import sweep
from contextlib import contextmanager
from pathlib import Path
from persistent.mapping import PersistentMapping
from threading import Condition
from threading import Event
from threading import Lock
from threading import Thread
from time import monotonic
from transaction import TransactionManager
from ZODB.DB import DB
from ZODB.FileStorage import FileStorage
from ZODB.POSException import ConflictError

import random
import secrets
import sys
import tempfile
import traceback
import zope.event

THREADS = 8
SWEEPERS = 2
BROWSERS = 200
TABS = 4
KEYS = 5

# The clock goes on by so many seconds at most, so often in a second.
JUMP = 1800
JUMPS = 4


class Shared:
    """A lock that many hold together, or one alone."""

    def __init__(self):
        self._changed = Condition()
        # How many hold it together; -1: one holds it alone, and how many want to.
        self._holders = 0
        self._waiting = 0

    @contextmanager
    def together(self):
        with self._changed:
            self._changed.wait_for(lambda: self._holders >= 0 and not self._waiting)
            self._holders += 1
        try:
            yield
        finally:
            with self._changed:
                self._holders -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self):
        with self._changed:
            self._waiting += 1
            self._changed.wait_for(lambda: self._holders == 0)
            self._waiting -= 1
            self._holders = -1
        try:
            yield
        finally:
            with self._changed:
                self._holders = 0
                self._changed.notify_all()


class FastClock:
    """A clock that stands still during each request, and goes on between them."""

    def __init__(self):
        self.time = clock.now()
        self.standing = Shared()

    def __call__(self):
        return self.time

    def jump(self):
        with self.standing.alone():
            self.time += random.uniform(1, JUMP)


class Tab:
    """One tab, which has keys of its own in the session of its browser."""

    def __init__(self, number):
        self.keys = [f"{number}.{key}" for key in range(KEYS)]
        self.lock = Lock()
        # What its keys hold, as far as it was told.
        self.data = {}

    def changed(self, session):
        """Change some keys of ``session``; return what the tab expects from then on."""
        expected = {key: plain(session[key]) for key in self.keys if key in session}
        for _ in range(random.randint(0, 3)):
            key = random.choice(self.keys)
            value = session.get(key)
            choice = random.randrange(6)
            if choice == 0:
                session.pop(key, None)
                expected.pop(key, None)
                continue
            if choice == 1 or value is None:
                value = random.choice(
                    [
                        random.randrange(1000),
                        secrets.token_urlsafe(random.randrange(200)),
                        [1],
                        {"items": []},
                        PersistentMapping(count=0),
                    ]
                )
                session[key] = value
            elif isinstance(value, list):
                value.append(len(value))
            elif isinstance(value, dict):
                value["items"].append(random.random())
            elif isinstance(value, PersistentMapping):
                value["count"] += 1
            expected[key] = plain(value)
        return expected


def plain(value):
    """Return a copy of ``value`` that lives on its own."""
    if isinstance(value, PersistentMapping):
        return ("persistent", dict(value))
    if isinstance(value, list):
        return list(value)
    if isinstance(value, dict):
        return {key: list(items) for key, items in value.items()}
    return value


class Browser:
    """A browser: the key of its session, and what is known of it."""

    def __init__(self):
        self.tabs = [Tab(number) for number in range(TABS)]
        # Alone: for what concerns the session as a whole.
        self.session = Shared()
        self.key = None
        self.created = self.used = 0


class Soak:
    """The container, the browsers, and what happened."""

    def __init__(self, path):
        self.db = DB(FileStorage(path), pool_size=THREADS + SWEEPERS + 2)
        self.clock = FastClock()
        clock.source = self.clock
        with self.db.transaction() as connection:
            connection.root()["sessions"] = container = TransientObjectContainer()
            self.timeout, self.lifetime = container.timeout, container.lifetime
        self.browsers = [Browser() for _ in range(BROWSERS)]
        self.over = Event()
        self.counts = Counter()
        self.differences = []
        # Which were told of: of a transaction that is tried again, once more.
        self.expired = set()
        zope.event.subscribers.append(self.note_expired)

    def note_expired(self, event):
        if ISessionExpired.providedBy(event):
            event.object.items()
            self.expired.add(event.object.getId())

    def run(self, seconds):
        """Play for so many seconds; return True if there were no differences."""
        threads = [Thread(target=self.play) for _ in range(THREADS)]
        threads += [Thread(target=self.sweep) for _ in range(SWEEPERS)]
        for thread in threads:
            thread.start()
        end = monotonic() + seconds
        told = monotonic()
        while monotonic() < end and not self.differences:
            self.over.wait(1 / JUMPS)
            self.clock.jump()
            if monotonic() - told >= 30:
                told = monotonic()
                print(f"{round(end - told)} s to go:", dict(self.counts), flush=True)
        self.over.set()
        for thread in threads:
            thread.join()
        self.check_counts()
        self.db.close()
        return not self.differences

    @contextmanager
    def connected(self):
        transactions = TransactionManager()
        connection = self.db.open(transactions)
        try:
            yield connection.root()["sessions"], transactions
        finally:
            transactions.abort()
            connection.close()

    def failing_loudly(self, work):
        try:
            with self.connected() as (container, transactions):
                while not self.over.is_set():
                    work(container, transactions)
        except Exception:
            self.differences.append(traceback.format_exc())

    def sweep(self):
        def once(container, transactions):
            swept = sweep(
                container.store,
                container.notifier(),
                lambda seconds: not self.over.is_set(),
            )
            self.counts["swept"] += swept.removed
            self.over.wait(random.random())

        self.failing_loudly(once)

    def play(self):
        self.failing_loudly(self.request)

    def request(self, container, transactions):
        """Play one request of some tab."""
        # Some come often, others so seldom that their time runs out.
        browser = self.browsers[int(BROWSERS * random.random() ** 4)]
        tab = random.choice(browser.tabs)
        self.counts["requests"] += 1
        with self.clock.standing.together():
            if random.random() < 0.01:
                with browser.session.alone():
                    self.whole_session(browser, container, transactions)
                return
            with browser.session.together(), tab.lock:
                if self.tab_request(browser, tab, container, transactions):
                    return
            with browser.session.alone():
                self.begin_session(browser, container, transactions)

    def until_committed(self, transactions, work):
        """Return ``work()`` once it is committed: as the publisher does."""
        while True:
            transactions.begin()
            try:
                result = work()
                transactions.commit()
                return result
            except ConflictError:
                self.counts["conflicts"] += 1
                transactions.abort()

    def tab_request(self, browser, tab, container, transactions):
        """Compare and change what a tab has; return False if there is no session."""

        def work():
            session = None if browser.key is None else container.get(browser.key)
            self.compare_presence(browser, session)
            if session is None:
                return None
            found = {key: plain(session[key]) for key in tab.keys if key in session}
            if found != tab.data:
                self.differences.append(f"{found} instead of {tab.data}")
            return tab.changed(session)

        data = self.until_committed(transactions, work)
        if data is None:
            return False
        tab.data = data
        browser.used = self.clock.time
        return True

    def compare_presence(self, browser, session):
        """Is a session there, and not there, as its times say?"""
        idle = self.clock.time - browser.used
        age = self.clock.time - browser.created
        # How exact the access time and the time of creation are.
        surely_live = idle < self.timeout * 19 / 20 - 1 and age < self.lifetime - 1
        surely_over = idle > self.timeout + 1 or age > self.lifetime + 1
        if browser.key is None:
            surely_live, surely_over = False, True
        if session is None and surely_live:
            self.differences.append(f"gone after {idle} s of {age} s")
        if session is not None and surely_over:
            self.differences.append(f"there after {idle} s of {age} s")

    def begin_session(self, browser, container, transactions):
        """Begin anew, unless another tab has already."""

        def work():
            if browser.key is not None and container.get(browser.key) is not None:
                return None
            key = secrets.token_urlsafe(24)
            container.new(key)
            return key

        key = self.until_committed(transactions, work)
        if key is not None:
            self.counts["created"] += 1
            browser.key = key
            browser.created = browser.used = self.clock.time
            for tab in browser.tabs:
                tab.data = {}

    def whole_session(self, browser, container, transactions):
        """Log out, or get a new id."""
        new_key = random.choice([None, secrets.token_urlsafe(24)])

        def work():
            session = None if browser.key is None else container.get(browser.key)
            self.compare_presence(browser, session)
            if session is None:
                return False
            if new_key is None:
                session.invalidate()
            else:
                container.rotate(session, new_key)
            return True

        old_key = browser.key
        if self.until_committed(transactions, work):
            self.counts["logged out" if new_key is None else "rotated"] += 1
            browser.key = new_key
            browser.used = self.clock.time
            transactions.begin()
            if container.get(old_key) is not None:
                self.differences.append("an old id still opens a session")

    def check_counts(self):
        """Do the numbers of sessions agree?"""
        with self.connected() as (container, transactions):
            there = sum(
                len(leaf.sessions) for leaf, _ in container.store.sessions.leaves()
            )
            ended = self.counts["logged out"] + self.counts["swept"]
            for name, one, other in (
                ("present", len(container), there),
                ("created", container.store.count_created(), self.counts["created"]),
                ("ended", self.counts["created"] - there, ended),
            ):
                if one != other:
                    self.differences.append(f"{name}: {one}, {other}")
            if len(self.expired) < self.counts["swept"]:
                # Some may be told of that came back just then.
                self.differences.append(f"{len(self.expired)} told of")


def main(argv=None):
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args(argv)
    random.seed(options.seed)
    DATABASES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=DATABASES) as directory:
        soak = Soak(str(Path(directory) / "Data.fs"))
        good = soak.run(options.seconds)
    print(dict(soak.counts))
    for difference in soak.differences[:5]:
        print(difference)
    print(f"{len(soak.differences)} differences")
    return not good


if __name__ == "__main__":
    sys.exit(main())
