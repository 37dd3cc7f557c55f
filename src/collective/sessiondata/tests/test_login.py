"""Whose session it is: login, logout, other users, and an end of their rights."""

from ..api import end_all_sessions
from ..api import end_sessions_of
from ..interfaces import ISessionRotated
from ..settings.browserid import COOKIE_NAME
from ..testing import data_of
from ..testing import travel
from .support.views import Missing
from .test_site import SiteTestCase
from plone import api as plone_api
from plone.app.testing import setRoles
from plone.app.testing import TEST_USER_ID
from zExceptions import NotFound
from zope.component import getGlobalSiteManager
from zope.component import provideAdapter
from zope.interface import Interface

import transaction

PASSWORD = "correct horse battery"


class LoginTestCase(SiteTestCase):
    def setUp(self):
        super().setUp()
        setRoles(self.portal, TEST_USER_ID, ["Manager"])
        for name in ("anna", "bert"):
            plone_api.user.create(f"{name}@example.org", name, PASSWORD)
        transaction.commit()
        self.manager = self.portal.session_data_manager

    def log_in(self, browser, name):
        browser.open(f"{self.portal.absolute_url()}/login")
        browser.getControl(name="__ac_name").value = name
        browser.getControl(name="__ac_password").value = PASSWORD
        browser.getControl("Log in").click()
        self.assertIn("__ac", browser.cookies)

    def log_out(self, browser):
        browser.open(f"{self.portal.absolute_url()}/logout")

    def basic(self, name):
        """Return a browser that sends its password along each time."""
        browser = self.browser()
        browser.addHeader("Authorization", f"Basic {name}:{PASSWORD}")
        return browser

    def with_cookie(self, browser_id):
        """Return a browser that has the session cookie of another one."""
        browser = self.browser()
        self.plant(browser, browser_id)
        return browser

    def put(self, browser, value):
        browser.open(self.url("seed-set", value=value))

    def got(self, browser):
        browser.open(self.url("seed-get"))
        return browser.contents.removeprefix("my_option: ")

    def data(self, browser_id):
        transaction.begin()
        session = self.manager.getSessionDataByKey(browser_id)
        return None if session is None else dict(session.items())


TEA = "{'value': 'tea'}"


class LoginTest(LoginTestCase):
    def test_a_login_gives_a_new_id_and_keeps_the_data(self):
        self.put(self.alice, "tea")
        before = self.alice.cookies[COOKIE_NAME]
        self.log_in(self.alice, "anna")
        self.assertNotEqual(self.alice.cookies[COOKIE_NAME], before)
        self.assertEqual(self.got(self.alice), TEA)
        self.assertIsNone(self.data(before))
        self.assertEqual(self.got(self.with_cookie(before)), "None")

    def test_a_login_without_a_session_makes_none(self):
        self.log_in(self.alice, "anna")
        self.assertNotIn(COOKIE_NAME, self.alice.cookies)
        self.assertEqual(len(self.manager.container()), 0)

    def test_a_login_can_begin_anew(self):
        self.manager.setKeepDataAtLogin(False)
        transaction.commit()
        self.put(self.alice, "tea")
        before = self.alice.cookies[COOKIE_NAME]
        self.log_in(self.alice, "anna")
        self.assertEqual(self.got(self.alice), "None")
        self.assertIsNone(self.data(before))

    def test_a_login_that_fails_leaves_all_as_it_was(self):
        self.put(self.alice, "tea")
        before = self.alice.cookies[COOKIE_NAME]
        self.alice.open(f"{self.portal.absolute_url()}/login")
        self.alice.getControl(name="__ac_name").value = "anna"
        self.alice.getControl(name="__ac_password").value = "wrong"
        self.alice.getControl("Log in").click()
        self.assertEqual(self.alice.cookies[COOKIE_NAME], before)
        self.assertEqual(self.got(self.alice), TEA)

    def test_nobody_else_is_handed_a_users_session(self):
        self.log_in(self.alice, "anna")
        self.put(self.alice, "tea")
        stolen = self.alice.cookies[COOKIE_NAME]
        self.assertEqual(self.got(self.with_cookie(stolen)), "None")
        self.assertEqual(self.got(self.alice), TEA)

    def test_who_has_stolen_an_id_cannot_move_the_session_away(self):
        self.log_in(self.alice, "anna")
        self.put(self.alice, "tea")
        thief = self.with_cookie(self.alice.cookies[COOKIE_NAME])
        thief.open(self.url("rotate"))
        self.assertEqual(self.got(self.alice), TEA)

    def test_who_is_logged_out_by_a_lost_cookie_finds_it_again_after_a_login(self):
        self.log_in(self.alice, "anna")
        self.put(self.alice, "tea")
        del self.alice.cookies["__ac"]
        self.assertEqual(self.got(self.alice), "None")
        self.log_in(self.alice, "anna")
        self.assertEqual(self.got(self.alice), TEA)

    def test_an_anonymous_change_leaves_a_users_session_alone(self):
        self.log_in(self.alice, "anna")
        self.put(self.alice, "tea")
        before = self.alice.cookies[COOKIE_NAME]
        del self.alice.cookies["__ac"]
        self.put(self.alice, "coffee")
        self.assertNotEqual(self.alice.cookies[COOKIE_NAME], before)
        self.assertEqual(self.got(self.alice), "{'value': 'coffee'}")
        self.assertEqual(self.data(before), {"my_option": {"value": "tea"}})

    def test_another_user_in_the_same_browser_gets_nothing_of_the_first(self):
        self.log_in(self.alice, "anna")
        self.put(self.alice, "tea")
        before = self.alice.cookies[COOKIE_NAME]
        # Without logging out: the cookie that says who it is was lost.
        del self.alice.cookies["__ac"]
        self.log_in(self.alice, "bert")
        self.assertEqual(self.got(self.alice), "None")
        self.assertIsNone(self.data(before))

    def test_plugins_without_a_login_are_told_apart_too(self):
        anna, bert = self.basic("anna"), self.basic("bert")
        self.put(anna, "tea")
        self.assertEqual(self.got(anna), TEA)
        browser_id = anna.cookies[COOKIE_NAME]
        self.plant(bert, browser_id)
        self.assertEqual(self.got(bert), "None")
        # It has ended, since somebody else has its id.
        self.assertIsNone(self.data(browser_id))

    def test_a_planted_session_is_not_what_a_user_writes_to(self):
        # The attacker's own session, known to him, in the victim's browser.
        self.put(self.bob, "planted")
        planted = self.bob.cookies[COOKIE_NAME]
        anna = self.basic("anna")
        self.plant(anna, planted)
        for change in ("key", "in place"):
            anna.open(self.url("change", what=change, value="secret"))
            self.assertNotEqual(anna.cookies[COOKIE_NAME], planted)
            self.assertIsNone(self.data(planted))
        self.assertEqual(self.got(self.bob), "None")
        self.assertEqual(data_of(anna, self.portal)["a"], ["secret", "secret"])

    def test_a_planted_object_is_not_what_a_user_changes(self):
        self.bob.open(self.url("change", what="new", value="planted"))
        planted = self.bob.cookies[COOKIE_NAME]
        anna = self.basic("anna")
        self.plant(anna, planted)
        anna.open(self.url("change", what="nested", value="secret"))
        self.assertIsNone(self.data(planted))
        data = data_of(anna, self.portal)
        self.assertEqual(data["data"].more.items, ("secret",))

    def test_what_was_given_out_before_the_user_was_known_is_taken_back(self):
        self.log_in(self.alice, "anna")
        self.put(self.alice, "tea")
        stolen = self.with_cookie(self.alice.cookies[COOKIE_NAME])
        stolen.open(f"{self.portal.absolute_url()}/@@early")
        self.assertIn("early: {'value': 'tea'}", stolen.contents)
        self.assertIn("late: None, None", stolen.contents)

    def test_rights_that_code_takes_for_a_while_change_nothing(self):
        self.log_in(self.alice, "anna")
        self.put(self.alice, "tea")
        self.alice.open(self.url("as-another"))
        self.assertIn("tea", self.alice.contents)

    def test_managers_of_the_same_ids_are_rotated_along(self):
        self.portal._setObject("carts", type(self.manager.aq_base)("carts"))
        transaction.commit()
        self.alice.open(self.url("seed-set", value="tea"))
        before = self.alice.cookies[COOKIE_NAME]
        transaction.begin()
        carts = self.portal.carts.container()
        carts.new(before)["a"] = 1
        self.manager.getSessionDataByKey(before).invalidate()
        transaction.commit()
        self.log_in(self.alice, "anna")
        transaction.begin()
        self.assertNotIn(before, carts)
        self.assertEqual(carts[self.alice.cookies[COOKIE_NAME]]["a"], 1)

    def test_an_error_after_a_rotation_leaves_the_visitor_the_session(self):
        self.put(self.alice, "tea")
        before = self.alice.cookies[COOKIE_NAME]
        self.alice.handleErrors = True
        self.alice.raiseHttpErrors = False
        for end in ("rotate", "end"):
            self.alice.open(self.url("fail", after=end))
            self.assertIn("500", self.alice.headers["status"])
            self.assertEqual(self.alice.cookies[COOKIE_NAME], before)
            self.assertEqual(self.got(self.alice), TEA)

    def test_add_ons_rotate_by_themselves(self):
        told = []
        getGlobalSiteManager().registerHandler(told.append, (ISessionRotated,))
        self.addCleanup(
            getGlobalSiteManager().unregisterHandler, told.append, (ISessionRotated,)
        )
        self.put(self.alice, "tea")
        before = self.alice.cookies[COOKIE_NAME]
        self.alice.open(self.url("rotate"))
        self.assertNotEqual(self.alice.cookies[COOKIE_NAME], before)
        self.assertEqual(self.got(self.alice), TEA)
        self.assertEqual(len(told), 1)


class StepsTest(LoginTestCase):
    """What may come together in one request, and must leave nobody with the wrong id."""

    def setUp(self):
        super().setUp()
        # The attacker's own session, known to him, in the victim's browser.
        self.bob.open(self.url("change", what="new", value="planted"))
        self.planted = self.bob.cookies[COOKIE_NAME]
        self.anna = self.basic("anna")
        self.anna.handleErrors = True
        self.anna.raiseHttpErrors = False
        self.plant(self.anna, self.planted)

    def do(self, steps, **form):
        self.anna.open(self.url("steps", steps=steps, **form))

    def own(self):
        """Return what Anna's session holds, which nobody else has."""
        self.assertNotEqual(self.anna.cookies[COOKIE_NAME], self.planted)
        self.assertIsNone(self.data(self.planted))
        transaction.begin()
        (session,) = self.manager.container().sessions_of("anna")
        data = self.data(self.anna.cookies[COOKIE_NAME])
        self.assertEqual(sorted(session.keys()), sorted(data))
        return data

    def test_a_change_that_is_rolled_back(self):
        self.do("savepoint set rollback")
        self.assertEqual(self.anna.cookies[COOKIE_NAME], self.planted)
        self.assertEqual(self.data(self.planted)["a"], ["planted"])

    def test_a_change_after_one_that_was_rolled_back(self):
        self.do("savepoint set rollback set")
        self.assertEqual(self.own()["secret"], "theirs")

    def test_a_change_after_the_session_was_let_go(self):
        self.do("minimize set")
        self.assertEqual(self.own()["secret"], "theirs")

    def test_a_change_of_an_object_before_a_savepoint(self):
        self.do("nested savepoint")
        self.assertEqual(self.own()["data"].items, ("secret",))

    def test_a_change_before_it_was_known_who_it_is(self):
        self.do("", early="mine")
        self.assertEqual(self.own()["secret"], "mine")

    def test_an_error_after_whatever_was_done(self):
        for steps in (
            "rotate fail",
            "rotate rotate fail",
            "logout anew fail",
            "set rotate fail",
            "part fail",
            "login part_that_writes fail",
        ):
            with self.subTest(steps):
                self.do(steps)
                self.assertIn("500", self.anna.headers["status"])
                self.assertEqual(self.anna.cookies[COOKIE_NAME], self.planted)
                self.assertEqual(self.data(self.planted)["a"], ["planted"])

    def test_a_part_of_a_page_after_a_login(self):
        self.do("login part_that_writes")
        self.assertEqual(self.own()["my_option"], {"value": "part"})

    def test_what_was_begun_before_a_logout_is_not_the_users_after_it(self):
        self.do("logout anew")
        anew = self.anna.cookies[COOKIE_NAME]
        self.assertNotEqual(anew, self.planted)
        self.assertEqual(list(self.data(anew)), ["anew"])
        newcomer = self.basic("anna")
        newcomer.open(self.url("steps", steps="logout anew"))
        self.assertIn("[('anew', 1)]", newcomer.contents)
        transaction.begin()
        self.assertEqual(self.manager.container().sessions_of("anna"), [])

    def test_a_page_that_tells_of_an_error_shows_nobody_elses(self):
        anna = self.browser()
        self.log_in(anna, "anna")
        self.put(anna, "tea")
        thief = self.with_cookie(anna.cookies[COOKIE_NAME])
        thief.handleErrors = True
        thief.raiseHttpErrors = False
        provideAdapter(Missing, (NotFound, Interface), Interface, name="index.html")
        self.addCleanup(
            getGlobalSiteManager().unregisterAdapter,
            Missing,
            (NotFound, Interface),
            Interface,
            name="index.html",
        )
        thief.open(f"{self.portal.absolute_url()}/nothing-here")
        self.assertIn("<p>None</p>", thief.contents)


class LogoutTest(LoginTestCase):
    def test_a_logout_ends_the_session_and_deletes_the_cookie(self):
        self.log_in(self.alice, "anna")
        self.put(self.alice, "tea")
        before = self.alice.cookies[COOKIE_NAME]
        self.log_out(self.alice)
        self.assertNotIn(COOKIE_NAME, self.alice.cookies)
        self.assertIsNone(self.data(before))
        self.assertEqual(len(self.manager.container().sessions_of("anna")), 0)

    def test_a_new_session_after_the_logout_in_one_request(self):
        self.put(self.alice, "tea")
        before = self.alice.cookies[COOKIE_NAME]
        self.alice.open(self.url("begin-anew"))
        self.assertNotEqual(self.alice.cookies[COOKIE_NAME], before)
        self.assertEqual(self.got(self.alice), "'anew'")
        self.assertIsNone(self.data(before))

    def test_the_cookie_is_deleted_as_it_was_set(self):
        self.put(self.alice, "tea")
        was_set = self.cookie_header()
        self.log_out(self.alice)
        self.alice.open(self.url("seed-set", value="tea"))
        self.alice.open(self.url("end-all-here"))
        deleted = self.cookie_header()
        for attribute in ("Path", "HttpOnly", "SameSite"):
            self.assertEqual(was_set.get(attribute), deleted.get(attribute))
        self.assertEqual(deleted["Max-Age"], "0")

    def cookie_header(self):
        (header,) = (
            value
            for value in self.alice.headers.get_all("set-cookie")
            if value.startswith(COOKIE_NAME)
        )
        parts = [part.strip().partition("=") for part in header.split(";")]
        return {name: value for name, _, value in parts}


class EndingTest(LoginTestCase):
    """Users' sessions end with their rights, wherever they are."""

    def setUp(self):
        super().setUp()
        self.here, self.there = self.alice, self.bob
        for browser in (self.here, self.there):
            self.log_in(browser, "anna")
            self.put(browser, "tea")
        self.other = self.browser()
        self.log_in(self.other, "bert")
        self.put(self.other, "coffee")

    def assertEnded(self, *browsers):
        for browser in (self.here, self.there, self.other):
            expected = self.assertEqual if browser in browsers else self.assertNotEqual
            expected(self.got(browser), "None")

    def test_a_users_sessions_are_found_by_the_user(self):
        container = self.manager.container()
        self.assertEqual(len(container.sessions_of("anna")), 2)
        self.assertEqual(len(container.sessions_of("bert")), 1)
        self.assertEqual(container.sessions_of("ann"), [])
        (session,) = container.sessions_of("bert")
        self.assertEqual(session.getUserId(), "bert")

    def test_those_of_a_user_who_is_deleted(self):
        plone_api.user.delete("anna")
        transaction.commit()
        self.assertEqual(len(self.manager.container()), 1)
        self.assertEnded(self.here, self.there)

    def test_the_others_of_a_user_who_has_a_new_password(self):
        before = self.here.cookies[COOKIE_NAME]
        self.here.open(f"{self.portal.absolute_url()}/@@change-password")
        for name, value in (
            ("current_password", PASSWORD),
            ("new_password", "a new passphrase"),
            ("new_password_ctl", "a new passphrase"),
        ):
            self.here.getControl(name=f"form.widgets.{name}").value = value
        self.here.getControl("Change Password").click()
        self.assertIn("Password changed", self.here.contents)
        self.assertNotEqual(self.here.cookies[COOKIE_NAME], before)
        self.assertEnded(self.there)

    def test_all_of_a_user_whose_password_somebody_else_changes(self):
        acl_users = self.portal.acl_users
        acl_users.source_users.doChangeUser("anna", "a new passphrase")
        transaction.commit()
        self.assertEnded(self.here, self.there)

    def test_all_of_a_user_by_an_add_on(self):
        self.assertEqual(end_sessions_of(self.portal, "anna"), 2)
        self.assertEqual(end_sessions_of(self.portal, "anna"), 0)
        transaction.commit()
        self.assertEnded(self.here, self.there)

    def test_one_by_one(self):
        (session,) = self.manager.container().sessions_of("bert")
        session.invalidate()
        transaction.commit()
        self.assertEnded(self.other)

    def test_all_of_the_site(self):
        end_all_sessions(self.portal)
        transaction.commit()
        self.assertEnded(self.here, self.there, self.other)
        # In the same second.
        self.put(self.here, "tea")
        self.assertEqual(self.got(self.here), TEA)
        self.assertEqual(self.manager.container().sweep().removed, 3)
        with travel(minutes=5):
            self.assertEqual(self.got(self.here), TEA)
        transaction.begin()
        self.assertEqual(len(self.manager.container()), 1)

    def test_what_has_expired_is_nobodys(self):
        with travel(minutes=61):
            self.assertEqual(self.manager.container().sessions_of("anna"), [])
            self.manager.container().sweep()
        transaction.begin()
        container = self.manager.container()
        self.assertEqual(len(container), 0)
        index = container.store.owned
        self.assertEqual(sum(len(leaf.sessions) for leaf, _ in index.leaves()), 0)


del SiteTestCase
