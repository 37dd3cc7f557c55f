"""Create the site Plone with the add-on and its demo: bin/instance run <this>."""

from Products.CMFPlone.factory import addPloneSite
from Testing.makerequest import makerequest
from zope.globalrequest import setRequest

import transaction

app = makerequest(app)  # noqa: F821 (given by "bin/instance run")
setRequest(app.REQUEST)
if "Plone" not in app.objectIds():
    addPloneSite(
        app,
        "Plone",
        title="Sessions for Plone",
        extension_ids=[
            "plonetheme.barceloneta:default",
            "plone.app.caching:default",
            "collective.sessiondata:default",
            "collective.sessiondata:demo",
        ],
    )
    transaction.get().note("Created the site Plone")
    transaction.commit()
