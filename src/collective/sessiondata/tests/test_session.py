"""One visitor's data: what can be kept in it, and how two writers merge."""

from .. import clock
from ..container import TransientObjectContainer
from ..interfaces import ITransientObject
from ..interfaces import SessionTooLarge
from ..testing import travel
from .support import things
from .support.storage import OpenRequest
from .support.storage import StorageTestCase
from .support.things import CheckoutData
from .support.things import Plain
from Acquisition import aq_base
from Acquisition import Implicit
from BTrees.OOBTree import OOBTree
from datetime import datetime
from persistent.mapping import PersistentMapping
from Products.Transience.interfaces import IDictionaryLike
from Products.Transience.interfaces import IImmutablyValuedMappingOfPickleableObjects
from Products.Transience.interfaces import IItemWithId
from Products.Transience.interfaces import ITransient
from Products.Transience.interfaces import ITTWDictionary
from ZODB.POSException import ConflictError
from zope.interface.verify import verifyObject

import unittest


class MappingTest(unittest.TestCase):
    """The session as a mapping, in memory."""

    def setUp(self):
        self.session = TransientObjectContainer(shards=1).new("key")

    def test_it_keeps_the_contracts_it_claims(self):
        for interface in (
            ITransient,
            IItemWithId,
            ITTWDictionary,
            IDictionaryLike,
            IImmutablyValuedMappingOfPickleableObjects,
            ITransientObject,
        ):
            verifyObject(interface, self.session)

    def test_what_is_set_is_found(self):
        self.session.set("a", 1)
        self.session["b"] = [2]
        self.session.update({"c": {3: "three"}})
        self.assertEqual(self.session.get("a"), 1)
        self.assertEqual(self.session["b"], [2])
        self.assertEqual(self.session["c"], {3: "three"})
        self.assertIn("a", self.session)
        self.assertTrue(self.session.has_key("a"))
        self.assertEqual(sorted(self.session.keys()), ["a", "b", "c"])
        self.assertEqual(sorted(self.session), ["a", "b", "c"])
        self.assertIn(("b", [2]), self.session.items())
        self.assertIn({3: "three"}, self.session.values())
        self.assertEqual(len(self.session), 3)

    def test_what_is_missing_is_said(self):
        self.assertIsNone(self.session.get("a"))
        self.assertEqual(self.session.get("a", 1), 1)
        self.assertNotIn("a", self.session)
        for remove in (self.session.__getitem__, self.session.delete, self.session.pop):
            with self.assertRaises(KeyError):
                remove("a")
        self.assertEqual(self.session.pop("a", 2), 2)
        self.assertIsNone(self.session.pop("a", None))

    def test_what_is_removed_is_gone(self):
        self.session.update({"a": 1, "b": 2, "c": 3, "d": 4})
        del self.session["a"]
        self.session.delete("b")
        self.assertEqual(self.session.pop("c"), 3)
        self.assertEqual(self.session.keys(), ["d"])
        self.session.clear()
        self.assertEqual(self.session.items(), [])

    def test_setdefault_sets_once(self):
        self.assertEqual(self.session.setdefault("a", 1), 1)
        self.assertEqual(self.session.setdefault("a", 2), 1)

    def test_an_empty_session_is_true(self):
        self.assertTrue(self.session)

    def test_times_come_from_the_clock(self):
        created = self.session.getCreated()
        self.assertEqual(created, int(self.session.created))
        self.assertAlmostEqual(created, clock.now(), delta=2)
        self.assertIsNone(self.session.getLastModified())
        with travel(minutes=5):
            self.session["a"] = 1
        self.assertAlmostEqual(self.session.getLastModified(), created + 300, delta=2)
        self.assertAlmostEqual(self.session.getLastAccessed(), created + 300, delta=2)
        self.assertEqual(self.session.getCreated(), created)
        with travel(minutes=6):
            self.session.setLastAccessed()
            self.session.setLastModified()
        self.assertAlmostEqual(self.session.getLastModified(), created + 360, delta=2)

    def test_its_representation_shows_no_value_and_no_key(self):
        self.session["name"] = "secret"
        for shown in (repr(self.session), str(self.session), self.session.getId()):
            self.assertNotIn("secret", shown)
            self.assertNotIn("name", shown)
            self.assertNotIn("key", shown)

    def test_the_container_key_is_known_to_who_came_by_it(self):
        self.assertEqual(self.session.getContainerKey(), "key")
        self.assertNotEqual(self.session.getId(), "key")

    def test_names_are_not_acquired(self):
        with self.assertRaises(AttributeError):
            self.session.timeout


class ValueTest(StorageTestCase):
    """What can be kept, what cannot, and what is kept of changes in place."""

    def keep(self, **values):
        with self.request() as root:
            root["container"].new_or_existing("key").update(values)

    def kept(self):
        with self.request() as root:
            return dict(root["container"].get("key").items())

    def test_values_of_every_kind_come_back(self):
        values = {
            "text": "ä",
            "bytes": b"\0",
            "number": 1.5,
            "nothing": None,
            "tuple": (b"a", "b"),
            "list": [1, [2]],
            "set": {1},
            "time": datetime(2024, 2, 29),
        }
        self.keep(**values)
        self.assertEqual(self.kept(), values)

    def test_a_persistent_value_saves_its_own_changes(self):
        self.keep(cart=CheckoutData())
        with self.request() as root:
            root["container"].get("key")["cart"].items = ("tea",)
        self.assertEqual(self.kept()["cart"].items, ("tea",))

    def test_persistent_objects_inside_plain_values_are_kept(self):
        self.keep(carts=[CheckoutData()])
        with self.request() as root:
            root["container"].get("key")["carts"][0].items = ("tea",)
        self.assertEqual(self.kept()["carts"][0].items, ("tea",))

    def test_changes_in_place_are_kept(self):
        self.keep(list=[1], dict={"a": [1]}, set={1}, other=[0])
        with self.request() as root:
            session = root["container"].get("key")
            session["list"].append(2)
            session["dict"]["a"].append(2)
            session["set"].add(2)
        self.assertEqual(
            self.kept(),
            {"list": [1, 2], "dict": {"a": [1, 2]}, "set": {1, 2}, "other": [0]},
        )

    def test_changes_in_place_right_after_setting_are_kept(self):
        with self.request() as root:
            session = root["container"].new("key")
            items = session["list"] = []
            items.append(1)
            session["list"].append(2)
        self.assertEqual(self.kept(), {"list": [1, 2]})

    def test_changes_in_place_around_persistent_objects_are_kept(self):
        self.keep(carts=[CheckoutData()], by_name={})
        with self.request() as root:
            session = root["container"].get("key")
            session["carts"].append(CheckoutData())
            session["carts"].append(session["carts"][0])
            session["by_name"]["first"] = session["carts"][0]
        with self.request() as root:
            session = root["container"].get("key")
            first, second, again = session["carts"]
            self.assertIs(first, again)
            self.assertIs(session["by_name"]["first"], first)
            self.assertIsNot(first, second)
            second.items = ("tea",)
        before = self.size()
        self.assertEqual(self.kept()["carts"][1].items, ("tea",))
        self.assertEqual(self.size(), before)

    def test_changes_in_place_survive_a_savepoint(self):
        self.keep(list=[1], other=1)
        with OpenRequest(self.db) as request:
            session = request.container.get("key")
            handed = session["list"]
            session["other"] = 2
            request.manager.savepoint()
            request.connection.cacheMinimize()
            handed.append(2)
            request.commit()
        self.assertEqual(self.kept(), {"list": [1, 2], "other": 2})

    def test_changes_in_place_survive_a_rollback_and_a_full_cache(self):
        self.keep(list=[0])
        with OpenRequest(self.db) as request:
            session = request.container.get("key")
            session["list"].append(1)
            savepoint = request.manager.savepoint()
            session["other"] = 1
            savepoint.rollback()
            request.connection.cacheMinimize()
            self.assertEqual(session["list"], [0, 1])
            session["list"].append(2)
            request.commit()
        self.assertEqual(self.kept(), {"list": [0, 1, 2]})

    def test_a_change_in_place_that_cannot_be_kept_names_the_key(self):
        self.keep(list=[1])
        request = self.open_request()
        request.container.get("key")["list"].append(lambda: None)
        with self.assertRaisesRegex(TypeError, "'list'"):
            request.commit()
        request.abort()
        self.assertEqual(self.kept(), {"list": [1]})

    def test_a_change_in_place_that_was_aborted_is_gone(self):
        self.keep(list=[1])
        request = self.open_request()
        request.container.get("key")["list"].append(2)
        request.abort()
        self.assertEqual(request.container.get("key")["list"], [1])
        request.commit()
        self.assertEqual(self.kept(), {"list": [1]})

    def test_two_requests_share_no_list(self):
        self.keep(list=[1])
        one, other = self.open_request(), self.open_request()
        one.container.get("key")["list"].append(2)
        self.assertEqual(other.container.get("key")["list"], [1])

    def test_looking_at_values_writes_nothing(self):
        self.keep(list=[1], plain=Plain("text"), text="text", cart=CheckoutData())
        before = self.size()
        self.assertEqual(self.kept()["list"], [1])
        self.assertEqual(self.size(), before)

    def test_what_cannot_be_pickled_names_the_key_and_harms_nothing(self):
        class Local:
            pass

        class Wrapped(Implicit):
            pass

        wrapped = Wrapped().__of__(Wrapped())
        unpicklable_cart = CheckoutData()
        unpicklable_cart.items = lambda: None
        self.keep(good=1)
        for bad in (
            lambda: None,
            Local(),
            wrapped,
            [wrapped],
            {"a": (lambda: None)},
            unpicklable_cart,
        ):
            with self.subTest(type(bad)):
                with self.request() as root:
                    session = root["container"].get("key")
                    with self.assertRaisesRegex(TypeError, "'bad'"):
                        session["bad"] = bad
                    with self.assertRaisesRegex(TypeError, "'bad'"):
                        session.update({"new": 1, "bad": bad})
                self.assertEqual(self.kept(), {"good": 1})

    def test_a_session_may_not_grow_too_large(self):
        self.keep(good=1)
        with self.request() as root:
            root["container"].max_size = 1000
        with self.request() as root:
            session = root["container"].get("key")
            for bad in ("x" * 1000, b"x" * 1000, ["x" * 500, "y" * 500], "ä" * 500):
                with self.subTest(type(bad)):
                    with self.assertRaisesRegex(SessionTooLarge, "'bad'.* 1,000 is"):
                        session["bad"] = bad
                    with self.assertRaises(SessionTooLarge):
                        session.update({"new": 1, "bad": bad})
            session["half"] = "x" * 500
            with self.assertRaises(SessionTooLarge):
                session["other half"] = "y" * 500
            # What takes the place of something else may be as large as that.
            session["half"] = "y" * 900
        self.assertEqual(self.kept(), {"good": 1, "half": "y" * 900})

    def test_a_new_session_may_not_grow_too_large_bit_by_bit(self):
        with self.request() as root:
            root["container"].max_size = 1000
            session = root["container"].new("new")
            session["half"] = "x" * 600
            with self.assertRaises(SessionTooLarge):
                session["other half"] = "y" * 600

    def test_a_session_may_not_grow_too_large_in_place_either(self):
        self.keep(list=[], cart=CheckoutData(), tree=OOBTree())
        with self.request() as root:
            root["container"].max_size = 1000
        for grow in (
            lambda session: session["list"].append("x" * 1000),
            lambda session: setattr(session["cart"], "items", "x" * 1000),
            lambda session: session["tree"].update({1: "x" * 1000}),
            lambda session: session["tree"].update({1: CheckoutData()})
            or setattr(session["tree"][1], "items", "x" * 1000),
        ):
            request = self.open_request()
            grow(request.container.get("key"))
            with self.assertRaisesRegex(SessionTooLarge, "1,000 is"):
                request.commit()
            request.abort()
        with self.request() as root:
            session = root["container"].get("key")
            self.assertEqual((session["list"], session["cart"].items), ([], ()))
            self.assertEqual(len(session["tree"]), 0)

    def test_the_cache_may_let_go_of_a_session_whose_size_is_limited(self):
        self.keep(good=1)
        with self.request() as root:
            root["container"].max_size = 1000
            session = root["container"].get("key")
            aq_base(session)._p_deactivate()
            with self.assertRaises(SessionTooLarge):
                session["bad"] = "x" * 1000

    def test_what_is_not_loaded_counts_for_the_size_too(self):
        self.keep(tree=OOBTree({number: f"{number:0100}" for number in range(1000)}))
        with self.request() as root:
            root["container"].max_size = 100_000
            self.assertGreater(root["container"].get("key").getSize(), 100_000)
        request = self.open_request()
        request.container.get("key")["tree"][1000] = "y"
        with self.assertRaises(SessionTooLarge):
            request.commit()
        request.abort()
        # To make it smaller is possible.
        with self.request() as root:
            root["container"].get("key")["tree"].clear()
        with self.request() as root:
            self.assertLess(root["container"].get("key").getSize(), 1000)

    def test_without_a_largest_size_all_is_kept(self):
        with self.request() as root:
            root["container"].max_size = 0
        self.keep(large="x" * 5_000_000)
        self.assertEqual(len(self.kept()["large"]), 5_000_000)

    def test_what_was_stored_elsewhere_is_not_the_sessions_own(self):
        with self.request() as root:
            root["content"] = PersistentMapping()
        with self.request() as root:
            session = root["container"].new("key")
            session["mine"] = CheckoutData()
            session["mine"].items = [PersistentMapping()]
            session["many"] = [PersistentMapping()]
            session["theirs"] = root["content"]
            session["hidden"] = {"content": root["content"]}
        with self.request() as root:
            session = root["container"].get("key")
            self.assertIs(session["theirs"], root["content"])
            session["again"] = session["mine"]
            own = session.persistent_values()
            self.assertIn(id(session["mine"]), own)
            self.assertIn(id(session["mine"].items[0]), own)
            self.assertIn(id(session["many"][0]), own)
            self.assertNotIn(id(root["content"]), own)
            self.assertEqual(len(own), 3)


class OwnershipTest(StorageTestCase):
    """Which Persistent objects were made for a session: see ``ownership``."""

    def setUp(self):
        super().setUp()
        with self.request() as root:
            root["content"] = PersistentMapping()
            root["container"].new("key")["cart"] = CheckoutData()

    def own(self, look):
        """Return whether what ``look`` finds in the session is its own."""
        with self.request() as root:
            session = root["container"].get("key")
            return id(look(session)) in session.persistent_values()

    def test_what_is_made_later_below_a_value_is_its_own(self):
        with self.request() as root:
            root["container"].get("key")["cart"].items = [PersistentMapping()]
        self.assertTrue(self.own(lambda session: session["cart"].items[0]))

    def test_what_moves_within_the_session_stays_its_own(self):
        with self.request() as root:
            root["container"].get("key")["cart"].items = [PersistentMapping()]
        with self.request() as root:
            session = root["container"].get("key")
            session["new"] = CheckoutData()
            session["new"].items = session["cart"].items
            del session["cart"]
        self.assertTrue(self.own(lambda session: session["new"].items[0]))

    def test_what_is_attached_is_not_its_own(self):
        with self.request() as root:
            cart = root["container"].get("key")["cart"]
            cart.items = {"deep": [root["content"]]}
            cart.more = CheckoutData()
            cart.more.items = [PersistentMapping()]
        self.assertFalse(self.own(lambda session: session["cart"].items["deep"][0]))
        self.assertTrue(self.own(lambda session: session["cart"].more.items[0]))

    def test_what_was_attached_does_not_become_its_own_under_a_key(self):
        with self.request() as root:
            session = root["container"].get("key")
            session["cart"].items = root["content"]
            session["direct"] = session["cart"].items
        with self.request() as root:
            session = root["container"].get("key")
            session["again"] = session["cart"].items
        for key in ("direct", "again"):
            self.assertFalse(self.own(lambda session: session[key]))

    def test_two_that_attach_strangers_merge(self):
        with self.request() as root:
            root["more"] = PersistentMapping()
            root["container"].get("key")["other"] = CheckoutData()
        first, second = self.open_request(), self.open_request()
        first.container.get("key")["cart"].items = first.root["content"]
        second.container.get("key")["other"].items = second.root["more"]
        first.commit()
        second.commit()
        for key in ("cart", "other"):
            self.assertFalse(self.own(lambda session: session[key].items))

    def test_a_growing_tree_stays_its_own(self):
        with self.request() as root:
            root["container"].get("key")["tree"] = OOBTree(
                {number: number for number in range(1000)}
            )
        with self.request() as root:
            tree = root["container"].get("key")["tree"]
            tree.update({number: number for number in range(1000, 30_000)})
        with self.request() as root:
            session = root["container"].get("key")
            self.assertEqual(len(session["tree"]), 30_000)
            own = session.persistent_values()
            # All its nodes, and the cart is not loaded.
            self.assertGreater(len(own), 1000)
            self.assertIn(id(session["tree"]._firstbucket), own)
            self.assertFalse(aq_base(session)._foreign)


class BrokenValueTest(StorageTestCase):
    """The class of a value is gone, as when its add-on was uninstalled."""

    def setUp(self):
        super().setUp()
        with self.request() as root:
            session = root["container"].new("key")
            session.update({"plain": Plain("text"), "cart": CheckoutData(), "a": 1})
        hidden = {name: getattr(things, name) for name in ("Plain", "CheckoutData")}
        for name in hidden:
            delattr(things, name)
        self.addCleanup(vars(things).update, hidden)
        self.reopen_database()

    def test_the_rest_of_the_session_is_unharmed(self):
        with self.request() as root:
            session = root["container"].get("key")
            self.assertEqual(session["a"], 1)
            self.assertEqual(session.keys(), ["plain", "cart", "a"])
            with self.assertRaises(AttributeError):
                session["plain"]
            session["cart"]._p_activate()
            session.persistent_values()
            session["b"] = 2

    def test_the_value_can_be_removed(self):
        with self.request() as root:
            session = root["container"].get("key")
            del session["plain"]
            del session["cart"]
        with self.request() as root:
            self.assertEqual(root["container"].get("key").items(), [("a", 1)])


class MergeTest(StorageTestCase):
    """Two requests of one browser that overlap."""

    def setUp(self):
        super().setUp()
        with self.request() as root:
            root["container"].new("key").update({"a": 1, "b": 1, "list": [1]})
        self.first = self.open_request()
        self.second = self.open_request()

    def both(self, first, second):
        """Let both change the session, then commit both; return what it holds."""
        first(self.first.container.get("key"))
        second(self.second.container.get("key"))
        self.first.commit()
        self.second.commit()
        with self.request() as root:
            session = root["container"].get("key")
            return None if session is None else dict(session.items())

    def test_different_keys_both_win(self):
        self.assertEqual(
            self.both(lambda s: s.set("a", 2), lambda s: s.set("c", 3)),
            {"a": 2, "b": 1, "c": 3, "list": [1]},
        )

    def test_set_and_delete_of_different_keys_both_win(self):
        self.assertEqual(
            self.both(lambda s: s.set("a", 2), lambda s: s.delete("b")),
            {"a": 2, "list": [1]},
        )

    def test_both_may_delete_the_same(self):
        self.assertEqual(
            self.both(
                lambda s: (s.set("a", 2), s.delete("b")),
                lambda s: s.delete("b"),
            ),
            {"a": 2, "list": [1]},
        )

    def test_two_that_count_one_up_make_two(self):
        for change in (
            lambda s: s.set("a", s["a"] + 1),
            lambda s: s["list"].append(1),
            lambda s: s.set("new", 1),
        ):
            with self.subTest(change), self.assertRaises(ConflictError):
                self.both(change, change)
            self.second.abort()

    def test_clear_removes_what_it_saw(self):
        self.assertEqual(
            self.both(lambda s: s.set("new", 2), lambda s: s.clear()), {"new": 2}
        )

    def test_a_change_in_place_merges_with_another_key(self):
        self.assertEqual(
            self.both(lambda s: s["list"].append(2), lambda s: s.set("a", 2)),
            {"a": 2, "b": 1, "list": [1, 2]},
        )

    def test_persistent_values_of_different_keys_both_win(self):
        result = self.both(
            lambda s: s.set("cart", CheckoutData()),
            lambda s: s.set("carts", [CheckoutData()]),
        )
        self.assertEqual(sorted(result), ["a", "b", "cart", "carts", "list"])

    def test_the_same_key_is_a_conflict_and_the_retry_loses_nothing(self):
        for change in (
            lambda s: s.set("a", 3),
            lambda s: s.delete("a"),
            lambda s: s.set("a", [3]),
            lambda s: s.set("a", CheckoutData()),
        ):
            with self.subTest(change), self.assertRaises(ConflictError):
                self.both(lambda s: s.set("a", s["a"] + 1), change)
            self.second.abort()
        # As the publisher does: once more, with what the other has written.
        self.both(lambda s: s.set("a", s["a"] + 1), lambda s: None)
        self.assertEqual(self.second.container.get("key")["a"], 6)

    def test_an_end_is_final(self):
        self.assertIsNone(self.both(lambda s: s.set("a", 2), lambda s: s.invalidate()))

    def test_an_end_that_came_first_is_final(self):
        self.assertIsNone(self.both(lambda s: s.invalidate(), lambda s: s.set("a", 2)))

    def test_access_and_change_do_not_conflict_and_the_later_time_is_kept(self):
        with travel(minutes=30):
            self.first.container.get("key")
        with travel(minutes=20):
            self.second.container.get("key")["a"] = 2
        self.first.commit()
        self.second.commit()
        with travel(minutes=89), self.request() as root:
            self.assertEqual(root["container"].get("key")["a"], 2)

    def test_values_whose_class_is_gone_do_not_hinder_the_merge(self):
        with self.request() as root:
            root["container"].get("key")["plain"] = Plain("text")
        self.first.abort()
        self.second.abort()
        hidden = things.Plain
        del things.Plain
        try:
            self.assertEqual(
                self.first.container.get("key").keys(), ["a", "b", "list", "plain"]
            )
            self.first.container.get("key")["a"] = 2
            self.second.container.get("key")["b"] = 2
            self.first.commit()
            self.second.commit()
        finally:
            things.Plain = hidden
        with self.request() as root:
            session = root["container"].get("key")
            self.assertEqual((session["a"], session["b"]), (2, 2))
            self.assertEqual(session["plain"].text, "text")
