"""Ours behind the stock manager, and ours in front of other containers."""

from .support.memcached import Memcached
from .support.server import Client
from .test_zmi import ManagementTestCase
from lxml import html

import time

STOCK_PAGE = """\
session = context.REQUEST.SESSION
if "name" in context.REQUEST.form:
    session.set("name", context.REQUEST.form["name"])
return session.get("name", "nobody")
"""


class BehindTheStockManagerTest(ManagementTestCase):
    """The Zope root has the stock manager; its container is to be found at a path."""

    def setUp(self):
        super().setUp()
        self.addCleanup(
            self.admin.open,
            "temp_folder/manage_delObjects",
            {"ids:list": ["session_data"]},
        )

    def test_our_container_at_the_usual_place(self):
        self.add("TransientObjectContainer", folder="temp_folder")
        page = self.add_page(body=STOCK_PAGE)
        alice, bob = Client(self.server), Client(self.server)
        for visitor, name in ((alice, "Alice"), (bob, "Bob")):
            self.assertEqual(visitor.open(page), "nobody")
            visitor.open(page, {"name": name})
        for visitor, name in ((alice, "Alice"), (bob, "Bob")):
            self.assertEqual(visitor.open(page), name)
            self.assertEqual({cookie.name for cookie in visitor.jar}, {"_ZopeId"})
        self.admin.open("temp_folder/session_data/manage_statistics")
        self.assertIn(">2<", self.admin.contents.replace(" ", "").replace("\n", ""))

    def test_our_manager_makes_a_missing_container_at_the_usual_place(self):
        self.add("BrowserIdManager")
        self.add("SessionDataManager", path="/temp_folder/session_data")
        page = self.add_page()
        visitor = Client(self.server)
        visitor.open(page, {"name": "Alice"})
        self.assertEqual(visitor.open(page), "Alice")
        settings = self.properties("temp_folder/session_data")
        self.assertEqual((settings["timeout"], settings["limit"]), ("3600", "100000"))

    def test_what_expires_in_the_memory_of_this_process_is_removed(self):
        # A copy has its timeout before the housekeeper visits it for the first time.
        self.add("TransientObjectContainer")
        self.set_properties(f"{self.folder}/session_data", timeout="1")
        self.post(f"{self.folder}/manage_copyObjects", {"ids:list": ["session_data"]})
        self.admin.open("temp_folder/manage_pasteObjects")
        self.post(f"{self.folder}/manage_delObjects", {"ids:list": ["session_data"]})
        Client(self.server).open(self.add_page(STOCK_PAGE), {"name": "Alice"})
        # Not by looking: what is removed from this storage is gone for who looks, too.
        deadline = time.monotonic() + 30
        while "Removed 1 expired" not in self.server.log():
            self.assertLess(time.monotonic(), deadline, self.server.log())
            time.sleep(0.5)
        self.admin.open("temp_folder/session_data/manage_statistics")
        cells = html.fromstring(self.admin.contents).xpath("//main//td/text()")
        self.assertEqual((cells[:2], cells[4]), (["0", "0"], "1"))

    def test_sessions_in_the_memory_of_this_process_are_carried_over(self):
        self.post(
            "temp_folder/manage_addProduct/Transience/"
            "constructTransientObjectContainer",
            {"id": "session_data", "timeout_mins:int": "20", "period_secs:int": "20"},
        )
        page = self.add_page(STOCK_PAGE)
        alice, bob = Client(self.server), Client(self.server)
        for visitor, name in ((alice, "Alice"), (bob, "Bob")):
            visitor.open(page, {"name": name})
        self.add("BrowserIdManager")
        self.add("SessionDataManager")
        tab = f"{self.folder}/session_data_manager/manage_carryover"
        self.post(tab, {**self.form_at(tab), "path": "/nowhere"})
        self.assertIn("no session data container at '/nowhere'", self.alert())
        self.post(tab, self.form_at(tab))
        self.assertIn("Sessions carried over: 2", self.alert())
        for visitor, name in ((alice, "Alice"), (bob, "Bob")):
            for _number in range(2):
                self.assertEqual(visitor.open(page), name)
        self.assertEqual(Client(self.server).open(page), "nobody")


class ForeignContainersTest(ManagementTestCase):
    """Our manager, and a container of another product."""

    def setUp(self):
        super().setUp()
        self.add("BrowserIdManager")
        self.add("SessionDataManager", path=f"/{self.folder}/there")
        self.page = self.add_page()

    def test_nothing_there(self):
        visitor = Client(self.server)
        visitor.open(self.page)
        self.assertEqual(visitor.status, 500)
        self.assertIn(
            f"There is no session data container at /{self.folder}/there",
            self.server.log(),
        )

    def check_sessions(self):
        alice, bob = Client(self.server), Client(self.server)
        for visitor, name in ((alice, "Alice"), (bob, "Bob")):
            self.assertEqual(visitor.open(self.page), "nobody")
            self.assertEqual(visitor.open(self.page, {"name": name}), name)
        for visitor, name in ((alice, "Alice"), (bob, "Bob")):
            self.assertEqual(visitor.open(self.page), name)
        # An id that this site never gave is not taken up.
        (cookie,) = alice.jar
        cookie.value = "f" * 32
        self.assertEqual(alice.open(self.page, {"name": "Mallory"}), "Mallory")
        (cookie,) = alice.jar
        self.assertNotEqual(cookie.value, "f" * 32)

    def test_the_stock_container(self):
        self.post(
            f"{self.folder}/manage_addProduct/Transience/"
            "constructTransientObjectContainer",
            {"id": "there", "timeout_mins:int": "20", "period_secs:int": "20"},
        )
        self.check_sessions()

    def test_memcached(self):
        memcached = Memcached()
        address = memcached.__enter__()
        self.addCleanup(memcached.__exit__)
        for kind, id in (("Proxy", "proxy"), ("SessionDataContainer", "there")):
            self.post(
                f"{self.folder}/manage_addProduct/mcdutils/addMemCache{kind}",
                {"id": id},
            )
        for id, name, value in (
            ("proxy", "servers:lines", address),
            ("there", "proxy_path", f"/{self.folder}/proxy"),
        ):
            self.post(f"{self.folder}/{id}/manage_editProperties", {name: value})
        self.check_sessions()


class ScriptsTest(ManagementTestCase):
    def test_errors_can_be_caught(self):
        self.add("BrowserIdManager")
        page = self.add_page(
            "from Products.Sessions.interfaces import BrowserIdManagerErr\n"
            "from Products.Transience import MaxTransientObjectsExceeded\n"
            "try:\n"
            "    context.browser_id_manager.isBrowserIdNew()\n"
            "except BrowserIdManagerErr:\n"
            "    return 'caught'\n"
        )
        self.assertEqual(Client(self.server).open(page), "caught")


URL_PAGE = """\
session = context.session_data_manager.getSessionData()
if "name" in context.REQUEST.form:
    session["name"] = context.REQUEST.form["name"]
ids = context.browser_id_manager
return " ".join([session.get("name", "nobody"), {encoded}])
"""


class NamespacesTest(ManagementTestCase):
    """Browser ids without cookies, if that is wanted."""

    def setUp(self):
        super().setUp()
        self.add("SessionDataManager")

    def page(self, encoded):
        return self.add_page(URL_PAGE.format(encoded=encoded))

    def open(self, address, form=None):
        """Visit ``address`` without cookies; return name and next address."""
        address = address.removeprefix(self.server.url).lstrip("/")
        client = Client(self.server, cookies=False)
        return client.open(address, form).split(" ", 1)

    def check(self, page):
        """Go from address to address as the page says; return the last one."""
        name, address = self.open(page)
        self.assertEqual(name, "nobody")
        # Who has begun nothing has no id that lasts.
        name, address = self.open(address)
        self.assertEqual(name, "nobody")
        name, address = self.open(address, {"name": "Alice"})
        self.assertEqual(name, "Alice")
        for _number in range(2):
            name, address = self.open(address)
            self.assertEqual(name, "Alice")
        self.assertEqual(self.open(page)[0], "nobody")
        return address

    def test_in_the_query(self):
        self.add("BrowserIdManager", **{"location:list": ["form"]})
        page = self.page("ids.encodeUrl(script.absolute_url())")
        self.assertIn("?_sessiondata_id=", self.check(page))

    def test_in_the_path(self):
        self.add("BrowserIdManager", **{"location:list": ["url"]})
        page = self.page("ids.encodeUrl(script.absolute_url(), style='inline')")
        self.assertRegex(
            self.check(page), f"/{self.folder}/_sessiondata_id/[^/]{{32}}/page$"
        )

    def test_the_hook_is_there_as_long_as_it_is_wanted(self):
        self.add("BrowserIdManager", **{"location:list": ["url"]})
        page = self.page("'there'")
        address = f"{self.folder}/_sessiondata_id/{'f' * 32}/page"
        self.assertEqual(self.open(address), ["nobody", "there"])
        self.set_properties(
            f"{self.folder}/browser_id_manager", browserid_namespaces=["cookies"]
        )
        visitor = Client(self.server)
        visitor.open(address)
        self.assertEqual(visitor.status, 404)
        self.assertEqual(self.open(page), ["nobody", "there"])

    def test_in_all_urls_that_zope_makes(self):
        self.add(
            "BrowserIdManager", auto_url_encoding="1", **{"location:list": ["url"]}
        )
        page = self.page("script.absolute_url()")
        # Only where the folder is the root of what browsers see.
        self.assertEqual(self.open(page)[1], f"{self.server.url}/{page}")
        host = self.server.url.removeprefix("http://")
        virtual = f"VirtualHostBase/http/{host}/{self.folder}/VirtualHostRoot"
        real_open = self.open

        def open_virtually(address, form=None):
            address = address.removeprefix(self.server.url).lstrip("/")
            return real_open(f"{virtual}/{address}", form)

        self.open = open_virtually
        self.assertRegex(self.check("page"), r"/_sessiondata_id/[^/]{32}/page$")

    def test_what_a_link_plants_is_not_taken_up(self):
        self.add("BrowserIdManager", **{"location:list": ["form", "url"]})
        page = self.page("ids.getHiddenFormField()")
        planted = f"{page}?_sessiondata_id={'f' * 32}"
        name, field = self.open(planted, {"name": "Alice"})
        self.assertNotIn("f" * 32, field)
        self.assertEqual(self.open(planted)[0], "nobody")
