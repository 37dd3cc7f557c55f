"""Caches: what was made for one visitor, handed to another."""

from .attack import attack
from .attack import succeed_with
from .site import PASSWORD

# Pages that look at the session or change it: what they are, and where.
PAGES = {
    "a look": "@@look",
    "a look at a key": "@@seed-get",
    "a change": "@@seed-set?value=tea",
    "a template": "@@template",
    "a page of parts": "@@parts",
    "a page with a cache rule": "@@attack-cart",
    "a redirect": "@@checkout-review",
    "a form": "@@checkout",
    "an error after a look": "@@change?what=in+place&value=x",
    "an error at the commit": "@@change?what=new,spoil&value=x",
    "a retried page": "@@retried",
}

# What would let a cache store it, or show an older page.
VALIDATORS = ("ETag", "Last-Modified", "Surrogate-Control", "CDN-Cache-Control")


def weaknesses(answer):
    """Return what in ``answer`` lets a shared cache hand it to others."""
    control = answer.headers.get("Cache-Control", "").lower()
    words = {part.split("=")[0].strip() for part in control.split(",")}
    vary = {part.strip().lower() for part in answer.headers.get("Vary", "").split(",")}
    found = []
    if not words & {"private", "no-store"} or words & {"public", "s-maxage"}:
        found.append(f"Cache-Control: {control or 'none'}")
    if not vary & {"cookie", "*"}:
        found.append(f"Vary: {answer.headers.get('Vary', 'none')}")
    found += [name for name in VALIDATORS if name in answer.headers]
    return found


def visitors(site):
    """Yield kinds of visitors, each with a function that returns a browser."""
    old = site.browser()
    old.put("tea")
    member = site.member("alice")
    member.put("tea")
    yield "new", site.browser
    yield "with a session", lambda: old
    yield "a member", lambda: member


@attack
def private_pages(site):
    """Caches: pages, redirects and errors

    eleven pages that use the session, by GET, POST and HEAD, for a new visitor, one
    with a session, and a member; the headers of all answers
    """
    found, count = [], 0
    for who, browser in visitors(site):
        for what, page in PAGES.items():
            for method in ("GET", "POST", "HEAD"):
                form = {} if method == "POST" else None
                answer = browser().ask(page, form, method=method)
                count += 1
                bad = weaknesses(answer)
                if bad:
                    found.append(
                        f"{method} {page} ({what}; {who}): {answer.status}, "
                        f"{', '.join(bad)}"
                    )
    succeed_with(found)
    return f"{count} answers, none of which a cache may keep for others"


@attack
def login_and_logout(site):
    """Caches: login and logout

    the answers that give a browser its new id, or take it away
    """
    browser = site.browser()
    browser.put("tea")
    found = []
    for what, ask in {
        "login": lambda: browser.log_in("alice", PASSWORD),
        "logout": lambda: browser.ask("logout"),
    }.items():
        answer = ask()
        if answer.session_cookie is None:
            found.append(f"{what}: no cookie")
        found += [f"{what}: {answer.status}, {it}" for it in weaknesses(answer)]
    succeed_with(found)
    return "private answers"


@attack
def conditional_requests(site):
    """Caches: an older page that looked the same

    what the site gave to ask for a newer page than this, after the session was changed
    """
    found = []
    for browser in (site.browser(), site.member("alice")):
        browser.put("tea")
        first = browser.ask("@@attack-cart")
        browser.put("coffee")
        for given, sent in (
            ("ETag", "If_None_Match"),
            ("Last-Modified", "If_Modified_Since"),
        ):
            value = first.headers.get(given)
            if value is None:
                continue
            answer = browser.ask("@@attack-cart", **{sent: value})
            if answer.status == 304 or "coffee" not in answer.text:
                found.append(f"{answer.status} to {sent}: {value}")
        if "coffee" not in browser.ask("@@attack-cart").text:
            found.append("an older page")
    succeed_with(found)
    return "nothing was given, and the page is as it is now"


@attack
def ram_cache(site):
    """Caches: Plone's own, in RAM

    a page that shows the session, under a rule that keeps pages in RAM, for visitors
    in turns
    """
    plain = site.browser().ask("@@attack-plain")
    plain = site.browser().ask("@@attack-plain")
    rule = plain.headers.get("X-Cache-Operation", "")
    if "weakCaching" not in rule:
        raise AssertionError(f"Caching is not on: {dict(plain.headers)}")
    kept = "X-RAMCache" in plain.headers
    found = []
    for turn in range(3):
        for name in ("first", "second"):
            visitor = site.browser()
            seen = visitor.ask("@@attack-cart").text
            if seen != "cart: None":
                found.append(f"a new visitor sees {seen}")
            visitor.put(f"{name}{turn}")
            seen = visitor.ask("@@attack-cart").text
            if f"{name}{turn}" not in seen:
                found.append(f"a visitor sees {seen}")
    succeed_with(found)
    where = "from RAM" if kept else "with its rule"
    return f"each visitor's own; a page without the session comes {where}"


@attack
def pages_without_sessions(site):
    """Caches: pages that have nothing to do with sessions

    none of them may lose its place in caches, or get a cookie
    """
    found = []
    for page in ("sitemap", "", "@@attack-plain", "does-not-exist"):
        answer = site.browser().ask(page)
        if "no-store" in answer.headers.get("Cache-Control", ""):
            found.append(f"{page or '/'}: {answer.headers['Cache-Control']}")
        if answer.session_cookie:
            found.append(f"{page or '/'}: {answer.session_cookie}")
        vary = answer.headers.get("Vary", "").lower()
        if "cookie" in vary:
            found.append(f"{page or '/'}: Vary: {vary}")
    succeed_with(found)
    return "no headers of ours and no cookie"
