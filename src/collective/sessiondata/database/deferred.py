"""A database whose server may be away: ``<session_db>`` in zope.conf.

Zope opens all databases before it serves anybody, and does not start if one is down; see
``outages`` for what happens later.  A site has much to show without sessions.
"""

from .outages import DatabaseDown
from .outages import PatientStorage
from .zeo import keep_apart
from threading import Thread
from time import sleep
from Zope2.Startup.datatypes import ZopeDatabase

import logging

logger = logging.getLogger("collective.sessiondata")

# Seconds between two attempts to open a database.
PAUSE = 5


class AwaitedDatabase(ZopeDatabase):
    """The section of zope.conf; ``open`` returns a database, or what stands for it."""

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
            return _Stand(super().open, database_name, databases)

    def createDB(self, database_name, databases):
        storage = self.config.storage
        if not isinstance(storage, _Patient):
            self.config.storage = _Patient(storage, database_name)
        return super().createDB(database_name, databases)


class _Patient:
    """The section of a storage, to be opened as a ``PatientStorage``."""

    def __init__(self, section, database_name):
        self.section, self.database_name = section, database_name

    def open(self):
        storage = self.section.open()
        keep_apart(storage)
        return PatientStorage(storage, self.database_name)


class _NotThere(DatabaseDown, AttributeError):
    """What a database has, and its stand has not."""


class _Down:
    """In place of what a database that is down does not have; it can be closed."""

    def __init__(self, database_name):
        self.database_name = database_name

    def close(self):
        """Do nothing."""

    def __getattr__(self, name):
        raise _NotThere(self.database_name)


class _Stand(_Down):
    """Stands among the ``databases`` of the process for one that is down.

    ``open_it`` is tried until it returns the database, which then takes the place; also if
    this is closed meanwhile.
    """

    def __init__(self, open_it, database_name, databases):
        super().__init__(database_name)
        self.databases = databases
        self._open_it = open_it
        databases[database_name] = self
        Thread(target=self._wait, name="awaited database", daemon=True).start()

    def _wait(self):
        trouble = None
        while True:
            sleep(PAUSE)
            try:
                # Beside the others first: their names are taken.
                db = self._open_it(self.database_name, {})
            except Exception as error:
                if trouble not in (None, str(error)):
                    logger.error(
                        "The database %s for sessions still cannot be opened: %s: %s",
                        self.database_name,
                        type(error).__name__,
                        error,
                    )
                trouble = str(error)
                continue
            db.databases = self.databases
            self.databases[self.database_name] = db
            logger.info("The database %s is there now", self.database_name)
            return

    def open(self, transaction_manager=None, at=None, before=None):
        """Raise ``DatabaseDown``; but Zope, which looks whether it can be opened, gets in.

        Who wants to use it says in which transactions, or meets the error later.
        """
        if transaction_manager is None:
            return _Down(self.database_name)
        raise DatabaseDown(self.database_name)

    # What pages say that list databases.

    def getName(self):
        return f"{self.database_name}, which is down"

    def getSize(self):
        return 0

    def getCacheSize(self):
        return 0

    cacheSize = getSize
