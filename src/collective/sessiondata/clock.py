"""The one clock: every time in this package is read here, so tests can travel."""

import time

_source = time.time


def now():
    """Return the current time as a float: seconds since the epoch."""
    return _source()
