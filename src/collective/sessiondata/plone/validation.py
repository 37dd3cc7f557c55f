"""Messages about values of the settings: what is wrong, and what weakens security."""

from ..i18n import _
from ..settings.attributes import Text
from ..settings.site import conflicting
from ..settings.site import SETTINGS


def problems(values):
    """Return what is wrong with ``values``, all settings by name: a message by name.

    What the fields of the schema check themselves is not checked again.
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
    """Return which of ``values`` weaken security, and why: a message by name.

    ``values`` may lack some settings.
    """
    return {
        name: message
        for name, (is_weak, message) in _WEAK.items()
        if name in values and is_weak(values[name])
    }
