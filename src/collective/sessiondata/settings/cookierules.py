"""Rules for names, paths, domains and flags of cookies."""

from ..i18n import _

import re

# Not _ZopeId, the cookie of the manager in the Zope root.
COOKIE_NAME = "_sessiondata_id"

# The value of the setting for a cookie without the attribute SameSite.
BROWSER_DECIDES = "browser"

# Cookies of Zope and Plone: a session cookie of the same name would replace them.
_TAKEN = {
    "__ac",
    "__ac_name",
    "__ac_password",
    "auth_token",
    "i18n_language",
    "statusmessages",
    "_tb_id",
}

# A token (RFC 6265 and RFC 9110) without the characters that have a meaning in a URL.
_is_token = re.compile(r"[A-Za-z0-9!$'*+.^_`|~-]+").fullmatch
_bad_in_cookie = re.compile(r"[;,<>& \x00-\x1f\x7f]").search
_two_dots = re.compile(r"(\w*\.){2,}").search


def is_name(text):
    """Return True if a cookie can have the name ``text``."""
    return bool(_is_token(text)) and text.lower() not in _TAKEN


def is_path(text):
    """Return True if a cookie can have the path ``text``, or if it is empty."""
    return not _bad_in_cookie(text)


def is_domain(text):
    """Return True if a cookie can have the domain ``text``, or if it is empty."""
    return not text or bool(_two_dots(text) and not _bad_in_cookie(text))


_NAME_NEEDS = _("A name that begins with __Host- needs the path / and no domain.")
_SECURE_NEEDED = _(
    "A name that begins with __Host- or __Secure- needs the Secure flag (HTTPS only)."
)
_SAME_SITE_NEEDS = _("SameSite None needs the Secure flag (HTTPS only).")


def conflicts(values):
    """Return why browsers refuse the cookie (RFC 6265bis): a message by attribute.

    ``values`` are all settings of a browser id manager, by attribute.
    """
    name = values["browserid_name"].lower()
    found = {}
    if name.startswith("__host-") and (
        values["cookie_path"] != "/" or values["cookie_domain"]
    ):
        found["browserid_name"] = _NAME_NEEDS
    if not values["cookie_secure"]:
        if name.startswith(("__host-", "__secure-")):
            found["cookie_secure"] = _SECURE_NEEDED
        if values["cookie_same_site"] == "None":
            found["cookie_same_site"] = _SAME_SITE_NEEDS
    return found
