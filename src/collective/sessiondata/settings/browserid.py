"""The settings of a browser id manager, and the methods of the stock one for them."""

from ..publication import unpublished_methods
from .attributes import Choices
from .attributes import Flag
from .attributes import Text
from .cookierules import BROWSER_DECIDES
from .cookierules import conflicts
from .cookierules import COOKIE_NAME
from .properties import ObjectWithSettings
from .properties import properties
from .site import SETTINGS
from AccessControl.class_init import InitializeClass
from AccessControl.Permissions import access_contents_information
from AccessControl.Permissions import view_management_screens
from AccessControl.SecurityInfo import ClassSecurityInfo
from math import isfinite
from Products.Sessions.interfaces import BrowserIdManagerErr
from Products.Sessions.permissions import change_browser_id_managers

COOKIES = "cookies"
FORM = "form"
URL = "url"


def _whole(days):
    """Return a number of days without its fraction, which the stock manager allows."""
    return int(days) if isinstance(days, float) and isfinite(days) else days


@unpublished_methods
class BrowserIdSettings(ObjectWithSettings):
    """How browser ids are transmitted. Each setter raises ``BrowserIdManagerErr``."""

    security = ClassSecurityInfo()
    security.setPermissionDefault(view_management_screens, ("Manager",))
    security.setPermissionDefault(change_browser_id_managers, ("Manager",))
    security.declareProtected(
        change_browser_id_managers, "manage_editProperties", "manage_changeProperties"
    )
    security.declareProtected(
        view_management_screens,
        "browserid_namespaces_choices",
        "cookie_same_site_choices",
    )

    title = Text("title", "Browser ids of this site's sessions")
    browserid_name = SETTINGS["cookie_name"]
    browserid_namespaces = Choices(
        "browserid_namespaces",
        (COOKIES,),
        "",
        "Where ids are taken from. Cookies alone are safe: forms and URLs are copied, "
        "logged and sent to other sites, and an id gives access to the session.",
        choices=(COOKIES, FORM, URL),
        error=BrowserIdManagerErr,
    )
    auto_url_encoding = Flag(
        "auto_url_encoding",
        False,
        "",
        "Add the id to all URLs that Zope generates, if ids are taken from URLs.",
        error=BrowserIdManagerErr,
    )
    cookie_path = SETTINGS["cookie_path"]
    cookie_domain = SETTINGS["cookie_domain"]
    cookie_life_days = SETTINGS["cookie_life_days"]
    cookie_secure = SETTINGS["cookie_secure"]
    cookie_http_only = SETTINGS["cookie_http_only"]
    cookie_same_site = SETTINGS["cookie_same_site"]

    browserid_namespaces_choices = tuple(browserid_namespaces.choices)
    cookie_same_site_choices = tuple(cookie_same_site.choices)

    _properties = properties(
        title,
        browserid_name,
        browserid_namespaces,
        auto_url_encoding,
        cookie_path,
        cookie_domain,
        cookie_life_days,
        cookie_secure,
        cookie_http_only,
        cookie_same_site,
    )

    @security.private
    def check(self, **values):
        """Return ``values``, by attribute, as they are kept.

        Raise ``BrowserIdManagerErr`` if one cannot be set, or if browsers refuse a
        cookie with all of them.
        """
        kept = super().check(**values)
        refused = conflicts({**self.settings(), **kept})
        if refused:
            raise BrowserIdManagerErr(
                f"Browsers would refuse this cookie. {' '.join(refused.values())} "
                "Nothing was changed. Set these settings together."
            )
        return kept

    @security.private
    def settings_changed(self, names):
        """Register or remove the hook for URLs."""
        if "browserid_namespaces" in names:
            self.updateTraversalData()

    @security.protected(change_browser_id_managers)
    def setBrowserIdName(self, k):
        """Set the name of the cookie, form variable and URL segment."""
        self.change(browserid_name=k)

    @security.protected(change_browser_id_managers)
    def setBrowserIdNamespaces(self, ns):
        """Set where ids are taken from, in this order: "cookies", "form", "url".

        Cookies alone are safe: forms and URLs are copied, logged and sent to other
        sites, and an id gives access to the session.
        """
        self.change(browserid_namespaces=ns)

    @security.protected(access_contents_information)
    def getBrowserIdNamespaces(self):
        """Return where ids are taken from, in this order."""
        return self.browserid_namespaces

    @security.protected(access_contents_information)
    def isUrlInBidNamespaces(self):
        """Return True if ids are taken from the path of a URL."""
        return URL in self.browserid_namespaces

    @security.protected(change_browser_id_managers)
    def setCookiePath(self, path=""):
        """Set the path of the cookie; "": the path of this manager's folder."""
        self.change(cookie_path=path)

    @security.protected(access_contents_information)
    def getCookiePath(self):
        """Return the path of the cookie; "": the path of this manager's folder."""
        return self.cookie_path

    @security.protected(change_browser_id_managers)
    def setCookieDomain(self, domain):
        """Set the domain of the cookie; "": only the host of the request."""
        self.change(cookie_domain=domain)

    @security.protected(access_contents_information)
    def getCookieDomain(self):
        """Return the domain of the cookie; "": only the host of the request."""
        return self.cookie_domain

    @security.protected(change_browser_id_managers)
    def setCookieLifeDays(self, days):
        """Set the lifetime of the cookie in days; 0: until the browser is closed."""
        self.change(cookie_life_days=_whole(days))

    @security.protected(access_contents_information)
    def getCookieLifeDays(self):
        """Return the lifetime of the cookie in days; 0: until the browser is closed."""
        return self.cookie_life_days

    @security.protected(change_browser_id_managers)
    def setCookieSecure(self, secure):
        """Set whether the cookie is sent over HTTPS only.

        A cookie that was set over HTTPS is sent over HTTPS only in any case.
        """
        self.change(cookie_secure=bool(secure))

    @security.protected(access_contents_information)
    def getCookieSecure(self):
        """Return True if the cookie is sent over HTTPS only."""
        return self.cookie_secure

    @security.protected(change_browser_id_managers)
    def setCookieHTTPOnly(self, http_only):
        """Set whether the cookie is hidden from scripts in pages."""
        self.change(cookie_http_only=bool(http_only))

    @security.protected(access_contents_information)
    def getCookieHTTPOnly(self):
        """Return True if the cookie is hidden from scripts in pages."""
        return self.cookie_http_only

    @security.protected(change_browser_id_managers)
    def setCookieSameSite(self, same_site="Lax"):
        """Set with which requests from other sites browsers send the cookie.

        "Lax": links to this site; "Strict": none; "None": all, which needs the Secure
        flag; empty: the browser decides.
        """
        self.change(cookie_same_site=same_site)

    @security.protected(access_contents_information)
    def getCookieSameSite(self):
        """Return the SameSite attribute of the cookie, or None."""
        same_site = self.cookie_same_site
        return None if same_site == BROWSER_DECIDES else same_site

    @security.protected(change_browser_id_managers)
    def setAutoUrlEncoding(self, auto_url_encoding):
        """Set whether the id is added to all URLs that Zope generates.

        This has an effect only if "url" is one of the namespaces.
        """
        self.change(auto_url_encoding=bool(auto_url_encoding))

    @security.protected(access_contents_information)
    def getAutoUrlEncoding(self):
        """Return True if the id is added to all URLs that Zope generates."""
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
        """Change all settings: all of them, or none."""
        self.change(
            title=title,
            browserid_name=idname,
            browserid_namespaces=location,
            cookie_path=cookiepath,
            cookie_domain=cookiedomain,
            cookie_life_days=_whole(cookielifedays),
            cookie_secure=bool(cookiesecure),
            cookie_http_only=bool(cookiehttponly),
            cookie_same_site=cookiesamesite,
            auto_url_encoding=bool(auto_url_encoding),
        )

    @security.private
    def updateTraversalData(self):
        """Register the hook for URLs if ids are taken from them, or remove it."""


InitializeClass(BrowserIdSettings)
