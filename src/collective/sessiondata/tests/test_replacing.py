"""Ours behind the stock manager, and ours in front of other containers."""

from .memcached import Memcached
from .server import Client
from .test_zmi import ManagementTestCase

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
        self.post(
            "manage_addProduct/OFSP/manage_addFolder",
            {"id": "temp_folder", "title": ""},
        )
        self.addCleanup(
            self.admin.open, "manage_delObjects", {"ids:list": ["temp_folder"]}
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
        self.admin.open("temp_folder/session_data/manage_container")
        self.assertEqual(self.form()["timeout"], "20")


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
