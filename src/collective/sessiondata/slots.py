"""One add-on's object in a session, under the name of its slot."""

from .interfaces import ISlotFactory
from .interfaces import UnknownSlot
from zope.component import getUtilitiesFor
from zope.component import queryUtility


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
