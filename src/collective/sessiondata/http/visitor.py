"""The user who sent a request, and the browser, as far as they are known.

That is the user whom the publisher has authenticated. Code that takes the rights of another
user for a while still runs for the same visitor.
"""

from .state import outermost

import sys

ANONYMOUS = ""

# The words by which browsers and systems are recognised. Some browsers send the words of
# others, too, so they come first.
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
    """Return the id of the user who sent ``request``, or ``ANONYMOUS``.

    None: the user is not known yet. Plugins that authenticate may ask for the session.
    """
    # The parts of a page are made for the visitor of the page.
    other = outermost(request).other
    user_id = other.get(_NAME)
    if user_id is not None:
        return user_id
    user = other.get("AUTHENTICATED_USER")
    if user is not None:
        return user.getId() or ANONYMOUS
    # An error page may be made before the user was authenticated.
    return None if sys.exc_info()[0] is None else ANONYMOUS


def browser_of(request):
    """Return the browser that sent ``request``, such as "Firefox, Windows", or "".

    Sessions of users store these two words, which the owner recognises. The whole header
    is large and would be personal data.
    """
    agent = outermost(request).environ.get("HTTP_USER_AGENT", "")
    found = (
        next((name for word, name in words if word in agent), None)
        for words in (_BROWSERS, _SYSTEMS)
    )
    return ", ".join(filter(None, found))


def set_visitor(request, user_id):
    """Note that ``request`` is now that of the user ``user_id``, or of ``ANONYMOUS``."""
    outermost(request).other[_NAME] = user_id


def note_authenticated(request):
    """Note that the publisher has authenticated the user of ``request``, if any."""
    other = outermost(request).other
    if "AUTHENTICATED_USER" not in other and _NAME not in other:
        set_visitor(request, ANONYMOUS)
