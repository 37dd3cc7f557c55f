"""The demo shop, from the first item to the end."""

from ..case import BrowserTestCase
from playwright.sync_api import expect

ITEMS = {"Green tea": "2", "Cup": "1"}

ADDRESS = {
    "Name": "Alice Example",
    "Street and number": "Main Street 1",
    "Postal code": "12345",
    "City": "Springfield",
    "Email": "alice@example.com",
}


class CheckoutTest(BrowserTestCase):
    def fill(self, page, values):
        for label, value in values.items():
            page.get_by_label(label).fill(value)

    def proceed(self, page, step):
        """Continue, and arrive at ``step``."""
        page.get_by_role("button", name="Continue").click()
        expect(page).to_have_url(self.url(f"@@{step}"))

    def choose(self, page):
        """Choose items, and arrive where the address is asked for."""
        page.goto(self.url("@@checkout"))
        self.fill(page, ITEMS)
        self.proceed(page, "checkout-address")

    def check_out(self, page, screenshots):
        """Walk through all steps; ``screenshots``: their names by step."""

        def look(step):
            self.assert_sound(page)
            if step in screenshots:
                self.screenshot(page, screenshots[step])

        page.goto(self.url("@@checkout"))
        self.fill(page, ITEMS)
        look("items")
        self.proceed(page, "checkout-address")
        self.fill(page, ADDRESS)
        look("address")
        self.proceed(page, "checkout-review")
        table = page.get_by_role("table")
        expect(table.get_by_role("row", name="Green tea")).to_contain_text("9.00 €")
        expect(table.get_by_role("row", name="Total")).to_contain_text("21.00 €")
        expect(page.get_by_text("Alice Example")).to_be_visible()
        look("review")
        page.get_by_role("button", name="Place the order").click()
        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
        look("done")
        page.get_by_role("link", name="Start again").click()
        expect(page.get_by_label("Green tea")).to_have_value("0")

    def test_a_visitor_checks_out_on_a_desktop(self):
        self.check_out(
            self.desktop(),
            {
                "items": "checkout-items",
                "address": "checkout-address",
                "review": "checkout-review",
            },
        )

    def test_a_visitor_checks_out_on_a_phone(self):
        self.check_out(self.phone(), {"review": "checkout-review-phone"})

    def test_a_mistake_is_told_beside_its_field(self):
        page = self.phone()
        page.goto(self.url("@@checkout"))
        self.fill(page, {"Green tea": "many"})
        page.get_by_role("button", name="Continue").click()
        field = page.locator(".field").filter(has=page.get_by_label("Green tea"))
        expect(field).to_contain_text("not a valid integer")
        self.assert_sound(page)

    def test_a_long_address_fits_on_a_phone(self):
        page = self.phone()
        self.choose(page)
        self.fill(page, {**ADDRESS, "Name": 50 * "Al", "Email": f"{60 * 'a'}@b.com"})
        self.proceed(page, "checkout-review")
        self.assert_fits(page)

    def test_a_cart_is_still_there_after_its_page_was_closed(self):
        page = self.desktop()
        self.choose(page)
        browser = page.context
        page.close()
        page = browser.new_page()
        page.goto(self.url("@@checkout"))
        expect(page.get_by_label("Green tea")).to_have_value("2")
        expect(page.get_by_label("Cup")).to_have_value("1")

    def test_another_browser_has_an_empty_cart(self):
        self.choose(self.desktop())
        other = self.phone()
        other.goto(self.url("@@checkout"))
        expect(other.get_by_label("Green tea")).to_have_value("0")
        other.goto(self.url("@@checkout-address"))
        expect(other).to_have_url(self.url("@@checkout"))

    def test_a_cart_is_kept_at_login_and_gone_after_logout(self):
        page = self.desktop()
        self.choose(page)
        self.log_in(page, "alice")
        page.goto(self.url("@@checkout"))
        expect(page.get_by_label("Green tea")).to_have_value("2")
        page.goto(self.url("logout"))
        page.goto(self.url("@@checkout"))
        expect(page.get_by_label("Green tea")).to_have_value("0")
