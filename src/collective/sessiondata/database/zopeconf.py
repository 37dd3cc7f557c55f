"""What zope.conf says of sessions, in a product-config section of this package::

<product-config collective.sessiondata>
    database sessions
    housekeeping on
</product-config>
"""

from App.config import getConfiguration

SECTION = "collective.sessiondata"

DATABASE = "sessions"


def _said(name, default):
    products = getattr(getConfiguration(), "product_config", None) or {}
    return products.get(SECTION, {}).get(name, default)


def database():
    """Return the name of the database for sessions; it need not be there."""
    return _said("database", DATABASE)


def is_database_chosen():
    """Return True if the name is written there: somebody relies on it."""
    return _said("database", None) is not None


def housekeeping():
    """Return True if this process is to look after containers.

    Raise ``ValueError`` for what is neither "on" nor "off".
    """
    wanted = _said("housekeeping", "on")
    if wanted not in ("on", "off"):
        raise ValueError(
            f'housekeeping is "on" or "off", in the product-config section {SECTION} of '
            f"zope.conf; {wanted!r} is not."
        )
    return wanted == "on"
