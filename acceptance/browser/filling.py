"""A busy site: thousands of sessions, and a day behind them.

All is at times around ``NOW``, a moment at which the tests stop the clock: so pages,
and their screenshots, are the same on all days.
"""

from collective.sessiondata import clock
from collective.sessiondata.demo.data import CheckoutData
from collective.sessiondata.demo.data import SLOT
from collective.sessiondata.storage.history import STEP
from math import cos
from math import pi
from Products.CMFCore.utils import getToolByName
from random import Random
from unicodedata import normalize
from unittest import mock

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# 2026-09-16, 14:00 UTC.
NOW = 1_789_567_200

COUNT = 5000
TIMEOUT = 4 * HOUR


def _user_id(name):
    """Return ``name`` without accents, as a user might have chosen."""
    plain = normalize("NFD", name).encode("ascii", "ignore").decode()
    return plain.lower().replace(" ", ".")


# Names by id of those with an account; each has as many sessions.
FIRST_NAMES = ("Anna", "Bert", "Clara", "David", "Élise", "Frank", "Greta", "Hugo")
LAST_NAMES = ("Adler", "Brandt", "Çelik", "Dvořák", "Evans", "Fischer", "Gómez", "Holm")
NAMES = [f"{first} {last}" for first in FIRST_NAMES for last in LAST_NAMES]
USERS = {_user_id(name): name for name in NAMES}
SESSIONS_OF_EACH = 5
LOGGED_IN = SESSIONS_OF_EACH * len(USERS)

BROWSERS = (
    "Firefox, Linux",
    "Firefox, Windows",
    "Chrome, Windows",
    "Chrome, Android",
    "Safari, iPhone",
    "Safari, macOS",
    "Edge, Windows",
)


def fill(site, password):
    """Add users and sessions to ``site``, and let it have a history."""
    add_users(site, password)
    container = site.session_data_manager.container()
    container.setTimeoutMinutes(TIMEOUT // MINUTE)
    add_sessions(container, Random(1))
    container.store.lease.swept = NOW - MINUTE
    container.store.lease.history.samples = samples(container)


def clock_at(time):
    return mock.patch.object(clock, "source", lambda: time)


def add_users(site, password):
    members = getToolByName(site, "portal_membership")
    for user_id, name in USERS.items():
        members.addMember(user_id, password, ["Member"], [])
        properties = {"fullname": name, "email": f"{user_id}@example.org"}
        members.getMemberById(user_id).setMemberProperties(properties)


def add_sessions(container, random):
    """Put ``COUNT`` live sessions into ``container``, as visitors might have."""
    owners = list(USERS) * SESSIONS_OF_EACH + [None] * (COUNT - LOGGED_IN)
    random.shuffle(owners)
    for number, user_id in enumerate(owners):
        # Robots, and many others, look at one page.
        stay = random.expovariate(1 / (9 * MINUTE)) if random.random() > 0.2 else 0
        # Those who log in are more often there.
        longest = TIMEOUT - 5 * MINUTE if user_id is None else HOUR
        idle = random.triangular(0, longest, 0)
        with clock_at(NOW - idle - stay):
            session = container.new(f"key {number}")
            session.update(data(random))
        with clock_at(NOW - idle):
            session.setLastAccessed()
        if user_id is not None:
            container.bind(session, user_id, random.choice(BROWSERS))


def data(random):
    """Return what a visitor may have in the session."""
    kept = {"shop.seen": [f"item-{random.randrange(999)}" for _ in range(9)]}
    if random.random() < 0.3:
        kept[SLOT] = CheckoutData()
        kept[SLOT].tea = 2
    if random.random() < 0.1:
        kept["shop.search"] = "green tea " * random.randrange(200)
    return kept


def samples(container):
    """Return what an ``upkeep.History`` knows: most at noon, fewest in the night."""
    with clock_at(NOW):
        begun = sorted(session.getCreated() for session in container.values())
    found = []
    for ago in range(DAY, 0, -STEP):
        part = 0.53 + 0.42 * cos(2 * pi * ago / DAY) + 0.05 * cos(1.3 * ago / HOUR)
        created = sum(time <= NOW - ago for time in begun)
        found.append((NOW - ago, created, round(COUNT * part)))
    return tuple(found)
