"""Forgery: links and forms of other sites, followed by an editor who is logged in."""

from .attack import attack
from .attack import succeed_if
from .attack import succeed_with
from .site import EDITOR

import re

# What a GET may do: all of it is the visitor's own session.
HARMLESS = ("new", "key", "in place", "attribute", "nested", "listed", "rename")

SMUGGLING = (
    "content",
    "annotation",
    "setting",
    "key, content",
    "in place, content",
    "attribute, annotation",
    "nested, content",
    "listed, annotation",
    "rename, content",
    "finish, content",
    "finish, annotation",
    "new, content",
    "new, setting",
    "spoil, content",
    "spoil, annotation",
    "wrapped, content",
    "attach, annotation",
    "attach, through",
    "attribute, attach, nested, through",
)


def editor(site):
    """Return the browser of an editor with a session."""
    browser = site.member(EDITOR)
    browser.change("new", value="own")
    return browser


def is_caught(answer):
    """Return True if plone.protect has asked for a confirmation."""
    return answer.status == 302 and "@@confirm-action" in answer.location


def what_is_told(browser):
    """Return what the session holds, less where that is in memory."""
    return re.sub("[0-9a-f]{8,}", "", browser.ask("@@told").text)


def harm(site, before):
    """Return what of the site is not as it was ``before``."""
    now = site.inside()
    names = ("description", "marker", "timeout", "limit")
    return [f"{name}: {now[name]!r}" for name in names if now[name] != before[name]]


@attack
def own_session(site):
    """Forgery: none

    links that change the editor's own session in each way, as the pages of a site
    may do
    """
    browser = editor(site)
    found = []
    for number, what in enumerate(HARMLESS):
        answer = browser.change(what, value=f"value-{number}")
        if answer.status != 200 or f"value-{number}" not in browser.ask("@@told").text:
            # The page does not tell what is in the list, or was renamed.
            if what not in ("listed", "rename") or answer.status != 200:
                found.append(f"{what}: {answer.status} {answer.location}")
    succeed_with(found)
    return "all of it is saved, as promised"


@attack
def smuggled_content(site):
    """Forgery: content, beside a change of the session

    links that change the session in each way, and with it the site's description,
    an annotation, or a setting
    """
    browser = editor(site)
    before = site.inside()
    told = what_is_told(browser)
    found = []
    for what in SMUGGLING:
        answer = browser.change(what, value="smuggled")
        # What cannot be kept at all may end as an error as well.
        is_error = "spoil" in what and answer.status == 500
        if not is_caught(answer) and not is_error:
            found.append(f"{what}: {answer.status} {answer.location}")
        found += [f"{what}: {it}" for it in harm(site, before)]
        if what_is_told(browser) != told:
            found.append(f"{what}: the session was changed")
    succeed_with(found)
    return "a question, and nothing of it is saved"


@attack
def attached_content(site):
    """Forgery: content through the session

    the attacker attaches content to a session of his own, plants its cookie in the
    editor's browser, and lets the editor's links write through it
    """
    before = site.inside()
    found = []
    for what in ("through", "attribute, through", "attribute, annotation"):
        attacker = site.browser()
        attacker.change("new", value="own")
        attacker.change("attach")
        browser = site.browser()
        browser.id = attacker.id
        site.member(EDITOR, browser)
        for _ in range(2):
            answer = browser.change(what, value="smuggled")
            if not is_caught(answer):
                found.append(f"{what}: {answer.status} {answer.location}")
            found += [f"{what}: {it}" for it in harm(site, before)]
    browser = editor(site)
    answer = browser.change("attach")
    if answer.status != 200:
        found.append(f"attach: {answer.status}")
    for what in ("through", "attribute, through", "nested, through"):
        if not is_caught(browser.change(what, value="smuggled")):
            found.append(f"{what}, after an attach of the editor's own")
        found += [f"{what}: {it}" for it in harm(site, before)]
    succeed_with(found)
    return "a question each time, and nothing of it is saved"


@attack
def other_session(site):
    """Forgery: the session of another visitor

    links that end, or change, the session of a visitor whose id the attacker knows
    """
    visitor = site.browser()
    visitor.put("tea")
    browser = editor(site)
    found = []
    for what in ("end other", "change other in place", "key, end other"):
        answer = browser.change(what, id=visitor.id, value="smuggled")
        if not is_caught(answer):
            found.append(f"{what}: {answer.status} {answer.location}")
    if "tea" not in visitor.get():
        found.append(f"the visitor has {visitor.get()}")
    succeed_with(found)
    return "a question, and the session is as it was"


@attack
def foreign_form(site):
    """Forgery: a form without a token

    the same by POST, as a form of another site would send it
    """
    browser = editor(site)
    before = site.inside()
    told = what_is_told(browser)
    found = []
    for what in ("content", "key, content", "attribute, annotation", "setting"):
        browser.ask("@@change", {"what": what, "value": "smuggled"})
        found += [f"{what}: {it}" for it in harm(site, before)]
        if what_is_told(browser) != told:
            found.append(f"{what}: the session was changed")
    succeed_with(found)
    return "nothing of it is saved"


@attack
def forged_login(site):
    """Forgery: a login

    the victim, with a cart, is logged in to the account of the attacker, who then
    looks for the cart from elsewhere
    """
    attacker = site.member("bob")
    attacker.put("mine")
    victim = site.browser()
    victim.put("secret")
    site.member("bob", victim)
    succeed_if("secret" in attacker.get(), "the victim's cart")
    succeed_if("mine" in victim.get(), "the attacker's session, in the victim's hands")
    return "his own session alone"
