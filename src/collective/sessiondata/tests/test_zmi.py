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
            if ":list" in name:
                values.setdefault(name, []).append(value)
            else:
                values[name] = value
        return values

    def properties(self, path):
        """Return the names of the fields of an object's Properties tab, by setting."""
        form = self.form_at(f"{path}/manage_propertiesForm")
        return {name.split(":")[0]: value for name, value in form.items()}

    def set_properties(self, path, **values):
        """Fill in the Properties tab of an object, and send it."""
        self.form_at(f"{path}/manage_propertiesForm")
        page = html.fromstring(self.admin.contents)
        form = self.form()
        for name in page.xpath("//main//form//*/@name"):
            setting = name.split(":")[0]
            if setting in values:
                form.pop(name, None)
                # A box that is not checked is not sent.
                if values[setting] is not None:
                    form[name] = values[setting]
        self.post(f"{path}/manage_editProperties", form)

    def add(self, kind, folder=None, **values):
        """Fill in the form that adds ``kind``, and send it."""
        here = f"{folder or self.folder}/{ADD}"
        form = self.form_at(f"{here}/construct{kind}Form")
        self.post(f"{here}/construct{kind}", {**form, **values})

    def alert(self):
        """Return what the page says went wrong, or well."""
        page = html.fromstring(self.admin.contents)
        return " ".join(page.xpath("//*[contains(@class, 'alert')]//text()"))

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
        self.set_properties(
            f"{self.folder}/session_data_manager",
            container_path=f"/{self.folder}/session_data",
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
        self.set_properties(container, timeout="700")
        self.set_properties(
            f"{self.folder}/session_data_manager", container_path=f"/{container}"
        )
        Client(self.server).open(self.add_page(), {"name": "Alice"})
        self.post(f"{self.folder}/manage_copyObjects", {"ids:list": ["session_data"]})
        self.admin.open(f"{self.folder}/manage_pasteObjects")
        copy = f"{self.folder}/copy_of_session_data"
        self.assertEqual(self.properties(copy)["timeout"], "700")
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

    def test_an_id_that_is_taken_is_refused(self):
        self.add("SessionDataManager", id="manager")
        form = {"id": "manager", "title": "Mine"}
        self.admin.open(f"{self.folder}/{ADD}/constructSessionDataManager", form)
        self.assertEqual(self.admin.status, 400)
        self.assertIn("already in use", self.admin.contents)

    def test_bad_arguments_of_a_factory_add_nothing(self):
        for kind, name, value, told in (
            ("TransientObjectContainer", "timeout_mins:int", "-1", "0 or more"),
            ("TransientObjectContainer", "limit", "1", "whole number"),
            ("SessionDataManager", "path", "/a?b", "container_path"),
            ("BrowserIdManager", "idname", "a;b", "browserid_name"),
        ):
            with self.subTest(kind, name=name):
                page = f"{self.folder}/{ADD}/construct{kind}"
                self.admin.open(page, {"id": "bad", name: value})
                self.assertEqual(self.admin.status, 400)
                self.assertIn(told, self.admin.contents)
                self.admin.open(f"{self.folder}/bad")
                self.assertEqual(self.admin.status, 404)

    def test_a_link_adds_nothing(self):
        self.admin.open(f"{self.folder}/{ADD}/constructBrowserIdManager?title=planted")
        self.assertNotEqual(self.admin.status, 200)
        self.admin.open(f"{self.folder}/browser_id_manager/manage_propertiesForm")
        self.assertNotIn("planted", self.admin.contents)


class SettingsTest(ManagementTestCase):
    def test_an_added_container_has_the_defaults(self):
        self.add("TransientObjectContainer")
        self.assertEqual(
            self.properties(f"{self.folder}/session_data"),
            {
                "title": "",
                "timeout": "3600",
                "lifetime": "86400",
                "resolution": "",
                "limit": "100000",
                "when_full": "drop",
                "max_size": "1048576",
                "pack_interval": "0",
                "add_target": "",
                "del_target": "",
            },
        )

    def test_saved_settings_are_shown(self):
        self.add_all()
        for id, values in {
            "browser_id_manager": {
                "title": "Ids",
                "browserid_name": "_id",
                "browserid_namespaces": ["cookies", "form"],
                "cookie_path": "/there",
                "cookie_life_days": "3",
                "cookie_same_site": "Strict",
            },
            "session_data_manager": {
                "title": "Data",
                "container_path": "/temp_folder",
                "request_name": "CART",
            },
            "session_data": {
                "title": "Sessions",
                "timeout": "1.5",
                "lifetime": "0",
                "resolution": "7",
                "limit": "500",
                "when_full": "refuse",
                "max_size": "1000",
                "pack_interval": "3600",
                "del_target": "/somewhere/script",
            },
        }.items():
            with self.subTest(id):
                path = f"{self.folder}/{id}"
                before = self.properties(path)
                self.set_properties(path, **values)
                self.assertIn("Saved changes", self.alert())
                self.assertEqual(self.properties(path), {**before, **values})

    def test_saving_unchanged_settings_writes_nothing(self):
        self.add_all()
        for id in ("browser_id_manager", "session_data_manager", "session_data"):
            with self.subTest(id):
                path = f"{self.folder}/{id}"
                before = self.server.size()
                self.set_properties(path)
                self.assertIn("Saved changes", self.alert())
                self.assertEqual(self.server.size(), before)

    def test_boxes_can_be_cleared(self):
        self.add("BrowserIdManager")
        path = f"{self.folder}/browser_id_manager"
        self.assertIn("cookie_http_only", self.properties(path))
        self.set_properties(path, cookie_http_only=None)
        self.assertNotIn("cookie_http_only", self.properties(path))

    def test_bad_settings_change_nothing(self):
        self.add_all()
        for id, name, value, told in (
            ("browser_id_manager", "cookie_domain", "org", "cannot be 'org'"),
            ("browser_id_manager", "browserid_name", "<b>", "cannot be '<b>'"),
            (
                "browser_id_manager",
                "browserid_name",
                "__Host-id",
                "path / and no domain",
            ),
            ("browser_id_manager", "browserid_namespaces", [], "'form'"),
            ("session_data_manager", "container_path", "/a?b", "container_path"),
            ("session_data_manager", "request_name", "1", "request_name"),
            ("session_data", "limit", "-1", "whole number from 0"),
            ("session_data", "limit", "1.5", "limit cannot be 1.5"),
            ("session_data", "limit", "", "limit cannot be ''"),
            ("session_data", "timeout", "-1", "a number from 0"),
            ("session_data", "timeout", "soon", "timeout cannot be 'soon'"),
            ("session_data", "resolution", "often", "resolution cannot be 'often'"),
            ("session_data", "when_full", "burst", "'drop', 'refuse'"),
        ):
            with self.subTest(name, value=value):
                path = f"{self.folder}/{id}"
                before = self.properties(path)
                self.set_properties(path, title="Changed", **{name: value})
                self.assertIn(told, self.alert())
                self.assertIn("Nothing was changed", self.alert())
                self.assertNotIn("<b>", self.admin.contents)
                self.assertEqual(self.properties(path), before)

    def test_properties_can_neither_be_added_nor_deleted(self):
        self.add_all()
        for id in ("browser_id_manager", "session_data_manager", "session_data"):
            path = f"{self.folder}/{id}"
            before = self.properties(path)
            for action, form in (
                ("manage_addProperty", {"id": "a", "value": "b", "type": "string"}),
                ("manage_delProperties", {"_ids:list": ["title"]}),
                ("manage_changePropertyTypes", {"old_ids:list": ["title"]}),
            ):
                with self.subTest(id, action=action):
                    self.admin.open(f"{path}/{action}", form)
                    self.assertNotEqual(self.admin.status, 200)
                    self.assertEqual(self.properties(path), before)

    def test_links_change_nothing(self):
        self.add_all()
        path = f"{self.folder}/session_data"
        for action in (
            "manage_editProperties?title=planted",
            "manage_changeProperties?title=planted",
            "?manage_editProperties:method=1&title=planted",
        ):
            with self.subTest(action):
                self.admin.open(f"{path}/{action}")
                self.assertNotEqual(self.admin.status, 200)
        self.assertEqual(self.properties(path)["title"], "")

    def test_a_path_without_a_container_gives_a_warning(self):
        self.add("SessionDataManager")
        path = f"{self.folder}/session_data_manager"
        self.set_properties(path, container_path="/nowhere")
        self.assertIn("Saved changes. There is no session data", self.alert())

    def test_strangers_are_let_in_nowhere(self):
        self.add_all()
        stranger = Client(self.server)
        for page in (
            "browser_id_manager/manage_propertiesForm",
            "session_data_manager/manage_propertiesForm",
            "session_data/manage_propertiesForm",
            "session_data/manage_statistics",
            f"{ADD}/constructBrowserIdManagerForm",
        ):
            for form in (None, {"title": "planted"}):
                with self.subTest(page, form=form):
                    stranger.open(f"{self.folder}/{page}", form)
                    self.assertEqual(stranger.status, 401)
        for id in ("browser_id_manager", "session_data_manager", "session_data"):
            for action in ("manage_editProperties", "manage_changeProperties"):
                with self.subTest(id, action=action):
                    page = f"{self.folder}/{id}/{action}"
                    stranger.open(page, {"title": "planted"})
                    self.assertEqual(stranger.status, 401)

    def test_security_and_ownership(self):
        self.add_all()
        for id in ("browser_id_manager", "session_data_manager", "session_data"):
            for tab in ("manage_workspace", "manage_access", "manage_owner"):
                with self.subTest(id, tab=tab):
                    self.admin.open(f"{self.folder}/{id}/{tab}")
                    self.assertEqual(self.admin.status, 200, self.admin.contents)
