"""The tutorial shows the files of the starter in examples, word for word.

Its commands are run by ``make test-tutorial``.
"""

from .tutorial import Command
from .tutorial import File
from .tutorial import PAGE
from .tutorial import STARTER
from .tutorial import steps
from unittest import TestCase

# What building and testing it leaves there.
LEFT = ("__pycache__", ".egg-info", ".pytest_cache")


class StarterTest(TestCase):
    maxDiff = None

    def test_the_page_shows_each_file_as_it_is(self):
        shown = [step for step in steps() if isinstance(step, File)]
        for path, content in shown:
            with self.subTest(path):
                self.assertEqual(content, (STARTER / path).read_text(encoding="utf-8"))
        files = {
            path.relative_to(STARTER).as_posix()
            for path in STARTER.rglob("*")
            if path.is_file() and not any(name in str(path) for name in LEFT)
        }
        # An empty one is made by a command.
        (empty,) = (path for path in files if not (STARTER / path).stat().st_size)
        self.assertIn(
            f"touch {empty}",
            [step.line for step in steps() if isinstance(step, Command)],
        )
        self.assertEqual(sorted([*(path for path, _ in shown), empty]), sorted(files))

    def test_no_block_of_the_page_is_overlooked(self):
        page = PAGE.read_text(encoding="utf-8")
        lines = page.splitlines()
        shown = [step for step in steps() if isinstance(step, File)]
        consoles = lines.count(".. code-block:: console")
        blocks = sum(line.startswith(".. code-block::") for line in lines)
        self.assertEqual(blocks, len(shown) + consoles)
        commands = [step for step in steps() if isinstance(step, Command)]
        self.assertEqual(page.count("\n    $ "), len(commands))
