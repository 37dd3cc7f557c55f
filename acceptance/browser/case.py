"""The base of all tests: browsers, the login, screenshots, what each page must keep."""

from . import checks
from .layers import BROWSING
from .layers import PASSWORD
from playwright.sync_api import expect
from unittest import TestCase

import re

DESKTOP = {"viewport": {"width": 1280, "height": 900}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}

# So that pages, and their screenshots, are the same on all machines.
SURROUNDINGS = {
    "color_scheme": "light",
    "locale": "en",
    "reduced_motion": "reduce",
    "timezone_id": "UTC",
}

# The machine may be busy with other things.
expect.set_options(timeout=30_000)


class BrowserTestCase(TestCase):
    """Tests with a real browser; no page may have an error until the test ends."""

    layer = BROWSING

    def setUp(self):
        self.errors = {}
        self.served = {}

    # Browsers

    def desktop(self):
        """Return an empty page of a browser, on a desktop, that was never here."""
        return self.browser(DESKTOP)

    def phone(self):
        """Return an empty page of a browser, on a phone, that was never here."""
        return self.browser(PHONE)

    def browser(self, device):
        """Return an empty page of a new browser on ``device``.

        Its cookies are those of ``page.context``, and of all pages opened there.
        """
        context = self.layer["chromium"].new_context(**device, **SURROUNDINGS)
        self.addCleanup(context.close)
        errors = self.errors[context] = []
        context.on("weberror", lambda error: errors.append(f"{error.error}"))
        context.on("console", lambda message: self._note_message(errors, message))
        context.on("response", self._note_page)
        page = context.new_page()
        self.addCleanup(self.assert_no_errors, page)
        return page

    def _note_message(self, errors, message):
        if message.type == "error":
            errors.append(f"{message.text} ({message.location['url']})")

    def _note_page(self, response):
        request = response.request
        if request.is_navigation_request() and response.frame.parent_frame is None:
            self.served[response.frame.page] = response

    # Ways through the site

    def url(self, path="", site="Plone"):
        """Return the URL of ``path`` in ``site``; see ``layers`` for what that has."""
        root = self.layer["server"].url.rpartition("/")[0]
        return f"{root}/{site}/{path}".rstrip("/")

    def log_in(self, page, name="admin", password=None, site="Plone"):
        """Log in by Plone's own form; the members' password need not be given."""
        if password is None:
            password = "admin" if name == "admin" else PASSWORD
        page.goto(self.url("login", site))
        page.get_by_label("Login Name").fill(name)
        page.get_by_label("Password").fill(password)
        page.locator("#login-form").get_by_role("button", name="Log in").click()
        expect(page.locator("body")).to_have_class(re.compile("userrole-authenticated"))

    def screenshot(self, page, name):
        """Write what ``page`` shows, down to the end of the content, to NAME.png.

        ``make screenshots`` writes to docs/images, other runs to a temporary folder.
        """
        page.wait_for_load_state("networkidle")
        folder = self.layer["screenshots"]
        folder.mkdir(parents=True, exist_ok=True)
        content = page.locator("#main-container").bounding_box()
        image = page.screenshot(
            animations="disabled",
            full_page=True,
            clip={
                "x": 0,
                "y": 0,
                "width": page.viewport_size["width"],
                "height": content["y"] + content["height"] + 16,
            },
        )
        (folder / f"{name}.png").write_bytes(image)

    # Promises

    def assert_accessible(self, page):
        """Nobody is kept out, as far as axe-core can tell."""
        self.assert_nothing(checks.inaccessible(page), page)

    def assert_no_errors(self, page):
        """No page of this browser failed in a script or complained in the console."""
        self.assert_nothing(self.errors[page.context], page)

    def assert_no_inline_code(self, page):
        """The page's content works where a policy allows no scripts or styles in it."""
        html = self.served[page].text()
        self.assert_nothing(checks.inline_code(page, html), page)
        self.assert_nothing(checks.policy_violations(page), page)

    def assert_fits(self, page):
        """The page is no wider than the screen."""
        self.assert_nothing(checks.too_wide(page), page)

    def assert_sound(self, page):
        """All of the above, once the page's scripts have run."""
        page.wait_for_load_state("networkidle")
        self.assert_accessible(page)
        self.assert_fits(page)
        self.assert_no_inline_code(page)
        self.assert_no_errors(page)

    def assert_nothing(self, findings, page):
        if findings:
            self.fail("\n  ".join([f"{page.url}:", *findings]))
