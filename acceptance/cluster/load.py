"""Browsers at work, each with a model of its session.

A change is acknowledged by an answer with status 200.  From then on each answer to that
browser must have its number, from either Zope.  A change without such an answer may be
stored or not.
"""

from acceptance.support.client import Client
from collections import Counter
from collective.sessiondata.settings.browserid import COOKIE_NAME
from itertools import cycle
from itertools import pairwise
from threading import Event
from threading import Lock
from threading import Thread
from time import monotonic

import json
import random
import secrets

BROWSERS = 32
LOGS = 4

# Seconds: from one request of a browser to the next, on average; until it gives up.
PAUSE = 0.2
PATIENCE = 45

# Seconds between further requests to each Zope, for a page without a session.
PROBE = 0.2


class Browser:
    """One browser, and its model of the data of its session."""

    def __init__(self, load, number):
        self.load = load
        self.name = secrets.token_hex(8)
        self.client = Client(timeout=PATIENCE)
        # Each begins with another one.
        zopes = load.zopes[number % 2 :] + load.zopes[: number % 2]
        self.zopes = cycle(zopes)
        self.number = 0
        # By log: the acknowledged numbers, in order, and all numbers that were sent.
        self.acknowledged = {str(log): [] for log in range(LOGS)}
        self.sent = {str(log): set() for log in range(LOGS)}
        # When the last change began that was acknowledged, by Zope.
        self.changed = {}
        self.lost = set()
        # Numbers that the server stored twice: it lost the connection to the database
        # during a commit, and retried.
        self.twice = set()
        self.wrong = []

    def play(self):
        while not self.load.over.wait(random.uniform(0, 2 * PAUSE)):
            zope = next(self.zopes)
            if not zope.in_rotation:
                self.client.disconnect(zope)
                continue
            choice = random.random()
            if choice < 0.45 or self.changed.get(zope, 0) < self.load.recovering_since:
                self.change(zope)
            elif choice < 0.75:
                self.look(zope)
            elif choice < 0.95:
                self.load.visit(zope, self.client)
            else:
                self.load.newcomer(zope)

    def change(self, zope):
        """Have a number added to one of the logs."""
        self.number += 1
        log = random.choice(list(self.acknowledged))
        self.sent[log].add(self.number)
        began = monotonic()
        answer = self.load.ask(
            zope,
            self.client,
            "@@cluster-change",
            browser=self.name,
            log=log,
            number=self.number,
        )
        if answer is not None:
            self.acknowledged[log].append(self.number)
            self.load.count("acknowledged")
            self.changed[zope] = began
            self.compare(answer)

    def look(self, zope):
        """Compare the present data; return True if there was an answer."""
        answer = self.load.ask(zope, self.client, "@@cluster-look")
        if answer is not None:
            self.compare(answer)
        return answer is not None

    def compare(self, answer):
        """Note differences between ``answer`` and the model."""
        if answer.get("browser") not in (None, self.name):
            self.wrong.append(f"{self.name} got the session of {answer['browser']}")
            return
        there = answer.get("logs", {})
        for log, acknowledged in self.acknowledged.items():
            numbers = there.get(log, [])
            self.lost.update(set(acknowledged) - set(numbers))
            self.twice.update(one for one, next in pairwise(numbers) if one == next)
            strangers = set(numbers) - self.sent[log]
            if strangers or numbers != sorted(numbers):
                self.wrong.append(f"{self.name} got {numbers} in log {log}")


class Load:
    """All browsers, further requests without a session, and the results."""

    def __init__(self, zopes):
        self.zopes = list(zopes)
        self.over = Event()
        self.counts = Counter()
        # The number of each error.
        self.errors = Counter()
        self.slowest_plain = 0.0
        # Whose last change was before that makes no other request first.
        self.recovering_since = 0
        self._lock = Lock()
        self.browsers = [Browser(self, number) for number in range(BROWSERS)]
        self.newcomers = []
        self._threads = [Thread(target=it.play) for it in self.browsers]
        self._threads += [Thread(target=self.probe, args=[zope]) for zope in zopes]

    def count(self, what):
        with self._lock:
            self.counts[what] += 1

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self):
        """End, after the present requests."""
        self.over.set()
        for thread in self._threads:
            thread.join()

    def ask(self, zope, client, page, **form):
        """Return the JSON of a page that uses the session, or None for an error."""
        self.count("requests")
        try:
            answer = client.fetch(zope, page, **form)
        except OSError as error:
            return self.failed(type(error).__name__)
        if answer.status != 200:
            return self.failed(f"{answer.status} {answer.text[:100]}")
        return json.loads(answer.text)

    def failed(self, why):
        self.count("errors")
        with self._lock:
            self.errors[why] += 1

    def visit(self, zope, client):
        """Get the page that does not use sessions."""
        self.count("requests")
        began = monotonic()
        try:
            answer = client.fetch(zope, "@@cluster-plain")
            status, text = answer.status, answer.text
        except TimeoutError:
            status, text = 504, "no answer in time"
        except OSError:
            # There is no Zope at the moment.
            return
        with self._lock:
            self.slowest_plain = max(self.slowest_plain, monotonic() - began)
        if status >= 500:
            self.count("plain errors")
            with self._lock:
                self.errors[f"without session: {status} {text[:100]}"] += 1

    def newcomer(self, zope):
        """Make one request with a new browser."""
        browser = Browser(self, 0)
        browser.change(zope)
        browser.client.close()
        if any(browser.acknowledged.values()):
            with self._lock:
                self.newcomers.append(browser)

    def probe(self, zope):
        """Get that page again and again."""
        client = Client(timeout=PATIENCE)
        while not self.over.wait(PROBE):
            if zope.in_rotation:
                self.visit(zope, client)
            else:
                client.disconnect(zope)
        client.close()

    def recovered_after(self, since, seconds):
        """Return how many seconds after ``since`` all could change their sessions.

        That is each browser through each Zope, in a request that began since then.
        None: not within that so many seconds.
        """
        self.recovering_since = since
        while monotonic() < since + seconds:
            if all(
                browser.changed.get(zope, 0) > since
                for browser in self.browsers
                for zope in self.zopes
            ):
                return monotonic() - since
            self.over.wait(0.05)
        return None

    def check(self):
        """Compare the data of all browsers, through both Zopes, at the end."""
        for browser in self.everybody():
            for zope in self.zopes:
                if not any(browser.look(zope) for _attempt in range(3)):
                    browser.lost.update(*browser.acknowledged.values())
            if COOKIE_NAME not in browser.client.cookies:
                browser.wrong.append(f"{browser.name} has no cookie")
            browser.client.close()

    @property
    def lost(self):
        return sum(len(browser.lost) for browser in self.everybody())

    @property
    def twice(self):
        return sum(len(browser.twice) for browser in self.everybody())

    @property
    def wrong(self):
        return [text for browser in self.everybody() for text in browser.wrong]

    def everybody(self):
        return self.browsers + self.newcomers
