"""Installing, installing again, removing, copying."""

from .. import api
from ..browserid import BROWSER_ID_MANAGER
from ..database import directory
from ..database import zeo
from ..interfaces import ISessionExpired
from ..manager import SESSION_DATA_MANAGER
from ..testing import SESSIONDATA_FUNCTIONAL_TESTING
from ..testing import SESSIONDATA_INTEGRATION_TESTING
from ..testing import travel
from ..testing import Visitor
from .support.things import CheckoutData
from OFS.SimpleItem import SimpleItem
from plone.app.testing import applyProfile
from plone.app.testing import login
from plone.app.testing import setRoles
from plone.app.testing import SITE_OWNER_NAME
from plone.app.testing import SITE_OWNER_PASSWORD
from plone.app.testing import TEST_USER_ID
from plone.base.utils import get_installer
from plone.browserlayer.utils import registered_layers
from plone.registry.interfaces import IRegistry
from plone.testing.zope import Browser
from Products.PythonScripts.PythonScript import PythonScript
from unittest import mock
from unittest import TestCase
from zope.component import getUtility
from zope.component.hooks import getSite
from zope.event import notify
from zope.processlifetime import ProcessStarting

import transaction

noted = []


def note(event):
    """Note of a session in which site it ended, and what was in it."""
    session = event.object
    site = "/".join(getSite().getPhysicalPath())
    noted.append((site, session["by"], sorted(session.keys())))


def traces(portal):
    """Return everything in which an add-on can leave a trace in a site."""
    transaction.savepoint()
    return {
        "objects": sorted(portal.objectIds()),
        "attributes": sorted(vars(portal.aq_base)),
        "hooks": sorted(portal.__before_traverse__),
        "layers": sorted(layer.__name__ for layer in registered_layers()),
        "registry": sorted(getUtility(IRegistry).records.keys()),
        "components": sorted(
            f"{registration.provided.__identifier__} {registration.name}"
            for registration in portal.getSiteManager().registeredUtilities()
        ),
        "profiles": sorted(portal.portal_setup._profile_upgrade_versions),
        "configlets": [it.getId() for it in portal.portal_controlpanel.listActions()],
        "user actions": portal.portal_actions.user.objectIds(),
        "database": sorted(portal._p_jar.root()),
    }


class SetupTest(TestCase):
    layer = SESSIONDATA_INTEGRATION_TESTING

    def setUp(self):
        self.portal = self.layer["portal"]
        self.alice = Visitor(self.portal)
        setRoles(self.portal, TEST_USER_ID, ["Manager"])
        self.installer = get_installer(self.portal, self.layer["request"])

    def keep_a_cart(self):
        with self.alice:
            return api.get_or_create(self.portal, "checkout", CheckoutData)

    def test_it_is_installed(self):
        self.assertTrue(self.installer.is_product_installed("collective.sessiondata"))
        self.assertIn(SESSION_DATA_MANAGER, self.portal.objectIds())
        self.assertIn(BROWSER_ID_MANAGER, self.portal.objectIds())

    def test_uninstalling_leaves_no_trace(self):
        installed = traces(self.portal)
        self.keep_a_cart()
        self.installer.uninstall_product("collective.sessiondata")
        before = traces(self.portal)
        self.assertNotEqual(before, installed)
        for kind, names in before.items():
            with self.subTest(kind):
                self.assertNotIn("session", repr(names).lower())
        self.assertFalse(self.installer.is_product_installed("collective.sessiondata"))
        self.installer.install_product("collective.sessiondata")
        self.installer.uninstall_product("collective.sessiondata")
        self.assertEqual(traces(self.portal), before)

    def test_the_demo_goes_along(self):
        self.installer.uninstall_product("collective.sessiondata")
        before = traces(self.portal)
        applyProfile(self.portal, "collective.sessiondata:demo")
        self.assertIn("IDemoLayer", traces(self.portal)["layers"])
        self.installer.uninstall_product("collective.sessiondata")
        self.assertEqual(traces(self.portal), before)

    def test_an_older_site_is_upgraded_and_keeps_its_sessions_and_settings(self):
        self.keep_a_cart()
        self.portal.session_data_manager.container().timeout = 120
        registry = getUtility(IRegistry)
        for name in list(registry.records.keys()):
            if name.startswith("collective.sessiondata."):
                del registry.records[name]
        setup = self.portal.portal_setup
        setup.setLastVersionForProfile("collective.sessiondata:default", "1000")
        setup.upgradeProfile("collective.sessiondata:default")
        self.assertEqual(registry["collective.sessiondata.timeout_minutes"], 2)
        self.assertIsNotNone(self.alice.data())

    def test_it_works_again_after_a_reinstallation(self):
        self.keep_a_cart()
        self.installer.uninstall_product("collective.sessiondata")
        self.installer.install_product("collective.sessiondata")
        self.assertIsNone(self.alice.data())
        cart = self.keep_a_cart()
        self.assertEqual(self.alice.data(), {"checkout": cart})

    def test_installing_twice_keeps_the_sessions(self):
        cart = self.keep_a_cart()
        before = traces(self.portal)
        applyProfile(self.portal, "collective.sessiondata:default")
        self.assertEqual(traces(self.portal), before)
        self.assertEqual(self.alice.data(), {"checkout": cart})

    def test_an_object_of_another_product_is_not_replaced(self):
        self.installer.uninstall_product("collective.sessiondata")
        other = SimpleItem()
        other.id = SESSION_DATA_MANAGER
        self.portal._setObject(SESSION_DATA_MANAGER, other)
        with self.assertRaisesRegex(ValueError, "Rename or delete"):
            applyProfile(self.portal, "collective.sessiondata:default")
        applyProfile(self.portal, "collective.sessiondata:uninstall")
        self.assertIn(SESSION_DATA_MANAGER, self.portal.objectIds())


class StartTest(TestCase):
    layer = SESSIONDATA_INTEGRATION_TESTING

    def test_a_process_that_serves_sees_to_all_its_databases(self):
        with mock.patch.object(zeo, "discard_oids_at_reconnect") as seen_to:
            notify(ProcessStarting())
        storages = [call.args[0] for call in seen_to.call_args_list]
        self.assertIn(self.layer["portal"]._p_jar.db().storage, storages)


class SiteTest(TestCase):
    """What happens to whole sites."""

    layer = SESSIONDATA_FUNCTIONAL_TESTING

    def setUp(self):
        self.portal = self.layer["portal"]
        self.app = self.layer["app"]
        login(self.app, SITE_OWNER_NAME)
        with Visitor(self.portal):
            api.get_or_create(self.portal, "checkout", CheckoutData)
        transaction.commit()

    def containers(self):
        return self.portal._p_jar.root()[directory.ROOT_KEY]

    def test_a_copied_site_has_sessions_of_its_own(self):
        self.app.manage_pasteObjects(self.app.manage_copyObjects(["plone"]))
        copy = self.app["copy_of_plone"]
        self.assertEqual(len(self.containers()), 2)
        container = copy.session_data_manager.container()
        self.assertNotEqual(
            container._p_oid, self.portal.session_data_manager.container()._p_oid
        )
        self.assertEqual(len(container), 0)
        self.assertEqual(len(self.portal.session_data_manager.container()), 1)

    def test_a_renamed_site_keeps_its_sessions(self):
        self.app.manage_renameObject("plone", "renamed")
        self.assertEqual(len(self.app.renamed.session_data_manager.container()), 1)
        self.assertEqual(len(self.containers()), 1)
        self.app.manage_renameObject("renamed", "plone")

    def test_what_happens_beside_visitors_happens_in_their_site(self):
        self.app.manage_renameObject("plone", "renamed")
        self.addCleanup(transaction.commit)
        self.addCleanup(self.app.manage_renameObject, "renamed", "plone")
        script = PythonScript("forget")
        script.ZPythonScript_edit("session, sessions", "session['by'] = context.id")
        self.app.renamed._setObject("forget", script)
        container = self.app.renamed.session_data_manager.container()
        container.setDelNotificationTarget("forget")
        # Known to this site alone.
        self.app.renamed.getSiteManager().registerHandler(note, [ISessionExpired])
        transaction.commit()
        noted.clear()
        with travel(hours=2):
            self.assertEqual(container.sweep().removed, 1)
        self.assertEqual(
            noted, [("/renamed", "session_data_manager", ["by", "checkout"])]
        )

    def test_a_deleted_site_takes_its_sessions_along(self):
        self.app.manage_delObjects(["plone"])
        self.assertNotIn(directory.ROOT_KEY, self.app._p_jar.root())
        transaction.abort()

    def test_the_add_ons_control_panel_shows_and_installs_it(self):
        get_installer(self.portal, self.layer["request"]).uninstall_product(
            "collective.sessiondata"
        )
        transaction.commit()
        browser = Browser(self.app)
        browser.handleErrors = False
        browser.addHeader(
            "Authorization", f"Basic {SITE_OWNER_NAME}:{SITE_OWNER_PASSWORD}"
        )
        url = f"{self.portal.absolute_url()}/prefs_install_products_form"
        browser.open(url)
        self.assertIn("Session data", browser.contents)
        self.assertIn("a shopping cart", browser.contents)
        self.assertNotIn("Session data: ", browser.contents)
        index = 0
        while (
            browser.getControl(name="install_product", index=index).value
            != "collective.sessiondata"
        ):
            index += 1
        browser.getControl("Install", index=index).click()
        self.assertIn("Installed", browser.contents)
        transaction.begin()
        self.assertIn(SESSION_DATA_MANAGER, self.portal.objectIds())
