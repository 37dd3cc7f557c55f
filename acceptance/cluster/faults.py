"""Faults: each is played while browsers are at work, and undone.

A function here does both; it returns at the moment from which all should be as before
without anybody's help.
"""

from .cluster import TIMEOUT
from .upgrade import newer_package
from .upgrade import UPGRADE
from .upgrade import VERSION
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Callable

import signal
import time

FAULTS = []

# Seconds that a fault lasts, if it has no length of its own.
WHILE = 6

# Of one that is too long for anybody to wait for its end.
LONG = 20

HOUR = 3600


@dataclass
class Fault:
    """How it is played on a ``Cluster``, and what it is called."""

    play: Callable
    title: str

    # Told apart by those who want one alone.
    name: str

    # On which engines it is played.
    engines: tuple


# SQLite is a library: there is no server that a fault could meet.
SERVERS = ("ZEO", "PostgreSQL")


def fault(function, engines=SERVERS):
    """Register ``function``, whose docstring is the title."""
    name = function.__name__.replace("_", "-")
    FAULTS.append(Fault(function, function.__doc__.strip("."), name, engines))
    return function


@fault
def kill_zope(cluster):
    """SIGKILL of a Zope."""
    zope = cluster.zopes[0]
    zope.kill()
    time.sleep(WHILE)
    zope.start()


@fault
def kill_database(cluster):
    """SIGKILL of the database server, 20 s."""
    server = cluster.engine.server
    server.kill()
    time.sleep(LONG)
    server.start()


@fault
def stall_database(cluster):
    """SIGSTOP of the database server, 20 s."""
    server = cluster.engine.server
    server.signal(signal.SIGSTOP)
    try:
        time.sleep(LONG)
    finally:
        server.signal(signal.SIGCONT)


@fault
def cut_silent(cluster):
    """Network cut of a Zope: silence."""
    network = cluster.zopes[0].network
    network.tell("hold")
    time.sleep(WHILE)
    network.tell("heal")


@fault
def cut_refused(cluster):
    """Network cut of both Zopes: refused."""
    for zope in cluster.zopes:
        zope.network.tell("refuse")
    time.sleep(WHILE)
    for zope in cluster.zopes:
        zope.network.tell("heal")


# A ZEO server waits for ever for a client that was about to commit.
@partial(fault, engines=("PostgreSQL",))
def cut_forgotten(cluster):
    """Network cut of a Zope: forgotten."""
    network = cluster.zopes[0].network
    network.tell("hold")
    time.sleep(WHILE)
    network.tell("forget")


@fault
def disk_full(cluster):
    """Disk full."""
    cluster.disk.fill()
    try:
        time.sleep(WHILE)
    finally:
        cluster.disk.free()


@contextmanager
def clocks(cluster, *hours):
    """Have the clocks of the Zopes so many hours ahead of the real one."""

    def turn(hours):
        for zope, ahead in zip(cluster.zopes, hours):
            cluster.ask_until_told(zope, "@@cluster-clock", ahead=ahead * HOUR)

    try:
        turn(hours)
        yield
    finally:
        turn([0, 0])


@fault
def clock_ahead(cluster):
    """Clocks an hour ahead, and back."""
    with clocks(cluster, 1, 0):
        time.sleep(WHILE)
    with clocks(cluster, 1, 1):
        time.sleep(WHILE)


@fault
def clock_behind(cluster):
    """Clocks an hour behind, and back."""
    with clocks(cluster, 0, -1):
        time.sleep(WHILE)
    with clocks(cluster, -1, -1):
        time.sleep(WHILE)


@fault
def rolling_restart(cluster):
    """Rolling restart of both Zopes."""
    for zope in cluster.zopes:
        cluster.stop(zope)
        cluster.resume(zope)


@fault
def upgrade(cluster):
    """Upgrade of the package."""
    path = newer_package(cluster.home / "newer")
    for zope in cluster.zopes:
        cluster.stop(zope)
        zope.path = path
        if zope is cluster.zopes[0]:
            # While the other one serves with the code of before.
            zope.run(UPGRADE)
        cluster.resume(zope)
    for inside in cluster.inside():
        if (inside["version"], inside["timeout"]) != (VERSION, TIMEOUT):
            raise AssertionError(f"It was not upgraded: {inside}")
