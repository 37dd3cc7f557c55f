"""The one clock: all times in this package are read here, so tests can travel."""

from contextlib import contextmanager

import time

# What the clock reads: returns seconds since the epoch.
source = time.time


def now():
    """Return the current time as a float: seconds since the epoch."""
    return source()


@contextmanager
def shifted(seconds):
    """Add ``seconds`` to the time of this clock, in the ``with`` block."""
    global source
    present = source

    def ahead():
        return present() + seconds

    source = ahead
    try:
        yield
    finally:
        source = present
