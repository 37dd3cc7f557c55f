"""One add-on's object in a session, under the name of its slot."""

from .interfaces import IExposedSlot
from .interfaces import ISlotFactory
from .interfaces import UnknownSlot
from zope.component import getUtilitiesFor
from zope.component import queryUtility
from zope.interface import implementer


def get_or_create(session, name, factory):
    """Return the object of slot ``name`` in ``session``.

    Where there is none, ``factory`` is called without arguments, and what it
    returns is set as the session's key ``name``.
    """
    value = session.get(name)
    if value is None:
        session[name] = value = factory()
    return value


def registered_factory(name):
    """Return the ``ISlotFactory`` called ``name``; ``UnknownSlot`` if none is."""
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
    """Says what the REST API shows of a slot: see ``IExposedSlot``.

    The arguments are that interface's attributes.  An add-on makes one, and registers
    it in ZCML, as a utility under the name of its slot.
    """

    def __init__(self, schema, factory=None, layer=None):
        self.schema = schema
        self.factory = factory
        self.layer = layer


def exposed(request):
    """Return the ``IExposedSlot``s of the site that ``request`` came to, by name."""
    found = {
        name: slot
        for name, slot in getUtilitiesFor(IExposedSlot)
        if slot.layer is None or slot.layer.providedBy(request)
    }
    return dict(sorted(found.items()))
