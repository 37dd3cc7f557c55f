"""Servers of databases, in processes of their own, on loopback."""

from .loopback import free_port
from .loopback import wait_for
from pathlib import Path

import os
import signal
import subprocess
import sys
import time

# Seconds until a process has to serve, however slow the machine is.
STARTED = 120

ZEO_CONF = """
<zeo>
    address 127.0.0.1:{port}
    pid-filename {home}/zeo.pid
    {more}
    # No transaction-timeout: when that is over, ZEO lets nobody commit any more.
</zeo>
<filestorage 1>
    path {path}
</filestorage>
<eventlog>
    <logfile>
        path STDERR
    </logfile>
</eventlog>
"""


class Process:
    """A process that serves a database, with all that it starts itself.

    ``home`` is a folder for what it writes.
    """

    process = None

    def __init__(self, home):
        self.home = Path(home)
        self.port = free_port()

    def command(self):
        """Return what is to be run, as a list."""
        raise NotImplementedError

    def user(self):
        """Return as whom it runs, as arguments for ``subprocess``."""
        return {}

    def start(self):
        """Start it; see ``wait``."""
        with open(self.home / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self.user(),
            )

    def wait(self):
        """Return once it serves."""
        wait_for(self.process, self.port, seconds=STARTED)

    def log(self):
        """Return what it has said."""
        return (self.home / "server.log").read_text(errors="replace")

    def signal(self, number):
        """Send a signal to it and to what it has started; return their ids."""
        # First to itself: it starts no more, and does not see what becomes of them.
        self.process.send_signal(number)
        return [self.process.pid, *reached(children(self.process.pid), number)]

    def kill(self):
        """End it, if it runs, as a power cut would."""
        if self.process is not None:
            # While they are stopped, none starts and none ends.
            ids = self.signal(signal.SIGSTOP)
            reached(ids, signal.SIGKILL)
            self.process.wait()
            self.process = None
            deadline = time.monotonic() + STARTED
            while any(map(is_running, ids)) and time.monotonic() < deadline:
                time.sleep(0.02)


class ZeoServer(Process):
    """A ZEO server whose only database is at ``database``, ``Data.fs`` unless told.

    ``more`` are lines for its section in zeo.conf.  With ``classes`` False, it cannot
    import those of this package.
    """

    def __init__(self, home, database=None, more="", classes=True):
        super().__init__(home)
        self.classes = classes
        (self.home / "zeo.conf").write_text(
            ZEO_CONF.format(
                port=self.port,
                home=self.home,
                path=database or self.home / "Data.fs",
                more=more,
            )
        )

    def command(self):
        code = "import sys; from ZEO.runzeo import main; main(['-C', sys.argv[1]])"
        if not self.classes:
            # Wherever the package is: in a folder of its own, or with all others.
            code = f"import sys; sys.modules['collective.sessiondata'] = None; {code}"
        return [sys.executable, "-c", code, str(self.home / "zeo.conf")]


def reached(ids, number):
    """Send a signal to processes; return the ids of those that there are."""
    there = []
    for process in ids:
        try:
            os.kill(process, number)
            there.append(process)
        except ProcessLookupError:
            pass
    return there


def status(process):
    """Return the state and the parent of a process; None for no process."""
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return None
    state, parent, *_ = text.rpartition(")")[2].split()
    return state, int(parent)


def children(process):
    """Return the ids of all that ``process`` has started."""
    return [
        int(path.name)
        for path in Path("/proc").glob("[0-9]*")
        if (found := status(path.name)) and found[1] == process
    ]


def is_running(process):
    """Return True if it is there, and not just what remains of it."""
    found = status(process)
    return found is not None and found[0] not in "ZX"
