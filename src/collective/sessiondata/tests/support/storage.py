"""A real FileStorage with a container in it, for tests of the storage."""

from ...container import TransientObjectContainer
from contextlib import contextmanager
from transaction import TransactionManager
from ZODB.DB import DB
from ZODB.FileStorage import FileStorage

import os
import shutil
import tempfile
import transaction
import unittest


class StorageTestCase(unittest.TestCase):
    """Each test has a container of its own in a FileStorage of its own."""

    def setUp(self):
        directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, directory)
        self.path = os.path.join(directory, "Data.fs")
        self.open_database()
        self.addCleanup(lambda: self.db.close())
        self.addCleanup(transaction.abort)
        with self.request() as root:
            root["container"] = TransientObjectContainer()

    def open_database(self):
        self.db = DB(FileStorage(self.path))

    def reopen_database(self):
        self.db.close()
        self.open_database()

    @contextmanager
    def request(self):
        """A connection and a transaction of its own, committed at the end."""
        with OpenRequest(self.db) as request:
            yield request.root
            request.commit()

    def open_request(self):
        """Return an ``OpenRequest`` that stays open until it is committed."""
        request = OpenRequest(self.db)
        self.addCleanup(request.close)
        return request

    def size(self):
        """Return the size of the database, in bytes."""
        return os.path.getsize(self.path)


class OpenRequest:
    """A connection with its own transaction, overlapping with others."""

    def __init__(self, db):
        self.manager = TransactionManager()
        self.connection = db.open(self.manager)
        # As Zope does; before that a client of ZEO does not ask what is new.
        self.manager.begin()

    @property
    def root(self):
        return self.connection.root()

    @property
    def container(self):
        return self.root["container"]

    def commit(self):
        self.manager.commit()

    def abort(self):
        self.manager.abort()

    def close(self):
        self.manager.abort()
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()
