"""A bar on a terminal that tells how far it is; elsewhere it is silent."""

from tqdm import tqdm


class _Bar(tqdm):
    # No thread that looks whether it moves.
    monitor_interval = 0


def bar(what, items=None, total=None, unit=" sessions"):
    """Return a bar: over ``items``, or to be updated."""
    # On stderr; ``disable=None``: not where that is no terminal.
    return _Bar(items, what, total, unit=unit, disable=None, leave=False)
