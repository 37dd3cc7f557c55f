"""Site Setup, Add-ons: the add-on comes and goes by clicks."""

from ..case import BrowserTestCase
from playwright.sync_api import expect


class AddonsTest(BrowserTestCase):
    def entry(self, page, products):
        """Return where the add-on stands in a list: "install" or "activated"."""
        return page.locator(f"#{products}-products li").filter(
            has=page.get_by_role("heading", name="Session data", exact=True)
        )

    def remember(self, page):
        """Return what a page that keeps something in a session answers."""
        return page.request.get(
            self.url("@@seed-set?value=tea", "plain"), max_redirects=0
        )

    def test_an_admin_installs_and_uninstalls_the_add_on(self):
        page = self.desktop()
        self.log_in(page, site="plain")
        self.assertNotEqual(self.remember(page).status, 200)

        page.locator("#personaltools-menulink").click()
        page.get_by_role("link", name="Site Setup").click()
        page.locator("#content").get_by_role("link", name="Add-ons").click()
        self.entry(page, "install").get_by_role("button", name="Install").click()
        expect(self.entry(page, "activated")).to_be_visible()
        expect(self.entry(page, "install")).to_have_count(0)
        self.assertEqual(self.remember(page).text(), "set")
        # The demo is no part of it.
        self.assertEqual(page.request.get(self.url("@@checkout", "plain")).status, 404)

        self.entry(page, "activated").get_by_role("button", name="Uninstall").click()
        expect(self.entry(page, "install")).to_be_visible()
        expect(self.entry(page, "activated")).to_have_count(0)
        self.assertNotEqual(self.remember(page).status, 200)
