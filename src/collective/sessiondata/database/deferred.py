"""``<session_db>`` in zope.conf: Zope starts although the database is unavailable.

Zope opens all databases before it serves requests, and does not start if one cannot be
opened. Most pages of a site need no session. For later outages see ``outages``.
"""

from .outages import DatabaseDown
from .outages import IsolatedStorage
from .zeo import discard_oids_at_reconnect
from threading import Thread
from time import sleep
from Zope2.Startup.datatypes import ZopeDatabase

import logging

logger = logging.getLogger("collective.sessiondata")

# Seconds between two attempts to open a database.
PAUSE = 5


class SessionDatabase(ZopeDatabase):
    """The section of zope.conf. ``open`` returns a database, or a placeholder of it."""

    def open(self, database_name, databases):
        try:
            return super().open(database_name, databases)
        except Exception as error:
            logger.error(
                "The database %s for sessions cannot be opened: %s: %s. The site is "
                "served without sessions until it can be; that is tried every %s "
                "seconds. See whether its server runs.",
                database_name,
                type(error).__name__,
                error,
                PAUSE,
            )
            return _Placeholder(super().open, database_name, databases)

    def createDB(self, database_name, databases):
        storage = self.config.storage
        if not isinstance(storage, _IsolatedSection):
            self.config.storage = _IsolatedSection(storage, database_name)
        return super().createDB(database_name, databases)


class _IsolatedSection:
    """The section of a storage that is opened as an ``IsolatedStorage``."""

    def __init__(self, section, database_name):
        self.section, self.database_name = section, database_name

    def open(self):
        storage = self.section.open()
        discard_oids_at_reconnect(storage)
        return IsolatedStorage(storage, self.database_name)


class _Missing(DatabaseDown, AttributeError):
    """Raised for attributes that the placeholder lacks."""


class _Unavailable:
    """Placeholder that can be closed and has no other attributes."""

    def __init__(self, database_name):
        self.database_name = database_name

    def close(self):
        """Do nothing."""

    def __getattr__(self, name):
        raise _Missing(self.database_name)


class _Placeholder(_Unavailable):
    """Placeholder among the ``databases`` of the process for one that is unavailable.

    ``open_it`` is called until it returns the database, which replaces this, even if this
    was closed meanwhile.
    """

    def __init__(self, open_it, database_name, databases):
        super().__init__(database_name)
        self.databases = databases
        self._open_it = open_it
        databases[database_name] = self
        Thread(target=self._wait, name="session database", daemon=True).start()

    def _wait(self):
        reason = None
        while True:
            sleep(PAUSE)
            try:
                # Not among the other databases yet: this placeholder has the name.
                db = self._open_it(self.database_name, {})
            except Exception as error:
                if reason not in (None, str(error)):
                    logger.error(
                        "The database %s for sessions still cannot be opened: %s: %s",
                        self.database_name,
                        type(error).__name__,
                        error,
                    )
                reason = str(error)
                continue
            db.databases = self.databases
            self.databases[self.database_name] = db
            logger.info("The database %s is available now", self.database_name)
            return

    def open(self, transaction_manager=None, at=None, before=None):
        """Raise ``DatabaseDown``, except for Zope's check at startup.

        The check passes no transaction manager; code that uses the database does.
        """
        if transaction_manager is None:
            return _Unavailable(self.database_name)
        raise DatabaseDown(self.database_name)

    # For management screens that list databases.

    def getName(self):
        return f"{self.database_name} (unavailable)"

    def getSize(self):
        return 0

    def getCacheSize(self):
        return 0

    cacheSize = getSize
