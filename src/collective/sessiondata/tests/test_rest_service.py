"""The REST API is optional, and its test layer starts no housekeeper."""

from ..operations.housekeeper import THREAD_NAME
from .support.rest import RestTestCase
from pathlib import Path
from unittest import TestCase

import collective.sessiondata
import re
import threading


class WithoutTest(TestCase):
    """Sites without plone.restapi."""

    def test_only_conditional_zcml_needs_plone_restapi(self):
        package = Path(collective.sessiondata.__file__).parent
        own = package / "plone" / "restapi"
        files = [*package.rglob("*.py"), *package.rglob("*.zcml")]
        needing = {
            path.relative_to(package).as_posix()
            for path in files
            if re.search(r"\bplone\.rest(api)?\b", path.read_text(encoding="utf-8"))
            and own not in path.parents
            and package / "tests" not in path.parents
        }
        # The demo site installs the profile of plone.restapi.
        self.assertEqual(needing, {"plone/configure.zcml", "demo/site.py"})
        zcml = (package / "plone" / "configure.zcml").read_text(encoding="utf-8")
        self.assertEqual(zcml.count("plone.rest"), 1)
        self.assertIn('zcml:condition="installed plone.restapi"', zcml)


class LayerTest(RestTestCase):
    """``SESSIONDATA_FIXTURE`` for layers that serve the site over HTTP."""

    def test_no_housekeeper_runs_during_tests(self):
        self.assertNotIn(THREAD_NAME, [thread.name for thread in threading.enumerate()])
