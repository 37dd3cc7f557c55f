"""``sessions end``: end the sessions of a user, one session, or all of a site."""

from .errors import CommandError
from .errors import DONE
from .errors import INCOMPLETE
from .errors import UsageError
from .output import count
from .parser import add_command
from .parser import add_sites
from .retry import commit_with_retries
from .sites import find_named_sites
from .sites import find_sites
from .sites import for_each

import sys


def add(commands):
    """Add the command to the subparsers ``commands``."""
    parser = add_command(
        commands,
        "end",
        _run,
        "end the sessions of a user, one session, or all",
        "End the sessions of a user, one session, or all of a site.  Their data is "
        "deleted,\nand their visitors start with a new session.",
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
        help="the sessions of the user with this id, which may differ from the login "
        "name",
    )
    which.add_argument(
        "--handle",
        metavar="HANDLE",
        help="the session whose handle, as shown in lists of sessions, begins with "
        "these 8 or more digits",
    )
    which.add_argument(
        "--all",
        action="store_true",
        help="all sessions of the site; asks first",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask first")
    add_sites(parser, "all sites; required for --all if there are several")


def _run(app, options):
    if options.all:
        return _end_all(find_named_sites(app, options.sites), options.yes)
    sites = find_sites(app, options.sites)
    if options.handle is not None:
        return _end_by_handle(sites, options.handle.strip().lower())
    return _end_by_user(sites, options.user)


def _end_by_user(sites, user_id):
    numbers = []

    def end(site):
        # Fails for a container of another product, which does not know users.
        site.container()
        number = commit_with_retries(
            lambda: site.manager.endSessionsOf(user_id), "Ended the sessions of a user"
        )
        numbers.append(number)
        if number:
            print(f"{site.path}: ended {count(number, 'session')} of {user_id!r}.")

    code = for_each(sites, end)
    if numbers and not any(numbers):
        raise CommandError(
            f"The user id {user_id!r} has no active session. The id may differ from "
            "the login name."
        )
    return code


def _end_by_handle(sites, beginning):
    found = {}

    def find(site):
        try:
            sessions = site.container().with_handle(beginning)
        except ValueError as error:
            raise UsageError(str(error)) from None
        for session in sessions:
            found[session.getId()] = site

    code = for_each(sites, find)
    if len(found) > 1:
        raise UsageError(
            f"{count(len(found), 'session')} have handles that begin with {beginning}. "
            "Give more digits. Nothing was ended."
        )
    for handle, site in found.items():
        if for_each([site], lambda site: _end_session(site, handle)) == DONE:
            return code
    raise CommandError(
        f"No active session has a handle that begins with {beginning}. It may have "
        "ended. The overview of sessions lists the active ones."
    )


def _end_session(site, handle):
    def end():
        sessions = site.container().with_handle(handle)
        for session in sessions:
            session.invalidate()
        return len(sessions)

    # The session may have ended since it was found.
    if not commit_with_retries(end, "Ended a session"):
        return INCOMPLETE
    print(f"{site.path}: ended the session {handle[:8]}.")
    return DONE


def _end_all(sites, confirmed):
    numbers = {site.path: site.container().statistics().live for site in sites}
    if not confirmed:
        _confirm(numbers)

    def end(site):
        site.container()
        commit_with_retries(site.manager.endAllSessions, "Ended all sessions")
        print(
            f"{site.path}: ended all sessions, about {numbers[site.path]:,}. The next "
            "sweep removes their data."
        )

    return for_each(sites, end)


def _confirm(numbers):
    """Raise ``CommandError`` unless the user of a terminal answers yes."""
    if not sys.stdin.isatty():
        raise UsageError(
            "This ends all sessions, and there is no terminal to ask for confirmation. "
            "To confirm, give --yes."
        )
    for path, number in numbers.items():
        print(
            f"{path}: about {count(number, 'active session')} will end. Their data, "
            "for example carts, will be deleted.",
            file=sys.stderr,
        )
    print("Continue? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise CommandError("Nothing was ended.")
