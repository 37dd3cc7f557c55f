"""Probing: each name of the tools and of what is behind them, as a URL."""

from .attack import attack
from .attack import succeed_with
from collective.sessiondata.browserid import BrowserIdManager
from collective.sessiondata.container import TransientObjectContainer
from collective.sessiondata.manager import SessionDataManager
from collective.sessiondata.session import TransientObject
from concurrent.futures import ThreadPoolExecutor
from OFS.SimpleItem import SimpleItem
from urllib.parse import quote
from urllib.parse import urlsplit

# Where objects of these classes could be reached.
PLACES = {
    "session_data_manager": SessionDataManager,
    "browser_id_manager": BrowserIdManager,
    "session_data_manager/container": TransientObjectContainer,
    "session_data_manager/getSessionData": TransientObject,
    "SESSION": TransientObject,
}

# Wherever objects of these classes are not even reached, some names are enough.
OTHER_PATHS = (
    "REQUEST/SESSION",
    "REQUEST/SESSION/my_option",
    "REQUEST/cookies",
    "REQUEST/_collective_sessiondata",
    "session_data_manager/container/get?k={id}",
    "session_data_manager/container/{id}",
    "session_data_manager/container/sessions_of?user_id=alice",
    "session_data_manager/getSessionDataByKey?key={id}",
    "session_data_manager/session_of?browser_id={id}",
    "session_data_manager/getOrCreate?name=test.items",
    "session_data_manager/endSessionsOf?user_id=alice",
    "session_data_manager/login?user_id=alice",
    "session_data_manager/setContainerPath?path=/Plone",
    "session_data_manager/setKeepDataAtLogin?keep=",
    "session_data_manager/manage_changeSDM?title=x",
    "browser_id_manager/setBrowserIdCookieByForce?bid={id}",
    "browser_id_manager/issue?browser_id={id}",
    "browser_id_manager/setBrowserIdNamespaces?ns=form",
    "browser_id_manager/setCookieSecure?secure=",
    "browser_id_manager/manage_changeBrowserIdManager?cookiehttponly:int=0",
    "session_data_manager/browser_id_manager/new_browser_id",
    "@@look/context/session_data_manager/container",
    "++attribute++session_data_manager/container",
    "session_data_manager/++attribute++container",
    "session_data_manager/@@absolute_url/context/container",
)

# As "absolute_url" and "title_or_id": there is nothing of sessions in them.
ZOPES_OWN = frozenset(dir(SimpleItem))

REFUSALS = {400, 401, 403, 404, 405}


def is_refusal(answer):
    """Return True if ``answer`` gives nothing away."""
    if answer.status in (301, 302):
        path = urlsplit(answer.location).path
        return path.endswith(
            (
                "/require_login",
                "/login",
                "/acl_users/credentials_cookie_auth/require_login",
            )
        )
    return answer.status in REFUSALS


def is_zopes_own(path, answer):
    """Return True for what each object of Zope tells about itself, without a secret."""
    name = path.rpartition("/")[-1]
    return name in ZOPES_OWN and answer.status < 300 and "tea" not in answer.text


def probe(browser, paths, method="GET"):
    """Return what is served of ``paths``."""
    found = []
    for path in paths:
        form = {} if method == "POST" else None
        # An error page in few words: there are many of them.
        answer = browser.ask(path, form, Accept="text/plain")
        if not (is_refusal(answer) or is_zopes_own(path, answer)):
            text = " ".join(answer.text.split())[:60]
            found.append(
                f"{method} {path}: {answer.status} {answer.location} {text}".strip()
            )
    return found


def names():
    """Return all paths to attributes of the classes."""
    return [
        f"{place}/{quote(name)}"
        for place, its_class in PLACES.items()
        for name in sorted({*dir(its_class), "_v_found", "_v_placement", "_data"})
    ]


def probe_as(site, browser, method):
    """Let two browsers with the same cookies ask for all paths; return what they got.

    The attack has succeeded if something is served.
    """
    other = site.browser()
    other.cookies = dict(browser.cookies)
    paths = names()
    with ThreadPoolExecutor(2) as pool:
        halves = pool.map(
            probe, (browser, other), (paths[::2], paths[1::2]), (method, method)
        )
        succeed_with([it for half in halves for it in half])
    return (
        f"{len(paths)} times a refusal, or what all objects of Zope tell about "
        "themselves"
    )


@attack
def as_anonymous(site):
    """Probing: all attributes, as nobody

    each attribute of both tools, of the container and of the session, as a URL
    """
    browser = site.browser()
    browser.put("tea")
    return probe_as(site, browser, "GET")


@attack
def as_member(site):
    """Probing: all attributes, as a member

    the same, as alice
    """
    browser = site.member("alice")
    browser.put("tea")
    return probe_as(site, browser, "GET")


@attack
def by_post(site):
    """Probing: all attributes, by POST

    the same, as alice, with an empty form
    """
    browser = site.member("alice")
    browser.put("tea")
    return probe_as(site, browser, "POST")


@attack
def with_arguments(site):
    """Probing: calls with arguments

    what code calls with an id, a user or a setting, as a URL, for the session of
    another visitor
    """
    victim = site.browser()
    victim.put("tea")
    before = site.inside()
    found = []
    for browser in (site.browser(), site.member("alice")):
        browser.put("own")
        paths = [path.format(id=victim.id) for path in OTHER_PATHS]
        found += probe(browser, paths)
        # As pages show them to people.
        found += [
            f"{path}: {answer.status}"
            for path in paths[:8]
            if (answer := browser.ask(path)).status >= 500 or "tea" in answer.text
        ]
        if "own" not in browser.get():
            found.append(f"the own session is now {browser.get()}")
    if "tea" not in victim.get():
        found.append(f"the visitor has {victim.get()}")
    now = site.inside()
    if {**now, "sessions": 0} != {**before, "sessions": 0}:
        found.append(f"the site is now {now}")
    succeed_with(found)
    return "a refusal each time, and nothing was changed"
