"""The settings as site administrators see them: fields, and what to say of values.

The names are those of ``sitesettings``.
"""

from ..i18n import _
from ..settings import site as sitesettings
from ..settings.browserid import BROWSER_DECIDES
from ..settings.browserid import checked
from ..settings.browserid import COOKIE_NAME
from ..settings.browserid import MOST_DAYS
from ..settings.browserid import refused_together
from ..storage.store import SessionStore
from ..units import DAY
from ..units import KIB
from ..units import MINUTE
from plone.autoform.directives import widget
from plone.supermodel import model
from Products.Sessions.interfaces import BrowserIdManagerErr
from z3c.form.browser.radio import RadioFieldWidget
from zope import schema
from zope.interface import provider
from zope.schema.interfaces import IVocabularyFactory
from zope.schema.vocabulary import SimpleTerm
from zope.schema.vocabulary import SimpleVocabulary

# In minutes, and in seconds more than anybody means, too.
TEN_YEARS = 10 * 366 * DAY // MINUTE
MOST = 10**9

# Of the names of the records in the registry.
PREFIX = "collective.sessiondata"


def _words(*pairs):
    return SimpleVocabulary([SimpleTerm(value, value, title) for value, title in pairs])


@provider(IVocabularyFactory)
def same_site_vocabulary(context):
    """Return with which requests from other sites the cookie may be sent."""
    return _words(
        ("Lax", _("With links only (Lax)")),
        ("Strict", _("Never (Strict)")),
        ("None", _("Always (None); only with https")),
        (BROWSER_DECIDES, _("As the browser decides")),
    )


@provider(IVocabularyFactory)
def when_full_vocabulary(context):
    """Return what may happen when there are as many sessions as are allowed."""
    return _words(
        ("drop", _("End those that nobody has used for longest, to make room")),
        ("refuse", _("Give no session to new visitors")),
    )


class ITimes(model.Schema):
    """How long sessions last."""

    timeout_minutes = schema.Int(
        title=_("Timeout (minutes)"),
        description=_(
            "A session ends when its visitor has not used it for this time. "
            "0: it waits for ever."
        ),
        min=0,
        max=TEN_YEARS,
        default=SessionStore.timeout // MINUTE,
    )

    lifetime_minutes = schema.Int(
        title=_("Lifetime (minutes)"),
        description=_(
            "A session ends this long after it has begun, even if its visitor is "
            "still there. 0: there is no such end."
        ),
        min=0,
        max=TEN_YEARS,
        default=SessionStore.lifetime // MINUTE,
    )

    resolution_seconds = schema.Int(
        title=_("Resolution (seconds)"),
        description=_(
            "How exactly the time of the last use is known. It is written at most "
            "once in this time, so that a visitor who only looks hardly ever writes. "
            "Empty: a twentieth of the timeout."
        ),
        min=0,
        max=TEN_YEARS,
        required=False,
        default=None,
    )


class ILogin(model.Schema):
    """What a login does."""

    keep_data_at_login = schema.Bool(
        title=_("A login keeps what is in the session"),
        description=_(
            "Such as the cart of a visitor who logs in to order. If not, a login "
            "begins with an empty session. It gets a new secret id in either case."
        ),
        required=False,
        default=True,
    )


class ICookie(model.Schema):
    """How browsers are recognised."""

    cookie_name = schema.ASCIILine(
        title=_("Name of the cookie"),
        description=_(
            "If you change this or the settings below, present visitors may begin "
            "anew. A name that begins with __Host- or __Secure- lets browsers insist "
            "on what these stand for."
        ),
        default=COOKIE_NAME,
    )

    cookie_path = schema.ASCIILine(
        title=_("Path"),
        description=_("Empty: the path of this site, as browsers see it."),
        required=False,
        default="",
        missing_value="",
    )

    cookie_domain = schema.ASCIILine(
        title=_("Domain"),
        description=_(
            "Empty: only the host that visitors have asked for. Otherwise with a leading "
            "dot, such as .example.org."
        ),
        required=False,
        default="",
        missing_value="",
    )

    cookie_life_days = schema.Int(
        title=_("Browsers keep it (days)"),
        description=_("0: until the browser is closed."),
        min=0,
        max=MOST_DAYS,
        default=0,
    )

    cookie_secure = schema.Bool(
        title=_("Only with https"),
        description=_(
            "Visitors without https get no session. A cookie that was set over https "
            "never travels without it, whatever is chosen here."
        ),
        required=False,
        default=False,
    )

    cookie_http_only = schema.Bool(
        title=_("Scripts in pages cannot read it"),
        description=_("The attribute HttpOnly."),
        required=False,
        default=True,
    )

    widget(cookie_same_site=RadioFieldWidget)
    cookie_same_site = schema.Choice(
        title=_("Sent with requests from other sites"),
        description=_("The attribute SameSite."),
        vocabulary="collective.sessiondata.SameSite",
        default="Lax",
    )


class ILimits(model.Schema):
    """How many sessions there may be, and how large."""

    limit = schema.Int(
        title=_("The most sessions"),
        description=_("0: as many as come."),
        min=0,
        max=MOST,
        default=SessionStore.limit,
    )

    widget(when_full=RadioFieldWidget)
    when_full = schema.Choice(
        title=_("When there are so many"),
        description=_(
            "To make room, those go first whose visitors never came back; most of "
            "them are robots."
        ),
        vocabulary="collective.sessiondata.WhenFull",
        default="drop",
    )

    max_size_kib = schema.Int(
        title=_("The largest session (KiB)"),
        description=_("More is refused, and nothing is lost. 0: unlimited."),
        min=0,
        max=MOST,
        default=SessionStore.max_size // KIB,
    )


class ISessionSettings(ITimes, ILogin, ICookie, ILimits):
    """All settings; their names are those of ``sitesettings``."""

    model.fieldset("cookie", label=_("Cookie"), fields=list(ICookie.names()))
    model.fieldset("limits", label=_("Limits"), fields=list(ILimits.names()))


_COOKIE_PROBLEMS = {
    "cookie_name": _(
        "Use letters, digits, and signs such as - _ . only, and no name that Plone uses "
        "itself, such as __ac."
    ),
    "cookie_path": _("A path, such as /shop, has no spaces and no special characters."),
    "cookie_domain": _("Leave this empty, or use a leading dot, such as .example.org."),
}


_COOKIE_PROBLEMS_TOGETHER = {
    "cookie_name": _(
        "Browsers take a name that begins with __Host- only with the path / and no "
        "domain."
    ),
    "cookie_secure": _("Browsers take a cookie of this name only with https."),
    "cookie_same_site": _('Browsers take this only together with "Only with https".'),
}


def problems(values):
    """Return what is wrong with ``values``, all settings by name: a message by name.

    What a field finds by itself is not looked for again.
    """
    found = {}
    if not sitesettings.goes_together(values):
        found["resolution_seconds"] = _(
            "This has to be less than the timeout, or visitors who only look lose "
            "their sessions."
        )
    kept = {
        setting.attribute: setting.kept(values[name])
        for name, setting in sitesettings.SETTINGS.items()
        if setting.part == "browser_ids"
    }
    together = refused_together(kept)
    for name, setting in sitesettings.SETTINGS.items():
        if setting.attribute in together:
            found[name] = _COOKIE_PROBLEMS_TOGETHER[name]
    for name, problem in _COOKIE_PROBLEMS.items():
        attribute = sitesettings.SETTINGS[name].attribute
        try:
            checked(attribute, kept[attribute])
        except BrowserIdManagerErr:
            found[name] = problem
    return found


def warnings(values):
    """Return which of ``values`` weaken security, and how: a message by name.

    ``values`` may lack some.
    """

    def has(name, *weak):
        return name in values and values[name] in weak

    found = {}
    if has("timeout_minutes", 0):
        found["timeout_minutes"] = _(
            "Sessions wait for ever: who leaves a shared computer leaves the session."
        )
    if has("lifetime_minutes", 0):
        found["lifetime_minutes"] = _(
            "Whoever has got hold of an id can keep its session alive for ever."
        )
    if values.get("cookie_domain"):
        found["cookie_domain"] = _(
            "Each host of this domain can read and replace the ids of your visitors."
        )
    if values.get("cookie_life_days"):
        found["cookie_life_days"] = _(
            "Who uses the same browser later, on a shared computer, finds the session."
        )
    if has("cookie_http_only", False, None):
        found["cookie_http_only"] = _(
            "One hole for foreign scripts, in any page, gives all sessions away."
        )
    if has("cookie_same_site", "None"):
        found["cookie_same_site"] = _(
            "Forms in other sites can act in the name of your visitors."
        )
    if has("limit", 0):
        found["limit"] = _("A flood of robots can fill the database.")
    if has("max_size_kib", 0):
        found["max_size_kib"] = _("One visitor can fill the database.")
    return found
