"""The test layers: real Plone sites on loopback, and a Chromium without a window."""

from acceptance.support.layers import RunningServerLayer
from collective.sessiondata.tests.support.server import CREATE
from collective.sessiondata.tests.support.server import Server
from pathlib import Path
from playwright.sync_api import sync_playwright
from plone.testing import Layer

import os
import shutil
import tempfile

# The users who can log in, and their roles.
MEMBERS = {
    "alice": ["Member"],
    "bob": ["Member"],
    "boss": ["Member", "Site Administrator"],
    "eddy": ["Member", "Editor"],
}
PASSWORD = "correct horse battery"

# The sites Plone and busy have the add-on and the demo, the site packing has the add-on
# that the tutorial builds, too, and the site plain has none of them.
CREATE_SITES = CREATE + f"""
from acceptance.browser.filling import fill
site.create(app, "busy")
fill(app.busy, {PASSWORD!r})
profiles = site.PROFILES
site.PROFILES = [*profiles, "example.packinglist:default"]
site.create(app, "packing")
site.PROFILES = [it for it in profiles if "collective.sessiondata" not in it]
site.create(app, "plain")
for folder in (app.Plone, app.busy):
    for name, roles in {MEMBERS!r}.items():
        folder.acl_users._doAddUser(name, {PASSWORD!r}, roles, [])
"""


class SitesServer(Server):
    """A Zope that also loads the pages of these tests."""

    package, zcml = "acceptance.browser", "site.zcml"


class SitesLayer(RunningServerLayer):
    """A running server with the four sites."""

    factory = SitesServer
    create = CREATE_SITES


class ChromiumLayer(Layer):
    """The machine's own Chromium, and the folder where screenshots go."""

    def setUp(self):
        executable = shutil.which("chromium")
        if executable is None:
            raise RuntimeError('There is no chromium; "make test-browser" installs it.')
        self["playwright"] = sync_playwright().start()
        try:
            self["chromium"] = self["playwright"].chromium.launch(
                executable_path=executable, args=self.arguments()
            )
        except BaseException:
            self["playwright"].stop()
            raise
        self["temporary"] = tempfile.mkdtemp()
        self["screenshots"] = Path(os.environ.get("SCREENSHOTS") or self["temporary"])

    def tearDown(self):
        self["chromium"].close()
        self["playwright"].stop()
        shutil.rmtree(self["temporary"])
        for name in ("screenshots", "temporary", "chromium", "playwright"):
            del self[name]

    def arguments(self):
        # In a container /dev/shm may be too small for a page.
        arguments = ["--disable-dev-shm-usage"]
        if os.geteuid() == 0:
            # The sandbox does not work for root.
            arguments.append("--no-sandbox")
        return arguments


SITES = SitesLayer(name="Sites")
CHROMIUM = ChromiumLayer(name="Chromium")
BROWSING = Layer(bases=(SITES, CHROMIUM), name="Browsing")
