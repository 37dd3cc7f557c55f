"""Which sites a command works on."""

from ..container import TransientObjectContainer
from ..settings.site import SETTINGS
from .support.commands import CommandTestCase
from OFS.Folder import Folder
from Products.TemporaryFolder.TemporaryFolder import MountedTemporaryFolder
from Products.Transience.Transience import TransientObjectContainer as StockContainer
from unittest import mock
from zope.component.hooks import getSite
from zope.globalrequest import getRequest

import json
import transaction


class SitesTest(CommandTestCase):
    """Sites are found by path, or all are used."""

    def test_all_sites_or_those_that_are_named(self):
        self.add_folder()
        self.assertEqual([*self.run_json("stats")], ["/folder", "/plone"])
        for path in ("plone", "/plone", "plone/", "plone/session_data_manager"):
            self.assertEqual([*self.run_json("stats", path)], ["/plone"])
        both = self.run_json("stats", "plone", "folder", "/plone")
        self.assertEqual([*both], ["/plone", "/folder"])

    def test_a_site_whose_container_is_in_a_folder(self):
        manager = self.add_folder(path="/folder/here")
        self.app.folder._setObject("here", TransientObjectContainer("here"))
        transaction.commit()
        self.visit(manager=manager)
        self.assertEqual(self.run_json("stats")["/folder"]["statistics"]["live"], 1)

    def test_a_folder_below_another(self):
        self.app.manage_addFolder("outer")
        with mock.patch.object(self, "app", self.app.outer):
            self.add_folder("inner")
        self.assertEqual([*self.run_json("stats", "outer/inner")], ["/outer/inner"])
        self.assertIn("/outer/inner", self.run_json("stats"))

    def test_a_path_without_sessions(self):
        for path in ("Plon", "plone/nowhere", "../plone", "acl_users", "@@"):
            error = self.run_failing(2, "stats", path)
            self.assertIn("no session data manager of collective.sessiondata", error)
            self.assertIn("These have one: /plone.", error)

    def test_a_folder_in_a_site_is_refused(self):
        self.portal._setObject("news", Folder("news"))
        transaction.commit()
        error = self.run_failing(2, "settings", "plone/news", "limit=3")
        self.assertIn("It uses the sessions of /plone.", error)

    def test_no_site_has_sessions(self):
        self.portal._delObject("session_data_manager")
        transaction.commit()
        for words in (("stats",), ("sweep",), ("settings",), ("end", "--all")):
            error = self.run_failing(1, *words)
            self.assertIn("No site here has sessions. Install the add-on", error)
        self.assertIn("Install the add-on", self.run_failing(2, "stats", "plone"))

    def test_changes_need_the_name_of_a_site(self):
        self.add_folder()
        for words in (
            ("settings", "limit=3"),
            ("benchmark-this-site",),
            ("end", "--all", "--yes"),
        ):
            error = self.run_failing(2, *words)
            self.assertEqual(error, "Say which site: /folder, /plone.\n")

    def test_an_error_in_one_site_does_not_stop_the_others(self):
        self.add_folder()
        self.app.folder.session_data_manager.setContainerPath("/nowhere")
        transaction.commit()
        code, out, err = self.run_command("stats", "--json")
        self.assertEqual((code, [*json.loads(out)]), (1, ["/plone"]))
        self.assertIn("/folder: There is no session data container at /nowhere", err)

    def test_a_container_of_another_product_is_refused(self):
        self.app._setObject("stock", StockContainer("stock"))
        self.manager.setContainerPath("/stock")
        transaction.commit()
        for words in (
            ("stats",),
            ("sweep",),
            ("benchmark-this-site",),
            ("end", "--user", "jane"),
            ("end", "--all", "--yes"),
            ("end", "--handle", "12345678"),
        ):
            error = self.run_failing(1, *words)
            self.assertIn("kept by another product, at /stock", error)
        error = self.run_failing(2, "settings", "plone", "limit=3")
        self.assertIn("/plone has no limit", error)
        self.assertNotIn("limit", self.run_json("settings")["/plone"])
        self.run_ok("settings", "cookie_life_days=3", "cookie_secure=true")
        ids = self.portal.browser_id_manager
        self.assertEqual((ids.getCookieLifeDays(), ids.getCookieSecure()), (3, True))

    def test_sessions_in_the_memory_of_a_running_site_are_refused(self):
        folder = MountedTemporaryFolder("temp_folder")
        self.app._setObject("temp_folder", folder)
        transaction.commit()
        container = TransientObjectContainer("session_data", shards=1)
        self.app.temp_folder._setObject("session_data", container)
        self.manager.setContainerPath("/temp_folder/session_data")
        transaction.commit()
        for words in (
            ("stats",),
            ("settings", "limit=3"),
            ("end", "--user", "jane"),
            ("benchmark-this-site",),
        ):
            error = self.run_failing(1, *words)
            self.assertIn("in the memory of the Zope process that serves it", error)
        error = self.assert_only_other_settings()
        self.assertIn("in the memory of the Zope process that serves it", error)

    def test_other_settings_can_be_changed_without_a_container(self):
        self.manager.setContainerPath("/nowhere")
        transaction.commit()
        error = self.run_failing(1, "settings", "plone", "limit=3")
        self.assertIn("no session data container at /nowhere", error)
        error = self.assert_only_other_settings()
        self.assertIn("no session data container at /nowhere", error)

    def assert_only_other_settings(self):
        """Check that only settings of the managers can be used; return the error."""
        rest = [
            name for name, setting in SETTINGS.items() if setting.part != "container"
        ]
        code, out, err = self.run_command("settings", "--json")
        self.assertEqual((code, [*json.loads(out)["/plone"]]), (1, rest))
        changed = self.run_json(
            "settings", "cookie_name=other", "keep_data_at_login=false"
        )
        self.assertEqual([*changed["/plone"]], ["cookie_name", "keep_data_at_login"])
        # All given settings are changed, or none.
        self.run_failing(1, "settings", "cookie_name=third", "limit=3")
        ids = self.portal.browser_id_manager
        self.assertEqual(ids.getBrowserIdName(), "other")
        self.assertFalse(self.manager.getKeepDataAtLogin())
        return err

    def test_the_current_site_and_request_are_restored(self):
        before = getSite(), getRequest()
        self.run_command("stats")
        self.run_command("sweep")
        self.assertEqual((getSite(), getRequest()), before)
