"""Create a Plone site with the wizard: zconsole run instance/etc/zope.conf <this>."""

from Products.CMFPlone.factory import addPloneSite
from Testing.makerequest import makerequest
from zope.globalrequest import setRequest

import transaction

app = makerequest(app)  # noqa: F821 (given by zconsole)
setRequest(app.REQUEST)
addPloneSite(
    app,
    "Plone",
    title="Packing",
    extension_ids=[
        "plone.app.contenttypes:default",
        "plonetheme.barceloneta:default",
        "example.packinglist:default",
    ],
)
transaction.commit()
