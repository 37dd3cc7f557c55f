"""``sessions move``: live sessions go to the databases that are configured for them."""

from ..database import whereabouts
from ..moving import move
from . import parsing
from .commits import committed
from .printed import count
from .progress import bar
from .sites import chosen
from .sites import for_each
from .trouble import DONE
from functools import partial


def add(commands):
    """Add the command to the subparsers ``commands``."""
    parser = parsing.add_command(
        commands,
        "move",
        _run,
        "move live sessions to another database of this Zope",
        "Move live sessions to the databases for them, after zope.conf was changed: from "
        "that\nof the content to one named sessions, and over all of sessions, "
        "sessions-1, ...\n\nStop the sites, change zope.conf of all of them, call this, "
        "and start them again: so\nvisitors keep their sessions.  If it is interrupted, "
        "call it again.",
        ("move", "move Plone folder/Plone"),
    )
    parsing.add_sites(parser, "all sites")


def _run(app, options):
    return for_each(chosen(app, options.sites), _move)


def _move(site):
    site.container()
    moved = move(
        site.manager,
        partial(committed, note="Moved sessions"),
        lambda steps: bar(site.path, steps, unit=" steps"),
    )
    present = whereabouts(site.container()).name
    if moved.left:
        print(
            f"{site.path}: moved {count(moved.sessions, 'session')} out of "
            f"{', '.join(moved.left)} into {present}."
        )
    if moved.new:
        print(f"{site.path}: {count(moved.new, 'database')} more in use.")
    if not (moved.left or moved.new):
        print(
            f"{site.path}: all sessions are where they belong, in {present}. Those of "
            "other databases are moved if zope.conf has these."
        )
    return DONE
