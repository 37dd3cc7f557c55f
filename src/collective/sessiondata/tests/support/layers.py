"""The layer of this package's own functional tests: with pages, and the demo."""

from ...testing import SESSIONDATA_FIXTURE
from plone.app.testing import applyProfile
from plone.app.testing import FunctionalTesting
from plone.app.testing import PloneSandboxLayer


class SiteLayer(PloneSandboxLayer):
    defaultBases = (SESSIONDATA_FIXTURE,)

    def setUpZope(self, app, configurationContext):
        from .. import support

        self.loadZCML("testing.zcml", package=support)

    def setUpPloneSite(self, portal):
        applyProfile(portal, "collective.sessiondata:demo")


SITE_FUNCTIONAL_TESTING = FunctionalTesting(
    bases=(SiteLayer(),), name="SiteLayer:Functional"
)
