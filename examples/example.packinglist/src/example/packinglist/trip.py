"""What the session keeps of a visitor."""

from . import _
from .interfaces import IActivities
from .interfaces import IJourney
from persistent import Persistent
from zope.interface import implementer

# All add-ons share the visitor's session: the slot is named after the package.
SLOT = "example.packinglist"


@implementer(IJourney, IActivities)
class Trip(Persistent):
    """One visitor's trip; changed attributes are saved."""

    destination = days = None
    swimming = hiking = working = False

    def things(self):
        """Return what to pack, as a list of messages."""
        things = [
            _("Clothes for ${days} days", mapping={"days": self.days}),
            _("Toothbrush"),
        ]
        if self.swimming:
            things.append(_("Swimwear and a towel"))
        if self.hiking:
            things.append(_("Boots and a rain jacket"))
        if self.working:
            things.append(_("Laptop and charger"))
        return things
