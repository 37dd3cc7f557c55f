"""The examples in the page on the REST API are what it really asks for and answers.

The page is docs/reference/rest.rst.

They are the files in http-examples beside it.  One that is out of step is a failure; ::

    WRITE_EXAMPLES=1 bin/test -s collective.sessiondata -t test_rest_examples

writes them anew.  What is different each time, ids, times and sizes of databases, is
made the same; all else is as it came over HTTP.
"""

from .. import clock
from ..database import directory
from ..database import location
from ..demo.data import SLOT
from ..interfaces import IExposedSlot
from ..plone.restapi import sessions
from .support.examples import CHECKOUT
from .support.examples import examples
from .support.rest import ADDRESS
from .support.rest import Client
from .support.rest import RestLayer
from .support.rest import RestTestCase
from base64 import urlsafe_b64encode
from hashlib import blake2b
from http import HTTPStatus
from itertools import count
from plone.app.testing import FunctionalTesting
from plone.testing import zope
from Products.SiteAccess.VirtualHostMonster import manage_addVirtualHostMonster
from types import ModuleType
from unittest import mock
from zope.component import getGlobalSiteManager

import json
import os
import sys
import transaction

DOCUMENT = "docs/reference/rest.rst"
EXAMPLES = CHECKOUT / "docs" / "reference" / "http-examples"

# As the site that "make start" starts.
HOST = "127.0.0.1:8080"
SITE = "/Plone"

# 15 January 2026, 12:00.
NOON = 1768478400

REQUEST_HEADERS = (
    "Accept",
    "Authorization",
    "Content-Type",
    "Cookie",
    "If-Match",
    "If-None-Match",
    "Origin",
    "Prefer",
)
RESPONSE_HEADERS = ("Cache-Control", "Content-Type", "ETag", "Set-Cookie", "Vary")

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"


class ExamplesLayer(RestLayer):
    """A site with the demo's slot alone, and some users."""

    exposed = {}

    def setUpZope(self, app, configurationContext):
        super().setUpZope(app, configurationContext)
        manage_addVirtualHostMonster(app, "virtual_hosting")

    def setUpPloneSite(self, portal):
        super().setUpPloneSite(portal)
        for name, role in (("admin", "Site Administrator"), ("jane", "Member")):
            portal.acl_users.userFolderAddUser(name, name, [role], [])


EXAMPLES_FUNCTIONAL_TESTING = FunctionalTesting(
    bases=(ExamplesLayer(), zope.WSGI_SERVER_FIXTURE),
    name="ExamplesLayer:Functional",
)


class DocumentedClient(Client):
    """Sees the site as at ``HOST`` and ``SITE``, and keeps the cookie for those."""

    cookie = None

    def __init__(self, app_url):
        super().__init__(
            f"{app_url}/VirtualHostBase/http/{HOST}/plone/VirtualHostRoot/_vh_"
            f"{SITE.strip('/')}"
        )

    def request(self, method, url, headers=None, **how):
        """Send a request to an address in the site, which may be a whole one."""
        headers = dict(headers or {})
        if self.cookie is not None:
            headers["Cookie"] = self.cookie
        url = url.removeprefix(f"http://{HOST}{SITE}/")
        response = super().request(method, url, headers=headers, **how)
        if "Set-Cookie" in response.headers:
            self.cookie = response.headers["Set-Cookie"].split(";")[0]
            self.cookies.clear()
        return response


def _request(request):
    path = request.path_url.partition("/_vh_")[2]
    lines = [f"{request.method} /{path} HTTP/1.1", f"Host: {HOST}"]
    lines += _headers(request.headers, REQUEST_HEADERS)
    return _message(lines, request.body)


def _response(response, left_out):
    status = HTTPStatus(response.status_code)
    lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
    lines += _headers(response.headers, RESPONSE_HEADERS)
    return _message(lines, response.content, left_out)


def _headers(headers, shown):
    return [f"{name}: {headers[name]}" for name in shown if name in headers]


def _message(lines, body, left_out=()):
    if body:
        content = json.loads(body)
        for name in left_out:
            del content[name]
        text = json.dumps(content, indent=2, ensure_ascii=False)
        lines = [*lines, "", text]
    return "\n".join(lines) + "\n"


class ExamplesTest(RestTestCase):
    layer = EXAMPLES_FUNCTIONAL_TESTING
    maxDiff = None

    def setUp(self):
        super().setUp()
        secrets = mock.Mock()
        numbers = count()
        secrets.token_urlsafe = lambda size: urlsafe_b64encode(
            blake2b(b"%d" % next(numbers), digest_size=size).digest()
        ).decode()
        where = location.Location(
            name="main", bytes=48_211_042, storage="FileStorage", dedicated=False
        )
        for patch in (
            mock.patch.object(clock, "source", lambda: self.now),
            mock.patch("collective.sessiondata.http.ids.secrets", secrets),
            mock.patch.object(sessions, "location_of", lambda container: where),
        ):
            patch.start()
            self.addCleanup(patch.stop)
        self.let_the_history_begin()

    def let_the_history_begin(self):
        """Make the container anew, three hours before noon."""
        self.now = NOON - 3 * 3600
        manager = self.portal.session_data_manager
        directory.drop(manager, manager.container_id)
        manager._v_container = None
        manager.container()
        transaction.commit()
        self.now = NOON

    def client(self, auth=None):
        client = DocumentedClient(self.layer["app"].absolute_url())
        self.addCleanup(client.close)
        client.auth = auth and (auth, auth)
        return client

    def show(self, name, response, left_out=()):
        """Compare what was asked and answered with the example ``name``."""
        for kind, text in (
            ("req", _request(response.request)),
            ("resp", _response(response, left_out)),
        ):
            path = EXAMPLES / f"{name}.{kind}"
            if os.environ.get("WRITE_EXAMPLES"):
                path.write_text(text, encoding="utf-8")
            with self.subTest(path.name):
                self.assertTrue(path.exists(), f"{path} is missing: {__doc__}")
                self.assertEqual(path.read_text(encoding="utf-8"), text, __doc__)

    def test_a_visitors_data(self):
        visitor = self.client()
        self.show("session", visitor.get("@session"))
        self.show("slot_empty", visitor.get(OWN := f"@session/{SLOT}"))
        self.show("slot_patch", visitor.patch(OWN, json={"tea": 2, "cup": 1}))
        self.show(
            "slot_patch_representation",
            visitor.patch(
                OWN, json=ADDRESS, headers={"Prefer": "return=representation"}
            ),
        )
        shown = visitor.get(OWN)
        self.show("slot", shown)
        tag = shown.headers["ETag"]
        self.show("slot_known", visitor.get(OWN, headers={"If-None-Match": tag}))
        visitor.patch(OWN, json={"tea": 3})
        self.show(
            "slot_stale",
            visitor.patch(OWN, json={"tea": 1}, headers={"If-Match": tag}),
        )
        self.show(
            "slot_invalid",
            visitor.patch(OWN, json={"tea": 100, "email": "nonsense", "milk": 1}),
        )
        self.show("slot_invariant", self.client().patch(OWN, json={"tea": 0}))
        self.show("slot_unknown", visitor.get("@session/another.add-on"))
        self.show(
            "slot_elsewhere",
            visitor.patch(
                OWN, json={"tea": 9}, headers={"Origin": "https://www.example.com"}
            ),
        )
        self.show("slot_delete", visitor.delete(OWN))
        self.show("session_delete", visitor.delete("@session"))

    def test_the_overview(self):
        admin = self.client("admin")
        address = f"@session/{SLOT}"
        self.now = NOON - 25 * 60
        self.client().patch(address, json={"coffee": 1})
        self.now = NOON - 2 * 60
        jane = self.client("jane")
        jane.headers["User-Agent"] = FIREFOX
        jane.patch(address, json={"tea": 2})
        self.now = NOON
        shown = admin.get("@sessions")
        self.show("sessions", shown)
        self.show(
            "sessions_batch",
            admin.get("@sessions?sort_on=created&sort_order=ascending&b_size=1"),
            left_out=("statistics", "location"),
        )
        first, second = shown.json()["items"]
        self.show("sessions_one", admin.get(first["@id"]))
        self.show("sessions_end_one", admin.delete(second["@id"]))
        self.show("sessions_end_user", admin.delete("@sessions?user=jane"))
        self.show("sessions_end_all", admin.delete("@sessions?all=1"))
        self.show("sessions_end_nothing", admin.delete("@sessions"))

    def test_the_settings(self):
        admin = self.client("admin")
        panel = "@controlpanels/sessions"
        self.show(
            "settings_patch",
            admin.patch(panel, json={"timeout_minutes": 30, "limit": 0}),
        )
        self.show("settings", admin.get(panel), left_out=("schema",))
        self.show(
            "settings_invalid",
            admin.patch(
                panel, json={"resolution_seconds": 7200, "cookie_same_site": "None"}
            ),
        )


class DocumentTest(RestTestCase):
    """The page itself."""

    def test_all_examples_are_shown_once(self):
        shown = [example.file.name for example in examples(DOCUMENT, "http")]
        present = [path.name for path in EXAMPLES.iterdir()]
        self.assertEqual(sorted(shown), sorted(present))

    def test_what_an_add_on_does(self):
        module = ModuleType("documentation_examples")
        sys.modules[module.__name__] = module
        self.addCleanup(sys.modules.pop, module.__name__)
        for example in examples(DOCUMENT, "python"):
            exec(compile(example.code, DOCUMENT, "exec"), vars(module))
        components = getGlobalSiteManager()
        slot = module.exposed, IExposedSlot, "my.package.wishes"
        components.registerUtility(*slot)
        self.addCleanup(components.unregisterUtility, *slot)
        address = "@session/my.package.wishes"
        answer = self.alice.patch(address, json={"text": "a kettle"})
        self.assertAnswer(answer, 204)
        shown = self.alice.get(address).json()
        self.assertEqual((shown["text"], shown["letters"]), ("a kettle", 8))
        self.assertEqual(
            self.alice.patch(address, json={"letters": 1}).status_code, 400
        )
        self.assertAnswer(self.alice.delete(address), 204)
