"""What the wizard asks a visitor."""

from . import _
from zope import schema
from zope.interface import Interface
from zope.publisher.interfaces.browser import IDefaultBrowserLayer


class IPackingListLayer(IDefaultBrowserLayer):
    """Marks the requests of sites with this add-on."""


class IJourney(Interface):
    """The first step."""

    destination = schema.TextLine(title=_("Where are you going?"), max_length=60)

    days = schema.Int(title=_("For how many days?"), min=1, max=60)


class IActivities(Interface):
    """The second step."""

    swimming = schema.Bool(title=_("I will swim"), required=False)

    hiking = schema.Bool(title=_("I will hike"), required=False)

    working = schema.Bool(title=_("I will work"), required=False)
