"""Where servers of tests listen."""

from contextlib import closing

import socket


def free_port():
    """Return a port of the loopback interface on which nothing listens."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
