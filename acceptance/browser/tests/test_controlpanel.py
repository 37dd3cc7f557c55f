"""The control panel: what a site administrator changes there acts."""

from ..pages import PagesTestCase
from playwright.sync_api import expect

import time


class ControlPanelTest(PagesTestCase):
    def setUp(self):
        super().setUp()
        self.boss = self.desktop()

    def open(self, page):
        self.log_in(page, "boss")
        page.goto(self.url("@@sessions-controlpanel"))

    def field(self, label):
        """Return all of a field: its label, its help, and what is said beside it."""
        page = self.boss
        return page.locator("#content-core .field").filter(has=page.get_by_label(label))

    def fill(self, **values):
        """Fill in fields; their labels have underscores here."""
        for label, value in values.items():
            self.boss.get_by_label(label.replace("_", " ")).fill(value)

    def save(self):
        self.boss.get_by_role("button", name="Save").click()

    def assert_saved(self):
        expect(self.boss.get_by_role("alert")).to_contain_text("Changes saved.")

    def test_an_admin_shortens_the_timeout_and_it_acts_at_once(self):
        boss = self.boss
        self.log_in(boss, "boss")
        boss.locator("#personaltools-menulink").click()
        boss.get_by_role("link", name="Site Setup").click()
        boss.locator("#content").get_by_role("link", name="Sessions").click()
        expect(boss.get_by_role("heading", name="Sessions", exact=True)).to_be_visible()
        self.assert_sound(boss)
        self.screenshot(boss, "sessions-controlpanel")

        one, other = self.desktop(), self.desktop()
        before = time.time()
        for visitor in (one, other):
            self.fill_cart(visitor)
        after = time.time()
        self.fill(Idle_timeout="1")
        self.save()
        self.assert_saved()
        expect(boss.get_by_label("Idle timeout")).to_have_value("1")
        self.stop_clock(before + 59)
        self.assert_cart_kept(one)
        self.stop_clock(after + 62)
        self.assert_cart_kept(one)
        self.assert_cart_lost(other)

    def test_a_session_that_is_too_large_is_refused_at_once(self):
        visitor = self.desktop()
        self.fill_cart(visitor)
        self.open(self.boss)
        self.fill(Maximum_size="1")
        self.save()
        self.assert_saved()
        # Three bytes each.
        for label, count in (
            ("Name", 100),
            ("Street", 100),
            ("City", 100),
            ("Postal", 20),
        ):
            visitor.get_by_label(label).fill(count * "€")
        visitor.get_by_label("Email").fill(f"{60 * 'a'}@example.com")
        with visitor.expect_navigation() as answer:
            visitor.get_by_role("button", name="Continue").click()
        self.assertEqual(answer.value.status, 413)
        expect(visitor.get_by_role("heading", level=1)).to_be_visible()
        # Chromium tells of the status, and of nothing else.
        errors = self.errors[visitor.context]
        self.assertEqual(len(errors), 1, errors)
        self.assertIn("413", errors.pop())
        self.assert_accessible(visitor)
        self.assert_fits(visitor)
        self.assert_cart_kept(visitor)

    def test_it_works_with_the_keyboard_alone(self):
        boss = self.boss
        self.open(boss)
        self.tab_to(boss, boss.get_by_label("Maximum lifetime"))
        boss.keyboard.press("Control+A")
        boss.keyboard.type("600")
        boss.keyboard.press("Enter")
        self.assert_saved()
        expect(boss.get_by_label("Maximum lifetime")).to_have_value("600")

    def test_what_is_wrong_is_told_beside_its_field_and_kept(self):
        self.boss = self.phone()
        self.open(self.boss)
        self.fill(Update_interval="3600", Cookie_domain="org", Idle_timeout="60")
        self.save()
        for label, message, typed in (
            ("Update interval", "less than the idle timeout", "3600"),
            ("Cookie domain", "leave this empty", "org"),
        ):
            with self.subTest(label):
                expect(self.field(label)).to_contain_text(message)
                expect(self.boss.get_by_label(label)).to_have_value(typed)
        self.assert_sound(self.boss)
        self.boss.reload()
        expect(self.boss.get_by_label("Cookie domain")).to_have_value("")

    def test_what_weakens_security_is_warned_of_beside_its_field(self):
        boss = self.boss
        self.open(boss)
        expect(boss.locator("#content-core")).not_to_contain_text("Warning")
        self.fill(Maximum_lifetime="0")
        boss.get_by_label("Hide from JavaScript").uncheck()
        self.save()
        self.assert_saved()
        for label, warning in (
            ("Maximum lifetime", "Warning: A stolen session ID"),
            ("Hide from JavaScript", "Warning: A single XSS hole"),
        ):
            with self.subTest(label):
                expect(self.field(label)).to_contain_text(warning)
        expect(self.field("Idle timeout")).not_to_contain_text("Warning")
        self.assert_sound(boss)

    def test_it_fits_on_a_phone(self):
        page = self.phone()
        self.open(page)
        self.assert_sound(page)
        self.screenshot(page, "sessions-controlpanel-phone")
