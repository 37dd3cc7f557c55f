"""Create the site Plone with the add-on and its demo: bin/instance run <this>."""

from collective.sessiondata.demo import site

import transaction

site.create(app)  # noqa: F821 (given by "bin/instance run")
transaction.get().note("Created the site Plone")
transaction.commit()
