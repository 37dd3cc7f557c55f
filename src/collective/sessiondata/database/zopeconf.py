"""The settings in zope.conf, in the product-config section of this package::

<product-config collective.sessiondata>
    database sessions
    housekeeping on
</product-config>
"""

from App.config import getConfiguration

SECTION = "collective.sessiondata"

DATABASE = "sessions"


def _setting(name, default):
    products = getattr(getConfiguration(), "product_config", None) or {}
    return products.get(SECTION, {}).get(name, default)


def database():
    """Return the name of the database for sessions. It may not exist."""
    return _setting("database", DATABASE)


def is_database_chosen():
    """Return True if zope.conf names the database: an administrator relies on it."""
    return _setting("database", None) is not None


def housekeeping():
    """Return True if this process sweeps containers.

    Raises ``ValueError`` if the setting is neither "on" nor "off".
    """
    wanted = _setting("housekeeping", "on")
    if wanted not in ("on", "off"):
        raise ValueError(
            f'housekeeping is "on" or "off", in the product-config section {SECTION} of '
            f"zope.conf; {wanted!r} is not."
        )
    return wanted == "on"
