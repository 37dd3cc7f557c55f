"""Where servers of tests listen."""

from contextlib import closing

import socket
import time


def free_port():
    """Return a port of the loopback interface on which nothing listens."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(process, port, seconds=10):
    """Return once ``process`` listens on ``port``; ``RuntimeError`` if it does not."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{process.args[0]} did not start; it should have said why.")
