"""What requests pay for sessions, through the managers that find them by cookies."""

from .measure import compare
from .measure import Stopwatch
from .sites import all_sites
from .sites import visitors
from collective.sessiondata import clock
from contextlib import contextmanager
from itertools import cycle
from statistics import median
from time import perf_counter
from unittest.mock import patch

import time
import transaction

VISITORS = 500
PAGES = 20
PAGES_PER_CHANGE = 4

# The seconds between two pages of a visit.
GROWTHS = {"growth": 30, "growth in no time": 0}


def reading(run):
    """A visitor with a session: read a key of it, twice in one request."""

    def batch(site):
        first, again = [], []
        for number in range(run.times(200)):
            with site.request(next(jars[site.name])) as context:
                before = perf_counter()
                site.read(context)
                between = perf_counter()
                site.read(context)
                again.append(perf_counter() - between)
                first.append(between - before)
        return {"first": median(first) * 1e6, "again": median(again) * 1e6}

    with all_sites(run) as sites:
        jars = {name: cycle(visitors(sites[name], VISITORS)) for name in sites}
        return compare(sites, batch, {"first": "µs", "again": "µs"}, run.rounds)


def only_looking(run):
    """A visitor without a session looks for a key of it, and the request commits."""

    def batch(site):
        size = site.size()
        stopwatch = Stopwatch()
        count = run.times(200)
        for number in range(count):
            with site.request({}) as context, stopwatch:
                site.look(context, "a")
                transaction.commit()
        figures = {"time": stopwatch.seconds / count * 1e6}
        if site.on_disk:
            figures["growth"] = (site.size() - size) / count
        return figures

    with all_sites(run) as sites:
        return compare(sites, batch, {"time": "µs", "growth": "bytes"}, run.rounds)


class LaterClock:
    """The time, as every peer reads it while this is in force, and an offset."""

    def __init__(self):
        self.offset = 0
        self._now = time.time

    def __call__(self):
        return self._now() + self.offset

    @contextmanager
    def in_force(self):
        with patch("time.time", self), patch.object(clock, "source", self):
            yield


def visit(site, between_pages):
    """Let one visitor look at his cart on each page, and add to it on some."""
    cookies, cart = {}, []
    for page in range(1, PAGES + 1):
        with site.request(cookies) as context:
            site.look(context, "cart")
            if page % PAGES_PER_CHANGE == 0:
                item = {"id": f"product-{page}", "title": "A thing", "price": "19.90"}
                cart = [*cart, item]
                site.put(context, "cart", cart)
        between_pages()


def shopping(run):
    """A visit of 20 pages that changes the cart 5 times, slowly and in no time."""
    later = LaterClock()

    def wait():
        later.offset += pause

    def batch(site):
        count = run.times(10)
        before = site.size()
        for number in range(count):
            visit(site, wait)
        return {quantity: (site.size() - before) / count}

    measures = []
    with all_sites(run) as sites, later.in_force():
        peers = {name: site for name, site in sites.items() if site.on_disk}
        for quantity, pause in GROWTHS.items():
            measures += compare(peers, batch, {quantity: "bytes"}, run.rounds // 3)
    return measures
