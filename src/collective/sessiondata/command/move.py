"""``sessions move``: relocate active sessions to the database configured for them."""

from ..database.location import location_of
from ..operations.relocation import relocate
from .errors import DONE
from .output import count
from .output import progress_bar
from .parser import add_command
from .parser import add_sites
from .retry import commit_with_retries
from .sites import find_sites
from .sites import for_each
from functools import partial


def add(commands):
    """Add the command to the subparsers ``commands``."""
    parser = add_command(
        commands,
        "move",
        _run,
        "move active sessions to another database of this Zope",
        "Move active sessions to the database for sessions after a change of zope.conf."
        "\n\nStop the sites, change their zope.conf, run this command, and start them "
        "again.  Visitors\nkeep their sessions.  If the command is interrupted, run it "
        "again.",
        ("move", "move Plone folder/Plone"),
    )
    add_sites(parser, "all sites")


def _run(app, options):
    return for_each(find_sites(app, options.sites), _move)


def _move(site):
    site.container()
    moved = relocate(
        site.manager,
        partial(commit_with_retries, note="Moved sessions"),
        lambda steps: progress_bar(site.path, steps, unit=" steps"),
    )
    database = location_of(site.container()).name
    if moved.left:
        print(
            f"{site.path}: moved {count(moved.sessions, 'session')} from "
            f"{', '.join(moved.left)} to {database}."
        )
    else:
        print(
            f"{site.path}: all sessions are in {database} already. To move sessions "
            "from another database, configure it in zope.conf."
        )
    return DONE
