"""``sessions settings``: print and change the settings of a site's sessions."""

from ..settings.site import change_settings
from ..settings.site import read_settings
from ..settings.site import SETTINGS
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
from Products.Sessions.interfaces import SessionDataManagerErr
from textwrap import fill

import sys


def add(commands):
    """Add the command to the subparsers ``commands``."""
    names = "\n".join(map(_explained, SETTINGS))
    parser = add_command(
        commands,
        "settings",
        _run,
        "print or change the settings of a site's sessions",
        "Print the settings of a site's sessions, or change some of them: all, or none."
        "\nRunning sites use the new settings from their next request on.\n\n"
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
        help="the path of a site, such as Plone or folder/Plone (needed for a change if "
        "there are several sites), and new values of settings",
    )
    add_json(parser)


def _explained(name):
    """Return a paragraph about the setting ``name``."""
    setting = SETTINGS[name]
    about = (
        f"{setting.description} {setting.expected_of_site()} Default: "
        f"{_word(setting.default)}."
    )
    indent = " " * 6
    about = fill(about, 80, initial_indent=indent, subsequent_indent=indent)
    return f"  {name}: {setting.title}\n{about}"


def _run(app, options):
    paths = [word for word in options.words if "=" not in word]
    values = _read([word for word in options.words if "=" in word])
    for path in paths:
        if path in SETTINGS:
            raise UsageError(f"{path} has no value. Give {path}=VALUE.")
    if len(paths) > 1:
        raise UsageError(f"Name one site only; {', '.join(paths)} are several.")
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
    """Return the values in ``words``, by name; raise ``UsageError`` for a bad name."""
    values = {}
    for word in words:
        name, text = word.split("=", 1)
        if name not in SETTINGS:
            raise UsageError(
                f"There is no setting {name!r}. Nothing was changed. The settings are "
                f"{', '.join(SETTINGS)}."
            )
        if name in values:
            raise UsageError(f"{name} is given twice. Nothing was changed.")
        values[name] = SETTINGS[name].from_text(text)
    return values


def _is_of_container(name):
    return SETTINGS[name].part == "container"


def _read_all(site):
    """Return the settings of ``site``, by name, and a ``CommandError`` or None.

    With a ``CommandError`` those of the container are left out; the others are kept elsewhere.
    """
    trouble = None
    try:
        # Create a missing container, so that its settings can be read.
        site.container(foreign=True)
    except (SessionDataManagerErr, CommandError) as error:
        trouble = explain(error)
    settings = {
        name: value
        for name, value in read_settings(site.manager).items()
        if trouble is None or not _is_of_container(name)
    }
    return settings, trouble


def _change(site, values):
    """Change the settings of ``site``. Return their old and new values, by name."""
    before, trouble = _read_all(site)
    for name in values:
        if trouble is not None and _is_of_container(name):
            raise trouble
        if name not in before:
            raise UsageError(
                f"{site.path} has no {name}: the object with this setting belongs to "
                "another product there. Nothing was changed."
            )
    note = "Changed settings of the sessions: " + ", ".join(values)
    try:
        commit_with_retries(lambda: change_settings(site.manager, values), note)
    except ValueError as error:
        # The message is escaped, since Zope may show it in a page.
        raise UsageError(unescape(str(error))) from None
    after = read_settings(site.manager)
    return {name: {"from": before[name], "to": after[name]} for name in values}


def _word(value):
    """Return ``value`` as a user types it."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return str(value) or "(empty)"


def _show(settings):
    width = max(len(_word(value)) for value in settings.values())
    return [
        (name, f"{_word(value):{width}}  {SETTINGS[name].title}")
        for name, value in settings.items()
    ]


def _show_changes(changes):
    return [
        (name, f"{_word(change['from'])} -> {_word(change['to'])}")
        for name, change in changes.items()
    ]
