"""My sessions: where one is logged in, and the end of the others."""

from ..case import PHONE
from ..pages import PagesTestCase
from playwright.sync_api import expect

PHONES_NAME = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/146.0.0.0 Mobile Safari/537.36"
)


class OwnSessionsTest(PagesTestCase):
    def phone(self):
        return self.browser({**PHONE, "user_agent": PHONES_NAME})

    def session(self, page, name):
        """Return what stands there of the session of a browser."""
        return page.locator("#content-core .list-group-item").filter(has_text=name)

    def test_a_user_ends_a_session_elsewhere_and_keeps_this_one(self):
        desktop, phone = self.desktop(), self.phone()
        self.log_in(desktop, "alice")
        self.fill_cart(desktop)
        # A cart of before the login is the user's, too.
        self.fill_cart(phone)
        self.log_in(phone, "alice")

        desktop.locator("#personaltools-menulink").click()
        desktop.get_by_role("link", name="My sessions").click()
        expect(desktop).to_have_url(self.url("@@my-sessions"))
        phone.goto(self.url("@@my-sessions"))
        for page, this, another, screenshot in (
            (desktop, "Chrome, Linux", "Chrome, Android", "my-sessions"),
            (phone, "Chrome, Android", "Chrome, Linux", "my-sessions-phone"),
        ):
            with self.subTest(screenshot):
                expect(self.session(page, this)).to_contain_text("this browser")
                expect(self.session(page, another)).to_be_visible()
                expect(self.session(page, another)).not_to_contain_text("this browser")
                self.assert_sound(page)
                self.screenshot(page, screenshot)

        self.session(desktop, "Android").get_by_role("button").click()
        expect(desktop.get_by_role("alert")).to_contain_text("Sessions ended: 1.")
        expect(self.session(desktop, "Android")).to_have_count(0)
        expect(self.session(desktop, "Linux")).to_contain_text("this browser")
        self.assert_cart_lost(phone)
        self.assert_cart_kept(desktop)

    def test_an_editor_has_own_sessions_and_no_others(self):
        page = self.desktop()
        self.log_in(page, "eddy")
        page.locator("#personaltools-menulink").click()
        link = page.get_by_role("link", name="My sessions")
        expect(link).to_be_visible()
        expect(page.get_by_role("link", name="Site Setup")).to_have_count(0)
        link.click()
        expect(page.get_by_text("The site keeps nothing for you")).to_be_visible()
        self.assert_sound(page)
        for name in (
            "overview-controlpanel",
            "sessions-controlpanel",
            "sessions-overview",
            "sessions-end?all=1",
        ):
            with self.subTest(name):
                page.goto(self.url(f"@@{name}"))
                expect(page.locator("#content")).to_contain_text(
                    "Insufficient Privileges"
                )
