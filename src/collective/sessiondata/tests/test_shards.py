"""Sessions by digest: found, counted, and handed on where there are many."""

from ..storage.shards import FULL
from ..storage.shards import Shard
from ..storage.shards import Shards
from .support.storage import OpenRequest
from .support.storage import StorageTestCase
from hashlib import blake2b
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st
from persistent import Persistent
from ZODB.POSException import ConflictError


class Session(Persistent):
    """As far as shards know."""


def digest(number):
    return blake2b(str(number).encode(), digest_size=16).digest()


# What overlapping transactions do: put in or remove the session of a number.  There
# are few shards, so that they are full soon.
CHANGES = st.lists(
    st.tuples(st.sampled_from(["put", "remove"]), st.integers(0, 3 * FULL)),
    max_size=2 * FULL,
)


class ShardsTest(StorageTestCase):
    def setUp(self):
        super().setUp()
        with self.request() as root:
            root["shards"] = Shards(2)

    def put(self, shards, numbers, since=1000):
        for number in numbers:
            shards.put(digest(number), Session(), since)

    def test_what_was_put_in_is_found(self):
        for there, count in enumerate((1, FULL, 3 * FULL, 20 * FULL)):
            with self.request() as root:
                shards = root["shards"] = Shards(2)
                self.put(shards, range(count))
            with self.request() as root:
                shards = root["shards"]
                self.assertEqual(shards.stored(), count)
                self.assertEqual(shards.created(), count)
                for number in range(count):
                    self.assertIsInstance(shards.get(digest(number)), Session)
                self.assertIsNone(shards.get(digest(count)))

    def test_what_was_removed_is_gone_and_still_came(self):
        with self.request() as root:
            self.put(root["shards"], range(10 * FULL))
        with self.request() as root:
            shards = root["shards"]
            for number in range(10 * FULL):
                shards.remove(digest(number))
                self.assertIsNone(shards.get(digest(number)))
            with self.assertRaises(KeyError):
                shards.remove(digest(0))
        with self.request() as root:
            self.assertEqual(root["shards"].stored(), 0)
            self.assertEqual(root["shards"].created(), 10 * FULL)

    def test_what_moves_does_not_come_again(self):
        with self.request() as root:
            self.put(root["shards"], range(10))
            session = root["shards"].get(digest(1))
            root["shards"].remove(digest(1))
            root["shards"].put(digest(10), session, 1000, created=0)
            self.assertEqual(root["shards"].stored(), 10)
            self.assertEqual(root["shards"].created(), 10)

    def test_a_full_shard_is_not_written_any_more(self):
        with self.request() as root:
            self.put(root["shards"], range(10 * FULL))
        with OpenRequest(self.db) as request:
            self.put(request.root["shards"], ["one more"])
            written = request.connection._registered_objects
            self.assertFalse(
                any(isinstance(it, Shard) and it.below for it in written), written
            )
            request.commit()

    def test_all_are_visited_from_anywhere(self):
        with self.request() as root:
            self.put(root["shards"], range(5 * FULL))
        with self.request() as root:
            for first in (0, 1):
                visited = [leaf for leaf, _loaded in root["shards"].leaves(first)]
                sessions = [
                    session for leaf in visited for session in leaf.prefetched()
                ]
                self.assertEqual(len(set(map(id, sessions))), 5 * FULL)
                self.assertEqual(len(sessions), 5 * FULL)
                top = root["shards"].tops[first]
                self.assertIn(visited[0], {*top.below[:1], *top.below[0].below[:1]})

    def test_what_was_asked_for_lately_need_not_be_loaded(self):
        with self.request() as root:
            self.put(root["shards"], range(20), since=1000)
            self.put(root["shards"], range(20, 25), since=2000.9)
        with self.request() as root:
            for before, count in (
                (None, 25),
                (1000, 0),
                (1001, 20),
                (2000, 20),
                (2001, 25),
            ):
                due = [
                    session
                    for leaf, _loaded in root["shards"].leaves()
                    for session in leaf.prefetched(before)
                ]
                self.assertEqual(len(due), count, before)

    def test_an_aborted_change_leaves_nothing_behind(self):
        with self.request() as root:
            self.put(root["shards"], range(FULL))
        with OpenRequest(self.db) as request:
            self.put(request.root["shards"], range(FULL, 3 * FULL))
            request.root["shards"].remove(digest(0))
            request.abort()
            self.assertEqual(request.root["shards"].stored(), FULL)
            self.assertIsNotNone(request.root["shards"].get(digest(0)))
            self.assertIsNone(request.root["shards"].get(digest(FULL)))

    @settings(
        max_examples=100,
        deadline=None,
        suppress_health_check=[HealthCheck.differing_executors],
    )
    @given(st.lists(st.lists(CHANGES, min_size=2, max_size=3), max_size=3))
    def test_every_interleaving_is_found_and_counted_right(self, rounds):
        present, came = set(), 0
        with self.request() as root:
            root["shards"] = Shards(2)
        for overlapping in rounds:
            requests = [OpenRequest(self.db) for _ in overlapping]
            done = [
                self.change(request.root["shards"], changes, set(present))
                for request, changes in zip(requests, overlapping)
            ]
            for request, changes, (put, removed) in zip(requests, overlapping, done):
                try:
                    request.commit()
                except ConflictError:
                    request.abort()
                    put, removed = self.change(
                        request.root["shards"], changes, set(present)
                    )
                    request.commit()
                else:
                    # Nobody has put in the same.
                    self.assertFalse(put & (present - removed))
                request.close()
                came += len(put)
                present = (present - removed) | put
            with self.request() as root:
                shards = root["shards"]
                self.assertEqual(
                    (shards.stored(), shards.created()), (len(present), came)
                )
                for number in range(3 * FULL + 1):
                    found = shards.get(digest(number)) is not None
                    self.assertEqual(found, number in present)

    def change(self, shards, changes, present):
        """Do what ``changes`` say and can be done; return what came and what went."""
        put, removed = set(), set()
        for name, number in changes:
            if name == "put" and number not in present | put | removed:
                self.put(shards, [number])
                put.add(number)
            elif name == "remove" and number in present - removed:
                shards.remove(digest(number))
                removed.add(number)
        return put, removed
