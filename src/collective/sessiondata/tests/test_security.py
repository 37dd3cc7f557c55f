"""Ids stay secret, cookies are safe, and no client can do harm."""

from ..plone.browser import errorpages
from ..settings.browserid import COOKIE_NAME
from ..storage import capacity
from ..testing import data_of
from ..testing import travel
from .test_site import SiteTestCase
from AccessControl import Unauthorized
from AccessControl.SecurityManagement import newSecurityManager
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st
from plone.app.testing import setRoles
from plone.app.testing import SITE_OWNER_NAME
from plone.app.testing import SITE_OWNER_PASSWORD
from plone.app.testing import TEST_USER_ID
from plone.app.testing import TEST_USER_NAME
from plone.app.testing import TEST_USER_PASSWORD
from Products.CMFPlone.factory import addPloneSite
from Products.Sessions.interfaces import BrowserIdManagerErr
from unittest import mock
from urllib.error import HTTPError
from zExceptions import HTTPException

import transaction


class SecurityTestCase(SiteTestCase):
    def setUp(self):
        super().setUp()
        self.manager = self.portal.session_data_manager
        self.ids = self.portal.browser_id_manager
        self.container = self.manager.container()

    def failing(self):
        """Return a browser that is shown errors as visitors are."""
        browser = self.browser()
        browser.handleErrors = True
        browser.raiseHttpErrors = False
        return browser

    def cookies_set(self, browser):
        """Return the session cookies of the last answer: value and attributes."""
        found = []
        for header in browser.headers.get_all("Set-Cookie", []):
            name, _, rest = header.partition("=")
            if name == self.ids.getBrowserIdName():
                value, *attributes = (part.strip() for part in rest.split(";"))
                found.append((value.strip('"'), {*attributes}))
        return found


class SecretTest(SecurityTestCase):
    """An id is seen nowhere."""

    def test_in_no_page_that_prints_the_request(self):
        browser = self.failing()
        browser.open(self.url("seed-set", value="tea"))
        browser_id = browser.cookies[COOKIE_NAME]
        for page in ("printed", "look", "told"):
            browser.open(self.url(page))
            self.assertNotIn(browser_id, browser.contents)
        browser.open(self.url("printed"))
        self.assertIn("cookies", browser.contents)
        self.assertIn("HTTP_COOKIE", browser.contents)
        self.assertEqual(browser.cookies[COOKIE_NAME], browser_id)

    def test_not_in_the_error_log(self):
        browser = self.failing()
        browser.open(self.url("seed-set", value="tea"))
        browser_id = browser.cookies[COOKIE_NAME]
        browser.open(self.url("logged"))
        (entry,) = self.portal.error_log.getLogEntries()
        told = repr(self.portal.error_log.getLogEntryById(entry["id"]))
        self.assertIn("HTTP_COOKIE", told)
        self.assertIn("That was that.", told)
        self.assertNotIn(browser_id, told)
        self.assertNotIn("tea", told)

    def test_a_representation_shows_no_value_and_no_key(self):
        self.alice.open(self.url("seed-set", value="tea"))
        transaction.begin()
        session = self.manager.getSessionDataByKey(self.alice.cookies[COOKIE_NAME])
        for shown in (session, session.aq_base, self.container, self.manager, self.ids):
            self.assertNotIn(self.alice.cookies[COOKIE_NAME], repr(shown))
            self.assertNotIn("tea", repr(shown))

    def test_only_a_digest_is_stored(self):
        self.alice.open(self.url("seed-set", value="tea"))
        transaction.begin()
        session = self.manager.getSessionDataByKey(self.alice.cookies[COOKIE_NAME])
        jar = session._p_jar
        for oid in {session._p_oid, self.container._p_oid}:
            record, _serial = jar._storage.load(oid)
            self.assertNotIn(self.alice.cookies[COOKIE_NAME].encode(), record)


class ProbingTest(SecurityTestCase):
    """No name leads to anything but the management screens, which need a permission."""

    def probe(self, browser, path):
        """Return None if ``path`` is refused, else what came."""
        try:
            browser.open(f"{self.portal.absolute_url()}/{path}")
        except (HTTPError, HTTPException, Unauthorized):
            return None
        return browser.contents or "nothing, and no error"

    def test_each_name(self):
        member = self.browser()
        setRoles(self.portal, TEST_USER_ID, ["Member"])
        transaction.commit()
        credentials = f"Basic {TEST_USER_NAME}:{TEST_USER_PASSWORD}"
        member.addHeader("Authorization", credentials)
        member.open(self.url("seed-set", value="tea"))
        transaction.begin()
        session = self.manager.getSessionDataByKey(member.cookies[COOKIE_NAME])
        names = {"HEAD", "OPTIONS", "PROPFIND", "SESSION", "my_option"}
        for ob in (self.manager, self.ids, self.container, session):
            names.update(dir(ob))
        # Zope's own, which asks for another password.
        names -= {"manage_zmi_logout", "manage_tabs"}
        for browser in (self.alice, member):
            for tool in ("session_data_manager", "browser_id_manager"):
                for name in sorted(names):
                    with self.subTest(f"{tool}/{name}"):
                        self.assertIsNone(self.probe(browser, f"{tool}/{name}"))
        self.assertEqual(self.got_all(), [{"my_option": {"value": "tea"}}])

    def got_all(self):
        transaction.begin()
        return [dict(session.items()) for session in self.container.values()]

    def test_the_screens_are_reached_by_managers(self):
        admin = self.browser()
        admin.addHeader(
            "Authorization", f"Basic {SITE_OWNER_NAME}:{SITE_OWNER_PASSWORD}"
        )
        for path in (
            "session_data_manager/manage_propertiesForm",
            "session_data_manager/manage_carryover",
            "session_data_manager/manage_access",
            "session_data_manager/manage_owner",
            "browser_id_manager/manage_propertiesForm",
        ):
            self.assertIn("<form", self.probe(admin, path))
            self.assertIsNone(self.probe(self.alice, path))


class CookieTest(SecurityTestCase):
    def test_a_proxy_that_tells_of_tls(self):
        for told, is_secure in (
            ("https", True),
            ("HTTPS, http", True),
            ("http", False),
        ):
            browser = self.browser()
            browser.addHeader("X-Forwarded-Proto", told)
            browser.open(self.url("seed-set", value="tea"))
            ((_value, attributes),) = self.cookies_set(browser)
            self.assertEqual("Secure" in attributes, is_secure, told)

    def test_a_name_with_a_prefix_needs_what_browsers_ask_for(self):
        for settings_before in (
            [],
            [("setCookieSecure", True)],
            [
                ("setCookieSecure", True),
                ("setCookiePath", "/"),
                ("setCookieDomain", ".example.org"),
            ],
        ):
            for name, value in settings_before:
                getattr(self.ids, name)(value)
            with self.assertRaisesRegex(BrowserIdManagerErr, "no domain.*Nothing was"):
                self.ids.setBrowserIdName("__Host-id")
        self.ids.setCookieDomain("")
        self.ids.setBrowserIdName("__Host-id")
        for name, value in (
            ("setCookieSecure", False),
            ("setCookiePath", "/plone"),
            ("setCookieDomain", ".example.org"),
        ):
            with self.assertRaisesRegex(BrowserIdManagerErr, "__Host-"):
                getattr(self.ids, name)(value)
        transaction.commit()
        self.alice.addHeader("X-Forwarded-Proto", "https")
        self.alice.open(self.url("seed-set", value="tea"))
        ((_value, attributes),) = self.cookies_set(self.alice)
        self.assertEqual(attributes, {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"})

    def test_a_secure_prefix_needs_the_flag_alone(self):
        with self.assertRaisesRegex(BrowserIdManagerErr, "Secure flag"):
            self.ids.setBrowserIdName("__Secure-id")
        self.ids.manage_changeBrowserIdManager(idname="__Secure-id", cookiesecure=1)
        with self.assertRaisesRegex(BrowserIdManagerErr, "__Secure-"):
            self.ids.manage_changeBrowserIdManager(idname="__Secure-id")
        self.assertTrue(self.ids.getCookieSecure())

    def test_two_sites_on_one_host_do_not_see_each_others(self):
        app = self.layer["app"]
        setRoles(self.portal, TEST_USER_ID, ["Manager"])
        user = app.acl_users.getUserById(SITE_OWNER_NAME).__of__(app.acl_users)
        newSecurityManager(None, user)
        other = addPloneSite(
            app, "plone2", extension_ids=("collective.sessiondata:default",)
        )
        transaction.commit()
        sites = [site.absolute_url() for site in (self.portal, other)]
        for number, site in enumerate(sites):
            self.alice.open(f"{site}/@@seed-set?value=site{number}")
        for number, site in enumerate(sites):
            self.alice.open(f"{site}/@@cookies-sent")
            self.assertEqual(self.alice.contents.count(COOKIE_NAME), 1)
            self.alice.open(f"{site}/@@seed-get")
            self.assertIn(f"site{number}", self.alice.contents)


class HostileTest(SecurityTestCase):
    def crowd(self, count, page="seed-set", **form):
        browsers = []
        for number in range(count):
            browser = self.failing()
            browser.open(self.url(page, value=f"{number}", **form))
            browsers.append(browser)
        return browsers

    def test_a_flood_drops_none_that_came_back_or_was_logged_in(self):
        self.container.limit = 20
        transaction.commit()
        # Forget the warnings that other tests have caused in the last minute.
        capacity.evicted.forget()
        member = self.browser()
        member.addHeader(
            "Authorization", f"Basic {SITE_OWNER_NAME}:{SITE_OWNER_PASSWORD}"
        )
        for visitor, value in ((self.alice, "tea"), (self.bob, "x"), (member, "cup")):
            visitor.open(self.url("seed-set", value=value))
        with travel(minutes=5):
            self.alice.open(self.url("seed-get"))
            with self.assertLogs("collective.sessiondata", "WARNING") as logs:
                for browser in self.crowd(60):
                    self.assertIn("200", browser.headers["status"])
            transaction.begin()
            self.assertEqual(len(self.container), 20)
            # However many had to go.
            self.assertEqual(len(logs.output), 1)
            self.assertIn("Active ones evicted within 1 seconds: 1.", logs.output[0])
            for visitor, value in ((self.alice, "tea"), (member, "cup")):
                self.assertEqual(
                    data_of(visitor, self.portal), {"my_option": {"value": value}}
                )
            # Who never came back was the first to go.
            self.assertIsNone(data_of(self.bob, self.portal))

    def test_a_limit_holds_as_soon_as_it_is_lowered(self):
        self.crowd(4)
        transaction.begin()
        self.container.limit = 3
        transaction.commit()
        self.crowd(4)
        transaction.begin()
        self.assertEqual(len(self.container), 4)

    def test_a_site_is_bounded_from_the_start(self):
        self.assertEqual(
            (self.container.limit, self.container.when_full), (100_000, "drop")
        )

    def test_who_is_refused_is_told_to_come_back(self):
        self.container.limit, self.container.when_full = 1, "refuse"
        transaction.commit()
        first, second = self.crowd(2)
        self.assertIn("200", first.headers["status"])
        self.assertIn("503", second.headers["status"])
        self.assertEqual(second.headers["Retry-After"], "120")
        self.assertIn("<h1>Too many visitors</h1>", second.contents)
        self.assertNotIn("Set-Cookie", second.headers)

    def test_who_is_refused_is_told_where_the_frame_of_the_site_fails_too(self):
        self.container.limit, self.container.when_full = 1, "refuse"
        transaction.commit()

        def broken(page):
            raise KeyError("what a viewlet looks for")

        with mock.patch.object(
            errorpages.TooManySessionsPage, "in_main_template", broken
        ):
            with self.assertLogs("collective.sessiondata", "ERROR") as logs:
                first, second = self.crowd(2)
        self.assertIn("503", second.headers["status"])
        self.assertIn("<h1>Too many visitors</h1>", second.contents)
        self.assertIn("page TooManySessionsPage of <PloneSite", logs.output[0])

    def test_a_session_that_is_stuffed_is_as_it_was(self):
        self.container.max_size = 2000
        transaction.commit()
        browser = self.failing()
        browser.open(self.url("seed-set", value="tea"))
        browser.post(self.url("seed-set"), "value=" + "x" * 3000)
        self.assertIn("413", browser.headers["status"])
        self.assertIn("<h1>That is too much to remember</h1>", browser.contents)
        self.assertEqual(data_of(browser, self.portal), {"my_option": {"value": "tea"}})
        browser.open(self.url("seed-set", value="coffee"))
        self.assertIn("200", browser.headers["status"])

    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        cookie=st.one_of(
            st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=200),
            st.from_regex(r"[A-Za-z0-9_-]{30,34}", fullmatch=True),
        ),
        form=st.dictionaries(
            st.sampled_from(["value", "SESSION", COOKIE_NAME, "a:list", "b.c:records"]),
            st.text(max_size=20),
        ),
    )
    def test_made_up_cookies_and_forms_are_no_error_of_ours(self, cookie, form):
        browser = self.failing()
        browser.addHeader("Cookie", f"{COOKIE_NAME}={cookie}")
        for page in (self.url("look", **form), self.url("look-not", **form, set="tea")):
            browser.open(page)
            status = browser.headers["status"]
            self.assertNotRegex(status, "^5", browser.contents)
            for value, _attributes in self.cookies_set(browser):
                self.assertNotEqual(value, cookie)


del SiteTestCase
