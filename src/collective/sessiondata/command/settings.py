"""``sessions settings``: what is set of a site's sessions, and what is to be set."""

from ..settings import site as sitesettings
from .errors import CommandError
from .errors import DONE
from .errors import explain
from .errors import INCOMPLETE
from .errors import UsageError
from .output import print_json
from .output import print_pairs
from .parser import add_command
from .parser import add_json
from .retry import commit_with_retries
from .sites import find_named_sites
from .sites import find_sites
from .sites import for_each
from html import unescape
from Products.Sessions.interfaces import BrowserIdManagerErr
from Products.Sessions.interfaces import SessionDataManagerErr
from typing import NamedTuple

import sys


class _Kind(NamedTuple):
    """What words a setting may have: what ``read`` makes of them, and what it takes."""

    read: object
    takes: str


def _read_whole(text):
    if not text.isdecimal():
        raise ValueError
    return int(text)


def _read_whole_or_none(text):
    return None if text.lower() in ("", "none") else _read_whole(text)


def _read_flag(text):
    try:
        return {"true": True, "false": False}[text.lower()]
    except KeyError:
        raise ValueError from None


_WHOLE = _Kind(_read_whole, "a whole number, 0 or more")
_WHOLE_OR_NONE = _Kind(_read_whole_or_none, "a whole number, 0 or more, or none")
_FLAG = _Kind(_read_flag, "true or false")
# The setting itself says which.
_TEXT = _Kind(str, "text")

# Of each setting its kind, and what it means.
_KNOWN = {
    "timeout_minutes": (_WHOLE, "without an access, until a session ends; 0: never"),
    "lifetime_minutes": (
        _WHOLE,
        "since its creation, until a session ends; 0: unlimited",
    ),
    "resolution_seconds": (
        _WHOLE_OR_NONE,
        "an access is noted once in so many; none: a twentieth of the timeout",
    ),
    "limit": (_WHOLE, "the largest number of sessions; 0: unlimited"),
    "when_full": (_TEXT, "drop: the longest idle ends; refuse: no new one begins"),
    "max_size_kib": (_WHOLE, "the largest size of a session's data; 0: unlimited"),
    "keep_data_at_login": (_FLAG, "true: a session keeps its data at login"),
    "cookie_name": (_TEXT, "the name of the cookie, a word"),
    "cookie_path": (_TEXT, "as /shop; empty: the path of the site"),
    "cookie_domain": (_TEXT, "as .example.org; empty: the host of the site alone"),
    "cookie_life_days": (_WHOLE, "browsers keep the cookie; 0: until they are closed"),
    "cookie_secure": (_FLAG, "true: requests without https get no cookie"),
    "cookie_http_only": (_FLAG, "true: scripts in pages cannot read the cookie"),
    "cookie_same_site": (_TEXT, "Lax, Strict, None, or browser: as that decides"),
}


def add(commands):
    """Add the command to the subparsers ``commands``."""
    width = max(map(len, _KNOWN))
    names = "\n".join(
        f"  {name:{width}}  {meaning}" for name, (_kind, meaning) in _KNOWN.items()
    )
    parser = add_command(
        commands,
        "settings",
        _run,
        "print or change the settings of a site's sessions",
        "Print the settings of a site's sessions; or change some: all that are given, "
        "or none.\nRunning sites follow with their next request.\n\n"
        f"settings:\n{names}",
        (
            "settings Plone",
            "settings Plone timeout_minutes=30 limit=20000",
            "settings Plone resolution_seconds=none cookie_domain=",
        ),
    )
    parser.usage = "%(prog)s [-h] [--json] [SITE] [NAME=VALUE ...]"
    parser.add_argument(
        "words",
        nargs="*",
        metavar="SITE, NAME=VALUE",
        help="the path of a site, as Plone or folder/Plone (needed for a change, if "
        "there are several); and what is to be set",
    )
    add_json(parser)


def _run(app, options):
    paths = [word for word in options.words if "=" not in word]
    values = _read([word for word in options.words if "=" in word])
    for path in paths:
        if path in _KNOWN:
            raise UsageError(f"What is {path} to be? Say {path}=VALUE.")
    if len(paths) > 1:
        raise UsageError(
            f"The settings of one site at a time; {', '.join(paths)} are several."
        )
    told = {}
    sites = find_named_sites(app, paths) if values else find_sites(app, paths)

    def read_or_change(site):
        if values:
            told[site.path] = _change(site, values)
            return DONE
        told[site.path], trouble = _read_all(site)
        if trouble is None:
            return DONE
        print(f"{site.path}: {trouble}", file=sys.stderr)
        return INCOMPLETE

    code = for_each(sites, read_or_change)
    if options.json:
        print_json(told)
    else:
        show = _show_changes if values else _show
        print_pairs({path: show(them) for path, them in told.items()})
    return code


def _read(words):
    """Return the values in ``words``, by name; ``UsageError`` for what is none."""
    values = {}
    for word in words:
        name, text = word.split("=", 1)
        if name not in _KNOWN:
            raise UsageError(
                f"There is no setting {name!r}. Nothing was changed. These are there: "
                f"{', '.join(_KNOWN)}."
            )
        if name in values:
            raise UsageError(f"{name} is given twice. Nothing was changed.")
        kind, _meaning = _KNOWN[name]
        try:
            values[name] = kind.read(text)
        except ValueError:
            raise UsageError(
                f"{name} is {kind.takes}; {text!r} is not. Nothing was changed."
            ) from None
    return values


def _is_of_container(name):
    return sitesettings.SETTINGS[name].part == "container"


def _read_all(site):
    """Return the settings of ``site``, by name; and the ``CommandError``, or None.

    With a trouble those of the container are not among them.  All others are kept
    elsewhere.
    """
    trouble = None
    try:
        # Made if it is missing: so its defaults are told.
        site.container(foreign=True)
    except (SessionDataManagerErr, CommandError) as error:
        trouble = explain(error)
    settings = {
        name: value
        for name, value in sitesettings.read(site.manager).items()
        if trouble is None or not _is_of_container(name)
    }
    return settings, trouble


def _change(site, values):
    """Change the settings of ``site``; return what they were and are, by name."""
    before, trouble = _read_all(site)
    for name in values:
        if trouble is not None and _is_of_container(name):
            raise trouble
        if name not in before:
            raise UsageError(
                f"{site.path} has no {name}: what it is a setting of belongs to "
                "another product there. Nothing was changed."
            )
    note = "Changed settings of the sessions: " + ", ".join(values)
    try:
        commit_with_retries(lambda: sitesettings.change(site.manager, values), note)
    except (ValueError, BrowserIdManagerErr) as error:
        # These may be shown in pages, too.
        raise UsageError(unescape(str(error))) from None
    after = sitesettings.read(site.manager)
    return {name: {"from": before[name], "to": after[name]} for name in values}


def _word(value):
    """Return ``value`` as it is given."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return str(value) or "(empty)"


def _show(settings):
    width = max(len(_word(value)) for value in settings.values())
    return [
        (name, f"{_word(value):{width}}  {_KNOWN[name][1]}")
        for name, value in settings.items()
    ]


def _show_changes(changes):
    return [
        (name, f"{_word(change['from'])} -> {_word(change['to'])}")
        for name, change in changes.items()
    ]
