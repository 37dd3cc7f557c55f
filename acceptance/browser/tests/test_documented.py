"""The scripts in the documentation run in a page of a real site."""

from ..pages import PagesTestCase
from collective.sessiondata.tests.support.examples import examples
from collective.sessiondata.tests.support.examples import pages

import re

# Volto has ``/++api++`` at the root of the host; the site of the tests is below it.
API = "/++api++/"

# Volto's API middleware sends the request of an action.
SEND_ACTION = """
const {{ op, path, data, headers }} = {action}({{ tea: 2 }}).request;
const response = await fetch('/++api++' + path, {{
  method: op.toUpperCase(),
  headers: {{ 'Content-Type': 'application/json', ...headers }},
  body: JSON.stringify(data),
}});
const answer = await response.json();
"""

RETURN_ANSWER = "return [response.status, answer];"


class DocumentedScriptsTest(PagesTestCase):
    def page(self):
        """Return a page of the site, as it would be in Volto."""
        page = self.desktop()
        page.route(
            lambda url: API in url,
            lambda route: route.continue_(
                url=self.url(API.strip("/") + "/" + route.request.url.split(API)[1])
            ),
        )
        page.goto(self.url("@@checkout"))
        return page

    def run_script(self, page, code):
        """Run a script that fetches an answer; return its status and its JSON."""
        code = re.sub(r"^export ", "", code, flags=re.M)
        if action := re.match(r"const (\w+) = \(fields\) =>", code):
            code += SEND_ACTION.format(action=action[1])
        return page.evaluate(f"async () => {{{code}\n{RETURN_ANSWER}}}")

    def scripts(self):
        return [example for name in pages() for example in examples(name, "javascript")]

    def test_each_script_changes_the_session_of_its_visitor(self):
        scripts = self.scripts()
        self.assertTrue(scripts)
        for example in scripts:
            with self.subTest(str(example)):
                page = self.page()
                status, answer = self.run_script(page, example.code)
                self.assertEqual((status, answer["tea"]), (200, 2))
                self.assert_cart_kept(page)
                self.assert_no_errors(page)
