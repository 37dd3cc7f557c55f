"""What site administrators and users see: control panel, overview, own sessions."""

from .. import clock
from ..database.outages import DatabaseDown
from ..manager import SessionDataManager
from ..plone.browser import charts
from ..plone.browser import formatting
from ..plone.browser.listing import MAX_USERS
from ..plone.browser.mysessions import MAX_SHOWN
from ..plone.browser.overview import BATCH_SIZE
from ..settings.browserid import COOKIE_NAME
from ..storage.listing import LISTED
from ..testing import data_of
from ..testing import travel
from ..units import iso
from .test_login import LoginTestCase
from .test_login import PASSWORD
from lxml import html
from plone import api as plone_api
from Products.Transience.Transience import TransientObjectContainer as StockContainer
from unittest import mock
from unittest import TestCase
from urllib.error import HTTPError

import transaction

PAGES = ("sessions-controlpanel", "sessions-overview", "sessions-end?all=1")


class PagesTestCase(LoginTestCase):
    def setUp(self):
        super().setUp()
        for name, role in (("boss", "Site Administrator"), ("eddy", "Editor")):
            plone_api.user.create(
                f"{name}@example.org", name, PASSWORD, ("Member", role)
            )
        transaction.commit()
        self.boss = self.basic("boss")

    def see(self, browser, page):
        browser.open(f"{self.portal.absolute_url()}/@@{page}")
        return html.fromstring(browser.contents)

    def text(self, browser):
        main = html.fromstring(browser.contents).get_element_by_id("content-core")
        return " ".join(main.text_content().split())

    def messages(self, browser):
        page = html.fromstring(browser.contents)
        found = page.xpath("//*[@role='alert'][contains(@class, 'statusmessage-info')]")
        texts = [" ".join(it.text_content().split()) for it in found]
        return [text.rpartition("Info: ")[2] for text in texts]

    def beside(self, name):
        """Return what stands beside a field."""
        page = html.fromstring(self.boss.contents)
        return page.get_element_by_id(f"formfield-form-widgets-{name}").text_content()

    def rows(self, browser):
        """Return the texts of the rows of the list."""
        page = html.fromstring(browser.contents)
        return [
            [" ".join(cell.text_content().split()) for cell in row]
            for row in page.xpath("//table[contains(@class, 'sessions-list')]/tbody/tr")
        ]

    def use_stock_container(self):
        """Let another product keep the sessions."""
        self.portal._setObject("former", StockContainer("former"))
        self.manager.setContainerPath("/plone/former")
        transaction.commit()

    def container(self):
        transaction.begin()
        return self.manager.container()


class PermissionsTest(PagesTestCase):
    def test_pages_about_all_are_for_site_administrators(self):
        for page in PAGES:
            with self.subTest(page):
                self.see(self.boss, page)
                for other in (self.browser(), self.basic("anna"), self.basic("eddy")):
                    other.handleErrors = True
                    self.see(other, page)
                    self.assertRegex(other.url, "/(login|insufficient-privileges)")

    def test_ones_own_are_for_whoever_is_logged_in(self):
        self.see(self.basic("anna"), "my-sessions")
        anonymous = self.browser()
        anonymous.handleErrors = True
        self.see(anonymous, "my-sessions")
        self.assertIn("/login?", anonymous.url)

    def test_they_are_gone_with_the_add_on(self):
        setup = self.portal.portal_setup
        setup.runAllImportStepsFromProfile("collective.sessiondata:uninstall")
        transaction.commit()
        for page in (*PAGES, "my-sessions"):
            with self.subTest(page):
                self.boss.handleErrors = True
                with self.assertRaises(HTTPError) as raised:
                    self.see(self.boss, page)
                self.assertEqual(raised.exception.code, 404)


class AwayTest(PagesTestCase):
    """The database of the sessions is away."""

    def seen(self, browser, page):
        browser.handleErrors = True
        browser.raiseHttpErrors = False
        away = DatabaseDown("sessions")
        with mock.patch.object(
            SessionDataManager, "present_container", side_effect=away
        ):
            self.see(browser, page)
        self.assertIn("503", browser.headers["status"])
        self.assertIn("<h1>Not available at the moment</h1>", browser.contents)
        return self.text(browser)

    def test_administrators_are_told_what_to_look_for(self):
        for page in PAGES:
            self.assertIn("See whether its server runs", self.seen(self.boss, page))

    def test_others_are_told_to_come_back(self):
        text = self.seen(self.basic("anna"), "my-sessions")
        self.assertIn("Please try again", text)
        self.assertNotIn("server", text)


class ControlPanelTest(PagesTestCase):
    def setUp(self):
        super().setUp()
        self.see(self.boss, "sessions-controlpanel")

    def field(self, name):
        return self.boss.getControl(name=f"form.widgets.{name}")

    def save(self, **values):
        for name, value in values.items():
            self.field(name).value = value
        self.boss.getControl("Save").click()

    def test_site_setup_leads_there(self):
        self.see(self.boss, "overview-controlpanel")
        self.boss.getLink("Sessions").click()
        self.assertTrue(self.boss.url.endswith("/@@sessions-controlpanel"))

    def test_a_timeout_holds_from_the_next_request_on(self):
        self.put(self.alice, "tea")
        self.save(timeout_minutes="7")
        self.assertEqual(self.messages(self.boss), ["Changes saved."])
        self.assertEqual(self.field("timeout_minutes").value, "7")
        with travel(minutes=8):
            self.assertEqual(self.got(self.alice), "None")

    def test_nothing_that_was_not_changed_is_written(self):
        before = self.last_transaction()
        self.save()
        self.assertEqual(self.last_transaction(), before)

    def test_what_is_wrong_is_told_beside_the_field_and_nothing_is_changed(self):
        self.save(timeout_minutes="7", resolution_seconds="420", cookie_domain="org")
        self.assertEqual(self.messages(self.boss), [])
        self.assertIn("less than the idle timeout", self.beside("resolution_seconds"))
        self.assertIn("leave this empty", self.beside("cookie_domain"))
        self.assertEqual(self.field("timeout_minutes").value, "7")
        self.assertEqual(self.container().timeout, 3600)
        self.save(cookie_domain="", resolution_seconds="")
        self.assertEqual(self.messages(self.boss), ["Changes saved."])
        self.assertEqual(self.container().timeout, 420)

    def test_numbers_below_zero_are_refused(self):
        self.save(timeout_minutes="-1", limit="many")
        self.assertIn("too small", self.beside("timeout_minutes"))
        self.assertIn("not a valid", self.beside("limit"))

    def test_what_weakens_security_is_warned_of_beside_the_field(self):
        self.assertNotIn("Warning", self.text(self.boss))
        self.field("cookie_http_only:list").value = []
        self.save(timeout_minutes="0")
        self.assertIn("Warning: A single XSS hole", self.beside("cookie_http_only"))
        self.assertIn(
            "Warning: Sessions never time out", self.beside("timeout_minutes")
        )
        self.assertNotIn("Warning", self.beside("lifetime_minutes"))

    def test_ids_in_addresses_are_warned_of(self):
        self.portal.browser_id_manager.setBrowserIdNamespaces(["cookies", "url"])
        transaction.commit()
        self.see(self.boss, "sessions-controlpanel")
        self.assertIn("Warning: session IDs are also taken", self.text(self.boss))

    def test_it_tells_where_sessions_are(self):
        self.assertIn(
            "Sessions are in the database of the content", self.text(self.boss)
        )

    def test_what_another_product_keeps_is_not_set_here(self):
        self.use_stock_container()
        self.see(self.boss, "sessions-controlpanel")
        text = self.text(self.boss)
        self.assertIn("at /plone/former", text)
        self.assertNotIn("Where sessions are stored", text)
        for title in ("Idle timeout", "Maximum number of sessions"):
            self.assertNotIn(title, text)
        self.save(cookie_name="visit")
        self.assertEqual(self.messages(self.boss), ["Changes saved."])
        ids = self.portal.browser_id_manager
        transaction.begin()
        self.assertEqual(ids.getBrowserIdName(), "visit")
        ids.setBrowserIdName(COOKIE_NAME)
        transaction.commit()

    def test_the_logins_cookie_is_not_taken(self):
        self.save(cookie_name="__ac")
        self.assertIn("no name that Plone uses itself", self.beside("cookie_name"))


class OverviewTest(PagesTestCase):
    def fill(self, count, **data):
        container = self.manager.container()
        for number in range(count):
            container.new(f"key {number}").update(data or {"cart": number})
        transaction.commit()

    def test_a_site_without_sessions_has_an_overview(self):
        self.see(self.boss, "sessions-overview")
        self.assertIn("There are none.", self.text(self.boss))
        self.assertEqual(self.rows(self.boss), [])

    def test_it_tells_how_many_there_are(self):
        self.fill(3)
        anna = self.basic("anna")
        self.put(anna, "tea")
        self.see(self.boss, "sessions-overview")
        text = self.text(self.boss)
        for pair in (
            "Live sessions 4",
            "anonymous visitors 3",
            "logged in 1",
            "Begun in the last hour 4",
            "Ended in the last hour 0",
            "Database",
        ):
            self.assertIn(pair, text)

    def test_looking_writes_nothing_and_is_no_access(self):
        self.fill(3)
        # Plone writes when it shows a page for the first time.
        self.see(self.boss, "sessions-controlpanel")
        with travel(minutes=50):
            before = self.last_transaction()
            self.see(self.boss, "sessions-overview")
            self.assertEqual(self.last_transaction(), before)
        with travel(minutes=61):
            self.assertEqual(self.container().listing().rows, [])

    def test_neither_ids_nor_values_are_shown(self):
        self.put(self.alice, "a secret")
        self.see(self.boss, "sessions-overview")
        self.assertIn("my_option", self.text(self.boss))
        self.assertNotIn("a secret", self.boss.contents)
        self.assertNotIn(self.alice.cookies[COOKIE_NAME], self.boss.contents)

    def test_names_of_keys_are_text_and_no_markup(self):
        self.fill(1, **{"<script>alert(1)</script>": 1})
        self.see(self.boss, "sessions-overview")
        self.assertNotIn("<script>alert", self.boss.contents)
        self.assertIn("<script>alert", self.text(self.boss))

    def test_the_list_comes_in_parts(self):
        self.fill(BATCH_SIZE + 5)
        self.see(self.boss, "sessions-overview")
        first = self.rows(self.boss)
        self.boss.getLink("Next").click()
        self.assertEqual((len(first), len(self.rows(self.boss))), (BATCH_SIZE, 5))
        for start in ("x", "-5", "99999"):
            self.see(self.boss, f"sessions-overview?b_start={start}")

    def test_the_list_can_be_sorted(self):
        for name in ("anna", "bert"):
            self.put(self.basic(name), "x" * (300 if name == "anna" else 10))
        self.see(self.boss, "sessions-overview")
        for column, link in (("User", "sort=user"), ("Size", "sort=size")):
            with self.subTest(column):
                self.boss.getLink(url=link).click()
                self.assertIn("anna", self.rows(self.boss)[0][1])
                self.boss.getLink(url=link).click()
                self.assertIn("bert", self.rows(self.boss)[0][1])
                head = html.fromstring(self.boss.contents).xpath("//th[@aria-sort]")
                self.assertEqual([it.text_content().strip() for it in head], [column])

    def test_a_user_is_found_by_id_name_and_address(self):
        plone_api.user.get("anna").setMemberProperties({"fullname": "Anna Example"})
        transaction.commit()
        self.put(self.basic("anna"), "tea")
        self.put(self.basic("bert"), "tea")
        for text in ("anna", "Anna Exa", "anna@example.org"):
            with self.subTest(text):
                self.see(self.boss, "sessions-overview")
                form = self.boss.getForm(action=self.url("sessions-overview"))
                form.getControl(name="user").value = text
                form.submit()
                (row,) = self.rows(self.boss)
                self.assertIn("Anna Example", row[1])
        self.see(self.boss, "sessions-overview?user=nobody")
        self.assertEqual(self.rows(self.boss), [])

    def test_that_there_are_more_users_is_told(self):
        acl_users = self.portal.acl_users.source_users
        for number in range(MAX_USERS + 5):
            acl_users.addUser(f"user{number:03}", f"user{number:03}", PASSWORD)
        container = self.manager.container()
        for number in range(MAX_USERS + 5):
            session = container.new(f"key {number}")
            session["a"] = 1
            container.bind(session, f"user{number:03}")
        transaction.commit()
        self.see(self.boss, "sessions-overview?user=user")
        self.assertIn("There are very many", self.text(self.boss))

    def test_very_many_are_not_all_shown(self):
        container = self.manager.container()
        for number in range(LISTED + 500):
            container.new(f"key {number}")
        transaction.commit()
        self.see(self.boss, "sessions-overview")
        text = self.text(self.boss)
        self.assertIn("these are 5 000 of them", text)
        self.assertIn("a fair sample", text)

    def test_those_of_another_product_are_not_shown(self):
        self.use_stock_container()
        self.see(self.boss, "sessions-overview")
        self.assertIn("cannot be asked for them", self.text(self.boss))

    def test_a_missing_container_is_told(self):
        self.manager.setContainerPath("/nowhere/sessions")
        transaction.commit()
        for page in ("sessions-overview", "sessions-controlpanel", "my-sessions"):
            with self.subTest(page):
                self.see(self.boss, page)
                self.assertIn("at /nowhere/sessions, so visitors", self.text(self.boss))

    def test_odd_words_in_the_address_are_no_trouble(self):
        self.fill(1, **{"\udcff": 1})
        for query in (
            "sort=a&sort=b",
            "sort:list=x",
            "user=%ff",
            "user=%ed%a0%80",
            "user=a&user=b",
            "reverse:int=1",
        ):
            with self.subTest(query):
                self.see(self.boss, f"sessions-overview?{query}")
        self.see(self.boss, "sessions-end?user=%ff")

    def test_users_of_one_name_are_told_apart(self):
        for name in ("anna", "bert"):
            plone_api.user.get(name).setMemberProperties({"fullname": "Anna A."})
            transaction.commit()
            self.put(self.basic(name), "tea")
        self.see(self.boss, "sessions-overview?user=Anna A.".replace(" ", "+"))
        for name in ("anna", "bert"):
            self.assertIn(f"End all sessions of Anna A. ({name})", self.text(self.boss))

    def test_of_very_many_names_some_are_shown(self):
        self.fill(1, **{f"{number:03}" + "x" * 500: number for number in range(30)})
        self.see(self.boss, "sessions-overview")
        ((*_cells, names, _size, _end),) = self.rows(self.boss)
        self.assertTrue(names.endswith(", +10"))
        self.assertLess(len(names), 2000)


class EndTest(PagesTestCase):
    def setUp(self):
        super().setUp()
        self.put(self.alice, "tea")
        self.anna = self.basic("anna")
        self.put(self.anna, "coffee")
        self.see(self.boss, "sessions-overview")

    def confirm(self):
        self.assertEqual(self.messages(self.boss), [])
        self.boss.getControl("End").click()
        (message,) = self.messages(self.boss)
        return message

    def test_one_session_is_ended_after_a_question(self):
        rows = self.rows(self.boss)
        index = [row[1] for row in rows].index("anonymous")
        self.boss.getLink(rows[index][0], index=0).click()
        self.assertIsNotNone(data_of(self.alice, self.portal))
        self.assertEqual(self.confirm(), "Sessions ended: 1.")
        self.assertIsNone(data_of(self.alice, self.portal))
        self.assertIsNotNone(data_of(self.anna, self.portal))

    def test_all_of_a_user_are_ended(self):
        self.put(self.basic("anna"), "more coffee")
        self.see(self.boss, "sessions-overview?user=anna")
        self.boss.getLink("End all sessions of anna").click()
        self.assertEqual(self.confirm(), "Sessions ended: 2.")
        self.assertIsNone(data_of(self.anna, self.portal))
        self.assertIsNotNone(data_of(self.alice, self.portal))

    def test_all_are_ended(self):
        self.boss.getLink("End all sessions").click()
        self.assertEqual(self.confirm(), "All sessions have ended.")
        self.assertIsNone(data_of(self.anna, self.portal))
        self.assertIsNone(data_of(self.alice, self.portal))

    def test_nothing_ends_without_the_token(self):
        self.boss.handleErrors = True
        for form in ("all=1", "user=anna"):
            with self.subTest(form), self.assertRaises(HTTPError) as raised:
                self.boss.post(self.url("sessions-end"), form)
            self.assertEqual(raised.exception.code, 403)
        self.assertIsNotNone(data_of(self.anna, self.portal))

    def test_what_is_over_meanwhile_is_told(self):
        self.see(self.boss, "sessions-end?user=anna")
        self.put(self.anna, "x")
        self.manager.endAllSessions()
        transaction.commit()
        self.assertEqual(self.confirm(), "There was no such session any more.")

    def test_what_leads_nowhere_is_told(self):
        for query in ("handle=0", "handle=" + "0" * 32, "user=nobody"):
            with self.subTest(query):
                self.see(self.boss, f"sessions-end?{query}")
                self.assertIn("no such session any more", self.text(self.boss))
                self.assertNotIn("is lost", self.text(self.boss))
        self.boss.handleErrors = True
        for query in ("", "all=1&user=anna"):
            with self.subTest(query), self.assertRaises(HTTPError) as raised:
                self.see(self.boss, f"sessions-end?{query}")
            self.assertEqual(raised.exception.code, 400)


class OwnSessionsTest(PagesTestCase):
    def setUp(self):
        super().setUp()
        self.phone, self.desk = self.browser(), self.browser()
        self.phone.addHeader("User-Agent", "Mozilla/5.0 (iPhone) Version/17 Safari/60")
        self.desk.addHeader("User-Agent", "Mozilla/5.0 (X11; Linux) Firefox/146.0")
        for browser in (self.phone, self.desk):
            self.log_in(browser, "anna")
            self.put(browser, "tea")
        self.put(self.basic("bert"), "coffee")

    def items(self, browser):
        page = self.see(browser, "my-sessions")
        return [
            " ".join(it.text_content().split())
            for it in page.cssselect("#content-core .list-group-item")
        ]

    def test_the_preferences_lead_there(self):
        self.see(self.desk, "personal-preferences")
        self.desk.getLink("My sessions").click()
        self.assertTrue(self.desk.url.endswith("/@@my-sessions"))
        self.desk.getLink("Personal Preferences").click()

    def test_a_user_sees_where_and_since_when(self):
        items = self.items(self.desk)
        self.assertEqual(len(items), 2)
        (desk,) = [it for it in items if "Firefox, Linux" in it]
        (phone,) = [it for it in items if "Safari, iPhone" in it]
        self.assertIn("this browser", desk)
        self.assertNotIn("this browser", phone)

    def test_a_user_ends_the_others(self):
        self.items(self.desk)
        self.desk.getControl("End all others").click()
        self.assertEqual(self.messages(self.desk), ["Sessions ended: 1."])
        self.assertIsNone(data_of(self.phone, self.portal))
        self.assertIsNotNone(data_of(self.desk, self.portal))
        self.assertNotIn("End all others", self.desk.contents)
        self.assertEqual(len(self.container().listing(["bert"]).rows), 1)

    def test_a_user_ends_one(self):
        items = self.items(self.desk)
        index = [number for number, it in enumerate(items) if "iPhone" in it][0]
        self.desk.getForm(index=index + self.forms_before()).submit()
        self.assertIsNone(data_of(self.phone, self.portal))
        self.assertIsNotNone(data_of(self.desk, self.portal))

    def forms_before(self):
        """Return how many forms the page has before those of the sessions."""
        page = html.fromstring(self.desk.contents)
        actions = [form.get("action") for form in page.forms]
        return actions.index(self.url("my-sessions"))

    def test_an_empty_form_ends_nothing(self):
        self.items(self.desk)
        form = self.desk.getForm(index=self.forms_before())
        form.getControl(name="handle").value = ""
        form.submit()
        self.assertEqual(self.messages(self.desk), ["Sessions ended: 0."])
        self.assertIsNotNone(data_of(self.phone, self.portal))

    def test_of_very_many_the_latest_are_shown(self):
        container = self.container()
        for number in range(MAX_SHOWN + 8):
            session = container.new(f"program {number}")
            session["a"] = 1
            container.bind(session, "anna")
        transaction.commit()
        self.assertEqual(len(self.items(self.desk)), MAX_SHOWN)
        self.assertIn("and 10 more", self.text(self.desk))

    def test_those_of_another_product_are_not_shown(self):
        self.use_stock_container()
        self.assertEqual(self.items(self.desk), [])
        self.assertIn("cannot be asked for them", self.text(self.desk))
        self.assertNotIn("keeps nothing for you", self.text(self.desk))

    def test_those_of_others_cannot_be_ended(self):
        (row,) = self.container().listing(["bert"]).rows
        self.items(self.desk)
        form = self.desk.getForm(index=self.forms_before())
        form.getControl(name="handle").value = row.handle
        form.submit()
        self.assertEqual(self.messages(self.desk), ["Sessions ended: 0."])
        self.assertEqual(len(self.container().listing(["bert"]).rows), 1)

    def test_nothing_ends_without_the_token(self):
        self.desk.handleErrors = True
        with self.assertRaises(HTTPError):
            self.desk.post(self.url("my-sessions"), "x=1")
        self.assertIsNotNone(data_of(self.phone, self.portal))

    def test_looking_writes_nothing(self):
        with travel(minutes=2):
            self.items(self.desk)
            before = self.last_transaction()
            self.items(self.desk)
            self.assertEqual(self.last_transaction(), before)


class ChartsTest(TestCase):
    def test_a_day_is_drawn_from_left_to_right(self):
        now = 1_000_000
        chart = charts.LiveChart(
            ((now - 30 * 3600, 5), (now - 12 * 3600, 40), (now, 20))
        )
        middle = (charts.LEFT + charts.RIGHT) / 2
        self.assertEqual(
            chart.line(),
            f"M{charts.LEFT}.0 {chart._y(5)}H{middle}V{charts.TOP}.0"
            f"H{charts.RIGHT}.0V{chart._y(20)}",
        )
        rows = chart.rows()
        self.assertEqual((len(rows), rows[0][1], rows[-1][1]), (25, 5, 20))
        self.assertEqual([count for _, count in rows].count(5), 12)

    def test_a_clock_that_was_set_back_leaves_the_chart_in_its_frame(self):
        now = 1_000_000
        chart = charts.LiveChart(((now - 7200, 5), (now + 36_000, 30), (now, 3)))
        self.assertNotIn("H5", chart.line())
        self.assertEqual(chart.rows()[-1], (now, 3))

    def test_a_new_site_has_a_chart(self):
        chart = charts.LiveChart(((1_000_000, 0),))
        self.assertEqual(chart.rows(), [(1_000_000, 0)])
        self.assertEqual(len(chart.levels()), 5)

    def test_bars_stand_on_the_same_line_and_fit(self):
        bars = charts.BarChart([("a", 0), ("b", 130), ("c", 199)]).bars()
        self.assertEqual({bar.y + bar.height for bar in bars}, {charts.BOTTOM})
        self.assertLess(charts.TOP, bars[2].y)
        self.assertLess(bars[2].y, bars[1].y)
        self.assertLessEqual(bars[-1].x + bars[-1].width, charts.RIGHT)

    def test_scales_end_in_round_numbers(self):
        for most, end in ((0, 4), (4, 4), (5, 8), (21, 40), (79, 80), (81, 200)):
            with self.subTest(most):
                levels = charts.BarChart([("a", most)]).levels()
                self.assertEqual(levels[-1].label, str(end))


class WordsTest(TestCase):
    def test_sizes_have_the_unit_that_suits_them(self):
        for count, text in (
            (0, "0 B"),
            (1023, "1023 B"),
            (1536, "1.5 KiB"),
            (300 * 1024, "300 KiB"),
            (5 * 1024**3, "5.0 GiB"),
            (3 * 1024**4, "3.0 TiB"),
        ):
            with self.subTest(count):
                found = formatting.size(count).replace("\N{NARROW NO-BREAK SPACE}", " ")
                self.assertEqual(found, text)

    def test_times_have_the_unit_that_suits_them(self):
        for seconds, message, count in (
            (0, "${count} s", 0),
            (59.9, "${count} s", 59),
            (90, "${count} s", 90),
            (3600, "${count} h", 1),
            (3700, "${count} min", 61),
            (7300, "${count} h", 2),
            (3 * 86400, "${count} days", 3),
        ):
            with self.subTest(seconds):
                found = formatting.duration(seconds)
                self.assertEqual((found, found.mapping["count"]), (message, count))

    def test_a_time_is_written_as_html_and_json_want_it(self):
        self.assertEqual(iso(0), "1970-01-01T00:00:00Z")
        self.assertRegex(iso(clock.now()), r"^20\d\d-.*Z$")
        self.assertIsNone(iso(None))
