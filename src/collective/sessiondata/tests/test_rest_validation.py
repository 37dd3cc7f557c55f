"""Which requests the REST API refuses: by origin, body or precondition."""

from ..plone.restapi.fields import Record
from ..testing import travel
from .support.rest import FOREIGN_ORIGINS
from .support.rest import OWN
from .support.rest import RestTestCase
from contextlib import contextmanager
from plone.protect import auto
from plone.rest.cors import CORSPolicy
from plone.rest.interfaces import ICORSPolicy
from Products.SiteAccess.VirtualHostMonster import manage_addVirtualHostMonster
from unittest import mock
from zope.component import getGlobalSiteManager
from zope.interface import Interface
from zope.publisher.interfaces.browser import IDefaultBrowserLayer

import transaction


class BodyTest(RestTestCase):
    """Bodies of requests."""

    def test_a_body_without_a_json_object_is_refused(self):
        for body in (b"", b"{", b"[]", b'"tea"', b"\xff", b"[" * 100_000):
            with self.subTest(body[:9]):
                answer = self.alice.patch(
                    OWN, data=body, headers={"Content-Type": "application/json"}
                )
                if body:
                    self.assertRefused(answer, 400, "JSON")
                else:
                    self.assertAnswer(answer, 204)
        self.assertEqual(len(self.container), 0)


class TagTest(RestTestCase):
    """Entity tags and preconditions."""

    def tag(self, client, address=OWN):
        answer = self.assertAnswer(client.get(address), 200)
        self.assertEqual(answer.headers["Vary"], "Cookie")
        self.assertRegex(answer.headers["ETag"], r'^"[0-9a-f]{24}"$')
        return answer.headers["ETag"]

    def ask(self, client, method, address=OWN, json=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.request(method, address, json=json, headers=headers)

    def test_a_known_version_is_not_sent_again(self):
        self.begin(self.alice)
        for address in ("@session", OWN):
            tag = self.tag(self.alice, address)
            for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
                with self.subTest(address, known=known):
                    answer = self.ask(self.alice, "GET", address, If_None_Match=known)
                    self.assertAnswer(answer, 304)
                    self.assertEqual(answer.content, b"")
                    self.assertEqual(answer.headers["ETag"], tag)
                    self.assertEqual(answer.headers["Vary"], "Cookie")

    def test_a_changed_version_is_sent(self):
        self.begin(self.alice, tea=2)
        for address in ("@session", OWN):
            tag = self.tag(self.alice, address)
            self.assertEqual(self.tag(self.alice, address), tag)
            cup = self.alice.get(OWN).json()["cup"]
            self.begin(self.alice, cup=cup + 1)
            answer = self.ask(self.alice, "GET", address, If_None_Match=tag)
            self.assertAnswer(answer, 200)
            self.assertNotEqual(answer.headers["ETag"], tag)

    def test_a_missing_object_and_an_empty_one_have_different_tags(self):
        self.assertAnswer(self.ask(self.alice, "GET", If_None_Match="*"), 200)
        tag = self.tag(self.alice, "@session/test.dict")
        self.alice.patch("@session/test.dict", json={"text": "a"})
        self.assertNotEqual(self.tag(self.alice, "@session/test.dict"), tag)

    def test_a_change_of_another_version_is_refused(self):
        self.begin(self.alice, tea=2)
        seen = self.tag(self.alice)
        self.begin(self.alice, tea=3)
        for method, address, body in (
            ("PATCH", OWN, {"tea": 4}),
            ("DELETE", OWN, None),
            ("DELETE", "@session", None),
        ):
            with self.subTest(method, address=address):
                answer = self.ask(self.alice, method, address, body, If_Match=seen)
                self.assertRefused(answer, 412)
                self.assertEqual(self.alice.get(OWN).json()["tea"], 3)

    def test_a_change_of_the_known_version_is_made(self):
        self.begin(self.alice, tea=2)
        seen = self.tag(self.alice)
        answer = self.ask(self.alice, "PATCH", json={"tea": 3}, If_Match=f"W/{seen}")
        self.assertAnswer(answer, 204)
        self.assertEqual(answer.headers["ETag"], self.tag(self.alice))
        # The tag in the response allows the next change.
        seen = answer.headers["ETag"]
        answer = self.ask(self.alice, "DELETE", If_Match=f'"x", {seen}')
        self.assertAnswer(answer, 204)
        self.assertEqual(self.data(self.alice), {})

    def test_the_wildcard_matches_existing_objects(self):
        change = {"tea": 1}
        self.assertRefused(self.ask(self.bob, "PATCH", json=change, If_Match="*"), 412)
        answer = self.ask(self.bob, "PATCH", json=change, If_None_Match="*")
        self.assertAnswer(answer, 204)
        self.assertRefused(
            self.ask(self.bob, "PATCH", json={"tea": 2}, If_None_Match="*"), 412
        )
        answer = self.ask(self.bob, "PATCH", json={"tea": 2}, If_Match="*")
        self.assertAnswer(answer, 204)

    @contextmanager
    def meanwhile(self, client, **fields):
        """Make ``client`` change fields just before the next change in the block."""
        make_change = Record.change
        waiting = [fields]

        def change(record, values):
            if waiting:
                self.begin(client, **waiting.pop())
            make_change(record, values)

        with mock.patch.object(Record, "change", change):
            yield

    def another_tab(self, client):
        other = self.client()
        other.cookies.update(client.cookies)
        return other

    def test_concurrent_changes_of_different_fields_are_merged(self):
        self.begin(self.alice, tea=2)
        with self.meanwhile(self.another_tab(self.alice), cup=1):
            self.begin(self.alice, coffee=3)
        shown = self.alice.get(OWN).json()
        self.assertEqual((shown["tea"], shown["cup"], shown["coffee"]), (2, 1, 3))

    def test_the_second_of_two_concurrent_changes_is_refused(self):
        self.begin(self.alice, tea=2)
        seen = self.tag(self.alice)
        with self.meanwhile(self.another_tab(self.alice), tea=3):
            answer = self.ask(self.alice, "PATCH", json={"tea": 4}, If_Match=seen)
        self.assertRefused(answer, 412)
        self.assertEqual(self.alice.get(OWN).json()["tea"], 3)

    def test_a_tag_of_another_visitor_is_refused(self):
        self.begin(self.alice, tea=2)
        answer = self.ask(
            self.bob, "PATCH", json={"tea": 3}, If_Match=self.tag(self.alice)
        )
        self.assertRefused(answer, 412)


class OtherOriginPolicy(CORSPolicy):
    """Allows one other origin."""

    allow_origin = ["https://shop.example.org"]
    allow_methods = ["GET", "PATCH"]
    allow_headers = ["content-type", "if-match"]
    expose_headers = ["ETag"]
    allow_credentials = True
    max_age = None


class ForgeryTest(RestTestCase):
    """Requests from pages of other sites."""

    def changes(self, client, **headers):
        yield client.patch(OWN, json={"tea": 9}, headers=headers)
        yield client.delete(OWN, headers=headers)
        yield client.delete("@session", headers=headers)

    def test_other_origins_are_refused(self):
        self.begin(self.alice, tea=2)
        for headers in FOREIGN_ORIGINS:
            for answer in self.changes(self.alice, **headers):
                with self.subTest(answer.request.method, **headers):
                    self.assertRefused(answer, 403, "CORS")
        self.assertEqual(self.alice.get(OWN).json()["tea"], 2)

    def test_other_origins_cannot_end_sessions(self):
        self.begin(self.alice)
        admin = self.user("Site Administrator")
        (row,) = admin.get("@sessions").json()["items"]
        for headers in FOREIGN_ORIGINS:
            for address in (row["@id"], "@sessions?user=x", "@sessions?all=1"):
                self.assertRefused(admin.delete(address, headers=headers), 403)
        self.assertIsNotNone(self.data(self.alice))

    def test_own_pages_and_programs_may_change(self):
        for headers in (
            {},
            {"Origin": self.origin},
            {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"},
            {
                "Origin": "http://as.the.browser.sees.it",
                "Sec-Fetch-Site": "same-origin",
            },
            {"Sec-Fetch-Site": "none"},
        ):
            for answer in self.changes(self.alice, **headers):
                with self.subTest(answer.request.method, **headers):
                    self.assertAnswer(answer, 204)

    def test_the_origin_of_a_virtual_host(self):
        app = self.layer["app"]
        if "virtual_hosting" not in app.objectIds():
            manage_addVirtualHostMonster(app, "virtual_hosting")
            transaction.commit()
        address = (
            f"{app.absolute_url()}/VirtualHostBase/https/www.example.org:443/plone"
            f"/++api++/VirtualHostRoot/{OWN}"
        )
        for origin, status in (
            ("https://www.example.org", 204),
            ("http://www.example.org", 403),
            (self.origin, 403),
        ):
            answer = self.alice.patch(
                address, json={"tea": 1}, headers={"Origin": origin}
            )
            self.assertAnswer(answer, status)

    def allow(self, **attributes):
        policy = type("Policy", (OtherOriginPolicy,), attributes)
        components = getGlobalSiteManager()
        components.registerAdapter(
            policy, [Interface, IDefaultBrowserLayer], ICORSPolicy
        )
        self.addCleanup(
            components.unregisterAdapter,
            required=[Interface, IDefaultBrowserLayer],
            provided=ICORSPolicy,
        )

    def test_an_origin_named_by_a_cors_policy_may_change(self):
        self.allow()
        elsewhere = {
            "Origin": "https://shop.example.org",
            "Sec-Fetch-Site": "cross-site",
        }
        answer = self.alice.patch(OWN, json={"tea": 2}, headers=elsewhere)
        self.assertAnswer(answer, 204)
        self.assertEqual(
            answer.headers["Access-Control-Allow-Origin"], elsewhere["Origin"]
        )
        asked = {"Access-Control-Request-Method": "PATCH", **elsewhere}
        asked["Access-Control-Request-Headers"] = "Content-Type, If-Match"
        answer = self.client().options(OWN, headers=asked)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(
            answer.headers["Access-Control-Allow-Origin"], elsewhere["Origin"]
        )
        # The policy does not name this method.
        self.assertRefused(self.alice.delete(OWN, headers=elsewhere), 403)
        for headers in FOREIGN_ORIGINS[:5]:
            answer = self.alice.patch(OWN, json={"tea": 3}, headers=headers)
            self.assertRefused(answer, 403)
        self.assertEqual(self.alice.get(OWN).json()["tea"], 2)

    def test_responses_vary_by_the_origins_of_a_cors_policy(self):
        self.allow(allow_origin=["https://shop.example.org", "https://b.example.org"])
        answer = self.alice.get(OWN, headers={"Origin": "https://shop.example.org"})
        self.assertEqual(answer.headers["Vary"], "Origin, Cookie")

    def test_a_cors_policy_for_all_origins_is_not_enough(self):
        self.allow(allow_origin=["*"])
        for headers in (*FOREIGN_ORIGINS, {"Origin": "*"}):
            for answer in self.changes(self.alice, **headers):
                self.assertRefused(answer, 403)

    def test_content_types_of_forms_are_refused(self):
        self.begin(self.alice, tea=2)
        body = b'{"tea": 9}'
        for kind in (
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonp",
            "",
        ):
            for method, address in (("PATCH", OWN), ("DELETE", "@session")):
                with self.subTest(kind, method=method):
                    answer = self.alice.request(
                        method, address, data=body, headers={"Content-Type": kind}
                    )
                    if kind.startswith("multipart") and answer.status_code == 400:
                        continue
                    self.assertRefused(answer, 415, "application/json")
                    self.assertEqual(answer.headers["Accept-Patch"], "application/json")
        self.assertEqual(self.alice.get(OWN).json()["tea"], 2)

    def test_json_with_a_charset_is_accepted(self):
        answer = self.alice.patch(
            OWN,
            data='{"tea": 2, "name": "Bj\xf6rn"}'.encode(),
            headers={"Content-Type": "Application/JSON; charset=utf-8"},
        )
        self.assertAnswer(answer, 204)
        self.assertEqual(self.alice.get(OWN).json()["name"], "Bj\xf6rn")

    def test_post_is_not_an_alternative(self):
        self.begin(self.alice, tea=2)
        for headers in ({}, {"X-HTTP-Method-Override": "DELETE"}):
            answer = self.alice.post(OWN, json={"tea": 9}, headers=headers)
            self.assertEqual(answer.status_code, 404)
        self.assertEqual(self.alice.get(OWN).json()["tea"], 2)

    def description(self):
        transaction.begin()
        return self.portal.description

    def test_content_is_still_protected(self):
        editor = self.user("Editor")
        writing = "@session/test.writing"
        with mock.patch.object(auto, "CSRF_DISABLED", False):
            elsewhere = {"Sec-Fetch-Site": "cross-site"}
            answer = editor.patch(writing, json={"text": "x"}, headers=elsewhere)
            self.assertRefused(answer, 403)
            self.assertEqual(self.description(), "")
            editor.patch(writing, json={"text": "x"})
            self.assertEqual(self.description(), "smuggled")
            self.portal.description = ""
            transaction.commit()
            for address in (writing, "@session"):
                editor.get(address)
                self.assertEqual(self.description(), "")
        # Without the check of plone.protect the change is stored.
        with mock.patch.object(auto, "CSRF_DISABLED", True):
            editor.get(writing)
            self.assertEqual(self.description(), "smuggled")

    def test_plone_protect_allows_changes_of_the_own_session(self):
        editor = self.user("Editor")
        with mock.patch.object(auto, "CSRF_DISABLED", False):
            self.begin(editor, tea=2)
            self.assertEqual(editor.get(OWN).json()["tea"], 2)
            with travel(minutes=50):
                # This request writes the access time.
                self.assertEqual(editor.get(OWN).json()["tea"], 2)
            with travel(minutes=100):
                self.assertEqual(editor.get(OWN).json()["tea"], 2)
            self.assertAnswer(editor.delete(OWN), 204)
