"""``sessions sweep``: what has expired is removed now."""

from ..storage.background import is_new
from ..storage.background import opened
from ..storage.sweeper import sweep
from . import parser as parsing
from .errors import DONE
from .errors import INCOMPLETE
from .output import count
from .progress import bar
from .retry import committed
from .sites import chosen
from .sites import for_each
from Acquisition import aq_base


def add(commands):
    """Add the command to the subparsers ``commands``."""
    parser = parsing.add_command(
        commands,
        "sweep",
        _run,
        "remove expired sessions now",
        "Remove expired sessions now, in small transactions beside visitors.  Each "
        "Zope\ndoes that by itself all the time, unless its zope.conf says "
        '"housekeeping off".',
        ("sweep", "sweep Plone folder/Plone"),
    )
    parsing.add_sites(parser, "all sites")


def _run(app, options):
    return for_each(chosen(app, options.sites), _sweep)


def _sweep(site):
    container = aq_base(site.container())
    if is_new(container):
        print(f"{site.path}: there is no session yet.")
        return DONE
    with (
        opened(container._p_jar.db(), container._p_oid) as container,
        bar(site.path, total=len(container)) as progress,
    ):
        removed = 0

        def tell(visited, removed_now):
            nonlocal removed
            removed = removed_now
            progress.update(visited - progress.n)

        try:
            swept = sweep(container.store, container.notifier(), report=tell)
        except KeyboardInterrupt:
            progress.close()
            print(f"{site.path}: removed {count(removed, 'session')}, or a few more.")
            raise
        committed(
            lambda: container.store.lease.note_sweep(swept.removed),
            "Swept the sessions",
        )
    print(
        f"{site.path}: looked at {count(swept.visited, 'session')}, removed "
        f"{swept.removed:,}, in {swept.seconds:.1f} s."
    )
    if not swept.complete:
        print(f"{site.path}: some were in use or failed; the next sweep takes them.")
        return INCOMPLETE
    return DONE
