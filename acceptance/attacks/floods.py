"""Floods: too many sessions, ids, bytes or odd requests."""

from .attack import attack
from .attack import succeed_if
from .attack import succeed_with
from collections import Counter
from collective.sessiondata.settings.browserid import COOKIE_NAME
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import random
import re
import secrets
import socket
import time

THREADS = 4
FLOOD = 500
ODD = 5_000
LIMIT = 100

# How many entries the log may grow by in a flood: Zope itself shows a few errors, with
# their tracebacks, until it is silent for a minute.
ENTRIES = 10

# How much memory a flood may take, in bytes.
MEMORY = 100 * 2**20

# How long who comes back has been here before, in seconds.
A_WHILE = 61

FEW_ALLOWED = f"""
container = app.Plone.session_data_manager.container()
for session in container.values():
    if session.get("my_option") != {{"value": "regular"}}:
        session.invalidate()
container.limit = {LIMIT}
"""

TRICKS = (
    b"",
    b"=",
    b";",
    b"; ; ;",
    b"%s=" % COOKIE_NAME.encode(),
    b"%s" % COOKIE_NAME.encode(),
    b"%s==" % COOKIE_NAME.encode(),
    b'%s="' % COOKIE_NAME.encode(),
    b'%s="\\"' % COOKIE_NAME.encode(),
    b"%s=%%00%%ff%%" % COOKIE_NAME.encode(),
    b"%s:int=1" % COOKIE_NAME.encode(),
    b"%s:list=a; %s:list=b" % ((COOKIE_NAME.encode(),) * 2),
    b"%s.x:record=1" % COOKIE_NAME.encode(),
    b"%s=\xff\xfe\x80" % COOKIE_NAME.encode(),
    b"%s=\xc3\xa4\xe2\x82\xac" % COOKIE_NAME.encode(),
    b"$Version=1; %s=x; $Path=/" % COOKIE_NAME.encode(),
    b"%s=a,b,c" % COOKIE_NAME.encode(),
    b"%s=\ta\t" % COOKIE_NAME.encode(),
    b"SESSION=x; REQUEST=y; _collective_sessiondata=z",
    b"%s=${jndi:x}" % COOKIE_NAME.encode(),
    b"%s=' OR 1=1 --" % COOKIE_NAME.encode(),
    b"%s=" % COOKIE_NAME.encode() + b"A" * 32 + b"\x01",
    b"a=b; " * 500 + b"%s=x" % COOKIE_NAME.encode(),
)

PASSED_ON = bytes({*range(0x20, 0x7F), *range(0x80, 0x100)})

SEGMENTS = (
    COOKIE_NAME,
    "session_data_manager",
    "browser_id_manager",
    "SESSION",
    "REQUEST",
    "@@checkout",
    "container",
    "++resource++",
    "%00",
    "..;",
    "%2e%2e",
    "%2f",
    "A" * 32,
    "VirtualHostBase",
    "_vh_x",
    "*",
    "@@",
    "@@@@",
    "++",
    "%E2%82%AC",
)


def in_threads(site, work, total):
    """Let four browsers do ``work(browser, number)`` for all numbers; count results."""

    def run(numbers):
        browser = site.browser()
        return [work(browser, number) for number in numbers]

    shares = [range(first, total, THREADS) for first in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(it for share in pool.map(run, shares) for it in share)


def new_session(browser, number):
    """Make a session as one who takes no cookies; return the status."""
    browser.cookies.clear()
    # As a program: it gets short error pages, where there are some.
    return browser.ask(f"@@seed-set?value=flood{number}", Accept="text/plain").status


def in_words(statuses):
    return ", ".join(f"{count} times {status}" for status, count in statuses.items())


def logged(site, since):
    """Return the log entries ``since`` a place, and apart those of requests tried again.

    The web server's own, on how busy it is, do not count.
    """
    entries = [
        line
        for line in site.log()[since:].splitlines()
        if re.match(r"\d{4}-\d\d-\d\d ", line) and "[waitress.queue]" not in line
    ]
    retries = [line for line in entries if "Request will be retried" in line]
    return [line for line in entries if line not in retries], retries


def answered(site, look):
    """Let browsers ``look``, which returns the status and what was asked, if in vain.

    Return what they were answered; the attack has succeeded if some are errors.
    """
    since = len(site.log())
    results = in_threads(site, look, ODD)
    found = [f"{status} to {what!r}" for status, what in results if status >= 500]
    if found:
        # Why, as tracebacks end.
        ends = re.findall(r"^[\w.]+(?:Error|Exception)\b.*", site.log()[since:], re.M)
        found.append(f"in the log: {sorted(set(ends))[:5]}")
    succeed_with(found)
    statuses = Counter()
    for (status, _), count in results.items():
        statuses[status] += count
    return in_words(statuses)


@contextmanager
def few_allowed(site, when_full):
    """Let ``LIMIT`` sessions be allowed, and end those that other attacks have left."""
    before = site.inside()["limit"]
    site.restart(FEW_ALLOWED)
    site.inside(when_full=when_full)
    try:
        yield
    finally:
        site.inside(limit=before, when_full="refuse")


def come_back(site):
    """Let the visitor who was there at the start come back, after a while."""
    time.sleep(max(0, site.started + A_WHILE - time.monotonic()))
    if "regular" not in site.regular.get():
        raise AssertionError("The visitor of the start has no session any more")


def memory(site):
    """Return how much memory the site's process has, in bytes."""
    status = Path(f"/proc/{site.server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


def flood(site, good):
    """Make many sessions where few are allowed; return what happened, in words."""
    come_back(site)
    member = site.member("alice")
    member.put("member")
    log = len(site.log())
    before = memory(site), site.server.size()
    statuses = in_threads(site, new_session, FLOOD)
    more = memory(site) - before[0], site.server.size() - before[1]
    entries, retries = logged(site, log)
    sessions = site.inside()["sessions"]
    bad = {status for status in statuses if status not in good}
    succeed_if(bad, in_words(statuses))
    # All requests of one moment may find the last place free.
    succeed_if(
        sessions >= LIMIT + THREADS, f"{sessions} sessions where {LIMIT} are allowed"
    )
    succeed_if("member" not in member.get(), "an end of a member's session")
    succeed_if("regular" not in site.regular.get(), "an end of a regular's session")
    succeed_if(len(entries) > ENTRIES, f"{len(entries)} log entries: {entries[:3]}")
    succeed_if(more[0] > MEMORY, f"{more[0] / 2**20:.0f} MiB more memory")
    return (
        f"{in_words(statuses)}, {len(retries)} retries; {sessions} "
        f"sessions; {len(entries)} log entries; {more[0] / 2**20:.1f} MiB more memory, "
        f"{more[1] / 1000:,.0f} kB more on the disk until it is packed; a member and a "
        "visitor who came back still have theirs"
    )


@attack
def sessions_that_drop_others(site):
    """Floods: sessions, where others have to go

    500 sessions, four at a time, where 100 are allowed and the container drops
    others to make room
    """
    with few_allowed(site, "drop"):
        return flood(site, {200})


@attack
def sessions_that_are_refused(site):
    """Floods: sessions, where no more are taken

    the same, where the container refuses new ones when it is full
    """
    with few_allowed(site, "refuse"):
        got = flood(site, {200, 503})
        newcomer = site.browser()
        answer = newcomer.put("new")
        succeed_if(answer.session_cookie, f"{answer.status}, a cookie and no session")
        status = newcomer.ask("@@seed-get").status
        succeed_if(status != 200, f"{status} for a new visitor who only looks")
    return f"{got}; new visitors who only look see their pages"


@attack
def made_up_ids(site):
    """Floods: made-up ids

    500 requests with an id each that the site never issued, four at a time
    """
    before = site.inside()["sessions"]
    log = len(site.log())

    def look(browser, number):
        browser.id = secrets.token_urlsafe(24)
        return browser.ask("@@seed-get").status

    statuses = in_threads(site, look, FLOOD)
    succeed_if(set(statuses) != {200}, in_words(statuses))
    more = site.inside()["sessions"] - before
    succeed_if(more, f"{more} sessions")
    entries, _ = logged(site, log)
    succeed_if(entries, f"{len(entries)} log entries: {entries[:3]}")
    return "500 pages, no session, and no log entry"


@attack
def odd_cookies(site):
    """Floods: odd cookies

    5,000 cookies of tricks and random bytes, half of them with a change
    """
    chance = random.Random(62)

    def cookie():
        if chance.random() < 0.5:
            return chance.choice(TRICKS)
        # Control characters do not come through the web server.
        some = bytes(chance.choice(PASSED_ON) for _ in range(chance.randint(1, 60)))
        return chance.choice((b"", COOKIE_NAME.encode() + b"=")) + some

    cookies = [cookie() for _ in range(ODD)]

    def look(browser, number):
        browser.cookies.clear()
        page = "@@seed-get" if number % 2 else "@@seed-set?value=odd"
        status = browser.ask(page, Cookie=cookies[number]).status
        return status, cookies[number] if status >= 500 else b""

    return answered(site, look)


@attack
def odd_paths(site):
    """Floods: odd paths

    5,000 paths of the names of the tools, tricks and random bytes, by a visitor with a
    session
    """
    chance = random.Random(62)

    def segment():
        if chance.random() < 0.7:
            return chance.choice(SEGMENTS)
        # Zope itself has no answer to what is not UTF-8; it never gets to the site.
        size = chance.randint(1, 12)
        return quote("".join(chr(chance.randint(1, 0xD7FF)) for _ in range(size)))

    paths = [
        "/".join(segment() for _ in range(chance.randint(1, 4))) for _ in range(ODD)
    ]

    def look(browser, number):
        if browser.id is None:
            browser.put("odd")
        status = browser.ask(paths[number], Accept="text/plain").status
        return status, paths[number] if status >= 500 else ""

    return answered(site, look)


@attack
def large_values(site):
    """Floods: a session that is stuffed

    values of 200,000 bytes each, by one visitor, until the site refuses one; then on
    """
    visitor = site.browser()
    visitor.change("new", value="small")
    refused = None
    for number in range(12):
        answer = visitor.ask("@@change", {"what": "in place", "value": "x" * 200_000})
        if answer.status != 200:
            refused = answer
            break
    succeed_if(refused is None, f"{number + 1} values, 200,000 bytes each, are kept")
    succeed_if(refused.status != 413, f"{refused.status}: {refused.text[:80]}")
    succeed_if(visitor.ask("@@look").status != 200, "an error from then on")
    succeed_if("small" not in visitor.ask("@@told").text, "an end of the session")
    answer = visitor.change("key", value="small again")
    succeed_if(answer.status != 200, f"no further change: {answer.status}")
    return f"{refused.status} after {number} values, and the session goes on"


@attack
def many_tabs(site):
    """Floods: one visitor, many tabs

    200 changes of one key of one session, four at a time; Zope tries each that meets
    another again, three times
    """
    owner, other = site.browser(), site.browser()
    owner.put("0")
    other.put("tea")

    def change(browser, number):
        browser.cookies = dict(owner.cookies)
        return browser.ask(
            f"@@change?what=new&value={number}", Accept="text/plain"
        ).status

    statuses = in_threads(site, change, 200)
    # Who does that to oneself may meet oneself four times, on a busy machine.
    given_up = 200 - statuses[200]
    succeed_if(given_up > 10, in_words(statuses))
    succeed_if("tea" not in other.get(), "an end of another visitor's session")
    succeed_if(owner.ask("@@told").status != 200, "an error from then on")
    return f"{in_words(statuses)}; and the session goes on"


@attack
def half_requests(site):
    """Floods: requests that never end

    50 connections that send half a cookie and wait, while a visitor comes
    """
    start = f"GET /Plone/@@look HTTP/1.1\r\nHost: x\r\nCookie: {COOKIE_NAME}=A"
    sockets = []
    try:
        for _ in range(50):
            sockets.append(socket.create_connection(("127.0.0.1", site.port), 10))
            sockets[-1].sendall(start.encode())
        status = site.browser().put("tea").status
    finally:
        for it in sockets:
            it.close()
    succeed_if(status != 200, f"{status} for the visitor")
    return "the visitor's page, as always"
