"""The stock interfaces, word by word: what ours and the stock implementation share.

Each test runs against both.  Where they differ on purpose, the page
docs/reference/compatibility.rst says why.
"""

from ..browserid import BrowserIdManager
from ..container import TransientObjectContainer
from ..manager import SessionDataManager
from ..testing import SESSIONDATA_INTEGRATION_TESTING
from ..testing import travel
from Acquisition import aq_base
from Acquisition import aq_parent
from contextlib import contextmanager
from Products.Sessions.BrowserIdManager import BrowserIdManager as StockBrowserIds
from Products.Sessions.interfaces import BrowserIdManagerErr
from Products.Sessions.interfaces import IBrowserIdManager
from Products.Sessions.interfaces import IMutableSessionDataManager
from Products.Sessions.interfaces import SessionDataManagerErr
from Products.Sessions.SessionDataManager import SessionDataManager as StockManager
from Products.Transience import MaxTransientObjectsExceeded
from Products.Transience.interfaces import IDictionaryLike
from Products.Transience.interfaces import IImmutablyValuedMappingOfPickleableObjects
from Products.Transience.interfaces import IItemWithId
from Products.Transience.interfaces import IStringKeyedHomogeneousItemContainer
from Products.Transience.interfaces import ITransient
from Products.Transience.interfaces import ITransientItemContainer
from Products.Transience.interfaces import ITTWDictionary
from Products.Transience.Transience import TransientObjectContainer as StockContainer
from Testing.makerequest import makerequest
from unittest import mock
from zope.globalrequest import clearRequest
from zope.globalrequest import setRequest
from zope.interface.verify import verifyObject

import time
import unittest


@contextmanager
def later(minutes):
    """Let both implementations' clocks be so far in the future."""
    real = time.time
    with (
        travel(minutes=minutes),
        mock.patch("time.time", lambda: real() + minutes * 60),
    ):
        yield


class Ours:
    BrowserIds = BrowserIdManager
    Container = TransientObjectContainer
    Manager = SessionDataManager
    default_timeout = 60


class Stock:
    BrowserIds = StockBrowserIds
    Container = StockContainer
    Manager = StockManager
    default_timeout = 20


class ConformanceTestCase(unittest.TestCase):
    """A folder with the three objects of one implementation."""

    layer = SESSIONDATA_INTEGRATION_TESTING

    def setUp(self):
        self.app = self.layer["app"]
        self.app.manage_addFolder("folder")
        self.addCleanup(clearRequest)
        self.visit()
        folder = self.folder
        folder._setObject("browser_id_manager", self.BrowserIds("browser_id_manager"))
        folder._setObject("session_data", self.Container("session_data"))
        folder._setObject(
            "manager", self.Manager("manager", "/folder/session_data", "", "MINE")
        )

    def visit(self, cookies=None, **form):
        """Begin another request, with ``cookies`` or those of the one before."""
        if cookies is None:
            cookies = self.cookies() if hasattr(self, "request") else {}
        app = makerequest(aq_base(self.app))
        self.request = request = app.REQUEST
        request.cookies = cookies
        request.form.update(form)
        request["SERVER_URL"] = "http://nohost"
        setRequest(request)
        self.folder = app.folder
        return self

    def cookies(self):
        """Return the cookies that the browser has after the present request."""
        cookies = dict(self.request.cookies)
        for name, cookie in self.request.response.cookies.items():
            cookies[name] = cookie["value"]
            if cookie.get("Max-Age") == "0" or cookie["value"] == "deleted":
                del cookies[name]
        return cookies

    @property
    def ids(self):
        return self.folder.browser_id_manager

    @property
    def container(self):
        return self.folder.session_data

    @property
    def manager(self):
        return self.folder.manager


class ContainerConformance(ConformanceTestCase):
    def test_the_interfaces(self):
        for interface in (IItemWithId, ITransientItemContainer):
            verifyObject(interface, self.container)

    def test_new(self):
        session = self.container.new("alice")
        self.assertEqual(aq_base(aq_parent(session)), aq_base(self.container))
        with self.assertRaises(KeyError):
            self.container.new("alice")
        with self.assertRaises(TypeError):
            self.container.new(1)

    def test_new_or_existing(self):
        session = self.container.new_or_existing("alice")
        session["a"] = 1
        self.assertEqual(self.container.new_or_existing("alice")["a"], 1)
        self.assertEqual(aq_base(aq_parent(session)), aq_base(self.container))

    def test_get_and_has_key(self):
        self.assertIsNone(self.container.get("alice"))
        self.assertEqual(self.container.get("alice", 1), 1)
        self.assertNotIn("alice", self.container)
        self.container.new("alice")
        found = self.container.get("alice")
        self.assertEqual(aq_base(aq_parent(found)), aq_base(self.container))
        self.assertIn("alice", self.container)

    def test_mapping(self):
        for key in ("alice", "bob"):
            self.container.new(key)["name"] = key
        self.assertEqual(self.container["alice"]["name"], "alice")
        self.assertEqual(len(self.container), 2)
        self.assertEqual(self.container.getLen(), 2)
        names = sorted(session["name"] for session in self.container.values())
        self.assertEqual(names, ["alice", "bob"])
        for key, session in self.container.items():
            self.assertEqual(self.container[key]["name"], session["name"])
        for key in self.container.keys():
            del self.container[key]
        self.assertEqual(len(self.container), 0)
        with self.assertRaises(KeyError):
            self.container["alice"]

    def test_full(self):
        # The stock container knows no other way.
        self.container.when_full = "refuse"
        self.container.setSubobjectLimit(1)
        self.assertEqual(self.container.getSubobjectLimit(), 1)
        self.container.new("alice")
        with self.assertRaises(MaxTransientObjectsExceeded):
            self.container.new("bob")
        with self.assertRaises(MaxTransientObjectsExceeded):
            self.container.new_or_existing("bob")
        self.container.setSubobjectLimit(0)
        self.container.new("bob")
        with self.assertRaises(TypeError):
            self.container._setLimit("5")

    def test_timeout(self):
        self.container.setTimeoutMinutes(5)
        self.assertEqual(self.container.getTimeoutMinutes(), 5)
        self.container.new("alice")
        with later(minutes=4):
            self.assertIsNotNone(self.container.get("alice"))
        with later(minutes=8):
            self.assertIsNotNone(self.container.get("alice"))
        with later(minutes=14):
            self.assertIsNone(self.container.get("alice"))

    def test_no_timeout(self):
        self.container.setTimeoutMinutes(0)
        self.assertEqual(self.container.getTimeoutMinutes(), 0)
        self.container.new("alice")
        with later(minutes=23 * 60):
            self.assertIsNotNone(self.container.get("alice"))

    def test_timeouts_are_checked(self):
        for timeout, period in (("5", 20), (1.5, 20), (5, "20"), (None, 20)):
            with self.assertRaises(TypeError):
                self.container._setTimeout(timeout, period)
        for timeout, period in ((5, 0), (5, 301), (5, 7)):
            with self.assertRaises(ValueError):
                self.container._setTimeout(timeout, period)
        self.container._setTimeout(5, 60)
        self.assertEqual(self.container.getPeriodSeconds(), 60)

    def test_notification_targets(self):
        told = []

        def note(session, container):
            told.append((session.get("a"), aq_base(container)))

        container = aq_base(self.container)
        self.container.setAddNotificationTarget(note)
        self.assertIs(self.container.getAddNotificationTarget(), note)
        self.container.new("alice")
        self.assertEqual(told, [(None, container)])
        self.container.setAddNotificationTarget(None)
        self.assertFalse(self.container.getAddNotificationTarget())
        self.container.setDelNotificationTarget(note)
        self.assertIs(self.container.getDelNotificationTarget(), note)
        self.container.setDelNotificationTarget(None)
        self.assertFalse(self.container.getDelNotificationTarget())

    def test_targets_by_path(self):
        self.container.setAddNotificationTarget("/folder/note")
        # It is not there yet.
        self.container.new("alice")
        self.folder.manage_addProduct["PythonScripts"].manage_addPythonScript("note")
        self.folder.note.ZPythonScript_edit(
            "session, sessions", "session.set('told', sessions.getId())"
        )
        self.assertEqual(self.container.new("bob").get("told"), "session_data")

    def test_housekeeping_can_be_asked_for(self):
        self.container.new("alice")
        self.container.disableInbandHousekeeping()
        self.assertFalse(self.container.isInbandHousekeepingEnabled())
        with later(minutes=70):
            self.container.housekeep()
            self.assertEqual(len(self.container), 0)
        self.container.enableInbandHousekeeping()

    def test_settings_at_once(self):
        self.container.manage_changeTransientObjectContainer(
            "Mine", 10, "/add", "/del", 5, 30
        )
        self.assertEqual(self.container.title, "Mine")
        self.assertEqual(self.container.getTimeoutMinutes(), 10)
        self.assertEqual(self.container.getPeriodSeconds(), 30)
        self.assertEqual(self.container.getAddNotificationTarget(), "/add")
        self.assertEqual(self.container.getDelNotificationTarget(), "/del")
        self.assertEqual(self.container.getSubobjectLimit(), 5)

    def test_the_constructor(self):
        container = self.Container("other", "Title", 10, "/add", "/del", 5, 30)
        self.assertEqual(container.getId(), "other")
        self.assertEqual(container.title, "Title")
        self.assertEqual(container.getTimeoutMinutes(), 10)
        self.assertEqual(container.getSubobjectLimit(), 5)


class SessionConformance(ConformanceTestCase):
    def setUp(self):
        super().setUp()
        self.session = self.container.new("alice")

    def test_the_interfaces(self):
        for interface in (
            IDictionaryLike,
            IImmutablyValuedMappingOfPickleableObjects,
            IItemWithId,
            ITransient,
            ITTWDictionary,
        ):
            verifyObject(interface, self.session)

    def test_dictionary(self):
        session = self.session
        session.update({"a": 1, "b": [2]})
        self.assertEqual(sorted(session.keys()), ["a", "b"])
        self.assertEqual(sorted(session.items()), [("a", 1), ("b", [2])])
        self.assertIn(1, session.values())
        self.assertEqual((session.get("a"), session.get("c")), (1, None))
        self.assertEqual(session.get("c", 3), 3)
        for test in (session.has_key, session.__contains__):
            self.assertTrue(test("a"))
            self.assertFalse(test("c"))
        session.clear()
        self.assertEqual(list(session.keys()), [])

    def test_through_the_web(self):
        session = self.session
        session.set("a", 1)
        session.__guarded_setitem__("b", 2)
        self.assertEqual((session["a"], session["b"]), (1, 2))
        session.delete("a")
        session.__guarded_delitem__("b")
        with self.assertRaises(KeyError):
            session["a"]
        with self.assertRaises(KeyError):
            session.delete("a")
        with self.assertRaises(KeyError):
            del session["a"]

    def test_what_cannot_be_hashed_is_no_key(self):
        with self.assertRaises(TypeError):
            self.session[["a"]] = 1

    def test_times(self):
        session = self.session
        created = session.getCreated()
        self.assertLessEqual(abs(time.time() - created), 60)
        self.assertIsNone(session.getLastModified())
        with later(minutes=2):
            session["a"] = 1
            self.assertGreaterEqual(session.getLastModified(), created + 119)
            session.setLastAccessed()
            self.assertGreaterEqual(session.getLastAccessed(), created + 119)
        with later(minutes=4):
            session.setLastModified()
            self.assertGreaterEqual(session.getLastModified(), created + 239)
        self.assertEqual(session.getCreated(), created)

    def test_identity(self):
        self.assertEqual(self.session.getContainerKey(), "alice")
        self.assertNotEqual(self.session.getId(), self.container.new("bob").getId())

    def test_invalidate(self):
        self.assertTrue(self.session.isValid())
        self.session.invalidate()
        self.assertFalse(self.session.isValid())
        self.assertNotIn("alice", self.container)
        self.session.invalidate()


class BrowserIdConformance(ConformanceTestCase):
    def test_the_interface(self):
        verifyObject(IBrowserIdManager, self.ids)

    def test_a_new_id(self):
        self.assertFalse(self.ids.hasBrowserId())
        self.assertIsNone(self.ids.getBrowserId(create=0))
        for ask in (
            self.ids.isBrowserIdNew,
            self.ids.isBrowserIdFromCookie,
            self.ids.isBrowserIdFromForm,
            self.ids.isBrowserIdFromUrl,
        ):
            with self.assertRaises(BrowserIdManagerErr):
                ask()
        browser_id = self.ids.getBrowserId()
        self.assertTrue(self.ids.hasBrowserId())
        self.assertEqual(self.ids.getBrowserId(create=0), browser_id)
        self.assertTrue(self.ids.isBrowserIdNew())
        self.assertFalse(self.ids.isBrowserIdFromCookie())

    def test_an_id_that_came_in_a_cookie(self):
        browser_id = self.ids.getBrowserId()
        self.visit()
        self.assertEqual(self.ids.getBrowserId(create=0), browser_id)
        self.assertFalse(self.ids.isBrowserIdNew())
        self.assertTrue(self.ids.isBrowserIdFromCookie())
        self.assertFalse(self.ids.isBrowserIdFromForm())
        self.assertFalse(self.ids.isBrowserIdFromUrl())

    def test_an_id_that_came_in_a_form(self):
        self.ids.setBrowserIdNamespaces(("form",))
        browser_id = self.ids.getBrowserId()
        self.assertEqual(self.cookies(), {})
        self.visit(**{self.ids.getBrowserIdName(): browser_id})
        self.assertEqual(self.ids.getBrowserId(create=0), browser_id)
        self.assertTrue(self.ids.isBrowserIdFromForm())
        self.assertFalse(self.ids.isBrowserIdFromCookie())

    def test_namespaces_in_their_order(self):
        mine, other = self.ids.getBrowserId(), self.visit({}).ids.getBrowserId()
        name = self.ids.getBrowserIdName()
        for namespaces, found in (
            (("cookies", "form"), mine),
            (("form", "cookies"), other),
            (("cookies",), mine),
        ):
            self.ids.setBrowserIdNamespaces(namespaces)
            self.assertEqual(self.ids.getBrowserIdNamespaces(), namespaces)
            self.visit({name: mine}, **{name: other})
            self.assertEqual(self.ids.getBrowserId(), found)

    def test_a_malformed_id_is_none(self):
        for malformed in ("", "short", "<script>", "x" * 100):
            self.visit({self.ids.getBrowserIdName(): malformed})
            self.assertFalse(self.ids.hasBrowserId())

    def test_the_cookie_can_be_flushed_and_forced(self):
        browser_id = self.ids.getBrowserId()
        self.visit()
        self.ids.flushBrowserIdCookie()
        self.assertEqual(self.cookies(), {})
        self.visit()
        self.ids.setBrowserIdCookieByForce(browser_id)
        self.assertEqual(self.cookies(), {self.ids.getBrowserIdName(): browser_id})
        self.ids.setBrowserIdNamespaces(("form",))
        with self.assertRaises(BrowserIdManagerErr):
            self.ids.flushBrowserIdCookie()
        with self.assertRaises(BrowserIdManagerErr):
            self.ids.setBrowserIdCookieByForce(browser_id)

    def test_ids_in_pages(self):
        self.ids.setBrowserIdNamespaces(("cookies", "form", "url"))
        self.ids.setBrowserIdName("name")
        browser_id = self.ids.getBrowserId()
        self.assertEqual(
            self.ids.getHiddenFormField(),
            f'<input type="hidden" name="name" value="{browser_id}" />',
        )
        for url, encoded in (
            ("/there", f"/there?name={browser_id}"),
            ("http://a.b/c?d=e", f"http://a.b/c?d=e&amp;name={browser_id}"),
        ):
            self.assertEqual(self.ids.encodeUrl(url), encoded)
        for url, encoded in (
            ("/there", f"/name/{browser_id}/there"),
            ("http://a.b/c?d=e", f"http://a.b/name/{browser_id}/c?d=e"),
        ):
            self.assertEqual(self.ids.encodeUrl(url, style="inline"), encoded)
        self.visit({})
        with self.assertRaises(BrowserIdManagerErr):
            self.ids.encodeUrl("/there", create=0)

    def test_settings(self):
        for setting, good, bad in (
            ("BrowserIdName", "name", ("", "a b", "a;b", "a?b", "<a", None, 1)),
            ("BrowserIdNamespaces", ("form", "cookies"), (("gopher",),)),
            ("CookiePath", "/there", ("a;b", "a b", 1, None)),
            ("CookieDomain", ".example.org", ("org", ".exa mple.org", 1, None)),
            ("CookieLifeDays", 3, ("3", None)),
            ("CookieSecure", True, ()),
            ("CookieHTTPOnly", True, ()),
            ("CookieSameSite", "Strict", ("Perhaps",)),
            ("AutoUrlEncoding", True, ()),
        ):
            with self.subTest(setting):
                change = getattr(self.ids, f"set{setting}")
                ask = getattr(self.ids, f"get{setting}")
                change(good)
                for value in bad:
                    with self.assertRaises(BrowserIdManagerErr) as raised:
                        change(value)
                    self.assertNotIn("<", str(raised.exception))
                self.assertEqual(ask(), good)

    def test_same_site_none_needs_secure(self):
        self.ids.setCookieSecure(False)
        with self.assertRaises(BrowserIdManagerErr):
            self.ids.setCookieSameSite("None")
        self.ids.setCookieSecure(True)
        self.ids.setCookieSameSite("None")
        self.ids.setCookieSameSite("")
        self.assertIsNone(self.ids.getCookieSameSite())

    def test_the_cookie_is_as_set(self):
        self.ids.setBrowserIdName("name")
        self.ids.setCookiePath("/there")
        self.ids.setCookieDomain(".example.org")
        self.ids.setCookieHTTPOnly(True)
        self.ids.setCookieSameSite("Strict")
        self.ids.getBrowserId()
        cookie = {
            name.lower(): value
            for name, value in self.request.response.cookies["name"].items()
        }
        self.assertEqual(cookie["path"], "/there")
        self.assertEqual(cookie["domain"].lstrip("."), "example.org")
        self.assertEqual(cookie["samesite"], "Strict")
        self.assertTrue(cookie["httponly"])

    def test_a_secure_cookie_is_for_https_alone(self):
        self.ids.setCookieSecure(True)
        self.ids.getBrowserId()
        self.assertEqual(self.cookies(), {})
        self.visit({})
        self.request["SERVER_URL"] = "https://nohost"
        self.request["URL1"] = "https://nohost"
        self.ids.getBrowserId()
        (cookie,) = self.request.response.cookies.values()
        self.assertTrue(cookie.get("secure") or cookie.get("Secure"))

    def test_settings_at_once(self):
        self.ids.manage_changeBrowserIdManager(
            title="Ids", idname="name", location=("cookies",), cookielifedays=3
        )
        self.assertEqual(self.ids.title, "Ids")
        self.assertEqual(self.ids.getBrowserIdName(), "name")
        self.assertEqual(self.ids.getCookieLifeDays(), 3)
        self.assertFalse(self.ids.isUrlInBidNamespaces())


class ManagerConformance(ConformanceTestCase):
    def test_the_interface(self):
        verifyObject(IMutableSessionDataManager, self.manager)

    def test_get_session_data(self):
        self.assertIsNone(self.manager.getSessionData(create=0))
        self.assertFalse(self.manager.hasSessionData())
        session = self.manager.getSessionData()
        session["a"] = 1
        self.visit()
        self.assertTrue(self.manager.hasSessionData())
        self.assertEqual(self.manager.getSessionData(create=0)["a"], 1)
        self.visit({})
        self.assertIsNone(self.manager.getSessionData().get("a"))

    def test_the_session_is_wrapped_in_manager_and_container(self):
        session = self.manager.getSessionData()
        session["a"] = 1
        for found in (session, self.visit().manager.getSessionData()):
            parent = aq_parent(found)
            self.assertEqual(aq_base(parent), aq_base(self.manager))
            self.assertEqual(aq_base(aq_parent(parent)), aq_base(self.container))

    def test_by_key(self):
        self.assertIsNone(self.manager.getSessionDataByKey("f" * 32))
        self.manager.getSessionData()["a"] = 1
        key = self.ids.getBrowserId()
        self.visit({})
        found = self.manager.getSessionDataByKey(key)
        self.assertEqual(found["a"], 1)
        self.assertEqual(found.getContainerKey(), key)

    def test_clear(self):
        self.manager.clearSessionData()
        self.manager.getSessionData()["a"] = 1
        self.visit()
        self.manager.clearSessionData()
        self.assertEqual(list(self.manager.getSessionData().keys()), [])

    def test_the_browser_id_manager(self):
        found = self.manager.getBrowserIdManager()
        self.assertEqual(aq_base(found), aq_base(self.ids))
        alone = self.Manager("alone").__of__(self.folder)
        self.folder._delObject("browser_id_manager")
        if "browser_id_manager" in self.app.objectIds():
            self.app._delObject("browser_id_manager")
        with self.assertRaises(SessionDataManagerErr):
            alone.getBrowserIdManager()

    def test_the_container_path(self):
        self.assertEqual(self.manager.getContainerPath(), "/folder/session_data")
        self.assertTrue(self.manager.hasSessionDataContainer())
        for path in ("/a?b", 1):
            with self.assertRaises(SessionDataManagerErr):
                self.manager.setContainerPath(path)
        self.manager.setContainerPath(["", "folder", "elsewhere"])
        self.assertEqual(self.manager.getContainerPath(), "/folder/elsewhere")
        self.assertFalse(self.manager.hasSessionDataContainer())
        self.assertIsNone(self.manager.getSessionData(create=0))
        self.manager.setContainerPath(None)
        self.assertEqual(self.manager.getContainerPath(), "")

    def test_the_default_container(self):
        self.assertFalse(self.manager.usesDefaultSessionDataContainer())
        self.manager.setContainerPath("/temp_folder/session_data")
        self.assertTrue(self.manager.usesDefaultSessionDataContainer())
        self.assertEqual(
            self.manager.getDefaultSessionDataContainerSettings()["timeout_mins"],
            self.default_timeout,
        )
        self.manager.manage_changeSDCDefaults(timeout_mins=7, period_secs=20)
        self.app.manage_addFolder("temp_folder")
        self.manager.getSessionData()["a"] = 1
        self.assertEqual(self.app.temp_folder.session_data.getTimeoutMinutes(), 7)

    def test_the_request_name(self):
        self.assertEqual(self.manager.getRequestName(), "MINE")
        self.traverse()
        self.request["MINE"]["a"] = 1
        self.visit()
        self.traverse()
        self.assertEqual(self.request["MINE"]["a"], 1)
        self.manager.manage_changeSDM("Mine", "/folder/session_data", "YOURS")
        self.assertEqual(self.manager.getRequestName(), "YOURS")
        self.visit()
        self.traverse()
        self.assertIsNone(self.request.get("MINE"))
        self.assertEqual(self.request["YOURS"]["a"], 1)
        self.manager.manage_changeSDM("Mine", "/folder/session_data")
        self.visit()
        self.traverse()
        self.assertIsNone(self.request.get("YOURS"))

    def traverse(self):
        """Have the folder's hooks called, as the publisher does."""
        self.request["TraversalRequestNameStack"] = []
        aq_base(self.folder).__before_publishing_traverse__(self.folder, self.request)


# The stock implementation does not do what its interface says: differences that
# docs/reference/compatibility.rst lists.
class OurContainerTest(Ours, ContainerConformance):
    def setUp(self):
        super().setUp()
        # As the stock container, which evicts no session.
        self.container.when_full = "refuse"

    def test_the_interface_that_the_stock_container_lacks_a_part_of(self):
        verifyObject(IStringKeyedHomogeneousItemContainer, self.container)
        self.assertFalse(self.container.has_key("alice"))
        self.container.new("alice")
        self.assertTrue(self.container.has_key("alice"))

    def test_keys_are_strings(self):
        for ask in (self.container.get, self.container.new_or_existing):
            with self.assertRaises(TypeError):
                ask(1)


class OurSessionTest(Ours, SessionConformance):
    def test_what_cannot_be_pickled_is_refused(self):
        with self.assertRaises(TypeError):
            self.session["a"] = lambda: None


class OurBrowserIdTest(Ours, BrowserIdConformance):
    pass


class OurManagerTest(Ours, ManagerConformance):
    def test_who_only_looks_gets_no_cookie(self):
        self.manager.getSessionData().get("a")
        self.assertEqual(self.cookies(), {})

    def test_without_a_container_the_error_says_where(self):
        self.manager.setContainerPath("/folder/elsewhere")
        with self.assertRaisesRegex(SessionDataManagerErr, "/folder/elsewhere"):
            self.manager.getSessionData()


class StockContainerTest(Stock, ContainerConformance):
    pass


class StockSessionTest(Stock, SessionConformance):
    pass


class StockBrowserIdTest(Stock, BrowserIdConformance):
    pass


class StockManagerTest(Stock, ManagerConformance):
    pass


def load_tests(loader, tests, pattern):
    """Leave out those that have no implementation to test."""
    suite = unittest.TestSuite()
    for case in Ours.__subclasses__() + Stock.__subclasses__():
        suite.addTests(loader.loadTestsFromTestCase(case))
    return suite
