"""The demo: a checkout, as visitors walk through it."""

from ..demo.data import CheckoutData
from ..demo.data import SLOT
from ..testing import data_of
from ..testing import travel
from .test_site import SiteTestCase
from decimal import Decimal
from lxml import html

ADDRESS = {
    "name": "Alice Example",
    "street": "Main Street 1",
    "postal_code": "12345",
    "city": "Springfield",
    "email": "alice@example.com",
}


class CheckoutTest(SiteTestCase):
    def fill(self, browser, **values):
        for name, value in values.items():
            browser.getControl(name=f"form.widgets.{name}").value = value
        browser.getControl("Continue").click()

    def errors(self, browser):
        """Return the error messages by the field beside which they stand."""
        page = html.fromstring(browser.contents)
        return {
            field.get("data-fieldname").split(".")[-1]: message.text_content().strip()
            for field in page.find_class("error")
            if field.get("data-fieldname")
            for message in field.find_class("invalid-feedback")
        }

    def checkout(self, browser):
        return data_of(browser, self.portal)[SLOT]

    def test_two_visitors_check_out_side_by_side(self):
        self.alice.open(self.url("checkout"))
        self.bob.open(self.url("checkout"))
        self.fill(self.alice, tea="2", cup="1")
        self.fill(self.bob, coffee="3")
        self.assertEqual(self.alice.url, self.url("checkout-address"))
        self.fill(self.alice, **ADDRESS)
        self.assertEqual(self.alice.url, self.url("checkout-review"))
        self.fill(self.bob, **{**ADDRESS, "name": "Bob Example"})
        for shown in ("Green tea", "21.00", "Alice Example", "alice@example.com"):
            self.assertIn(shown, self.alice.contents)
        for hidden in ("Coffee", "Bob"):
            self.assertNotIn(hidden, self.alice.contents)
        self.alice.getControl("Place the order").click()
        self.assertEqual(self.alice.url, self.url("checkout-done"))
        self.assertIn("Thank you", self.alice.contents)
        self.assertEqual(data_of(self.alice, self.portal), {})
        self.bob.open(self.url("checkout-review"))
        self.assertIn("Bob Example", self.bob.contents)

    def test_what_was_entered_can_be_changed(self):
        self.alice.open(self.url("checkout"))
        self.fill(self.alice, tea="2")
        self.fill(self.alice, **ADDRESS)
        self.alice.getLink("Change items").click()
        self.assertEqual(self.alice.getControl(name="form.widgets.tea").value, "2")
        self.fill(self.alice, tea="0", coffee="1")
        self.fill(self.alice, city="Shelbyville")
        self.assertIn("Shelbyville", self.alice.contents)
        self.assertIn("12345", self.alice.contents)
        self.assertNotIn("Green tea", self.alice.contents)

    def test_errors_stand_beside_their_fields_and_nothing_is_kept(self):
        self.alice.open(self.url("checkout"))
        self.fill(self.alice, tea="many", cup="1")
        self.assertEqual(
            self.errors(self.alice),
            {"tea": "The entered value is not a valid integer literal."},
        )
        self.fill(self.alice, tea="-1", coffee="100", cup="1")
        self.assertEqual(
            self.errors(self.alice),
            {"tea": "Value is too small", "coffee": "Value is too big"},
        )
        self.fill(self.alice, tea="0", coffee="0", cup="0")
        self.assertIn("Choose at least one item.", self.alice.contents)
        self.assertIsNone(data_of(self.alice, self.portal))
        self.fill(self.alice, tea="1")
        self.fill(self.alice, **{**ADDRESS, "city": "", "email": "nonsense"})
        self.assertEqual(self.alice.url, self.url("checkout-address"))
        self.assertEqual(
            self.errors(self.alice),
            {
                "city": "Required input is missing.",
                "email": "The specified email is not valid.",
            },
        )
        self.assertIsNone(self.checkout(self.alice).name)

    def test_a_step_before_its_time_leads_to_the_one_that_is_due(self):
        for step in ("checkout-address", "checkout-review"):
            self.alice.open(self.url(step))
            self.assertEqual(self.alice.url, self.url("checkout"))
        self.fill(self.alice, tea="1")
        self.alice.open(self.url("checkout-review"))
        self.assertEqual(self.alice.url, self.url("checkout-address"))

    def test_an_address_that_comes_after_the_session_begins_again(self):
        self.alice.open(self.url("checkout"))
        self.fill(self.alice, tea="1")
        with travel(minutes=61):
            self.fill(self.alice, **ADDRESS)
            self.assertEqual(self.alice.url, self.url("checkout"))
            self.assertIsNone(data_of(self.alice, self.portal))

    def test_to_look_at_the_shop_costs_nothing(self):
        self.alice.open(self.url("checkout"))
        before = self.last_transaction()
        self.bob.open(self.url("checkout"))
        self.bob.open(self.url("checkout-review"))
        self.assertEqual(self.last_transaction(), before)
        self.assertEqual(self.bob.cookies.keys(), [])

    def test_the_total_is_exact(self):
        checkout = CheckoutData()
        checkout.tea = 3
        checkout.coffee = 1
        self.assertEqual(checkout.total(), Decimal("20.50"))
