"""The settings as fields of Plone's registry, the control panel and REST.

The names, titles, defaults and ranges are those of the table of settings.
"""

from ..i18n import _
from ..settings.attributes import Choice
from ..settings.attributes import Flag
from ..settings.attributes import Number
from ..settings.site import SETTINGS
from plone.autoform.directives import widget
from plone.supermodel import model
from z3c.form.browser.radio import RadioFieldWidget
from zope import schema

# The first part of the names of the records in the registry.
PREFIX = "collective.sessiondata"


def _field(name, vocabulary=None):
    """Return the field of the setting ``name``."""
    setting = SETTINGS[name]
    options = {
        "title": setting.title,
        "description": setting.description,
        "default": setting.default,
    }
    if isinstance(setting, Number):
        return schema.Int(
            min=0, max=setting.maximum, required=not setting.optional, **options
        )
    if isinstance(setting, Flag):
        return schema.Bool(required=False, **options)
    if isinstance(setting, Choice):
        return schema.Choice(vocabulary=vocabulary, **options)
    if setting.optional:
        options["missing_value"] = ""
    return schema.ASCIILine(required=not setting.optional, **options)


class ITimes(model.Schema):
    """How long sessions last."""

    timeout_minutes = _field("timeout_minutes")
    lifetime_minutes = _field("lifetime_minutes")
    resolution_seconds = _field("resolution_seconds")


class ILogin(model.Schema):
    """What happens at a login."""

    keep_data_at_login = _field("keep_data_at_login")


class ICookie(model.Schema):
    """The cookie with the session ID."""

    cookie_name = _field("cookie_name")
    cookie_path = _field("cookie_path")
    cookie_domain = _field("cookie_domain")
    cookie_life_days = _field("cookie_life_days")
    cookie_secure = _field("cookie_secure")
    cookie_http_only = _field("cookie_http_only")
    widget(cookie_same_site=RadioFieldWidget)
    cookie_same_site = _field("cookie_same_site", "collective.sessiondata.SameSite")


class ILimits(model.Schema):
    """The maximum number and size of sessions."""

    limit = _field("limit")
    widget(when_full=RadioFieldWidget)
    when_full = _field("when_full", "collective.sessiondata.WhenFull")
    max_size_kib = _field("max_size_kib")


class ISessionSettings(ITimes, ILogin, ICookie, ILimits):
    """All settings of the table."""

    model.fieldset("cookie", label=_("Cookie"), fields=list(ICookie.names()))
    model.fieldset("limits", label=_("Limits"), fields=list(ILimits.names()))
