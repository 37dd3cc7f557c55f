"""The settings of a site's sessions, in one table.

The container, the session data manager and the browser id manager of a site have these
settings as attributes. The table is what they, Plone's registry and control panel, REST,
the command line and Zope's management screens know of a setting. Its names and units are
those of the registry, REST and the command line.
"""

from ..i18n import _
from ..interfaces import IBrowserIds
from ..interfaces import ITransientObjectContainer
from ..storage.store import SessionStore
from ..units import DAY
from ..units import KIB
from ..units import MINUTE
from .attributes import Choice
from .attributes import Flag
from .attributes import Number
from .attributes import Text
from .cookierules import BROWSER_DECIDES
from .cookierules import conflicts
from .cookierules import COOKIE_NAME
from .cookierules import is_domain
from .cookierules import is_name
from .cookierules import is_path
from Acquisition import aq_base
from Products.Sessions.interfaces import BrowserIdManagerErr
from Products.Sessions.interfaces import SessionDataManagerErr

# In minutes. As a number of seconds it is enough for the update interval, too.
_TEN_YEARS = 10 * 366 * DAY // MINUTE

# More sessions, or KiB in a session, than a server can have.
_BILLION = 10**9

# Browsers keep a cookie for 400 days at most.
_CENTURY = 36_500


def _rows(part, error, **rows):
    """Return ``rows``, the settings that ``part`` has, by name."""
    for name, setting in rows.items():
        setting.name, setting.part, setting.error = name, part, error
        if part == "container":
            setting.keeper, setting.kept_as = "store", setting.attribute
    return rows


SETTINGS = {
    **_rows(
        "container",
        ValueError,
        timeout_minutes=Number(
            "timeout",
            SessionStore.timeout // MINUTE,
            _("Idle timeout (minutes)"),
            _("A session expires when it is not used for this time. 0: never."),
            maximum=_TEN_YEARS,
            unit=MINUTE,
            measure="seconds",
        ),
        lifetime_minutes=Number(
            "lifetime",
            SessionStore.lifetime // MINUTE,
            _("Maximum lifetime (minutes)"),
            _(
                "A session expires this long after its start, even while it is used. "
                "0: unlimited."
            ),
            maximum=_TEN_YEARS,
            unit=MINUTE,
            measure="seconds",
        ),
        resolution_seconds=Number(
            "resolution",
            SessionStore.resolution,
            _('Update interval of "last used" (seconds)'),
            _(
                "To save writes, the time of the last use is stored at most this often. "
                "Empty: 1/20 of the idle timeout."
            ),
            maximum=_TEN_YEARS,
            measure="seconds",
            optional=True,
        ),
        limit=Number(
            "limit",
            SessionStore.limit,
            _("Maximum number of sessions"),
            _("0: unlimited."),
            maximum=_BILLION,
            whole=True,
        ),
        when_full=Choice(
            "when_full",
            SessionStore.when_full,
            _("When the maximum is reached"),
            _(
                "Sessions of visitors with a single visit are removed first. Most of "
                "these visitors are robots."
            ),
            choices={
                "drop": _("Remove the sessions that have been idle longest"),
                "refuse": _("Refuse new sessions (visitors get an error page)"),
            },
        ),
        max_size_kib=Number(
            "max_size",
            SessionStore.max_size // KIB,
            _("Maximum size of a session (KiB)"),
            _("A larger change is rejected. 0: unlimited."),
            maximum=_BILLION,
            unit=KIB,
            measure="bytes",
            whole=True,
        ),
    ),
    **_rows(
        "manager",
        SessionDataManagerErr,
        keep_data_at_login=Flag(
            "keeps_data_at_login",
            True,
            _("Keep session data when a visitor logs in"),
            _(
                "For example the cart of a visitor who logs in to order. Otherwise a "
                "login starts an empty session. The session ID is always renewed."
            ),
        ),
    ),
    **_rows(
        "browser_ids",
        BrowserIdManagerErr,
        cookie_name=Text(
            "browserid_name",
            COOKIE_NAME,
            _("Cookie name"),
            _(
                "If you change the cookie settings, current visitors may lose their "
                "sessions. A name that begins with __Host- or __Secure- makes browsers "
                "enforce the rules of these prefixes (Secure, path /, no domain)."
            ),
            _(
                "Use letters, digits, and signs such as - _ . only, and no name that "
                "Plone uses itself, such as __ac."
            ),
            allows=is_name,
        ),
        cookie_path=Text(
            "cookie_path",
            "",
            _("Cookie path"),
            _("Empty: the path of this site, as browsers see it."),
            _("A path, such as /shop, has no spaces and no special characters."),
            allows=is_path,
            optional=True,
        ),
        cookie_domain=Text(
            "cookie_domain",
            "",
            _("Cookie domain"),
            _(
                "Empty: only the host of the request. Otherwise start with a dot, such "
                "as .example.org."
            ),
            _(
                "Use a name with at least two dots, such as .example.org, or leave this "
                "empty."
            ),
            allows=is_domain,
            optional=True,
        ),
        cookie_life_days=Number(
            "cookie_life_days",
            0,
            _("Cookie lifetime (days)"),
            _("0: until the browser is closed."),
            maximum=_CENTURY,
            whole=True,
        ),
        cookie_secure=Flag(
            "cookie_secure",
            False,
            _("HTTPS only (Secure)"),
            _(
                "Visitors without HTTPS get no session. A cookie that was set over "
                "HTTPS is sent over HTTPS only, even without this setting."
            ),
        ),
        cookie_http_only=Flag(
            "cookie_http_only",
            True,
            _("Hide from JavaScript (HttpOnly)"),
            _("Scripts in pages cannot read the cookie."),
        ),
        cookie_same_site=Choice(
            "cookie_same_site",
            "Lax",
            _("Cross-site requests (SameSite)"),
            _("Whether browsers send the cookie with requests from other sites."),
            choices={
                "Lax": _("With links only (Lax)"),
                "Strict": _("Never (Strict)"),
                "None": _("Always (None, requires HTTPS only)"),
                BROWSER_DECIDES: _("Browser default"),
            },
            aliases={
                "": BROWSER_DECIDES,
                "lax": "Lax",
                "strict": "Strict",
                "none": "None",
            },
        ),
    ),
}


def _parts(manager):
    """Return the parts of the sessions of ``manager``, by name and unwrapped.

    Those of another product are left out: they have settings of their own.
    """
    parts = {"manager": aq_base(manager)}
    container = manager.present_container(make=False)
    if ITransientObjectContainer.providedBy(container):
        parts["container"] = aq_base(container)
    try:
        browser_ids = manager.getBrowserIdManager()
    except SessionDataManagerErr:
        browser_ids = None
    if IBrowserIds.providedBy(browser_ids):
        parts["browser_ids"] = aq_base(browser_ids)
    return parts


def is_part(manager, part):
    """Return True if ``part`` is a part of the sessions of ``manager``."""
    return any(aq_base(part) is own for own in _parts(manager).values())


def read_settings(manager):
    """Return the settings of ``manager``, by name, in the units of the table.

    Those of parts that are missing are left out.
    """
    parts = _parts(manager)
    return {
        name: setting.to_site(getattr(parts[setting.part], setting.attribute))
        for name, setting in SETTINGS.items()
        if setting.part in parts
    }


_INTERVAL_TOO_LONG = _(
    "This has to be less than the idle timeout. Otherwise sessions expire while "
    "visitors use them."
)


def _is_interval_too_long(values):
    timeout = (values.get("timeout_minutes") or 0) * MINUTE
    return 0 < timeout <= (values.get("resolution_seconds") or 0)


def conflicting(values):
    """Return the settings that contradict others: a message by name.

    ``values`` are all settings, by name.
    """
    found = {}
    if _is_interval_too_long(values):
        found["resolution_seconds"] = _INTERVAL_TOO_LONG
    of_cookie = {
        setting.attribute: name
        for name, setting in SETTINGS.items()
        if setting.part == "browser_ids"
    }
    refused = conflicts({it: values[name] for it, name in of_cookie.items()})
    return {**found, **{of_cookie[it]: message for it, message in refused.items()}}


def change_settings(manager, values):
    """Change the settings of ``manager`` that ``values`` has, by name: all, or none.

    Raise ``ValueError``, ``BrowserIdManagerErr`` or ``SessionDataManagerErr`` for a value
    that cannot be set, ``KeyError`` for an unknown name, and ``SessionDataManagerErr`` if
    there is no container where the manager looks for it.
    """
    if any(SETTINGS[name].part == "container" for name in values):
        # Create it if it is missing, such as in a database that was added later.
        manager.container()
    parts = _parts(manager)
    changes = {part: {} for part in parts}
    for name, value in values.items():
        setting = SETTINGS[name]
        if setting.part in parts:
            changes[setting.part][setting.attribute] = setting.check_of_site(value)
    if _is_interval_too_long({**read_settings(manager), **values}):
        raise ValueError(
            f"resolution_seconds: {_INTERVAL_TOO_LONG} Nothing was changed."
        )
    for part, changed in changes.items():
        parts[part].check(**changed)
    for part, changed in changes.items():
        parts[part].change(**changed)
