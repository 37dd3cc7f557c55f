"""Lists of sessions: search by user, and sort."""

from dataclasses import replace
from Products.CMFCore.utils import getToolByName

# The largest number of users that a search returns.
MAX_USERS = 50

# Sort keys: the function that returns the value of a row, and True if the largest value
# comes first.
SORTS = {
    "user": (lambda row: (row.user_id or "", row.handle), False),
    "created": (lambda row: row.created, True),
    "accessed": (lambda row: row.accessed, True),
    "size": (lambda row: row.size, True),
}


def as_text(value):
    """Return the value of a form field as text, or the first of several values."""
    while isinstance(value, (list, tuple)):
        value = value[0] if value else ""
    return str(value or "").encode("utf-8", "replace").decode().strip()


def find_users(context, text):
    """Return ids of users that match ``text``, and True if these are all.

    ``text`` can be an id, a login name, a full name or an email address.
    """
    acl_users = getToolByName(context, "acl_users")
    # A deleted user may still have sessions.
    found = {text: None}
    for criterion in ("id", "login", "fullname", "email"):
        for user in acl_users.searchUsers(
            **{criterion: text, "max_results": MAX_USERS + 1}
        ):
            found[user["userid"]] = None
    # One more than the maximum: ``text`` itself may not be an id.
    return list(found)[: MAX_USERS + 1], len(found) <= MAX_USERS + 1


def listing_of(context, container, text=""):
    """Return a ``Listing`` of all sessions, or of the users that match ``text``."""
    if not text:
        return container.listing()
    user_ids, are_all = find_users(context, text)
    listing = container.listing(user_ids)
    return replace(listing, all=listing.all and are_all)
