"""Several session data managers that use the ids of one browser id manager."""

from ..operations.carryover import carry_over
from ..testing import SESSIONDATA_INTEGRATION_TESTING
from .test_conformance import ConformanceTestCase
from .test_conformance import Ours
from AccessControl import Unauthorized
from Products.Transience.Transience import TransientObjectContainer as StockContainer


class SharingTest(Ours, ConformanceTestCase):
    layer = SESSIONDATA_INTEGRATION_TESTING

    def add_manager(self, id, path=None, name=None):
        self.folder._setObject(id, self.Manager(id, path, "", name))

    def session(self, id="manager"):
        return self.folder[id].getSessionData()

    def test_each_has_a_session_of_its_own_under_one_id(self):
        self.add_manager("other")
        self.session()["a"] = 1
        cookies = self.cookies()
        self.visit()
        self.assertIsNone(self.session("other").get("a"))
        self.session("other")["a"] = 2
        self.assertEqual(self.cookies(), cookies)
        self.visit()
        self.assertEqual((self.session()["a"], self.session("other")["a"]), (1, 2))

    def test_in_one_request(self):
        self.add_manager("other")
        self.session()["a"] = 1
        self.session("other")["a"] = 2
        self.visit()
        self.assertEqual((self.session()["a"], self.session("other")["a"]), (1, 2))

    def test_one_may_be_in_a_folder_below(self):
        self.folder.manage_addFolder("below")
        self.folder.below._setObject("other", self.Manager("other"))
        self.folder.below.other.getSessionData()["a"] = 2
        self.visit()
        self.session()["a"] = 1
        self.visit()
        self.assertEqual(self.folder.below.other.getSessionData()["a"], 2)
        self.assertEqual(self.session()["a"], 1)

    def test_what_nobody_knows_is_not_taken_up(self):
        self.add_manager("other")
        for planted in ("f" * 32, "25369837A9jjyVXKJxc"):
            self.visit({self.ids.getBrowserIdName(): planted})
            self.session()["a"] = 1
            self.assertNotIn(planted, self.cookies().values())

    def test_one_that_is_gone_is_asked_no_more(self):
        self.add_manager("other")
        self.session("other")["a"] = 2
        self.folder._delObject("other")
        cookies = self.cookies()
        self.visit()
        self.session()["a"] = 1
        self.assertNotEqual(self.cookies(), cookies)

    def test_two_of_one_container_give_the_same_session(self):
        self.add_manager("other", "/folder/session_data", "CART")
        self.session()["a"] = 1
        self.assertEqual(self.session("other")["a"], 1)
        self.visit()
        self.request["TraversalRequestNameStack"] = []
        self.folder.aq_base.__before_publishing_traverse__(self.folder, self.request)
        self.request["CART"]["b"] = 2
        self.assertEqual(self.request["MINE"]["b"], 2)
        self.assertEqual(len(self.container), 1)

    def test_an_id_manager_that_is_added_later(self):
        self.folder._delObject("browser_id_manager")
        self.add_manager("other")
        self.folder._setObject("browser_id_manager", self.BrowserIds())
        self.session()["a"] = 1
        self.visit()
        self.session("other")["a"] = 2
        self.visit()
        self.assertEqual((self.session()["a"], self.session("other")["a"]), (1, 2))

    def test_a_new_id_is_one_for_all(self):
        self.add_manager("other")
        self.add_manager("same", "/folder/session_data")
        self.session()["a"] = 1
        self.session("other")["a"] = 2
        self.visit()
        old = self.ids.getBrowserId()
        self.manager.rotate()
        self.visit()
        self.assertNotEqual(self.ids.getBrowserId(), old)
        self.assertEqual((self.session()["a"], self.session("other")["a"]), (1, 2))
        self.visit({self.ids.getBrowserIdName(): old})
        self.assertIsNone(self.session().get("a"))
        self.assertIsNone(self.session("other").get("a"))

    def test_a_new_id_where_a_session_has_to_move(self):
        self.folder._setObject("stock", StockContainer("stock"))
        self.add_manager("other", "/folder/stock")
        self.session()["a"] = 1
        self.session("other")["a"] = 2
        cookies = self.cookies()
        self.visit()
        self.manager.rotate()
        self.visit()
        self.assertNotEqual(self.cookies(), cookies)
        self.assertEqual((self.session()["a"], self.session("other")["a"]), (1, 2))
        self.assertEqual(len(self.folder.stock.keys()), 1)

    def test_a_login_where_sessions_are_of_another_product(self):
        self.folder._setObject("stock", StockContainer("stock"))
        self.add_manager("other", "/folder/stock")
        for keeps in (True, False):
            self.folder.other.setKeepDataAtLogin(keeps)
            self.visit({})
            self.session("other")["a"] = 2
            self.visit()
            old = self.ids.getBrowserId()
            self.folder.other.login("anna")
            self.visit()
            self.assertEqual(self.session("other").get("a"), 2 if keeps else None)
            self.visit({self.ids.getBrowserIdName(): old})
            self.assertIsNone(self.session("other").get("a"))
        self.folder.other.logout()
        self.assertEqual(self.folder.other.endSessionsOf("anna"), 0)
        self.folder.other.endAllSessions()

    def test_all_of_a_user_whichever_manager_has_them(self):
        self.add_manager("other")
        self.session()["a"] = 1
        self.session("other")["a"] = 2
        self.manager.login("anna")
        self.visit()
        containers = self.container, self.folder.other.container()
        for container in containers:
            self.assertEqual(len(container.sessions_of("anna")), 1)
        self.assertEqual(self.folder.other.endSessionsOf("anna"), 2)
        self.session()["a"] = 1
        self.session("other")["a"] = 2
        self.manager.endAllSessions()
        for container in containers:
            self.assertEqual(container.values(), [])

    def test_a_relative_path_leads_elsewhere_from_elsewhere(self):
        for id in ("x", "y"):
            self.folder.manage_addFolder(id)
            folder = self.folder[id]
            folder._setObject("session_data", self.Container("session_data"))
            folder._setObject("manager", self.Manager("manager", "../session_data"))
            folder.manager.getSessionData()["a"] = id
        self.visit()
        for id in ("x", "y", "x"):
            self.assertEqual(self.folder[id].manager.getSessionData()["a"], id)

    def carry_over(self, id, cookie_name="_ZopeId", former_id="25369837A9jjyVXKJxc"):
        """Let the manager ``id`` take over a session of that former id."""
        self.folder._setObject(f"former_{id}", StockContainer(f"former_{id}"))
        self.folder[f"former_{id}"].new(former_id)["a"] = id
        result = carry_over(self.folder[id], f"/folder/former_{id}", cookie_name)
        self.assertEqual(result, (1, []))
        return {cookie_name: former_id}

    def test_one_former_id_leads_to_the_sessions_of_all(self):
        self.add_manager("other")
        self.visit({**self.carry_over("manager"), **self.carry_over("other")})
        for _number in range(2):
            self.assertEqual(self.session()["a"], "manager")
            self.assertEqual(self.session("other")["a"], "other")
            self.visit()

    def test_a_former_session_joins_the_id_that_the_browser_has(self):
        self.add_manager("other")
        self.visit(self.carry_over("manager"))
        self.session("other")["a"] = "new"
        self.assertEqual(self.session()["a"], "manager")
        for _number in range(2):
            self.visit()
            self.assertEqual(self.session()["a"], "manager")
            self.assertEqual(self.session("other")["a"], "new")

    def test_cookies_of_several_former_products(self):
        self.add_manager("other")
        first = self.carry_over("manager")
        second = self.carry_over("other", "other_cookie", "44369837A9jjyVXKJxc")
        self.visit(first)
        self.assertEqual(self.session()["a"], "manager")
        self.visit(second)
        self.assertEqual(self.session("other")["a"], "other")

    def test_what_leads_to_sessions_is_none_of_scripts_business(self):
        self.carry_over("manager")
        for tool in (self.ids, self.manager):
            for name, value in vars(tool.aq_base).items():
                if not name.startswith("_"):
                    self.assertNotIn("secret", repr(value))
        with self.assertRaises(Unauthorized):
            self.manager.restrictedTraverse("container_id")
