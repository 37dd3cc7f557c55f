"""Several session data managers that use the ids of one browser id manager."""

from ..testing import SESSIONDATA_INTEGRATION_TESTING
from .test_conformance import ConformanceTestCase
from .test_conformance import Ours


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
