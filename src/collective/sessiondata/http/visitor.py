"""Who sent a request, and with what, as far as that is known.

What counts is whom the publisher has authenticated: code that takes another user's
rights for a while is still run for the same visitor.
"""

from .state import outermost

import sys

ANONYMOUS = ""

# What browsers and systems say of themselves, those first that also say what others do.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)

_NAME = "_collective_sessiondata_user"


def visitor(request):
    """Return the id of the user who sent ``request``; ``ANONYMOUS`` if nobody did.

    None: it is not known yet.  Plugins that find out may look into the session.
    """
    # Parts of a page are made for who has asked for the page.
    other = outermost(request).other
    user_id = other.get(_NAME)
    if user_id is not None:
        return user_id
    user = other.get("AUTHENTICATED_USER")
    if user is not None:
        return user.getId() or ANONYMOUS
    # What tells of an error may be made before anybody was asked who it is.
    return None if sys.exc_info()[0] is None else ANONYMOUS


def browser_of(request):
    """Return with what ``request`` was sent, as "Firefox, Windows", as far as it tells.

    That is kept with sessions of users; the whole of what browsers tell of themselves
    would be large, and nobody's business.
    """
    agent = outermost(request).environ.get("HTTP_USER_AGENT", "")
    told = (
        next((name for word, name in words if word in agent), None)
        for words in (_BROWSERS, _SYSTEMS)
    )
    return ", ".join(filter(None, told))


def note_visitor(request, user_id):
    """From now on ``request`` is that of the user ``user_id``, or of ``ANONYMOUS``."""
    outermost(request).other[_NAME] = user_id


def note_authenticated(request):
    """It is known by now who sent ``request``."""
    other = outermost(request).other
    if "AUTHENTICATED_USER" not in other and _NAME not in other:
        note_visitor(request, ANONYMOUS)
