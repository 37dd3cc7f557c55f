"""Messages about settings with wrong values, and with values that weaken security."""

from ..i18n import _
from ..settings.attributes import Text
from ..settings.site import conflicting
from ..settings.site import SETTINGS


def problems(values):
    """Return a message for each of ``values`` that is wrong, by name.

    ``values`` are all settings, by name. Each is valid for its field of the schema.
    """
    found = conflicting(values)
    for name, setting in SETTINGS.items():
        if isinstance(setting, Text):
            try:
                setting.check_of_site(values[name])
            except ValueError:
                found[name] = setting.expected
    return found


# The values that weaken security, and why.
_WEAK = {
    "timeout_minutes": (
        lambda value: value == 0,
        _(
            "Sessions never time out. On shared computers the next person continues "
            "them."
        ),
    ),
    "lifetime_minutes": (
        lambda value: value == 0,
        _("A stolen session ID never expires as long as it is used."),
    ),
    "cookie_domain": (
        bool,
        _("Each host of this domain can read and replace the session IDs."),
    ),
    "cookie_life_days": (
        bool,
        _("On shared computers the next person continues the session."),
    ),
    "cookie_http_only": (
        lambda value: not value,
        _("A single XSS hole would expose every session."),
    ),
    "cookie_same_site": (
        lambda value: value == "None",
        _("Forms on other sites can act in the name of your visitors."),
    ),
    "limit": (
        lambda value: value == 0,
        _("A flood of robots can fill the database."),
    ),
    "max_size_kib": (
        lambda value: value == 0,
        _("One visitor can fill the database."),
    ),
}


def warnings(values):
    """Return a message for each of ``values`` that weakens security, by name.

    ``values`` may lack some settings.
    """
    return {
        name: message
        for name, (is_weak, message) in _WEAK.items()
        if name in values and is_weak(values[name])
    }
