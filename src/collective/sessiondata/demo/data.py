"""The data of a checkout in the visitor's session."""

from ..slots import ExposedSlot
from .interfaces import ICheckout
from .interfaces import IDemoLayer
from .interfaces import IItems
from decimal import Decimal
from persistent import Persistent
from zope.interface import implementer

# All add-ons share the visitor's session: start the name with that of your package.
SLOT = "collective.sessiondata.demo"

PRICES = {
    "tea": Decimal("4.50"),
    "coffee": Decimal("7.00"),
    "cup": Decimal("12.00"),
}


@implementer(ICheckout)
class CheckoutData(Persistent):
    """One visitor's checkout. The session stores changes of its attributes."""

    tea = coffee = cup = 0
    name = street = postal_code = city = email = None

    def lines(self):
        """Return the chosen items as a list of (title, quantity, price)."""
        return [
            (IItems[item].title, quantity, price * quantity)
            for item, price in PRICES.items()
            if (quantity := getattr(self, item))
        ]

    def total(self):
        """Return the total price."""
        return sum(
            (price for _title, _quantity, price in self.lines()), Decimal("0.00")
        )

    @property
    def price(self):
        """The total price, as a field of ``ICheckout`` for the REST API."""
        return self.total()

    def has_address(self):
        """Return True if the second step was submitted."""
        return bool(self.email)


exposed = ExposedSlot(ICheckout, CheckoutData, layer=IDemoLayer)
