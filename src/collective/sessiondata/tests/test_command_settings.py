"""``bin/instance sessions settings``"""

from ..command import settings
from ..interfaces import ISettingsChanged
from ..settings import site as sitesettings
from .support.commands import CommandTestCase
from Acquisition import aq_base
from contextlib import closing
from plone.registry.interfaces import IRegistry
from transaction import TransactionManager
from unittest import mock
from zope.component import getUtility

import json


class SettingsTest(CommandTestCase):
    def test_all_are_known_here(self):
        self.assertEqual([*settings._KNOWN], [*sitesettings.SETTINGS])
        result = self.run_json("settings")
        self.assertEqual(result, {"/plone": sitesettings.read(self.manager)})
        out = self.run_ok("settings", "plone")
        for name in sitesettings.SETTINGS:
            self.assertRegex(out, rf"(?m)^  {name} +\S+ +\S")

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
        before = sitesettings.read(self.manager)
        for wrong, expected in (
            ("limit=many", "limit is a whole number, 0 or more; 'many' is not."),
            ("limit=-1", "limit is a whole number"),
            ("limit=2.5", "limit is a whole number"),
            ("limit=", "limit is a whole number"),
            ("limit=none", "limit is a whole number"),
            ("timeout_minutes=1e3", "timeout_minutes is a whole number"),
            ("resolution_seconds=nan", "is a whole number, 0 or more, or none; 'nan'"),
            ("resolution_seconds=2.5", "resolution_seconds is a whole number"),
            ("keep_data_at_login=yes", "keep_data_at_login is true or false"),
            ("when_full=burst", "when_full is one of 'drop', 'refuse'; 'burst' is"),
            ("cookie_domain=com", "'com' is not"),
            ("cookie_name=a b", "'a b' is not"),
            ("cookie_same_site=Some", "SameSite is one of Lax, Strict, None"),
            ("cookie_name=__Host-a", "needs the path / and no domain"),
            ("cookie_name=__Secure-a", "needs the Secure flag"),
        ):
            with self.subTest(wrong):
                error = self.run_failing(
                    2, "settings", "plone", "max_size_kib=9", wrong
                )
                self.assertIn(expected, error)
                self.assertIn("Nothing was changed.", error)
                self.assertEqual(sitesettings.read(self.manager), before)

    def test_what_does_not_go_together_is_a_wrong_usage(self):
        error = self.run_failing(
            2, "settings", "plone", "timeout_minutes=1", "resolution_seconds=100"
        )
        self.assertIn("Nothing was changed.", error)
        self.assertEqual(self.container.timeout, 3600)

    def test_an_unknown_name_is_answered_with_those_there_are(self):
        error = self.run_failing(2, "settings", "plone", "timeout=3")
        self.assertIn("no setting 'timeout'", error)
        for name in sitesettings.SETTINGS:
            self.assertIn(name, error)

    def test_what_makes_no_sense(self):
        for words, expected in (
            (("plone", "timeout_minutes"), "Say timeout_minutes=VALUE"),
            (("plone", "folder"), "The settings of one site at a time"),
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
