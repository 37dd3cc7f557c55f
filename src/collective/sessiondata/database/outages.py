"""A storage whose outages are felt only by who uses it.

The ZODB has each request begin a transaction in all databases that its connection has
ever led to.  Some storages ask their server then what is new; if that is away, also the
requests fail that have no need of it.
"""

from contextlib import contextmanager
from contextlib import suppress
from threading import Lock
from time import monotonic
from transaction.interfaces import TransientError
from ZODB.interfaces import IMVCCStorage
from ZODB.mvccadapter import MVCCAdapter
from ZODB.POSException import ConflictError
from ZODB.POSException import POSKeyError
from ZODB.POSException import ReadOnlyError
from ZODB.POSException import StorageError
from zope.interface import alsoProvides
from zope.interface import providedBy

import logging

logger = logging.getLogger("collective.sessiondata")

# For so many seconds after it was noticed that a server is away, requests that need it
# wait for it or are tried again: it may be restarted.  Those that come later are not, since
# each would occupy a thread that could serve pages without a session.
PATIENCE = 5

# Of those that come later, one each so many seconds tries whether a server can be reached
# that the storage does not look for by itself.
PAUSE = 2


class DatabaseDown(StorageError):
    """A database that is configured cannot be used at the moment."""

    def __init__(self, name):
        super().__init__(
            f"The database {name} for sessions cannot be reached at the moment. "
            "See whether its server runs."
        )


class DatabaseLost(DatabaseDown, TransientError):
    """It went away just now; the publisher tries such a request again, a few times."""


def behind(storage):
    """Return the other storage of a ``PatientStorage``, or ``storage`` itself."""
    return storage._storage if isinstance(storage, PatientStorage) else storage


def is_felt_by_all(storage):
    """Return True if ``storage`` has a server, and its outages are felt by everybody."""
    has_server = hasattr(storage, "is_connected") or IMVCCStorage.providedBy(storage)
    return has_server and not isinstance(storage, PatientStorage)


class _Outage:
    """What all connections of a process to the database ``name`` know of its server."""

    def __init__(self, name, storage):
        self.name = name
        # A ZEO client looks for its server by itself.  If it need not ask that first, it
        # may have what is wanted in its cache.
        self._knows_itself = hasattr(storage, "is_connected")
        self._is_connected = getattr(storage, "is_connected", lambda: True)
        self._is_asked_first = getattr(storage, "server_sync", False)
        self._lock = Lock()
        # When it began, for this process; None while the server is there.
        self._since = None
        self._next_attempt = 0

    def is_known(self):
        """Return True if the server is away, as far as can be told without asking it."""
        if not self._is_connected():
            self.begins("there is no connection to its server")
        return self._since is not None

    def is_hopeless(self):
        """Return True if who needs the server need not ask it, but only would wait."""
        if not self._is_long():
            return False
        if self._knows_itself:
            return self._is_asked_first and not self._is_connected()
        with self._lock:
            now = monotonic()
            if now < self._next_attempt:
                return True
            self._next_attempt = now + PAUSE
            return False

    def _is_long(self):
        since = self._since
        return since is not None and monotonic() - since > PATIENCE

    def begins(self, trouble):
        with self._lock:
            is_new = self._since is None
            if is_new:
                self._since = monotonic()
        if is_new:
            logger.error(
                "The database %s for sessions is away: %s. Pages that need no session "
                "are served. See whether its server runs.",
                self.name,
                trouble,
            )

    def ends(self):
        if not self._is_connected():
            # What was loaded was in a cache.
            return
        with self._lock:
            was_known = self._since is not None
            self._since = None
        if was_known:
            logger.info("The database %s for sessions is there again", self.name)

    def error(self):
        """Return what is to be raised."""
        return (DatabaseDown if self._is_long() else DatabaseLost)(self.name)


class PatientStorage:
    """Another storage, of a database called ``name``, that lets transactions begin.

    If the server is known to be away then, or cannot be asked, nothing of what was loaded
    before is relied on, and the server is asked again by the first who loads something.
    To him, and to whom the server goes away from later in his transaction, that is a
    ``DatabaseDown``; for a few seconds one that is worth another attempt.
    """

    def __init__(self, storage, name):
        mvcc = storage if IMVCCStorage.providedBy(storage) else MVCCAdapter(storage)
        self._take(mvcc, storage, _Outage(name, storage))

    def _take(self, mvcc, storage, outage):
        self._mvcc, self._storage, self._outage = mvcc, storage, outage
        # Whether the present transaction has not begun in the storage.
        self._is_waiting = False
        alsoProvides(self, IMVCCStorage, *providedBy(mvcc), *providedBy(storage))

    def __getattr__(self, name):
        # What the ZODB puts before a storage has only a part of what that has.
        mvcc, storage = self.__dict__["_mvcc"], self.__dict__["_storage"]
        return getattr(mvcc if hasattr(mvcc, name) else storage, name)

    def __len__(self):
        return len(self._mvcc)

    def new_instance(self):
        instance = type(self).__new__(type(self))
        instance._take(self._mvcc.new_instance(), self._storage, self._outage)
        return instance

    # A connection calls these two, in this order, when a transaction begins or ends.

    def sync(self, force=True):
        self._is_waiting = self._outage.is_known()
        if not self._is_waiting:
            self._try(lambda: self._mvcc.sync(force))

    def poll_invalidations(self):
        invalidated = None
        if not self._is_waiting:
            invalidated = self._try(self._mvcc.poll_invalidations)
        # None: forget everything.
        return None if self._is_waiting else invalidated

    def _try(self, work):
        try:
            with self._told():
                return work()
        except (ConflictError, DatabaseDown):
            self._is_waiting = True

    @contextmanager
    def _told(self):
        """Have what the block raises be a ``DatabaseDown``, if the server is the cause."""
        try:
            yield
        except (ConflictError, POSKeyError, ReadOnlyError):
            # The server is there.
            raise
        except Exception as error:
            self._outage.begins(f"{type(error).__name__}: {str(error).strip()}")
            raise self._outage.error() from error

    # What a transaction asks of the server before its end: ``DatabaseDown``, if it cannot.

    def _ask(self, name, *arguments):
        with self._told():
            return self.__getattr__(name)(*arguments)

    def load(self, oid, version=""):
        if self._is_waiting:
            if self._outage.is_hopeless():
                raise self._outage.error()
            with self._told():
                self._mvcc.sync(True)
                self._mvcc.poll_invalidations()
            self._is_waiting = False
            self._outage.ends()
        # After a failure later on nothing is polled: what was loaded before belongs to
        # the present state, and would not be forgotten.
        return self._ask("load", oid)

    def loadBlob(self, oid, serial):
        return self._ask("loadBlob", oid, serial)

    def new_oid(self):
        return self._ask("new_oid")

    def tpc_begin(self, transaction, *details):
        return self._ask("tpc_begin", transaction, *details)

    def prefetch(self, oids):
        # If the server is away, that comes out when something is loaded.
        with suppress(DatabaseDown):
            self._ask("prefetch", oids)
