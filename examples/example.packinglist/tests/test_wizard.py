"""Visitors walk through the wizard."""

from collective.sessiondata.testing import data_of
from collective.sessiondata.testing import travel
from example.packinglist.trip import SLOT
from plone.base.utils import get_installer
from zExceptions import Forbidden

import pytest


@pytest.fixture
def alice(visitor):
    return visitor()


@pytest.fixture
def bob(visitor):
    return visitor()


def travel_to(browser, destination, days):
    """Fill the first step, and continue."""
    browser.getControl("Where are you going?").value = destination
    browser.getControl("For how many days?").value = days
    browser.getControl("Continue").click()


def test_two_steps_lead_to_the_list(alice, url):
    travel_to(alice, "Rome", "4")
    assert alice.url == url("packing-activities")
    alice.getControl("I will swim").selected = True
    alice.getControl("Continue").click()
    assert alice.url == url("packing-list")
    assert "Rome" in alice.contents
    assert "Clothes for 4 days" in alice.contents
    assert "Swimwear" in alice.contents
    assert "Boots" not in alice.contents


def test_each_visitor_has_a_trip_of_her_own(alice, bob, functional_portal):
    travel_to(alice, "Rome", "4")
    travel_to(bob, "Oslo", "7")
    assert data_of(alice, functional_portal)[SLOT].destination == "Rome"
    assert data_of(bob, functional_portal)[SLOT].destination == "Oslo"


def test_a_trip_can_be_changed_and_forgotten(alice, url, functional_portal):
    travel_to(alice, "Rome", "4")
    alice.open(url("packing-list"))
    alice.getLink("Change the trip").click()
    assert alice.getControl("Where are you going?").value == "Rome"
    travel_to(alice, "Oslo", "7")
    alice.open(url("packing-list"))
    alice.getControl("Forget this trip").click()
    assert alice.url == url("packing")
    assert alice.getControl("Where are you going?").value == ""
    assert data_of(alice, functional_portal) == {}


def test_a_mistake_is_told_and_nothing_is_kept(alice, url, functional_portal):
    travel_to(alice, "Rome", "0")
    assert alice.url == url("packing")
    assert "Value is too small" in alice.contents
    assert data_of(alice, functional_portal) is None


@pytest.mark.parametrize("page", ["packing-activities", "packing-list"])
def test_who_only_looks_gets_no_session(alice, url, page):
    alice.open(url(page))
    assert alice.url == url("packing")
    assert alice.cookies.keys() == []


def test_a_step_that_comes_after_the_session_begins_again(
    alice, url, functional_portal
):
    travel_to(alice, "Rome", "4")
    with travel(minutes=61):
        alice.getControl("Continue").click()
        assert alice.url == url("packing")
        assert data_of(alice, functional_portal) is None


@pytest.mark.parametrize("page", ["packing", "packing-list"])
def test_another_site_cannot_send_the_forms(alice, url, functional_portal, page):
    travel_to(alice, "Rome", "4")
    forged = "form.widgets.destination=Oslo&form.widgets.days=7&form.buttons.save=1"
    with pytest.raises(Forbidden):
        alice.post(url(page), forged)
    assert data_of(alice, functional_portal)[SLOT].destination == "Rome"


def test_the_add_on_can_be_uninstalled(functional, functional_portal):
    installer = get_installer(functional_portal, functional["request"])
    assert installer.uninstall_product("example.packinglist")
    assert not installer.is_product_installed("example.packinglist")
