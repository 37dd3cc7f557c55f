"""All that can be set of a site's sessions, under one set of names.

A manager, its browser ids and its container have their own settings each; here they
are in the units that people use.  The control panel, the registry, the command line
and REST speak of them so.
"""

from ..interfaces import IBrowserIds
from ..storage.foreign import ForeignContainer
from ..units import KIB
from ..units import MINUTE
from .browserid import BROWSER_DECIDES
from Acquisition import aq_base
from math import ceil
from Products.Sessions.interfaces import SessionDataManagerErr
from typing import NamedTuple


class _SiteSetting(NamedTuple):
    """An attribute of one of the parts, and in which unit people set it."""

    part: str
    attribute: str
    unit: int = 1

    def shown(self, value):
        """Return ``value``, of the attribute, in the unit; rounded up."""
        if self.attribute == "cookie_same_site":
            return value or BROWSER_DECIDES
        if type(value) is float:
            value = ceil(value)
        return -(-value // self.unit) if self.unit > 1 else value

    def kept(self, value):
        """Return what the attribute is for ``value``, which is in the unit."""
        if self.attribute == "cookie_same_site" and value == BROWSER_DECIDES:
            return None
        if self.attribute in ("cookie_path", "cookie_domain"):
            return value or ""
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return value * self.unit if is_number else value


# By name; the parts are those of ``_parts``.
SETTINGS = {
    "timeout_minutes": _SiteSetting("container", "timeout", MINUTE),
    "lifetime_minutes": _SiteSetting("container", "lifetime", MINUTE),
    "resolution_seconds": _SiteSetting("container", "resolution"),
    "limit": _SiteSetting("container", "limit"),
    "when_full": _SiteSetting("container", "when_full"),
    "max_size_kib": _SiteSetting("container", "max_size", KIB),
    "keep_data_at_login": _SiteSetting("manager", "keeps_data_at_login"),
    "cookie_name": _SiteSetting("browser_ids", "browserid_name"),
    "cookie_path": _SiteSetting("browser_ids", "cookie_path"),
    "cookie_domain": _SiteSetting("browser_ids", "cookie_domain"),
    "cookie_life_days": _SiteSetting("browser_ids", "cookie_life_days"),
    "cookie_secure": _SiteSetting("browser_ids", "cookie_secure"),
    "cookie_http_only": _SiteSetting("browser_ids", "cookie_http_only"),
    "cookie_same_site": _SiteSetting("browser_ids", "cookie_same_site"),
}


def _parts(manager):
    """Return what ``manager`` works with, unwrapped, by the names of the parts.

    What belongs to another product is not among it: that has settings of its own.
    """
    parts = {"manager": aq_base(manager)}
    container = manager.present_container(make=False)
    if not (container is None or isinstance(container, ForeignContainer)):
        parts["container"] = aq_base(container)
    try:
        browser_ids = manager.getBrowserIdManager()
    except SessionDataManagerErr:
        browser_ids = None
    if IBrowserIds.providedBy(browser_ids):
        parts["browser_ids"] = aq_base(browser_ids)
    return parts


def has(manager, part):
    """Return True if ``part`` is what ``manager`` works with, unwrapped or not."""
    return any(aq_base(part) is own for own in _parts(manager).values())


def read(manager):
    """Return the settings of ``manager``, by name: of as much as there is of it."""
    parts = _parts(manager)
    return {
        name: setting.shown(getattr(parts[setting.part], setting.attribute))
        for name, setting in SETTINGS.items()
        if setting.part in parts
    }


def goes_together(values):
    """Return True if ``values``, by name, leave sessions in use alive."""
    timeout = (values.get("timeout_minutes") or 0) * MINUTE
    return not timeout or (values.get("resolution_seconds") or 0) < timeout


def _check_together(values):
    try:
        fine = goes_together(values)
    except TypeError:
        # No numbers: what is checked next says so.
        fine = True
    if not fine:
        raise ValueError(
            "resolution_seconds has to be less than the timeout, or visitors who only "
            "look lose their sessions. Nothing was changed."
        )


def change(manager, values):
    """Change the settings of ``manager`` that ``values`` has: all of them, or none.

    Raise ``ValueError`` or ``BrowserIdManagerErr`` for what a setting cannot be,
    ``KeyError`` for a name that is none, and ``SessionDataManagerErr`` if there is no
    container where the manager looks for it.
    """
    if any(SETTINGS[name].part == "container" for name in values):
        # It may be missing, if sessions have a database of their own since a while.
        manager.container()
    parts = _parts(manager)
    changes = {name: {} for name in parts}
    for name, value in values.items():
        setting = SETTINGS[name]
        if setting.part in changes:
            changes[setting.part][setting.attribute] = setting.kept(value)
    # First what may be refused.
    _check_together({**read(manager), **values})
    for name, changed in changes.items():
        parts[name].check(**changed)
    for name, changed in changes.items():
        if changed:
            parts[name].change(**changed)
