"""The REST API: what visitors, administrators and pages of other sites get of sessions.

Over HTTP, from Zope's own server.
"""

from ..database.outages import DatabaseDown
from ..demo.data import CheckoutData
from ..demo.data import SLOT
from ..demo.site import PROFILES
from ..interfaces import IExposedSlot
from ..manager import SessionDataManager
from ..operations.housekeeper import THREAD_NAME
from ..plone.browser.listing import SORTS
from ..plone.restapi.fields import Record
from ..plone.schema import ISessionSettings
from ..settings.browserid import COOKIE_NAME
from ..slots import ExposedSlot
from ..storage import lease
from ..testing import SESSIONDATA_FIXTURE
from ..testing import travel
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from persistent import Persistent
from plone.app.testing import applyProfile
from plone.app.testing import FunctionalTesting
from plone.app.testing import PloneSandboxLayer
from plone.app.testing import setRoles
from plone.app.testing import TEST_USER_ID
from plone.app.testing import TEST_USER_NAME
from plone.app.testing import TEST_USER_PASSWORD
from plone.autoform import directives
from plone.base.utils import get_installer
from plone.protect import auto
from plone.rest.cors import CORSPolicy
from plone.rest.interfaces import ICORSPolicy
from plone.supermodel import model
from plone.testing import zope
from Products.SiteAccess.VirtualHostMonster import manage_addVirtualHostMonster
from Products.Transience.Transience import TransientObjectContainer as StockContainer
from unittest import mock
from unittest import TestCase
from urllib.parse import urljoin
from zope import schema
from zope.component import getGlobalSiteManager
from zope.component.hooks import getSite
from zope.i18n.interfaces import ITranslationDomain
from zope.interface import implementer
from zope.interface import Interface
from zope.publisher.interfaces.browser import IDefaultBrowserLayer

import collective.sessiondata
import json
import re
import requests
import threading
import transaction

OWN = f"@session/{SLOT}"
ADDRESS = {
    "name": "Alice Example",
    "street": "Main Street 1",
    "postal_code": "12345",
    "city": "Springfield",
    "email": "alice@example.com",
}


def takes_another(kind):
    """Return what is said of a value that a field of this kind cannot hold."""
    return f"This field takes another kind of value: {kind}."


class INotes(model.Schema):
    """What an add-on keeps: a field of each kind that is not like text or numbers."""

    when = schema.Datetime(title="When", required=False)
    words = schema.List(
        title="Words", value_type=schema.TextLine(), required=False, max_length=3
    )
    amount = schema.Decimal(title="Amount", required=False)
    numbers = schema.Dict(
        title="Numbers",
        key_type=schema.TextLine(),
        value_type=schema.Int(),
        required=False,
    )
    shares = schema.List(title="Shares", value_type=schema.Float(), required=False)
    flags = schema.List(title="Flags", value_type=schema.Bool(), required=False)
    agreed = schema.Bool(title="Agreed", required=False)
    wait = schema.Timedelta(title="Wait", required=False)
    kind = schema.Choice(title="Kind", values=["a", "b"], required=False)
    seen = schema.Int(title="Seen", readonly=True, required=False)
    directives.write_permission(discount="cmf.ManagePortal")
    discount = schema.Int(title="Discount", required=False)
    directives.read_permission(secret="cmf.ManagePortal")
    secret = schema.TextLine(title="Secret", required=False)


@implementer(INotes)
class Notes(Persistent):
    when = words = amount = numbers = shares = flags = agreed = wait = None
    kind = discount = None
    seen = 7
    secret = "for managers"


class IPlain(Interface):
    text = schema.TextLine(title="Text", max_length=2_000_000)


class AdaptedText:
    """A dict in the session, as ``IPlain``."""

    def __init__(self, context):
        self.__dict__["context"] = context

    def __getattr__(self, name):
        return self.context.get(name)

    def __setattr__(self, name, value):
        self.context[name] = value


class IWriting(Interface):
    text = schema.TextLine(title="Text")


@implementer(IWriting)
class Writing(Persistent):
    """Changes content, whether it is looked at or changed."""

    @property
    def text(self):
        getSite().description = "smuggled"

    @text.setter
    def text(self, value):
        getSite().description = value


class INowhere(IDefaultBrowserLayer):
    """The layer of an add-on that this site does not have."""


class RestLayer(PloneSandboxLayer):
    defaultBases = (SESSIONDATA_FIXTURE,)

    # Besides the demo's.
    exposed = {
        "test.notes": ExposedSlot(INotes, Notes),
        "test.dict": ExposedSlot(IPlain, dict),
        "test.writing": ExposedSlot(IWriting, Writing),
        "test.given": ExposedSlot(INotes),
        "test.elsewhere": ExposedSlot(INotes, Notes, layer=INowhere),
    }

    def setUpZope(self, app, configurationContext):
        zope.installProduct(app, "plone.restapi")
        components = getGlobalSiteManager()
        for name, slot in self.exposed.items():
            components.registerUtility(slot, IExposedSlot, name)
        components.registerAdapter(AdaptedText, [dict], IPlain)

    def setUpPloneSite(self, portal):
        applyProfile(portal, "plone.restapi:default")
        applyProfile(portal, "collective.sessiondata:demo")


REST_FUNCTIONAL_TESTING = FunctionalTesting(
    bases=(RestLayer(), zope.WSGI_SERVER_FIXTURE), name="RestLayer:Functional"
)


class Client(requests.Session):
    """One browser, at a site: it keeps its cookies."""

    def __init__(self, url):
        super().__init__()
        self.url = f"{url}/"
        self.headers["Accept"] = "application/json"

    def request(self, method, url, **how):
        """Send a request to an address in the site."""
        return super().request(method, urljoin(self.url, url), **how)


class RestTestCase(TestCase):
    layer = REST_FUNCTIONAL_TESTING

    def setUp(self):
        self.portal = self.layer["portal"]
        self.origin = self.portal.absolute_url().rpartition("/")[0]
        self.alice = self.client()
        self.bob = self.client()

    def client(self, auth=None):
        client = Client(self.portal.absolute_url())
        self.addCleanup(client.close)
        client.auth = auth
        return client

    def user(self, *roles):
        """Return the browser of a user who has ``roles``, and no others."""
        setRoles(self.portal, TEST_USER_ID, roles)
        transaction.commit()
        return self.client((TEST_USER_NAME, TEST_USER_PASSWORD))

    @property
    def container(self):
        transaction.begin()
        return self.portal.session_data_manager.container()

    def session(self, client):
        """Return the session of ``client``, or None."""
        transaction.begin()
        browser_id = client.cookies.get(COOKIE_NAME)
        if browser_id is None:
            return None
        return self.portal.session_data_manager.getSessionDataByKey(browser_id)

    def data(self, client):
        """Return what the session of ``client`` holds, or None."""
        session = self.session(client)
        return None if session is None else dict(session.items())

    @contextmanager
    def loud(self):
        """Let there be a translation: all messages of ours are in capitals."""
        components = getGlobalSiteManager()
        domain = mock.Mock(domain="collective.sessiondata")
        domain.translate = lambda text, *args, **kw: text.upper()
        utility = domain, ITranslationDomain, domain.domain
        components.registerUtility(*utility)
        try:
            yield
        finally:
            components.unregisterUtility(*utility)

    def last_transaction(self):
        transaction.begin()
        return self.portal._p_jar.db().lastTransaction()

    def assertAnswer(self, response, status):
        """Check the status, and that no cache keeps what is told of a session."""
        self.assertEqual(response.status_code, status, response.text)
        self.assertEqual(response.headers["Cache-Control"], "private, no-store")
        return response

    def assertRefused(self, response, status, *words):
        self.assertAnswer(response, status)
        self.assertNotIn("ETag", response.headers)
        told = response.json()
        self.assertLessEqual({"type", "message"}, set(told))
        for word in words:
            self.assertIn(word, told["message"])

    def assertErrors(self, response, *errors):
        self.assertRefused(response, 400)
        told = response.json()
        self.assertEqual(
            sorted((error["field"], error["message"]) for error in told["errors"]),
            sorted(errors),
        )
        # Where Volto looks for them.
        self.assertEqual(json.loads(told["message"]), told["errors"])

    def begin(self, client, **fields):
        """Let a visitor have something in the demo's slot."""
        self.assertAnswer(client.patch(OWN, json=fields or {"tea": 2}), 204)


class WithoutTest(TestCase):
    """Sites without plone.restapi."""

    def test_only_what_is_left_out_there_needs_it(self):
        package = Path(collective.sessiondata.__file__).parent
        own = package / "plone" / "rest"
        files = [*package.rglob("*.py"), *package.rglob("*.zcml")]
        need_it = {
            path.relative_to(package).as_posix()
            for path in files
            if re.search(r"\bplone\.rest(api)?\b", path.read_text(encoding="utf-8"))
            and own not in path.parents
            and package / "tests" not in path.parents
        }
        # The demo's site has that profile, too.
        self.assertEqual(need_it, {"plone/configure.zcml", "demo/site.py"})
        zcml = (package / "plone" / "configure.zcml").read_text(encoding="utf-8")
        self.assertEqual(zcml.count("plone.rest"), 1)
        self.assertIn('zcml:condition="installed plone.restapi"', zcml)


class SlotTest(RestTestCase):
    """``@session``: a visitor's own data."""

    def test_an_anonymous_visitor_keeps_data(self):
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

    def test_the_pages_of_the_shop_see_the_same(self):
        self.begin(self.alice, tea=2)
        self.alice.patch(OWN, json=ADDRESS)
        page = self.alice.get("@@checkout-review", headers={"Accept": "text/html"})
        self.assertIn("alice@example.com", page.text)

    def test_two_visitors_do_not_meet(self):
        self.begin(self.alice, tea=2)
        self.begin(self.bob, coffee=3)
        for client, tea, coffee in ((self.alice, 2, 0), (self.bob, 0, 3)):
            shown = client.get(OWN).json()
            self.assertEqual((shown["tea"], shown["coffee"]), (tea, coffee))
        self.assertIsNone(self.client().get("@session").json()["slots"][SLOT])

    def test_a_user_keeps_data_that_nobody_else_gets(self):
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

    def test_to_look_writes_nothing_and_sets_no_cookie(self):
        self.begin(self.alice)
        before = self.last_transaction()
        for client in (self.alice, self.bob, self.user("Member")):
            for address in ("@session", OWN, "@session/test.given"):
                with self.subTest(address):
                    before = self.last_transaction()
                    answer = self.assertAnswer(client.get(address), 200)
                    self.assertNotIn("Set-Cookie", answer.headers)
                    self.assertEqual(self.last_transaction(), before)

    def test_a_slot_without_data_has_fields_without_values(self):
        shown = self.alice.get(OWN).json()
        self.assertEqual(shown.pop("@id"), f"{self.portal.absolute_url()}/{OWN}")
        self.assertEqual(set(shown), {"tea", "coffee", "cup", "price", *ADDRESS})
        self.assertEqual(set(shown.values()), {None})

    def test_all_slots_are_shown_and_nothing_else_of_the_session(self):
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

    def test_what_was_not_exposed_is_as_if_it_was_not_there(self):
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

    def test_a_site_without_the_add_on_has_no_such_service(self):
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

    def test_who_may_not_view_the_site_gets_nothing(self):
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

    def test_without_the_profile_of_plone_restapi_nobody_gets_anything(self):
        self.assertIn("plone.restapi:default", PROFILES)
        # As it is by default.
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

    def test_fields_are_checked_and_nothing_is_kept_if_one_is_wrong(self):
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

    def test_invariants_hold_for_the_whole(self):
        error = (None, "Choose at least one item.")
        self.assertErrors(self.alice.patch(OWN, json={"tea": 0}), error)
        self.assertErrors(self.alice.patch(OWN, json={"name": "Alice"}), error)
        self.begin(self.alice, tea=2)
        self.assertErrors(self.alice.patch(OWN, json={"tea": 0}), error)
        self.begin(self.alice, tea=0, cup=1)

    def test_unknown_fields_are_told_with_those_that_there_are(self):
        answer = self.alice.patch(OWN, json={"tea": 1, "milk": 2})
        self.assertRefused(answer, 400, "milk", "tea, coffee, cup")

    def test_read_only_fields_are_shown_and_stay_as_they_are(self):
        self.begin(self.alice, tea=2)
        self.assertErrors(
            self.alice.patch(OWN, json={"price": "0.01"}),
            ("price", "This field cannot be changed."),
        )
        self.assertEqual(self.alice.get(OWN).json()["price"], "9.00")

    def test_permissions_that_a_schema_asks_for_are_needed(self):
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

    def test_all_kinds_of_fields_come_back_as_they_were_sent(self):
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
        # What was got can be sent back, as it is.
        del shown["seen"], shown["discount"]
        self.assertAnswer(self.alice.patch(notes, json=shown), 204)
        self.assertAnswer(
            self.alice.patch(notes, json={name: None for name in sent}), 204
        )
        shown = self.alice.get(notes).json()
        self.assertEqual({shown[name] for name in sent}, {None})

    def test_nonsense_is_never_an_error_of_the_server(self):
        nonsense = [None, True, 0, -1, 1.5, "", "x", [], [[]], [1], {}, {"a": []}]
        for field in INotes.names():
            for value in nonsense:
                with self.subTest(field, value=value):
                    answer = self.alice.patch(
                        "@session/test.notes", json={field: value}
                    )
                    self.assertIn(answer.status_code, (204, 400), answer.text)

    def test_true_is_no_number_and_a_word_is_not_true_or_false(self):
        self.assertErrors(
            self.alice.patch(OWN, json={"tea": True}), ("tea", takes_another("Int"))
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
                self.assertErrors(answer, (field, takes_another(kind)))
        sent = {"shares": [1.5], "flags": [True, False], "agreed": False, "wait": 60}
        self.assertAnswer(self.alice.patch("@session/test.notes", json=sent), 204)
        shown = self.alice.get("@session/test.notes").json()
        self.assertEqual({name: shown[name] for name in sent}, sent)

    def test_what_was_true_or_false_does_not_become_neither(self):
        notes = "@session/test.notes"
        # Sent back as it was got.
        self.assertAnswer(self.alice.patch(notes, json={"agreed": None}), 204)
        self.assertAnswer(self.alice.patch(notes, json={"agreed": True}), 204)
        self.assertErrors(
            self.alice.patch(notes, json={"agreed": None}),
            ("agreed", takes_another("Bool")),
        )
        self.assertIs(self.alice.get(notes).json()["agreed"], True)

    def test_what_is_nested_too_deeply_is_refused(self):
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

    def test_other_errors_of_that_kind_stay_what_they_are(self):
        with mock.patch.object(Record, "to_json", side_effect=RecursionError("Oh")):
            answer = self.alice.get(OWN)
        self.assertEqual(answer.status_code, 500)
        self.assertEqual(answer.json()["message"], "Oh")

    def test_what_is_no_json_object_is_refused(self):
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

    def test_sending_nothing_keeps_nothing(self):
        before = self.last_transaction()
        self.assertAnswer(self.alice.patch(OWN, json={}), 204)
        self.assertAnswer(self.alice.patch(OWN, json={"@id": "x"}), 204)
        self.assertEqual(self.last_transaction(), before)
        self.assertEqual(list(self.alice.cookies), [])

    def test_what_is_there_already_is_not_written_again(self):
        self.begin(self.alice, tea=2)
        before = self.last_transaction()
        self.begin(self.alice, tea=2)
        self.assertEqual(self.last_transaction(), before)

    def test_the_representation_is_sent_to_who_prefers_it(self):
        answer = self.alice.patch(
            OWN, json={"tea": 2}, headers={"Prefer": "return=representation"}
        )
        self.assertAnswer(answer, 200)
        self.assertEqual(answer.json(), self.alice.get(OWN).json())
        self.assertEqual(answer.headers["ETag"], self.alice.get(OWN).headers["ETag"])

    def test_an_object_that_only_adapts_to_the_schema(self):
        self.assertAnswer(
            self.alice.patch("@session/test.dict", json={"text": "a"}), 204
        )
        self.assertAnswer(
            self.alice.patch("@session/test.dict", json={"text": "b"}), 204
        )
        self.assertEqual(self.data(self.alice), {"test.dict": {"text": "b"}})
        self.assertEqual(self.alice.get("@session/test.dict").json()["text"], "b")

    def test_without_a_factory_only_what_is_there_can_be_changed(self):
        given = "@session/test.given"
        self.assertRefused(self.alice.patch(given, json={"kind": "a"}), 404)
        self.assertEqual(len(self.container), 0)
        self.begin(self.alice)
        session = self.session(self.alice)
        session["test.given"] = Notes()
        transaction.commit()
        self.assertAnswer(self.alice.patch(given, json={"kind": "a"}), 204)
        self.assertEqual(self.data(self.alice)["test.given"].kind, "a")

    def test_a_slot_is_discarded_as_often_as_one_likes(self):
        self.begin(self.alice)
        for time in range(2):
            self.assertAnswer(self.alice.delete(OWN), 204)
            self.assertEqual(self.data(self.alice), {})
        before = self.last_transaction()
        answer = self.assertAnswer(self.bob.delete(OWN), 204)
        self.assertEqual(self.last_transaction(), before)
        self.assertNotIn("Set-Cookie", answer.headers)

    def test_what_no_class_fits_any_more_can_be_discarded(self):
        self.begin(self.alice)
        self.session(self.alice)["test.notes"] = CheckoutData()
        transaction.commit()
        self.assertEqual(self.alice.get("@session/test.notes").status_code, 500)
        self.assertAnswer(self.alice.delete("@session/test.notes"), 204)
        self.assertEqual(list(self.data(self.alice)), [SLOT])

    def test_all_exposed_slots_are_discarded_and_no_other_keys(self):
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

    def test_a_session_that_timed_out_is_empty(self):
        self.begin(self.alice)
        with travel(minutes=61):
            self.assertIsNone(self.alice.get("@session").json()["slots"][SLOT])
            self.begin(self.alice, cup=1)
            self.assertEqual(self.alice.get(OWN).json()["tea"], 0)

    def test_too_much_is_refused_and_nothing_is_changed(self):
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

    def test_one_visitor_too_many_is_told_when_to_come_again(self):
        self.begin(self.alice)
        container = self.container
        container.limit = 1
        container.when_full = "refuse"
        transaction.commit()
        answer = self.bob.patch(OWN, json={"tea": 1})
        self.assertRefused(answer, 503)
        self.assertEqual(answer.headers["Retry-After"], "120")
        self.assertNotIn("Set-Cookie", answer.headers)

    def test_a_database_that_is_away_is_told(self):
        self.begin(self.alice)
        away = DatabaseDown("sessions")
        with mock.patch.object(SessionDataManager, "getSessionData", side_effect=away):
            for answer in self.alice.get(OWN), self.alice.patch(OWN, json={"tea": 1}):
                self.assertRefused(answer, 503)
                self.assertEqual(answer.headers["Retry-After"], "30")
                self.assertIn("Not available at the moment.", answer.json()["message"])

    def test_volto_asks_in_its_own_way(self):
        answer = self.alice.patch(
            f"++api++/{OWN}", json={"tea": 2}, headers={"Accept": "*/*"}
        )
        self.assertAnswer(answer, 204)
        shown = self.alice.get(f"++api++/{OWN}", headers={"Accept": "*/*"})
        self.assertEqual(self.assertAnswer(shown, 200).json()["tea"], 2)

    def test_the_token_that_volto_logs_in_with_makes_a_session_the_users(self):
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
        with self.loud():
            self.assertErrors(
                self.alice.patch(OWN, json={"tea": 0}),
                (None, "CHOOSE AT LEAST ONE ITEM."),
            )
            self.assertRefused(self.alice.get("@session/x"), 404, "NO SUCH SLOT")


class TagTest(RestTestCase):
    """Entity tags, and what depends on them."""

    def tag(self, client, address=OWN):
        answer = self.assertAnswer(client.get(address), 200)
        self.assertEqual(answer.headers["Vary"], "Cookie")
        self.assertRegex(answer.headers["ETag"], r'^"[0-9a-f]{24}"$')
        return answer.headers["ETag"]

    def ask(self, client, method, address=OWN, json=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.request(method, address, json=json, headers=headers)

    def test_what_a_client_has_already_is_not_sent_again(self):
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

    def test_what_has_changed_is_sent(self):
        self.begin(self.alice, tea=2)
        for address in ("@session", OWN):
            tag = self.tag(self.alice, address)
            self.assertEqual(self.tag(self.alice, address), tag)
            cup = self.alice.get(OWN).json()["cup"]
            self.begin(self.alice, cup=cup + 1)
            answer = self.ask(self.alice, "GET", address, If_None_Match=tag)
            self.assertAnswer(answer, 200)
            self.assertNotEqual(answer.headers["ETag"], tag)

    def test_nothing_and_an_object_without_values_differ(self):
        self.assertAnswer(self.ask(self.alice, "GET", If_None_Match="*"), 200)
        tag = self.tag(self.alice, "@session/test.dict")
        self.alice.patch("@session/test.dict", json={"text": "a"})
        self.assertNotEqual(self.tag(self.alice, "@session/test.dict"), tag)

    def test_a_change_of_something_else_is_refused(self):
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

    def test_a_change_of_what_was_seen_is_made(self):
        self.begin(self.alice, tea=2)
        seen = self.tag(self.alice)
        answer = self.ask(self.alice, "PATCH", json={"tea": 3}, If_Match=f"W/{seen}")
        self.assertAnswer(answer, 204)
        self.assertEqual(answer.headers["ETag"], self.tag(self.alice))
        # One change after the other, without a look between them.
        seen = answer.headers["ETag"]
        answer = self.ask(self.alice, "DELETE", If_Match=f'"x", {seen}')
        self.assertAnswer(answer, 204)
        self.assertEqual(self.data(self.alice), {})

    def test_only_what_exists_or_only_what_does_not(self):
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
        """Let ``client`` change fields just before the next change is made."""
        make_change = Record.change
        waiting = [fields]

        def change(record, values):
            if waiting:
                self.begin(client, **waiting.pop())
            make_change(record, values)

        with mock.patch.object(Record, "change", change):
            yield

    def in_another_tab(self, client):
        other = self.client()
        other.cookies.update(client.cookies)
        return other

    def test_fields_that_two_tabs_change_at_once_are_both_kept(self):
        self.begin(self.alice, tea=2)
        with self.meanwhile(self.in_another_tab(self.alice), cup=1):
            self.begin(self.alice, coffee=3)
        shown = self.alice.get(OWN).json()
        self.assertEqual((shown["tea"], shown["cup"], shown["coffee"]), (2, 1, 3))

    def test_of_two_tabs_that_saw_the_same_the_second_is_refused(self):
        self.begin(self.alice, tea=2)
        seen = self.tag(self.alice)
        with self.meanwhile(self.in_another_tab(self.alice), tea=3):
            answer = self.ask(self.alice, "PATCH", json={"tea": 4}, If_Match=seen)
        self.assertRefused(answer, 412)
        self.assertEqual(self.alice.get(OWN).json()["tea"], 3)

    def test_a_tag_of_another_visitor_changes_nothing(self):
        self.begin(self.alice, tea=2)
        answer = self.ask(
            self.bob, "PATCH", json={"tea": 3}, If_Match=self.tag(self.alice)
        )
        self.assertRefused(answer, 412)


class Elsewhere(CORSPolicy):
    """Lets one other origin in."""

    allow_origin = ["https://shop.example.org"]
    allow_methods = ["GET", "PATCH"]
    allow_headers = ["content-type", "if-match"]
    expose_headers = ["ETag"]
    allow_credentials = True
    max_age = None


class ForgeryTest(RestTestCase):
    """Pages of other sites change nothing in the name of a visitor."""

    OTHERS = (
        {"Origin": "https://evil.example.com"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example.com"},
        {"Sec-Fetch-Site": "what?", "Origin": "https://shop.example.org"},
    )

    def changes(self, client, **headers):
        yield client.patch(OWN, json={"tea": 9}, headers=headers)
        yield client.delete(OWN, headers=headers)
        yield client.delete("@session", headers=headers)

    def test_other_origins_are_refused(self):
        self.begin(self.alice, tea=2)
        for headers in self.OTHERS:
            for answer in self.changes(self.alice, **headers):
                with self.subTest(answer.request.method, **headers):
                    self.assertRefused(answer, 403, "CORS")
        self.assertEqual(self.alice.get(OWN).json()["tea"], 2)

    def test_sessions_of_others_are_not_ended_from_elsewhere(self):
        self.begin(self.alice)
        admin = self.user("Site Administrator")
        (row,) = admin.get("@sessions").json()["items"]
        for headers in self.OTHERS:
            for address in (row["@id"], "@sessions?user=x", "@sessions?all=1"):
                self.assertRefused(admin.delete(address, headers=headers), 403)
        self.assertIsNotNone(self.data(self.alice))

    def test_own_pages_may_change_and_so_may_what_is_no_page(self):
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

    def test_behind_a_virtual_host_its_own_origin_counts(self):
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
        policy = type("Policy", (Elsewhere,), attributes)
        components = getGlobalSiteManager()
        components.registerAdapter(
            policy, [Interface, IDefaultBrowserLayer], ICORSPolicy
        )
        self.addCleanup(
            components.unregisterAdapter,
            required=[Interface, IDefaultBrowserLayer],
            provided=ICORSPolicy,
        )

    def test_an_origin_that_a_policy_names_may_change(self):
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
        for headers in self.OTHERS[:5]:
            answer = self.alice.patch(OWN, json={"tea": 3}, headers=headers)
            self.assertRefused(answer, 403)
        self.assertEqual(self.alice.get(OWN).json()["tea"], 2)

    def test_what_is_shown_to_one_of_several_origins_varies_by_it(self):
        self.allow(allow_origin=["https://shop.example.org", "https://b.example.org"])
        answer = self.alice.get(OWN, headers={"Origin": "https://shop.example.org"})
        self.assertEqual(answer.headers["Vary"], "Origin, Cookie")

    def test_a_policy_for_everybody_names_nobody(self):
        self.allow(allow_origin=["*"])
        for headers in (*self.OTHERS, {"Origin": "*"}):
            for answer in self.changes(self.alice, **headers):
                self.assertRefused(answer, 403)

    def test_what_forms_can_send_is_refused(self):
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

    def test_json_may_say_its_charset(self):
        answer = self.alice.patch(
            OWN,
            data='{"tea": 2, "name": "Bj\xf6rn"}'.encode(),
            headers={"Content-Type": "Application/JSON; charset=utf-8"},
        )
        self.assertAnswer(answer, 204)
        self.assertEqual(self.alice.get(OWN).json()["name"], "Bj\xf6rn")

    def test_a_post_is_no_way_around(self):
        self.begin(self.alice, tea=2)
        for headers in ({}, {"X-HTTP-Method-Override": "DELETE"}):
            answer = self.alice.post(OWN, json={"tea": 9}, headers=headers)
            self.assertEqual(answer.status_code, 404)
        self.assertEqual(self.alice.get(OWN).json()["tea"], 2)

    def description(self):
        transaction.begin()
        return self.portal.description

    def test_content_stays_protected(self):
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
        # Only the check keeps it out.
        with mock.patch.object(auto, "CSRF_DISABLED", True):
            editor.get(writing)
            self.assertEqual(self.description(), "smuggled")

    def test_a_users_own_session_is_changed_with_the_check_on(self):
        editor = self.user("Editor")
        with mock.patch.object(auto, "CSRF_DISABLED", False):
            self.begin(editor, tea=2)
            self.assertEqual(editor.get(OWN).json()["tea"], 2)
            with travel(minutes=50):
                # A look that notes the access.
                self.assertEqual(editor.get(OWN).json()["tea"], 2)
            with travel(minutes=100):
                self.assertEqual(editor.get(OWN).json()["tea"], 2)
            self.assertAnswer(editor.delete(OWN), 204)


class LayerTest(RestTestCase):
    """What ``SESSIONDATA_FIXTURE`` promises to layers that serve the site."""

    def test_nobody_removes_sessions_beside_the_tests(self):
        self.assertNotIn(THREAD_NAME, [thread.name for thread in threading.enumerate()])


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

    def test_who_may_see_and_end_sessions(self):
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

    def test_looking_and_ending_are_two_permissions(self):
        self.portal.manage_permission(
            "collective.sessiondata: View sessions", ["Editor"]
        )
        editor = self.user("Editor")
        first, second = self.assertAnswer(editor.get("@sessions"), 200).json()["items"]
        self.assertEqual(editor.delete(first["@id"]).status_code, 401)

    def test_numbers_are_told(self):
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
        for told in (numbers["history"][-1]["time"], shown["items"][0]["created"]):
            self.assertTrue(told.endswith("Z"))
            datetime.strptime(told, "%Y-%m-%dT%H:%M:%SZ")
        self.assertIsNone(numbers["swept"])
        with travel(minutes=61):
            lease.tend(self.container, "this test", lambda seconds: True)
            numbers = self.get()["statistics"]
        self.assertEqual((numbers["live"], numbers["swept_total"]), (0, 2))
        self.assertTrue(numbers["swept"].endswith("Z"))

    def test_every_number_of_the_overview_is_told(self):
        statistics = self.container.statistics()
        shown = self.get()["statistics"]
        self.assertEqual(len(shown), len(statistics.__dataclass_fields__))
        self.assertIsNotNone(shown["median_stay_seconds"])
        with travel(minutes=61):
            self.container.sweep()
            transaction.commit()
            self.assertIsNone(self.get()["statistics"]["median_stay_seconds"])

    def test_where_sessions_are_is_told(self):
        where = self.get()["location"]
        self.assertEqual(where.pop("size_bytes") > 0, True)
        self.assertEqual(
            where, {"database": "unnamed", "storage": "DemoStorage", "dedicated": False}
        )

    def test_sessions_are_told_without_what_is_in_them(self):
        answer = self.admin.get("@sessions")
        bob, alice = answer.json()["items"]
        self.assertEqual((alice["keys"], alice["keys_total"]), ([SLOT], 1))
        self.assertIsNone(alice["user_id"])
        self.assertGreater(alice["size_bytes"], 100)
        for client in (self.alice, self.bob):
            self.assertNotIn(client.cookies[COOKIE_NAME], answer.text)
        self.assertEqual(self.get(alice["@id"]), alice)

    def test_to_look_writes_nothing_and_is_no_access(self):
        before = self.last_transaction()
        rows = self.rows()
        self.assertEqual(self.last_transaction(), before)
        with travel(minutes=30):
            self.assertEqual(self.rows(), rows)

    def test_of_the_container_of_another_product_there_is_nothing_to_tell(self):
        app = self.layer["app"]
        app._setObject("stock", StockContainer("stock"))
        self.portal.session_data_manager.setContainerPath("/stock")
        transaction.commit()
        self.assertNothingIsTold()

    def test_before_the_container_is_made_there_is_nothing_to_tell(self):
        # As where databases for sessions were just configured.
        self.portal.session_data_manager.container_id = "another"
        transaction.commit()
        self.assertNothingIsTold()

    def assertNothingIsTold(self):
        before = self.last_transaction()
        shown = self.get()
        self.assertEqual(shown["items"], [])
        self.assertTrue(shown["complete"])
        self.assertIsNone(shown["statistics"])
        self.assertIsNone(shown["location"])
        self.assertEqual(self.last_transaction(), before)
        self.assertRefused(self.admin.delete("@sessions/0123456789"), 404)

    def test_a_container_that_is_missing_is_told(self):
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

    def test_long_lists_come_in_batches(self):
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

    def test_bad_parameters_are_told(self):
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

    def test_one_session_is_ended(self):
        bob, alice = self.rows()
        self.assertAnswer(self.admin.delete(alice["@id"]), 204)
        self.assertIsNone(self.data(self.alice))
        self.assertIsNotNone(self.data(self.bob))
        for answer in (self.admin.delete(alice["@id"]), self.admin.get(alice["@id"])):
            self.assertRefused(answer, 404, "no such session")
        # The digits that the overview shows are enough.
        self.assertAnswer(self.admin.delete(f"@sessions/{bob['handle'][:8]}"), 204)
        self.assertIsNone(self.data(self.bob))

    def test_handles_that_are_none_are_told(self):
        for handle in ("0123", "nonsense", "%20" * 9, "..."):
            with self.subTest(handle):
                self.assertRefused(self.admin.delete(f"@sessions/{handle}"), 400, "0-9")
        self.assertRefused(self.admin.delete("@sessions/0123456789/x"), 400)
        self.assertRefused(self.admin.get("@sessions/0123456789/x"), 404)

    def test_a_beginning_of_several_handles_is_ambiguous(self):
        row = self.rows()[0]
        found = self.container.with_handle(row["handle"]) * 2
        method = "collective.sessiondata.container.TransientObjectContainer.with_handle"
        with mock.patch(method, return_value=found):
            answer = self.admin.delete(f"@sessions/{row['handle'][:8]}")
        self.assertRefused(answer, 400, "more digits")

    def test_the_sessions_of_a_user_are_ended(self):
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

    def test_all_sessions_are_ended(self):
        self.assertAnswer(self.admin.delete("@sessions?all=1"), 204)
        self.assertIsNone(self.data(self.alice))
        self.assertIsNone(self.data(self.bob))
        self.assertEqual(self.rows(), [])

    def test_it_has_to_be_said_which_sessions_are_to_end(self):
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
                self.assertEqual(found[name], takes_another(kind))
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
        for headers in ForgeryTest.OTHERS:
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
        with self.loud():
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
