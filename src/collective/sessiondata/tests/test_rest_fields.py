"""Fields of slots in JSON, over HTTP"""

from .support.rest import INotes
from .support.rest import OWN
from .support.rest import RestTestCase
from .support.rest import wrong_type


class FieldsTest(RestTestCase):
    """Fields of slots."""

    def test_an_invalid_field_prevents_all_changes(self):
        answer = self.alice.patch(OWN, json={"tea": 2, "cup": 100, "email": "nonsense"})
        self.assertErrors(
            answer,
            ("cup", "Value is too big"),
            ("email", "The specified email is not valid."),
        )
        self.assertNotIn("Set-Cookie", answer.headers)
        self.assertEqual(len(self.container), 0)
        self.begin(self.alice)
        self.assertErrors(
            self.alice.patch(OWN, json={"cup": 1, "name": None, "city": " "}),
            ("name", "Required input is missing."),
            ("city", "Required input is missing."),
        )
        self.assertEqual(self.alice.get(OWN).json()["cup"], 0)

    def test_invariants_are_checked(self):
        error = (None, "Choose at least one item.")
        self.assertErrors(self.alice.patch(OWN, json={"tea": 0}), error)
        self.assertErrors(self.alice.patch(OWN, json={"name": "Alice"}), error)
        self.begin(self.alice, tea=2)
        self.assertErrors(self.alice.patch(OWN, json={"tea": 0}), error)
        self.begin(self.alice, tea=0, cup=1)

    def test_an_unknown_field_is_answered_with_all_names(self):
        answer = self.alice.patch(OWN, json={"tea": 1, "milk": 2})
        self.assertRefused(answer, 400, "milk", "tea, coffee, cup")

    def test_read_only_fields_cannot_be_changed(self):
        self.begin(self.alice, tea=2)
        self.assertErrors(
            self.alice.patch(OWN, json={"price": "0.01"}),
            ("price", "This field cannot be changed."),
        )
        self.assertEqual(self.alice.get(OWN).json()["price"], "9.00")

    def test_permissions_of_the_schema_are_checked(self):
        notes = "@session/test.notes"
        self.assertErrors(
            self.alice.patch(notes, json={"discount": 50}),
            ("discount", "This field cannot be changed."),
        )
        self.assertNotIn("secret", self.alice.get(notes).json())
        manager = self.user("Manager")
        answer = manager.patch(notes, json={"discount": 50})
        self.assertAnswer(answer, 204)
        self.assertEqual(manager.get(notes).json()["secret"], "for managers")

    def test_all_kinds_of_fields_survive_a_round_trip(self):
        notes = "@session/test.notes"
        sent = {
            "when": "2026-01-15T12:00:00+00:00",
            "words": ["tea", "\N{SNOWMAN}"],
            "amount": "4.50",
            "numbers": {"one": 1},
            "kind": "b",
        }
        self.assertAnswer(self.alice.patch(notes, json=sent), 204)
        shown = self.alice.get(notes).json()
        kind = {"title": None, "token": "b"}
        self.assertEqual({name: shown[name] for name in sent}, {**sent, "kind": kind})
        # A representation can be sent back unchanged.
        del shown["seen"], shown["discount"]
        self.assertAnswer(self.alice.patch(notes, json=shown), 204)
        self.assertAnswer(
            self.alice.patch(notes, json={name: None for name in sent}), 204
        )
        shown = self.alice.get(notes).json()
        self.assertEqual({shown[name] for name in sent}, {None})

    def test_unexpected_values_are_not_server_errors(self):
        nonsense = [None, True, 0, -1, 1.5, "", "x", [], [[]], [1], {}, {"a": []}]
        for field in INotes.names():
            for value in nonsense:
                with self.subTest(field, value=value):
                    answer = self.alice.patch(
                        "@session/test.notes", json={field: value}
                    )
                    self.assertIn(answer.status_code, (204, 400), answer.text)

    def test_values_do_not_change_their_type(self):
        self.assertErrors(
            self.alice.patch(OWN, json={"tea": True}), ("tea", wrong_type("Int"))
        )
        self.assertEqual(len(self.container), 0)
        for field, value in (
            ("amount", True),
            ("wait", False),
            ("shares", [1.5, True]),
            ("shares", True),
            ("shares", [{"token": True}]),
            ("numbers", {"one": 1, "two": True}),
            ("agreed", "yes"),
            ("agreed", "true"),
            ("agreed", 0),
            ("flags", [True, "yes"]),
            ("flags", [None]),
        ):
            with self.subTest(field, value=value):
                answer = self.alice.patch("@session/test.notes", json={field: value})
                kind = type(INotes[field]).__name__
                self.assertErrors(answer, (field, wrong_type(kind)))
        sent = {"shares": [1.5], "flags": [True, False], "agreed": False, "wait": 60}
        self.assertAnswer(self.alice.patch("@session/test.notes", json=sent), 204)
        shown = self.alice.get("@session/test.notes").json()
        self.assertEqual({name: shown[name] for name in sent}, sent)

    def test_a_boolean_cannot_become_null(self):
        notes = "@session/test.notes"
        # Null can be sent back while the field is null.
        self.assertAnswer(self.alice.patch(notes, json={"agreed": None}), 204)
        self.assertAnswer(self.alice.patch(notes, json={"agreed": True}), 204)
        self.assertErrors(
            self.alice.patch(notes, json={"agreed": None}),
            ("agreed", wrong_type("Bool")),
        )
        self.assertIs(self.alice.get(notes).json()["agreed"], True)

    def test_an_object_that_is_adapted_to_the_schema(self):
        self.assertAnswer(
            self.alice.patch("@session/test.dict", json={"text": "a"}), 204
        )
        self.assertAnswer(
            self.alice.patch("@session/test.dict", json={"text": "b"}), 204
        )
        self.assertEqual(self.data(self.alice), {"test.dict": {"text": "b"}})
        self.assertEqual(self.alice.get("@session/test.dict").json()["text"], "b")
