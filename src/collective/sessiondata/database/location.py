"""Which ZODB the sessions live in: one configured for them, or the site's own.

zope.conf names the database; without a name it is ``sessions``. If the process has no
database of that name, sessions live beside the content.
"""

from . import zopeconf
from .outages import fails_all_requests
from .outages import unwrapped
from Acquisition import aq_base
from Acquisition import aq_chain
from dataclasses import dataclass

import logging
import Zope2

logger = logging.getLogger("collective.sessiondata")


@dataclass(frozen=True)
class Location:
    """The database that has the sessions of a container."""

    #: The name of the database in zope.conf.
    name: str

    #: The size of the database in bytes.
    bytes: int

    #: The class name of the storage, such as ``FileStorage``.
    storage: str

    #: Whether the database has sessions only.
    dedicated: bool

    def as_dict(self):
        """Return this location as a dict that can be serialised as JSON."""
        return {
            "database": self.name,
            "storage": self.storage,
            "size_bytes": self.bytes,
            "dedicated": self.dedicated,
        }


def location_of(container):
    """Return the ``Location`` of ``container``, which is stored."""
    db = aq_base(container)._p_jar.db()
    storage = unwrapped(db.storage)
    # BlobStorage wraps another storage.
    storage = getattr(storage, "_BlobStorage__storage", storage)
    return Location(
        db.database_name, db.getSize(), type(storage).__name__, container.dedicated
    )


def site_connection(context):
    """Return the ZODB connection of the content around ``context``.

    Raises ``LookupError`` as ``session_connection`` does.
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
    """Return the ZODB connection for the sessions of the site of ``context``.

    ``context`` is any object of the site, acquisition-wrapped unless it is stored
    itself. Raises ``LookupError`` if neither it nor a parent is stored.
    """
    connection = site_connection(context)
    name = zopeconf.database()
    if name in connection.db().databases:
        return connection.get_connection(name)
    return connection


def check_configuration(event):
    """Log at startup what zope.conf gets wrong about the database for sessions.

    That is a database name without a database, and a database on a server whose
    outage would make pages fail that need no session.
    """
    name = zopeconf.database()
    db = Zope2.DB.databases.get(name)
    if db is None:
        if zopeconf.is_database_chosen():
            logger.error(
                "zope.conf says, in <product-config %s>, that sessions are in the "
                "database %r, but has no <zodb_db %s>. They are kept beside the content "
                "instead. Add that database and restart; bin/instance sessions move "
                "takes them along.",
                zopeconf.SECTION,
                name,
                name,
            )
    elif fails_all_requests(getattr(db, "storage", None)):
        logger.info(
            "The database %s for sessions is on a server. If that may be away while "
            "the content is not, have <session_db %s> in zope.conf instead of "
            "<zodb_db %s>, after %%import collective.sessiondata: then pages that "
            "need no session are served.",
            name,
            name,
            name,
        )
