"""Fixation and guessing: ids that the attacker has made up, planted or computed."""

from .attack import attack
from .attack import succeed_if
from .attack import succeed_with
from collective.sessiondata.settings.browserid import COOKIE_NAME

import secrets
import string
import time

NOTHING = "my_option: None"

ALPHABET = string.ascii_letters + string.digits + "-_"


@attack
def made_up_id(site):
    """Fixation: a made-up id

    a cookie with an id that the site never issued, then a change
    """
    made_up = secrets.token_urlsafe(24)
    victim = site.browser()
    victim.id = made_up
    victim.put("tea")
    succeed_if(victim.id == made_up, "the session has the made-up id")
    attacker = site.browser()
    attacker.id = made_up
    succeed_if("tea" in attacker.get(), "the made-up id leads to the session too")
    succeed_if("tea" not in victim.get(), "the victim has lost the session")
    return "another id, and the made-up one leads nowhere"


@attack
def malformed_ids(site):
    """Fixation: ids that are none

    cookies that are too short, too long, quoted, empty, not ASCII, or nearly an id
    """
    owner = site.browser()
    owner.put("tea")
    cookies = [
        "x",
        "x" * 10_000,
        "A" * 32,
        "\xe4" * 32,
        "",
        '"',
        f'"{"A" * 31}',
        "%00" * 10,
        "../" * 10,
        owner.id[:-1],
        owner.id + "A",
        owner.id.swapcase(),
        owner.id[::-1],
        f"{owner.id[:-1]}%2{owner.id[-1]}",
    ]
    found = []
    for cookie in cookies:
        attacker = site.browser()
        attacker.id = cookie
        answer = attacker.ask("@@seed-get")
        if answer.status != 200 or answer.text != NOTHING or answer.cookies:
            found.append(f"{cookie[:40]!r}: {answer.status}, {answer.text[:40]}")
        answer = attacker.put("fresh")
        if answer.status != 200 or attacker.id == cookie or not attacker.ids:
            found.append(f"{cookie[:40]!r} and a change: {answer.status}")
    succeed_with(found)
    return f"a fresh id for each of the {len(cookies)}, and no error"


@attack
def planted_id(site):
    """Fixation: an id that the attacker was given

    a session of the attacker's, its cookie planted in the victim's browser, who
    then logs in
    """
    attacker = site.browser()
    attacker.put("planted")
    victim = site.browser()
    victim.id = planted = attacker.id
    site.member("alice", victim)
    victim.put("secret")
    succeed_if(victim.id == planted, "the id is the same after the login")
    succeed_if("secret" in attacker.get(), "the attacker sees the victim's session")
    succeed_if("planted" in attacker.get(), "the old id still leads to a session")
    return "a new id at the login, and the planted one leads nowhere"


@attack
def two_cookies(site):
    """Fixation: two cookies of one name

    a made-up id beside the victim's own, before it and after it, as a neighbouring
    host can plant them; then a change
    """
    found = []
    for own_first in (True, False):
        victim = site.browser()
        victim.put("tea")
        own, made_up = victim.id, secrets.token_urlsafe(24)
        pair = (own, made_up) if own_first else (made_up, own)
        cookie = "; ".join(f"{COOKIE_NAME}={value}" for value in pair)
        victim.ask("@@seed-set?value=coffee", Cookie=cookie)
        attacker = site.browser()
        attacker.id = made_up
        if victim.id == made_up or attacker.get() != NOTHING:
            found.append(f"the made-up id, {'second' if own_first else 'first'}")
    succeed_with(found)
    return "never a session of the made-up id"


@attack
def other_ways(site):
    """Fixation: ids on other ways

    a live id in the query, in a form, in the path, in headers, and as the cookie of
    Zope's own sessions
    """
    owner = site.browser()
    owner.put("tea")
    known = owner.id
    answers = {
        "the query": site.browser().ask(f"@@seed-get?{COOKIE_NAME}={known}"),
        "a form": site.browser().ask("@@seed-get", {COOKIE_NAME: known}),
        "the path": site.browser().ask(f"{COOKIE_NAME}/{known}/@@seed-get"),
        "a header": site.browser().ask("@@seed-get", **{COOKIE_NAME: known}),
        "_ZopeId": site.browser().ask("@@seed-get", Cookie=f"_ZopeId={known}"),
        "SESSION": site.browser().ask(f"@@seed-get?SESSION={known}"),
    }
    found = [way for way, answer in answers.items() if "tea" in answer.text]
    succeed_with(found)
    return "the session by none of them"


@attack
def ended_id(site):
    """Fixation: the id of a session that is over

    the cookie of a session that was ended, and of one that has expired, then a change
    """
    ended = site.browser()
    ended.put("tea")
    old = ended.id
    ended.change("finish")
    ended.id = old
    succeed_if(ended.get() != NOTHING, "the ended session is still there")
    ended.put("again")
    succeed_if(ended.id == old, "the id of the ended session was used again")

    timeout = site.inside()["timeout"]
    expired = site.browser()
    expired.put("tea")
    old = expired.id
    try:
        site.inside(timeout=1)
        time.sleep(1.2)
        succeed_if(expired.get() != NOTHING, "the expired session is still there")
        expired.put("again")
    finally:
        site.inside(timeout=timeout)
    succeed_if(expired.id == old, "the id of the expired session was used again")
    return "fresh ids"


@attack
def guesses(site):
    """Guessing: the next id

    300 sessions, a search for anything that their ids have in common, and 200 ids
    that differ from a live one in one character
    """
    ids = []
    visitor = site.browser()
    for _ in range(300):
        visitor.cookies.clear()
        visitor.put("tea")
        ids.append(visitor.id)
    succeed_if(len(set(ids)) < len(ids), "the same id twice")
    odd = [it for it in ids if len(it) != 32 or set(it) - set(ALPHABET)]
    succeed_if(odd, f"ids of another form: {odd[:3]}")
    # Of 64 characters, 300 random ones show all but one or so.
    kinds = min(len(set(column)) for column in zip(*ids, strict=True))
    succeed_if(kinds < 55, f"a place with only {kinds} kinds of characters")
    alike = max(
        sum(a == b for a, b in zip(one, next_one, strict=True))
        for one, next_one in zip(ids, ids[1:], strict=False)
    )
    succeed_if(alike > 8, f"neighbours that agree in {alike} of 32 characters")
    for number in range(200):
        place = number % 32
        other = ALPHABET[(ALPHABET.index(ids[-1][place]) + number + 1) % 63]
        if other == ids[-1][place]:
            continue
        visitor.id = ids[-1][:place] + other + ids[-1][place + 1 :]
        succeed_if(visitor.get() != NOTHING, f"a neighbour of an id works: {number}")
    return (
        f"each place has {kinds} kinds of characters or more, neighbours agree in "
        f"{alike} of 32 at most, and no guess was right"
    )


@attack
def cookie_flags(site):
    """Stealing: the cookie itself

    its flags, with http and https, by a virtual host and by what a proxy tells
    """
    found = []
    for page, headers, path, is_secure in (
        ("", {}, "/Plone", False),
        (
            "/VirtualHostBase/http/shop.example:80/Plone/VirtualHostRoot/",
            {},
            "/",
            False,
        ),
        (
            "/VirtualHostBase/https/shop.example:443/Plone/VirtualHostRoot/",
            {},
            "/",
            True,
        ),
        (
            "/VirtualHostBase/https/example.com:443/Plone/VirtualHostRoot/_vh_shop/",
            {},
            "/shop",
            True,
        ),
        ("", {"X_Forwarded_Proto": "https"}, "/Plone", True),
        ("", {"X_Forwarded_Proto": "HTTPS, http"}, "/Plone", True),
    ):
        answer = site.browser().ask(f"{page}@@seed-set?value=tea", **headers)
        flags = {flag.lower() for flag in (answer.session_cookie or "").split("; ")[1:]}
        expected = {"httponly", "samesite=lax", f"path={path.lower()}"}
        if is_secure:
            expected.add("secure")
        if flags != expected:
            found.append(
                f"{page or '/Plone/'} {headers or ''}: {answer.session_cookie}"
            )
    succeed_with(found)
    return "HttpOnly, SameSite=Lax, the path of the site, and Secure with https"
