"""The checks of pages find what they are there for."""

from .. import checks
from ..case import BrowserTestCase
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from threading import Thread

PAGE = """<!DOCTYPE html>
<html lang="en">
  <head>
    <title>A page</title>
    <meta name="viewport" content="width=device-width">
    <link rel="icon" href="data:,">
  </head>
  <body><main id="main-container"><h1>A page</h1>{}</main></body>
</html>
"""


class OnePage(BaseHTTPRequestHandler):
    """Answers all requests with the page of its server."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.server.page.encode())

    def log_message(self, format, *args):
        pass


class ChecksTest(BrowserTestCase):
    def setUp(self):
        super().setUp()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), OnePage)
        self.addCleanup(self.server.server_close)
        Thread(target=self.server.serve_forever, args=[0.05], daemon=True).start()
        self.addCleanup(self.server.shutdown)

    def serve(self, content):
        """Return a page on a phone that has this content."""
        self.server.page = PAGE.format(content)
        page = self.phone()
        page.goto(f"http://127.0.0.1:{self.server.server_port}/")
        return page

    def assert_found(self, what, check, page):
        with self.assertRaisesRegex(AssertionError, what):
            check(page)

    def test_a_page_without_faults_is_sound(self):
        self.assert_sound(self.serve("<p>Text</p>"))

    def test_barriers_are_found(self):
        page = self.serve('<img src="data:,"><input name="name">')
        self.assert_found("image-alt(.|\n)*input name", self.assert_accessible, page)

    def test_inline_code_is_found(self):
        for content, what in {
            '<p style="color: red">Text</p>': "style in <p",
            '<button onclick="focus()">Text</button>': "onclick in <button",
            '<a href="javascript:focus()">Text</a>': "javascript: URL in <a",
            "<style>p { color: red }</style>": "inline style in <style",
            "<script>focus()</script>": "inline script in <script",
        }.items():
            with self.subTest(content):
                page = self.serve(content)
                self.assert_found(what, self.assert_no_inline_code, page)

    def test_what_a_strict_policy_forbids_is_found(self):
        for content, what in {
            '<p style="color: red">Text</p>': "style-src-attr",
            '<button onclick="focus()">Text</button>': "script-src-attr",
            "<style>p { color: red }</style>": "style-src-elem",
            "<script>focus()</script>": "script-src-elem",
            '<script src="data:,focus()"></script>': "script-src-elem",
        }.items():
            with self.subTest(content):
                violations = checks.policy_violations(self.serve(content))
                self.assertEqual(len(violations), 1, violations)
                self.assertIn(what, violations[0])

    def test_a_page_that_is_too_wide_is_found(self):
        page = self.serve("<pre>" + 80 * "wide" + "</pre>")
        self.assert_found("the screen 390(.|\n)*<pre>", self.assert_fits, page)

    def test_errors_are_found(self):
        for script, what in {
            "throw Error('broken')": "broken",
            "console.error('worse')": "worse",
        }.items():
            with self.subTest(script):
                page = self.serve(f"<script>{script}</script>")
                self.assert_found(what, self.assert_no_errors, page)
                self.errors[page.context].clear()
