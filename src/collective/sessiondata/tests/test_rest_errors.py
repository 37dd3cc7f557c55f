"""Errors of the REST API, over HTTP"""

from ..database.outages import DatabaseDown
from ..demo.data import SLOT
from ..manager import SessionDataManager
from ..plone.restapi.fields import Record
from .support.rest import OWN
from .support.rest import RestTestCase
from unittest import mock

import transaction


class ErrorsTest(RestTestCase):
    """Errors of ``@session``."""

    def test_json_nested_too_deeply_is_refused(self):
        for depth in (100, 500, 900, 100_000):
            nested = "[" * depth + "]" * depth
            for address, body in (
                (OWN, nested),
                (OWN, f'{{"tea": {nested}}}'),
                ("@session/test.notes", f'{{"words": {nested}}}'),
                ("@session/test.notes", f'{{"numbers": {nested}}}'),
            ):
                for more in ("", "; charset=utf-8"):
                    with self.subTest(depth=depth, body=body[:20], more=more):
                        answer = self.alice.patch(
                            address,
                            data=body,
                            headers={"Content-Type": f"application/json{more}"},
                        )
                        self.assertRefused(answer, 400)

    def test_other_recursion_errors_are_server_errors(self):
        with mock.patch.object(Record, "to_json", side_effect=RecursionError("Oh")):
            answer = self.alice.get(OWN)
        self.assertEqual(answer.status_code, 500)
        self.assertEqual(answer.json()["message"], "Oh")

    def test_a_change_larger_than_the_maximum_is_refused(self):
        text = "@session/test.dict"
        self.begin(self.alice)
        self.container.max_size = 100_000
        transaction.commit()
        for client in (self.alice, self.bob):
            answer = client.patch(text, json={"text": "x" * 200_000})
            self.assertRefused(answer, 413)
            self.assertEqual(answer.json()["type"], "SessionTooLarge")
            self.assertNotIn("Set-Cookie", answer.headers)
        self.assertEqual(list(self.data(self.alice)), [SLOT])
        self.assertIsNone(self.data(self.bob))

    def test_a_full_container_sends_retry_after(self):
        self.begin(self.alice)
        container = self.container
        container.limit = 1
        container.when_full = "refuse"
        transaction.commit()
        answer = self.bob.patch(OWN, json={"tea": 1})
        self.assertRefused(answer, 503)
        self.assertEqual(answer.headers["Retry-After"], "120")
        self.assertNotIn("Set-Cookie", answer.headers)

    def test_an_unavailable_database_sends_retry_after(self):
        self.begin(self.alice)
        away = DatabaseDown("sessions")
        with mock.patch.object(SessionDataManager, "getSessionData", side_effect=away):
            for answer in self.alice.get(OWN), self.alice.patch(OWN, json={"tea": 1}):
                self.assertRefused(answer, 503)
                self.assertEqual(answer.headers["Retry-After"], "30")
                self.assertIn("Not available at the moment.", answer.json()["message"])
