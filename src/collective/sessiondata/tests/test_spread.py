"""Sessions in several databases: found, written side by side, and safe from packing."""

from .. import database
from ..container import TransientObjectContainer
from ..spread import DatabaseMissing
from ..spread import places_of
from ..testing import travel
from .things import CheckoutData
from contextlib import closing
from contextlib import contextmanager
from pathlib import Path
from ZODB.DB import DB
from ZODB.FileStorage import FileStorage

import hashlib
import shutil
import tempfile
import transaction
import unittest


def digests(count):
    return [hashlib.blake2b(b"%d" % n, digest_size=16).digest() for n in range(count)]


class PlacesTest(unittest.TestCase):
    def test_all_databases_have_about_as_many(self):
        for count in (1, 2, 5, 16):
            counts = [0] * count
            for digest in digests(8000):
                counts[places_of(digest, count)[0]] += 1
            # Six standard errors.
            slack = 6 * (8000 / count) ** 0.5
            for found in counts:
                self.assertAlmostEqual(found, 8000 / count, delta=slack)

    def test_one_more_takes_its_share_and_nothing_else_moves(self):
        moved = 0
        for digest in digests(5000):
            before, after = places_of(digest, 4), places_of(digest, 5)
            if after != before:
                moved += 1
                self.assertEqual(after, [4, *before])
        self.assertAlmostEqual(moved, 1000, delta=6 * 1000**0.5)


class SpreadTestCase(unittest.TestCase):
    """Databases as zope.conf has them: those named ``sessions`` and more, and ``main``."""

    names = ("main", "sessions", "sessions-1", "sessions-2")

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.addCleanup(transaction.abort)
        self.open(*self.names)
        self.addCleanup(lambda: self.close())
        with self.request() as root:
            connection = root._p_jar.get_connection("sessions")
            container = TransientObjectContainer(shards=64)
            connection.root()[database.ROOT_KEY] = {"c": container}
            connection.add(container)
            container.alone = True

    def open(self, *names):
        databases = {}
        for name in names:
            storage = FileStorage(str(self.folder / f"{name}.fs"))
            DB(storage, databases=databases, database_name=name)
        self.databases = databases

    def close(self):
        for db in self.databases.values():
            db.close()

    def reopen(self, *names):
        self.close()
        self.open(*names)

    def lose(self, name):
        """Have an empty database called ``name``."""
        self.close()
        (self.folder / f"{name}.fs").unlink()
        (self.folder / f"{name}.fs.index").unlink(missing_ok=True)
        self.open(*self.names)

    @contextmanager
    def request(self):
        """A request of its own, committed at the end; the root of the content."""
        transaction.begin()
        with closing(self.databases["main"].open()) as connection:
            yield connection.root()
            transaction.commit()

    @contextmanager
    def container(self):
        with self.request() as root:
            sessions = root._p_jar.get_connection("sessions")
            yield sessions.root()[database.ROOT_KEY]["c"]

    def fill(self, count, first=0):
        with self.container() as container:
            for number in range(first, first + count):
                session = container.new(f"{number}")
                session.update({"number": number, "cart": CheckoutData()})

    def spread(self):
        with self.container() as container:
            return database.spread(container)

    def counts(self):
        """Return how many sessions each database has."""
        with self.container() as container:
            return [shards.present() for shards, _by_user in container.parts()]

    def pack(self):
        for db in self.databases.values():
            db.pack()

    def assert_all_there(self, count):
        with self.container() as container:
            for number in range(count):
                self.assertEqual(container[f"{number}"]["number"], number)


class SpreadTest(SpreadTestCase):
    def test_new_sessions_go_to_all_databases(self):
        self.assertEqual(self.spread(), 2)
        self.fill(300)
        for count in self.counts():
            self.assertGreater(count, 60)
        self.assert_all_there(300)
        with self.container() as container:
            databases = {
                session._p_jar.db().database_name for session in container.values()
            }
            self.assertEqual(len(container), 300)
        self.assertEqual(databases, {"sessions", "sessions-1", "sessions-2"})

    def test_those_that_are_there_stay_and_are_found(self):
        self.fill(100)
        self.spread()
        self.assertEqual(self.counts(), [100, 0, 0])
        self.assert_all_there(100)
        self.fill(200, first=100)
        self.assertEqual(self.counts()[0], 100 + 200 - sum(self.counts()[1:]))
        self.assert_all_there(300)

    def test_one_database_more_is_used_once(self):
        self.reopen("main", "sessions", "sessions-1")
        self.assertEqual((self.spread(), self.spread()), (1, 0))
        self.fill(60)
        self.reopen(*self.names)
        self.assertEqual((self.spread(), self.spread()), (1, 0))
        self.fill(60, first=60)
        self.assertEqual(len(self.counts()), 3)
        self.assert_all_there(120)

    def test_what_is_in_another_database_outlives_packing(self):
        self.spread()
        self.fill(60)
        with self.container() as container:
            for number in range(60):
                session = container.peek(f"{number}")
                key = f"user {number}"
                while not container.leads_to(key, session):
                    key += "'"
                container.rotate(session, key)
                session.give_to("anna")
        self.pack()
        self.reopen(*self.names)
        with self.container() as container:
            sessions = container.sessions_of("anna")
            self.assertEqual(len(sessions), 60)
            for session in sessions:
                self.assertIsInstance(session["cart"], CheckoutData)
            self.assertEqual(len(container), 60)

    def test_a_key_that_leads_elsewhere_finds_its_session_all_the_same(self):
        self.spread()
        self.fill(30)
        with self.container() as container:
            for number in range(30):
                container.rotate(container.peek(f"{number}"), f"new {number}")
        self.pack()
        with self.container() as container:
            for number in range(30):
                self.assertEqual(container[f"new {number}"]["number"], number)
                self.assertNotIn(f"{number}", container)
            self.assertEqual(len(container), 30)

    def test_a_change_writes_to_one_database(self):
        self.spread()
        self.fill(30)
        for number in range(30):
            before = self.last()
            with self.container() as container:
                session = container[f"{number}"]
                session["more"] = 1
                name = session._p_jar.db().database_name
            changed = [it for it, tid in self.last().items() if tid != before[it]]
            self.assertEqual(changed, [name])
            before = self.last()
            self.fill(1, first=1000 + number)
            changed = [it for it, tid in self.last().items() if tid != before[it]]
            self.assertEqual(len(changed), 1)

    def last(self):
        return {name: db.lastTransaction() for name, db in self.databases.items()}

    def test_all_are_swept_counted_listed_and_ended(self):
        self.spread()
        self.fill(90)
        with travel(minutes=50):
            self.fill(30, first=90)
        with travel(minutes=61), self.container() as container:
            swept = container.sweep()
            self.assertEqual((swept.visited, swept.removed), (120, 90))
        with travel(minutes=61), self.container() as container:
            statistics = container.statistics()
            self.assertEqual((statistics.live, statistics.created), (30, 120))
            rows = container.listing().rows
            self.assertEqual(len(rows), 30)
            (session,) = container.with_handle(rows[0].handle)
            session.invalidate()
            self.assertEqual(len(container), 29)
        self.assertNotIn(0, self.counts())

    def test_room_is_made_in_all_of_them(self):
        self.spread()
        with self.container() as container:
            container.limit, container.when_full = 100, "drop"
        self.fill(400)
        self.assertLessEqual(sum(self.counts()), 101)
        for count in self.counts():
            self.assertGreater(count, 5)

    def test_what_belongs_to_a_session_is_told_from_content_before_it_is_stored(self):
        self.spread()
        for number in range(10):
            with self.container() as container:
                session = container.prepare(f"{number}")
                session["cart"] = CheckoutData()
                transaction.savepoint()
                session["cart"].tea = 1
                session["again"] = 1
                self.assertEqual(len(session.persistent_values()), 1)
            with self.container() as container:
                self.assertEqual(container[f"{number}"]["cart"].tea, 1)

    def test_nothing_is_left_where_it_is_removed(self):
        self.spread()
        self.fill(10)
        with self.container() as container:
            name = container._p_oid.hex()
            connection = container._p_jar
            database.remove(connection, "c")
        with self.request() as root:
            for name in ("sessions", "sessions-1", "sessions-2"):
                found = root._p_jar.get_connection(name).root()
                self.assertEqual(list(found), [])

    def test_a_process_that_lacks_one_of_them_says_which(self):
        self.spread()
        with self.container() as container:
            container.limit = 1000
        self.fill(60)
        present = self.counts()
        self.reopen("main", "sessions", "sessions-1")
        lacks = self.assertRaisesRegex(DatabaseMissing, "no <zodb_db sessions-2>")
        with lacks, self.container() as container:
            len(container)
        # Who has a session in the others does not suffer from that.
        found = self.found(60, "no <zodb_db sessions-2>")
        self.assertEqual(len(found), sum(present[:2]))
        created = 0
        for number in range(60, 120):
            try:
                self.fill(1, first=number)
                created += 1
            except DatabaseMissing:
                transaction.abort()
        self.assertGreater(created, 20)
        self.assertLess(created, 60)
        self.reopen(*self.names)
        self.assert_all_there(60)
        self.assertEqual(sum(self.counts()), 60 + created)

    def found(self, count, why):
        """Return the numbers of the sessions that are found; others are not because."""
        found = []
        for number in range(count):
            with self.request() as root:
                sessions = root._p_jar.get_connection("sessions")
                container = sessions.root()[database.ROOT_KEY]["c"]
                try:
                    self.assertEqual(container[f"{number}"]["number"], number)
                    found.append(number)
                except DatabaseMissing as error:
                    self.assertRegex(str(error), why)
        return found

    def test_one_that_has_lost_its_sessions_begins_anew_when_it_is_told_to(self):
        self.spread()
        self.fill(60)
        present = self.counts()
        self.lose("sessions-1")
        found = self.found(60, "in the database sessions-1 are not there any more")
        with self.container() as container:
            where = database.whereabouts(container)
            self.assertEqual(where.name, "sessions, sessions-1, sessions-2")
        self.assertEqual(len(found), present[0] + present[2])
        self.assertEqual((self.spread(), self.spread()), (1, 0))
        self.assertEqual(self.counts(), [present[0], 0, present[2]])
        self.pack()
        self.reopen(*self.names)
        self.fill(60, first=60)
        self.assertGreater(self.counts()[1], 5)
        with self.container() as container:
            for number in (*found, *range(60, 120)):
                self.assertEqual(container[f"{number}"]["number"], number)

    def test_a_container_with_a_part_that_is_lost_is_removed(self):
        self.spread()
        self.lose("sessions-1")
        with self.container() as container:
            database.remove(container._p_jar, "c")
        with self.request() as root:
            for name in ("sessions", "sessions-1", "sessions-2"):
                found = root._p_jar.get_connection(name).root()
                self.assertEqual(list(found), [])

    def test_an_abort_and_a_savepoint_leave_it_as_it_was(self):
        self.spread()
        self.fill(10)
        for number in range(20):
            with self.container() as container:
                container.new(f"aborted {number}")
                transaction.savepoint()
                container.new(f"aborted, too {number}")
                transaction.abort()
        self.assertEqual(sum(self.counts()), 10)
        self.assert_all_there(10)

    def test_where_they_are_is_told(self):
        self.spread()
        with self.container() as container:
            where = database.whereabouts(container)
        self.assertEqual(where.name, "sessions, sessions-1, sessions-2")
        self.assertEqual(where.storage, "FileStorage")
        self.assertGreater(where.bytes, 3000)
