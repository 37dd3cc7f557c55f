"""The thread that looks after all containers, in every process that serves requests."""

from ..database import zopeconf
from ..database.directory import databases
from ..database.directory import places
from ..database.outages import DatabaseDown
from ..storage.background import opened
from ..storage.lease import tend
from threading import Event
from threading import Thread
from time import monotonic
from uuid import uuid4

import atexit
import logging
import transaction
import Zope2

logger = logging.getLogger("collective.sessiondata")

THREAD_NAME = "sessiondata housekeeper"

# Seconds between two looks at a container: at most, and at least.
INTERVAL = 60
SHORTEST_INTERVAL = 5

# How much rest is taken after a transaction of the sweeper, and after a whole sweep:
# so many times as long as it took.
REST = 0.6
REST_AFTER_SWEEP = 10


def start(event):
    """Begin to look after this process' containers, now that it is about to serve.

    Not so where zope.conf says ``housekeeping off``; see ``zopeconf``.
    """
    if zopeconf.housekeeping():
        housekeeper = Housekeeper(Zope2.DB)
        housekeeper.start()
        # Zope closes what is in there when it ends; this has to come before the
        # databases.  Other servers close nothing.
        Zope2.opened.insert(0, housekeeper)
        atexit.register(housekeeper.close)


class Housekeeper(Thread):
    """The thread; ``db`` is the main database of the process."""

    def __init__(self, db):
        super().__init__(name=THREAD_NAME, daemon=True)
        self.db = db
        self.holder = uuid4().hex
        self._stopping = Event()
        # When it is the turn of a container, by its database and oid.
        self._turns = {}
        # What went wrong last, by what was tried; and what messages call containers,
        # by their database and oid.
        self._troubles = {}
        self._called = {}

    def close(self, seconds=5):
        """End after the present transaction; wait for that so many seconds at most."""
        self._stopping.set()
        self.join(seconds)

    def run(self):
        while not self._stopping.wait(SHORTEST_INTERVAL):
            for place in self._places():
                if self._turns.get(place, 0) <= monotonic():
                    self._turns[place] = monotonic() + INTERVAL
                    self._try(self.visit, *place)
                if self._stopping.is_set():
                    break
        for place in self._places():
            self._try(self._release, *place)

    def _places(self):
        """Return where containers are, in all databases that are there."""
        return [
            place
            for db in self._try(databases, self.db) or ()
            for place in self._try(places, db) or ()
        ]

    def visit(self, db, oid):
        """Look after one container, unless somebody else does."""
        with opened(db, oid) as container:
            self._called[db, oid] = container.called()
            if container._p_jar.isReadOnly():
                return
            life = container._shortest_life() or INTERVAL * 20
            swept = tend(container, self.holder, self._rest)
        rest = min(INTERVAL, max(SHORTEST_INTERVAL, life / 20))
        if swept is not None:
            rest = max(rest, REST_AFTER_SWEEP * swept.seconds)
        self._turns[db, oid] = monotonic() + rest

    def _rest(self, seconds):
        return not self._stopping.wait(REST * seconds)

    def _release(self, db, oid):
        with opened(db, oid) as container:
            container._upkeep.release(self.holder)
            transaction.commit()

    def _try(self, work, *arguments):
        """Return ``work(*arguments)``; what goes wrong is told once, until it goes well.

        Nobody waits for what is done here, and all of it can be done later.
        """
        try:
            result = work(*arguments)
        except DatabaseDown:
            # That was told when it began.
            return None
        except Exception as error:
            trouble = f"{type(error).__name__}: {error}".rstrip(".")
            if trouble != self._troubles.get(arguments):
                logger.warning(
                    "Expired sessions cannot be removed from %s at the moment: %s. No "
                    "visitor is harmed, and it is tried again. If it stays, see whether "
                    "the database can be reached and written",
                    self._where(*arguments),
                    trouble,
                )
            self._troubles[arguments] = trouble
            return None
        if self._troubles.pop(arguments, None):
            logger.info(
                "Expired sessions can be removed from %s again",
                self._where(*arguments),
            )
        return result

    def _where(self, db, oid=None):
        """Return what messages call a container; or a database, without ``oid``."""
        if (db, oid) in self._called:
            return self._called[db, oid]
        try:
            return f"the database {db.database_name}"
        except Exception:
            # It was closed, and Zope has forgotten it.
            return "a database of this process"
