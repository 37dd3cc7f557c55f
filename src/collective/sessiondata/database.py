"""Which ZODB the sessions live in: one configured for them, or the site's own.

A database is found by its name, ``sessions`` unless zope.conf says another.  In it,
below its root, containers stand side by side under ids that no site path shows:
outside the tree of content, so neither URLs nor exports nor copies reach them.
"""

from . import zopeconf
from .container import TransientObjectContainer
from .events import ContainerCreated
from .outages import behind
from .outages import is_felt_by_all
from Acquisition import aq_base
from Acquisition import aq_chain
from Acquisition import aq_inner
from Acquisition import aq_parent
from BTrees.OOBTree import OOBTree
from dataclasses import dataclass
from weakref import WeakSet
from zope.event import notify

import logging
import Zope2

logger = logging.getLogger("collective.sessiondata")

# The most sessions of a site, unless it is set.
LIMIT = 100_000

ROOT_KEY = "collective.sessiondata"

# Where the other databases keep what they have of a container, by that one's oid.
PARTS_KEY = "collective.sessiondata.parts"

# Databases of this process that no other one leads to: temporary folders may have some.
_in_memory = WeakSet()


def check(event):
    """Tell at the start of a process if its zope.conf names a database it has not.

    And if pages that need no session would fail with the server of sessions.
    """
    name = zopeconf.database()
    for db in _all_for_sessions(Zope2.DB):
        if is_felt_by_all(getattr(db, "storage", None)):
            logger.info(
                "The database %s for sessions is on a server. If that may be away while "
                "the content is not, have <session_db %s> in zope.conf instead of "
                "<zodb_db %s>, after %%import collective.sessiondata: then pages that "
                "need no session are served.",
                *[db.database_name] * 3,
            )
    if zopeconf.is_database_chosen() and name not in Zope2.DB.databases:
        logger.error(
            "zope.conf says, in <product-config %s>, that sessions are in the database "
            "%r, but has no <zodb_db %s>. They are kept beside the content instead. Add "
            "that database and restart; bin/instance sessions move takes them along.",
            zopeconf.SECTION,
            name,
            name,
        )


def site_connection(context):
    """Return the ZODB connection that the content around ``context`` is in.

    Raise ``LookupError`` as ``session_connection`` does.
    """
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
    connection = site_connection(context)
    name = zopeconf.database()
    if name in connection.db().databases:
        return connection.get_connection(name)
    return connection


def session_connections(context):
    """Return the ZODB connections for sessions of the site that ``context`` is in.

    Beside the one of ``session_connection`` there are those of databases that are called
    alike, with a number: ``sessions-1``, ``sessions-2`` and so on.
    """
    return [session_connection(context), *_others(session_connection(context))]


def _others(connection):
    """Return the connections of the databases called as that of ``connection`` is."""
    first, *others = _all_for_sessions(connection.db()) or [None]
    if connection.db() is not first:
        return []
    return [connection.get_connection(db.database_name) for db in others]


def _all_for_sessions(db):
    """Return the databases for sessions that there are beside ``db``, the first first."""
    found = []
    name = first = zopeconf.database()
    while name in db.databases:
        found.append(db.databases[name])
        name = f"{first}-{len(found)}"
    return found


def spread(container):
    """Let ``container`` use all databases for sessions; return how many are new to it.

    One that has lost what was there counts as new.  The container has to be one of its
    own, in the first of them.  Each process that uses it needs all of them in its
    zope.conf from then on.
    """
    base = aq_base(container)
    new = 0
    for place, connection in enumerate(_others(base._p_jar), 1):
        if not base.has_part(place):
            # What is referred to from another database only would be lost at a packing.
            part = base.new_part(connection, place)
            _tree(connection, PARTS_KEY)[base._p_oid.hex()] = part
            new += 1
    return new


def containers_elsewhere(context, id):
    """Return the containers ``id`` that are in other databases than that for sessions."""
    present = session_connection(context)
    found = []
    for name in sorted(present.db().databases):
        connection = present.get_connection(name)
        container = connection.root().get(ROOT_KEY, {}).get(id)
        if container is not None and connection is not present:
            found.append(container)
    return found


def find(context, id):
    """Return the container ``id`` in the session database, or None."""
    containers = session_connection(context).root().get(ROOT_KEY)
    return None if containers is None else containers.get(id)


def find_or_create(context, id):
    """Return the container ``id`` of ``context``, a manager; it is created if missing."""
    container = find(context, id)
    if container is None:
        connection = session_connection(context)
        container = TransientObjectContainer()
        # However many come, the database is bounded, and nobody gets an error.
        container.limit, container.when_full = LIMIT, "drop"
        _containers(connection)[id] = container
        # Now, not with the commit: it tells what transaction, and database, it is in.
        for stored in (container, *container.parts()[0]):
            connection.add(stored)
        spread(container)
        note_home(context, id)
        notify(ContainerCreated(container, context))
    return container


def _home(user):
    """Return what leads to ``user``: the database of its Zope root, and the path."""
    root = site_connection(user.getPhysicalRoot())
    return root.db().database_name, "/".join(user.getPhysicalPath())


def note_home(context, id):
    """Let the container ``id``, if it is there, know that ``context`` uses it."""
    container = find(context, id)
    if container is not None:
        connection = site_connection(context)
        container.home = _home(context)
        container.alone = session_connection(context) is not connection


@dataclass(frozen=True)
class Whereabouts:
    """Where the sessions of a container are."""

    #: The name of the database in zope.conf, or of all, with commas between them; and
    #: their size in bytes.
    name: str
    bytes: int

    #: What keeps it: the name of a class, as ``FileStorage``.
    storage: str

    #: Whether it is one for sessions alone.
    alone: bool


def whereabouts(container):
    """Return the ``Whereabouts`` of ``container``, which is stored."""
    base = aq_base(container)
    first = base._p_jar.db()
    databases = [first.databases.get(name) for name in base.other_databases()]
    databases = [first, *filter(None, databases)]
    # Of one that is down nothing is known.
    storages = [behind(db.storage) for db in databases if hasattr(db, "storage")]
    # What puts blobs beside another storage has that here.
    storages = [getattr(it, "_BlobStorage__storage", it) for it in storages]
    return Whereabouts(
        ", ".join(db.database_name for db in databases),
        sum(db.getSize() for db in databases),
        ", ".join(sorted({type(storage).__name__ for storage in storages})),
        container.alone,
    )


def moved(container, event):
    """Remember ``container``, which stands in a folder, among ``all_places``."""
    if event.newParent is None:
        return
    base = aq_base(container)
    folder = aq_parent(aq_inner(container))
    connection = site_connection(folder)
    if base._p_jar is None:
        connection.add(base)
    _containers(connection)[base._p_oid.hex()] = base
    base.home = _home(folder)
    zope = site_connection(folder.getPhysicalRoot()).db()
    if connection.db() not in zope.databases.values():
        _in_memory.add(connection.db())


def copied(container, event):
    """Have no visitor's session in a copy of a folder with ``container``."""
    container.forget_all()


def strike_off(container, event):
    """Forget ``container``, which leaves its folder for good."""
    base = aq_base(container)
    if base._p_jar is not None:
        remove(base._p_jar, base._p_oid.hex())


def databases(db):
    """Return the databases in which containers may be that ``db`` leads to."""
    return {*db.databases.values(), *_in_memory}


def places(database):
    """Return ``database`` and the oid, of each container that it leads to itself."""
    with database.transaction() as connection:
        containers = connection.root().get(ROOT_KEY, {})
        return [(database, ob._p_oid) for ob in containers.values()]


def all_places(db):
    """Return the database and the oid of each container that ``db`` leads to."""
    return [place for database in databases(db) for place in places(database)]


def drop(context, id):
    """Remove the container ``id`` wherever it lives, and what only it needed."""
    for connection in {site_connection(context), session_connection(context)}:
        remove(connection, id)


def _containers(connection):
    """Return the containers that the database of ``connection`` has, by id."""
    return _tree(connection, ROOT_KEY)


def _tree(connection, key):
    root = connection.root()
    if key not in root:
        root[key] = OOBTree()
    return root[key]


def remove(connection, id):
    """Remove the container ``id`` from the database of ``connection``, if it is there."""
    container = connection.root().get(ROOT_KEY, {}).get(id)
    if container is not None:
        for name in container.other_databases():
            if name in connection.db().databases:
                other = connection.get_connection(name)
                _remove_from(other, PARTS_KEY, container._p_oid.hex())
        _remove_from(connection, ROOT_KEY, id)


def _remove_from(connection, key, id):
    tree = connection.root().get(key, {})
    if id in tree:
        del tree[id]
        if not tree:
            del connection.root()[key]
