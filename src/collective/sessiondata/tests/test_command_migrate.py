"""``bin/instance sessions migrate``"""

from ..command import sessions
from .support.commands import CommandTestCase
from .support.commands import terminal
from contextlib import redirect_stderr
from contextlib import redirect_stdout
from io import StringIO
from Products.Transience.Transience import TransientObjectContainer as StockContainer

import os
import transaction


class MigrateTest(CommandTestCase):
    def setUp(self):
        super().setUp()
        self.app._setObject("former", StockContainer("former"))
        for number in range(3):
            self.app.former.new(str(number))["a"] = number
        transaction.commit()

    def test_sessions_are_carried_over(self):
        out = self.run_ok("migrate", "plone", "--from", "/former")
        self.assertEqual(out, "/plone: carried 3 sessions over.\n")
        self.assertEqual((len(self.app.former), self.active()), (0, 3))
        code, out, err = self.run_command("migrate", "plone", "--from", "/former")
        self.assertEqual((code, err), (1, ""))
        self.assertIn("/plone: carried 0 sessions over.", out)
        self.assertIn("Only a running Zope can read a container in its memory", out)

    def test_a_terminal_shows_a_progress_bar(self):
        with terminal() as (line, screen), redirect_stderr(line):
            self.assertIn("carried 3", self.done_there("migrate", "plone"))
            line.flush()
            self.assertIn("/3 [", os.read(screen, 10_000).decode())

    def done_there(self, *words):
        with redirect_stdout(StringIO()) as out:
            sessions(self.app, [*words, "--from", "/former"])
        return out.getvalue()

    def test_a_skipped_session_is_reported_and_kept(self):
        self.container.max_size = 1000
        self.app.former.new("large")["a"] = "a" * 2000
        transaction.commit()
        code, out, err = self.run_command("migrate", "plone", "--from", "/former")
        self.assertEqual((code, err), (1, ""))
        self.assertIn("carried 3 sessions over", out)
        self.assertIn("Skipped a session: SessionTooLarge", out)
        self.assertEqual(len(self.app.former), 1)

    def test_a_wrong_path_is_refused(self):
        for words in ((), ("--from", "/nowhere"), ("--from", "")):
            error = self.run_failing(2, "migrate", "plone", *words)
            self.assertIn("Give its path with --from.", error)
        error = self.run_failing(1, "migrate", "plone", "--from", "/plone")
        self.assertIn("no session data container at '/plone'", error)
