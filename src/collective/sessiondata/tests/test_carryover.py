"""A site that had sessions of another product: they come along, and go back."""

from ..http.ids import STOCK_COOKIE
from ..operations.carryover import carry_over
from ..settings.browserid import COOKIE_NAME
from ..testing import SESSIONDATA_INTEGRATION_TESTING
from ..testing import travel
from ..testing import Visitor
from .support.server import SERVER
from .support.things import CheckoutData
from plone.app.testing import applyProfile
from Products.mcdutils.sessiondata import MemCacheSessionDataContainer
from Products.Sessions.BrowserIdManager import BrowserIdManager
from Products.Sessions.interfaces import SessionDataManagerErr
from Products.Sessions.SessionDataManager import SessionDataManager
from Products.Transience.Transience import TransientObjectContainer
from unittest import TestCase

import transaction

FORMER = "25369837A9jjyVXKJxc"


class CarryOverTest(TestCase):
    layer = SESSIONDATA_INTEGRATION_TESTING

    def setUp(self):
        self.app, self.portal = self.layer["app"], self.layer["portal"]
        self.app._setObject("former", TransientObjectContainer("former"))
        self.former = self.app.former
        self.manager = self.portal.session_data_manager

    def carry_over(self, path="/former"):
        transaction.savepoint()
        return carry_over(self.manager, path)

    def visitor(self, former_id=FORMER):
        visitor = Visitor(self.portal)
        visitor.cookies[STOCK_COOKIE] = former_id
        return visitor

    def test_a_visitor_keeps_the_cart(self):
        session = self.former.new(FORMER)
        session["items"] = ["tea"]
        session["cart"] = CheckoutData()
        session["cart"].items = ("tea",)
        created = session.getCreated()
        self.assertEqual(self.carry_over().carried, 1)
        self.assertEqual(len(self.former), 0)
        visitor = self.visitor()
        with visitor as request:
            self.assertEqual(request.SESSION["items"], ["tea"])
            self.assertEqual(request.SESSION["cart"].items, ("tea",))
            self.assertEqual(request.SESSION.getCreated(), int(created))
        # From now on by an id of ours.
        self.assertEqual(len(visitor.cookies[COOKIE_NAME]), 32)
        del visitor.cookies[STOCK_COOKIE]
        with visitor as request:
            request.SESSION["items"].append("milk")
        self.assertEqual(visitor.data()["items"], ["tea", "milk"])

    def test_the_first_requests_may_come_at_once(self):
        self.former.new(FORMER)["a"] = 1
        self.carry_over()
        first, second = self.visitor(), self.visitor()
        for visitor in (first, second):
            with visitor as request:
                self.assertEqual(request.SESSION["a"], 1)
        self.assertEqual(first.cookies, second.cookies)

    def test_other_ids_lead_nowhere(self):
        self.former.new(FORMER)["a"] = 1
        self.carry_over()
        for former_id in ("25369837A9jjyVXKJxd", "", "\udcff"):
            with self.visitor(former_id) as request:
                self.assertIsNone(request.SESSION.get("a"))
        # The former id is none of ours, whatever cookie it is in.
        visitor = Visitor(self.portal)
        visitor.cookies[COOKIE_NAME] = FORMER
        with visitor as request:
            self.assertIsNone(request.SESSION.get("a"))

    def test_who_has_ended_the_session_does_not_get_it_back(self):
        self.former.new(FORMER)["a"] = 1
        self.carry_over()
        visitor = self.visitor()
        with visitor as request:
            request.SESSION.invalidate()
        with self.visitor() as request:
            self.assertIsNone(request.SESSION.get("a"))
        self.assertEqual(self.carry_over().carried, 0)

    def test_sessions_expire_as_if_they_had_been_here(self):
        self.former.new(FORMER)["a"] = 1
        with travel(minutes=59):
            self.carry_over()
            with self.visitor() as request:
                self.assertEqual(request.SESSION["a"], 1)
        self.former.new("44369837A9jjyVXKJxc")["a"] = 1
        with travel(minutes=61):
            self.assertEqual(self.carry_over().carried, 0)

    def test_sessions_without_data_stay_behind(self):
        self.former.new(FORMER)
        self.assertEqual(self.carry_over(), (0, []))
        self.assertEqual(len(self.manager.container()), 0)

    def test_what_cannot_be_taken_stays_and_is_told(self):
        self.manager.container().max_size = 1000
        self.former.new(FORMER)["a"] = "a" * 2000
        self.former.new("44369837A9jjyVXKJxc")["a"] = 1
        result = self.carry_over()
        self.assertEqual(result.carried, 1)
        (problem,) = result.problems
        self.assertIn("SessionTooLarge", problem)
        self.assertEqual(self.former.get(FORMER)["a"], "a" * 2000)

    def test_content_stays_what_it_is(self):
        self.app.manage_addFolder("content")
        transaction.savepoint()
        self.former.new(FORMER)["content"] = self.app.content.aq_base
        self.carry_over()
        with self.visitor() as request:
            found = request.SESSION["content"]
            self.assertEqual(found.getId(), "content")

    def test_where_there_is_nothing_to_carry_the_error_says_so(self):
        self.app._setObject("memcached", MemCacheSessionDataContainer("memcached"))
        for path, told in (
            ("/nowhere", "no session data container at '/nowhere'"),
            ("", "no session data container"),
            ("/memcached", "cannot list its sessions"),
        ):
            with self.assertRaisesRegex(SessionDataManagerErr, told):
                self.carry_over(path)
        self.manager.setContainerPath("/former")
        with self.assertRaisesRegex(SessionDataManagerErr, "one of its own first"):
            self.carry_over()

    def test_removing_the_add_on_brings_the_former_tools_back(self):
        self.app._setObject(
            "browser_id_manager", BrowserIdManager("browser_id_manager")
        )
        self.app._setObject(
            "session_data_manager",
            SessionDataManager("session_data_manager", "/former", "", "SESSION"),
        )
        with Visitor(self.portal):
            self.assertIsNot(
                self.portal.session_data_manager.aq_base,
                self.app.session_data_manager.aq_base,
            )
        applyProfile(self.portal, "collective.sessiondata:uninstall")
        manager = self.portal.session_data_manager
        self.assertIs(manager.aq_base, self.app.session_data_manager.aq_base)
        manager.getSessionData(create=True)["a"] = 1
        self.assertEqual(len(self.former), 1)


COMMAND = """
from Products.Transience.Transience import TransientObjectContainer
from collective.sessiondata.command import sessions
from collective.sessiondata.operations.sitecontext import with_request
from collective.sessiondata.testing import Visitor
from contextlib import redirect_stderr
from contextlib import redirect_stdout
from io import StringIO
from zope.globalrequest import setRequest

COMMAND = ["migrate"]

def told(*words):
    output = StringIO()
    with redirect_stdout(output), redirect_stderr(output):
        try:
            sessions(app, [*COMMAND, *words])
        except SystemExit as end:
            print("exit code", end.code)
    return output.getvalue()

def check(part, *words):
    output = told(*words)
    assert part in output, output

app._setObject("former", TransientObjectContainer("former"))
app.former.new({former!r})["a"] = ["kept"]
transaction.commit()
check("Plon' has no session data manager", "Plon", "--from", "/former")
check("no session data container at '/no'", "Plone", "--from", "/no")
# As bin/instance calls it.
COMMAND[:0] = ["-c", "sessions"]
check("carried 1 session over.\\n", "Plone", "--from", "/former")
check("Only a running Zope can read a container", "/Plone/", "--from", "/former")
transaction.begin()
app = with_request(app)
setRequest(app.REQUEST)
visitor = Visitor(app.Plone)
visitor.cookies["_ZopeId"] = {former!r}
with visitor as request:
    assert request.SESSION["a"] == ["kept"]
    # Other tests expect a site without sessions.
    request.SESSION.invalidate()
app._delObject("former")
transaction.commit()
"""


class CommandTest(TestCase):
    """The command, in a process of its own, on a real site."""

    layer = SERVER

    def test_migrate(self):
        self.layer["server"].run(COMMAND.format(former=FORMER))
