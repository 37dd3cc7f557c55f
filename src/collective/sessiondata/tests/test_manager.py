"""The tool, in a Plone site, as code in the site meets it."""

from .. import api
from ..browserid import BrowserIdManager
from ..interfaces import ISessionDataTool
from ..interfaces import ISlotFactory
from ..interfaces import UnknownSlot
from ..manager import SessionDataManager
from ..settings.browserid import COOKIE_NAME
from ..testing import SESSIONDATA_INTEGRATION_TESTING
from ..testing import travel
from ..testing import Visitor
from .support.things import CheckoutData
from .support.things import OtherContainer
from AccessControl import getSecurityManager
from AccessControl import Unauthorized
from Acquisition import aq_base
from Acquisition import aq_parent
from plone.api import portal as portal_api
from plone.app.testing import login
from plone.app.testing import logout
from plone.app.testing import setRoles
from plone.app.testing import TEST_USER_ID
from Products.CMFCore.utils import getToolByName
from Products.PythonScripts.PythonScript import PythonScript
from Products.Sessions.interfaces import BrowserIdManagerErr
from Products.Sessions.interfaces import IBrowserIdManager
from Products.Sessions.interfaces import IMutableSessionDataManager
from Products.Sessions.interfaces import SessionDataManagerErr
from unittest import TestCase
from zope.component import getGlobalSiteManager
from zope.globalrequest import setRequest
from zope.interface.verify import verifyObject

import transaction


class PloneTestCase(TestCase):
    layer = SESSIONDATA_INTEGRATION_TESTING

    def setUp(self):
        self.portal = self.layer["portal"]
        self.request = self.layer["request"]
        self.manager = self.portal.session_data_manager
        self.alice = Visitor(self.portal)
        self.bob = Visitor(self.portal)


class ToolTest(PloneTestCase):
    def test_the_tools_keep_the_contracts_they_claim(self):
        for interface in (IMutableSessionDataManager, ISessionDataTool):
            verifyObject(interface, self.manager)
        verifyObject(IBrowserIdManager, self.portal.browser_id_manager)

    def test_the_tool_is_found_in_every_way(self):
        setRoles(self.portal, TEST_USER_ID, ["Manager"])
        self.portal.invokeFactory("Folder", "folder")
        self.portal.folder.invokeFactory("Folder", "page")
        for found in (
            self.portal.folder.page.session_data_manager,
            getToolByName(self.portal.folder.page, "session_data_manager"),
            portal_api.get_tool("session_data_manager"),
        ):
            self.assertIsInstance(aq_base(found), SessionDataManager)
            self.assertEqual(found.getSessionData(create=True).get("a"), None)

    def test_the_browser_id_manager_is_found(self):
        found = self.manager.getBrowserIdManager()
        self.assertIsInstance(aq_base(found), BrowserIdManager)

    def test_a_missing_browser_id_manager_is_named(self):
        lone = SessionDataManager().__of__(self.layer["app"].__class__())
        with self.assertRaisesRegex(SessionDataManagerErr, "browser_id_manager"):
            lone.getBrowserIdManager()

    def test_without_a_request_the_error_says_what_to_do(self):
        lone = aq_base(self.manager)
        setRequest(None)
        self.addCleanup(setRequest, self.request)
        with self.assertRaisesRegex(LookupError, "getSessionDataByKey"):
            lone.getSessionData()


class SessionTest(PloneTestCase):
    def test_what_is_set_is_there_in_the_next_request(self):
        with self.alice:
            self.manager.getSessionData(create=True).set("my_option", [1])
            self.assertEqual(self.manager.getSessionData().get("my_option"), [1])
        with self.alice:
            session = self.manager.getSessionData(create=True)
            self.assertEqual(session.get("my_option"), [1])
            self.assertTrue(self.manager.hasSessionData())

    def test_visitors_do_not_meet(self):
        with self.alice:
            self.manager.getSessionData()["a"] = "alice"
        with self.bob:
            self.assertIsNone(self.manager.getSessionData(create=False))
            self.manager.getSessionData()["a"] = "bob"
        self.assertEqual(self.alice.data(), {"a": "alice"})
        self.assertEqual(self.bob.data(), {"a": "bob"})

    def test_visitors_can_act_within_each_others_requests(self):
        with self.alice as request:
            request.SESSION["a"] = 1
            with self.bob:
                request.SESSION["b"] = 1
            request.SESSION["c"] = 1
            self.manager.getSessionData()["d"] = 1
        self.assertEqual(self.alice.data(), {"a": 1, "c": 1, "d": 1})
        self.assertEqual(self.bob.data(), {"b": 1})

    def test_the_session_is_one_object_within_a_request(self):
        with self.alice:
            session = self.manager.getSessionData()
            self.assertIs(aq_base(self.manager.getSessionData()), aq_base(session))
            session["a"] = 1
            self.assertIs(
                aq_base(self.manager.getSessionData(create=False)), aq_base(session)
            )
            self.assertIs(aq_base(self.request.SESSION), aq_base(session))

    def test_a_visitor_who_only_looks_gets_nothing(self):
        with self.alice as request:
            session = self.manager.getSessionData(create=True)
            self.assertIsNone(session.get("a"))
            self.assertEqual(request.SESSION.items(), [])
            self.assertIsNone(self.manager.getSessionData(create=False))
            self.assertFalse(self.manager.hasSessionData())
            self.manager.clearSessionData()
            self.assertNotIn(COOKIE_NAME, request.response.cookies)
        self.assertEqual(self.alice.cookies, {})
        self.assertEqual(len(self.manager.container()), 0)

    def test_the_cookie_comes_with_the_first_change(self):
        with self.alice as request:
            session = self.manager.getSessionData(create=True)
            self.assertNotIn(COOKIE_NAME, request.response.cookies)
            session["a"] = 1
            cookie = request.response.cookies[COOKIE_NAME]
            self.assertTrue(cookie["HttpOnly"])
            self.assertEqual(cookie["SameSite"], "Lax")
            self.assertEqual(cookie["Path"], "/plone")
            self.assertFalse(cookie.get("Secure"))
            self.assertEqual(len(cookie["value"]), 32)

    def test_the_acquisition_chain_is_manager_then_container(self):
        with self.alice:
            for create in (True, False):
                session = self.manager.getSessionData()
                parent = aq_parent(session)
                self.assertIs(aq_base(parent), aq_base(self.manager))
                self.assertIs(
                    aq_base(aq_parent(parent)), aq_base(self.manager.container())
                )
                session["a"] = 1

    def test_clear_removes_the_data_only(self):
        with self.alice:
            self.manager.getSessionData()["a"] = 1
        with self.alice:
            self.manager.clearSessionData()
        self.assertEqual(self.alice.data(), {})

    def test_a_session_past_its_timeout_is_gone_and_its_id_never_comes_back(self):
        with self.alice:
            self.manager.getSessionData()["a"] = 1
        old = dict(self.alice.cookies)
        with travel(minutes=61), self.alice:
            self.assertIsNone(self.manager.getSessionData(create=False))
            self.assertIsNone(self.manager.getSessionData().get("a"))
            self.manager.getSessionData()["b"] = 1
        self.assertNotEqual(self.alice.cookies, old)
        with travel(minutes=61):
            self.assertEqual(self.alice.data(), {"b": 1})

    def test_a_session_that_ends_within_a_request_is_not_given_out_again(self):
        with self.alice:
            self.manager.getSessionData()["a"] = 1
        old = dict(self.alice.cookies)
        with self.alice:
            self.manager.getSessionData().invalidate()
            self.assertIsNone(self.manager.getSessionData(create=False))
            self.manager.getSessionData()["b"] = 1
        self.assertNotEqual(self.alice.cookies, old)
        self.assertEqual(self.alice.data(), {"b": 1})

    def test_what_an_abort_took_back_is_not_given_out_again(self):
        with self.alice:
            savepoint = transaction.savepoint()
            self.manager.getSessionData()["a"] = 1
            savepoint.rollback()
            self.assertIsNone(self.manager.getSessionData(create=False))
            self.assertEqual(self.manager.getSessionData().items(), [])
            self.manager.getSessionData()["b"] = 1
        self.assertEqual(self.alice.data(), {"b": 1})

    def test_ids_that_were_never_issued_lead_nowhere(self):
        for made_up in ("x" * 32, "x", "", "é" * 32, "x" * 10_000, "x" * 31 + "\n"):
            with self.subTest(made_up[:40]):
                self.alice.cookies = {COOKIE_NAME: made_up}
                with self.alice:
                    self.assertIsNone(self.manager.getSessionData(create=False))
                    self.manager.getSessionData()["a"] = 1
                self.assertNotEqual(self.alice.cookies[COOKIE_NAME], made_up)
                self.assertEqual(self.alice.data(), {"a": 1})

    def test_by_key_is_no_access_and_finds_live_sessions_only(self):
        with self.alice:
            self.manager.getSessionData()["a"] = 1
        browser_id = self.alice.cookies[COOKIE_NAME]
        with travel(minutes=50):
            session = self.manager.getSessionDataByKey(browser_id)
            self.assertEqual(session["a"], 1)
            self.assertEqual(session.getContainerKey(), browser_id)
        with travel(minutes=61):
            self.assertIsNone(self.manager.getSessionDataByKey(browser_id))
        self.assertIsNone(self.manager.getSessionDataByKey("no such id"))


class OtherContainerTest(PloneTestCase):
    def test_a_login_keeps_a_session_of_another_product(self):
        self.portal._setObject("other", OtherContainer("other"))
        self.manager.setContainerPath("/plone/other")
        with Visitor(self.portal):
            self.manager.getSessionData().set("cart", "tea")
            self.manager.login("anna")
            session = self.manager.getSessionData(create=0)
            self.assertEqual(session.get("cart"), "tea")


class RotationTest(PloneTestCase):
    def test_a_new_id_opens_the_session_and_the_old_one_nothing(self):
        with self.alice as request:
            request.SESSION["a"] = 1
        old = self.alice.cookies[COOKIE_NAME]
        with self.alice:
            self.manager.rotate()
            self.assertEqual(self.manager.getSessionData()["a"], 1)
        new = self.alice.cookies[COOKIE_NAME]
        self.assertNotEqual(new, old)
        self.assertIsNone(self.manager.getSessionDataByKey(old))
        with self.alice as request:
            self.assertEqual(request.SESSION["a"], 1)
        self.assertEqual(self.alice.data(), {"a": 1})

    def test_without_a_session_nothing_happens(self):
        with self.alice as request:
            self.manager.rotate()
            request.SESSION.get("a")
            self.manager.rotate()
        self.assertEqual(self.alice.cookies, {})


class BrowserIdTest(PloneTestCase):
    def setUp(self):
        super().setUp()
        self.ids = self.portal.browser_id_manager

    def test_without_an_id_there_is_none(self):
        with self.alice:
            self.assertFalse(self.ids.hasBrowserId())
            self.assertIsNone(self.ids.getBrowserId(create=0))
            for question in (
                self.ids.isBrowserIdNew,
                self.ids.isBrowserIdFromCookie,
                self.ids.isBrowserIdFromForm,
                self.ids.isBrowserIdFromUrl,
            ):
                with self.assertRaises(BrowserIdManagerErr):
                    question()

    def test_an_id_is_new_once(self):
        with self.alice:
            browser_id = self.ids.getBrowserId()
            self.assertEqual(self.ids.getBrowserId(), browser_id)
            self.assertTrue(self.ids.isBrowserIdNew())
            self.assertFalse(self.ids.isBrowserIdFromCookie())
        with self.alice:
            self.assertEqual(self.ids.getBrowserId(), browser_id)
            self.assertFalse(self.ids.isBrowserIdNew())
            self.assertTrue(self.ids.isBrowserIdFromCookie())
            self.assertFalse(self.ids.isBrowserIdFromForm())
            self.assertFalse(self.ids.isBrowserIdFromUrl())

    def test_an_id_that_was_asked_for_is_the_sessions(self):
        with self.alice:
            browser_id = self.ids.getBrowserId()
            self.manager.getSessionData()["a"] = 1
            self.assertEqual(self.ids.getBrowserId(), browser_id)
            self.assertEqual(self.manager.getSessionDataByKey(browser_id)["a"], 1)
        self.assertEqual(self.alice.data(), {"a": 1})

    def test_an_id_that_was_asked_for_meanwhile_is_the_sessions(self):
        with self.alice:
            session = self.manager.getSessionData()
            browser_id = self.ids.getBrowserId()
            session["a"] = 1
            self.assertEqual(self.ids.getBrowserId(), browser_id)
        self.assertEqual(self.alice.cookies, {COOKIE_NAME: browser_id})

    def test_an_id_that_was_forced_is_not_the_sessions(self):
        with self.alice:
            self.ids.setBrowserIdCookieByForce("f" * 32)
            self.manager.getSessionData()["a"] = 1
            self.assertNotEqual(self.ids.getBrowserId(), "f" * 32)

    def test_ids_differ(self):
        ids = {self.ids.new_browser_id() for _ in range(1000)}
        self.assertEqual(len(ids), 1000)

    def test_the_cookie_can_be_flushed(self):
        with self.alice:
            self.manager.getSessionData()["a"] = 1
        with self.alice as request:
            self.ids.flushBrowserIdCookie()
            self.assertEqual(request.response.cookies[COOKIE_NAME]["Path"], "/plone")
        self.assertEqual(self.alice.cookies, {})

    def test_a_forced_id_has_the_form_of_one(self):
        with self.alice:
            with self.assertRaises(BrowserIdManagerErr) as raised:
                self.ids.setBrowserIdCookieByForce("<malformed>")
            self.assertNotIn("malformed", str(raised.exception))
            self.ids.setBrowserIdCookieByForce("f" * 32)
            self.assertEqual(self.ids.getBrowserId(), "f" * 32)
        self.assertEqual(self.alice.cookies, {COOKIE_NAME: "f" * 32})

    def test_ids_are_put_into_no_page(self):
        with self.alice:
            self.ids.getBrowserId()
            with self.assertRaises(BrowserIdManagerErr):
                self.ids.getHiddenFormField()
            with self.assertRaises(BrowserIdManagerErr):
                self.ids.encodeUrl("http://nohost/plone")

    def test_nothing_remembered_shows_an_id_when_the_request_is_printed(self):
        with self.alice as request:
            self.manager.getSessionData()["a"] = "a secret value"
            browser_id = self.ids.getBrowserId()
            for shown in (str(request), repr(request.other)):
                self.assertNotIn(browser_id, shown)
                self.assertNotIn("a secret value", shown)


class SlotTest(PloneTestCase):
    """Get-or-create: one add-on's object in the session."""

    def setUp(self):
        super().setUp()
        components = getGlobalSiteManager()
        components.registerUtility(CheckoutData, ISlotFactory, "cart")
        self.addCleanup(
            components.unregisterUtility, CheckoutData, ISlotFactory, "cart"
        )

    def test_an_object_is_made_once(self):
        with self.alice:
            cart = api.get_or_create(self.portal, "checkout", CheckoutData)
            self.assertIsInstance(cart, CheckoutData)
            self.assertIs(
                api.get_or_create(self.portal, "checkout", CheckoutData), cart
            )
            self.assertIs(api.get(self.portal, "checkout"), cart)
        with self.alice:
            self.assertIs(api.get_or_create(self.portal, "checkout", None), cart)
            self.assertIs(self.manager.getSessionData()["checkout"], cart)
        with self.bob:
            self.assertIsNone(api.get(self.portal, "checkout"))
            other = api.get_or_create(self.portal, "checkout", CheckoutData)
            self.assertIsNot(other, cart)

    def test_to_get_creates_nothing(self):
        with self.alice:
            self.assertIsNone(api.get(self.portal, "checkout"))
            api.discard(self.portal, "checkout")
        self.assertEqual(self.alice.cookies, {})

    def test_what_is_discarded_is_gone(self):
        with self.alice:
            cart = api.get_or_create(self.portal, "checkout", CheckoutData)
            api.discard(self.portal, "checkout")
            self.assertIsNone(api.get(self.portal, "checkout"))
            self.assertIsNot(
                api.get_or_create(self.portal, "checkout", CheckoutData), cart
            )

    def test_the_tool_makes_what_is_registered(self):
        with self.alice:
            cart = self.manager.getOrCreate("cart")
            self.assertIsInstance(cart, CheckoutData)
            self.assertIs(self.manager.getOrCreate("cart"), cart)
            self.assertIs(api.get(self.portal, "cart"), cart)

    def test_an_unknown_slot_lists_the_registered_ones(self):
        with self.alice:
            with self.assertRaisesRegex(UnknownSlot, "'chart'.*cart.*ISlotFactory"):
                self.manager.getOrCreate("chart")
        self.assertEqual(self.alice.cookies, {})

    def test_another_browsers_slot_needs_the_permission(self):
        with self.alice:
            cart = api.get_or_create(self.portal, "cart", CheckoutData)
        browser_id = self.alice.cookies[COOKIE_NAME]
        with self.bob:
            for call in (
                lambda: api.get(self.portal, "cart", browser_id=browser_id),
                lambda: self.manager.getOrCreate("cart", browser_id=browser_id),
                lambda: api.discard(self.portal, "cart", browser_id=browser_id),
            ):
                with self.assertRaises(Unauthorized):
                    call()
            setRoles(self.portal, TEST_USER_ID, ["Manager"])
            self.assertIs(self.manager.getOrCreate("cart", browser_id=browser_id), cart)
            self.assertIs(api.get(self.portal, "cart", browser_id=browser_id), cart)
            api.discard(self.portal, "cart", browser_id=browser_id)
        self.assertEqual(self.alice.data(), {})
        self.assertEqual(self.bob.cookies, {})

    def test_a_browser_id_without_a_session_gets_none(self):
        setRoles(self.portal, TEST_USER_ID, ["Manager"])
        with self.alice, self.assertRaises(LookupError) as raised:
            api.get_or_create(self.portal, "cart", CheckoutData, browser_id="made-up")
        self.assertNotIn("made-up", str(raised.exception))

    def test_without_the_add_on_the_error_says_what_to_do(self):
        with self.assertRaisesRegex(SessionDataManagerErr, "install the add-on"):
            api.get(self.layer["app"], "cart")


class RestrictedTest(PloneTestCase):
    """What scripts and templates that are kept in the site can do."""

    def run_script(self, body, **arguments):
        script = PythonScript("a_script")
        script.ZPythonScript_edit(", ".join(arguments), body)
        return script.__of__(self.portal)(**arguments)

    def test_a_script_uses_its_own_visitors_session(self):
        logout()
        self.addCleanup(login, self.portal, "test-user")
        with self.alice:
            result = self.run_script("""
session = context.session_data_manager.getSessionData(create=True)
session.set('a', 1)
session['b'] = [1]
session['b'].append(2)
session['c'] = 3
del session['c']
container.REQUEST.SESSION.update({'d': 4})
return session.get('a'), session['b'], session.has_key('c'), session['d']
""")
        self.assertEqual(result, (1, [1, 2], False, 4))
        self.assertEqual(self.alice.data(), {"a": 1, "b": [1, 2], "d": 4})

    def test_a_script_of_an_editor_changes_no_setting(self):
        setRoles(self.portal, TEST_USER_ID, ["Editor"])
        self.assertTrue(
            getSecurityManager().checkPermission("Manage properties", self.manager)
        )
        for body in (
            "return tool.propertysheets.get('default')",
            "return tool.propertyItems()",
            "return tool.propertyValues()",
            "return tool.getProperty('title')",
            "tool.manage_changeProperties(title='changed')",
            "tool.manage_addProperty('a', 'b', 'string')",
            "tool.manage_delProperties(['title'])",
            "return tool.container_path",
            "return tool.request_name",
            "tool.rotate_sessions([])",
        ):
            for name in ("session_data_manager", "browser_id_manager"):
                tool = self.portal[name]
                before = tool.settings()
                with self.subTest(body, tool=name):
                    with self.assertRaises((Unauthorized, AttributeError)):
                        self.run_script(body, tool=tool)
                    self.assertEqual(tool.settings(), before)

    def test_a_script_reaches_no_other_session(self):
        with self.alice:
            self.manager.getSessionData()["a"] = 1
        browser_id = self.alice.cookies[COOKIE_NAME]
        logout()
        self.addCleanup(login, self.portal, "test-user")
        for body in (
            "return context.session_data_manager.getSessionDataByKey(browser_id)",
            "return context.session_data_manager.session_of(browser_id)",
            "return context.session_data_manager.container()",
            "return context.session_data_manager.getSessionData().aq_parent"
            ".aq_parent.get(browser_id)",
            "return context.browser_id_manager.new_browser_id()",
            "context.browser_id_manager.setBrowserIdCookieByForce(browser_id)\n"
            "return context.session_data_manager.getSessionData()",
        ):
            with self.subTest(body), self.bob, self.assertRaises(Unauthorized):
                self.run_script(body, browser_id=browser_id)
