"""Create a Plone site with the add-on and the demo, to try sessions."""

from ..operations.sitecontext import with_request
from plone.app.theming.interfaces import IThemeSettings
from plone.registry.interfaces import IRegistry
from Products.CMFPlone.factory import addPloneSite
from zope.component import getUtility
from zope.globalrequest import setRequest

PROFILES = [
    "plone.app.contenttypes:default",
    "plone.app.caching:default",
    "plone.restapi:default",
    "plonetheme.barceloneta:default",
    "collective.sessiondata:default",
    "collective.sessiondata:demo",
]


def create(app, id="Plone"):
    """Add the site ``id`` to the Zope root ``app`` unless there is one."""
    if id in app.objectIds():
        return
    app = with_request(app)
    setRequest(app.REQUEST)
    addPloneSite(app, id, title="Sessions for Plone", extension_ids=PROFILES)
    # By default, Plone shows no theme at 127.0.0.1.
    theming = getUtility(IRegistry).forInterface(
        IThemeSettings, prefix=IThemeSettings.__identifier__
    )
    theming.hostnameBlacklist = []
