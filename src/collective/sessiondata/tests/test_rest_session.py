"""``@session``, over HTTP"""

from ..demo.data import CheckoutData
from ..demo.data import SLOT
from ..demo.site import PROFILES
from ..settings.browserid import COOKIE_NAME
from ..testing import travel
from .support.rest import ADDRESS
from .support.rest import Notes
from .support.rest import OWN
from .support.rest import RestTestCase
from plone.app.testing import applyProfile
from plone.app.testing import TEST_USER_NAME
from plone.app.testing import TEST_USER_PASSWORD
from plone.base.utils import get_installer

import transaction


class SlotTest(RestTestCase):
    """``@session``: the exposed slots of a visitor's own session."""

    def test_an_anonymous_visitor_stores_data(self):
        first = self.alice.patch(OWN, json={"tea": 2, "cup": 1})
        self.assertAnswer(first, 204)
        self.assertEqual(first.content, b"")
        self.assertIn(f"{COOKIE_NAME}=", first.headers["Set-Cookie"])
        self.assertIn("HttpOnly", first.headers["Set-Cookie"])
        second = self.alice.patch(OWN, json=ADDRESS)
        self.assertAnswer(second, 204)
        self.assertNotIn("Set-Cookie", second.headers)
        shown = self.assertAnswer(self.alice.get(OWN), 200).json()
        self.assertEqual(
            shown,
            {
                "@id": f"{self.portal.absolute_url()}/{OWN}",
                "tea": 2,
                "coffee": 0,
                "cup": 1,
                **ADDRESS,
                "price": "21.00",
            },
        )
        self.assertIsInstance(self.data(self.alice)[SLOT], CheckoutData)
        self.assertEqual(len(self.container), 1)

    def test_pages_show_the_same_data(self):
        self.begin(self.alice, tea=2)
        self.alice.patch(OWN, json=ADDRESS)
        page = self.alice.get("@@checkout-review", headers={"Accept": "text/html"})
        self.assertIn("alice@example.com", page.text)

    def test_visitors_do_not_share_data(self):
        self.begin(self.alice, tea=2)
        self.begin(self.bob, coffee=3)
        for client, tea, coffee in ((self.alice, 2, 0), (self.bob, 0, 3)):
            shown = client.get(OWN).json()
            self.assertEqual((shown["tea"], shown["coffee"]), (tea, coffee))
        self.assertIsNone(self.client().get("@session").json()["slots"][SLOT])

    def test_only_the_owner_reads_the_data(self):
        user = self.user("Member")
        self.begin(user, tea=2)
        self.assertEqual(user.get(OWN).json()["tea"], 2)
        browser_id = user.cookies[COOKIE_NAME]
        thief = self.client()
        thief.cookies.set(COOKIE_NAME, browser_id)
        self.assertIsNone(thief.get(OWN).json()["tea"])
        self.begin(thief, cup=1)
        self.assertEqual(user.get(OWN).json()["cup"], 0)

    def test_a_user_who_changes_an_anonymous_cart_gets_a_new_id(self):
        self.begin(self.alice, tea=2)
        before = self.alice.cookies[COOKIE_NAME]
        user = self.user("Member")
        user.cookies.set(COOKIE_NAME, before)
        answer = self.assertAnswer(user.patch(OWN, json={"cup": 1}), 204)
        self.assertNotIn(before, answer.headers["Set-Cookie"])
        self.assertIsNone(self.alice.get(OWN).json()["tea"])

    def test_reading_writes_nothing_and_sets_no_cookie(self):
        self.begin(self.alice)
        before = self.last_transaction()
        for client in (self.alice, self.bob, self.user("Member")):
            for address in ("@session", OWN, "@session/test.given"):
                with self.subTest(address):
                    before = self.last_transaction()
                    answer = self.assertAnswer(client.get(address), 200)
                    self.assertNotIn("Set-Cookie", answer.headers)
                    self.assertEqual(self.last_transaction(), before)

    def test_a_slot_without_data_has_empty_fields(self):
        shown = self.alice.get(OWN).json()
        self.assertEqual(shown.pop("@id"), f"{self.portal.absolute_url()}/{OWN}")
        self.assertEqual(set(shown), {"tea", "coffee", "cup", "price", *ADDRESS})
        self.assertEqual(set(shown.values()), {None})

    def test_only_exposed_slots_are_shown(self):
        self.begin(self.alice)
        session = self.session(self.alice)
        session["password"] = "never shown"
        handle = session.getId()
        transaction.commit()
        answer = self.alice.get("@session")
        shown = answer.json()
        self.assertEqual(set(shown), {"@id", "slots"})
        self.assertEqual(
            sorted(shown["slots"]),
            [SLOT, "test.dict", "test.given", "test.notes", "test.writing"],
        )
        self.assertEqual(shown["slots"][SLOT], self.alice.get(OWN).json())
        self.assertIsNone(shown["slots"]["test.notes"])
        for hidden in ("password", "never", handle, self.alice.cookies[COOKIE_NAME]):
            self.assertNotIn(hidden, answer.text)
        self.assertRefused(self.alice.get("@session/password"), 404, SLOT)

    def test_unexposed_slots_are_not_found(self):
        for address in ("@session/checkout", f"{OWN}/tea", "@session/test.elsewhere"):
            with self.subTest(address):
                self.assertRefused(self.alice.get(address), 404, SLOT)
                self.assertRefused(self.alice.patch(address, json={}), 404, SLOT)
                self.assertRefused(self.alice.delete(address), 404, SLOT)
        self.assertRefused(self.alice.patch("@session", json={}), 400, SLOT)
        self.assertEqual(len(self.container), 0)

    def test_a_site_without_the_demo_does_not_expose_it(self):
        applyProfile(self.portal, "collective.sessiondata:uninstall")
        applyProfile(self.portal, "collective.sessiondata:default")
        transaction.commit()
        self.assertRefused(self.alice.get(OWN), 404)
        self.assertNotIn(SLOT, self.alice.get("@session").json()["slots"])

    def test_a_site_without_the_add_on_has_no_services(self):
        get_installer(self.portal, self.layer["request"]).uninstall_product(
            "collective.sessiondata"
        )
        transaction.commit()
        user = self.user("Manager")
        for address in ("@session", OWN, "@sessions", "@controlpanels/sessions"):
            with self.subTest(address):
                self.assertEqual(user.get(address).status_code, 404)
        listing = user.get("@controlpanels")
        self.assertEqual(listing.status_code, 200)
        self.assertNotIn("sessions", listing.text)

    def test_the_view_permission_is_required(self):
        self.portal.manage_permission("View", ["Manager"])
        transaction.commit()
        for answer in (
            self.alice.get("@session"),
            self.alice.get(OWN),
            self.alice.patch(OWN, json={"tea": 1}),
            self.alice.delete(OWN),
        ):
            self.assertEqual(answer.status_code, 401)
        self.assertEqual(len(self.container), 0)

    def test_the_permission_of_plone_restapi_is_required(self):
        self.assertIn("plone.restapi:default", PROFILES)
        # The default of plone.restapi.
        self.portal.manage_permission("plone.restapi: Use REST API", [], acquire=1)
        transaction.commit()
        for answer in (
            self.alice.get("@session"),
            self.alice.get(OWN),
            self.alice.patch(OWN, json={"tea": 1}),
        ):
            self.assertEqual(answer.status_code, 401)
            self.assertEqual(
                answer.json()["message"],
                "Missing 'plone.restapi: Use REST API' permission",
            )

    def test_an_empty_change_creates_no_session(self):
        before = self.last_transaction()
        self.assertAnswer(self.alice.patch(OWN, json={}), 204)
        self.assertAnswer(self.alice.patch(OWN, json={"@id": "x"}), 204)
        self.assertEqual(self.last_transaction(), before)
        self.assertEqual(list(self.alice.cookies), [])

    def test_equal_values_are_not_written(self):
        self.begin(self.alice, tea=2)
        before = self.last_transaction()
        self.begin(self.alice, tea=2)
        self.assertEqual(self.last_transaction(), before)

    def test_the_prefer_header_returns_the_representation(self):
        answer = self.alice.patch(
            OWN, json={"tea": 2}, headers={"Prefer": "return=representation"}
        )
        self.assertAnswer(answer, 200)
        self.assertEqual(answer.json(), self.alice.get(OWN).json())
        self.assertEqual(answer.headers["ETag"], self.alice.get(OWN).headers["ETag"])

    def test_a_slot_without_a_factory_is_not_created(self):
        given = "@session/test.given"
        self.assertRefused(self.alice.patch(given, json={"kind": "a"}), 404)
        self.assertEqual(len(self.container), 0)
        self.begin(self.alice)
        session = self.session(self.alice)
        session["test.given"] = Notes()
        transaction.commit()
        self.assertAnswer(self.alice.patch(given, json={"kind": "a"}), 204)
        self.assertEqual(self.data(self.alice)["test.given"].kind, "a")

    def test_discarding_a_slot_is_idempotent(self):
        self.begin(self.alice)
        for time in range(2):
            self.assertAnswer(self.alice.delete(OWN), 204)
            self.assertEqual(self.data(self.alice), {})
        before = self.last_transaction()
        answer = self.assertAnswer(self.bob.delete(OWN), 204)
        self.assertEqual(self.last_transaction(), before)
        self.assertNotIn("Set-Cookie", answer.headers)

    def test_a_slot_whose_class_is_gone_can_be_discarded(self):
        self.begin(self.alice)
        self.session(self.alice)["test.notes"] = CheckoutData()
        transaction.commit()
        self.assertEqual(self.alice.get("@session/test.notes").status_code, 500)
        self.assertAnswer(self.alice.delete("@session/test.notes"), 204)
        self.assertEqual(list(self.data(self.alice)), [SLOT])

    def test_only_exposed_slots_are_discarded(self):
        self.begin(self.alice)
        self.alice.patch("@session/test.notes", json={"kind": "a"})
        session = self.session(self.alice)
        session["another"] = "add-on's"
        session["test.elsewhere"] = "another site's"
        transaction.commit()
        self.assertAnswer(self.alice.delete("@session"), 204)
        self.assertEqual(
            self.data(self.alice),
            {"another": "add-on's", "test.elsewhere": "another site's"},
        )

    def test_an_expired_session_is_empty(self):
        self.begin(self.alice)
        with travel(minutes=61):
            self.assertIsNone(self.alice.get("@session").json()["slots"][SLOT])
            self.begin(self.alice, cup=1)
            self.assertEqual(self.alice.get(OWN).json()["tea"], 0)

    def test_the_api_traverser_of_volto(self):
        answer = self.alice.patch(
            f"++api++/{OWN}", json={"tea": 2}, headers={"Accept": "*/*"}
        )
        self.assertAnswer(answer, 204)
        shown = self.alice.get(f"++api++/{OWN}", headers={"Accept": "*/*"})
        self.assertEqual(self.assertAnswer(shown, 200).json()["tea"], 2)

    def test_a_json_web_token_binds_the_session_to_its_user(self):
        self.begin(self.alice, tea=2)
        before = self.alice.cookies[COOKIE_NAME]
        login = {"login": TEST_USER_NAME, "password": TEST_USER_PASSWORD}
        token = self.client().post("@login", json=login).json()["token"]
        user = {"Authorization": f"Bearer {token}"}
        answer = self.alice.patch(OWN, json={"cup": 1}, headers=user)
        self.assertAnswer(answer, 204)
        self.assertNotEqual(self.alice.cookies[COOKIE_NAME], before)
        self.assertEqual(self.alice.get(OWN, headers=user).json()["tea"], 2)
        self.assertIsNone(self.alice.get(OWN).json()["tea"])

    def test_messages_are_translated(self):
        with self.translated_to_capitals():
            self.assertErrors(
                self.alice.patch(OWN, json={"tea": 0}),
                (None, "CHOOSE AT LEAST ONE ITEM."),
            )
            self.assertRefused(self.alice.get("@session/x"), 404, "NO SUCH SLOT")
