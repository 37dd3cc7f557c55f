"""What the page on proxies promises, seen from browsers: curl, with its cookies."""

from acceptance.proxies.layers import executable
from acceptance.proxies.layers import HOST
from acceptance.proxies.layers import PROXIES
from unittest import TestCase

import subprocess
import tempfile


class Browser:
    """curl as a browser: it keeps cookies, and refuses those that browsers refuse."""

    def __init__(self, layer):
        self.nginx = layer["nginx"]
        self.jar = tempfile.NamedTemporaryFile()

    def close(self):
        self.jar.close()

    def get(self, path, *more, scheme="https"):
        """Return the headers, by name in small letters, and the text of a page."""
        out = subprocess.run(
            [
                executable("curl"),
                *("--silent", "--show-error", "--include", "--http1.1"),
                *("--max-time", "60"),
                *("--connect-to", f"{HOST}:443:127.0.0.1:{self.nginx.port}"),
                *("--connect-to", f"{HOST}:80:127.0.0.1:{self.nginx.http_port}"),
                *("--cacert", str(self.nginx.certificate)),
                *("--cookie", self.jar.name, "--cookie-jar", self.jar.name),
                *more,
                f"{scheme}://{HOST}{path}",
            ],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        head, _, text = out.replace("\r\n", "\n").partition("\n\n")
        status, *lines = head.splitlines()
        headers = {"status": status.split()[1]}
        for line in lines:
            name, value = line.split(": ", 1)
            headers[name.lower()] = value
        return headers, text

    def cookie(self):
        """Return what is kept of the session's cookie: its value, or None."""
        with open(self.jar.name) as jar:
            for line in jar:
                if "sessiondata_id" in line:
                    return line.split()[-1]


class ProxiesTest(TestCase):
    layer = PROXIES

    def setUp(self):
        self.alice, self.bob = self.browser(), self.browser()

    def browser(self):
        browser = Browser(self.layer)
        self.addCleanup(browser.close)
        return browser

    def test_the_cookie_is_of_this_host_and_https_alone(self):
        headers, text = self.alice.get("/@@count-visit?put=tea")
        self.assertEqual(text.split()[1], "tea")
        cookie = headers["set-cookie"]
        self.assertTrue(cookie.startswith("__Host-sessiondata_id="), cookie)
        for flag in ("; Secure", "; HttpOnly", "; Path=/", "; SameSite=Lax"):
            self.assertIn(flag.lower(), cookie.lower())
        self.assertNotIn("domain", cookie.lower())
        # curl knows the rules for such names, and has taken it.
        self.assertIsNotNone(self.alice.cookie())

    def test_pages_that_look_at_the_session_are_each_visitors_own(self):
        # First in by one who has none: that is not kept for others either.
        headers, _text = self.bob.get("/@@count-visit")
        self.assertEqual(headers["cache-control"], "private, no-store")
        self.assertIn("Cookie", headers["vary"])
        self.alice.get("/@@count-visit?put=tea")
        for browser, told in ((self.alice, "tea"), (self.bob, "nothing")) * 2:
            self.assertEqual(browser.get("/@@count-visit")[1].split()[1], told)
        self.assertIsNone(self.bob.cookie())

    def test_other_pages_come_from_the_cache_for_who_has_a_session_too(self):
        self.alice.get("/@@count-visit?put=tea")
        first = self.bob.get("/@@count")[1]
        headers, again = self.alice.get("/@@count")
        self.assertEqual(first, again)
        self.assertEqual(first.split()[1], f"https://{HOST}/@@count")
        # Varnish names two requests: this one, and the one that it has it from.
        self.assertEqual(len(headers["x-varnish"].split()), 2)
        self.assertIsNotNone(self.alice.cookie())

    def test_who_is_logged_in_gets_pages_from_zope(self):
        pages = {
            self.bob.get("/@@count", "--header", "Cookie: __ac=anything")[1]
            for _time in range(2)
        }
        self.assertEqual(len(pages), 2)

    def test_a_page_that_says_nothing_of_caches_is_not_kept(self):
        headers, first = self.bob.get("/@@silent")
        self.assertNotIn("cache-control", headers)
        self.assertNotEqual(self.alice.get("/@@silent")[1], first)

    def test_visitors_without_https_are_led_to_it(self):
        headers, _text = self.alice.get("/@@count?a=1", scheme="http")
        self.assertEqual(headers["status"], "301")
        self.assertEqual(headers["location"], f"https://{HOST}/@@count?a=1")

    def test_what_browsers_say_of_proxies_does_not_count(self):
        headers, _text = self.alice.get(
            "/@@count-visit?put=tea", "--header", "X-Forwarded-Proto: http"
        )
        self.assertIn("; secure", headers["set-cookie"].lower())
        self.assertEqual(self.alice.get("/@@count-visit")[1].split()[1], "tea")

    def test_an_address_with_signs_in_it_arrives_as_it_was(self):
        _headers, text = self.alice.get("/@@count-visit?put=a%26b%2Fc")
        self.assertEqual(text.split()[1], "a&b/c")
