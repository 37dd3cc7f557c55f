"""Sessions by key: find, create, expire, count; nobody hinders anybody."""

from ..container import TransientObjectContainer
from ..interfaces import ISessionCreated
from ..interfaces import ISessionEvent
from ..interfaces import ISessionExpired
from ..interfaces import ISessionInvalidated
from ..interfaces import ISessionRotated
from ..interfaces import ITransientObjectContainer
from ..storage.shards import FULL
from ..storage.shards import Shards
from ..testing import travel
from .support.storage import OpenRequest
from .support.storage import StorageTestCase
from Acquisition import aq_base
from Acquisition import aq_parent
from contextlib import contextmanager
from Products.Transience import MaxTransientObjectsExceeded
from Products.Transience.interfaces import IHomogeneousItemContainer
from Products.Transience.interfaces import IStringKeyedHomogeneousItemContainer
from Products.Transience.interfaces import ITransientItemContainer
from unittest import mock
from ZODB.POSException import ConflictError
from zope.component import adapter
from zope.component import getGlobalSiteManager
from zope.component import provideHandler
from zope.interface import providedBy
from zope.interface.verify import verifyObject

import logging
import unittest
import zope.component.event  # noqa: F401 (hands events on, as in every Zope)

notified = []


def note(session, container):
    notified.append((session.getContainerKey(), session.get("a"), container.getLen()))


@contextmanager
def told():
    """Collect which events add-ons are told of, in a list, with key and data."""
    events = []

    @adapter(ISessionEvent)
    def note_event(event):
        interface = next(iter(providedBy(event)))
        session = event.object
        events.append((interface, session.getContainerKey(), session.items()))

    provideHandler(note_event)
    try:
        yield events
    finally:
        getGlobalSiteManager().unregisterHandler(note_event)


def meet_a_conflict(session, container):
    raise ConflictError()


class ContainerTest(unittest.TestCase):
    """The container in memory."""

    def setUp(self):
        self.container = TransientObjectContainer(shards=2)

    def test_it_keeps_the_contracts_it_claims(self):
        for interface in (
            IHomogeneousItemContainer,
            IStringKeyedHomogeneousItemContainer,
            ITransientItemContainer,
            ITransientObjectContainer,
        ):
            verifyObject(interface, self.container)

    def test_a_session_is_found_by_its_key_alone(self):
        session = self.container.new("key")
        session["a"] = 1
        self.assertEqual(self.container.get("key")["a"], 1)
        self.assertIn("key", self.container)
        self.assertTrue(self.container.has_key("key"))
        for other in ("Key", "key ", "", session.getId()):
            self.assertIsNone(self.container.get(other))
            self.assertNotIn(other, self.container)
        self.assertEqual(self.container.get("other", "default"), "default")

    def test_sessions_are_wrapped_in_their_container(self):
        for session in (
            self.container.new("key"),
            self.container.get("key"),
            self.container.new_or_existing("key"),
            self.container.prepare("other"),
        ):
            self.assertIs(aq_base(aq_parent(session)), self.container)

    def test_new_refuses_a_key_twice_without_telling_it(self):
        self.container.new("key")
        with self.assertRaises(KeyError) as raised:
            self.container.new("key")
        self.assertNotIn("'key'", str(raised.exception))

    def test_new_or_existing_creates_once(self):
        self.container.new_or_existing("key")["a"] = 1
        self.assertEqual(self.container.new_or_existing("key")["a"], 1)

    def test_a_key_is_a_string(self):
        for method in (
            self.container.get,
            self.container.has_key,
            self.container.new,
            self.container.new_or_existing,
            self.container.prepare,
        ):
            for key in (1, None, b"key"):
                with self.assertRaises(TypeError):
                    method(key)

    def test_the_limit_holds(self):
        self.container.limit, self.container.when_full = 1, "refuse"
        first = self.container.new("first")
        with self.assertRaises(MaxTransientObjectsExceeded):
            self.container.new("second")
        pending = self.container.prepare("third")
        with self.assertRaises(MaxTransientObjectsExceeded):
            pending["a"] = 1
        self.assertEqual(len(self.container), 1)
        self.assertNotIn("a", pending)
        first.invalidate()
        pending["a"] = 1
        self.assertEqual(self.container.get("third")["a"], 1)

    def test_at_the_limit_an_expired_session_makes_room(self):
        self.container.limit = 1
        self.container.new("first")["a"] = 1
        with travel(hours=2):
            self.container.new("second")
            self.assertIn("second", self.container)
        self.assertEqual(len(self.container), 1)

    def test_what_came_is_not_refused_when_the_limit_is_lowered(self):
        for number in range(3):
            self.container.new(str(number))
        self.container.limit, self.container.when_full = 1, "refuse"
        self.assertIsNotNone(self.container.get("1"))
        self.container.get("1")["a"] = 1
        with self.assertRaisesRegex(MaxTransientObjectsExceeded, "when_full"):
            self.container.new("3")

    def test_a_full_container_can_drop_the_longest_idle(self):
        self.container.limit = 3
        self.container.when_full = "drop"
        for number in range(3):
            with travel(minutes=number):
                self.container.new(str(number))
        with travel(minutes=10):
            self.container.get("0")
        for number, dropped in ((3, "1"), (4, "2")):
            with travel(minutes=10 + number):
                self.container.new(str(number))
                self.assertEqual(len(self.container), 3)
                self.assertIsNone(self.container.get(dropped))
        with travel(minutes=15):
            self.assertIsNotNone(self.container.peek("0"))
            self.container.when_full = "refuse"
            with self.assertRaises(MaxTransientObjectsExceeded):
                self.container.new("5")

    def test_what_was_used_since_it_was_looked_at_is_not_dropped(self):
        self.container.limit = 200
        self.container.when_full = "drop"
        for number in range(200):
            with travel(seconds=number):
                self.container.new(str(number))
        with travel(minutes=10):
            self.container.new("new")
            # One of those idle for longest has gone; the others are used now.
            used = [key for key in map(str, range(20)) if key in self.container]
            self.assertEqual(len(used), 19)
            for key in used:
                self.container.get(key)
        with travel(minutes=11):
            for number in range(100):
                self.container.new(f"newest {number}")
                self.assertEqual(len(self.container), 200)
            for key in used:
                self.assertIn(key, self.container)
            # Of the rest those idle for longest have gone, but for a few.
            left = [n for n in range(20, 200) if str(n) in self.container]
            self.assertEqual(len(left), 80)
            self.assertGreater(sum(left), sum(range(120, 200)) - 80 * 10)

    def test_a_flood_at_the_limit_does_not_look_at_all_sessions_each_time(self):
        self.container.limit, self.container.when_full = 100, "refuse"
        for number in range(100):
            self.container.new(str(number))
        with mock.patch.object(
            TransientObjectContainer,
            "_longest_idle",
            autospec=True,
            side_effect=TransientObjectContainer._longest_idle,
        ) as looks:
            for number in range(50):
                with self.assertRaises(MaxTransientObjectsExceeded):
                    self.container.new(f"flood {number}")
        self.assertLessEqual(looks.call_count, 3)

    def test_a_live_session_is_not_replaced(self):
        first, second = self.container.prepare("key"), self.container.prepare("key")
        first["a"] = 1
        with self.assertRaises(KeyError):
            second["b"] = 1
        self.assertEqual(self.container.get("key").items(), [("a", 1)])

    def test_an_invalid_session_is_gone(self):
        session = self.container.new("key")
        session["a"] = 1
        session.invalidate()
        self.assertFalse(session.isValid())
        self.assertEqual(session.items(), [])
        self.assertIsNone(self.container.get("key"))
        self.assertEqual(len(self.container), 0)
        session.invalidate()
        session["a"] = 2
        self.assertIsNone(self.container.get("key"))

    def test_the_timeout_is_exact(self):
        self.container.new("key")["a"] = 1
        self.container.lifetime = 0
        with travel(seconds=3599):
            self.assertIsNotNone(self.container.peek("key"))
        with travel(seconds=3601):
            self.assertIsNone(self.container.peek("key"))
            self.assertIsNone(self.container.get("key"))
            self.assertNotIn("key", self.container)
            self.assertNotIn("a", self.container.new("key"))

    def test_an_access_keeps_a_session_alive(self):
        self.container.new("key")
        with travel(minutes=50):
            self.assertIsNotNone(self.container.get("key"))
        with travel(minutes=100):
            self.assertIsNotNone(self.container.get("key"))

    def test_a_peek_does_not_keep_a_session_alive(self):
        self.container.new("key")
        with travel(minutes=50):
            self.assertIsNotNone(self.container.peek("key"))
            self.assertIn("key", self.container)
        with travel(minutes=61):
            self.assertIsNone(self.container.peek("key"))

    def test_the_lifetime_ends_a_busy_session(self):
        self.container.new("key")
        for minutes in range(50, 24 * 60, 50):
            with travel(minutes=minutes):
                self.assertIsNotNone(self.container.get("key"))
        with travel(hours=24, seconds=1):
            self.assertIsNone(self.container.get("key"))

    def test_zero_is_no_timeout_and_no_lifetime(self):
        self.container.new("key")
        self.container.setTimeoutMinutes(0)
        self.container.lifetime = 0
        with travel(days=1000):
            self.assertIsNotNone(self.container.get("key"))

    def test_the_timeout_can_be_set_in_minutes(self):
        for minutes in (20, 0, 30):
            self.container.setTimeoutMinutes(minutes)
            self.assertEqual(self.container.getTimeoutMinutes(), minutes)
        for minutes in (0.5, "30", None, True):
            with self.assertRaisesRegex(TypeError, "minutes"):
                self.container.setTimeoutMinutes(minutes)
        with self.assertRaisesRegex(ValueError, "minutes"):
            self.container.setTimeoutMinutes(-1)
        self.assertEqual(self.container.timeout, 1800)
        self.container.timeout = 30
        self.assertEqual(self.container.getTimeoutMinutes(), 0.5)

    def test_the_resolution_can_be_set_along(self):
        self.container.setTimeoutMinutes(20, 30)
        self.assertEqual(self.container.getPeriodSeconds(), 30)
        for period in (0, 7, 1201, -30):
            with self.assertRaisesRegex(ValueError, "resolution"):
                self.container.setTimeoutMinutes(10, period)
        self.assertEqual(self.container.timeout, 1200)
        self.container.resolution = None
        self.assertEqual(self.container.getPeriodSeconds(), 60)

    def test_sessions_stay_when_the_timeout_changes(self):
        self.container.new("alice")
        self.container.setTimeoutMinutes(5)
        self.assertIn("alice", self.container)

    def test_live_sessions_can_be_listed_and_ended(self):
        for name in ("alice", "bob"):
            self.container.new(name)["name"] = name
        self.assertEqual(
            sorted(session["name"] for session in self.container.values()),
            ["alice", "bob"],
        )
        for handle, session in self.container.items():
            self.assertEqual(self.container[handle]["name"], session["name"])
            # The text of a handle opens nothing.
            self.assertNotIn(str.__str__(handle), self.container)
        for handle in self.container.keys():
            del self.container[handle]
        self.assertEqual((self.container.keys(), len(self.container)), ([], 0))
        with self.assertRaises(KeyError):
            self.container["alice"]
        with self.assertRaises(KeyError):
            del self.container["alice"]

    def test_what_happens_when_it_is_full_is_one_of_two_words(self):
        self.assertEqual(self.container.when_full, "drop")
        for bad in ("", "Drop", None, 1, []):
            with self.assertRaisesRegex(ValueError, "'drop', 'refuse'"):
                self.container.when_full = bad
        self.container.when_full = "refuse"
        self.assertEqual(self.container.when_full, "refuse")

    def test_settings_are_checked_where_they_are_set(self):
        for name in (
            "timeout",
            "lifetime",
            "resolution",
            "limit",
            "max_size",
            "pack_interval",
        ):
            for bad in ("abc", "3600", -1, float("nan"), float("inf"), True, [1]):
                with self.subTest(name=name, bad=bad):
                    with self.assertRaisesRegex(ValueError, name):
                        setattr(self.container, name, bad)
            setattr(self.container, name, 5)
            self.assertEqual(getattr(self.container, name), 5)
        for name in ("timeout", "lifetime", "limit", "max_size", "pack_interval"):
            with self.assertRaises(ValueError):
                setattr(self.container, name, None)
        with self.assertRaises(ValueError):
            self.container.limit = 1.5
        self.container.resolution = None
        self.assertIsNone(self.container.resolution)

    def test_notification_targets_are_called(self):
        notified.clear()
        self.container.setAddNotificationTarget(note)
        self.container.setDelNotificationTarget(note)
        self.assertIs(self.container.getAddNotificationTarget(), note)
        self.assertIs(self.container.getDelNotificationTarget(), note)
        session = self.container.new("key")
        session["a"] = 1
        session.invalidate()
        self.assertEqual(notified, [("key", None, 1), ("key", 1, 1)])
        self.container.setAddNotificationTarget(None)
        self.container.new("key")
        self.assertEqual(len(notified), 2)

    def test_a_failing_notification_target_does_not_stop_the_visitor(self):
        self.container.setAddNotificationTarget("/no/such/script")
        with self.assertLogs("collective.sessiondata", logging.ERROR):
            self.container.new("key")["a"] = 1
        self.assertEqual(self.container.get("key")["a"], 1)

    def test_a_conflict_in_a_notification_target_is_no_failure_of_it(self):
        self.container.setAddNotificationTarget(meet_a_conflict)
        with self.assertRaises(ConflictError):
            self.container.new("key")

    def test_add_ons_are_told_what_happens(self):
        with told() as events:
            session = self.container.new("key")
            session["a"] = 1
            self.container.rotate(session, "new key")
            session.invalidate()
            self.container.new("other")["a"] = 2
            with travel(minutes=61):
                self.container.sweep()
        self.assertEqual(
            events,
            [
                (ISessionCreated, "key", []),
                (ISessionRotated, "new key", [("a", 1)]),
                (ISessionInvalidated, "new key", [("a", 1)]),
                (ISessionCreated, "other", []),
                (ISessionExpired, "other", [("a", 2)]),
            ],
        )

    def test_what_enters_no_container_is_not_told_of(self):
        with told() as events:
            self.container.prepare("key").invalidate()
            self.container.get("key")
        self.assertEqual(events, [])

    def test_a_subscriber_may_fill_a_new_session(self):
        @adapter(ISessionCreated)
        def greet(event):
            event.object["greeting"] = "hello"

        provideHandler(greet)
        self.addCleanup(getGlobalSiteManager().unregisterHandler, greet)
        pending = self.container.prepare("key")
        pending["a"] = 1
        session = self.container.get("key")
        self.assertEqual(dict(session.items()), {"greeting": "hello", "a": 1})

    def test_a_rotated_session_has_its_data_and_only_the_new_key(self):
        session = self.container.new("old")
        session["a"] = 1
        self.container.rotate(session, "new")
        self.assertIsNone(self.container.get("old"))
        self.assertIs(aq_base(self.container.get("new")), aq_base(session))
        self.assertEqual(session.getContainerKey(), "new")
        self.assertEqual(len(self.container), 1)
        self.assertTrue(self.container.holds(session))

    def test_rotating_takes_nobody_elses_place(self):
        session = self.container.new("old")
        self.container.new("taken")["a"] = 1
        for bad, error in (("taken", KeyError), ("old", KeyError), (1, TypeError)):
            with self.assertRaises(error):
                self.container.rotate(session, bad)
        with self.assertRaises(KeyError):
            self.container.rotate(self.container.prepare("pending"), "new")
        self.assertIsNotNone(self.container.get("old"))
        self.assertEqual(self.container.get("taken")["a"], 1)
        with travel(minutes=61):
            young = self.container.new("young")
            self.container.rotate(young, "taken")
            self.assertEqual(self.container.get("taken").items(), [])

    def test_no_key_is_kept(self):
        session = self.container.new("the-secret-key")
        self.assertNotIn("the-secret-key", repr(session.aq_base.__getstate__()))
        self.assertNotIn("the-secret-key", repr(self.container))


class StoredContainerTest(StorageTestCase):
    """The container in a real FileStorage."""

    def test_sessions_survive_a_restart(self):
        with self.request() as root:
            root["container"].new("key")["a"] = 1
        self.reopen_database()
        with self.request() as root:
            self.assertEqual(root["container"].get("key")["a"], 1)

    def test_a_prepared_session_costs_nothing_until_its_first_change(self):
        stored = []
        before = self.size()
        with self.request() as root:
            session = root["container"].prepare("key", lambda: stored.append(1))
            self.assertIsNone(session.get("a"))
            self.assertEqual(session.items(), [])
            session.clear()
            self.assertTrue(session.isPending())
        self.assertEqual(self.size(), before)
        self.assertEqual(stored, [])
        with self.request() as root:
            session = root["container"].prepare("key", lambda: stored.append(1))
            session["a"] = 1
            session["b"] = 2
            self.assertFalse(session.isPending())
            self.assertTrue(root["container"].holds(session))
        self.assertEqual(stored, [1])
        with self.request() as root:
            self.assertEqual(root["container"].get("key").keys(), ["a", "b"])

    def test_a_change_after_an_abort_is_stored_and_what_was_aborted_is_not(self):
        for savepoints in (0, 1):
            with self.subTest(savepoints=savepoints):
                request = self.open_request()
                session = request.container.prepare(f"key {savepoints}")
                session.update({"a": 1, "list": [1]})
                for _ in range(savepoints):
                    request.manager.savepoint()
                request.abort()
                self.assertFalse(request.container.holds(session))
                session["b"] = [1]
                session["b"].append(2)
                request.commit()
                with self.request() as root:
                    session = root["container"].get(f"key {savepoints}")
                    self.assertEqual(session.items(), [("b", [1, 2])])

    def test_a_change_after_a_rollback_is_stored(self):
        with OpenRequest(self.db) as request:
            before = request.manager.savepoint()
            session = request.container.prepare("key")
            session["a"] = 1
            request.manager.savepoint()
            before.rollback()
            session["b"] = 2
            request.commit()
        with self.request() as root:
            self.assertEqual(root["container"].get("key").items(), [("b", 2)])

    def test_a_stored_session_holds_on_to_nothing(self):
        with OpenRequest(self.db) as request:
            session = request.container.prepare("key", lambda: None)
            session["a"] = 1
            self.assertIsNotNone(aq_base(session)._v_place)
            request.commit()
            self.assertIsNone(aq_base(session)._v_place)

    def test_a_reader_writes_nothing_within_the_resolution(self):
        with self.request() as root:
            root["container"].new("key").update({"a": 1, "list": [1]})
        before = self.size()
        for seconds in (1, 100, 179):
            with travel(seconds=seconds), self.request() as root:
                self.assertEqual(root["container"].get("key").get("list"), [1])
        self.assertEqual(self.size(), before)
        with travel(seconds=181), self.request() as root:
            root["container"].get("key")
        written = self.size()
        self.assertGreater(written, before)
        with travel(seconds=182), self.request() as root:
            root["container"].get("key")
        self.assertEqual(self.size(), written)

    def create_at_once(self, batch, count):
        """Let so many requests overlap, each creating a session of its own."""
        requests = [self.open_request() for _ in range(count)]
        for number, request in enumerate(requests):
            request.container.new(f"{batch}-{number}")["a"] = number
        for request in requests:
            request.commit()
            request.close()

    def test_overlapping_creations_do_not_conflict(self):
        for batch in range(50):
            self.create_at_once(batch, 10)
        with self.request() as root:
            self.assertEqual(len(root["container"]), 500)
            for batch in range(50):
                for number in range(10):
                    session = root["container"].get(f"{batch}-{number}")
                    self.assertEqual(session["a"], number)

    def test_overlapping_creations_in_one_shard_do_not_conflict(self):
        with self.request() as root:
            root["container"] = TransientObjectContainer(shards=1)
        for batch in range(4):
            self.create_at_once(batch, 4)
        with self.request() as root:
            self.assertEqual(len(root["container"]), 16)

    def test_ends_and_creations_in_one_shard_do_not_conflict(self):
        for stored in (1, 2, FULL - 1):
            with self.subTest(stored=stored):
                with self.request() as root:
                    container = root["container"] = TransientObjectContainer(shards=1)
                    for number in range(stored):
                        container.new(f"old {number}")
                requests = [self.open_request() for _ in range(3)]
                first, second, third = requests
                first.container.get("old 0").invalidate()
                second.container.get("old 0").invalidate()
                third.container.new("new")["a"] = 1
                for request in requests:
                    request.commit()
                    request.close()
                with self.request() as root:
                    self.assertEqual(len(root["container"]), stored)
                    self.assertNotIn("old 0", root["container"])
                    self.assertEqual(root["container"].get("new")["a"], 1)

    def test_two_that_make_a_shard_too_full_conflict(self):
        with self.request() as root:
            container = root["container"] = TransientObjectContainer(shards=1)
            for number in range(FULL - 1):
                container.new(str(number))
        first, second = self.open_request(), self.open_request()
        for number in range(2):
            first.container.new(f"first {number}")
            second.container.new(f"second {number}")
        first.commit()
        with self.assertRaises(ConflictError):
            second.commit()
        second.abort()
        self.assertEqual(second.container.getLen(), FULL + 1)

    def test_many_in_one_shard_hinder_nobody(self):
        with self.request() as root:
            container = root["container"] = TransientObjectContainer(shards=1)
            for number in range(100):
                container.new(f"old {number}")
        first, second = self.open_request(), self.open_request()
        first.container.new("first")
        first.container.get("old 1").invalidate()
        second.container.new("second")
        second.container.get("old 2").invalidate()
        first.commit()
        second.commit()
        with self.request() as root:
            container = root["container"]
            self.assertEqual(len(container), 100)
            self.assertNotIn("old 1", container)
            self.assertNotIn("old 2", container)
            self.assertEqual(container.get("first").items(), [])
            self.assertEqual(container.get("second").items(), [])

    def test_two_that_end_one_of_very_many_count_it_once(self):
        with self.request() as root:
            container = root["container"] = TransientObjectContainer(shards=1)
            for number in range(100):
                container.new(str(number))
        first, second = self.open_request(), self.open_request()
        first.container.get("1").invalidate()
        second.container.get("1").invalidate()
        first.commit()
        with self.assertRaises(ConflictError):
            second.commit()
        second.abort()
        self.assertNotIn("1", second.container)
        self.assertEqual(len(second.container), 99)

    def test_a_change_meanwhile_goes_along_with_a_rotated_session(self):
        with self.request() as root:
            root["container"].new("old")
        first, second, third = (self.open_request() for _ in range(3))
        first.container.get("old")["a"] = 1
        second.container.rotate(second.container.get("old"), "new")
        third.container.get("old")["b"] = 2
        for request in (first, second, third):
            request.commit()
        with self.request() as root:
            self.assertIsNone(root["container"].get("old"))
            session = root["container"].get("new")
            self.assertEqual(dict(session.items()), {"a": 1, "b": 2})
            self.assertEqual(len(root["container"]), 1)

    def test_two_that_rotate_a_session_at_once_conflict(self):
        with self.request() as root:
            root["container"].new("old")
        first, second = self.open_request(), self.open_request()
        first.container.rotate(first.container.get("old"), "first")
        second.container.rotate(second.container.get("old"), "second")
        first.commit()
        with self.assertRaises(ConflictError):
            second.commit()
        second.abort()
        self.assertIsNone(second.container.get("second"))
        self.assertIsNotNone(second.container.get("first"))

    def test_an_end_wins_against_a_new_key(self):
        for end_first in (True, False):
            with self.subTest(end_first=end_first):
                with self.request() as root:
                    root["container"].new("old")
                ends, rotates = self.open_request(), self.open_request()
                ends.container.get("old").invalidate()
                session = rotates.container.get("old")
                rotates.container.rotate(session, "new")
                order = [ends, rotates] if end_first else [rotates, ends]
                for request in order:
                    request.commit()
                with self.request() as root, travel(minutes=61), told() as events:
                    self.assertIsNone(root["container"].get("old"))
                    self.assertIsNone(root["container"].get("new"))
                    # What is left of it is for the sweeper, and no news.
                    root["container"].sweep()
                self.assertEqual(events, [])
                with self.request() as root:
                    self.assertEqual(len(root["container"]), 0)

    def test_overlapping_writers_of_one_session_lose_nothing(self):
        with self.request() as root:
            root["container"].new("key")
        requests = [self.open_request() for _ in range(4)]
        for batch in range(100):
            for number, request in enumerate(requests):
                request.container.get("key")[f"{number}"] = batch
            for request in requests:
                request.commit()
            with self.request() as root:
                session = root["container"].get("key")
                for number in range(4):
                    self.assertEqual(session[f"{number}"], batch)

    def test_two_that_create_the_same_key_conflict(self):
        first, second = self.open_request(), self.open_request()
        first.container.new("key")["a"] = 1
        second.container.new("key")["a"] = 2
        first.commit()
        with self.assertRaises(ConflictError):
            second.commit()
        second.abort()
        self.assertEqual(second.container.new_or_existing("key")["a"], 1)

    def test_where_there_is_much_room_not_every_creation_counts(self):
        with self.request() as root:
            root["container"].limit = 1000
            root["container"].when_full = "refuse"
        with (
            mock.patch.object(
                Shards, "present", autospec=True, side_effect=Shards.present
            ) as counted,
            self.request() as root,
        ):
            for number in range(990):
                root["container"].new(str(number))
            self.assertLess(counted.call_count, 500)
            for number in range(10):
                root["container"].new(f"last {number}")
            with self.assertRaises(MaxTransientObjectsExceeded):
                root["container"].new("one more")

    def test_the_limit_counts_what_others_have_created(self):
        with self.request() as root:
            root["container"].limit = 2
            root["container"].when_full = "refuse"
        with self.request() as root:
            root["container"].new("first")
        other = self.open_request()
        self.assertEqual(len(other.container), 1)
        with self.request() as root:
            root["container"].new("second")
        other.manager.begin()
        with self.assertRaises(MaxTransientObjectsExceeded):
            other.container.new("third")

    def test_ten_thousand_sessions_are_counted_and_found(self):
        with self.request() as root:
            for number in range(10_000):
                root["container"].new(str(number))
        with self.request() as root:
            self.assertEqual(root["container"].getLen(), 10_000)
            self.assertIsNotNone(root["container"].get("9999"))
