"""Create the site Plone with the add-on and its demo: bin/instance run <this>."""

from collective.sessiondata.demo import site

import transaction

app = app  # noqa: F821 (given by "bin/instance run")
if not app.acl_users.getUserNames():
    # Zope makes the buildout's user once; a new var/ needs one again.
    app.acl_users._doAddUser("admin", "admin", ["Manager"], [])
site.create(app)
transaction.get().note("Created the site Plone")
transaction.commit()
