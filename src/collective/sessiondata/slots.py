"""Named objects in a session: the slots of add-ons."""

from .interfaces import IExposedSlot
from .interfaces import ISlotFactory
from .interfaces import UnknownSlot
from zope.component import getUtilitiesFor
from zope.component import queryUtility
from zope.interface import implementer


def get_or_create(session, name, factory):
    """Return the object of slot ``name`` in ``session``.

    If there is none, calls ``factory()`` and sets the session's key ``name`` to its result.
    """
    value = session.get(name)
    if value is None:
        session[name] = value = factory()
    return value


def registered_factory(name):
    """Return the ``ISlotFactory`` of ``name``. Raises ``UnknownSlot`` if there is none."""
    factory = queryUtility(ISlotFactory, name)
    if factory is None:
        known = ", ".join(sorted(known for known, _ in getUtilitiesFor(ISlotFactory)))
        raise UnknownSlot(
            f"No session slot is called {name!r}. "
            f"Registered are: {known or 'none'}. An add-on registers one in ZCML: "
            '<utility name="..." component=".data.Factory" '
            f'provides="{ISlotFactory.__module__}.{ISlotFactory.__name__}" />'
        )
    return factory


@implementer(IExposedSlot)
class ExposedSlot:
    """What the REST API shows of a slot; see ``IExposedSlot`` for the arguments.

    An add-on creates one and registers it in ZCML, as a utility with the name of the slot.
    """

    def __init__(self, schema, factory=None, layer=None):
        self.schema = schema
        self.factory = factory
        self.layer = layer


def exposed(request):
    """Return the ``IExposedSlot`` of each slot of the request's site, by name."""
    found = {
        name: slot
        for name, slot in getUtilitiesFor(IExposedSlot)
        if slot.layer is None or slot.layer.providedBy(request)
    }
    return dict(sorted(found.items()))
