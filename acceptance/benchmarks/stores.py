"""The peers as stores: how each of them creates, reads and changes sessions by key.

All of them keep one short string under the key "a", each in a database of its own.
"""

from .measure import OURS
from BTrees.OOBTree import OOBTree
from collective.sessiondata.container import TransientObjectContainer
from contextlib import closing
from contextlib import contextmanager
from contextlib import ExitStack
from OFS.Application import Application
from persistent import Persistent
from Products.mcdutils.proxy import MemCacheProxy
from Products.mcdutils.sessiondata import MemCacheSessionDataContainer
from Products.Transience.Transience import TransientObjectContainer as StockContainer
from tempstorage.TemporaryStorage import TemporaryStorage
from transaction import TransactionManager
from ZODB.DB import DB
from ZODB.FileStorage import FileStorage
from zope.session.session import PersistentSessionDataContainer
from zope.session.session import SessionData
from zope.session.session import SessionPkgData

import os
import secrets
import tempfile
import transaction

RAW = "raw ZODB"
TRANSIENCE = "Products.Transience"
TRANSIENCE_IN_RAM = "Products.Transience, tempstorage"
ZOPE_SESSION = "zope.session"
MCDUTILS = "Products.mcdutils"

# All sessions of each peer stay in the cache, whatever it needs for one.
CACHE_SIZE = 1_000_000

# As many connections as any case has open at once.
POOL_SIZE = 16

VALUE = "a short string"


def new_key():
    """Return a key as long, and as random, as a browser id."""
    return secrets.token_urlsafe(24)


def new_keys(count):
    return [new_key() for number in range(count)]


class Store:
    """One peer, and the database that its sessions are in."""

    name = None

    def __init__(self, run):
        self.run = run
        self.path = os.path.join(tempfile.mkdtemp(dir=run.directory), "Data.fs")
        self.db = DB(self.storage(), pool_size=POOL_SIZE, cache_size=CACHE_SIZE)
        with self.open() as connection:
            self.set_up(connection.root)
            connection.commit()

    def storage(self):
        return FileStorage(self.path)

    def size(self):
        """Return the bytes on disk, or None where nothing is."""
        return os.path.getsize(self.path)

    def open(self):
        return OpenStore(self, TransactionManager())

    def close(self):
        self.db.close()

    # What each peer fills in

    def set_up(self, root):
        """Make what sessions are kept in."""
        raise NotImplementedError

    def sessions(self, root):
        """Return what the methods below take: that in which sessions are kept."""
        return root["sessions"]

    def create(self, sessions, key):
        """Store a new session, with one key."""
        raise NotImplementedError

    def read(self, sessions, keys):
        """Find each of the sessions and read one key of it."""
        # The loop is in here so that what is measured is no call of this method.
        raise NotImplementedError

    def write(self, sessions, key, name, value):
        """Set the key ``name`` of a session."""
        raise NotImplementedError

    def data(self, sessions, key):
        """Return what the session holds, a mapping; ``KeyError`` if there is none."""
        raise NotImplementedError


class OpenStore:
    """One connection to a store, with a transaction of its own."""

    def __init__(self, store, transactions):
        self.store = store
        self._transactions = transactions
        self._connection = store.db.open(transactions)
        self.root = self._connection.root()
        self.begin = self._transactions.begin
        self.commit = self._transactions.commit
        self.abort = self._transactions.abort

    @property
    def sessions(self):
        return self.store.sessions(self.root)

    def close(self):
        self.abort()
        self._connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


class OurStore(Store):
    name = OURS

    def set_up(self, root):
        root["sessions"] = TransientObjectContainer()

    def create(self, sessions, key):
        sessions.new(key)["a"] = VALUE

    def read(self, sessions, keys):
        for key in keys:
            sessions.get(key)["a"]

    def write(self, sessions, key, name, value):
        sessions.get(key)[name] = value

    def data(self, sessions, key):
        session = sessions.get(key)
        if session is None:
            raise KeyError(key)
        return session


class Record(Persistent):
    """The least that a session can be."""

    def __init__(self, data):
        self.data = data


class RawStore(Store):
    name = RAW

    def set_up(self, root):
        root["sessions"] = OOBTree()

    def create(self, sessions, key):
        sessions[key] = Record({"a": VALUE})

    def read(self, sessions, keys):
        for key in keys:
            sessions[key].data["a"]

    def write(self, sessions, key, name, value):
        record = sessions[key]
        record.data[name] = value
        record._p_changed = True

    def data(self, sessions, key):
        return sessions[key].data


class TransienceStore(OurStore):
    # The same interface: what differs is the class behind it.
    name = TRANSIENCE

    def set_up(self, root):
        root["sessions"] = StockContainer("sessions")


class TransienceInRAMStore(TransienceStore):
    name = TRANSIENCE_IN_RAM

    def storage(self):
        return TemporaryStorage()

    def size(self):
        return None


class ZopeSessionStore(Store):
    name = ZOPE_SESSION

    def set_up(self, root):
        root["sessions"] = PersistentSessionDataContainer()

    def create(self, sessions, key):
        sessions[key] = session = SessionData()
        session["benchmark"] = data = SessionPkgData()
        data["a"] = VALUE

    def read(self, sessions, keys):
        for key in keys:
            sessions[key]["benchmark"]["a"]

    def write(self, sessions, key, name, value):
        sessions[key]["benchmark"][name] = value

    def data(self, sessions, key):
        return sessions[key]["benchmark"]


def add_mcdutils(app, address):
    """Add a container to the Zope root ``app``; return its path."""
    proxy = MemCacheProxy("memcached")
    proxy.servers = (address,)
    app._setObject("memcached", proxy)
    container = MemCacheSessionDataContainer("session_data")
    container.proxy_path = "/memcached"
    app._setObject("session_data", container)
    return "/session_data"


class McdutilsStore(Store):
    name = MCDUTILS

    def size(self):
        return None

    def open(self):
        # It knows the thread's own transaction only.
        return OpenStore(self, transaction.manager)

    def set_up(self, root):
        app = root["app"] = Application()
        add_mcdutils(app, self.run.memcached)

    def sessions(self, root):
        return root["app"].session_data

    def create(self, sessions, key):
        sessions.new_or_existing(key)["a"] = VALUE

    def read(self, sessions, keys):
        for key in keys:
            sessions.get(key)["a"]

    def write(self, sessions, key, name, value):
        sessions.get(key)[name] = value


STORES = OurStore, RawStore, TransienceStore, TransienceInRAMStore, ZopeSessionStore


@contextmanager
def filled_store(factory, run, keys):
    """Yield a new store of one peer, with a session for each of ``keys``."""
    with closing(factory(run)) as store:
        with store.open() as opened:
            for number, key in enumerate(keys, 1):
                store.create(opened.sessions, key)
                if not number % 500:
                    opened.commit()
            opened.commit()
        yield store


@contextmanager
def filled_stores(run, keys, more=()):
    """Yield a new store of each peer by its name, with a session for each key."""
    with ExitStack() as stack:
        yield {
            factory.name: stack.enter_context(filled_store(factory, run, keys))
            for factory in STORES + more
        }
