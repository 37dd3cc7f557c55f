"""Which sessions belong to a user, as far as the storage goes."""

from ..storage.shards import FULL
from .support.storage import StorageTestCase
from ZODB.POSException import ConflictError

import transaction


class UsersTest(StorageTestCase):
    def put(self, key, user_id=None):
        with self.request() as root:
            session = root["container"].new(key)
            session["a"] = 1
            if user_id is not None:
                root["container"].bind(session, user_id)

    def keys_of(self, user_id):
        with self.request() as root:
            return len(root["container"].sessions_of(user_id))

    def noted(self):
        """Return how many sessions are noted to be somebody's."""
        with self.request() as root:
            index = root["container"].store.owned
            return sum(len(leaf.sessions) for leaf, _ in index.leaves())

    def test_many_of_one_user_and_one_of_another(self):
        count = FULL * 5
        for number in range(count):
            self.put(f"anna {number}", "anna")
        self.put("bert", "bert")
        self.put("nobody")
        self.assertEqual(self.keys_of("anna"), count)
        self.assertEqual(self.keys_of("bert"), 1)
        self.assertEqual(self.keys_of("nobody"), 0)
        with self.request() as root:
            self.assertEqual(root["container"].end_sessions_of("anna"), count)
        self.assertEqual(self.keys_of("anna"), 0)
        self.assertEqual(self.keys_of("bert"), 1)
        self.assertEqual(self.noted(), 1)

    def test_a_users_session_stays_the_users_when_it_is_rotated(self):
        self.put("old", "anna")
        with self.request() as root:
            container = root["container"]
            container.rotate(container["old"], "new")
        with self.request() as root:
            (session,) = root["container"].sessions_of("anna")
            self.assertEqual(session.getUserId(), "anna")
            self.assertIs(session.aq_base, root["container"]["new"].aq_base)
        self.assertEqual(self.noted(), 1)

    def test_a_user_id_of_a_subclass_of_str_is_the_owner_after_a_reload(self):
        class Id(str):
            """As lxml returns texts."""

        self.put("session", Id("anna"))
        self.db.cacheMinimize()
        with self.request() as root:
            session = root["container"]["session"].aq_base
            self.assertIs(type(session.user_id), str)
            self.assertEqual(session.getUserId(), "anna")

    def test_nobodys_session_needs_no_place_for_a_user(self):
        self.put("nobody")
        with self.request() as root:
            session = root["container"]["nobody"].aq_base
            self.assertEqual(len(session.__getstate__()), 2)

    def test_logins_at_the_same_moment_do_not_conflict(self):
        for number in range(10):
            self.put(f"{number}")
        requests = [self.open_request() for number in range(10)]
        for number, request in enumerate(requests):
            container = request.root["container"]
            container.rotate(container[f"{number}"], f"new {number}")
            container.bind(container[f"new {number}"], "anna")
        for request in requests:
            request.commit()
        self.assertEqual(self.keys_of("anna"), 10)

    def overlapping(self, first, second):
        """Do both with one session, which nobody has, in overlapping requests."""
        self.put("session")
        one, other = self.open_request(), self.open_request()
        for request, change in ((one, first), (other, second)):
            change(request.root["container"]["session"])
        one.commit()
        other.commit()

    def test_what_is_changed_meanwhile_is_the_users_too(self):
        self.overlapping(
            lambda session: session.aq_parent.bind(session, "anna"),
            lambda session: session.set("b", 2),
        )
        with self.request() as root:
            (session,) = root["container"].sessions_of("anna")
            self.assertEqual(dict(session.items()), {"a": 1, "b": 2})

    def test_two_users_cannot_have_one_session(self):
        with self.assertRaises(ConflictError):
            self.overlapping(
                lambda session: session.aq_parent.bind(session, "anna"),
                lambda session: session.aq_parent.bind(session, "bert"),
            )
        self.assertEqual((self.keys_of("anna"), self.keys_of("bert")), (1, 0))

    def test_one_that_is_ended_meanwhile_is_nobodys_and_leaves_nothing(self):
        def log_in(session):
            session.aq_parent.rotate(session, "new")
            session.aq_parent.bind(session, "anna")

        for first, second in (
            (log_in, lambda session: session.invalidate()),
            (lambda session: session.invalidate(), log_in),
        ):
            try:
                self.overlapping(first, second)
            except ConflictError:
                transaction.abort()
            with self.request() as root:
                sessions = root["container"].sessions_of("anna")
                for session in sessions:
                    session.invalidate()
            with self.request() as root:
                root["container"].sweep()
            self.assertEqual(self.keys_of("anna"), 0)
            with self.request() as root:
                # What was ended while it was rotated is removed when it is due.
                for session in root["container"].values():
                    self.assertTrue(session.isValid())

    def test_what_was_there_when_all_were_ended_is_over(self):
        self.put("before")
        one, other = self.open_request(), self.open_request()
        one.root["container"].end_all()
        other.root["container"].new("meanwhile")["a"] = 1
        one.commit()
        other.commit()
        self.put("after")
        with self.request() as root:
            container = root["container"]
            self.assertNotIn("before", container)
            self.assertIn("after", container)
            # It was there when all were ended.
            self.assertNotIn("meanwhile", container)
            self.assertEqual(container.sweep().removed, 2)
        with self.request() as root:
            self.assertEqual(len(root["container"]), 1)
