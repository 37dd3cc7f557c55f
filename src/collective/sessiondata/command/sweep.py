"""``sessions sweep``: remove expired sessions now."""

from ..storage.background import is_new
from ..storage.background import opened
from ..storage.sweeper import sweep
from .errors import DONE
from .errors import INCOMPLETE
from .output import count
from .output import progress_bar
from .parser import add_command
from .parser import add_sites
from .retry import commit_with_retries
from .sites import find_sites
from .sites import for_each
from Acquisition import aq_base


def add(commands):
    """Add the command to the subparsers ``commands``."""
    parser = add_command(
        commands,
        "sweep",
        _run,
        "remove expired sessions now",
        "Remove expired sessions now, in small transactions that do not disturb "
        "visitors.  Each\nZope does this regularly, unless its zope.conf says "
        '"housekeeping off".',
        ("sweep", "sweep Plone folder/Plone"),
    )
    add_sites(parser, "all sites")


def _run(app, options):
    return for_each(find_sites(app, options.sites), _sweep)


def _sweep(site):
    container = aq_base(site.container())
    if is_new(container):
        print(f"{site.path}: there is no session yet.")
        return DONE
    with (
        opened(container._p_jar.db(), container._p_oid) as container,
        progress_bar(site.path, total=len(container)) as bar,
    ):
        removed = 0

        def show_progress(visited, removed_so_far):
            nonlocal removed
            removed = removed_so_far
            bar.update(visited - bar.n)

        try:
            swept = sweep(container.store, container.notifier(), report=show_progress)
        except KeyboardInterrupt:
            bar.close()
            print(f"{site.path}: removed {count(removed, 'session')}, or a few more.")
            raise
        commit_with_retries(
            lambda: container.store.lease.note_sweep(swept.removed),
            "Swept the sessions",
        )
    print(
        f"{site.path}: visited {count(swept.visited, 'session')}, removed "
        f"{swept.removed:,}, in {swept.seconds:.1f} s."
    )
    if not swept.complete:
        print(
            f"{site.path}: some sessions were in use or failed. The next sweep removes "
            "them."
        )
        return INCOMPLETE
    return DONE
