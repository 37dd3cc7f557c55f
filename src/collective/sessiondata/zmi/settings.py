"""The fields of each of the three objects, and how they are taken from and to it."""

from ..i18n import _
from ..settings.browserid import COOKIE_NAME
from ..settings.browserid import COOKIES
from ..settings.browserid import FORM
from ..settings.browserid import URL
from ..settings.container import ContainerSettings
from ..settings.manager import REQUEST_NAME
from ..storage.store import SessionStore
from .fields import Choice
from .fields import Choices
from .fields import Field
from .fields import Flag
from .fields import Number
from Products.Sessions.permissions import change_browser_id_managers
from Products.Sessions.permissions import change_session_data_managers
from Products.Transience.permissions import manage_transient_containers

TITLE = Field("title", _("Title"))


class BrowserIds:
    """The settings of a browser id manager."""

    heading = _("Browser id manager")
    intro = _(
        "It gives each browser a secret id and recognises it again. "
        "Whoever has the id of a browser has its session."
    )
    permission = change_browser_id_managers
    fields = (
        TITLE,
        Field(
            "idname",
            _("Name"),
            _("Of the cookie, and of the form variable or URL part, if ids come so."),
            required=True,
        ),
        Choices(
            "location",
            _("Ids are taken from"),
            (
                (COOKIES, _("Cookies")),
                (FORM, _("Forms and query strings")),
                (URL, _("The path of URLs")),
            ),
            _(
                "Cookies alone are safe. Forms and URLs are copied, logged, "
                "bookmarked and sent to other sites, and each who sees such an id "
                "can take over the session; links from outside can plant one."
            ),
        ),
        Flag(
            "auto_url_encoding",
            _("Put the id into all URLs that Zope makes"),
            _("While ids are taken from the path of URLs."),
        ),
        Field(
            "cookiepath",
            _("Cookie path"),
            _("Empty: the path of this folder, as browsers see it."),
        ),
        Field(
            "cookiedomain",
            _("Cookie domain"),
            _(
                "Empty: the host that sets it, alone. Otherwise with at least two "
                "dots, as .example.org; all hosts below it can then read and set it."
            ),
        ),
        Number(
            "cookielifedays",
            _("Cookie lifetime, in days"),
            _("0: until the browser is closed."),
            required=True,
        ),
        Flag(
            "cookiesecure",
            _("No cookie without https"),
            _("A cookie that is set over https never travels without it anyway."),
        ),
        Flag(
            "cookiehttponly",
            _("Scripts in pages cannot read the cookie"),
            _("Without this, one cross-site scripting hole gives all sessions away."),
        ),
        Choice(
            "cookiesamesite",
            _("Sent with requests from other sites"),
            (
                ("Lax", _("Lax: with links only")),
                ("Strict", _("Strict: never")),
                ("None", _("None: always; browsers ask for https then")),
                ("", _("As the browser decides")),
            ),
        ),
    )
    default = {
        "idname": COOKIE_NAME,
        "location": [COOKIES],
        "cookielifedays": 0,
        "cookiehttponly": True,
        "cookiesamesite": "Lax",
    }

    @staticmethod
    def values(manager):
        return {
            "title": manager.title,
            "idname": manager.getBrowserIdName(),
            "location": list(manager.getBrowserIdNamespaces()),
            "auto_url_encoding": manager.getAutoUrlEncoding(),
            "cookiepath": manager.getCookiePath(),
            "cookiedomain": manager.getCookieDomain(),
            "cookielifedays": manager.getCookieLifeDays(),
            "cookiesecure": manager.getCookieSecure(),
            "cookiehttponly": manager.getCookieHTTPOnly(),
            "cookiesamesite": manager.getCookieSameSite() or "",
        }

    @staticmethod
    def apply(manager, values):
        manager.manage_changeBrowserIdManager(**values)


class SessionData:
    """The settings of a session data manager."""

    heading = _("Session data manager")
    intro = _("It gives views, templates and scripts the session of their visitor.")
    permission = change_session_data_managers
    fields = (
        TITLE,
        Field(
            "path",
            _("Path of the session data container"),
            _(
                "Empty: a container of its own. Otherwise any, of this or of another "
                "product, as /temp_folder/session_data."
            ),
        ),
        Field(
            "requestName",
            _("Name in the request"),
            _(
                "Scripts find the session under it, as request.SESSION. Empty: they do not."
            ),
        ),
        Flag(
            "keepDataAtLogin",
            _("A login keeps what is in the session"),
            _(
                "As a cart. It gets a new browser id in any case. Without this, a login "
                "begins anew."
            ),
        ),
    )
    default = {"requestName": REQUEST_NAME, "keepDataAtLogin": True}

    @staticmethod
    def values(manager):
        return {
            "title": manager.title,
            "path": manager.getContainerPath(),
            "requestName": manager.getRequestName(),
            "keepDataAtLogin": manager.getKeepDataAtLogin(),
        }

    @staticmethod
    def apply(manager, values):
        manager.manage_changeSDM(**values)


class Container:
    """The settings of a container."""

    heading = _("Transient object container")
    intro = _("It keeps sessions, until nobody has asked for them for some time.")
    permission = manage_transient_containers
    fields = (
        TITLE,
        Number(
            "timeout",
            _("Timeout, in minutes"),
            _("How long a session stays that nobody asks for. 0: for ever."),
            whole=False,
            factor=60,
            required=True,
        ),
        Number(
            "lifetime",
            _("Lifetime, in minutes"),
            _("After this time a session ends however busy it is. 0: it does not."),
            whole=False,
            factor=60,
            required=True,
        ),
        Number(
            "resolution",
            _("Resolution, in seconds"),
            _(
                "How exact the time of the last access is: it is written at most "
                "once in this time. Empty: a twentieth of the timeout."
            ),
            whole=False,
        ),
        Number(
            "limit",
            _("The most sessions"),
            _("0: unlimited."),
            required=True,
        ),
        Choice(
            "when_full",
            _("When there are so many"),
            (
                ("refuse", _("a new one is an error")),
                ("drop", _("the one idle for longest ends")),
            ),
        ),
        Number(
            "max_size",
            _("The largest session, in bytes"),
            _("0: unlimited."),
            required=True,
        ),
        Field(
            "add_target",
            _("Script for each new session"),
            _("A path; it is called with the session and this container."),
        ),
        Field(
            "del_target",
            _("Script for each session that ends"),
            _("A path; it is called before, with the session and this container."),
        ),
    )
    _numbers = ("timeout", "lifetime", "resolution", "limit", "when_full", "max_size")
    default = {name: getattr(ContainerSettings, name) for name in _numbers}

    @classmethod
    def values(cls, container):
        return {
            "title": container.title,
            "add_target": _path(container.getAddNotificationTarget()),
            "del_target": _path(container.getDelNotificationTarget()),
            **{name: getattr(container, name) for name in cls._numbers},
        }

    @classmethod
    def apply(cls, container, values):
        draft = ContainerSettings()
        draft.store = SessionStore(1)
        for name in cls._numbers:
            setattr(draft, name, values[name])
        for name, set_target, target in (
            ("add_target", draft.setAddNotificationTarget, container._add_target),
            ("del_target", draft.setDelNotificationTarget, container._del_target),
        ):
            # A function that code has set cannot be typed; it stays as it is shown.
            is_shown = values[name] == _path(target)
            set_target(target if is_shown else values[name])
        container.take_settings(draft)
        container.title = values["title"]


def _path(target):
    if target is None or isinstance(target, str):
        return target or ""
    return repr(target)
