"""Visitors walk through the wizard."""

from ..testing import PACKINGLIST_FUNCTIONAL_TESTING
from ..trip import SLOT
from collective.sessiondata.testing import data_of
from collective.sessiondata.testing import travel
from plone.base.utils import get_installer
from plone.testing.zope import Browser
from unittest import TestCase
from zExceptions import Forbidden


class WizardTest(TestCase):
    layer = PACKINGLIST_FUNCTIONAL_TESTING

    def setUp(self):
        self.portal = self.layer["portal"]
        self.alice = self.visitor()
        self.bob = self.visitor()

    def visitor(self):
        """Return a browser that was never here, at the first step."""
        browser = Browser(self.layer["app"])
        browser.handleErrors = False
        browser.open(self.url("packing"))
        return browser

    def url(self, page):
        return f"{self.portal.absolute_url()}/@@{page}"

    def travel_to(self, browser, destination, days):
        """Fill the first step, and continue."""
        browser.getControl("Where are you going?").value = destination
        browser.getControl("For how many days?").value = days
        browser.getControl("Continue").click()

    def test_two_steps_lead_to_the_list(self):
        self.travel_to(self.alice, "Rome", "4")
        self.assertEqual(self.alice.url, self.url("packing-activities"))
        self.alice.getControl("I will swim").selected = True
        self.alice.getControl("Continue").click()
        self.assertEqual(self.alice.url, self.url("packing-list"))
        self.assertIn("Rome", self.alice.contents)
        self.assertIn("Clothes for 4 days", self.alice.contents)
        self.assertIn("Swimwear", self.alice.contents)
        self.assertNotIn("Boots", self.alice.contents)

    def test_each_visitor_has_a_trip_of_her_own(self):
        self.travel_to(self.alice, "Rome", "4")
        self.travel_to(self.bob, "Oslo", "7")
        self.assertEqual(data_of(self.alice, self.portal)[SLOT].destination, "Rome")
        self.assertEqual(data_of(self.bob, self.portal)[SLOT].destination, "Oslo")

    def test_a_trip_can_be_changed_and_forgotten(self):
        self.travel_to(self.alice, "Rome", "4")
        self.alice.open(self.url("packing-list"))
        self.alice.getLink("Change the trip").click()
        self.assertEqual(self.alice.getControl("Where are you going?").value, "Rome")
        self.travel_to(self.alice, "Oslo", "7")
        self.alice.open(self.url("packing-list"))
        self.alice.getControl("Forget this trip").click()
        self.assertEqual(self.alice.url, self.url("packing"))
        self.assertEqual(self.alice.getControl("Where are you going?").value, "")
        self.assertEqual(data_of(self.alice, self.portal), {})

    def test_a_mistake_is_told_and_nothing_is_kept(self):
        self.travel_to(self.alice, "Rome", "0")
        self.assertEqual(self.alice.url, self.url("packing"))
        self.assertIn("Value is too small", self.alice.contents)
        self.assertIsNone(data_of(self.alice, self.portal))

    def test_who_only_looks_gets_no_session(self):
        for page in ("packing-activities", "packing-list"):
            with self.subTest(page):
                self.alice.open(self.url(page))
                self.assertEqual(self.alice.url, self.url("packing"))
                self.assertEqual(self.alice.cookies.keys(), [])

    def test_a_step_that_comes_after_the_session_begins_again(self):
        self.travel_to(self.alice, "Rome", "4")
        with travel(minutes=61):
            self.alice.getControl("Continue").click()
            self.assertEqual(self.alice.url, self.url("packing"))
            self.assertIsNone(data_of(self.alice, self.portal))

    def test_another_site_cannot_send_the_forms(self):
        self.travel_to(self.alice, "Rome", "4")
        forged = "form.widgets.destination=Oslo&form.widgets.days=7&form.buttons.save=1"
        for page in ("packing", "packing-list"):
            with self.subTest(page), self.assertRaises(Forbidden):
                self.alice.post(self.url(page), forged)
        self.assertEqual(data_of(self.alice, self.portal)[SLOT].destination, "Rome")

    def test_the_add_on_can_be_uninstalled(self):
        installer = get_installer(self.portal, self.layer["request"])
        self.assertTrue(installer.uninstall_product("example.packinglist"))
        self.assertFalse(installer.is_product_installed("example.packinglist"))
