"""Leaks: ids outside of cookies, in pages, error reports and logs."""

from .attack import attack
from .attack import succeed_if
from .attack import succeed_with
from collective.sessiondata.settings.browserid import COOKIE_NAME

import re

# Pages that fail, each in another place.
FAILING = (
    "@@seed-set",
    "@@change?what=spoil,in+place",
    "@@change?what=new,spoil&value=x",
    "@@change?what=end+other",
    "@@change?what=annotation,attribute",
    "@@unpicklable",
    "does-not-exist",
    "session_data_manager/getSessionData",
    "manage_main",
)


@attack
def error_pages(site):
    """Leaks: pages that tell of errors

    pages that fail, for visitors with a session, without one, and with a made-up id;
    as people and as programs see them
    """
    known = len(site.leaks)
    statuses = set()
    for accept in ("text/html", "application/json", "text/plain"):
        for fresh in (True, False):
            visitor = site.browser()
            if not fresh:
                visitor.change("new", value="tea")
            for page in FAILING:
                statuses.add(visitor.ask(page, Accept=accept).status)
            visitor.id = "M" * 32
            statuses.add(visitor.ask("@@seed-set", Accept=accept).status)
    succeed_with(site.leaks[known:])
    return f"no id; the pages had the statuses {', '.join(map(str, sorted(statuses)))}"


@attack
def error_log(site):
    """Leaks: the error log of the site

    errors with all of the request in them, read by a manager
    """
    site.admin.ask("error_log/manage_main")
    visitor = site.browser()
    visitor.change("new", value="tea")
    for page in FAILING:
        visitor.ask(page)
    visitor.ask("@@seed-set", {COOKIE_NAME: visitor.id})
    texts = [site.admin.ask("error_log/manage_main").text]
    entries = set(re.findall(r"showEntry\?id=([0-9.a-z]+)", texts[0]))
    for entry in sorted(entries):
        texts.append(site.admin.ask(f"error_log/showEntry?id={entry}").text)
        texts.append(site.admin.ask(f"error_log/getLogEntryAsText?id={entry}").text)
    if not entries or not any("seed-set" in text for text in texts):
        raise AssertionError("The errors are not in the error log")
    found = [it for it in site.issued if any(it in text for text in texts)]
    where = [
        text[: text.find(it)][-120:] for it in found for text in texts if it in text
    ]
    succeed_if(found, f"{len(found)} ids, the first after {' '.join(where[:1])!r}")
    return f"{len(entries)} entries, and no id in any of them"


@attack
def all_pages(site):
    """Leaks: all pages of all attacks

    a search for the visitor's id in each answer that came before, less its cookie
    """
    succeed_with(site.leaks)
    return f"none of {len(site.issued)} ids"


@attack
def log(site):
    """Leaks: the log of the server

    a search for all ids in all that was logged
    """
    text = site.log()
    found = [it for it in site.issued if it in text]
    succeed_if(found, f"{len(found)} ids, of which one is {found[:1]}")
    return f"none of {len(site.issued)} ids in {text.count(chr(10)):,} lines"
