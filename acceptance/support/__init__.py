"""Shared by the other folders: an HTTP client, servers, database engines, a network."""

from pathlib import Path

import signal
import sys

CHECKOUT = Path(__file__).parents[2]

# For databases that are measured: temporary files of the system may be in memory.
DATABASES = CHECKOUT / "var"


def exit_on_sigterm():
    """Exit as usual at SIGTERM, so that the processes that were started are ended."""
    signal.signal(signal.SIGTERM, lambda *details: sys.exit("Terminated."))
