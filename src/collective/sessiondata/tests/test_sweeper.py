"""Sweeping: what is over goes, what is not stays, and nobody is hindered."""

from ..container import TransientObjectContainer
from ..events import SessionExpired
from ..interfaces import ISessionExpired
from ..session import TransientObject
from ..storage import sweeper
from ..storage.shards import Shard
from ..storage.sweeper import sweep
from ..testing import travel
from .support.storage import OpenRequest
from .support.storage import StorageTestCase
from .support.things import CheckoutData
from Acquisition import aq_base
from Acquisition import aq_parent
from threading import get_ident
from unittest import mock
from ZODB.POSException import ConflictError
from zope.component import adapter
from zope.component import provideHandler
from zope.component.testing import PlacelessSetup

import unittest


class MemoryTest(unittest.TestCase):
    def test_a_container_in_memory_is_swept_too(self):
        container = TransientObjectContainer(shards=2)
        for number in range(50):
            container.new(str(number))
        with travel(minutes=61):
            container.new("young")
            swept = container.sweep()
            self.assertEqual((swept.visited, swept.removed), (51, 50))
            self.assertIn("young", container)
        self.assertEqual(len(container), 1)


class SweeperTest(PlacelessSetup, StorageTestCase):
    def setUp(self):
        PlacelessSetup.setUp(self)
        StorageTestCase.setUp(self)
        self.addCleanup(PlacelessSetup.tearDown, self)

    def fill(self, *numbers):
        with self.request() as root:
            for number in numbers:
                root["container"].new(str(number))["a"] = number

    def sweep(self, **options):
        """Sweep now, in a connection of its own; return what it tells."""
        with OpenRequest(self.db) as request:
            store, notifier = request.container.store, request.container.notifier()
            return sweep(store, notifier, **options)

    def there(self):
        """Return which sessions there are, expired or not."""
        with self.request() as root:
            return sorted(
                session["a"]
                for leaf, _was_loaded in root["container"].store.sessions.leaves()
                for session in leaf.prefetched()
            )

    def test_what_has_expired_goes_and_the_rest_stays(self):
        self.fill(*range(300))
        with travel(minutes=30):
            self.fill(*range(300, 320))
            with self.request() as root:
                for number in range(10):
                    root["container"].get(str(number))
        with travel(minutes=61):
            swept = self.sweep()
            self.assertEqual(
                (swept.visited, swept.removed, swept.complete), (320, 290, True)
            )
            self.assertLessEqual(swept.longest, swept.seconds)
            self.assertEqual(self.there(), [*range(10), *range(300, 320)])
            self.assertEqual(self.sweep().removed, 0)

    def test_lifetimes_are_swept_even_without_a_timeout(self):
        self.fill(1)
        with self.request() as root:
            root["container"].timeout = 0
        with travel(hours=25):
            self.assertEqual(self.sweep().removed, 1)

    def test_without_timeout_and_lifetime_nothing_goes(self):
        self.fill(1)
        with self.request() as root:
            root["container"].timeout = root["container"].lifetime = 0
        with travel(days=1000):
            self.assertEqual(self.sweep().removed, 0)

    def test_a_sweep_that_finds_nothing_writes_nothing(self):
        self.fill(*range(100))
        before = self.size()
        with travel(minutes=59):
            self.assertEqual(self.sweep().removed, 0)
        self.assertEqual(self.size(), before)

    def test_young_sessions_are_not_loaded(self):
        self.fill(*range(100))
        with OpenRequest(self.db) as request:
            with mock.patch.object(TransientObject, "__setstate__") as loaded:
                sweep(request.container.store, request.container.notifier())
            loaded.assert_not_called()

    def test_a_live_session_is_loaded_once_in_a_timeout(self):
        self.fill(*range(20))
        with travel(minutes=50), self.request() as root:
            for number in range(20):
                root["container"].get(str(number))
        for minutes, count in ((61, 20), (62, 0), (109, 0), (111, 20)):
            with travel(minutes=minutes), OpenRequest(self.db) as request:
                request.connection.cacheMinimize()
                with mock.patch.object(
                    TransientObject,
                    "__setstate__",
                    autospec=True,
                    side_effect=TransientObject.__setstate__,
                ) as loaded:
                    sweep(request.container.store, request.container.notifier())
                self.assertEqual(loaded.call_count, count, minutes)
        self.assertEqual(self.there(), [])

    def test_who_leaves_while_the_sweeper_looks_is_gone(self):
        self.fill(1)
        for sweeper_first in (True, False):
            self.fill(2)
            with travel(minutes=50), self.request() as root:
                root["container"].get("2")
            leaves, looks = self.open_request(), self.open_request()
            leaves.container.get("2").invalidate()
            session = looks.container.peek("2")
            looks.container.store.sessions.note_access(session.aq_base.digest, 5000)
            order = [looks, leaves] if sweeper_first else [leaves, looks]
            order[0].commit()
            with self.assertRaises(ConflictError):
                order[1].commit()
            order[1].abort()
            with self.request() as root:
                session = root["container"].get("2")
                if session is not None:
                    session.invalidate()
            self.assertEqual(self.there(), [1])

    def test_no_data_of_an_expired_session_stays_in_its_record(self):
        self.fill(1)
        with self.request() as root:
            session = root["container"].get("1")
            session["secret"] = "abcdefgh"
            oid = aq_base(session)._p_oid
        with travel(minutes=61):
            self.sweep()
        data, _serial = self.db.storage.load(oid)
        self.assertNotIn(b"abcdefgh", data)

    def test_memory_is_given_back(self):
        self.fill(*range(2000))
        with travel(minutes=61), OpenRequest(self.db) as request:
            request.connection.cacheMinimize()
            sweep(request.container.store, request.container.notifier())
            cached = request.connection._cache.cache_non_ghost_count
        self.assertLess(cached, 10)

    def test_what_visitors_have_in_the_cache_stays_there(self):
        self.fill(*range(10))
        with OpenRequest(self.db) as request:
            session = request.container.get("1")
            sweep(request.container.store, request.container.notifier())
            self.assertIsNotNone(aq_base(session)._p_changed)
            with mock.patch.object(Shard, "__setstate__") as loaded:
                self.assertIsNotNone(request.container.get("1"))
            loaded.assert_not_called()

    def test_it_goes_in_small_transactions_and_can_be_stopped(self):
        self.fill(*range(1000))
        transactions = []
        with travel(minutes=61):
            swept = self.sweep(go_on=lambda seconds: not transactions.append(seconds))
            self.assertTrue(swept.complete)
            # The last of them may be empty.
            self.assertGreaterEqual(len(transactions), 1000 // sweeper.SESSIONS)
        self.fill(*range(1000))
        with travel(minutes=122):
            swept = self.sweep(go_on=lambda seconds: False)
            self.assertFalse(swept.complete)
            self.assertLess(swept.removed, 2 * sweeper.SESSIONS)
            self.assertEqual(len(self.there()), 1000 - swept.removed)

    @mock.patch.object(sweeper, "SECONDS", 0)
    def test_where_removing_takes_long_each_transaction_does_less(self):
        with self.request() as root:
            # So one look finds them all.
            root["container"] = TransientObjectContainer(shards=1)
        self.fill(*range(16))
        transactions = []
        with travel(minutes=61):
            swept = self.sweep(go_on=lambda seconds: not transactions.append(seconds))
        self.assertEqual((swept.removed, swept.complete), (16, True))
        self.assertEqual(len(transactions), 16)

    def test_who_comes_back_in_time_wins_against_the_sweeper(self):
        self.fill(1)
        visitor, other = self.open_request(), self.open_request()
        with travel(minutes=59):
            visitor.container.get("1")["b"] = 2
        with travel(minutes=61):
            # The sweeper has seen it expired already when the visitor commits.
            session = other.container.store.sessions.get(
                next(self.digests(other.container))
            )
            other.container.store.expire(session, other.container.notifier())
            visitor.commit()
            with self.assertRaises(ConflictError):
                other.commit()
            other.abort()
            self.assertEqual(self.sweep().removed, 0)
            with self.request() as root:
                self.assertEqual(root["container"].get("1")["b"], 2)

    def digests(self, container):
        for leaf, _was_loaded in container.store.sessions.leaves():
            yield from leaf.sessions

    def test_who_comes_too_late_is_told_and_loses_nothing_silently(self):
        self.fill(1)
        visitor = self.open_request()
        with travel(minutes=59):
            visitor.container.get("1")["b"] = 2
        with travel(minutes=61):
            self.assertEqual(self.sweep().removed, 1)
            with self.assertRaises(ConflictError):
                visitor.commit()
            visitor.abort()
            # As the publisher does: once more, as if she had come only now.
            self.assertIsNone(visitor.container.get("1"))

    def test_visitors_who_create_and_end_sessions_meanwhile_do_not_hinder(self):
        with self.request() as root:
            root["container"] = TransientObjectContainer(shards=1)
        for count in (10, 230):
            with self.subTest(count):
                self.fill(*range(count))
                visitor = self.open_request()
                with travel(minutes=61):
                    visitor.container.new("new")
                    self.assertEqual(self.sweep().removed, count)
                    visitor.commit()
                    visitor.container.get("new").invalidate()
                    visitor.commit()
                    self.assertEqual(len(visitor.container), 0)

    # All in one transaction, on a slow machine too.
    @mock.patch.object(sweeper, "SECONDS", 60)
    def test_conflicts_are_tried_again_and_then_left_for_later(self):
        self.fill(*range(10))
        conflicts = [ConflictError(), ConflictError()]
        finish = TransientObject._end

        def meet_conflicts(session, end):
            if conflicts:
                raise conflicts.pop()
            finish(session, end)

        with (
            travel(minutes=61),
            mock.patch.object(TransientObject, "_end", meet_conflicts),
        ):
            swept = self.sweep()
            self.assertEqual((swept.removed, swept.complete), (10, True))
        self.fill(*range(10))
        conflicts += [ConflictError()] * 3
        with (
            travel(minutes=122),
            mock.patch.object(TransientObject, "_end", meet_conflicts),
        ):
            swept = self.sweep()
            # That one waits, and is in the way of no other.
            self.assertEqual((swept.removed, swept.complete), (9, False))
            self.assertEqual(self.sweep().removed, 1)

    def test_two_that_sweep_at_once_remove_and_tell_each_once(self):
        self.fill(*range(200))
        told = []
        provideHandler(lambda event: told.append(event.object["a"]), [ISessionExpired])
        with travel(minutes=61), OpenRequest(self.db) as other:
            sweeps = []

            def sweep_too(seconds):
                sweeps.append(self.sweep(go_on=lambda seconds: False))
                return True

            mine = sweep(other.container.store, other.container.notifier(), sweep_too)
        removed = mine.removed + sum(swept.removed for swept in sweeps)
        self.assertEqual(removed, 200)
        self.assertEqual(sorted(told), list(range(200)))
        with self.request() as root:
            self.assertEqual(len(root["container"]), 0)

    def test_subscribers_read_the_data_and_what_they_write_is_kept(self):
        self.fill(1)
        with self.request() as root:
            root["container"].get("1")["cart"] = CheckoutData()
            root["container"].get("1")["cart"].items = ("tea",)

        @adapter(ISessionExpired)
        def restock(event):
            root = event.object._p_jar.root()
            self.assertIs(aq_base(aq_parent(event.object)), root["container"])
            root["stock"] = event.object["cart"].items

        provideHandler(restock)
        with travel(minutes=61):
            self.assertEqual(self.sweep().removed, 1)
        with self.request() as root:
            self.assertEqual(root["stock"], ("tea",))

    def test_a_subscriber_that_fails_stops_nothing_and_keeps_nothing(self):
        self.fill(*range(5))

        @adapter(ISessionExpired)
        def fail_for_two(event):
            root = event.object._p_jar.root()
            root["stock"] = (*root.get("stock", ()), event.object["a"])
            if event.object["a"] == 2:
                raise KeyError("out of paper")

        provideHandler(fail_for_two)
        with travel(minutes=61), self.assertLogs("collective.sessiondata") as logs:
            self.assertEqual(self.sweep().removed, 5)
        self.assertEqual(len(logs.output), 1)
        self.assertIn("out of paper", logs.output[0])
        with self.request() as root:
            self.assertEqual(sorted(root["stock"]), [0, 1, 3, 4])
        self.assertEqual(self.there(), [])

    def test_a_visitor_at_the_limit_is_not_stopped_by_it_either(self):
        self.fill(1)
        with self.request() as root:
            root["container"].limit = 1

        @adapter(ISessionExpired)
        def fail(event):
            raise KeyError("out of paper")

        provideHandler(fail)
        with travel(minutes=61), self.assertLogs("collective.sessiondata"):
            self.fill(2)
        self.assertEqual(self.there(), [2])

    def test_on_demand_it_works_beside_the_present_transaction(self):
        self.fill(*range(3))
        threads = []
        provideHandler(lambda event: threads.append(get_ident()), [ISessionExpired])
        with travel(minutes=61), OpenRequest(self.db) as request:
            request.container.new("mine")["a"] = 4
            self.assertEqual(request.container.sweep().removed, 3)
            self.assertEqual(len(request.container), 4)
            request.commit()
        self.assertEqual(self.there(), [4])
        self.assertNotIn(get_ident(), threads)
        self.assertEqual(len(threads), 3)

    def test_the_event_is_the_one_of_the_interface(self):
        self.assertTrue(ISessionExpired.implementedBy(SessionExpired))
