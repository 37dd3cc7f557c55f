"""The site under attack: a Zope in a process of its own, its users, its log."""

from .browser import Browser
from base64 import b64encode
from collective.sessiondata.tests.support.server import CREATE
from collective.sessiondata.tests.support.server import Server

import json
import time

PASSWORD = "correct horse battery"

MEMBERS = ("alice", "bob", "carol", "dave")
EDITOR = "editor"

WARM_UP = ("/", "", "login", "sitemap", "does-not-exist", "@@checkout", "@@look")

# Caching is on, as a site behind a proxy has it, and pages are kept in RAM as well.
CREATE_SITE = CREATE + f"""
from persistent.mapping import PersistentMapping
from plone.registry.interfaces import IRegistry
from zope.component import getUtility
from zope.component.hooks import setSite
site = app.Plone
setSite(site)
for name in {MEMBERS!r}:
    site.acl_users._doAddUser(name, {PASSWORD!r}, ["Member"], [])
site.acl_users._doAddUser({EDITOR!r}, {PASSWORD!r}, ["Member", "Editor"], [])
site.marker_mapping = PersistentMapping()
site.session_data_manager.container().resolution = 5
site.portal_setup.runAllImportStepsFromProfile(
    "profile-plone.app.caching:with-caching-proxy"
)
registry = getUtility(IRegistry)
settings = "plone.caching.interfaces.ICacheSettings"
registry[settings + ".enabled"] = True
registry[settings + ".operationMapping"] = dict(
    registry[settings + ".operationMapping"],
    **{{"plone.content.itemView": "plone.app.caching.weakCaching"}},
)
registry["plone.app.caching.weakCaching.ramCache"] = True
"""


class SiteServer(Server):
    """A Zope with the pages of the tests and of the attacks."""

    package, zcml = "acceptance.attacks", "pages.zcml"

    def __init__(self):
        super().__init__()
        # As in a site that a buildout makes: headers of proxies are passed on.
        ini = self.home / "wsgi.ini"
        line = "threads = 4\n"
        more = "clear_untrusted_proxy_headers = false\n"
        ini.write_text(ini.read_text().replace(line, line + more))


class Site:
    """A running Plone site, the ids that it issued, and the ids that leaked."""

    def __init__(self):
        self.server = SiteServer()
        self.port = self.server.port
        # All ids that browsers got, and all pages that had one outside of its cookie.
        self.issued = set()
        self.leaks = []

    def start(self):
        self.server.run(CREATE_SITE)
        self._run()
        credentials = b64encode(b"admin:admin").decode()
        self.admin = self.browser(Authorization=f"Basic {credentials}")
        # A visitor who arrives long before a flood.
        self.regular = self.browser()
        self.regular.put("regular")
        self.started = time.monotonic()

    def restart(self, code):
        """Run ``code`` with ``app`` while the site is down."""
        self.server.kill()
        self.server.run(code)
        self._run()

    def _run(self):
        """Start Zope, and compile its templates, one at a time.

        Python 3.11 may raise ``SystemError`` if threads compile at the same moment.
        """
        self.server.start()
        for page in WARM_UP:
            self.browser().ask(page)

    def remove(self):
        self.server.remove()

    def browser(self, **headers):
        """Return a browser that has never been here."""
        return Browser(self, **headers)

    def member(self, name, browser=None):
        """Return a browser, a new one unless given, that has logged in as ``name``."""
        browser = browser or self.browser()
        browser.log_in(name, PASSWORD)
        return browser

    def inside(self, **changes):
        """Make ``changes``; return the state of the site."""
        answer = self.admin.ask("@@attack-inside", changes or None)
        if answer.status != 200:
            raise AssertionError(f"No look inside: {answer.status} {answer.text}")
        return json.loads(answer.text)

    def log(self):
        """Return the whole log."""
        return (self.server.home / "zope.log").read_text(errors="replace")
