"""Sessions of visitors who come through the publisher, with real cookies."""

from ..settings.browserid import COOKIE_NAME
from ..testing import data_of
from ..testing import travel
from .support.layers import SITE_FUNCTIONAL_TESTING
from .support.things import CheckoutData
from persistent.mapping import PersistentMapping
from plone.app.testing import setRoles
from plone.app.testing import SITE_OWNER_NAME
from plone.app.testing import SITE_OWNER_PASSWORD
from plone.app.testing import TEST_USER_ID
from plone.app.testing import TEST_USER_NAME
from plone.app.testing import TEST_USER_PASSWORD
from plone.protect import auto
from plone.testing.zope import Browser
from Products.SiteAccess.VirtualHostMonster import manage_addVirtualHostMonster
from unittest import mock
from unittest import TestCase
from urllib.parse import urlencode

import transaction


class SiteTestCase(TestCase):
    layer = SITE_FUNCTIONAL_TESTING

    def setUp(self):
        self.portal = self.layer["portal"]
        self.alice = self.browser()
        self.bob = self.browser()

    def browser(self):
        browser = Browser(self.layer["app"])
        browser.handleErrors = False
        return browser

    def url(self, page, **form):
        query = f"?{urlencode(form)}" if form else ""
        return f"{self.portal.absolute_url()}/@@{page}{query}"

    def plant(self, browser, browser_id):
        """Let ``browser`` send the id of another one from now on."""
        browser.open(self.url("look"))
        path = self.portal.absolute_url_path()
        browser.cookies.create(COOKIE_NAME, browser_id, path=path)

    def last_transaction(self):
        transaction.begin()
        return self.portal._p_jar.db().lastTransaction()


class SeedTest(SiteTestCase):
    """What the documentation on sessions promises."""

    def test_a_parameter_that_was_set_is_got_in_the_next_request(self):
        self.alice.open(self.url("seed-set", value="tea"))
        self.alice.open(self.url("seed-get"))
        self.assertEqual(self.alice.contents, "my_option: {'value': 'tea'}")

    def test_two_visitors_have_a_parameter_each(self):
        self.alice.open(self.url("seed-set", value="tea"))
        self.bob.open(self.url("seed-get"))
        self.assertEqual(self.bob.contents, "my_option: None")
        self.bob.open(self.url("seed-set", value="coffee"))
        self.alice.open(self.url("seed-get"))
        self.assertIn("tea", self.alice.contents)
        self.bob.open(self.url("seed-get"))
        self.assertIn("coffee", self.bob.contents)

    def test_the_checkout_is_the_same_object_from_the_first_access_on(self):
        self.alice.open(self.url("seed-checkout"))
        self.assertEqual(self.alice.contents, "items: ()")
        self.alice.open(self.url("seed-checkout", item="tea"))
        self.bob.open(self.url("seed-checkout", item="cup"))
        self.alice.open(self.url("seed-checkout", item="coffee"))
        self.alice.open(self.url("seed-checkout"))
        self.assertEqual(self.alice.contents, "items: ('tea', 'coffee')")
        self.bob.open(self.url("seed-checkout"))
        self.assertEqual(self.bob.contents, "items: ('cup',)")

    def test_the_session_id_is_in_a_cookie(self):
        self.alice.open(self.url("seed-set", value="tea"))
        cookie = self.alice.cookies.getinfo(COOKIE_NAME)
        self.assertEqual(len(cookie["value"]), 32)
        self.assertEqual(cookie["path"], "/plone")

    def test_a_session_times_out(self):
        self.alice.open(self.url("seed-set", value="tea"))
        with travel(minutes=61):
            self.alice.open(self.url("seed-get"))
        self.assertEqual(self.alice.contents, "my_option: None")

    def test_a_test_sees_what_a_visitors_session_holds(self):
        self.alice.open(self.url("seed-set", value="tea"))
        self.assertEqual(
            data_of(self.alice, self.portal), {"my_option": {"value": "tea"}}
        )
        self.bob.open(self.url("seed-get"))
        self.assertIsNone(data_of(self.bob, self.portal))


class PublisherTest(SiteTestCase):
    def test_a_template_uses_the_session(self):
        for visit in "123":
            self.alice.open(self.url("template"))
            for name in ("path", "python", "method"):
                self.assertIn(f'<b id="{name}">{visit}</b>', self.alice.contents)
            self.assertIn('<b id="slot">1</b>', self.alice.contents)

    def test_visits_that_only_look_write_nothing_and_set_no_cookie(self):
        self.alice.open(self.url("look"))
        before = self.last_transaction()
        for visit in range(10):
            crawler = self.browser()
            crawler.open(self.url("look"))
            self.assertNotIn("set-cookie", str(crawler.headers).lower())
        self.assertEqual(self.last_transaction(), before)

    def test_a_visitor_with_a_session_who_only_looks_writes_nothing(self):
        self.alice.open(self.url("change", what="new", value="tea"))
        before = self.last_transaction()
        for visit in range(10):
            self.alice.open(self.url("look"))
            self.assertNotIn("set-cookie", str(self.alice.headers).lower())
        self.assertEqual(self.last_transaction(), before)

    def test_the_parts_of_a_page_have_its_session(self):
        for visit in range(2):
            self.alice.open(self.url("parts"))
            self.assertIn("200", self.alice.contents)
            self.assertEqual(
                sorted(data_of(self.alice, self.portal)),
                ["a", "data", "list", "page"],
            )
        self.assertEqual(len(self.portal.session_data_manager.container()), 1)

    def test_the_tools_have_their_management_screens(self):
        browser = self.browser()
        browser.addHeader(
            "Authorization", f"Basic {SITE_OWNER_NAME}:{SITE_OWNER_PASSWORD}"
        )
        for tool in ("session_data_manager", "browser_id_manager"):
            browser.open(f"{self.portal.absolute_url()}/{tool}/manage_access")
            self.assertIn("Access contents information", browser.contents)

    def test_a_form_cannot_put_something_in_the_place_of_the_session(self):
        self.alice.open(self.url("told", SESSION="evil", _collective_sessiondata="x"))
        self.assertIn("{}", self.alice.contents)

    def test_the_cookie_is_for_the_browser_alone(self):
        self.alice.open(self.url("seed-set", value="tea"))
        header = self.alice.headers["Set-Cookie"]
        self.assertIn("HttpOnly", header)
        self.assertIn("SameSite=Lax", header)
        self.assertIn("Path=/plone", header)
        self.assertNotIn("Secure", header)
        self.assertNotIn("Expires", header)

    def test_behind_a_virtual_host_the_cookie_is_for_the_site(self):
        manage_addVirtualHostMonster(self.layer["app"], "virtual_hosting")
        transaction.commit()
        for host, root, path, secure in (
            ("https/shop.example.com:443", "", "/", True),
            ("http/shop.example.com:80", "", "/", False),
            ("https/example.com:443", "/_vh_shop", "/shop", True),
        ):
            browser = self.browser()
            browser.open(
                f"{self.layer['app'].absolute_url()}/VirtualHostBase/{host}"
                f"/plone/VirtualHostRoot{root}/@@seed-set?value=1"
            )
            header = browser.headers["Set-Cookie"]
            self.assertIn(f"Path={path}", header.split("; "))
            self.assertEqual("Secure" in header, secure)

    def test_bad_cookies_get_a_fresh_session_and_never_an_error(self):
        self.bob.open(self.url("seed-set", value="bob's"))
        bobs = self.bob.cookies[COOKIE_NAME]
        cookies = [
            (COOKIE_NAME, "x"),
            (COOKIE_NAME, "x" * 10_000),
            (COOKIE_NAME, "\xe4" * 32),
            (COOKIE_NAME, '"'),
            (COOKIE_NAME, "A" * 32),
            (COOKIE_NAME, ""),
            ("_ZopeId", "12345678A9bcdefghij"),
            ("_ZopeId", bobs),
            (COOKIE_NAME, bobs),
        ]
        for name, value in cookies:
            with self.subTest(name=name, value=value[:40]), travel(minutes=61):
                browser = self.browser()
                browser.addHeader("Cookie", f"{name}={value}")
                browser.open(self.url("seed-get"))
                self.assertEqual(browser.headers["status"].lower(), "200 ok")
                self.assertEqual(browser.contents, "my_option: None")
                self.assertNotIn("Set-Cookie", browser.headers)
                browser.open(self.url("seed-set", value="fresh"))
                issued = browser.headers["Set-Cookie"].split(";")[0]
                self.assertTrue(issued.startswith(f"{COOKIE_NAME}="))
                self.assertNotEqual(issued, f"{COOKIE_NAME}={value}")

    def test_values_that_cannot_be_kept_name_their_key_and_harm_nothing(self):
        self.alice.open(self.url("unpicklable"))
        self.assertEqual(self.alice.contents.count("Session key 'bad'"), 2)
        self.assertIn("UID or path", self.alice.contents)
        self.assertEqual(data_of(self.alice, self.portal), {"good": 1})

    def test_nothing_of_the_tools_is_published(self):
        self.alice.open(self.url("seed-set", value="tea"))
        self.alice.handleErrors = True
        self.alice.raiseHttpErrors = False
        for path in (
            "session_data_manager",
            "session_data_manager/getSessionData",
            "session_data_manager/hasSessionData",
            "session_data_manager/getOrCreate?name=test.items",
            "session_data_manager/container",
            "session_data_manager/_v_container",
            "session_data_manager/container_id",
            "session_data_manager/getBrowserIdManager",
            "browser_id_manager",
            "browser_id_manager/getBrowserId",
            "browser_id_manager/getBrowserIdName",
            "browser_id_manager/setBrowserIdCookieByForce?bid=" + "f" * 32,
            "browser_id_manager/flushBrowserIdCookie",
            "REQUEST/SESSION",
            "REQUEST/SESSION/my_option",
            "SESSION",
        ):
            with self.subTest(path):
                self.alice.open(f"{self.portal.absolute_url()}/{path}")
                self.assertNotEqual(self.alice.headers["status"][:3], "200")
                self.assertNotIn("Set-Cookie", self.alice.headers)
        self.assertEqual(
            data_of(self.alice, self.portal), {"my_option": {"value": "tea"}}
        )


class CsrfTest(SiteTestCase):
    """plone.protect and the GET requests of who is logged in."""

    def setUp(self):
        super().setUp()
        # The layers of plone.app.testing switch the check off.
        patch = mock.patch.object(auto, "CSRF_DISABLED", False)
        patch.start()
        self.addCleanup(patch.stop)
        setRoles(self.portal, TEST_USER_ID, ["Editor"])
        self.portal.marker_mapping = PersistentMapping()
        transaction.commit()
        self.editor = self.browser()
        self.editor.addHeader(
            "Authorization", f"Basic {TEST_USER_NAME}:{TEST_USER_PASSWORD}"
        )

    def change(self, what, **form):
        self.editor.open(self.url("change", what=what, **form))

        return "confirm-action" not in self.editor.url

    def data(self):
        return data_of(self.editor, self.portal)

    def test_a_get_that_changes_the_session_is_saved(self):
        self.assertTrue(self.change("new", value="1"))
        self.assertEqual(self.data()["a"], ["1"])
        self.assertTrue(self.change("key", value="2"))
        self.assertEqual(self.data()["a"], ["2"])
        self.assertTrue(self.change("in place", value="3"))
        self.assertEqual(self.data()["a"], ["2", "3"])
        self.assertTrue(self.change("attribute", value="4"))
        self.assertEqual(self.data()["data"].items, ("4",))
        self.assertTrue(self.change("nested", value="5"))
        self.assertEqual(self.data()["data"].more.items, ("5",))
        self.assertTrue(self.change("listed", value="6"))
        self.assertEqual(self.data()["list"][0].items, ("6",))
        self.assertTrue(self.change("finish"))
        self.assertIsNone(self.data())

    def test_a_change_that_cannot_be_kept_is_an_error(self):
        self.change("new", value="1")
        with self.assertRaisesRegex(TypeError, "'a'"):
            self.change("spoil")
        self.assertEqual(self.data()["a"], ["1"])

    def test_a_get_for_which_another_session_has_to_make_room_is_saved(self):
        self.alice.open(self.url("change", what="new", value="1"))
        container = self.portal.session_data_manager.container()
        container.limit = 1
        container.when_full = "drop"
        transaction.commit()
        self.assertTrue(self.change("new", value="2"))
        self.assertEqual(self.data()["a"], ["2"])
        self.assertIsNone(data_of(self.alice, self.portal))

    def test_a_get_that_only_notes_the_access_is_saved(self):
        self.change("new", value="1")
        with travel(minutes=50):
            self.assertTrue(self.change("nothing"))
        with travel(minutes=100):
            self.assertEqual(self.data()["a"], ["1"])

    def test_a_get_that_writes_content_is_still_caught(self):
        self.change("new", value="1")
        for what in (
            "content",
            "annotation",
            "key, content",
            "attribute, annotation",
            "nested, content",
            "setting",
        ):
            with self.subTest(what):
                self.assertFalse(self.change(what, value="smuggled"))
                transaction.begin()
                self.assertNotEqual(self.portal.description, "smuggled")
                self.assertEqual(dict(self.portal.marker_mapping), {})
                # The whole request was taken back.
                self.assertEqual(self.data()["a"], ["1"])
                self.assertEqual(self.data()["data"].items, ())

    def test_content_that_was_put_into_the_session_is_still_caught(self):
        self.change("new", value="1")
        transaction.begin()
        session = self.portal.session_data_manager.getSessionDataByKey(
            self.editor.cookies[COOKIE_NAME]
        )
        session["content"] = self.portal.marker_mapping
        transaction.commit()
        self.assertFalse(self.change("hidden", value="smuggled"))
        transaction.begin()
        self.assertEqual(dict(self.portal.marker_mapping), {})

    def test_another_visitors_session_is_still_protected(self):
        self.alice.open(self.url("seed-set", value="tea"))
        victim = self.alice.cookies[COOKIE_NAME]
        self.change("new", value="1")
        for what in ("end other", "change other in place"):
            with self.subTest(what):
                self.assertFalse(self.change(what, id=victim, value="smuggled"))
                self.assertEqual(
                    data_of(self.alice, self.portal), {"my_option": {"value": "tea"}}
                )

    def test_a_value_that_changes_its_key_stays_the_visitors_own(self):
        self.change("new", value="1")
        self.assertTrue(self.change("rename", value="2"))
        self.assertTrue(self.change("nothing"))
        self.assertEqual(self.data()["renamed"].items, ("2",))

    def test_content_below_a_new_value_is_still_caught(self):
        self.change("new", value="1")
        transaction.begin()
        session = self.portal.session_data_manager.getSessionDataByKey(
            self.editor.cookies[COOKIE_NAME]
        )
        around = CheckoutData()
        around.source = self.portal.marker_mapping
        session["content"] = around
        transaction.commit()
        self.assertFalse(self.change("annotation", value="smuggled"))

    def as_editor_with_the_session_of(self, browser):
        self.plant(self.editor, browser.cookies[COOKIE_NAME])

    def test_content_that_is_attached_to_the_sessions_own_is_still_caught(self):
        self.alice.open(self.url("change", what="new", value="1"))
        self.as_editor_with_the_session_of(self.alice)
        self.assertFalse(self.change("attach, annotation", value="smuggled"))
        self.assertFalse(self.change("attach, through", value="smuggled"))
        self.assertTrue(self.change("attach"))
        for what in ("through", "attribute, through", "attribute, annotation"):
            with self.subTest(what):
                self.assertFalse(self.change(what, value="smuggled"))
        self.assertTrue(self.change("attribute, nested", value="2"))
        transaction.begin()
        self.assertEqual(dict(self.portal.marker_mapping), {})

    def test_content_that_was_attached_before_the_login_is_still_caught(self):
        self.alice.open(self.url("change", what="new", value="1"))
        self.alice.open(self.url("change", what="attach"))
        self.as_editor_with_the_session_of(self.alice)
        self.assertFalse(self.change("through", value="smuggled"))
        transaction.begin()
        self.assertEqual(dict(self.portal.marker_mapping), {})

    def test_a_value_that_cannot_be_searched_does_not_hinder_other_changes(self):
        self.alice.open(self.url("change", what="new", value="1"))
        self.alice.open(self.url("change", what="wrapped"))
        self.as_editor_with_the_session_of(self.alice)
        self.assertTrue(self.change("attribute", value="2"))
        self.assertEqual(self.data()["data"].items, ("2",))
        self.assertFalse(self.change("attribute, content", value="smuggled"))
        transaction.begin()
        self.assertNotEqual(self.portal.description, "smuggled")

    def test_logging_out_ends_the_session(self):
        browser = self.browser()
        browser.open(f"{self.portal.absolute_url()}/login")
        browser.getControl(name="__ac_name").value = SITE_OWNER_NAME
        browser.getControl(name="__ac_password").value = SITE_OWNER_PASSWORD
        browser.getControl("Log in").click()
        browser.open(self.url("change", what="new", value="1"))
        self.assertEqual(data_of(browser, self.portal)["a"], ["1"])
        browser.open(f"{self.portal.absolute_url()}/logout")
        self.assertIsNone(data_of(browser, self.portal))
