"""Arguments, help and unexpected errors of the commands."""

from ..interfaces import ISessionInvalidated
from .support.commands import COMMANDS
from .support.commands import CommandTestCase
from unittest import mock

import re


class HelpTest(CommandTestCase):
    def test_the_examples_of_each_command_can_be_parsed(self):
        for command in COMMANDS:
            out = self.run_ok(command, "--help")
            self.assertIn("exit codes:", out)
            examples = re.findall(f"  bin/instance sessions ({command}.*)", out)
            self.assertTrue(examples, out)
            for example in examples:
                with mock.patch(
                    "collective.sessiondata.command._run", lambda app, options: 0
                ):
                    self.run_ok(*example.split())

    def test_help_lists_all_commands(self):
        # As bin/instance calls it.
        out = self.run_ok("-c", "sessions")
        for command in COMMANDS:
            self.assertIn(f"    {command}", out)

    def test_wrong_arguments_are_usage_errors(self):
        for words in (
            ("stat",),
            ("end",),
            ("end", "--user", "jane", "--all"),
            # Options cannot be abbreviated.
            ("end", "--al", "--yes"),
            ("migrate",),
            ("stats", "--cookie"),
            ("benchmark-this-site", "--seconds", "0"),
            ("benchmark-this-site", "--seconds", "nan"),
            ("benchmark-this-site", "--seconds", "many"),
        ):
            with self.subTest(words):
                self.assertIn(
                    "usage: bin/instance sessions", self.run_failing(2, *words)
                )

    def test_unexpected_errors_are_reported_and_can_be_traced(self):
        self.subscribe(ISessionInvalidated, lambda event: 1 / 0)
        self.visit("jane")
        error = self.run_failing(1, "end", "--user", "jane")
        self.assertIn("ZeroDivisionError", error)
        self.assertIn("--traceback", error)
        with self.assertRaises(ZeroDivisionError):
            self.run_command("--traceback", "end", "--user", "jane")
        self.assertEqual(self.active(), 1)
