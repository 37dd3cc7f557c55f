"""``bin/instance sessions sweep``"""

from ..command import sessions
from ..interfaces import ISessionExpired
from ..testing import travel
from .support.commands import CommandTestCase
from .support.commands import terminal
from contextlib import redirect_stderr
from contextlib import redirect_stdout
from functools import partialmethod
from io import StringIO
from tqdm import tqdm
from unittest import mock
from ZODB.POSException import ConflictError

import os
import re
import transaction


class SweepTest(CommandTestCase):
    def test_expired_sessions_are_removed(self):
        self.visit()
        self.visit("jane")
        with travel(hours=2):
            self.visit()
            self.assertRegex(
                self.run_ok("sweep"),
                r"^/plone: visited 3 sessions, removed 2, in 0\.\d s\.\n$",
            )
            result = self.run_json("stats")["/plone"]["statistics"]
            self.assertEqual((result["live"], result["expired"]), (1, 0))
            self.assertEqual(result["swept_total"], 2)
            self.assertRegex(result["swept"], "Z$")
            self.assertIn("2 sessions removed in total", self.run_ok("stats"))
        self.assertEqual(len(self.container), 1)

    def test_a_terminal_shows_a_progress_bar(self):
        self.visit()
        eager = partialmethod(tqdm.__init__, mininterval=0)
        with travel(hours=2), terminal() as (line, screen):
            with (
                mock.patch.object(tqdm, "__init__", eager),
                redirect_stdout(StringIO()),
                redirect_stderr(line),
            ):
                sessions(self.app, ["sweep"])
            line.flush()
            shown = os.read(screen, 10_000).decode()
        self.assertIn("/plone:", shown)
        self.assertIn("1/1", shown)

    def test_sessions_with_conflicts_are_reported_and_kept(self):
        def conflict(event):
            raise ConflictError

        self.subscribe(ISessionExpired, conflict)
        self.visit()
        with travel(hours=2):
            code, out, err = self.run_command("sweep")
        self.assertEqual((code, err), (1, ""))
        self.assertIn("removed 0", out)
        self.assertIn("The next sweep removes them", out)

    def test_ctrl_c_keeps_what_was_removed(self):
        ended = []

        def interrupt(event):
            ended.append(event)
            if len(ended) == 150:
                raise KeyboardInterrupt

        self.subscribe(ISessionExpired, interrupt)
        for number in range(200):
            self.container.new(str(number))
        transaction.commit()
        with travel(hours=2):
            code, out, err = self.run_command("sweep")
            self.assertEqual((code, err), (1, "Stopped.\n"))
            (removed,) = re.findall(r"removed (\d+) sessions, or a few more", out)
            self.assertEqual(len(self.container), 200 - int(removed))
            self.assertGreater(int(removed), 0)
