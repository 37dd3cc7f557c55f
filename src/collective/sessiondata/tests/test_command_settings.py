"""``bin/instance sessions settings``"""

from ..interfaces import ISettingsChanged
from ..settings.site import read_settings
from ..settings.site import SETTINGS
from .support.commands import CommandTestCase
from Acquisition import aq_base
from contextlib import closing
from plone.registry.interfaces import IRegistry
from transaction import TransactionManager
from unittest import mock
from zope.component import getUtility

import json
import re


class SettingsTest(CommandTestCase):
    def test_every_setting_of_the_table_is_printed(self):
        result = self.run_json("settings")
        self.assertEqual(result, {"/plone": read_settings(self.manager)})
        out = self.run_ok("settings", "plone")
        for name, setting in SETTINGS.items():
            title = re.escape(setting.title)
            self.assertRegex(out, rf"(?m)^  {name} +\S+ +{title}$")

    def test_every_setting_of_the_table_is_explained(self):
        out = " ".join(self.run_ok("settings", "--help").split())
        for name, setting in SETTINGS.items():
            self.assertIn(f"{name}: {setting.title}", out)
            self.assertIn(setting.description, out)
        self.assertIn("Set a whole number from 0 to 36,500. Default: 0.", out)

    def test_what_is_printed_can_be_set(self):
        before = self.run_json("settings")["/plone"]
        self.run_ok(
            "settings",
            "plone",
            *(
                f"{name}={'' if value == '' else json.dumps(value)}".replace('"', "")
                for name, value in before.items()
                if value is not None
            ),
        )
        self.assertEqual(self.run_json("settings")["/plone"], before)

    def test_some_are_changed(self):
        words = (
            "timeout_minutes=30",
            "resolution_seconds=2",
            "when_full=refuse",
            "cookie_secure=True",
            "cookie_same_site=none",
            "cookie_name=__Host-id",
            "cookie_path=/",
        )
        out = self.run_ok("settings", "plone", *words)
        self.assertRegex(out, "(?m)^  timeout_minutes +60 -> 30$")
        self.assertRegex(out, "(?m)^  resolution_seconds +none -> 2$")
        self.assertRegex(out, r"(?m)^  cookie_path +\(empty\) -> /$")
        self.assertEqual(self.container.timeout, 1800)
        self.assertEqual(self.container.resolution, 2)
        records = getUtility(IRegistry)
        self.assertEqual(records["collective.sessiondata.timeout_minutes"], 30)
        ids = self.portal.browser_id_manager
        self.assertEqual(ids.getCookieSameSite(), "None")
        for nothing in ("", "none", "NONE"):
            self.run_ok("settings", "plone", f"resolution_seconds={nothing}")
            self.assertIsNone(self.container.resolution)
        result = self.run_json("settings", "limit=5", "plone")
        self.assertEqual(result, {"/plone": {"limit": {"from": 100_000, "to": 5}}})

    def test_the_only_site_need_not_be_named(self):
        self.run_ok("settings", "limit=7")
        self.assertEqual(self.container.limit, 7)

    def test_all_are_changed_or_none(self):
        before = read_settings(self.manager)
        for wrong, expected in (
            (
                "limit=many",
                "limit cannot be 'many'. Set a whole number from 0 to 1,000,000,000.",
            ),
            ("limit=-1", "limit cannot be -1. Set a whole number"),
            ("limit=2.5", "limit cannot be 2.5. Set a whole number"),
            ("limit=", "limit cannot be ''. Set a whole number"),
            ("limit=none", "limit cannot be 'none'. Set a whole number"),
            ("timeout_minutes=1e3", "timeout_minutes cannot be 1000.0. Set a whole"),
            ("timeout_minutes=10000000", "whole number from 0 to 5,270,400."),
            ("resolution_seconds=nan", "cannot be nan. Set a whole number from 0 to"),
            ("resolution_seconds=2.5", "resolution_seconds cannot be 2.5. Set a whole"),
            ("keep_data_at_login=yes", "cannot be 'yes'. Set true or false."),
            ("when_full=burst", "cannot be 'burst'. Set one of 'drop', 'refuse'."),
            ("cookie_domain=com", "cookie_domain cannot be 'com'. Use a name with"),
            ("cookie_name=a b", "cookie_name cannot be 'a b'. Use letters"),
            ("cookie_same_site=Some", "Set one of 'Lax', 'Strict', 'None', 'browser'."),
            ("cookie_name=__Host-a", "needs the path / and no domain"),
            ("cookie_name=__Secure-a", "needs the Secure flag"),
        ):
            with self.subTest(wrong):
                error = self.run_failing(
                    2, "settings", "plone", "max_size_kib=9", wrong
                )
                self.assertIn(expected, error)
                self.assertIn("Nothing was changed.", error)
                self.assertEqual(read_settings(self.manager), before)

    def test_what_does_not_go_together_is_a_wrong_usage(self):
        error = self.run_failing(
            2, "settings", "plone", "timeout_minutes=1", "resolution_seconds=100"
        )
        self.assertIn("Nothing was changed.", error)
        self.assertEqual(self.container.timeout, 3600)

    def test_an_unknown_name_is_answered_with_those_there_are(self):
        error = self.run_failing(2, "settings", "plone", "timeout=3")
        self.assertIn("no setting 'timeout'", error)
        for name in SETTINGS:
            self.assertIn(name, error)

    def test_what_makes_no_sense(self):
        for words, expected in (
            (("plone", "timeout_minutes"), "Give timeout_minutes=VALUE"),
            (("plone", "folder"), "Name one site only"),
            (("limit=3", "limit=4"), "limit is given twice"),
        ):
            self.assertIn(expected, self.run_failing(2, "settings", *words))

    def set_elsewhere(self, times):
        """Change the same container from another connection, at most ``times`` times."""
        jar = self.container._p_jar
        left = [None] * times

        def interfere(event):
            if left and event.object is aq_base(self.container):
                left.pop()
                manager = TransactionManager()
                with closing(jar.db().open(manager)) as connection:
                    container = connection.get(event.object._p_oid)
                    container.store.max_size = 1000 + len(left)
                    manager.commit()

        self.subscribe(ISettingsChanged, interfere)

    def test_who_was_faster_does_not_matter(self):
        self.set_elsewhere(2)
        self.run_ok("settings", "limit=7")
        self.assertEqual((self.container.limit, self.container.max_size), (7, 1000))

    def test_who_is_always_faster_is_told_of(self):
        self.set_elsewhere(99)
        with mock.patch("collective.sessiondata.command.retry.PAUSE", 0):
            error = self.run_failing(1, "settings", "limit=7")
        self.assertIn("Nothing was changed; try again.", error)
