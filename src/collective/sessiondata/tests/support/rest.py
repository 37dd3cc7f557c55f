"""A layer and a client for tests of the REST API, over HTTP from Zope's own server."""

from ...demo.data import SLOT
from ...interfaces import IExposedSlot
from ...settings.browserid import COOKIE_NAME
from ...slots import ExposedSlot
from ...testing import SESSIONDATA_FIXTURE
from contextlib import contextmanager
from persistent import Persistent
from plone.app.testing import applyProfile
from plone.app.testing import FunctionalTesting
from plone.app.testing import PloneSandboxLayer
from plone.app.testing import setRoles
from plone.app.testing import TEST_USER_ID
from plone.app.testing import TEST_USER_NAME
from plone.app.testing import TEST_USER_PASSWORD
from plone.autoform import directives
from plone.supermodel import model
from plone.testing import zope
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

import json
import requests
import transaction

OWN = f"@session/{SLOT}"


ADDRESS = {
    "name": "Alice Example",
    "street": "Main Street 1",
    "postal_code": "12345",
    "city": "Springfield",
    "email": "alice@example.com",
}


# Headers of requests from pages of other sites.
FOREIGN_ORIGINS = (
    {"Origin": "https://evil.example.com"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example.com"},
    {"Sec-Fetch-Site": "what?", "Origin": "https://shop.example.org"},
)


def wrong_type(kind):
    """Return the error message for a value of a wrong type; ``kind`` is the field type."""
    return f"This field takes another kind of value: {kind}."


class INotes(model.Schema):
    """A schema with a field of each kind."""

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
    """Adapts a dict in the session to ``IPlain``."""

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
    """Changes content when it is read and when it is changed."""

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

    # In addition to the slot of the demo.
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
    """A browser with cookies; addresses are relative to the site."""

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
        """Return a client of the test user with only these roles."""
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
        """Return the data of the session of ``client``, or None."""
        session = self.session(client)
        return None if session is None else dict(session.items())

    @contextmanager
    def translated_to_capitals(self):
        """Translate all messages of the package to capitals."""
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
        """Check the status, and that no cache may store the response."""
        self.assertEqual(response.status_code, status, response.text)
        self.assertEqual(response.headers["Cache-Control"], "private, no-store")
        return response

    def assertRefused(self, response, status, *words):
        self.assertAnswer(response, status)
        self.assertNotIn("ETag", response.headers)
        answer = response.json()
        self.assertLessEqual({"type", "message"}, set(answer))
        for word in words:
            self.assertIn(word, answer["message"])

    def assertErrors(self, response, *errors):
        self.assertRefused(response, 400)
        answer = response.json()
        self.assertEqual(
            sorted((error["field"], error["message"]) for error in answer["errors"]),
            sorted(errors),
        )
        # Volto parses the message.
        self.assertEqual(json.loads(answer["message"]), answer["errors"])

    def begin(self, client, **fields):
        """Store fields in the demo's slot of a visitor."""
        self.assertAnswer(client.patch(OWN, json=fields or {"tea": 2}), 204)
