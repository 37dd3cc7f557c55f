"""Fixtures: ``functional`` is the layer, ``functional_portal`` the site in it."""

from example.packinglist.testing import PACKINGLIST_FUNCTIONAL_TESTING
from plone.testing.zope import Browser
from pytest_plone import fixtures_factory

import pytest

globals().update(fixtures_factory([(PACKINGLIST_FUNCTIONAL_TESTING, "functional")]))


@pytest.fixture
def url(functional_portal):
    """Return a function that returns the URL of a page."""
    return lambda page: f"{functional_portal.absolute_url()}/@@{page}"


@pytest.fixture
def visitor(functional, url):
    """Return a function that returns a browser that was never here."""

    def visitor():
        browser = Browser(functional["app"])
        browser.handleErrors = False
        browser.open(url("packing"))
        return browser

    return visitor
