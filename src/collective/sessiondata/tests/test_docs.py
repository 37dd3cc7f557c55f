"""Every example in the documentation runs, page by page, in its order.

Pages are found, not listed, and an example that nobody runs is a failure: one without
a language, or in one that ``DocumentationTest`` has no ``run_LANGUAGE`` for.  Files in
``src`` and ``examples`` that a page shows are code with tests of its own.
"""

from ..command import sessions
from ..testing import Visitor
from .support.examples import CHECKOUT
from .support.examples import examples
from .support.examples import pages
from .support.processes import ZeoServer
from .support.rest import RestLayer
from configparser import RawConfigParser
from contextlib import redirect_stderr
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from packaging.requirements import Requirement
from pathlib import Path
from plone.app.registry.exportimport.handler import RegistryImporter
from plone.app.testing import FunctionalTesting
from plone.app.testing import popGlobalRegistry
from plone.app.testing import pushGlobalRegistry
from plone.app.testing import TEST_USER_ID
from plone.registry.interfaces import IRegistry
from plone.testing import zca
from plone.testing import zope
from Products.GenericSetup.context import SnapshotImportContext
from Products.PageTemplates.ZopePageTemplate import ZopePageTemplate
from Products.PlonePAS.events import UserLoggedInEvent
from Products.Transience.Transience import TransientObjectContainer as StockContainer
from textwrap import dedent
from types import ModuleType
from unittest import mock
from unittest import TestCase
from xml.etree import ElementTree
from ZConfig import loadConfig
from ZConfig import loadSchema
from Zope2.Startup.options import ZopeWSGIOptions
from zope.component import getUtility
from zope.configuration import xmlconfig
from zope.event import notify

import re
import shlex
import sys
import tempfile
import transaction
import ZEO

DOCUMENTATION_FUNCTIONAL_TESTING = FunctionalTesting(
    bases=(RestLayer(), zope.WSGI_SERVER_FIXTURE), name="DocumentationLayer:Functional"
)

# Code in these folders is shown in pages, and tested where it is.
TESTED_ELSEWHERE = ("src", "examples")

ZOPE_CONF = """
%define INSTANCE {home}
instancehome $INSTANCE
<zodb_db main>
    mount-point /
    <mappingstorage />
</zodb_db>
"""

ZCML = """
<configure
    xmlns="http://namespaces.zope.org/zope"
    xmlns:browser="http://namespaces.zope.org/browser"
    xmlns:genericsetup="http://namespaces.zope.org/genericsetup"
    xmlns:plone="http://namespaces.plone.org/plone"
    xmlns:zcml="http://namespaces.zope.org/zcml"
    i18n_domain="documentation"
    >
{}
</configure>
"""

# What pages say, and what it is called in the site of the tests.
SITE, HANDLE = "Plone", "4f2a90c1"


class DocumentationTest(TestCase):
    layer = DOCUMENTATION_FUNCTIONAL_TESTING

    def setUp(self):
        self.app = self.layer["app"]
        self.portal = self.layer["portal"]
        self.alice = Visitor(self.portal)
        pushGlobalRegistry(self.portal)
        self.addCleanup(popGlobalRegistry, self.portal)
        self.rendered = []
        # A module of its own: what is kept in a session can be imported.  It is a
        # package, too, so that ZCML can name what is in its module "data".
        self.module = ModuleType("documentation_examples")
        self.module.__path__ = []
        self.module.context = self.module.portal = self.portal
        self.module.app = self.app
        # As zconsole has it, where a script of a page runs.
        words = ["zconsole", "run", "zope.conf", "sessions.py", "stats"]
        patch = mock.patch.object(sys, "argv", words)
        patch.start()
        self.addCleanup(patch.stop)
        for name in (self.module.__name__, f"{self.module.__name__}.data"):
            sys.modules[name] = self.module
            self.addCleanup(sys.modules.pop, name)

    def run_page(self, name):
        """Run all examples of a page; what else is to be seen then, see ``after_``."""
        for example in examples(name):
            if _is_tested_elsewhere(example):
                continue
            run = getattr(self, f"run_{example.language}", None)
            self.assertIsNotNone(run, f"Nobody runs the example in {example}")
            with self.subTest(str(example)):
                run(example)
        getattr(self, f"after_{_word(name)}", lambda: None)()

    # How an example is run, by its language

    def run_text(self, example):
        """What people read: what is printed, and names of files."""

    def run_python(self, example):
        # Each in a request of its own, and with the lines that it has in the page.
        code = "\n" * (example.line - 1) + example.code
        with self.alice, redirect_stdout(StringIO()):
            exec(compile(code, example.page, "exec"), vars(self.module))
        transaction.commit()

    def run_html(self, example):
        """A page template, as one that is kept in the site: restricted."""
        template = ZopePageTemplate("example", example.code).__of__(self.portal)
        with self.alice:
            self.rendered.append(template())

    def run_xml(self, example):
        """A file of a profile, or a piece of one, or of ZCML."""
        root = re.match(r"\s*(?:<\?xml.*?\?>)?\s*<([\w:]+)", example.code)[1]
        if root == "registry":
            context = SnapshotImportContext(self.portal.portal_setup, "none")
            importer = RegistryImporter(getUtility(IRegistry), context)
            importer.importDocument(example.code)
        elif root in ("dependency", "metadata"):
            for element in ElementTree.fromstring(example.code).iter("dependency"):
                profile = element.text.removeprefix("profile-")
                self.assertTrue(self.portal.portal_setup.profileExists(profile))
        else:
            self._load(example.code)

    def _load(self, zcml):
        context = zca.stackConfigurationContext(self.layer["configurationContext"])
        context.package = self.module
        xmlconfig.string(ZCML.format(zcml), context)

    def run_zconf(self, example):
        self._configure(example.code)

    def _configure(self, conf):
        """Read ``conf``, of Zope or of ZEO, with its real schema."""
        if "<zeo>" in conf:
            # A command of the page may start it.
            self.zeo_conf = conf
        with tempfile.TemporaryDirectory() as home:
            for placeholder in ("${buildout:directory}", "/srv/plone"):
                conf = conf.replace(placeholder, home)
            for path in re.findall(rf"{home}/\S+", conf):
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            file = Path(home) / "example.conf"
            if "<zeo>" in conf:
                file.write_text(conf)
                schema = loadSchema(str(Path(ZEO.__file__).parent / "schema.xml"))
                return loadConfig(schema, str(file))
            start = "" if "instancehome" in conf else ZOPE_CONF.format(home=home)
            file.write_text(start + conf)
            return ZopeWSGIOptions(str(file))().configroot

    def run_yaml(self, example):
        """A value for cookiecutter-zope-instance: a piece of zope.conf."""
        key, conf = example.code.split(":", 1)
        self.assertEqual(key, "zope_conf_additional")
        self._configure(dedent(conf.removeprefix(" |")))

    def run_ini(self, example):
        """A buildout: what is installed is pinned, and zope.conf can be read."""
        buildout = RawConfigParser(strict=True)
        buildout.read_string(example.code)
        for name in buildout.sections():
            section = buildout[name]
            for line in section.get("eggs", "").split("\n"):
                if line.strip() and "$" not in line:
                    self._is_known(line)
            if name == "versions":
                for package, version in section.items():
                    self._is_known(f"{package} == {version}")
            conf = dedent(section.get("zope-conf-additional", "").replace("\n", "\n "))
            self._configure(conf)

    def _is_known(self, text):
        """``text`` is a requirement that this package can be installed with."""
        requirement = Requirement(text)
        if requirement.name == "collective.sessiondata":
            return
        pins = RawConfigParser()
        pins.optionxform = str
        pins.read(CHECKOUT / "versions.cfg")
        version = pins["versions"][requirement.name]
        self.assertTrue(requirement.specifier.contains(version), text)

    def run_http(self, example):
        """What came over HTTP: ``test_rest_examples`` compares, and writes, the files."""
        self.assertEqual(example.file.parent.name, "http-examples")

    def run_nginx(self, example):
        self._is_for_real_proxies(example)

    def run_vcl(self, example):
        self._is_for_real_proxies(example)

    def _is_for_real_proxies(self, example):
        """Files that ``make test-proxies`` starts nginx and Varnish with."""
        self.assertEqual(example.file.parent, CHECKOUT / "docs" / "how-to" / "proxy")

    def run_sql(self, example):
        """Files that ``make test-cluster`` makes its PostgreSQL with."""
        folder = CHECKOUT / "docs" / "how-to" / "postgresql"
        self.assertEqual(example.file.parent, folder)

    def run_javascript(self, example):
        """A script of a page of the site: ``make test-browser`` runs it in a Chromium."""

    def run_console(self, example):
        """What is typed in a terminal, and answered: ``make test-tutorial`` does it."""
        self.assertEqual(example.page, "docs/tutorial.rst")

    def run_shell(self, example):
        """Commands, line by line."""
        for line in re.sub(r"\\\n", "", example.code).splitlines():
            words = shlex.split(line, comments=True)
            if words:
                run = getattr(self, f"call_{_word(words[0])}", None)
                self.assertIsNotNone(run, f"Nobody runs {line!r} in {example}")
                run(words[1:])

    def call_make(self, words):
        """A target that there is; this is one of them."""
        known = re.findall(r"^([\w-]+):", (CHECKOUT / "Makefile").read_text(), re.M)
        for word in words:
            if "=" not in word:
                self.assertIn(word, known)

    def call__venv_bin_pip(self, words):
        """It installs what this package can be installed with."""
        self.assertEqual(words.pop(0), "install")
        while words:
            word = words.pop(0)
            if word == "-c":
                # A file of constraints that the reader has.
                words.pop(0)
            else:
                self._is_known(word)

    def call__venv_bin_runzeo(self, words):
        """The server of the page starts, with what the page says is in its file."""
        self.assertEqual(words.pop(0), "-C")
        self.assertEqual(words, ["/srv/plone/etc/sessions-zeo.conf"])
        with tempfile.TemporaryDirectory() as home:
            server = ZeoServer(home)
            conf = self.zeo_conf.replace("/srv/plone/var", home)
            conf = re.sub(r"address \S+", f"address 127.0.0.1:{server.port}", conf)
            (server.home / "zeo.conf").write_text(conf)
            server.start()
            try:
                server.wait()
            finally:
                server.kill()
            self.assertTrue((server.home / "sessions.fs").exists())

    def call__venv_bin_zconsole(self, words):
        """It runs the script that the page has shown, as zconsole does."""
        self.assertEqual(words[:1] + words[2:3], ["run", "sessions.py"])
        self.call_bin_instance(["sessions", *words[3:]])

    def call_bin_instance(self, words):
        """It runs in this site, on what it speaks of."""
        self.assertEqual(words.pop(0), "sessions", "Nobody runs this")
        handle = self._sessions_of_jane()
        if "migrate" in words:
            self._former_sessions()
        real = {SITE: self.portal.getId(), HANDLE: handle[:8]}
        words = [real.get(word, word) for word in words]
        if "--all" in words:
            # Nobody is there to answer.
            words.append("--yes")
        out, err = StringIO(), StringIO()
        transaction.commit()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                sessions(self.app, words)
            except SystemExit as end:
                self.assertIn(end.code, (0, None), f"{words}: {err.getvalue()}")
        transaction.begin()
        self.assertEqual(err.getvalue(), "")
        self.assertTrue(out.getvalue())

    def _sessions_of_jane(self):
        """Let the user jane have a session; return its handle."""
        with Visitor(self.portal):
            tool = self.portal.session_data_manager
            session = tool.getSessionData()
            session["items"] = ["tea"]
            tool.container().bind(session, "jane", "Firefox")
            return session.getId()

    def _former_sessions(self):
        """Let there be a session in the container that Products.Sessions has."""
        if "temp_folder" not in self.app.objectIds():
            self.app.manage_addFolder("temp_folder")
            self.app.temp_folder._setObject(
                "session_data", StockContainer("session_data")
            )
        self.app.temp_folder.session_data.new("1")["items"] = ["tea"]

    # What is to be seen after all examples of a page

    def after_README(self):
        for item, told in (("tea", "tea"), ("cup", "tea, cup")):
            with self.alice as request:
                request.form["item"] = item
                view = self.module.AddToCart(self.portal, request)
                self.assertEqual(view(), f"In your cart: {told}")

    def after_docs_sessions(self):
        self.assertEqual(self.module.container.getTimeoutMinutes(), 30)
        chosen, nothing = self.rendered
        self.assertIn("You chose tea, coffee", " ".join(chosen.split()))
        self.assertIn("tea", nothing)

    def after_docs_how_to_manage(self):
        ids = self.portal.browser_id_manager
        self.assertEqual(ids.getBrowserIdName(), "__Host-visit")
        # What the last of its commands has set.
        self.assertEqual(self.module.container.timeout, 30 * 60)

    def after_docs_how_to_debug(self):
        # Nobody has put anything into the session, so this visitor has no id.
        self.assertFalse(self.module.arrived or self.module.lives)
        with self.assertLogs("my.package") as logs, Visitor(self.portal):
            self.portal.session_data_manager.getSessionData()["item"] = "tea"
        self.assertRegex(
            logs.output[0], "SessionCreated: [0-9a-f]{8} of somebody anonymous$"
        )

    def after_docs_how_to_end_sessions(self):
        user = self.portal.acl_users.getUserById(TEST_USER_ID)
        here, there = Visitor(self.portal), Visitor(self.portal)
        for visitor in (there, here):
            with visitor:
                self.portal.session_data_manager.getSessionData()["item"] = "tea"
                notify(UserLoggedInEvent(user))
        self.assertEqual((here.data(), there.data()), ({"item": "tea"}, None))

    def after_docs_explanation_security(self):
        self.assertEqual(self.module.ids.getBrowserIdName(), "__Host-sessiondata_id")
        self.assertFalse(self.portal.session_data_manager.getKeepDataAtLogin())


def _is_tested_elsewhere(example):
    """Return True if it is a whole file with tests of its own, included or not."""
    if example.file is not None:
        return example.file.relative_to(CHECKOUT).parts[0] in TESTED_ELSEWHERE
    return example.code.strip() in _starter()


@cache
def _starter():
    """Return what is in the files of the add-on that the tutorial builds."""
    files = (CHECKOUT / "examples").rglob("*.*")
    suffixes = (".pt", ".py", ".toml", ".xml", ".zcml")
    return {file.read_text().strip() for file in files if file.suffix in suffixes}


def _word(name):
    """Return ``name``, of a page or a program, as a part of the name of a method."""
    return re.sub(r"\W", "_", name.removesuffix(".rst"))


def _test_of(name):
    def test(self):
        self.run_page(name)

    return test


for name in pages():
    setattr(DocumentationTest, f"test_{_word(name)}", _test_of(name))


# Each has an example that nobody runs.
UNSEEN = """
A block without a language::

    session["a"]

>>> session["a"]

.. code-block:: klingon

    yIDoghQo'

.. note::

   .. code-block:: klingon

      yIDoghQo'

.. literalinclude:: {}
   :language: klingon

.. autofunction:: {}.described
"""


def described():
    """For ``UNSEEN``.

    Its example is this::

        session["a"]
    """


class EveryExampleTest(TestCase):
    """What finds and runs examples: nothing gets by it."""

    def test_what_comes_after_a_page_has_its_page(self):
        known = {f"after_{_word(name)}" for name in pages()}
        after = {name for name in vars(DocumentationTest) if name.startswith("after_")}
        self.assertEqual(after - known, set())

    def test_an_example_that_nobody_runs_is_a_failure(self):
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "page.rst"
            page.write_text(UNSEEN.format(__file__, __name__))
            found = examples(str(page))
        languages = [example.language for example in found]
        self.assertEqual(languages, ["", "", *["klingon"] * 3, ""])
        for language in languages:
            self.assertFalse(hasattr(DocumentationTest, f"run_{language}"))
