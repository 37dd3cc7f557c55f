"""Lists of sessions: of which users, and in which order."""

from dataclasses import replace
from Products.CMFCore.utils import getToolByName

# How many users are looked for at most.
USERS = 50

# What can be sorted by: what is compared, and whether the largest come first.
SORTS = {
    "user": (lambda row: (row.user_id or "", row.handle), False),
    "created": (lambda row: row.created, True),
    "accessed": (lambda row: row.accessed, True),
    "size": (lambda row: row.size, True),
}


def as_text(value):
    """Return ``value``, of a form, as text that can be shown; of several the first."""
    while isinstance(value, (list, tuple)):
        value = value[0] if value else ""
    return str(value or "").encode("utf-8", "replace").decode().strip()


def users_found(context, text):
    """Return the ids of users that ``text`` may mean, and whether these are all.

    It may be an id, a name to log in with, a full name or an address.
    """
    acl_users = getToolByName(context, "acl_users")
    # One whose account is gone may still have sessions.
    found = {text: None}
    for what in ("id", "login", "fullname", "email"):
        for user in acl_users.searchUsers(**{what: text, "max_results": USERS + 1}):
            found[user["userid"]] = None
    # The text itself is one more, unless it is an id.
    return list(found)[: USERS + 1], len(found) <= USERS + 1


def listing_of(context, container, text=""):
    """Return a ``Listing`` of ``container``: all, or of the users that ``text`` means."""
    if not text:
        return container.listing()
    user_ids, are_all = users_found(context, text)
    listing = container.listing(user_ids)
    return replace(listing, all=listing.all and are_all)
