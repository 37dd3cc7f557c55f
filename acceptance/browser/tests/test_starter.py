"""The wizard that the tutorial builds."""

from ..case import BrowserTestCase
from playwright.sync_api import expect


class WizardTest(BrowserTestCase):
    def look(self, page):
        # Around Plone's own form are parts of the site's front page, with styles inline.
        page.wait_for_load_state("networkidle")
        self.assert_accessible(page)
        self.assert_fits(page)

    def proceed(self, page):
        self.look(page)
        page.get_by_role("button", name="Continue").click()

    def pack(self, page, screenshot=None):
        """Walk from the first step to the list, and back to where it began."""
        page.goto(self.url("@@packing", "packing"))
        page.get_by_label("Where are you going?").fill("Rome")
        page.get_by_label("For how many days?").fill("400")
        self.proceed(page)
        field = page.locator(".field").filter(
            has=page.get_by_label("For how many days?")
        )
        expect(field).to_contain_text("Value is too big")
        page.get_by_label("For how many days?").fill("4")
        self.proceed(page)
        page.get_by_label("I will swim").check()
        self.proceed(page)
        expect(
            page.get_by_role("heading", name="What to pack for Rome")
        ).to_be_visible()
        expect(page.get_by_text("Swimwear and a towel")).to_be_visible()
        self.look(page)
        if screenshot:
            self.screenshot(page, screenshot)
        page.get_by_role("button", name="Forget this trip").click()
        expect(page.get_by_label("Where are you going?")).to_have_value("")

    def test_a_visitor_packs_on_a_desktop(self):
        self.pack(self.desktop(), screenshot="packing-list")

    def test_a_visitor_packs_on_a_phone(self):
        self.pack(self.phone())

    def test_a_long_name_fits_on_a_phone(self):
        page = self.phone()
        page.goto(self.url("@@packing", "packing"))
        page.get_by_label("Where are you going?").fill(60 * "W")
        page.get_by_label("For how many days?").fill("4")
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("heading", name=60 * "W")).to_be_visible()
        self.assert_fits(page)
