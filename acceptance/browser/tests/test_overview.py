"""The overview, of thousands of sessions, and the end of one."""

from ..filling import COUNT
from ..filling import FIRST_NAMES
from ..filling import LOGGED_IN
from ..filling import NOW
from ..filling import SESSIONS_OF_EACH
from ..pages import PagesTestCase
from collective.sessiondata.plone.browser.overview import BATCH_SIZE
from datetime import datetime
from playwright.sync_api import expect

import re

CHARTS = ("Over the last day", "How long they were not used")


def number(text):
    return int("".join(filter(str.isdigit, text)))


def moment(text):
    return datetime.strptime(text, "%b %d, %Y %I:%M %p")


def bytes_of(text):
    count, unit = text.split()
    return float(count) * {"B": 1, "KiB": 1024}[unit]


class OverviewTest(PagesTestCase):
    def setUp(self):
        super().setUp()
        self.stop_clock(NOW)

    def open(self, page, query=""):
        self.log_in(page, "boss", site="busy")
        page.goto(self.url(f"@@sessions-overview{query}", "busy"))

    def look(self, page, screenshot):
        """Look at the charts, whatever the screen."""
        self.open(page)
        for name in CHARTS:
            with self.subTest(name):
                expect(page.get_by_role("img", name=name)).to_be_visible()
        self.assert_sound(page)
        # A part of the list shows what it is.
        page.add_style_tag(
            content=".sessions-list tr:nth-child(n + 13) {display: none}"
        )
        self.screenshot(page, screenshot)

    def rows(self, page):
        return page.locator(".sessions-list tbody tr")

    def counted(self, page, what):
        """Return a number from the table of numbers."""
        row = page.locator(".sessions-numbers tr").filter(
            has=page.get_by_role("rowheader", name=what, exact=True)
        )
        return number(row.get_by_role("cell").inner_text())

    def test_an_admin_sees_how_many_there_are(self):
        page = self.desktop()
        self.look(page, "sessions-overview")
        anonymous = self.counted(page, "of these, anonymous visitors")
        logged_in = self.counted(page, "of these, logged in")
        self.assertEqual(self.counted(page, "Live sessions"), COUNT)
        self.assertEqual(anonymous + logged_in, COUNT)
        # That is estimated.
        self.assertLess(abs(logged_in - LOGGED_IN), COUNT * 0.03)
        self.assertEqual(self.counted(page, "Expired, still to be removed"), 0)
        expect(page.get_by_text("a fair sample was counted")).to_be_visible()

    def test_it_fits_on_a_phone(self):
        self.look(self.phone(), "sessions-overview-phone")

    def test_charts_are_tables_too_and_the_keyboard_opens_them(self):
        page = self.desktop()
        self.open(page)
        counts = {}
        for name in CHARTS:
            section = page.get_by_role("region", name=name, exact=True)
            table = section.get_by_role("table")
            expect(table).to_be_hidden()
            self.tab_to(page, section.locator("summary"))
            page.keyboard.press("Enter")
            expect(table).to_be_visible()
            cells = table.get_by_role("cell").all_inner_texts()
            counts[name] = list(map(number, cells))
        day, idle = (counts[name] for name in CHARTS)
        self.assertEqual((len(day), day[-1]), (25, COUNT))
        self.assertLess(min(day), COUNT / 2)
        self.assertLess(abs(sum(idle) - COUNT), len(idle))
        self.assert_sound(page)

    def test_charts_are_printed_and_buttons_are_not(self):
        page = self.desktop()
        self.open(page)
        content = page.locator("#content-core")
        expect(content.get_by_role("link", name="End").first).to_be_visible()
        page.emulate_media(media="print")
        for name in CHARTS:
            with self.subTest(name):
                expect(page.get_by_role("img", name=name)).to_be_visible()
        expect(content.get_by_role("link", name="End")).to_have_count(0)
        expect(content.get_by_role("button")).to_have_count(0)

    def test_the_list_is_sorted_by_its_heads(self):
        page = self.desktop()
        self.open(page)
        heads = page.locator(".sessions-list thead")
        expect(heads.locator("[aria-sort]")).to_have_text("Last used")
        for name, place, value_of, orders in (
            ("User", 2, str, ("ascending", "descending")),
            ("Begun", 3, moment, ("descending",)),
            ("Size", 6, bytes_of, ("descending", "ascending")),
        ):
            for order in orders:
                with self.subTest(name, order=order):
                    heads.get_by_role("link", name=name).click()
                    head = heads.get_by_role("columnheader", name=name)
                    expect(head).to_have_attribute("aria-sort", order)
                    expect(heads.locator("[aria-sort]")).to_have_count(1)
                    cells = self.rows(page).locator(f"td:nth-child({place})")
                    values = list(map(value_of, cells.all_inner_texts()))
                    is_falling = order == "descending"
                    # Anonymous visitors are nobody; so they come first.
                    if name != "User":
                        self.assertEqual(values, sorted(values, reverse=is_falling))
                    elif is_falling:
                        self.assertTrue(values[0].startswith("Hugo Holm"), values[0])
                    else:
                        self.assertEqual({*values}, {"anonymous"})

    def test_the_list_comes_in_parts_and_stays_sorted(self):
        page = self.desktop()
        self.open(page, "?sort=size")
        expect(self.rows(page)).to_have_count(BATCH_SIZE)
        first = self.rows(page).all_inner_texts()
        page.get_by_role("link", name=re.compile("Next")).first.click()
        expect(page).to_have_url(re.compile("b_start:int=50"))
        expect(self.rows(page)).to_have_count(BATCH_SIZE)
        self.assertFalse({*first} & {*self.rows(page).all_inner_texts()})
        head = page.locator(".sessions-list [aria-sort]")
        expect(head).to_have_text("Size")

    def test_a_user_is_found_by_name(self):
        page = self.desktop()
        self.open(page)
        search = page.locator("#content-core").get_by_role("search")
        search.get_by_label("User").fill("dvořák")
        page.keyboard.press("Enter")
        expect(self.rows(page)).to_have_count(len(FIRST_NAMES) * SESSIONS_OF_EACH)
        search.get_by_label("User").fill("Anna Adler")
        search.get_by_role("button").click()
        expect(self.rows(page)).to_have_count(SESSIONS_OF_EACH)
        for text in self.rows(page).all_inner_texts():
            self.assertIn("Anna Adler", text)
        self.assert_sound(page)
        page.get_by_role("link", name="End all sessions of Anna Adler").click()
        listed = page.locator("#content-core li")
        expect(listed).to_have_count(SESSIONS_OF_EACH)


class EndTest(PagesTestCase):
    def ask(self, boss):
        """Find the session of alice, and click where it can be ended."""
        boss.goto(self.url("@@sessions-overview"))
        search = boss.locator("#content-core").get_by_role("search")
        search.get_by_label("User").fill("alice")
        search.get_by_role("button").click()
        row = boss.locator(".sessions-list tbody tr")
        expect(row).to_have_count(1)
        expect(row).to_contain_text("alice")
        row.get_by_role("link", name=re.compile("^End")).click()
        expect(boss.get_by_role("heading", name="End this session?")).to_be_visible()

    def test_an_admin_ends_one_session_and_its_cart_is_gone(self):
        alice, other, boss = self.desktop(), self.phone(), self.desktop()
        self.log_in(alice, "alice")
        for visitor in (alice, other):
            self.fill_cart(visitor)
        self.log_in(boss, "boss")

        self.ask(boss)
        expect(boss.locator("#content-core")).to_contain_text("alice")
        self.assert_sound(boss)
        self.screenshot(boss, "sessions-end")
        boss.locator("#content-core").get_by_role("link", name="Cancel").click()
        expect(boss).to_have_url(self.url("@@sessions-overview"))
        self.assert_cart_kept(alice)

        self.ask(boss)
        boss.get_by_role("button", name="End").click()
        expect(boss.get_by_role("alert")).to_contain_text("Sessions ended: 1.")
        self.assert_cart_lost(alice)
        self.assert_cart_kept(other)

    def test_the_question_is_answered_with_the_keyboard(self):
        alice, boss = self.desktop(), self.phone()
        self.log_in(alice, "alice")
        self.fill_cart(alice)
        self.log_in(boss, "boss")
        self.ask(boss)
        self.assert_sound(boss)
        cancel = boss.locator("#content-core").get_by_role("link", name="Cancel")
        self.tab_to(boss, boss.get_by_role("button", name="End"))
        boss.keyboard.press("Tab")
        expect(cancel).to_be_focused()
        boss.keyboard.press("Shift+Tab")
        boss.keyboard.press("Enter")
        expect(boss.get_by_role("alert")).to_contain_text("Sessions ended: 1.")
        self.assert_cart_lost(alice)
