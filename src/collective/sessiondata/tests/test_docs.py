"""Every Python example in the documentation runs, in its order."""

from ..testing import SESSIONDATA_INTEGRATION_TESTING
from ..testing import Visitor
from docutils.core import publish_doctree
from docutils.nodes import literal_block
from pathlib import Path
from plone.app.registry.exportimport.handler import RegistryImporter
from plone.registry.interfaces import IRegistry
from Products.GenericSetup.context import SnapshotImportContext
from types import ModuleType
from unittest import TestCase
from zope.component import getUtility

import sys

CHECKOUT = Path(__file__).parents[4]


def examples(name, language="python"):
    """Return the blocks of code in a file of the checkout, of Python unless told."""
    document = publish_doctree(
        (CHECKOUT / name).read_text(encoding="utf-8"),
        # Without this docutils wants Pygments, and drops what it cannot colour.
        settings_overrides={"syntax_highlight": "none", "halt_level": 2},
    )
    return [
        block.astext()
        for block in document.findall(literal_block)
        if language in block["classes"]
    ]


class DocumentationTest(TestCase):
    layer = SESSIONDATA_INTEGRATION_TESTING

    def setUp(self):
        self.portal = self.layer["portal"]
        self.alice = Visitor(self.portal)

    def run_examples(self, name):
        # In a module of its own: what it keeps in a session can be imported.
        module = ModuleType("documentation_examples")
        module.context = module.portal = self.portal
        sys.modules[module.__name__] = module
        self.addCleanup(sys.modules.pop, module.__name__)
        for example in examples(name):
            with self.alice:
                exec(compile(example, name, "exec"), vars(module))
        return module

    def test_the_readme(self):
        module = self.run_examples("README.rst")
        for item, told in (("tea", "tea"), ("cup", "tea, cup")):
            with self.alice as request:
                request.form["item"] = item
                view = module.AddToCart(self.portal, request)
                self.assertEqual(view(), f"In your cart: {told}")

    def test_sessions(self):
        module = self.run_examples("docs/sessions.rst")
        self.assertEqual(module.container.getTimeoutMinutes(), 30)

    def test_managing(self):
        module = self.run_examples("docs/managing.rst")
        self.assertEqual(module.container.timeout, 45 * 60)

    def test_the_profile_in_the_page_on_managing(self):
        (profile,) = examples("docs/managing.rst", "xml")
        context = SnapshotImportContext(self.portal.portal_setup, "none")
        RegistryImporter(getUtility(IRegistry), context).importDocument(profile)
        ids = self.portal.browser_id_manager
        self.assertEqual(ids.getBrowserIdName(), "__Host-visit")
        self.assertEqual(self.portal.session_data_manager.container().timeout, 1800)

    def test_security(self):
        with self.alice:
            module = self.run_examples("docs/security.rst")
        self.assertEqual(module.ids.getBrowserIdName(), "__Host-sessiondata_id")
        self.assertFalse(self.portal.session_data_manager.getKeepDataAtLogin())

    def test_the_page_on_other_products_can_be_read(self):
        # It has no examples; a mistake in its markup is an error here.
        self.assertEqual(examples("docs/replacing.rst"), [])
