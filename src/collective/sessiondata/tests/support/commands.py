"""Run the commands of ``bin/instance sessions`` in tests."""

from ...browserid import BrowserIdManager
from ...command import sessions
from ...manager import SessionDataManager
from ...testing import SESSIONDATA_FUNCTIONAL_TESTING
from ...testing import Visitor
from .server import SERVER
from contextlib import contextmanager
from contextlib import redirect_stderr
from contextlib import redirect_stdout
from io import StringIO
from typing import NamedTuple
from unittest import mock
from unittest import TestCase
from zope.component import getGlobalSiteManager

import fcntl
import json
import os
import re
import struct
import subprocess
import sys
import termios
import transaction

COMMANDS = (
    "stats",
    "sweep",
    "end",
    "settings",
    "migrate",
    "move",
    "benchmark-this-site",
)


class Outcome(NamedTuple):
    """The exit code of a command, and what it printed."""

    code: int
    out: str
    err: str


class CommandTestCase(TestCase):
    """Runs commands in this process."""

    layer = SESSIONDATA_FUNCTIONAL_TESTING

    def setUp(self):
        self.app, self.portal = self.layer["app"], self.layer["portal"]
        self.manager = self.portal.session_data_manager
        self.container = self.manager.container()
        transaction.commit()

    def run_command(self, *arguments):
        """Run ``bin/instance sessions`` with these arguments; return the ``Outcome``."""
        out, err = StringIO(), StringIO()
        code = 0
        with redirect_stdout(out), redirect_stderr(err), open(os.devnull) as no_input:
            with mock.patch("sys.stdin", no_input):
                try:
                    sessions(self.app, [*arguments])
                except SystemExit as end:
                    code = end.code
        transaction.begin()
        return Outcome(code, out.getvalue(), err.getvalue())

    def run_ok(self, *arguments):
        """Run a command that must succeed without errors; return its output."""
        code, out, err = self.run_command(*arguments)
        self.assertEqual((code, err), (0, ""), out)
        return out

    def run_json(self, *arguments):
        """Run a command with --json that must succeed; return the parsed output."""
        return json.loads(self.run_ok("--traceback", *arguments, "--json"))

    def run_failing(self, code, *arguments):
        """Run a command that must fail with ``code``; return its error message."""
        outcome = self.run_command(*arguments)
        self.assertEqual((outcome.code, outcome.out), (code, ""), outcome.err)
        self.assertNotIn("Traceback", outcome.err)
        return outcome.err

    def visit(self, user_id=None, manager=None, **data):
        """Store ``data`` for a new visitor; return the visitor and the handle."""
        visitor = Visitor(self.portal)
        with visitor:
            session = (manager or self.manager).getSessionData()
            if user_id is not None:
                self.container.bind(session, user_id, "Firefox")
            session.update(data or {"items": ["tea"]})
            handle = session.getId()
        transaction.commit()
        return visitor, handle

    def active(self, manager=None):
        """Return the number of active sessions."""
        return len((manager or self.manager).container().values())

    def add_folder(self, id="folder", path=None):
        """Add a folder with sessions of its own; return its manager."""
        self.app.manage_addFolder(id)
        folder = self.app[id]
        folder._setObject("browser_id_manager", BrowserIdManager("browser_id_manager"))
        manager = SessionDataManager("session_data_manager", path)
        folder._setObject("session_data_manager", manager)
        transaction.commit()
        return folder.session_data_manager

    def subscribe(self, interface, handler):
        """Call ``handler`` with each event of ``interface`` until the test ends."""
        components = getGlobalSiteManager()
        components.registerHandler(handler, [interface])
        self.addCleanup(components.unregisterHandler, handler, [interface])


@contextmanager
def terminal(answer=""):
    """Yield a terminal into which ``answer`` was typed, and the end that reads it."""
    screen, line = os.openpty()
    # tqdm prints nothing on a terminal without a size.
    fcntl.ioctl(line, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    os.write(screen, answer.encode())
    with open(line, "r+b", 0) as raw, open(raw.fileno(), "w", closefd=False) as keys:
        yield keys, screen
    os.close(screen)


class CommandProcessTestCase(TestCase):
    """Runs commands in a process of their own, as ``bin/instance`` does."""

    layer = SERVER

    SCRIPT = """
import os, signal, sys, Zope2, Zope2.Startup.run
Zope2.Startup.run.configure_wsgi(sys.argv[1])
from collective.sessiondata.command import sessions
app = Zope2.app()
{before}
for words in {commands!r}:
    try:
        sessions(app, ["-c", "sessions", *words])
        code = 0
    except SystemExit as end:
        code = end.code
    print("exit code", code)
"""

    def setUp(self):
        self.server = self.layer["server"]
        self.addCleanup(self.server.configure)
        self.addCleanup(self.server.kill)

    def run_commands(self, server, *commands, before=""):
        """Run ``commands`` in one process.

        Return a list of pairs, output and exit code; and all that is on stderr.
        """
        script = self.SCRIPT.format(commands=commands, before=before)
        process = subprocess.run(
            [sys.executable, "-c", script, str(server.home / "zope.conf")],
            env=dict(os.environ, PYTHONPATH=os.pathsep.join(server.path)),
            cwd=server.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        self.assertEqual(process.returncode, 0, process.stderr)
        *outs, rest = re.split(r"exit code (\d)\n", process.stdout)
        self.assertEqual(rest, "")
        return [*zip(outs[::2], map(int, outs[1::2]))], process.stderr

    def remove_session_databases(self):
        for file in self.server.home.glob("sessions*.fs*"):
            file.unlink()
