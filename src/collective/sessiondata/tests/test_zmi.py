"""The management screens, in a Zope without Plone, as a browser uses them."""

from .support.server import Client
from .support.server import PLAIN_SERVER
from .support.server import PlainServer
from base64 import b64encode
from lxml import html

import unittest

ADMIN = "Basic " + b64encode(b"admin:admin").decode()

ADD = "manage_addProduct/collective.sessiondata"

PAGE = """\
session = context.session_data_manager.getSessionData()
if "name" in context.REQUEST.form:
    session["name"] = context.REQUEST.form["name"]
return session.get("name", "nobody")
"""


# Every module but those that are for Plone alone.
IMPORT_ALL = """
from collective.sessiondata import __path__
from importlib import import_module
from pkgutil import walk_packages

for module in walk_packages(__path__, "collective.sessiondata."):
    if module.name.split(".")[2] not in ("demo", "plone", "testing", "tests"):
        import_module(module.name)
"""


class ImportTest(unittest.TestCase):
    layer = PLAIN_SERVER

    def test_nothing_but_the_edge_needs_plone(self):
        server = PlainServer()
        self.addCleanup(server.remove)
        server.run(IMPORT_ALL)


class ManagementTestCase(unittest.TestCase):
    layer = PLAIN_SERVER

    def setUp(self):
        self.server = self.layer["server"]
        self.admin = Client(self.server, Authorization=ADMIN)
        self.folder = self.id().rsplit(".", 1)[-1]
        self.post(
            "manage_addProduct/OFSP/manage_addFolder", {"id": self.folder, "title": ""}
        )

    def post(self, page, form):
        self.admin.open(page, form)
        self.assertEqual(self.admin.status, 200, self.admin.contents)

    def form_at(self, page):
        """Return what the form at ``page`` holds when it is shown."""
        self.admin.open(page)
        self.assertEqual(self.admin.status, 200, self.admin.contents)
        return self.form()

    def form(self):
        """Return what the form on the present page would send."""
        (form,) = html.fromstring(self.admin.contents).xpath("//main//form")
        values = {}
        for name, value in form.form_values():
            if name.endswith(":list"):
                values.setdefault(name, []).append(value)
            else:
                values[name] = value
        return values

    def add(self, kind, folder=None, **values):
        """Fill in the form that adds ``kind``, and send it."""
        here = f"{folder or self.folder}/{ADD}"
        form = self.form_at(f"{here}/construct{kind}Form")
        self.post(f"{here}/construct{kind}", {**form, **values})

    def alert(self):
        """Return what the page says went wrong, or well."""
        page = html.fromstring(self.admin.contents)
        return " ".join(page.xpath("//main//*[contains(@class, 'alert')]//text()"))

    def add_page(self, body=PAGE):
        """Add a script that uses the session, and return its address."""
        folder = self.folder
        self.post(
            f"{folder}/manage_addProduct/PythonScripts/manage_addPythonScript",
            {"id": "page", "title": ""},
        )
        self.post(
            f"{folder}/page/ZPythonScriptHTML_editAction",
            {"title": "", "params": "", "body": body},
        )
        return f"{folder}/page"

    def add_all(self):
        self.add("BrowserIdManager")
        self.add("SessionDataManager")
        self.add("TransientObjectContainer")


class AddingTest(ManagementTestCase):
    def test_all_three_are_offered_with_an_icon(self):
        self.add_all()
        self.admin.open(f"{self.folder}/manage_main")
        for icon in ("far fa-id-card", "far fa-clock"):
            self.assertIn(icon, self.admin.contents)
        for kind in ("Browser Id Manager", "Session Data Manager"):
            self.assertIn(f"Sessiondata {kind}", self.admin.contents)

    def test_a_session_lasts_from_request_to_request(self):
        self.add("BrowserIdManager")
        self.add("SessionDataManager")
        page = self.add_page()
        alice, bob = Client(self.server), Client(self.server)
        self.assertEqual(alice.open(page), "nobody")
        self.assertEqual(list(alice.jar), [])
        self.assertEqual(alice.open(page, {"name": "Alice"}), "Alice")
        self.assertEqual(bob.open(page, {"name": "Bob"}), "Bob")
        self.assertEqual(alice.open(page), "Alice")
        (cookie,) = alice.jar
        self.assertEqual(cookie.name, "_sessiondata_id")
        self.assertEqual(cookie.path, f"/{self.folder}")

    def test_a_container_at_a_path(self):
        self.add_all()
        self.post(
            f"{self.folder}/session_data_manager/manage_sessiondatamgr",
            {"path": f"/{self.folder}/session_data", "requestName": "SESSION"},
        )
        page = self.add_page()
        visitor = Client(self.server)
        visitor.open(page, {"name": "Alice"})
        self.assertEqual(visitor.open(page), "Alice")
        self.admin.open(f"{self.folder}/session_data/manage_statistics")
        numbers = html.fromstring(self.admin.contents).xpath("//main//td/text()")
        self.assertEqual(numbers[0], "1")
        self.post(f"{self.folder}/session_data/manage_statistics", {})
        self.assertIn("Expired sessions removed: 0", self.alert())

    def test_a_copy_has_the_settings_and_nobodys_sessions(self):
        self.add_all()
        container = f"{self.folder}/session_data"
        self.post(
            f"{container}/manage_container",
            {**self.form_at(f"{container}/manage_container"), "timeout": "7"},
        )
        self.post(
            f"{self.folder}/session_data_manager/manage_sessiondatamgr",
            {"path": f"/{container}", "requestName": "SESSION"},
        )
        Client(self.server).open(self.add_page(), {"name": "Alice"})
        self.post(f"{self.folder}/manage_copyObjects", {"ids:list": ["session_data"]})
        self.admin.open(f"{self.folder}/manage_pasteObjects")
        copy = f"{self.folder}/copy_of_session_data"
        self.assertEqual(self.form_at(f"{copy}/manage_container")["timeout"], "7")
        for place, count in ((container, "1"), (copy, "0")):
            self.admin.open(f"{place}/manage_statistics")
            numbers = html.fromstring(self.admin.contents).xpath("//main//td/text()")
            self.assertEqual(numbers[0], count)
        self.post(
            f"{self.folder}/manage_delObjects",
            {"ids:list": ["session_data", "copy_of_session_data"]},
        )

    def test_the_request_finds_a_manager_that_was_renamed_or_moved(self):
        self.add("BrowserIdManager", **{"location:list": ["cookies", "url"]})
        self.add("SessionDataManager", id="manager")
        page = self.add_page(
            PAGE.replace("session_data_manager.getSessionData()", "REQUEST.SESSION")
        )
        visitor = Client(self.server)
        visitor.open(page, {"name": "Alice"})
        self.post(
            f"{self.folder}/manage_renameObjects",
            {"ids:list": ["manager"], "new_ids:list": ["renamed"]},
        )
        self.assertEqual(visitor.open(page), "Alice")
        self.post(
            f"{self.folder}/manage_addProduct/OFSP/manage_addFolder", {"id": "below"}
        )
        ids = ["renamed", "browser_id_manager", "page"]
        self.post(f"{self.folder}/manage_cutObjects", {"ids:list": ids})
        self.admin.open(f"{self.folder}/below/manage_pasteObjects")
        page = f"{self.folder}/below/page"
        self.assertEqual(visitor.open(page), "Alice")
        address = f"{self.folder}/below/_sessiondata_id/{'f' * 32}/page"
        self.assertEqual(Client(self.server).open(address), "nobody")

    def test_a_copy_of_a_folder_has_nobodys_sessions(self):
        self.post(
            f"{self.folder}/manage_addProduct/OFSP/manage_addFolder", {"id": "shop"}
        )
        shop = f"{self.folder}/shop"
        self.add("TransientObjectContainer", shop)
        self.add("BrowserIdManager")
        self.add("SessionDataManager", path=f"/{shop}/session_data")
        Client(self.server).open(self.add_page(), {"name": "Alice"})
        self.post(f"{self.folder}/manage_copyObjects", {"ids:list": ["shop"]})
        self.admin.open(f"{self.folder}/manage_pasteObjects")
        for place, count in ((shop, "1"), (f"{self.folder}/copy_of_shop", "0")):
            self.admin.open(f"{place}/session_data/manage_statistics")
            numbers = html.fromstring(self.admin.contents).xpath("//main//td/text()")
            self.assertEqual(numbers[0], count)

    def test_an_id_that_is_taken_loses_nothing(self):
        self.add("SessionDataManager", id="manager")
        self.add("SessionDataManager", id="manager", title="Mine", path="/a/b")
        self.assertIn("manager", self.alert())
        form = self.form()
        self.assertEqual((form["title"], form["path"]), ("Mine", "/a/b"))

    def test_bad_input_is_told_and_loses_nothing(self):
        self.add("TransientObjectContainer", title="Mine", timeout="soon")
        self.assertIn("Timeout, in minutes: this has to be a number", self.alert())
        self.assertEqual(self.form()["title"], "Mine")
        self.assertEqual(self.form()["timeout"], "soon")
        self.add("BrowserIdManager", idname="a;b", **{"location:list": ["form"]})
        self.assertIn("a;b", self.alert())
        self.assertEqual(self.form()["location:list"], ["form"])

    def test_a_link_adds_nothing(self):
        self.admin.open(f"{self.folder}/{ADD}/constructBrowserIdManager?title=planted")
        self.assertNotEqual(self.admin.status, 200)
        self.admin.open(f"{self.folder}/browser_id_manager/manage_browseridmgr")
        self.assertNotIn("planted", self.admin.contents)


class SettingsTest(ManagementTestCase):
    def change(self, page, **values):
        self.post(page, {**self.form_at(page), **values})

    def test_what_is_saved_is_shown_again(self):
        self.add_all()
        for page, values in {
            "browser_id_manager/manage_browseridmgr": {
                "title": "Ids",
                "idname": "_id",
                "location:list": ["cookies", "form"],
                "cookiepath": "/there",
                "cookielifedays": "3",
                "cookiesamesite": "Strict",
            },
            "session_data_manager/manage_sessiondatamgr": {
                "title": "Data",
                "path": "/somewhere",
                "requestName": "CART",
            },
            "session_data/manage_container": {
                "title": "Sessions",
                "timeout": "1.5",
                "lifetime": "0",
                "resolution": "7",
                "limit": "500",
                "when_full": "drop",
                "max_size": "1000",
                "del_target": "/somewhere/script",
            },
        }.items():
            with self.subTest(page):
                page = f"{self.folder}/{page}"
                before = self.form_at(page)
                self.change(page, **values)
                self.assertIn("Changes saved", self.alert())
                self.assertEqual(self.form_at(page), {**before, **values})

    def test_boxes_can_be_cleared(self):
        self.add("BrowserIdManager")
        page = f"{self.folder}/browser_id_manager/manage_browseridmgr"
        form = self.form_at(page)
        self.assertEqual(form.pop("cookiehttponly"), "1")
        self.post(page, form)
        self.assertNotIn("cookiehttponly", self.form_at(page))

    def test_bad_settings_change_nothing(self):
        self.add_all()
        for page, name, value, told in (
            ("browser_id_manager/manage_browseridmgr", "cookiedomain", "org", "domain"),
            ("browser_id_manager/manage_browseridmgr", "idname", "<b>", "name"),
            ("session_data_manager/manage_sessiondatamgr", "path", "/a?b", "path"),
            ("session_data_manager/manage_sessiondatamgr", "requestName", "1", "name"),
            ("session_data/manage_container", "limit", "-1", "0 or more"),
            ("session_data/manage_container", "limit", "1.5", "whole number"),
            ("session_data/manage_container", "when_full", "burst", "choose"),
        ):
            with self.subTest(name, value=value):
                page = f"{self.folder}/{page}"
                before = self.form_at(page)
                self.change(page, title="Changed", **{name: value})
                self.assertIn(told, self.alert())
                self.assertNotIn("<b>", self.admin.contents)
                self.assertEqual(self.form_at(page), before)

    def test_a_path_that_leads_nowhere_is_told(self):
        self.add("SessionDataManager")
        page = f"{self.folder}/session_data_manager/manage_sessiondatamgr"
        self.change(page, path="/nowhere")
        self.assertIn("no session data container", self.alert())

    def test_strangers_are_let_in_nowhere(self):
        self.add_all()
        stranger = Client(self.server)
        for page in (
            "browser_id_manager/manage_browseridmgr",
            "session_data_manager/manage_sessiondatamgr",
            "session_data/manage_container",
            "session_data/manage_statistics",
            f"{ADD}/constructBrowserIdManagerForm",
        ):
            for form in (None, {"title": "planted"}):
                with self.subTest(page, form=form):
                    stranger.open(f"{self.folder}/{page}", form)
                    self.assertEqual(stranger.status, 401)

    def test_security_and_ownership(self):
        self.add_all()
        for id in ("browser_id_manager", "session_data_manager", "session_data"):
            for tab in ("manage_workspace", "manage_access", "manage_owner"):
                with self.subTest(id, tab=tab):
                    self.admin.open(f"{self.folder}/{id}/{tab}")
                    self.assertEqual(self.admin.status, 200, self.admin.contents)
