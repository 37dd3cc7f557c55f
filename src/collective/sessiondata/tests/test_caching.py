"""No cache keeps for others what was made for one visitor."""

from ..http import caching
from ..settings.browserid import COOKIE_NAME
from .test_site import SiteTestCase
from plone.app.testing import applyProfile
from plone.caching.interfaces import ICacheSettings
from plone.registry.interfaces import IRegistry
from unittest import mock
from zope.component import getUtility
from zope.globalrequest import clearRequest

import re
import transaction

RULES = "strong", "terse", "weak"
WAYS = (
    "page",
    "redirect",
    "raise",
    "missing",
    "error",
    "stream",
    "iterator",
    "public",
)


class CachingTest(SiteTestCase):
    """With plone.app.caching's rules in force."""

    def setUp(self):
        super().setUp()
        applyProfile(self.portal, "plone.app.caching:default")
        self.enable("with-caching-proxy")
        for browser in (self.alice, self.bob):
            browser.handleErrors = True
            browser.raiseHttpErrors = False
            browser.followRedirects = False

    def enable(self, profile):
        applyProfile(self.portal, f"plone.app.caching:{profile}")
        settings = getUtility(IRegistry).forInterface(ICacheSettings)
        settings.enabled = True
        transaction.commit()
        # Of the test itself; else operations would look there.
        clearRequest()

    def assertPrivate(self, browser):
        control = browser.headers["Cache-Control"]
        self.assertRegex(control, r"\bprivate\b|\bno-store\b")
        self.assertNotRegex(control, r"public|s-maxage")
        self.assertIn("Cookie", browser.headers["Vary"])
        for name in ("ETag", "Last-Modified", "Expires", "Surrogate-Control"):
            self.assertNotIn(name, browser.headers)

    def test_the_rules_are_in_force(self):
        self.alice.open(self.url("strong"))
        self.assertIn("max-age=86400", self.alice.headers["Cache-Control"])
        self.alice.open(self.url("terse"))
        self.assertIn("s-maxage=60", self.alice.headers["Cache-Control"])
        self.alice.open(self.url("weak"))
        self.assertIn("ETag", self.alice.headers)
        self.alice.open(self.url("weak"))
        self.assertIn("X-RAMCache", self.alice.headers)

    def test_what_looked_is_kept_by_no_shared_cache(self):
        for profile in ("with-caching-proxy", "without-caching-proxy"):
            self.enable(profile)
            for rule in RULES:
                for way in WAYS:
                    with self.subTest(f"{profile}, {rule}, {way}"):
                        self.alice.open(self.url(rule, look=1, how=way))
                        self.assertPrivate(self.alice)
                        self.assertNotIn("Set-Cookie", self.alice.headers)

    def test_what_sets_the_cookie_is_kept_by_no_shared_cache(self):
        for rule in RULES:
            for way in ("page", "redirect", "stream", "iterator", "public"):
                with self.subTest(f"{rule}, {way}"):
                    visitor = self.browser()
                    visitor.followRedirects = False
                    visitor.open(self.url(rule, set="tea", how=way))
                    self.assertIn(COOKIE_NAME, visitor.headers["Set-Cookie"])
                    self.assertPrivate(visitor)

    def test_what_had_no_rule(self):
        self.alice.open(self.url("look"))
        self.assertEqual(self.alice.headers["Cache-Control"], caching.PRIVATE)
        self.assertPrivate(self.alice)

    def test_head_requests(self):
        for rule in RULES:
            response = self.alice.testapp.head(self.url(rule, look=1))
            self.assertEqual(response.status_int, 200)
            self.assertIn("private", response.headers["Cache-Control"])
            self.assertIn("Cookie", response.headers["Vary"])

    def test_visitors_get_no_page_of_each_other_from_ram(self):
        for rule in RULES:
            for browser, value in ((self.alice, "tea"), (self.bob, "coffee")):
                browser.open(self.url(rule, set=value))
                for visit in range(2):
                    browser.open(self.url(rule, look=1))
                    self.assertIn(f"value: {value}", browser.contents)
                    self.assertNotIn("X-RAMCache", browser.headers)

    def test_a_browser_is_never_told_that_nothing_has_changed(self):
        self.alice.open(self.url("weak", set="tea"))
        self.alice.open(self.url("weak", look=1))
        self.assertNotIn("ETag", self.alice.headers)
        self.alice.addHeader("If-None-Match", '"whatever"')
        self.alice.addHeader("If-Modified-Since", "Wed, 25 Nov 2026 00:00:00 GMT")
        self.alice.open(self.url("weak", look=1))
        self.assertIn("value: tea", self.alice.contents)

    def test_a_rule_for_many_pages_does_not_know_better(self):
        for rule in ("terse", "weak"):
            self.alice.open(self.url(rule, look=1))
            self.assertEqual(self.alice.headers["Cache-Control"], caching.PRIVATE)

    def test_headers_that_are_written_otherwise_or_twice(self):
        self.alice.open(self.url("look-not", look=1, how="loud"))
        self.assertEqual(self.alice.headers.get_all("Cache-Control"), [caching.PRIVATE])
        self.assertEqual(self.alice.headers.get_all("Vary"), ["Accept, Cookie"])

    def test_a_page_may_know_better(self):
        self.alice.open(self.url("look-not", look=1, how="own"))
        self.assertEqual(self.alice.headers["Cache-Control"], "private, max-age=5")
        self.assertEqual(self.alice.headers["Vary"], "Cookie")

    def test_what_varies_already_goes_on_to(self):
        self.alice.open(self.url("look-not", look=1, how="public"))
        self.assertEqual(self.alice.headers["Vary"], "Accept-Language, Cookie")

    def test_who_never_looks_has_the_same_answer_as_without_us(self):
        self.alice.open(self.url("seed-set", value="tea"))
        for rule in ("look-not", "strong", "terse", "weak"):
            for way in (*WAYS, "own"):
                with self.subTest(f"{rule}, {way}"):
                    answers = []
                    for keep in (caching._keep_private, None):
                        page = self.url(rule, how=way, x=bool(keep))
                        with mock.patch.object(caching, "_keep_private", keep):
                            self.alice.open(page)
                        headers = sorted(self.alice.headers.items())
                        # Both were not asked for in the same second.
                        headers = re.sub(r":\d\d:\d\d GMT", "", repr(headers))
                        answers.append((headers, self.alice.contents))
                    self.assertEqual(*answers)


del SiteTestCase
