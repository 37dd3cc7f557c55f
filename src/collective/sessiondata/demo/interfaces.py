"""The schemas of the steps."""

from ..i18n import _
from plone.schema import Email
from zope import schema
from zope.interface import Interface
from zope.interface import Invalid
from zope.interface import invariant
from zope.publisher.interfaces.browser import IDefaultBrowserLayer


class IDemoLayer(IDefaultBrowserLayer):
    """Marks requests to sites with the demo."""


class IItems(Interface):
    """The first step: items and quantities."""

    tea = schema.Int(
        title=_("Green tea"),
        description=_("100 g, 4.50 €"),
        min=0,
        max=99,
        default=0,
    )

    coffee = schema.Int(
        title=_("Coffee beans"),
        description=_("250 g, 7.00 €"),
        min=0,
        max=99,
        default=0,
    )

    cup = schema.Int(
        title=_("Cup"),
        description=_("Stoneware, 12.00 €"),
        min=0,
        max=99,
        default=0,
    )

    @invariant
    def at_least_one_item(data):
        if not (data.tea or data.coffee or data.cup):
            raise Invalid(_("Choose at least one item."))


class IAddress(Interface):
    """The second step: the delivery address."""

    name = schema.TextLine(title=_("Name"), max_length=100)

    street = schema.TextLine(title=_("Street and number"), max_length=100)

    postal_code = schema.TextLine(title=_("Postal code"), max_length=20)

    city = schema.TextLine(title=_("City"), max_length=100)

    email = Email(
        title=_("Email"),
        description=_("Where the confirmation would go; this is a demo."),
    )


class ICheckout(IItems, IAddress):
    """The whole checkout, for the REST API."""

    price = schema.Decimal(title=_("Total"), readonly=True)
