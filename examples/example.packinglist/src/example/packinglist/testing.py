"""A Plone site with the wizard, for its tests."""

from collective.sessiondata.testing import SESSIONDATA_FIXTURE
from plone.app.testing import applyProfile
from plone.app.testing import FunctionalTesting
from plone.app.testing import PloneSandboxLayer


class PackingListLayer(PloneSandboxLayer):
    defaultBases = (SESSIONDATA_FIXTURE,)

    def setUpZope(self, app, configurationContext):
        import example.packinglist

        self.loadZCML(package=example.packinglist)

    def setUpPloneSite(self, portal):
        applyProfile(portal, "example.packinglist:default")


PACKINGLIST_FIXTURE = PackingListLayer()

PACKINGLIST_FUNCTIONAL_TESTING = FunctionalTesting(
    bases=(PACKINGLIST_FIXTURE,), name="PackingListLayer:Functional"
)
