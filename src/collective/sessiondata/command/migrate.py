"""``sessions migrate``: carry over the active sessions of another product."""

from ..http.ids import STOCK_COOKIE
from ..operations.carryover import carry_over
from ..settings.manager import DEFAULT_PATH
from .errors import DONE
from .errors import INCOMPLETE
from .errors import UsageError
from .output import count
from .output import progress_bar
from .parser import add_command
from .retry import commit_with_retries
from .sites import find_named_sites
from .sites import for_each
from functools import partial


def add(commands):
    """Add the command to the subparsers ``commands``."""
    parser = add_command(
        commands,
        "migrate",
        _run,
        "carry over the active sessions of another product's container",
        "Carry the active sessions of another product's container over into the site.  "
        "Visitors\nkeep their sessions.  A session that cannot be carried over is "
        "reported, and stays in\nthat container.",
        ("migrate Plone", "migrate Plone --from /temp_folder/session_data"),
    )
    parser.add_argument("site", metavar="SITE", help="the path of the site, as Plone")
    parser.add_argument(
        "--from",
        dest="path",
        metavar="PATH",
        default=DEFAULT_PATH,
        help="the path of that container (%(default)s)",
    )
    parser.add_argument(
        "--cookie",
        metavar="NAME",
        default=STOCK_COOKIE,
        help="the cookie with its browser ids (%(default)s)",
    )


def _run(app, options):
    return for_each(
        find_named_sites(app, [options.site]),
        lambda site: _migrate(site, options.path, options.cookie),
    )


def _migrate(site, path, cookie):
    # An empty path would find the manager itself.
    if not path or site.manager.unrestrictedTraverse(path, None) is None:
        raise UsageError(
            f"There is no session data container at {path!r}. Give its path with --from."
        )
    site.container(foreign=True)
    result = commit_with_retries(
        lambda: carry_over(
            site.manager, path, cookie, partial(progress_bar, site.path)
        ),
        "Carried sessions over",
    )
    print(f"{site.path}: carried {count(result.carried, 'session')} over.")
    for problem in result.problems:
        print(f"Skipped a session: {problem}")
    if not result.carried:
        print(
            "Only a running Zope can read a container in its memory: use the tab Carry "
            "over of the session data manager, in the management interface."
        )
    return DONE if result.carried and not result.problems else INCOMPLETE
