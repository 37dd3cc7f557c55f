"""What stands for a database that could not be opened, until it can be."""

from ..database import deferred
from ..database.outages import DatabaseDown
from contextlib import closing
from unittest import mock
from unittest import TestCase
from ZODB.DB import DB

import threading
import time
import transaction


class StandTest(TestCase):
    def setUp(self):
        self.databases = {}
        self.main = DB(None, database_name="main", databases=self.databases)
        self.addCleanup(self.main.close)
        self.addCleanup(transaction.abort)
        self.is_there = threading.Event()
        patch = mock.patch.object(deferred, "PAUSE", 0.05)
        patch.start()
        self.addCleanup(patch.stop)
        self.why = "refused"
        self.stand = deferred._Placeholder(self.open_it, "sessions", self.databases)
        self.addCleanup(lambda: self.awaited().close())

    def awaited(self):
        """Let the database be there, and return it."""
        self.is_there.set()
        deadline = time.monotonic() + 30
        while self.databases["sessions"] is self.stand:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        return self.databases["sessions"]

    def open_it(self, name, databases):
        if not self.is_there.is_set():
            raise OSError(self.why)
        return DB(None, database_name=name, databases=databases)

    def test_who_uses_it_hears_that_it_is_down(self):
        with closing(self.main.open()) as connection:
            with self.assertRaisesRegex(DatabaseDown, "database sessions for"):
                connection.get_connection("sessions")
        with self.assertRaises(DatabaseDown):
            self.stand.transaction()
        with self.assertRaises(DatabaseDown):
            self.stand.pack()
        # As Zope does at its start, and others who look at all databases.
        with closing(self.stand.open()) as connection:
            with self.assertRaises(DatabaseDown):
                connection.root()
        self.assertFalse(hasattr(self.stand, "storage"))

    def test_pages_that_list_databases_are_shown(self):
        for name, said in (
            ("getName", "sessions (unavailable)"),
            ("getSize", 0),
            ("cacheSize", 0),
            ("getCacheSize", 0),
        ):
            self.assertEqual(getattr(self.stand, name)(), said)

    def test_the_database_takes_the_place_and_is_used(self):
        with closing(self.main.open()) as connection:
            with self.assertRaises(DatabaseDown):
                connection.get_connection("sessions")
        self.awaited()
        with closing(self.main.open()) as connection:
            sessions = connection.get_connection("sessions")
            sessions.root()["a"] = 1
            self.assertIs(sessions.get_connection("main"), connection)
            transaction.commit()

    def test_another_reason_is_told(self):
        with self.assertLogs("collective.sessiondata", "ERROR") as logs:
            time.sleep(0.3)
            self.why = "no such user"
            deadline = time.monotonic() + 30
            while not logs.output and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(0.3)
        self.assertEqual(len(logs.output), 1)
        self.assertIn("no such user", logs.output[0])
