"""``sessions end``: sessions of a user, one, or all are over."""

from . import parser as parsing
from .errors import DONE
from .errors import INCOMPLETE
from .errors import Trouble
from .errors import WrongUsage
from .output import count
from .retry import committed
from .sites import chosen
from .sites import for_each
from .sites import named

import sys


def add(commands):
    """Add the command to the subparsers ``commands``."""
    parser = parsing.add_command(
        commands,
        "end",
        _run,
        "end the sessions of a user, one session, or all",
        "End the sessions of a user, one session, or all of a site.  What was in them is "
        "gone,\nand their visitors begin anew.",
        (
            "end --user jane",
            "end --handle 4f2a90c1 Plone",
            "end --all Plone",
            "end --all --yes Plone",
        ),
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--user",
        metavar="ID",
        help="the sessions that belong to this user id; it may differ from the name "
        "to log in with",
    )
    which.add_argument(
        "--handle",
        metavar="HANDLE",
        help="the session whose handle, as lists of sessions show it, begins so: 8 "
        "digits or more",
    )
    which.add_argument(
        "--all",
        action="store_true",
        help="all sessions of the site; asks first",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask first")
    parsing.add_sites(parser, "all sites; with --all it has to be said, if several")


def _run(app, options):
    if options.all:
        return _end_all(named(app, options.sites), options.yes)
    sites = chosen(app, options.sites)
    if options.handle is not None:
        return _end_one(sites, options.handle.strip().lower())
    return _end_those_of(sites, options.user)


def _end_those_of(sites, user_id):
    numbers = []

    def end(site):
        # That of another product knows no users.
        site.container()
        number = committed(
            lambda: site.manager.endSessionsOf(user_id), "Ended the sessions of a user"
        )
        numbers.append(number)
        if number:
            print(f"{site.path}: ended {count(number, 'session')} of {user_id!r}.")

    code = for_each(sites, end)
    if numbers and not any(numbers):
        raise Trouble(
            f"No live session belongs to the user id {user_id!r}. It may differ from "
            "the name to log in with."
        )
    return code


def _end_one(sites, beginning):
    found = {}

    def look(site):
        try:
            sessions = site.container().with_handle(beginning)
        except ValueError as error:
            raise WrongUsage(str(error)) from None
        for session in sessions:
            found[session.getId()] = site

    code = for_each(sites, look)
    if len(found) > 1:
        raise WrongUsage(
            f"{count(len(found), 'session')} have handles that begin so. Give more "
            "digits; nothing was ended."
        )
    for handle, site in found.items():
        if for_each([site], lambda site: _end_handle(site, handle)) == DONE:
            return code
    raise Trouble(
        f"No live session has a handle that begins with {beginning}. It may have ended; "
        "the overview of sessions lists those there are."
    )


def _end_handle(site, handle):
    def end():
        sessions = site.container().with_handle(handle)
        for session in sessions:
            session.invalidate()
        return len(sessions)

    # It may have ended meanwhile.
    if not committed(end, "Ended a session"):
        return INCOMPLETE
    print(f"{site.path}: ended the session {handle[:8]}.")
    return DONE


def _end_all(sites, is_sure):
    numbers = {site.path: site.container().statistics().live for site in sites}
    if not is_sure:
        _ask(numbers)

    def end(site):
        site.container()
        committed(site.manager.endAllSessions, "Ended all sessions")
        print(
            f"{site.path}: ended all sessions, about {numbers[site.path]:,}. What is "
            "left of them is removed by the next sweep."
        )

    return for_each(sites, end)


def _ask(numbers):
    """Raise ``Trouble`` unless somebody at a terminal says yes."""
    if not sys.stdin.isatty():
        raise WrongUsage(
            "This ends all sessions, and nobody can be asked here. If that is meant, "
            "say --yes."
        )
    for path, number in numbers.items():
        print(
            f"{path}: about {count(number, 'live session')} will end. What visitors "
            "have in them, such as carts, is lost.",
            file=sys.stderr,
        )
    print("Go on? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Trouble("Nothing was ended.")
