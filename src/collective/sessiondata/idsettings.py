"""The settings of a browser id manager, under the names of the stock one."""

from .publication import unpublished_methods
from AccessControl.class_init import InitializeClass
from AccessControl.Permissions import access_contents_information
from AccessControl.Permissions import view_management_screens
from AccessControl.SecurityInfo import ClassSecurityInfo
from html import escape
from Products.Sessions.interfaces import BrowserIdManagerErr
from Products.Sessions.permissions import change_browser_id_managers

import re

# Not _ZopeId, the cookie of the manager in the Zope root.
COOKIE_NAME = "_sessiondata_id"

COOKIES = "cookies"
FORM = "form"
URL = "url"
NAMESPACES = (COOKIES, FORM, URL)

SAME_SITE = ("Lax", "Strict", "None")

# A token (RFC 6265 and RFC 9110), less what means something in a URL.
_is_name = re.compile(r"[A-Za-z0-9!$'*+.^_`|~-]+").fullmatch
_bad_in_cookie = re.compile(r"[;,<>& \x00-\x1f\x7f]").search
_two_dots = re.compile(r"(\w*\.){2,}").search


def _refuse(what, value, expected):
    # Escaped, since Zope may show the message in a page.
    raise BrowserIdManagerErr(
        f"{what} is {expected}; {escape(repr(value))} is not. Nothing was changed."
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

    @security.protected(change_browser_id_managers)
    def setBrowserIdName(self, k):
        """Set the name of the cookie, form variable and URL segment."""
        if not (isinstance(k, str) and _is_name(k)):
            _refuse(
                "The browser id name", k, "a word of letters, digits and some of -_.~"
            )
        self._check_together(browserid_name=k)
        self.browserid_name = k

    def _check_together(self, **changed):
        """Refuse what browsers do not take together (RFC 6265bis)."""
        names = (
            "browserid_name cookie_secure cookie_path cookie_domain cookie_same_site"
        )
        name, secure, path, domain, same_site = (
            changed.get(it, getattr(self, it)) for it in names.split()
        )
        problem = None
        if same_site == "None" and not secure:
            problem = "SameSite None is only for cookies with the Secure flag"
        elif name.lower().startswith("__host-") and (
            not secure or path != "/" or domain
        ):
            problem = (
                "A name that begins with __Host- is only for cookies with the Secure "
                "flag, the path / and no domain"
            )
        elif name.lower().startswith("__secure-") and not secure:
            problem = (
                "A name that begins with __Secure- is only for cookies with the Secure "
                "flag"
            )
        if problem:
            raise BrowserIdManagerErr(
                f"{problem}: browsers refuse others. Nothing was changed."
            )

    @security.protected(change_browser_id_managers)
    def setBrowserIdNamespaces(self, ns):
        """Set where ids are looked for, in this order: some of ``NAMESPACES``.

        Cookies alone are safe: what stands in forms and URLs is copied, logged and
        sent on, and whoever has the id has the session.
        """
        names = (ns,) if isinstance(ns, str) else tuple(ns)
        if not names or len(set(names)) < len(names) or set(names) - set(NAMESPACES):
            _refuse("The list of browser id namespaces", ns, f"some of {NAMESPACES}")
        self.browserid_namespaces = names
        self.updateTraversalData()

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
        if not isinstance(path, str) or _bad_in_cookie(path):
            _refuse("The cookie path", path, "a path as in a URL, or empty")
        self._check_together(cookie_path=path)
        self.cookie_path = path

    @security.protected(access_contents_information)
    def getCookiePath(self):
        """Return the path of the cookie; "": that of this manager's folder."""
        return self.cookie_path

    @security.protected(change_browser_id_managers)
    def setCookieDomain(self, domain):
        """Set the domain of the cookie; "": the host that sets it, alone."""
        if (
            not isinstance(domain, str)
            or domain
            and (_bad_in_cookie(domain) or not _two_dots(domain))
        ):
            _refuse(
                "The cookie domain",
                domain,
                'a name with at least two dots (".example.org"), or empty',
            )
        self._check_together(cookie_domain=domain)
        self.cookie_domain = domain

    @security.protected(access_contents_information)
    def getCookieDomain(self):
        """Return the domain of the cookie; "": the host that sets it, alone."""
        return self.cookie_domain

    @security.protected(change_browser_id_managers)
    def setCookieLifeDays(self, days):
        """Let browsers keep the cookie so many days; 0: until they are closed."""
        if (
            not isinstance(days, (int, float))
            or isinstance(days, bool)
            or not 0 <= days < float("inf")
        ):
            _refuse("The cookie lifetime", days, "a number of days, 0 or more")
        self.cookie_life_days = int(days)

    @security.protected(access_contents_information)
    def getCookieLifeDays(self):
        """Return for how many days browsers keep the cookie; 0: until closed."""
        return self.cookie_life_days

    @security.protected(change_browser_id_managers)
    def setCookieSecure(self, secure):
        """Give no cookie to requests without https, or do.

        A cookie that is set over https never travels without it anyway.
        """
        self._check_together(cookie_secure=secure)
        self.cookie_secure = bool(secure)

    @security.protected(access_contents_information)
    def getCookieSecure(self):
        """Return True if requests without https get no cookie."""
        return self.cookie_secure

    @security.protected(change_browser_id_managers)
    def setCookieHTTPOnly(self, http_only):
        """Keep the cookie from scripts in pages, or do not."""
        self.cookie_http_only = bool(http_only)

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
        known = {name.lower(): name for name in SAME_SITE}
        name = str(same_site or "").lower()
        if name and name not in known:
            _refuse("SameSite", same_site, f"one of {', '.join(SAME_SITE)}, or empty")
        self._check_together(cookie_same_site=known.get(name))
        self.cookie_same_site = known.get(name)

    @security.protected(access_contents_information)
    def getCookieSameSite(self):
        """Return the SameSite flag of the cookie, or None."""
        return self.cookie_same_site

    @security.protected(change_browser_id_managers)
    def setAutoUrlEncoding(self, auto_url_encoding):
        """Put the id into all URLs that Zope makes, or do not.

        That works while "url" is one of the namespaces.
        """
        self.auto_url_encoding = bool(auto_url_encoding)

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
        draft = BrowserIdSettings()
        draft.setBrowserIdNamespaces(location)
        # First what others may need.
        draft.setCookieSecure(cookiesecure)
        draft.setCookiePath(cookiepath)
        draft.setCookieDomain(cookiedomain)
        draft.setBrowserIdName(idname)
        draft.setCookieLifeDays(cookielifedays)
        draft.setCookieHTTPOnly(cookiehttponly)
        draft.setCookieSameSite(cookiesamesite)
        draft.setAutoUrlEncoding(auto_url_encoding)
        self.title = str(title)
        for name, value in vars(draft).items():
            setattr(self, name, value)
        self.updateTraversalData()

    @security.private
    def updateTraversalData(self):
        """Have URLs looked at, or not, as the namespaces say."""


InitializeClass(BrowserIdSettings)
