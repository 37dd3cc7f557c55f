"""Promises that hold across two Zopes while nothing is wrong.

A function here keeps one; its docstring says which.  It raises ``AssertionError`` where
that does not hold.
"""

from .cluster import TIMEOUT
from .load import PATIENCE
from acceptance.support.client import Client
from collective.sessiondata.settings.browserid import COOKIE_NAME
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Callable

import json
import re
import time

CHECKS = []

# The most that a transaction of the sweeper may take on an engine beyond a network, in
# seconds.
LONGEST = 0.5


@dataclass
class Check:
    """A function that makes the check on a ``Cluster``, and its title."""

    make: Callable
    title: str


def check(function):
    """Register ``function``."""
    CHECKS.append(Check(function, function.__doc__.strip(".")))
    return function


def equal(found, expected):
    assert found == expected, f"{found!r} instead of {expected!r}"


def soon(is_true, what, seconds=45):
    """Return what ``is_true`` returns, once that is true."""
    deadline = time.monotonic() + seconds
    while not (found := is_true()):
        assert time.monotonic() < deadline, f"Not within {seconds} s: {what}"
        time.sleep(0.2)
    return found


class Visitor(Client):
    """A browser that chooses the Zope for each request."""

    def __init__(self, cookies=()):
        super().__init__(cookies, PATIENCE)

    def open(self, zope, page, **form):
        answer = self.fetch(zope, page, **form)
        assert (
            answer.status == 200
        ), f"{page} through {zope.name}: {answer.status} {answer.text[:200]}"
        return answer.text

    def set(self, zope, value):
        self.open(zope, "@@seed-set", value=value)

    def value(self, zope):
        """Return what was set, or None."""
        text = self.open(zope, "@@seed-get")
        return None if text.endswith(" None") else text.split("'")[3]

    def change(self, zope, log, number, wait=0):
        page = "@@cluster-change"
        form = {"browser": "any", "log": log, "number": number, "wait": wait}
        return json.loads(self.open(zope, page, **form))

    def logs(self, zope):
        return json.loads(self.open(zope, "@@cluster-look")).get("logs")


@check
def at_once(cluster):
    """A change through one Zope is read through the other in the next request."""
    for number in range(40):
        first, second = cluster.zopes[:: 1 if number % 2 else -1]
        visitor = Visitor()
        visitor.set(first, f"tea {number}")
        equal(visitor.value(second), f"tea {number}")
        visitor.set(second, f"coffee {number}")
        equal(visitor.value(first), f"coffee {number}")
        equal(len(visitor.cookies), 1)


def stolen(cluster):
    """Yield, for each Zope: it, the other one, a visitor, and a thief of the id."""
    for first, second in (cluster.zopes, cluster.zopes[::-1]):
        visitor = Visitor()
        visitor.set(first, "tea")
        thief = Visitor(visitor.cookies)
        equal(thief.value(second), "tea")
        yield first, second, visitor, thief
        equal([thief.value(zope) for zope in cluster.zopes], [None, None])


@check
def rotation(cluster):
    """After a rotation in one Zope, the other knows the new id only."""
    for first, second, visitor, thief in stolen(cluster):
        visitor.open(first, "@@rotate")
        equal(visitor.value(second), "tea")
        assert visitor.cookies != thief.cookies


@check
def logout(cluster):
    """A visitor who logged out in one Zope has no session in the other."""
    for first, second, visitor, _thief in stolen(cluster):
        equal(visitor.value(second), "tea")
        visitor.open(first, "@@end-all-here")
        assert COOKIE_NAME not in visitor.cookies


@check
def settings(cluster):
    """A setting that was changed in one Zope holds in the other."""
    first, second = cluster.zopes
    for timeout in (TIMEOUT + 60, TIMEOUT):
        cluster.ask(first, "@@cluster-set", timeout=timeout)
        equal(cluster.ask(second, "@@cluster-inside")["timeout"], timeout)


@check
def both_win(cluster):
    """Changes of different keys at the same time, through both Zopes, are both kept."""
    visitor = Visitor()
    visitor.change(cluster.zopes[0], "first", 0)
    attempts = []
    with ThreadPoolExecutor() as threads:
        for number in range(5):
            changes = [
                threads.submit(
                    Visitor(visitor.cookies).change, zope, zope.name, number, wait=0.3
                )
                for zope in cluster.zopes
            ]
            attempts += [change.result()["attempts"] for change in changes]
    for zope in cluster.zopes:
        equal(
            visitor.logs(zope),
            {"first": [0], "A": [0, 1, 2, 3, 4], "B": [0, 1, 2, 3, 4]},
        )
    # They are merged, not retried.
    equal(attempts, [1] * len(attempts))


@check
def later_one_tries_again(cluster):
    """Changes of the same key at the same time are both kept: one is tried again."""
    visitor = Visitor()
    visitor.change(cluster.zopes[0], "log", 0)
    with ThreadPoolExecutor() as threads:
        changes = [
            threads.submit(Visitor(visitor.cookies).change, zope, "log", number, 0.3)
            for number, zope in enumerate(cluster.zopes, 1)
        ]
        attempts = [change.result()["attempts"] for change in changes]
    equal(sorted(attempts), [1, 2])
    for zope in cluster.zopes:
        equal(sorted(visitor.logs(zope)["log"]), [0, 1, 2])


def expired(cluster, zope, count):
    """Add so many expired sessions."""
    for _ in range(0, count, 100):
        cluster.ask(zope, "@@cluster-fill", count=100, age=TIMEOUT + 60)


def log(zope):
    return (zope.home / "zope.log").read_text(errors="replace")


@check
def one_sweeps(cluster):
    """One of the Zopes sweeps, and the other does not as long as it does."""
    first, second = cluster.zopes
    holders = set()
    for zope in (first, second, first):
        before = cluster.ask(zope, "@@cluster-inside")
        expired(cluster, zope, 200)
        soon(
            lambda: cluster.ask(zope, "@@cluster-inside")["removed"]
            >= before["removed"] + 200,
            "200 expired sessions are removed",
        )
        holders.add(cluster.ask(zope, "@@cluster-inside")["lease"])
    (holder,) = holders
    sweeping = []
    for zope in cluster.zopes:
        swept = re.search(r"Removed \d+ expired sessions", log(zope))
        if cluster.ask(zope, "@@cluster-inside")["housekeeper"] == holder:
            sweeping.append(zope)
            assert swept, "The holder of the lease sweeps"
        else:
            assert not swept, "A Zope without the lease sweeps"
    equal(len(sweeping), 1)


@check
def small_transactions(cluster):
    """A sweep of thousands goes in small transactions."""
    zope = cluster.zopes[0]
    cluster.ask(zope, "@@cluster-set", timeout=10 * TIMEOUT)
    expired(cluster, zope, 2000)
    cluster.ask(zope, "@@cluster-set", timeout=TIMEOUT)
    swept = cluster.ask(zope, "@@cluster-sweep")
    assert swept["removed"] >= 1500, f"The other sweeper removed them: {swept}"
    assert swept["longest"] < LONGEST, f"The longest took {swept['longest']:.2f} s"
    return f"{swept['removed']} removed, the longest took {swept['longest']:.3f} s"


@check
def packing(cluster):
    """A database of sessions is packed when it is time to, and they are all there."""
    zope = cluster.zopes[0]
    visitors = [Visitor() for _ in range(10)]
    for number, visitor in enumerate(visitors):
        visitor.set(zope, f"tea {number}")
    cluster.ask(zope, "@@cluster-sweep")
    before = cluster.engine.records()
    began = time.time()
    cluster.ask(zope, "@@cluster-set", pack_interval=3600)
    try:
        soon(
            lambda: (cluster.ask(zope, "@@cluster-inside")["packed"] or 0) > began - 1,
            "the database is packed",
        )
        soon(lambda: packed_in_log(cluster), "that it was packed is in a log")
    finally:
        cluster.ask(zope, "@@cluster-set", pack_interval=0)
    for number, visitor in enumerate(visitors):
        equal([visitor.value(zope) for zope in cluster.zopes], [f"tea {number}"] * 2)
    after = cluster.engine.records()
    if before is not None:
        assert after < before - 1000, f"{before} records before, {after} after"
        return f"{before} records before, {after} after"


def packed_in_log(cluster):
    text = "Packed the database sessions for sessions"
    return any(text in log(zope) for zope in cluster.zopes)


@check
def short_transactions(cluster):
    """While nothing happens, and while it is swept, no transaction stays open for long."""
    if not hasattr(cluster.engine, "oldest_transaction"):
        return "not asked: this engine has no transactions that others wait for"
    zope = cluster.zopes[0]
    expired(cluster, zope, 1000)
    ages = []
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline:
        ages.append(cluster.engine.oldest_transaction())
        time.sleep(0.02)
    assert max(ages) < LONGEST, f"One was open for {max(ages):.2f} s"
    return f"looked {len(ages)} times, the oldest had {max(ages):.3f} s"
