"""What a connection sees of a storage whose server goes away, and comes back."""

from ..container import TransientObjectContainer
from ..database import outages
from ..database.outages import DatabaseDown
from ..database.outages import DatabaseLost
from ..database.outages import IsolatedStorage
from .support.processes import ZeoServer
from .support.storage import OpenRequest
from transaction.interfaces import TransientError
from unittest import mock
from unittest import TestCase
from ZEO.ClientStorage import ClientStorage
from ZEO.Exceptions import ClientDisconnected
from ZODB.DB import DB
from ZODB.MappingStorage import MappingStorage
from ZODB.POSException import ReadConflictError

import shutil
import tempfile
import time

KEY = "alice"


class Unreachable(MappingStorage):
    """As one that asks its server what is new when a transaction begins."""

    is_away = False

    def lastTransaction(self):
        if self.is_away:
            raise OSError("no route to host")
        return super().lastTransaction()


class OutagesTest(TestCase):
    def setUp(self):
        home = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, home)
        self.server = ZeoServer(home)
        self.addCleanup(self.server.kill)
        self.start()
        self.db = self.connect()
        with OpenRequest(self.db) as request:
            request.root["container"] = TransientObjectContainer()
            request.container.new(KEY)["count"] = 0
            request.commit()

    def start(self):
        self.server.start()
        self.server.wait()

    def connect(self, server_sync=True):
        address = "127.0.0.1", self.server.port
        storage = ClientStorage(address, server_sync=server_sync, wait_timeout=1)
        db = DB(IsolatedStorage(storage, "sessions"))
        self.addCleanup(db.close)
        return db

    def look(self, db):
        with OpenRequest(db) as request:
            self.assertEqual(dict(request.root), {})

    def count(self, db):
        with OpenRequest(db) as request:
            request.container.get(KEY)["count"] += 1
            request.commit()
            return request.container.peek(KEY)["count"]

    def test_a_transaction_begins_without_the_server(self):
        self.assertEqual(self.count(self.db), 1)
        self.server.kill()
        with self.assertLogs("collective.sessiondata", "ERROR"):
            with OpenRequest(self.db) as request:
                with self.assertRaisesRegex(DatabaseDown, "database sessions for"):
                    request.container.peek(KEY)
        with self.assertNoLogs("collective.sessiondata", "ERROR"):
            for visit in range(2):
                with OpenRequest(self.db) as request:
                    with self.assertRaises(DatabaseDown):
                        request.root["container"]

    def test_nobody_waits_for_a_server_that_is_away_for_long(self):
        self.assertEqual(self.count(self.db), 1)
        self.server.kill()
        with OpenRequest(self.db) as request:
            with self.assertRaises(DatabaseLost) as raised:
                request.root["container"]
        self.assertIsInstance(raised.exception.__cause__, ClientDisconnected)
        with mock.patch.object(outages, "GRACE", -1):
            with OpenRequest(self.db) as request:
                with self.assertRaises(DatabaseDown) as raised:
                    request.root["container"]
            # The storage was not asked, and the publisher does not try it again.
            self.assertIsNone(raised.exception.__cause__)
            self.assertNotIsInstance(raised.exception, TransientError)
            self.start()
            self.assertEqual(self.soon(lambda: self.count(self.db)), 2)

    def test_one_at_a_time_looks_for_a_server_that_the_storage_does_not_look_for(self):
        storage = Unreachable()
        db = DB(IsolatedStorage(storage, "sessions"))
        self.addCleanup(db.close)
        storage.is_away = True
        causes = []
        with mock.patch.object(outages, "GRACE", -1):
            for visit in range(3):
                with OpenRequest(db) as request:
                    with self.assertRaises(DatabaseDown) as raised:
                        request.root["container"]
                    causes.append(type(raised.exception.__cause__))
            self.assertEqual(causes, [OSError, type(None), type(None)])
            storage.is_away = False
            self.soon(lambda: self.look(db))

    def test_what_is_in_the_cache_is_read_where_the_server_is_not_asked_first(self):
        db = self.connect(server_sync=False)
        self.assertEqual(self.count(db), 1)
        with self.assertLogs("collective.sessiondata", "INFO") as logs:
            self.server.kill()
            while db.storage.is_connected():
                time.sleep(0.01)
            with mock.patch.object(outages, "GRACE", -1):
                for visit in range(3):
                    with OpenRequest(db) as request:
                        self.assertEqual(request.container.peek(KEY)["count"], 1)
                        with self.assertRaises(DatabaseDown) as raised:
                            request.root._p_jar.new_oid()
                        self.assertNotIsInstance(raised.exception, TransientError)
        # And nothing logs that it is available again.
        self.assertEqual(len(logs.output), 1, logs.output)

    def test_one_that_began_while_it_was_away_sees_what_is_new(self):
        self.assertEqual(self.count(self.db), 1)
        self.server.kill()
        with OpenRequest(self.db) as request:
            with self.assertRaises(DatabaseDown):
                request.root["container"]
        with OpenRequest(self.db) as request:
            self.start()
            other = self.connect()
            self.assertEqual(self.count(other), 2)
            with self.assertLogs("collective.sessiondata", "INFO") as logs:
                self.assertSees(request, 2)
            self.assertIn("is available again", logs.output[0])
            # And that is what it goes on to see.
            self.assertEqual(self.count(other), 3)
            self.assertEqual(request.container.peek(KEY)["count"], 2)
        self.assertEqual(self.count(self.db), 4)

    def assertSees(self, request, count):
        seen = self.soon(lambda: request.container.peek(KEY)["count"])
        self.assertEqual(seen, count)

    def soon(self, work):
        """Return ``work()``, as soon as the client has found the server again."""
        for attempt in range(600):
            try:
                return work()
            except DatabaseDown:
                time.sleep(0.1)
        self.fail("The server was not found again")

    def test_what_was_loaded_before_is_not_relied_on(self):
        other = self.connect()
        with OpenRequest(self.db) as request:
            kept = request.container.peek(KEY)
            self.assertEqual(kept["count"], 0)
            self.server.kill()
            # The next one begins.
            request.abort()
            request.manager.begin()
            with self.assertRaises(DatabaseDown):
                kept["count"]
            self.start()
            self.assertEqual(self.soon(lambda: self.count(other)), 1)
            self.assertSees(request, 1)

    def test_a_server_that_goes_away_in_the_middle_of_a_transaction(self):
        with OpenRequest(self.connect()) as request:
            # What is loaded by now are the root, and the container.
            self.assertEqual(request.container.timeout, 3600)
            self.server.kill()
            with self.assertLogs("collective.sessiondata", "ERROR") as logs:
                for attempt in range(2):
                    with self.assertRaises(DatabaseDown):
                        request.container.peek(KEY)
            self.assertEqual(len(logs.output), 1)

    def test_a_conflict_is_no_outage(self):
        class Storage(ClientStorage):
            conflicts = 0

            def sync(self, force=True):
                if self.conflicts:
                    self.conflicts -= 1
                    raise ReadConflictError()

        storage = Storage(("127.0.0.1", self.server.port))
        db = DB(IsolatedStorage(storage, "sessions"))
        self.addCleanup(db.close)
        with self.assertNoLogs("collective.sessiondata", "ERROR"):
            self.assertEqual(self.count(db), 1)
            storage.conflicts = 2
            with OpenRequest(db) as request:
                with self.assertRaises(ReadConflictError):
                    request.root["container"]
                self.assertEqual(request.container.peek(KEY)["count"], 1)
            self.assertEqual(self.count(db), 2)

    def test_it_is_packed_told_of_and_closed_like_the_other(self):
        self.assertEqual(self.count(self.db), 1)
        before = self.db.getSize()
        self.assertGreater(before, 0)
        self.db.pack()
        self.assertLess(self.db.getSize(), before)
        self.assertFalse(self.db.storage.isReadOnly())
        self.assertEqual(self.db.getName(), self.db.storage.getName())
        self.assertEqual(len(self.db.storage), self.db.objectCount())
        with OpenRequest(self.db) as request:
            oid = request.root._p_oid
            self.assertEqual(self.db.storage.load(oid)[1], request.root._p_serial)
