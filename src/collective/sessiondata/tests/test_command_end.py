"""``bin/instance sessions end``"""

from ..command import sessions
from ..interfaces import ISessionInvalidated
from .support.commands import CommandTestCase
from .support.commands import Outcome
from .support.commands import terminal
from Acquisition import aq_base
from contextlib import contextmanager
from contextlib import redirect_stderr
from contextlib import redirect_stdout
from io import StringIO
from unittest import mock
from zope.component.hooks import getSite

import os
import transaction


class EndTest(CommandTestCase):
    def test_the_sessions_of_a_user(self):
        other = self.add_folder()
        self.visit("jane")
        self.visit("jane")
        self.visit("jane", other)
        visitor, _handle = self.visit("bob")
        out = self.run_ok("end", "--user", "jane")
        self.assertEqual(
            out,
            "/folder: ended 1 session of 'jane'.\n"
            "/plone: ended 2 sessions of 'jane'.\n",
        )
        self.assertEqual((self.active(), self.active(other)), (1, 0))
        self.assertEqual(visitor.data(), {"items": ["tea"]})
        error = self.run_failing(1, "end", "--user", "jane")
        self.assertIn("The user id 'jane' has no active session", error)

    def test_one_session_by_its_handle(self):
        self.visit()
        visitor, handle = self.visit("jane")
        ended = []
        self.subscribe(ISessionInvalidated, lambda event: ended.append(getSite()))
        out = self.run_ok("end", "--handle", handle[:8].upper())
        self.assertEqual(out, f"/plone: ended the session {handle[:8]}.\n")
        self.assertIsNone(visitor.data())
        self.assertEqual(self.active(), 1)
        self.assertEqual([aq_base(site) for site in ended], [aq_base(self.portal)])
        for digits in (handle[:8], handle):
            error = self.run_failing(1, "end", "--handle", digits)
            self.assertIn(
                f"No active session has a handle that begins with {digits}", error
            )

    def test_a_handle_is_at_least_eight_digits(self):
        self.add_folder()
        for words in ("1234567", "", "12345678x", "*" * 32):
            error = self.run_failing(2, "end", "--handle", words)
            self.assertRegex(
                error, r"^A handle is told by 8 or more of its digits.*\n$"
            )

    def test_an_ambiguous_handle_is_refused(self):
        _visitor, handle = self.visit()
        twin = self.container.prepare("twin")
        aq_base(twin)._digest = bytes.fromhex(handle[:10] + 22 * "0")
        twin["a"] = 1
        transaction.commit()
        error = self.run_failing(2, "end", "--handle", handle[:8])
        self.assertEqual(
            error,
            f"2 sessions have handles that begin with {handle[:8]}. Give more digits. "
            "Nothing was ended.\n",
        )
        self.assertEqual(self.active(), 2)
        self.run_ok("end", "--handle", twin.getId())
        self.assertEqual(self.active(), 1)

    def test_all_sessions_of_a_site(self):
        other = self.add_folder()
        self.visit()
        self.visit(manager=other)
        out = self.run_ok("end", "--all", "--yes", "plone")
        self.assertIn("/plone: ended all sessions, about 1.", out)
        self.assertEqual((self.active(), self.active(other)), (0, 1))
        self.visit()
        self.assertEqual(self.active(), 1)

    def test_ending_all_sessions_asks_first(self):
        self.visit()
        error = self.run_failing(2, "end", "--all")
        self.assertIn("give --yes", error)
        for answer in ("n\n", "\n", "maybe\n", "\x04"):
            with self.asked(answer) as outcome:
                self.assertEqual(outcome.code, 1)
            self.assertIn("/plone: about 1 active session will end.", outcome.err)
            self.assertIn("Nothing was ended.", outcome.err)
        self.assertEqual(self.active(), 1)
        with self.asked("y\n") as outcome:
            self.assertEqual(outcome.code, 0)
        self.assertEqual(self.active(), 0)

    @contextmanager
    def asked(self, answer):
        with terminal(answer) as (line, screen):
            out, err = StringIO(), StringIO()
            code = 0
            keys = open(os.dup(line.fileno()))
            with keys, redirect_stdout(out), redirect_stderr(err):
                with mock.patch("sys.stdin", keys):
                    try:
                        sessions(self.app, ["end", "--all"])
                    except SystemExit as end:
                        code = end.code
        transaction.begin()
        yield Outcome(code, out.getvalue(), err.getvalue())
