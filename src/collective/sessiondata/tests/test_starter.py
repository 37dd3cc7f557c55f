"""The tutorial shows the files of the starter in examples, word for word.

Its commands are run by ``make test-tutorial``.
"""

from .support.tutorial import File
from .support.tutorial import PAGE
from .support.tutorial import STARTER
from .support.tutorial import steps
from unittest import TestCase

import re

# Folders that building and testing the starter leaves in it.
LEFT = re.compile(r"(^|/)(build|__pycache__|\.pytest_cache|[^/]*\.egg-info)/")


class StarterTest(TestCase):
    maxDiff = None

    def setUp(self):
        self.written = {}
        self.entered = []
        for step in steps():
            if isinstance(step, File):
                self.written[step.path] = step.content
            else:
                self.entered.append(step.line)

    def test_who_follows_the_page_has_the_files_of_the_starter(self):
        for line in self.entered:
            if line.startswith("touch "):
                self.written[line.removeprefix("touch ")] = ""
        paths = (path for path in STARTER.rglob("*") if path.is_file())
        files = {path.relative_to(STARTER).as_posix(): path for path in paths}
        expected = {
            name: path.read_text(encoding="utf-8")
            for name, path in files.items()
            if not LEFT.search(name)
        }
        self.assertEqual(sorted(self.written), sorted(expected))
        for name, content in expected.items():
            with self.subTest(name):
                self.assertEqual(self.written[name], content)

    def test_no_block_of_the_page_is_overlooked(self):
        page = PAGE.read_text(encoding="utf-8")
        blocks = re.findall(r"^\.\. code-block:: (\w+)$", page, re.MULTILINE)
        files = [step for step in steps() if isinstance(step, File)]
        self.assertEqual(len(blocks) - blocks.count("console"), len(files))
        self.assertEqual(page.count("\n    $ "), len(self.entered))
