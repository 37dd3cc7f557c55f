"""``@sessions``, over HTTP"""

from ..demo.data import SLOT
from ..operations import housekeeper
from ..plone.browser.listing import SORTS
from ..settings.browserid import COOKIE_NAME
from ..testing import travel
from .support.rest import RestTestCase
from datetime import datetime
from plone.app.testing import TEST_USER_ID
from plone.app.testing import TEST_USER_NAME
from plone.app.testing import TEST_USER_PASSWORD
from Products.Transience.Transience import TransientObjectContainer as StockContainer
from unittest import mock

import transaction


class OverviewTest(RestTestCase):
    """``@sessions``: for administrators."""

    def setUp(self):
        super().setUp()
        with travel(minutes=-5):
            self.begin(self.alice, tea=2)
        self.begin(self.bob, cup=1)
        self.admin = self.user("Site Administrator")

    def get(self, address="@sessions"):
        return self.assertAnswer(self.admin.get(address), 200).json()

    def rows(self, query=""):
        return self.get(f"@sessions{query}")["items"]

    def test_viewing_and_ending_need_permissions(self):
        first, second = self.rows()
        for client in (self.alice, self.user("Editor")):
            for answer in (
                client.get("@sessions"),
                client.get(first["@id"]),
                client.delete(first["@id"]),
                client.delete("@sessions?user=x"),
                client.delete("@sessions?all=1"),
            ):
                self.assertEqual(answer.status_code, 401)
        self.assertEqual(len(self.container), 2)
        for role in ("Site Administrator", "Manager"):
            client = self.user(role)
            self.assertAnswer(client.get("@sessions"), 200)
            self.assertAnswer(client.delete(first["@id"]), 204)
            first = second

    def test_viewing_and_ending_are_two_permissions(self):
        self.portal.manage_permission(
            "collective.sessiondata: View sessions", ["Editor"]
        )
        editor = self.user("Editor")
        first, second = self.assertAnswer(editor.get("@sessions"), 200).json()["items"]
        self.assertEqual(editor.delete(first["@id"]).status_code, 401)

    def test_statistics(self):
        shown = self.get()
        self.assertEqual(shown["@id"], f"{self.portal.absolute_url()}/@sessions")
        numbers = shown["statistics"]
        self.assertEqual(numbers["live"], 2)
        self.assertEqual(numbers["anonymous"], 2)
        self.assertEqual(numbers["logged_in"], 0)
        self.assertEqual(numbers["created_total"], 2)
        self.assertGreater(numbers["size_bytes"], 100)
        self.assertTrue(numbers["exact"])
        self.assertEqual(numbers["idle"][0], {"below_seconds": 60, "count": 1})
        self.assertEqual(sum(step["count"] for step in numbers["idle"]), 2)
        self.assertIsNone(numbers["idle"][-1]["below_seconds"])
        self.assertEqual(numbers["history"][-1]["count"], 2)
        for time in (numbers["history"][-1]["time"], shown["items"][0]["created"]):
            self.assertTrue(time.endswith("Z"))
            datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ")
        self.assertIsNone(numbers["swept"])
        with travel(minutes=61):
            housekeeper.maintain(self.container, "this test", lambda seconds: True)
            numbers = self.get()["statistics"]
        self.assertEqual((numbers["live"], numbers["swept_total"]), (0, 2))
        self.assertTrue(numbers["swept"].endswith("Z"))

    def test_all_statistics_of_the_overview(self):
        statistics = self.container.statistics()
        shown = self.get()["statistics"]
        self.assertEqual(len(shown), len(statistics.__dataclass_fields__))
        self.assertIsNotNone(shown["median_stay_seconds"])
        with travel(minutes=61):
            self.container.sweep()
            transaction.commit()
            self.assertIsNone(self.get()["statistics"]["median_stay_seconds"])

    def test_location(self):
        where = self.get()["location"]
        self.assertEqual(where.pop("size_bytes") > 0, True)
        self.assertEqual(
            where, {"database": "unnamed", "storage": "DemoStorage", "dedicated": False}
        )

    def test_values_and_ids_are_not_listed(self):
        answer = self.admin.get("@sessions")
        bob, alice = answer.json()["items"]
        self.assertEqual((alice["keys"], alice["keys_total"]), ([SLOT], 1))
        self.assertIsNone(alice["user_id"])
        self.assertGreater(alice["size_bytes"], 100)
        for client in (self.alice, self.bob):
            self.assertNotIn(client.cookies[COOKIE_NAME], answer.text)
        self.assertEqual(self.get(alice["@id"]), alice)

    def test_reading_writes_nothing_and_does_not_update_access_times(self):
        before = self.last_transaction()
        rows = self.rows()
        self.assertEqual(self.last_transaction(), before)
        with travel(minutes=30):
            self.assertEqual(self.rows(), rows)

    def test_a_container_of_another_product_is_not_listed(self):
        app = self.layer["app"]
        app._setObject("stock", StockContainer("stock"))
        self.portal.session_data_manager.setContainerPath("/stock")
        transaction.commit()
        self.assertNothingListed()

    def test_nothing_is_listed_before_the_container_exists(self):
        # For example after a database for sessions was configured.
        self.portal.session_data_manager.container_id = "another"
        transaction.commit()
        self.assertNothingListed()

    def assertNothingListed(self):
        before = self.last_transaction()
        shown = self.get()
        self.assertEqual(shown["items"], [])
        self.assertTrue(shown["complete"])
        self.assertIsNone(shown["statistics"])
        self.assertIsNone(shown["location"])
        self.assertEqual(self.last_transaction(), before)
        self.assertRefused(self.admin.delete("@sessions/0123456789"), 404)

    def test_a_missing_container_is_reported(self):
        self.portal.session_data_manager.setContainerPath("/nowhere")
        transaction.commit()
        before = self.last_transaction()
        for method, address in (
            ("GET", "@sessions"),
            ("GET", "@sessions/0123456789"),
            ("DELETE", "@sessions/0123456789"),
        ):
            self.assertRefused(
                self.admin.request(method, address),
                503,
                "There is no container for sessions at /nowhere",
                "interface at /plone/session_data_manager",
            )
        self.assertEqual(self.last_transaction(), before)

    def test_sessions_of_a_user_are_found(self):
        user = self.client((TEST_USER_NAME, TEST_USER_PASSWORD))
        self.begin(user)
        (row,) = self.rows(f"?user={TEST_USER_NAME}")
        self.assertEqual(row["user_id"], TEST_USER_ID)
        self.assertEqual(self.get("@sessions")["statistics"]["logged_in"], 1)
        self.assertEqual(self.rows("?user=nobody-of-that-name"), [])
        self.assertEqual(len(self.rows("?user=")), 3)

    def test_sessions_are_sorted(self):
        for client in range(3):
            self.begin(self.client((TEST_USER_NAME, TEST_USER_PASSWORD)))
        for sort_on, (key, largest_first) in SORTS.items():
            names = {
                "user": lambda row: (row["user_id"] or "", row["handle"]),
                "created": lambda row: row["created"],
                "accessed": lambda row: row["accessed"],
                "size": lambda row: row["size_bytes"],
            }
            for order in ("", "ascending", "descending"):
                with self.subTest(sort_on, order=order):
                    query = f"?sort_on={sort_on}"
                    if order:
                        query += f"&sort_order={order}"
                    found = [names[sort_on](row) for row in self.rows(query)]
                    falls = order == "descending" if order else largest_first
                    self.assertEqual(found, sorted(found, reverse=falls))

    def test_long_lists_are_batched(self):
        for client in range(3):
            self.begin(self.client())
        first = self.get("@sessions?b_size=2&sort_on=created")
        self.assertEqual(first["items_total"], 5)
        self.assertEqual(len(first["items"]), 2)
        self.assertTrue(first["complete"])
        second = self.get(first["batching"]["next"])
        third = self.get(second["batching"]["next"])
        self.assertEqual(len(third["items"]), 1)
        self.assertNotIn("next", third["batching"])
        handles = {
            row["handle"] for page in (first, second, third) for row in page["items"]
        }
        self.assertEqual(len(handles), 5)

    def test_invalid_parameters_are_refused(self):
        for query, word in (
            ("sort_on=browser", "accessed"),
            ("sort_on=user&sort_on=size", "accessed"),
            ("sort_order=down", "descending"),
            ("b_size=0", "b_size"),
            ("b_size=-1", "b_size"),
            ("b_start=-1", "b_start"),
            ("b_size=many", "b_size"),
        ):
            with self.subTest(query):
                answer = self.admin.get(f"@sessions?{query}")
                self.assertRefused(answer, 400, word)

    def test_one_session_can_be_ended(self):
        bob, alice = self.rows()
        self.assertAnswer(self.admin.delete(alice["@id"]), 204)
        self.assertIsNone(self.data(self.alice))
        self.assertIsNotNone(self.data(self.bob))
        for answer in (self.admin.delete(alice["@id"]), self.admin.get(alice["@id"])):
            self.assertRefused(answer, 404, "no such session")
        # The digits that the overview shows are enough.
        self.assertAnswer(self.admin.delete(f"@sessions/{bob['handle'][:8]}"), 204)
        self.assertIsNone(self.data(self.bob))

    def test_invalid_handles_are_refused(self):
        for handle in ("0123", "nonsense", "%20" * 9, "..."):
            with self.subTest(handle):
                self.assertRefused(self.admin.delete(f"@sessions/{handle}"), 400, "0-9")
        self.assertRefused(self.admin.delete("@sessions/0123456789/x"), 400)
        self.assertRefused(self.admin.get("@sessions/0123456789/x"), 404)

    def test_ambiguous_handles_are_refused(self):
        row = self.rows()[0]
        found = self.container.with_handle(row["handle"]) * 2
        method = "collective.sessiondata.container.TransientObjectContainer.with_handle"
        with mock.patch(method, return_value=found):
            answer = self.admin.delete(f"@sessions/{row['handle'][:8]}")
        self.assertRefused(answer, 400, "more digits")

    def test_the_sessions_of_a_user_can_be_ended(self):
        users = [self.client((TEST_USER_NAME, TEST_USER_PASSWORD)) for _ in range(2)]
        for user in users:
            self.begin(user)
        answer = self.admin.delete(f"@sessions?user={TEST_USER_ID}")
        self.assertEqual(self.assertAnswer(answer, 200).json(), {"ended": 2})
        for user in users:
            self.assertIsNone(self.data(user))
        answer = self.admin.delete(f"@sessions?user={TEST_USER_ID}")
        self.assertEqual(self.assertAnswer(answer, 200).json(), {"ended": 0})
        self.assertIsNotNone(self.data(self.alice))

    def test_all_sessions_can_be_ended(self):
        self.assertAnswer(self.admin.delete("@sessions?all=1"), 204)
        self.assertIsNone(self.data(self.alice))
        self.assertIsNone(self.data(self.bob))
        self.assertEqual(self.rows(), [])

    def test_exactly_one_parameter_is_required_to_end_sessions(self):
        handle = self.rows()[0]["handle"]
        for query in (
            "",
            "?user=",
            "?user=a&user=b",
            "?user=a&all=1",
            "?all=",
            "?all=0",
            "?all=1&all=1",
            "?all:list=1",
            f"/{handle}?all=1",
            f"/{handle}?user=a",
        ):
            with self.subTest(query):
                answer = self.admin.delete(f"@sessions{query}")
                self.assertRefused(answer, 400, "?user=ID")
        self.assertEqual(len(self.container), 2)
