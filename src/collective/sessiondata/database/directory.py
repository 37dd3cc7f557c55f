"""The containers of each database, below its root.

A container lives outside the tree of content, so neither URLs nor exports nor copies
reach it. A container that an administrator adds to a folder is listed here as well, so
that the housekeeper finds it.
"""

from ..container import TransientObjectContainer
from ..events import ContainerCreated
from .location import session_connection
from .location import site_connection
from Acquisition import aq_base
from Acquisition import aq_inner
from Acquisition import aq_parent
from BTrees.OOBTree import OOBTree
from weakref import WeakSet
from zope.event import notify

ROOT_KEY = "collective.sessiondata"

# Databases of this process that the main database does not list: those of temporary
# folders.
_unlisted = WeakSet()


def find(context, id):
    """Return the container ``id`` in the session database of ``context``, or None."""
    containers = session_connection(context).root().get(ROOT_KEY)
    return None if containers is None else containers.get(id)


def find_or_create(context, id):
    """Return the container ``id`` of ``context``, a manager; create it if missing."""
    container = find(context, id)
    if container is None:
        connection = session_connection(context)
        container = TransientObjectContainer()
        _containers(connection)[id] = container
        # Add it now, not at the commit: a stored container knows its connection, and
        # with it the transaction.
        for stored in (container, container._shards, container._by_user):
            connection.add(stored)
        note_home(context, id)
        notify(ContainerCreated(container, context))
    return container


def find_elsewhere(context, id):
    """Return the containers ``id`` in other databases than the one for sessions."""
    present = session_connection(context)
    found = []
    for name in sorted(present.db().databases):
        connection = present.get_connection(name)
        container = connection.root().get(ROOT_KEY, {}).get(id)
        if container is not None and connection is not present:
            found.append(container)
    return found


def _home(user):
    """Return the home of ``user``: the name of the site's database, and the path."""
    root = site_connection(user.getPhysicalRoot())
    return root.db().database_name, "/".join(user.getPhysicalPath())


def note_home(context, id):
    """Store in the container ``id``, if it exists, that ``context`` uses it."""
    container = find(context, id)
    if container is not None:
        connection = site_connection(context)
        container.home = _home(context)
        container.dedicated = session_connection(context) is not connection


def list_in_folder(container):
    """List ``container``, which is in a folder, so that the housekeeper finds it."""
    base = aq_base(container)
    folder = aq_parent(aq_inner(container))
    connection = site_connection(folder)
    if base._p_jar is None:
        connection.add(base)
    _containers(connection)[base._p_oid.hex()] = base
    base.home = _home(folder)
    zope = site_connection(folder.getPhysicalRoot()).db()
    if connection.db() not in zope.databases.values():
        _unlisted.add(connection.db())


def unlist(container):
    """Remove ``container``, which leaves its folder, from the list."""
    base = aq_base(container)
    if base._p_jar is not None:
        remove(base._p_jar, base._p_oid.hex())


def databases(db):
    """Return the set of databases beside ``db`` that may have containers."""
    return {*db.databases.values(), *_unlisted}


def places(database):
    """Return the pairs (database, oid) of all containers in ``database``."""
    with database.transaction() as connection:
        containers = connection.root().get(ROOT_KEY, {})
        return [(database, ob._p_oid) for ob in containers.values()]


def all_places(db):
    """Return the pairs (database, oid) of all containers in all databases of ``db``."""
    return [place for database in databases(db) for place in places(database)]


def drop(context, id):
    """Remove the container ``id`` from each database that may have it."""
    for connection in {site_connection(context), session_connection(context)}:
        remove(connection, id)


def remove(connection, id):
    """Remove the container ``id`` from the database of ``connection``, if it exists."""
    containers = connection.root().get(ROOT_KEY, {})
    if id in containers:
        del containers[id]
        if not containers:
            del connection.root()[ROOT_KEY]


def _containers(connection):
    """Return the containers in the database of ``connection``: an OOBTree by id."""
    root = connection.root()
    if ROOT_KEY not in root:
        root[ROOT_KEY] = OOBTree()
    return root[ROOT_KEY]
