"""The settings of a browser id manager, under the names of the stock one."""

from ..events import SettingsChanged
from ..publication import unpublished_methods
from AccessControl.class_init import InitializeClass
from AccessControl.Permissions import access_contents_information
from AccessControl.Permissions import view_management_screens
from AccessControl.SecurityInfo import ClassSecurityInfo
from html import escape
from Products.Sessions.interfaces import BrowserIdManagerErr
from Products.Sessions.permissions import change_browser_id_managers
from zope.event import notify

import re

# Not _ZopeId, the cookie of the manager in the Zope root.
COOKIE_NAME = "_sessiondata_id"

COOKIES = "cookies"
FORM = "form"
URL = "url"
NAMESPACES = (COOKIES, FORM, URL)

# Cookies of others: whoever shares the login's would log everybody out.
_TAKEN = {
    "__ac",
    "__ac_name",
    "__ac_password",
    "auth_token",
    "i18n_language",
    "statusmessages",
    "_tb_id",
}

# A century; browsers keep a cookie for 400 days at most.
MOST_DAYS = 36_500

SAME_SITE = ("Lax", "Strict", "None")
BROWSER_DECIDES = "browser"

# A token (RFC 6265 and RFC 9110), less what means something in a URL.
_is_name = re.compile(r"[A-Za-z0-9!$'*+.^_`|~-]+").fullmatch
_bad_in_cookie = re.compile(r"[;,<>& \x00-\x1f\x7f]").search
_two_dots = re.compile(r"(\w*\.){2,}").search


def _refuse(what, value, expected):
    # Escaped, since Zope may show the message in a page.
    raise BrowserIdManagerErr(
        f"{what} is {expected}; {escape(repr(value))} is not. Nothing was changed."
    )


def _cookie_name(value):
    if not (isinstance(value, str) and _is_name(value)):
        _refuse(
            "The browser id name", value, "a word of letters, digits and some of -_.~"
        )
    if value.lower() in _TAKEN:
        _refuse("The browser id name", value, "none that Zope and Plone use themselves")
    return value


def _cookie_path(value):
    if not isinstance(value, str) or _bad_in_cookie(value):
        _refuse("The cookie path", value, "a path as in a URL, or empty")
    return value


def _cookie_domain(value):
    if (
        not isinstance(value, str)
        or value
        and (_bad_in_cookie(value) or not _two_dots(value))
    ):
        _refuse(
            "The cookie domain",
            value,
            'a name with at least two dots (".example.org"), or empty',
        )
    return value


def _days(value):
    if (
        not isinstance(value, (int, float))
        or isinstance(value, bool)
        or not 0 <= value <= MOST_DAYS
    ):
        _refuse("The cookie lifetime", value, f"a number of days, 0 to {MOST_DAYS}")
    return int(value)


def _same_site(value):
    known = {name.lower(): name for name in SAME_SITE}
    name = str(value or "").lower()
    if name and name not in known:
        _refuse("SameSite", value, f"one of {', '.join(SAME_SITE)}, or empty")
    return known.get(name)


def _namespaces(value):
    names = (value,) if isinstance(value, str) else tuple(value)
    if not names or len(set(names)) < len(names) or set(names) - set(NAMESPACES):
        _refuse("The list of browser id namespaces", value, f"some of {NAMESPACES}")
    return names


# What is kept of each setting; or a ``BrowserIdManagerErr``.
_CHECKED = {
    "browserid_name": _cookie_name,
    "browserid_namespaces": _namespaces,
    "cookie_path": _cookie_path,
    "cookie_domain": _cookie_domain,
    "cookie_life_days": _days,
    "cookie_secure": bool,
    "cookie_http_only": bool,
    "cookie_same_site": _same_site,
    "auto_url_encoding": bool,
}


def checked(name, value):
    """Return what is kept of ``value`` as the setting ``name``, looked at alone."""
    return _CHECKED[name](value)


# What browsers take only together with other settings (RFC 6265bis), by attribute.
_TOGETHER = {
    "browserid_name": "a name that begins with __Host- needs the path / and no domain",
    "cookie_secure": "a name that begins with __Host- or __Secure- needs the Secure flag",
    "cookie_same_site": "SameSite None needs the Secure flag",
}


def refused_together(settings):
    """Return which of ``settings``, all by attribute, browsers refuse with the others.

    It is a subset of the keys of ``_TOGETHER``.
    """
    name = settings["browserid_name"].lower()
    refused = set()
    if name.startswith("__host-") and (
        settings["cookie_path"] != "/" or settings["cookie_domain"]
    ):
        refused.add("browserid_name")
    if not settings["cookie_secure"]:
        if name.startswith(("__host-", "__secure-")):
            refused.add("cookie_secure")
        if settings["cookie_same_site"] == "None":
            refused.add("cookie_same_site")
    return refused


def _check_together(settings):
    refused = refused_together(settings)
    if refused:
        reasons = "; ".join(why for name, why in _TOGETHER.items() if name in refused)
        raise BrowserIdManagerErr(
            f"Browsers would refuse this cookie: {reasons}. Nothing was changed. Set "
            "what belongs together at once."
        )


@unpublished_methods
class BrowserIdSettings:
    """How browser ids travel.  Each setter raises ``BrowserIdManagerErr``."""

    security = ClassSecurityInfo()
    security.setPermissionDefault(view_management_screens, ("Manager",))
    security.setPermissionDefault(change_browser_id_managers, ("Manager",))

    browserid_name = COOKIE_NAME
    browserid_namespaces = (COOKIES,)
    cookie_path = ""
    cookie_domain = ""
    cookie_life_days = 0
    cookie_secure = False
    cookie_http_only = True
    cookie_same_site = "Lax"
    auto_url_encoding = False

    @security.private
    def check(self, **settings):
        """Return what is kept of ``settings``, by the names of the attributes."""
        present = {name: getattr(self, name) for name in _CHECKED}
        changed = {name: checked(name, value) for name, value in settings.items()}
        _check_together({**present, **changed})
        return changed

    @security.private
    def change(self, **settings):
        """Change some settings, by the names of the attributes: all, or none."""
        changed = self.check(**settings)
        for name, value in changed.items():
            setattr(self, name, value)
        if "browserid_namespaces" in changed:
            self.updateTraversalData()
        notify(SettingsChanged(self))

    @security.protected(change_browser_id_managers)
    def setBrowserIdName(self, k):
        """Set the name of the cookie, form variable and URL segment."""
        self.change(browserid_name=k)

    @security.protected(change_browser_id_managers)
    def setBrowserIdNamespaces(self, ns):
        """Set where ids are looked for, in this order: some of ``NAMESPACES``.

        Cookies alone are safe: what stands in forms and URLs is copied, logged and
        sent on, and whoever has the id has the session.
        """
        self.change(browserid_namespaces=ns)

    @security.protected(access_contents_information)
    def getBrowserIdNamespaces(self):
        """Return where ids are looked for, in this order."""
        return self.browserid_namespaces

    @security.protected(access_contents_information)
    def isUrlInBidNamespaces(self):
        """Return True if ids may come in the path of a URL."""
        return URL in self.browserid_namespaces

    @security.protected(change_browser_id_managers)
    def setCookiePath(self, path=""):
        """Set the path of the cookie; "": that of this manager's folder."""
        self.change(cookie_path=path)

    @security.protected(access_contents_information)
    def getCookiePath(self):
        """Return the path of the cookie; "": that of this manager's folder."""
        return self.cookie_path

    @security.protected(change_browser_id_managers)
    def setCookieDomain(self, domain):
        """Set the domain of the cookie; "": the host that sets it, alone."""
        self.change(cookie_domain=domain)

    @security.protected(access_contents_information)
    def getCookieDomain(self):
        """Return the domain of the cookie; "": the host that sets it, alone."""
        return self.cookie_domain

    @security.protected(change_browser_id_managers)
    def setCookieLifeDays(self, days):
        """Let browsers keep the cookie so many days; 0: until they are closed."""
        self.change(cookie_life_days=days)

    @security.protected(access_contents_information)
    def getCookieLifeDays(self):
        """Return for how many days browsers keep the cookie; 0: until closed."""
        return self.cookie_life_days

    @security.protected(change_browser_id_managers)
    def setCookieSecure(self, secure):
        """Give no cookie to requests without https, or do.

        A cookie that is set over https never travels without it anyway.
        """
        self.change(cookie_secure=secure)

    @security.protected(access_contents_information)
    def getCookieSecure(self):
        """Return True if requests without https get no cookie."""
        return self.cookie_secure

    @security.protected(change_browser_id_managers)
    def setCookieHTTPOnly(self, http_only):
        """Keep the cookie from scripts in pages, or do not."""
        self.change(cookie_http_only=http_only)

    @security.protected(access_contents_information)
    def getCookieHTTPOnly(self):
        """Return True if scripts in pages cannot read the cookie."""
        return self.cookie_http_only

    @security.protected(change_browser_id_managers)
    def setCookieSameSite(self, same_site="Lax"):
        """Set with which requests from other sites the cookie is sent.

        "Lax": links to this site; "Strict": none; "None": all, which browsers take
        with the Secure flag alone; empty: the browser decides.
        """
        self.change(cookie_same_site=same_site)

    @security.protected(access_contents_information)
    def getCookieSameSite(self):
        """Return the SameSite flag of the cookie, or None."""
        return self.cookie_same_site

    @security.protected(change_browser_id_managers)
    def setAutoUrlEncoding(self, auto_url_encoding):
        """Put the id into all URLs that Zope makes, or do not.

        That works while "url" is one of the namespaces.
        """
        self.change(auto_url_encoding=auto_url_encoding)

    @security.protected(access_contents_information)
    def getAutoUrlEncoding(self):
        """Return True if the id is put into all URLs that Zope makes."""
        return self.auto_url_encoding

    @security.protected(change_browser_id_managers)
    def manage_changeBrowserIdManager(
        self,
        title="",
        idname=COOKIE_NAME,
        location=(COOKIES,),
        cookiepath="",
        cookiedomain="",
        cookielifedays=0,
        cookiesecure=0,
        cookiehttponly=1,
        auto_url_encoding=0,
        cookiesamesite="Lax",
    ):
        """Change all settings at once: all of them, or none."""
        self.change(
            browserid_name=idname,
            browserid_namespaces=location,
            cookie_path=cookiepath,
            cookie_domain=cookiedomain,
            cookie_life_days=cookielifedays,
            cookie_secure=cookiesecure,
            cookie_http_only=cookiehttponly,
            cookie_same_site=cookiesamesite,
            auto_url_encoding=auto_url_encoding,
        )
        self.title = str(title)

    @security.private
    def updateTraversalData(self):
        """Have URLs looked at, or not, as the namespaces say."""


InitializeClass(BrowserIdSettings)
