"""The table of settings, and all that reads it: the objects, the registry, the pages."""

from ..container import TransientObjectContainer
from ..database import directory
from ..http.traversal import UrlHook
from ..interfaces import ISettingsChanged
from ..manager import SessionDataManager
from ..plone.schema import ISessionSettings
from ..plone.schema import PREFIX
from ..plone.validation import problems
from ..plone.validation import warnings
from ..settings.attributes import Choice
from ..settings.attributes import Number
from ..settings.manager import DEFAULT_PATH
from ..settings.site import change_settings
from ..settings.site import read_settings
from ..settings.site import SETTINGS
from ..testing import SESSIONDATA_FUNCTIONAL_TESTING
from ..testing import SESSIONDATA_INTEGRATION_TESTING
from ..testing import Visitor
from ..zmi.adding import constructTransientObjectContainer
from AccessControl import Unauthorized
from AccessControl.ZopeGuards import guarded_getattr
from io import BytesIO
from lxml import etree
from lxml import html
from OFS.Folder import Folder
from plone.app.registry.exportimport.handler import RegistryImporter
from plone.app.testing import login
from plone.app.testing import setRoles
from plone.app.testing import SITE_OWNER_NAME
from plone.app.testing import SITE_OWNER_PASSWORD
from plone.app.testing import TEST_USER_ID
from plone.registry.interfaces import IRegistry
from plone.testing.zope import Browser
from Products.GenericSetup.context import SnapshotImportContext
from Products.Sessions.interfaces import BrowserIdManagerErr
from Products.Sessions.interfaces import SessionDataManagerErr
from Products.Sessions.permissions import change_browser_id_managers
from Products.Sessions.permissions import change_session_data_managers
from Products.Transience.permissions import manage_transient_containers
from unittest import TestCase
from zExceptions import BadRequest
from zope.component import getGlobalSiteManager
from zope.component import getUtility
from zope.component.hooks import setSite

import tarfile
import transaction

# Something else than the default, for each setting.
OTHERS = {
    "timeout_minutes": 7,
    "lifetime_minutes": 70,
    "resolution_seconds": 5,
    "limit": 77,
    "when_full": "refuse",
    "max_size_kib": 3,
    "keep_data_at_login": False,
    "cookie_name": "__Secure-visit",
    "cookie_path": "/shop",
    "cookie_domain": ".example.org",
    "cookie_life_days": 2,
    "cookie_secure": True,
    "cookie_http_only": False,
    "cookie_same_site": "None",
}


class SettingsTestCase(TestCase):
    layer = SESSIONDATA_INTEGRATION_TESTING

    def setUp(self):
        self.portal = self.layer["portal"]
        self.tool = self.portal.session_data_manager
        self.ids = self.portal.browser_id_manager
        self.container = self.tool.container()
        self.registry = getUtility(IRegistry)

    def records(self):
        # Not by the registry itself: that remembers for a request, over a rollback.
        records = self.registry.records
        return {name: records[f"{PREFIX}.{name}"].value for name in OTHERS}

    def set(self, **values):
        for name, value in values.items():
            self.registry[f"{PREFIX}.{name}"] = value

    def assert_in_step(self):
        self.assertEqual(self.records(), read_settings(self.tool))

    def commit(self):
        """Do what comes before a commit; the layer takes all of it back."""
        transaction.get()._callBeforeCommitHooks()


class RecordsTest(SettingsTestCase):
    def test_every_setting_has_a_field_and_a_record(self):
        self.assertEqual(set(ISessionSettings.names(all=True)), set(OTHERS))
        self.assertEqual(set(SETTINGS), set(OTHERS))
        prefix = f"{PREFIX}."
        records = {it for it in self.registry.records if it.startswith(prefix)}
        self.assertEqual(records, {f"{prefix}{name}" for name in SETTINGS})

    def test_they_are_alike_from_the_beginning(self):
        self.assert_in_step()

    def test_the_tools_take_over_each_record(self):
        defaults = self.records()
        # Secure first of all: some others need it.
        for name in sorted(OTHERS, key=lambda name: name != "cookie_secure"):
            with self.subTest(name):
                self.assertNotEqual(defaults[name], OTHERS[name])
                self.set(**{name: OTHERS[name]})
                self.assertEqual(read_settings(self.tool)[name], OTHERS[name])
        self.assert_in_step()
        self.assertEqual((self.container.timeout, self.container.max_size), (420, 3072))

    def test_what_goes_together_alone_may_come_in_any_order(self):
        self.set(cookie_same_site="None")
        self.assertEqual(self.ids.getCookieSameSite(), "Lax")
        self.set(limit=5)
        self.assertEqual(self.container.limit, 5)
        self.set(cookie_secure=True)
        self.assertEqual(self.ids.getCookieSameSite(), "None")
        self.assert_in_step()
        self.commit()

    def test_what_does_not_go_together_is_an_error_at_the_commit(self):
        self.set(cookie_same_site="None")
        with self.assertRaisesRegex(
            BrowserIdManagerErr, "SameSite None needs the Secure flag"
        ):
            self.commit()

    def test_what_cannot_be_is_an_error_at_the_commit(self):
        self.set(cookie_domain="nodots")
        with self.assertRaisesRegex(BrowserIdManagerErr, "at least two dots"):
            self.commit()

    def test_a_record_that_is_rolled_back_is_not_taken_over(self):
        savepoint = transaction.savepoint()
        self.set(cookie_same_site="None")
        savepoint.rollback()
        self.commit()
        self.assert_in_step()

    def test_one_that_was_taken_over_and_rolled_back_alone_is_an_error(self):
        self.set(cookie_same_site="None")
        savepoint = transaction.savepoint()
        self.set(cookie_secure=True)
        self.assertEqual(self.ids.getCookieSameSite(), "None")
        savepoint.rollback()
        with self.assertRaisesRegex(
            BrowserIdManagerErr, "SameSite None needs the Secure flag"
        ):
            self.commit()

    def test_a_record_of_another_site_than_the_present_one_is_told_of(self):
        self.addCleanup(setSite, self.portal)
        setSite(None)
        with self.assertLogs("collective.sessiondata", "WARNING") as logs:
            self.portal.portal_registry[f"{PREFIX}.timeout_minutes"] = 3
        self.assertIn(f"{PREFIX}.timeout_minutes was changed", logs.output[0])
        self.assertIn("Call setSite", logs.output[0])

    def test_a_setting_holds_for_sessions_that_are_there(self):
        alice = Visitor(self.portal)
        with alice:
            self.tool.getSessionData()["a"] = "x" * 2000
        self.set(max_size_kib=1)
        with alice, self.assertRaisesRegex(ValueError, "1,024 is the most"):
            self.tool.getSessionData()["b"] = "x"


class ToolsTest(SettingsTestCase):
    def test_what_code_sets_stands_in_the_records(self):
        self.container.timeout = 120
        self.container.setSubobjectLimit(9)
        self.ids.setCookieLifeDays(3)
        self.tool.setKeepDataAtLogin(False)
        records = self.records()
        self.assertEqual(records["timeout_minutes"], 2)
        self.assertEqual(records["limit"], 9)
        self.assertEqual(records["cookie_life_days"], 3)
        self.assertEqual(records["keep_data_at_login"], False)

    def test_what_is_set_at_once_stands_in_the_records(self):
        self.container.manage_changeTransientObjectContainer("", 30, limit=5)
        self.ids.manage_changeBrowserIdManager(
            idname="__Host-id", cookiepath="/", cookiesecure=1, cookiesamesite=""
        )
        self.tool.manage_changeSDM("", keepDataAtLogin=False)
        self.assert_in_step()
        self.assertEqual(self.records()["cookie_same_site"], "browser")

    def test_another_container_has_its_own_settings_in_the_records(self):
        self.portal._setObject("other", TransientObjectContainer("other"))
        self.portal.other.timeout = 120
        self.tool.setContainerPath("other")
        self.assert_in_step()
        self.assertEqual(self.records()["timeout_minutes"], 2)
        self.tool.manage_changeSDM("", keepDataAtLogin=False)
        self.assert_in_step()
        self.assertEqual(self.records()["timeout_minutes"], 60)

    def test_without_browser_ids_the_rest_can_be_set(self):
        self.portal._delObject("browser_id_manager")
        self.container.timeout = 120
        self.assertEqual(self.records()["timeout_minutes"], 2)

    def test_half_a_minute_is_kept_and_shown_as_one(self):
        self.container.timeout = 30
        self.container.resolution = 2.5
        self.assertEqual(self.records()["timeout_minutes"], 1)
        self.assertEqual(self.records()["resolution_seconds"], 3)
        self.set(limit=5)
        self.assertEqual(self.container.timeout, 30)

    def test_other_tools_and_containers_have_no_records(self):
        before = self.records()
        self.portal._setObject("other", TransientObjectContainer("other"))
        self.portal.other.timeout = 60
        self.assertEqual(self.records(), before)

    def test_a_container_that_is_made_where_zopes_own_is_is_no_trouble(self):
        self.tool.setContainerPath(DEFAULT_PATH)
        root = self.portal.aq_parent
        root._setObject("temp_folder", Folder("temp_folder"))
        self.set(timeout_minutes=7)
        with Visitor(self.portal):
            self.tool.getSessionData()["a"] = 1
        # Each time that it is made anew.
        self.assertEqual(root.temp_folder.session_data.timeout, 7 * 60)

    def test_what_records_cannot_have_is_told_and_set_all_the_same(self):
        with self.assertLogs("collective.sessiondata", "WARNING") as logs:
            self.ids.setCookiePath("/b\xfccher")
        self.assertIn("/plone/session_data_manager: cookie_path is", logs.output[0])
        self.assertEqual(self.ids.getCookiePath(), "/b\xfccher")


class SetupToolTest(SettingsTestCase):
    """The way of a site's policy: an exported profile, imported again."""

    def test_exported_settings_can_be_imported(self):
        self.set(**OTHERS)
        setup = self.portal.portal_setup
        exported = setup.runExportStep("plone.app.registry")
        self.set(**self.defaults())
        self.assert_in_step()
        context = SnapshotImportContext(setup, "none")
        importer = RegistryImporter(self.registry, context)
        importer.importDocument(self.ours(exported["tarball"]))
        self.commit()
        self.assertEqual(self.records(), OTHERS)
        self.assert_in_step()

    def ours(self, tarball):
        """Return the exported records without those of others."""
        with tarfile.open(fileobj=BytesIO(tarball)) as archive:
            registry = etree.parse(archive.extractfile("registry.xml")).getroot()
        for record in registry:
            if not record.get("name").startswith(PREFIX):
                registry.remove(record)
        return etree.tostring(registry)

    def defaults(self):
        return {name: ISessionSettings[name].default for name in OTHERS}


# The defaults of every container, by attribute.
CONTAINER = {
    "timeout": 60 * 60,
    "lifetime": 24 * 60 * 60,
    "resolution": None,
    "limit": 100_000,
    "when_full": "drop",
    "max_size": 1024 * 1024,
}


class TableTest(SettingsTestCase):
    """The table is the one source of names, defaults and ranges."""

    def test_every_field_is_as_the_table_says(self):
        for name, setting in SETTINGS.items():
            field = ISessionSettings[name]
            with self.subTest(name):
                self.assertEqual(field.default, setting.default)
                self.assertEqual(field.title, setting.title)
                self.assertEqual(field.description, setting.description)
                if isinstance(setting, Number):
                    self.assertEqual((field.min, field.max), (0, setting.maximum))
                    self.assertEqual(field.required, not setting.optional)
                if isinstance(setting, Choice):
                    choices = field.bind(self.portal).vocabulary
                    self.assertEqual([it.value for it in choices], [*setting.choices])

    def test_every_default_is_in_the_range(self):
        for name, setting in SETTINGS.items():
            with self.subTest(name):
                setting.check_of_site(setting.default)
                ISessionSettings[name].bind(self.portal).validate(setting.default)

    def test_every_attribute_has_the_default_of_the_table(self):
        self.assertEqual(
            read_settings(self.tool),
            {name: setting.default for name, setting in SETTINGS.items()},
        )
        found = {name: getattr(self.container, name) for name in CONTAINER}
        self.assertEqual(found, CONTAINER)

    def test_every_setting_is_on_a_properties_tab(self):
        parts = {
            "container": self.container,
            "manager": self.tool,
            "browser_ids": self.ids,
        }
        for setting in SETTINGS.values():
            with self.subTest(setting.name):
                found = parts[setting.part].propdict()[setting.attribute]
                self.assertEqual(found["description"], setting.description)

    def test_the_range_of_the_table_holds_for_code_too(self):
        for name, setting in SETTINGS.items():
            if not isinstance(setting, Number):
                continue
            with self.subTest(name):
                # No update interval is too long for it.
                self.container.timeout = 0
                change_settings(self.tool, {name: setting.maximum})
                for value in (setting.maximum + 1, -1, 1.5, True, "1"):
                    told = f"{name} cannot be .* whole number from 0 to .*Nothing"
                    with self.assertRaisesRegex(ValueError, told):
                        change_settings(self.tool, {name: value})
                self.assertEqual(read_settings(self.tool)[name], setting.maximum)
                change_settings(self.tool, {name: setting.default})


class DefaultsTest(SettingsTestCase):
    """A container has the same settings, whoever creates it."""

    def assert_defaults(self, container):
        found = {name: getattr(container, name) for name in CONTAINER}
        self.assertEqual(found, CONTAINER)

    def test_the_constructor(self):
        self.assert_defaults(TransientObjectContainer())

    def test_the_factory_of_zopes_management_screens(self):
        constructTransientObjectContainer(self.portal, "made")
        self.assert_defaults(self.portal.made)

    def test_a_manager_that_has_its_own(self):
        self.portal._setObject("other_manager", SessionDataManager("other_manager"))
        self.assert_defaults(self.portal.other_manager.container())

    def test_a_manager_whose_container_is_missing_where_zopes_own_is(self):
        root = self.portal.aq_parent
        root._setObject("temp_folder", Folder("temp_folder"))
        root._setObject("lone_manager", SessionDataManager("lone_manager"))
        setSite(None)
        self.addCleanup(setSite, self.portal)
        root.lone_manager.setContainerPath(DEFAULT_PATH)
        self.assert_defaults(root.lone_manager.container())

    def test_the_stock_methods(self):
        self.container.change(timeout=1, limit=1)
        self.container.manage_changeTransientObjectContainer()
        self.assert_defaults(self.container)
        self.tool.manage_changeSDCDefaults()
        settings = self.tool.getDefaultSessionDataContainerSettings()
        self.assert_defaults(TransientObjectContainer(**settings))

    def test_a_copy_has_the_settings_of_the_original(self):
        self.portal._setObject("made", TransientObjectContainer("made"))
        values = {"timeout": 90, "limit": 7, "title": "Mine", "del_target": "/a/b"}
        self.portal.made.change(**values)
        copy = self.portal.made._getCopy(self.portal)
        self.assertEqual(copy.settings(), self.portal.made.settings())


class CheckTest(SettingsTestCase):
    """Settings are changed all, or none, with one event."""

    def test_one_bad_value_changes_none(self):
        for ob, values in (
            (self.container, {"timeout": 5, "limit": -1}),
            (self.ids, {"cookie_path": "/a", "cookie_same_site": "None"}),
            (self.tool, {"title": "Mine", "request_name": "a b"}),
        ):
            before = ob.settings()
            with self.subTest(ob.getId()):
                with self.assertRaisesRegex(ValueError, "Nothing was changed"):
                    ob.change(**values)
                self.assertEqual(ob.settings(), before)

    def test_check_changes_nothing(self):
        before = self.ids.settings()
        kept = self.ids.check(cookie_same_site="strict", cookie_secure=1)
        self.assertEqual(kept, {"cookie_same_site": "Strict", "cookie_secure": True})
        self.assertEqual(self.ids.settings(), before)

    def test_one_event_tells_of_all_changes(self):
        events = []
        registry = getGlobalSiteManager()
        registry.registerHandler(events.append, (ISettingsChanged,))
        self.addCleanup(registry.unregisterHandler, events.append, (ISettingsChanged,))
        self.container.change(timeout=5, limit=6)
        self.container.change(timeout=5)
        self.assertEqual([it.object for it in events], [self.container])

    def test_an_attribute_is_checked_when_it_is_set(self):
        with self.assertRaises(BrowserIdManagerErr):
            self.ids.cookie_domain = "org"
        with self.assertRaises(SessionDataManagerErr):
            self.tool.container_path = "/a?b"
        self.tool.container_path = "/a/b"
        self.assertEqual(self.tool.obpath, ("", "a", "b"))

    def test_a_changed_request_name_and_namespace_have_their_hooks(self):
        self.tool.change(request_name="CART")
        self.ids.change(browserid_namespaces=["cookies", "url"])
        hooks = [hook for _key, hook in self.portal.__before_traverse__.items()]
        names = [getattr(hook, "request_name", None) for hook in hooks]
        self.assertIn("CART", names)
        self.assertTrue(any(isinstance(hook, UrlHook) for hook in hooks))


class PropertiesTest(SettingsTestCase):
    """What code does with Zope's properties of the three objects."""

    def test_a_property_is_checked_like_the_attribute(self):
        self.container.manage_changeProperties(limit="7", resolution="none")
        self.assertEqual((self.container.limit, self.container.resolution), (7, None))
        with self.assertRaisesRegex(ValueError, "limit cannot be -1"):
            self.container.manage_changeProperties(title="Mine", limit="-1")
        self.assertEqual((self.container.title, self.container.limit), ("", 7))
        self.container._updateProperty("limit", "8")
        self.assertEqual(self.records()["limit"], 8)

    def test_a_function_as_target_stays_when_the_form_is_saved(self):
        self.container.setAddNotificationTarget(len)
        shown = str(self.container.getProperty("add_target"))
        self.container.manage_changeProperties(add_target=shown, limit=5)
        self.assertIs(self.container.getAddNotificationTarget(), len)

    def test_no_property_can_be_added_or_deleted(self):
        for ob in (self.container, self.tool, self.ids):
            with self.assertRaises(BadRequest):
                ob.manage_addProperty("mine", "value", "string")
            with self.assertRaises(BadRequest):
                ob.manage_delProperties(["title"])

    def test_each_object_has_a_permission_of_its_own(self):
        self.portal._setObject("made", TransientObjectContainer("made"))
        for ob, permission in (
            (self.portal.made, manage_transient_containers),
            (self.tool, change_session_data_managers),
            (self.ids, change_browser_id_managers),
        ):
            self.portal.manage_permission(permission, ["Editor"])
            for role, may in (("Editor", True), ("Site Administrator", False)):
                setRoles(self.portal, TEST_USER_ID, [role])
                for name in ("manage_editProperties", "manage_changeProperties"):
                    with self.subTest(permission, role=role, name=name):
                        self.assertEqual(self.may_call(ob, name), may)

    def may_call(self, ob, name):
        try:
            guarded_getattr(ob, name)
        except Unauthorized:
            return False
        return True


class SiteTest(TestCase):
    layer = SESSIONDATA_FUNCTIONAL_TESTING

    def setUp(self):
        self.portal = self.layer["portal"]
        setRoles(self.portal, TEST_USER_ID, ["Manager"])

    def test_a_copied_site_is_set_alike(self):
        app = self.layer["app"]
        login(app, SITE_OWNER_NAME)
        self.portal.session_data_manager.container().timeout = 120
        transaction.commit()
        # Also where no site is the present one.
        for present in (None, self.portal):
            with self.subTest(present=present):
                setSite(present)
                app.manage_pasteObjects(app.manage_copyObjects(["plone"]))
                copy = app["copy_of_plone"]
                self.assertEqual(copy.session_data_manager.container().timeout, 120)
                app.manage_delObjects(["copy_of_plone"])
        setSite(self.portal)

    def test_a_manager_changes_properties_in_the_browser(self):
        # plone.protect adds its token to the form.
        browser = Browser(self.layer["app"])
        credentials = f"Basic {SITE_OWNER_NAME}:{SITE_OWNER_PASSWORD}"
        browser.addHeader("Authorization", credentials)
        url = self.portal.absolute_url()
        browser.open(f"{url}/session_data_manager/manage_propertiesForm")
        browser.getControl(name="keeps_data_at_login:boolean").value = []
        for name, told in (("CART", "Saved changes."), ("1", "Nothing was changed.")):
            browser.getControl(name="request_name:UTF-8:string").value = name
            browser.getControl("Save Changes").click()
            alert = html.fromstring(browser.contents).find_class("alert")[0]
            self.assertIn(told, alert.text_content())
            transaction.begin()
            self.assertEqual(self.portal.session_data_manager.getRequestName(), "CART")
        record = f"{PREFIX}.keep_data_at_login"
        self.assertIs(self.portal.portal_registry[record], False)

    def test_a_container_in_a_new_database_is_set_alike(self):
        tool = self.portal.session_data_manager
        tool.container().timeout = 120
        directory.drop(tool, tool.container_id)
        tool.aq_base._v_container = None
        self.assertEqual(tool.container().timeout, 120)
        self.assertEqual(tool.container().limit, 100_000)


class ValidationTest(SettingsTestCase):
    """Messages about values."""

    def setUp(self):
        super().setUp()
        self.defaults = self.records()

    def problems(self, **values):
        return set(problems({**self.defaults, **values}))

    def warnings(self, **values):
        return set(warnings({**self.defaults, **values}))

    def test_the_defaults_are_no_problem_and_weaken_nothing(self):
        self.assertEqual((self.problems(), self.warnings()), (set(), set()))

    def test_each_problem_is_told_beside_its_field(self):
        for name, values in (
            ("resolution_seconds", {"timeout_minutes": 1, "resolution_seconds": 60}),
            ("cookie_name", {"cookie_name": "a b"}),
            ("cookie_name", {"cookie_name": "__AC"}),
            ("cookie_path", {"cookie_path": "/a b"}),
            ("cookie_domain", {"cookie_domain": "org"}),
            ("cookie_name", {"cookie_name": "__Host-a", "cookie_secure": True}),
            ("cookie_secure", {"cookie_name": "__Secure-a"}),
            ("cookie_same_site", {"cookie_same_site": "None"}),
        ):
            with self.subTest(values):
                self.assertEqual(self.problems(**values), {name})

    def test_what_is_no_problem_can_be_set(self):
        for values in (
            {"timeout_minutes": 0, "resolution_seconds": 9999},
            {"cookie_name": "__Host-a", "cookie_secure": True, "cookie_path": "/"},
            {"cookie_domain": ".example.org", "cookie_path": None},
            OTHERS,
        ):
            with self.subTest(values):
                self.assertEqual(self.problems(**values), set())
                change_settings(self.tool, {**self.defaults, **values})

    def test_what_is_a_problem_cannot_be_set_by_code_either(self):
        for values in (
            {"timeout_minutes": 1, "resolution_seconds": 60},
            {"cookie_name": "__ac"},
            {"cookie_life_days": 10**12},
            {"limit": 10**400},
            {"timeout_minutes": 10**310},
        ):
            with self.subTest(values):
                with self.assertRaisesRegex(
                    (ValueError, BrowserIdManagerErr), "Nothing was changed"
                ):
                    change_settings(self.tool, values)
        self.assertEqual(read_settings(self.tool), self.defaults)

    def test_each_weakness_is_told_beside_its_field(self):
        for name, value in (
            ("timeout_minutes", 0),
            ("lifetime_minutes", 0),
            ("cookie_domain", ".example.org"),
            ("cookie_life_days", 1),
            ("cookie_http_only", False),
            ("cookie_same_site", "None"),
            ("limit", 0),
            ("max_size_kib", 0),
        ):
            with self.subTest(name):
                self.assertEqual(self.warnings(**{name: value}), {name})
