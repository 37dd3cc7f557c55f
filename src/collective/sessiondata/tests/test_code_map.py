"""docs/contributing/code-map.rst leads to every module, once, and to nothing else."""

from .support.examples import CHECKOUT
from pathlib import Path
from unittest import TestCase

import collective.sessiondata
import re

PACKAGE = Path(collective.sessiondata.__file__).parent
MAP = CHECKOUT / "docs" / "contributing" / "code-map.rst"


class CodeMapTest(TestCase):
    def found(self, pattern):
        """Return what stands alone in the second column and looks like ``pattern``."""
        text = MAP.read_text(encoding="utf-8")
        return sorted(re.findall(f"^     - ``({pattern})``$", text, re.MULTILINE))

    def test_every_module_is_on_it_once(self):
        modules = (path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
        present = [
            path.as_posix()
            for path in modules
            # The tests are one place; and what is empty needs no place.
            if path.parts[0] != "tests" and (PACKAGE / path).stat().st_size
        ]
        self.assertEqual(self.found(r"[\w/]+\.py"), sorted(present))

    def test_every_folder_of_the_checkout_is_on_it(self):
        manifest = (CHECKOUT / "MANIFEST.in").read_text(encoding="utf-8")
        folders = set(re.findall(r"^graft (\w+)$", manifest, re.MULTILINE)) - {"src"}
        of_the_package = {"tests/", "locales/"}
        self.assertEqual(
            set(self.found(r"\w+/")), {f"{it}/" for it in folders} | of_the_package
        )
