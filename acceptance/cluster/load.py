"""Browsers at work, and what each of them knows must be there.

A change is acknowledged when its answer is there, with status 200.  From then on its
number must be in every answer to that browser, from whichever Zope.  What got no such
answer may have been kept or not.
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

# Each Zope is asked for a page without a session that often, besides.
PROBE = 0.2


class Browser:
    """One browser, and its model of what its session holds."""

    def __init__(self, load, number):
        self.load = load
        self.name = secrets.token_hex(8)
        self.client = Client(timeout=PATIENCE)
        # Each begins with another one.
        zopes = load.zopes[number % 2 :] + load.zopes[: number % 2]
        self.zopes = cycle(zopes)
        self.number = 0
        # By log: what was acknowledged, in order; and all that was ever sent.
        self.acknowledged = {str(log): [] for log in range(LOGS)}
        self.sent = {str(log): set() for log in range(LOGS)}
        # When the last change began that was acknowledged, by Zope.
        self.changed = {}
        self.lost = set()
        # What the server has done twice: it lost the connection to the database while
        # that was committing, and tried again.
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
        """Compare what is there; return True if there was an answer."""
        answer = self.load.ask(zope, self.client, "@@cluster-look")
        if answer is not None:
            self.compare(answer)
        return answer is not None

    def compare(self, answer):
        """Note what of ``answer`` is not as it must be."""
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
    """All browsers; requests without a session besides them; and what came of it."""

    def __init__(self, zopes):
        self.zopes = list(zopes)
        self.over = Event()
        self.counts = Counter()
        # What was answered with an error, and how often.
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
        """Return what a page with a session tells, or None for an error."""
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
        """Ask for the page that has nothing to do with sessions."""
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
        """Let a browser come for the first time, and go."""
        browser = Browser(self, 0)
        browser.change(zope)
        browser.client.close()
        if any(browser.acknowledged.values()):
            with self._lock:
                self.newcomers.append(browser)

    def probe(self, zope):
        """Ask for that page again and again."""
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
        """Compare, in all browsers and through both Zopes, what is there in the end."""
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
