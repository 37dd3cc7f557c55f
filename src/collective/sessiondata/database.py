"""Which ZODB the sessions live in: one configured for them, or the site's own.

A database is found by its name, ``sessions``, among those in zope.conf.  In it,
below its root, containers stand side by side under ids that no site path shows:
outside the tree of content, so neither URLs nor exports nor copies reach them.
"""

from .container import TransientObjectContainer
from Acquisition import aq_chain
from BTrees.OOBTree import OOBTree

DATABASE_NAME = "sessions"

ROOT_KEY = "collective.sessiondata"


def _site_connection(context):
    for parent in aq_chain(context):
        connection = getattr(parent, "_p_jar", None)
        if connection is not None:
            return connection
    raise LookupError(
        f"{context!r} is in no database yet, so it cannot keep sessions. "
        "Add it to a folder that is stored."
    )


def session_connection(context):
    """Return the ZODB connection for sessions of the site that ``context`` is in.

    ``context`` is any object of the site, acquisition-wrapped unless it is
    stored itself.  Raise ``LookupError`` if neither it nor a parent is stored.
    """
    connection = _site_connection(context)
    if DATABASE_NAME in connection.db().databases:
        return connection.get_connection(DATABASE_NAME)
    return connection


def find(context, id):
    """Return the container ``id`` in the session database, or None."""
    containers = session_connection(context).root().get(ROOT_KEY)
    return None if containers is None else containers.get(id)


def find_or_create(context, id):
    """Return the container ``id``, after creating it if there is none."""
    container = find(context, id)
    if container is None:
        connection = session_connection(context)
        root = connection.root()
        if ROOT_KEY not in root:
            root[ROOT_KEY] = OOBTree()
        container = root[ROOT_KEY][id] = TransientObjectContainer()
        # Now, not with the commit: it tells what transaction it is in.
        connection.add(container)
    return container


def drop(context, id):
    """Remove the container ``id`` wherever it lives, and what only it needed."""
    site_connection = _site_connection(context)
    for connection in {site_connection, session_connection(context)}:
        root = connection.root()
        containers = root.get(ROOT_KEY)
        if containers is not None and id in containers:
            del containers[id]
            if not containers:
                del root[ROOT_KEY]
