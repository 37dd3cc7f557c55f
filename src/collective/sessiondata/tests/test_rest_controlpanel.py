"""``@controlpanels/sessions``, over HTTP"""

from ..plone.schema import ISessionSettings
from .support.rest import FOREIGN_ORIGINS
from .support.rest import RestTestCase
from .support.rest import wrong_type

import json
import transaction


class ControlpanelTest(RestTestCase):
    """``@controlpanels/sessions``"""

    PANEL = "@controlpanels/sessions"

    def settings(self):
        transaction.begin()
        container = self.portal.session_data_manager.container()
        return container.timeout, container.limit

    def test_it_is_listed(self):
        admin = self.user("Site Administrator")
        (shown,) = (
            panel
            for panel in admin.get("@controlpanels").json()
            if panel["@id"].endswith("/sessions")
        )
        self.assertEqual(shown["title"], "Sessions")
        self.assertEqual(shown["group"], "Security")
        self.assertIn("Idle timeout (minutes)", shown["searchable_text"])

    def test_it_shows_the_settings(self):
        shown = self.user("Site Administrator").get(self.PANEL).json()
        self.assertEqual(shown["data"]["timeout_minutes"], 60)
        self.assertEqual(shown["data"]["cookie_same_site"]["token"], "Lax")
        self.assertEqual(
            [fieldset["id"] for fieldset in shown["schema"]["fieldsets"]],
            ["default", "cookie", "limits"],
        )
        self.assertIn("timeout_minutes", shown["schema"]["required"])
        self.assertEqual(shown["warnings"], [])

    def test_volto_finds_the_choices(self):
        admin = self.user("Site Administrator")
        shown = admin.get(self.PANEL).json()
        field = shown["schema"]["properties"]["when_full"]
        choices = admin.get(field["vocabulary"]["@id"]).json()["items"]
        self.assertEqual([it["token"] for it in choices], ["drop", "refuse"])

    def test_changes_hold_from_the_next_request_on(self):
        admin = self.user("Site Administrator")
        answer = admin.patch(self.PANEL, json={"timeout_minutes": 30, "limit": 0})
        self.assertEqual(answer.status_code, 204)
        self.assertEqual(self.settings(), (1800, 0))
        shown = admin.get(self.PANEL).json()
        self.assertEqual(shown["data"]["timeout_minutes"], 30)
        (warning,) = shown["warnings"]
        self.assertEqual(warning["field"], "limit")
        self.assertIn("flood", warning["message"])

    def test_volto_sends_all_of_it_back(self):
        admin = self.user("Site Administrator")
        data = admin.get(self.PANEL).json()["data"]
        before = self.last_transaction()
        self.assertEqual(admin.patch(self.PANEL, json=data).status_code, 204)
        self.assertEqual(self.last_transaction(), before)
        data["when_full"] = "refuse"
        self.assertEqual(admin.patch(self.PANEL, json=data).status_code, 204)
        self.assertEqual(self.container.when_full, "refuse")

    def test_settings_that_only_fit_together_come_in_any_order(self):
        admin = self.user("Site Administrator")
        for name, secure in (("__Secure-a", True), ("_b", False), ("__Secure-c", True)):
            answer = admin.patch(
                self.PANEL, json={"cookie_name": name, "cookie_secure": secure}
            )
            self.assertEqual(answer.status_code, 204, answer.text)
            transaction.begin()
            ids = self.portal.browser_id_manager
            self.assertEqual(ids.getBrowserIdName(), name)

    def refused(self, values, *errors):
        admin = self.user("Site Administrator")
        answer = admin.patch(self.PANEL, json={"limit": 5, **values})
        self.assertEqual(answer.status_code, 400)
        told = answer.json()
        self.assertEqual(told["type"], "BadRequest")
        self.assertEqual(json.loads(told["message"]), told["errors"])
        found = {error["field"]: error["message"] for error in told["errors"]}
        self.assertEqual(sorted(found), sorted(errors))
        self.assertEqual(self.settings(), (3600, 100_000))
        return found

    def test_what_a_field_cannot_be_is_refused_and_nothing_is_changed(self):
        found = self.refused(
            {"timeout_minutes": -1, "when_full": "explode", "lifetime_minutes": None},
            "timeout_minutes",
            "when_full",
            "lifetime_minutes",
        )
        self.assertEqual(found["timeout_minutes"], "Value is too small")

    def test_what_would_become_something_else_is_refused(self):
        for name, value in (
            ("timeout_minutes", True),
            ("cookie_life_days", True),
            ("resolution_seconds", False),
            ("cookie_http_only", None),
            ("cookie_http_only", 1),
            ("cookie_secure", "yes"),
            ("cookie_secure", "true"),
            ("keep_data_at_login", None),
        ):
            with self.subTest(name, value=value):
                found = self.refused({name: value}, name)
                kind = type(ISessionSettings[name]).__name__
                self.assertEqual(found[name], wrong_type(kind))
        ids = self.portal.browser_id_manager
        self.assertTrue(ids.getCookieHTTPOnly())

    def test_no_answer_is_kept_by_a_cache(self):
        admin = self.user("Site Administrator")
        self.assertAnswer(admin.get(self.PANEL), 200)
        self.assertAnswer(admin.patch(self.PANEL, json={"limit": 5}), 204)
        self.assertAnswer(admin.patch(self.PANEL, json={"limit": -5}), 400)
        self.portal.manage_permission("Plone Site Setup: Overview", ["Editor"])
        editor = self.user("Editor")
        self.assertAnswer(editor.get(self.PANEL), 401)
        self.assertAnswer(editor.patch(self.PANEL, json={"limit": 5}), 401)

    def test_other_origins_are_refused(self):
        admin = self.user("Site Administrator")
        for headers in FOREIGN_ORIGINS:
            with self.subTest(**headers):
                answer = admin.patch(self.PANEL, json={"limit": 5}, headers=headers)
                self.assertRefused(answer, 403, "CORS")
                self.assertEqual(answer.json()["type"], "Forbidden")
        self.assertEqual(self.settings(), (3600, 100_000))
        own = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"}
        answer = admin.patch(self.PANEL, json={"limit": 5}, headers=own)
        self.assertAnswer(answer, 204)

    def test_what_forms_can_send_is_refused(self):
        admin = self.user("Site Administrator")
        for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
            with self.subTest(kind):
                answer = admin.patch(
                    self.PANEL, data=b'{"limit": 5}', headers={"Content-Type": kind}
                )
                self.assertRefused(answer, 415, "application/json")
                self.assertEqual(answer.headers["Accept-Patch"], "application/json")
        self.assertEqual(self.settings(), (3600, 100_000))

    def test_what_is_no_json_object_is_refused(self):
        admin = self.user("Site Administrator")
        for body in (b"{", b"[]", b"\xff", b"[" * 100_000):
            with self.subTest(body[:9]):
                answer = admin.patch(
                    self.PANEL, data=body, headers={"Content-Type": "application/json"}
                )
                self.assertRefused(answer, 400, "Send a JSON object")
                self.assertEqual(answer.json()["type"], "BadRequest")

    def test_what_does_not_fit_together_is_refused_and_nothing_is_changed(self):
        found = self.refused(
            {"resolution_seconds": 7200, "cookie_same_site": "None"},
            "resolution_seconds",
            "cookie_same_site",
        )
        self.assertIn("less than the idle timeout", found["resolution_seconds"])
        # With what is set already.
        self.refused({"cookie_name": "__Host-a"}, "cookie_name", "cookie_secure")
        self.refused({"cookie_path": "no path"}, "cookie_path")

    def test_messages_are_translated(self):
        with self.translated_to_capitals():
            found = self.refused({"cookie_path": "no path"}, "cookie_path")
            self.assertTrue(found["cookie_path"].isupper())
            admin = self.user("Site Administrator")
            admin.patch(self.PANEL, json={"limit": 0})
            (warning,) = admin.get(self.PANEL).json()["warnings"]
            self.assertTrue(warning["message"].isupper())
            answer = admin.patch(self.PANEL, data=b"[]")
            self.assertRefused(answer, 415, "SEND JSON")
            self.portal.manage_permission("Plone Site Setup: Overview", ["Editor"])
            answer = self.user("Editor").get(self.PANEL)
            self.assertRefused(answer, 401, "THIS NEEDS THE PERMISSION")

    def test_who_may_see_and_change_it(self):
        change = {"timeout_minutes": 30}
        for client in (self.alice, self.user("Editor")):
            self.assertEqual(client.get(self.PANEL).status_code, 401)
            self.assertEqual(client.patch(self.PANEL, json=change).status_code, 401)
        # Who may see that there are control panels may not see or change each.
        self.portal.manage_permission("Plone Site Setup: Overview", ["Editor"])
        editor = self.user("Editor")
        listing = editor.get("@controlpanels")
        self.assertEqual(listing.status_code, 200)
        self.assertNotIn("@controlpanels/sessions", listing.text)
        for answer in (
            editor.get(self.PANEL),
            editor.patch(self.PANEL, json=change),
            # Nor what is wrong with a change.
            editor.patch(self.PANEL, data=b"{"),
        ):
            self.assertRefused(
                answer, 401, '"collective.sessiondata: Manage session settings"'
            )
        self.assertEqual(self.settings()[0], 3600)

    def test_without_its_configlet_it_can_still_be_read(self):
        self.portal.portal_controlpanel.unregisterConfiglet("collective.sessiondata")
        admin = self.user("Site Administrator")
        self.assertEqual(admin.get("@controlpanels").status_code, 200)
        self.assertEqual(admin.get(self.PANEL).json()["title"], "Sessions")
