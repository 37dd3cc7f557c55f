"""``sessions move``: live sessions go to the database that is configured for them."""

from ..database.location import location_of
from ..operations.relocation import relocate
from . import parser as parsing
from .errors import DONE
from .output import count
from .progress import bar
from .retry import committed
from .sites import chosen
from .sites import for_each
from functools import partial


def add(commands):
    """Add the command to the subparsers ``commands``."""
    parser = parsing.add_command(
        commands,
        "move",
        _run,
        "move live sessions to another database of this Zope",
        "Move live sessions to the database for them, after zope.conf was changed.\n\n"
        "Stop the sites, change zope.conf of all of them, call this, "
        "and start them again: so\nvisitors keep their sessions.  If it is interrupted, "
        "call it again.",
        ("move", "move Plone folder/Plone"),
    )
    parsing.add_sites(parser, "all sites")


def _run(app, options):
    return for_each(chosen(app, options.sites), _move)


def _move(site):
    site.container()
    moved = relocate(
        site.manager,
        partial(committed, note="Moved sessions"),
        lambda steps: bar(site.path, steps, unit=" steps"),
    )
    present = location_of(site.container()).name
    if moved.left:
        print(
            f"{site.path}: moved {count(moved.sessions, 'session')} out of "
            f"{', '.join(moved.left)} into {present}."
        )
    else:
        print(
            f"{site.path}: all sessions are where they belong, in {present}. Those of "
            "other databases are moved if zope.conf has these."
        )
    return DONE
