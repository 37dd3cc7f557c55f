"""The thread that sweeps and packs all containers, in every process that serves.

One process in a cluster does it for each container: see ``storage.lease``.
"""

from ..database import zopeconf
from ..database.directory import databases
from ..database.directory import places
from ..database.outages import DatabaseDown
from ..storage.background import opened
from ..storage.sweeper import sweep
from threading import Event
from threading import Thread
from time import monotonic
from uuid import uuid4
from ZODB.POSException import ConflictError

import atexit
import logging
import transaction
import Zope2

logger = logging.getLogger("collective.sessiondata")

THREAD_NAME = "sessiondata housekeeper"

# The longest and the shortest time between two visits of a container, in seconds.
INTERVAL = 60
SHORTEST_INTERVAL = 5

# The pause after a transaction of the sweeper, and after a whole sweep: so many times as
# long as it took.
REST = 0.6
REST_AFTER_SWEEP = 10


def start(event):
    """Start the housekeeper of a process that is about to serve requests.

    Does nothing if zope.conf says ``housekeeping off``; see ``zopeconf``.
    """
    if zopeconf.housekeeping():
        housekeeper = Housekeeper(Zope2.DB)
        housekeeper.start()
        # Zope closes these objects when it ends; the housekeeper comes before the
        # databases. Other servers close nothing.
        Zope2.opened.insert(0, housekeeper)
        atexit.register(housekeeper.close)


class Housekeeper(Thread):
    """The thread; ``db`` is the main database of the process."""

    def __init__(self, db):
        super().__init__(name=THREAD_NAME, daemon=True)
        self.db = db
        self.holder = uuid4().hex
        self._stopping = Event()
        # When each container is visited next, by its database and oid.
        self._turns = {}
        # The last error, by what was tried; and the labels of containers in messages, by
        # their database and oid.
        self._errors = {}
        self._labels = {}

    def close(self, seconds=5):
        """End after the present transaction; wait for that at most ``seconds``."""
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
        """Return the (database, oid) pairs of all containers in all databases."""
        return [
            place
            for db in self._try(databases, self.db) or ()
            for place in self._try(places, db) or ()
        ]

    def visit(self, db, oid):
        """Sweep one container, unless another process has the lease."""
        with opened(db, oid) as container:
            self._labels[db, oid] = container.label()
            if container._p_jar.isReadOnly():
                return
            life = container.store.shortest_life() or INTERVAL * 20
            swept = maintain(container, self.holder, self._rest)
        rest = min(INTERVAL, max(SHORTEST_INTERVAL, life / 20))
        if swept is not None:
            rest = max(rest, REST_AFTER_SWEEP * swept.seconds)
        self._turns[db, oid] = monotonic() + rest

    def _rest(self, seconds):
        return not self._stopping.wait(REST * seconds)

    def _release(self, db, oid):
        with opened(db, oid) as container:
            container.store.lease.release(self.holder)
            transaction.commit()

    def _try(self, work, *arguments):
        """Return ``work(*arguments)``. Log an error once, until the operation succeeds.

        All that is done here can be done later, and no request waits for it.
        """
        try:
            result = work(*arguments)
        except DatabaseDown:
            # The outage was logged when it began.
            return None
        except Exception as error:
            message = f"{type(error).__name__}: {error}".rstrip(".")
            if message != self._errors.get(arguments):
                logger.warning(
                    "Expired sessions cannot be removed from %s at the moment: %s. "
                    "Visitors are not affected, and the removal is retried. If this "
                    "persists, check that the database can be reached and written",
                    self._where(*arguments),
                    message,
                )
            self._errors[arguments] = message
            return None
        if self._errors.pop(arguments, None):
            logger.info(
                "Expired sessions can be removed from %s again",
                self._where(*arguments),
            )
        return result

    def _where(self, db, oid=None):
        """Return the label of a container in messages; without ``oid``, of a database."""
        if (db, oid) in self._labels:
            return self._labels[db, oid]
        try:
            return f"the database {db.database_name}"
        except Exception:
            # The database was closed.
            return "a database of this process"


def maintain(container, holder, rest):
    """Sweep, sample and pack ``container``; return ``Swept``, or None.

    None: there was nothing to do, or another process than ``holder`` has the lease. Uses
    the transactions of this thread. After each transaction of the sweep it calls ``rest``
    with the seconds that it took; the sweep ends if that returns False.
    """
    store = container.store
    lease = store.lease
    if not store.count() and lease.history.knows(store.count_created(), 0):
        # A site without visitors writes nothing.
        return None
    if not _commit(lambda: lease.acquire(holder)):
        return None
    swept = sweep(
        store,
        container.notifier(),
        lambda seconds: rest(seconds) and _commit(lambda: lease.acquire(holder)),
    )
    if swept.removed:
        logger.info(
            "Removed %s expired sessions of %s from %s in %.1f s",
            swept.removed,
            swept.visited,
            container.label(),
            swept.seconds,
        )
    _commit(lambda: lease.note_sweep(swept.removed))
    _commit(lambda: lease.history.note(store.count_created(), store.count()))
    if container.dedicated and _commit(
        lambda: lease.claim_packing(store.pack_interval)
    ):
        _pack(store._p_jar.db())
    return swept


def _commit(change):
    """Return ``change()`` once it is committed; False at a conflict."""
    transaction.begin()
    try:
        result = change()
        transaction.commit()
        return result
    except ConflictError:
        transaction.abort()
        return False


def _pack(db):
    before = db.getSize()
    db.pack()
    logger.info(
        "Packed the database %s for sessions: %s bytes, %s before",
        db.database_name,
        db.getSize(),
        before,
    )
