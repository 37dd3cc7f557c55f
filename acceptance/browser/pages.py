"""The base of tests of the pages about sessions."""

from .case import BrowserTestCase
from playwright.sync_api import expect
from urllib.request import urlopen

# As many keys as reach whatever is on a page.
MOST_TABS = 150


class PagesTestCase(BrowserTestCase):
    """Each test begins without sessions in the site Plone, and with its defaults."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self.govern, "@@renew")
        self.addCleanup(self.govern, "@@set-clock")
        self.govern("@@renew")

    def govern(self, page):
        """Ask the server for a page of ``views``."""
        urlopen(self.url(page), timeout=60).close()

    def stop_clock(self, at):
        """Let all sessions be looked at as at this time, in seconds since the epoch."""
        self.govern(f"@@set-clock?at={at}")

    def tab_to(self, page, element):
        """Press Tab until ``element`` has the focus."""
        for _press in range(MOST_TABS):
            page.keyboard.press("Tab")
            if element.evaluate("element => element === document.activeElement"):
                return
        self.fail(f"{page.url}: Tab does not lead to {element}")

    # Carts in the demo

    def fill_cart(self, page):
        page.goto(self.url("@@checkout"))
        page.get_by_label("Green tea").fill("2")
        page.get_by_role("button", name="Continue").click()
        expect(page).to_have_url(self.url("@@checkout-address"))

    def assert_cart_kept(self, page):
        page.goto(self.url("@@checkout"))
        expect(page.get_by_label("Green tea")).to_have_value("2")

    def assert_cart_lost(self, page):
        """The checkout leads back to its first step, which is empty."""
        page.goto(self.url("@@checkout-review"))
        expect(page).to_have_url(self.url("@@checkout"))
        expect(page.get_by_label("Green tea")).to_have_value("0")
