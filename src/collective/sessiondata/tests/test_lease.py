"""Upkeep: one holder at a time, what it notes, and what can be told from it."""

from ..container import TransientObjectContainer
from ..database.directory import all_places
from ..database.outages import DatabaseDown
from ..operations.housekeeper import Housekeeper
from ..operations.housekeeper import maintain
from ..storage import lease
from ..storage.history import STEP
from ..storage.history import STEPS
from ..storage.listing import EXAMINED
from ..storage.listing import LISTED
from ..testing import travel
from .support.storage import OpenRequest
from .support.storage import StorageTestCase
from .support.things import CheckoutData
from contextlib import closing
from unittest import mock
from ZODB.DB import DB
from ZODB.DemoStorage import DemoStorage
from ZODB.FileStorage import FileStorage
from ZODB.POSException import ConflictError

import os
import transaction


class UpkeepTestCase(StorageTestCase):
    def setUp(self):
        super().setUp()
        with self.request() as root:
            root["container"] = TransientObjectContainer(shards=64)

    def fill(self, *keys, **data):
        with self.request() as root:
            for key in keys:
                root["container"].new(str(key)).update(data)

    def tend(self, holder="me", rest=lambda seconds: True):
        """Look after the container as ``holder``; return what was swept."""
        transaction.begin()
        with closing(self.db.open()) as connection:
            try:
                return maintain(connection.root()["container"], holder, rest)
            finally:
                transaction.abort()

    def upkeep(self):
        """Return the attributes of the upkeep, as a dict."""
        names = ("holder", "until", "swept", "removed", "packed", "history")
        with self.request() as root:
            root["container"].store.lease.history._p_activate()
            return {
                name: getattr(root["container"].store.lease, name) for name in names
            }

    def statistics(self):
        with self.request() as root:
            return root["container"].statistics()


class LeaseTest(UpkeepTestCase):
    def setUp(self):
        super().setUp()
        self.fill(1)

    def test_one_holder_at_a_time(self):
        self.assertIsNotNone(self.tend("me"))
        self.assertIsNone(self.tend("somebody else"))
        self.assertIsNotNone(self.tend("me"))

    def test_two_that_want_it_at_once_do_not_both_get_it(self):
        first, second = self.open_request(), self.open_request()
        self.assertTrue(first.container.store.lease.acquire("first"))
        self.assertTrue(second.container.store.lease.acquire("second"))
        first.commit()
        with self.assertRaises(ConflictError):
            second.commit()

    def test_what_its_holder_does_not_renew_goes_to_another(self):
        self.tend("me")
        with travel(seconds=lease.LEASE - 10):
            self.assertIsNone(self.tend("somebody else"))
        with travel(seconds=lease.LEASE + 1):
            self.assertIsNotNone(self.tend("somebody else"))
            self.assertIsNone(self.tend("me"))

    def test_its_holder_keeps_it_as_long_as_she_works(self):
        self.tend("me")
        for seconds in range(0, 5 * lease.LEASE, lease.LEASE // 3):
            with travel(seconds=seconds):
                self.assertIsNotNone(self.tend("me"))
                self.assertIsNone(self.tend("somebody else"))

    def test_to_keep_it_does_not_write_each_time(self):
        self.tend("me")
        before = self.size()
        for seconds in range(1, lease.LEASE // 2, 10):
            with travel(seconds=seconds):
                self.tend("me")
        self.assertEqual(self.size(), before)

    def test_it_can_be_given_back(self):
        self.tend("me")
        with self.request() as root:
            root["container"].store.lease.release("somebody else")
        self.assertIsNone(self.tend("somebody else"))
        with self.request() as root:
            root["container"].store.lease.release("me")
        self.assertIsNotNone(self.tend("somebody else"))

    def test_a_clock_that_was_wrong_keeps_nobody_out(self):
        with self.request() as root:
            root["container"].timeout = root["container"].lifetime = 0
        with travel(days=1):
            self.tend("me")
        self.assertIsNotNone(self.tend("somebody else"))

    def test_a_sweep_ends_when_the_lease_is_lost(self):
        self.fill(*range(10, 1000))

        def lose_it(seconds):
            with self.request() as root:
                root["container"].store.lease.holder = "somebody else"
            return True

        with travel(minutes=61):
            swept = self.tend("me", lose_it)
        self.assertFalse(swept.complete)
        self.assertLess(swept.removed, 500)

    def test_a_site_without_visitors_writes_nothing(self):
        with self.request() as root:
            root["container"] = TransientObjectContainer(shards=64)
        before = self.size()
        for day in range(3):
            with travel(days=day):
                self.assertIsNone(self.tend())
        self.assertEqual(self.size(), before)


class HistoryTest(UpkeepTestCase):
    def test_each_step_is_noted_once(self):
        for minutes in range(0, 60, 2):
            with travel(minutes=minutes):
                self.fill(minutes)
                self.tend()
        samples = self.upkeep()["history"].samples
        times = [time for time, _created, _present in samples]
        steps = [later - time for time, later in zip(times, times[1:])]
        self.assertEqual([round(step, -1) for step in steps], [360] * (54 // 6))
        self.assertEqual([created for _time, created, _there in samples][-1], 28)

    def test_nothing_new_is_not_noted(self):
        self.fill(1)
        with self.request() as root:
            root["container"].timeout = root["container"].lifetime = 0
        for hours in range(1, 10):
            with travel(hours=hours):
                self.tend()
        self.assertEqual(len(self.upkeep()["history"].samples), 2)

    def test_it_goes_a_day_back(self):
        history = lease.History()
        for number in range(1, 1000):
            with travel(seconds=number * STEP):
                history.note(number, 0)
        self.assertEqual(len(history.samples), STEPS)
        self.assertEqual(history.samples[-1][1], 999)

    def test_creations_per_minute_are_those_of_the_last_minutes(self):
        for minutes in range(30):
            with travel(minutes=minutes):
                self.fill(*(f"{minutes} {number}" for number in range(10)))
                self.tend()
        with travel(minutes=30):
            # Of the last minutes, which are rounded to those of the samples.
            self.assertAlmostEqual(self.statistics().created_per_minute, 10, delta=3)
        with travel(hours=2):
            self.tend()
        with travel(hours=2, minutes=10):
            self.assertLess(self.statistics().created_per_minute, 1)


class StatisticsTest(UpkeepTestCase):
    def test_few_sessions_are_counted_exactly(self):
        self.fill(*range(10))
        with travel(minutes=50):
            self.fill(*range(10, 14))
        with travel(minutes=61):
            statistics = self.statistics()
            self.assertEqual((statistics.live, statistics.expired), (4, 10))
            self.assertTrue(statistics.exact)
            self.tend()
            statistics = self.statistics()
            self.assertEqual((statistics.live, statistics.expired), (4, 0))
            self.assertEqual(statistics.created, 14)

    def test_sessions_of_users_and_idle_times_are_counted(self):
        self.fill(*range(6))
        with self.request() as root:
            for number in range(2):
                root["container"].bind(
                    root["container"].peek(str(number)), "anna", "Firefox, Linux"
                )
        with travel(minutes=20):
            self.fill(*range(6, 10))
            statistics = self.statistics()
        self.assertEqual((statistics.anonymous, statistics.logged_in), (8, 2))
        self.assertEqual(
            [pair for pair in statistics.idle if pair[1]], [(60, 4), (1800, 6)]
        )
        self.assertLess(statistics.stay, 1)

    def test_what_came_and_went_in_the_last_hour_is_counted(self):
        # Half an hour long ten each, which end after an hour; then none.
        for minutes in range(0, 180, 6):
            with travel(minutes=minutes):
                if minutes < 30:
                    self.fill(*(f"{minutes} {number}" for number in range(10)))
                self.tend()
                if minutes == 54:
                    statistics = self.statistics()
                    last = statistics.created_last_hour, statistics.ended_last_hour
                    self.assertEqual(last, (50, 0))
        with travel(minutes=115):
            statistics = self.statistics()
        self.assertEqual(statistics.created_last_hour, 0)
        self.assertEqual(statistics.ended_last_hour, 50)
        self.assertEqual(statistics.live, 0)
        self.assertEqual(statistics.history[-1][1], 0)
        self.assertEqual(max(count for _, count in statistics.history), 50)

    def test_many_are_estimated_from_a_sample(self):
        self.fill(*range(3000), a="x" * 100)
        with travel(minutes=30):
            self.fill(*range(3000, 12_000), a="x" * 100)
        with travel(minutes=61), OpenRequest(self.db) as request:
            statistics = request.container.statistics()
            loaded = request.connection._cache.cache_non_ghost_count
        self.assertFalse(statistics.exact)
        self.assertEqual(statistics.live + statistics.expired, 12_000)
        # Four standard errors.
        self.assertAlmostEqual(statistics.expired, 3000, delta=12_000 * 0.056)
        self.assertAlmostEqual(statistics.bytes, 12_000 * 101, delta=12_000)
        # The sample, the shards around it, and one or two objects of each top shard.
        self.assertLess(loaded, 2000)

    def test_sizes_are_those_of_the_data(self):
        self.fill("text", text="x" * 1000)
        self.fill("list", list=["x" * 1000])
        self.fill("cart", cart=CheckoutData())
        with self.request() as root:
            root["container"].get("cart")["cart"].items = "x" * 1000
        self.assertAlmostEqual(self.statistics().bytes, 3000, delta=300)

    def test_a_look_at_them_is_no_access_and_writes_nothing(self):
        self.fill(*range(10), a=[1])
        before = self.size()
        with travel(minutes=30):
            self.statistics()
        self.assertEqual(self.size(), before)
        with travel(minutes=61), self.request() as root:
            self.assertIsNone(root["container"].get("1"))


class PackingTest(UpkeepTestCase):
    """Two databases: the site's, and one that sessions have for themselves."""

    def open_database(self):
        self.main = DB(DemoStorage(), database_name="main")
        self.addCleanup(self.main.close)
        self.db = DB(
            FileStorage(self.path),
            database_name="sessions",
            databases=self.main.databases,
        )

    def setUp(self):
        super().setUp()
        with self.request() as root:
            root["container"].dedicated = True
            root["container"].timeout = 0
        self.fill(*range(100))
        for number in range(10):
            with self.request() as root:
                root["container"].get("1")["a"] = "x" * 10_000

    def test_a_database_of_sessions_alone_is_packed_when_it_is_time_to(self):
        before = self.size()
        self.tend()
        self.assertGreaterEqual(self.size(), before)
        with self.request() as root:
            root["container"].pack_interval = 3600
        with self.assertLogs("collective.sessiondata") as logs:
            self.tend()
        self.assertIn("Packed the database sessions", logs.output[-1])
        packed = self.size()
        self.assertLess(packed, before - 80_000)
        for number in range(10):
            with self.request() as root:
                root["container"].get("1")["a"] = "y" * 10_000
        with self.assertNoLogs("collective.sessiondata"):
            self.tend()
        with travel(seconds=3601), self.assertLogs("collective.sessiondata"):
            self.tend()
        self.assertEqual(len(self.statistics_of_one()), 10_000)

    def statistics_of_one(self):
        with self.request() as root:
            return root["container"].get("1")["a"]

    def test_a_database_with_content_is_not_packed(self):
        with self.request() as root:
            root["container"].dedicated = False
            root["container"].pack_interval = 3600
        with self.assertNoLogs("collective.sessiondata"):
            self.tend()


class HousekeeperTest(UpkeepTestCase):
    """The thread, without a Zope around it."""

    def setUp(self):
        super().setUp()
        self.addCleanup(setattr, self.db, "databases", self.db.databases)
        with self.request() as root:
            containers = root["collective.sessiondata"] = {}
            containers["one"] = root["container"]
        self.housekeeper = Housekeeper(self.db)

    def test_it_finds_and_sweeps_each_container(self):
        self.fill(1)
        places = all_places(self.db)
        self.assertEqual(len(places), 1)
        with travel(minutes=61):
            self.housekeeper.visit(*places[0])
        self.assertEqual(self.statistics().expired, 0)
        self.assertEqual(self.upkeep()["removed"], 1)

    def test_a_read_only_database_is_left_alone(self):
        self.fill(1)
        self.db.close()
        self.db = DB(FileStorage(self.path, read_only=True))
        housekeeper = Housekeeper(self.db)
        with travel(minutes=61), self.assertNoLogs("collective.sessiondata"):
            for place in all_places(housekeeper.db):
                housekeeper.visit(*place)
        self.assertEqual(len(all_places(housekeeper.db)), 1)

    def test_a_database_that_is_down_keeps_nobody_from_the_others(self):
        self.fill(1)
        DB(None, database_name="down", databases=self.db.databases).close()
        with self.assertLogs("collective.sessiondata", "WARNING") as logs:
            places = self.housekeeper._places()
        self.assertEqual([db for db, _oid in places], [self.db])
        self.assertEqual(len(logs.output), 1)
        self.assertIn("from the database down at the moment", logs.output[0])

    def test_an_outage_is_told_by_who_finds_it(self):
        self.fill(1)
        (place,) = all_places(self.db)
        self.db.open = mock.Mock(side_effect=DatabaseDown("sessions"))
        with self.assertNoLogs("collective.sessiondata"):
            self.housekeeper._try(self.housekeeper.visit, *place)

    def test_a_process_that_has_forgotten_its_database_is_no_end_of_the_thread(self):
        class Forgotten:
            def __getattr__(self, name):
                raise KeyError(name)

        self.housekeeper.db = Forgotten()
        with self.assertLogs("collective.sessiondata", "WARNING") as logs:
            self.assertEqual(self.housekeeper._places(), [])
        self.assertIn("from a database of this process", logs.output[0])

    def test_a_storage_that_is_away_is_told_of_once_and_swept_later(self):
        self.fill(1)
        (place,) = all_places(self.db)
        away = os.path.join(os.path.dirname(self.path), "away")

        def visit():
            self.housekeeper._try(self.housekeeper.visit, *place)

        with travel(minutes=61):
            storage, opened = self.db.storage, self.db.open
            self.db.open = mock.Mock(side_effect=OSError(f"{away} is away"))
            with self.assertLogs("collective.sessiondata") as logs:
                for _ in range(3):
                    visit()
                self.db.open = opened
                visit()
            self.assertEqual(len(logs.output), 3, logs.output)
            self.assertIn("is away", logs.output[0])
            self.assertIn(f"from the database {self.db.database_name}", logs.output[0])
            self.assertIn("Removed 1 expired", logs.output[1])
            self.assertIn("again", logs.output[2])
        self.assertIs(self.db.storage, storage)

    def test_the_thread_starts_works_and_stops(self):
        from ..operations import housekeeper

        self.fill(1)
        before = housekeeper.SHORTEST_INTERVAL
        housekeeper.SHORTEST_INTERVAL = 0.05
        self.addCleanup(setattr, housekeeper, "SHORTEST_INTERVAL", before)
        with travel(minutes=61):
            with self.assertLogs("collective.sessiondata"):
                self.housekeeper.start()
                while not self.upkeep()["removed"]:
                    pass
                self.housekeeper.close()
        self.assertFalse(self.housekeeper.is_alive())
        self.assertIsNone(self.upkeep()["holder"])


class ListingTest(UpkeepTestCase):
    def test_a_session_is_listed_without_what_opens_or_is_in_it(self):
        self.fill("secret key", cart="secret value", number=1)
        with self.request() as root:
            root["container"].bind(
                root["container"].peek("secret key"), "anna", "Firefox, Linux"
            )
        with travel(minutes=10), OpenRequest(self.db) as request:
            listing = request.container.listing()
            self.assertFalse(request.connection._registered_objects)
        (row,) = listing.rows
        self.assertTrue(listing.all)
        self.assertEqual((row.user_id, row.browser), ("anna", "Firefox, Linux"))
        self.assertEqual(row.keys, ("cart", "number"))
        self.assertNotIn("secret", repr(listing))
        self.assertGreater(row.size, len("secret value"))

    def test_sessions_that_are_over_are_not_listed(self):
        self.fill("old")
        with travel(minutes=59):
            self.fill("new")
        with travel(minutes=61), self.request() as root:
            self.assertEqual(len(root["container"].listing().rows), 1)

    def test_very_many_that_are_over_are_not_looked_at(self):
        self.fill(*range(EXAMINED + 1000), cart="x")
        with self.request() as root:
            root["container"].end_all()
        with OpenRequest(self.db) as request:
            request.connection.cacheMinimize()
            before = request.connection.getTransferCounts()[0]
            listing = request.container.listing()
            loads = request.connection.getTransferCounts()[0] - before
        self.assertEqual((listing.rows, listing.all), ([], False))
        self.assertLess(loads, EXAMINED * 1.2)

    def test_very_many_are_neither_listed_nor_loaded(self):
        self.fill(*range(LISTED + 1000), cart="x")
        with OpenRequest(self.db) as request:
            request.connection.cacheMinimize()
            listing = request.container.listing()
            loaded = request.connection._cache.cache_non_ghost_count
        self.assertFalse(listing.all)
        self.assertEqual(len(listing.rows), LISTED)
        self.assertLess(loaded, 1000)

    def test_those_of_a_user_are_found_among_many(self):
        self.fill(*range(3000))
        with self.request() as root:
            for number in (5, 7):
                root["container"].bind(root["container"].peek(str(number)), "anna")
        with OpenRequest(self.db) as request:
            request.connection.cacheMinimize()
            listing = request.container.listing(["anna", "bert"])
            loaded = request.connection._cache.cache_non_ghost_count
        self.assertEqual([row.user_id for row in listing.rows], ["anna", "anna"])
        self.assertLess(loaded, 100)

    def test_one_is_found_by_the_beginning_of_its_handle(self):
        self.fill("a", "b")
        with self.request() as root:
            container = root["container"]
            handle = container.peek("a").getId()
            for beginning in (handle[:8], handle[:9], handle):
                (session,) = container.with_handle(beginning)
                self.assertEqual(session.getId(), handle)
            self.assertEqual(container.with_handle("0" * 32), [])
            for bad in ("", handle[:7], "xyz" * 10, handle.upper() + "G"):
                with self.subTest(bad), self.assertRaisesRegex(ValueError, "8 or more"):
                    container.with_handle(bad)
