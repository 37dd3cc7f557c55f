"""A storage wrapper: during an outage only requests that load from the storage fail.

The ZODB begins a transaction in all databases that a connection has ever opened. Some
storages then ask their server for news. During an outage of that server, requests would
fail that do not need it.
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

# In the first seconds of an outage, requests wait for the server or are retried: it may be
# restarting. Later requests fail at once, because each would occupy a thread that can serve
# pages without sessions.
GRACE = 5

# In a long outage of a server to which the storage does not reconnect by itself, one request
# in so many seconds tries to reach the server.
PAUSE = 2


class DatabaseDown(StorageError):
    """A configured database is unavailable."""

    def __init__(self, name):
        super().__init__(
            f"The database {name} for sessions cannot be reached at the moment. "
            "See whether its server runs."
        )


class DatabaseLost(DatabaseDown, TransientError):
    """The outage has just begun: the publisher retries the request a few times."""


def unwrapped(storage):
    """Return the storage that ``storage`` wraps, if it does, or ``storage`` itself."""
    return storage._storage if isinstance(storage, IsolatedStorage) else storage


def fails_all_requests(storage):
    """Return True if ``storage`` has a server whose outage makes all requests fail."""
    has_server = hasattr(storage, "is_connected") or IMVCCStorage.providedBy(storage)
    return has_server and not isinstance(storage, IsolatedStorage)


class _Outage:
    """What this process knows of the server of the database ``name``."""

    def __init__(self, name, storage):
        self.name = name
        # A ZEO client reconnects by itself. Unless it has to ask the server first, its
        # cache may have the object.
        self._reconnects = hasattr(storage, "is_connected")
        self._is_connected = getattr(storage, "is_connected", lambda: True)
        self._is_asked_first = getattr(storage, "server_sync", False)
        self._lock = Lock()
        # When the outage began, for this process; None: the server is available.
        self._since = None
        self._next_attempt = 0

    def is_known(self):
        """Return True if an outage is known without asking the server."""
        if not self._is_connected():
            self.begins("there is no connection to its server")
        return self._since is not None

    def should_fail_now(self):
        """Return True if the request should fail now instead of waiting for the server."""
        if not self._is_long():
            return False
        if self._reconnects:
            return self._is_asked_first and not self._is_connected()
        with self._lock:
            now = monotonic()
            if now < self._next_attempt:
                return True
            self._next_attempt = now + PAUSE
            return False

    def _is_long(self):
        since = self._since
        return since is not None and monotonic() - since > GRACE

    def begins(self, reason):
        with self._lock:
            is_new = self._since is None
            if is_new:
                self._since = monotonic()
        if is_new:
            logger.error(
                "The database %s for sessions is unavailable: %s. Pages that need no "
                "session are served. Check that its server runs.",
                self.name,
                reason,
            )

    def ends(self):
        if not self._is_connected():
            # The object was loaded from a cache.
            return
        with self._lock:
            was_known = self._since is not None
            self._since = None
        if was_known:
            logger.info("The database %s for sessions is available again", self.name)

    def error(self):
        """Return the error to raise."""
        return (DatabaseDown if self._is_long() else DatabaseLost)(self.name)


class IsolatedStorage:
    """Wraps the storage of the database ``name``: transactions begin during an outage.

    If the server is unavailable then, the connection's cache is invalidated, and the first
    load asks the server again. That load raises ``DatabaseDown`` if the outage lasts, and so
    does a later one if the outage begins in the middle of a transaction. In the first
    seconds of an outage the error is one for which the publisher retries.
    """

    def __init__(self, storage, name):
        mvcc = storage if IMVCCStorage.providedBy(storage) else MVCCAdapter(storage)
        self._take(mvcc, storage, _Outage(name, storage))

    def _take(self, mvcc, storage, outage):
        self._mvcc, self._storage, self._outage = mvcc, storage, outage
        # Whether the present transaction has not begun in the wrapped storage yet.
        self._is_waiting = False
        alsoProvides(self, IMVCCStorage, *providedBy(mvcc), *providedBy(storage))

    def __getattr__(self, name):
        # The MVCC adapter of the ZODB has only some attributes of the storage.
        mvcc, storage = self.__dict__["_mvcc"], self.__dict__["_storage"]
        return getattr(mvcc if hasattr(mvcc, name) else storage, name)

    def __len__(self):
        return len(self._mvcc)

    def new_instance(self):
        instance = type(self).__new__(type(self))
        instance._take(self._mvcc.new_instance(), self._storage, self._outage)
        return instance

    # A connection calls these two methods, in this order, when a transaction begins or ends.

    def sync(self, force=True):
        self._is_waiting = self._outage.is_known()
        if not self._is_waiting:
            self._try(lambda: self._mvcc.sync(force))

    def poll_invalidations(self):
        invalidated = None
        if not self._is_waiting:
            invalidated = self._try(self._mvcc.poll_invalidations)
        # None invalidates the whole cache.
        return None if self._is_waiting else invalidated

    def _try(self, work):
        try:
            with self._as_outage():
                return work()
        except (ConflictError, DatabaseDown):
            self._is_waiting = True

    @contextmanager
    def _as_outage(self):
        """Raise ``DatabaseDown`` for errors of the block that the server has caused."""
        try:
            yield
        except (ConflictError, POSKeyError, ReadOnlyError):
            # The server has answered.
            raise
        except Exception as error:
            self._outage.begins(f"{type(error).__name__}: {str(error).strip()}")
            raise self._outage.error() from error

    # What a transaction asks of the server. These raise ``DatabaseDown`` during an outage.

    def _ask(self, name, *arguments):
        with self._as_outage():
            return self.__getattr__(name)(*arguments)

    def load(self, oid, version=""):
        if self._is_waiting:
            if self._outage.should_fail_now():
                raise self._outage.error()
            with self._as_outage():
                self._mvcc.sync(True)
                self._mvcc.poll_invalidations()
            self._is_waiting = False
            self._outage.ends()
        # After a later failure nothing is polled: objects that were loaded before belong to
        # the present state, and would not be invalidated.
        return self._ask("load", oid)

    def loadBlob(self, oid, serial):
        return self._ask("loadBlob", oid, serial)

    def new_oid(self):
        return self._ask("new_oid")

    def tpc_begin(self, transaction, *details):
        return self._ask("tpc_begin", transaction, *details)

    def prefetch(self, oids):
        # During an outage the load of an object raises the error.
        with suppress(DatabaseDown):
            self._ask("prefetch", oids)
