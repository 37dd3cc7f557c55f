"""What add-ons call: one typed object per visitor, in one line.

``name`` is a slot: the key in the visitor's session.  ``context`` is any object
of the site.  With ``browser_id`` each function works in the session of that
browser instead of the present visitor's; whoever is logged in needs the
permission Access arbitrary user session data for it, else ``Unauthorized`` is
raised.  Without the tool in reach, ``SessionDataManagerErr`` is.
"""

from . import slots
from .manager import SESSION_DATA_MANAGER
from Acquisition import aq_get
from Products.Sessions.interfaces import SessionDataManagerErr
from zope.component.hooks import getSite


def _manager(context):
    manager = aq_get(context, SESSION_DATA_MANAGER, None, True)
    if not hasattr(manager, "session_of"):
        raise SessionDataManagerErr(
            f"There are no sessions where {context!r} is: install the add-on "
            '"Session data" in that site, and pass an object of the site as context.'
        )
    return manager


def rotate(request):
    """Give the session of this request's visitor a new browser id; the data stays.

    Do it wherever the visitor's rights change; at login it is done already.  Whoever
    knew the old id has nothing from the commit on.  Without a session, nothing happens.
    """
    context = getSite()
    _manager(request["PARENTS"][0] if context is None else context).rotate()


def end_sessions_of(context, user_id, but_this=False):
    """End all sessions of a user; with ``but_this`` less that of the present browser.

    Return how many.  No permission is needed: check who asks.
    """
    return _manager(context).endSessionsOf(user_id, but_this)


def end_all_sessions(context):
    """End all sessions of the site, from the commit on.

    No permission is needed: check who asks.
    """
    _manager(context).endAllSessions()


def get_or_create(context, name, factory, browser_id=None):
    """Return the object of slot ``name``, made by ``factory()`` on first use.

    It is the same object until the session ends.  If it is Persistent, changes
    of its attributes are saved.  Creating it stores a session and sets the
    visitor's cookie: on pages that only look, use ``get``.

    Raise ``TypeError`` if the new object cannot be pickled, and ``LookupError``
    if no live session belongs to ``browser_id``.
    """
    session = _manager(context).session_of(browser_id)
    return slots.get_or_create(session, name, factory)


def get(context, name, browser_id=None):
    """Return the object of slot ``name``, or None; nothing is created.

    Raise ``LookupError`` if no live session belongs to ``browser_id``.
    """
    session = _manager(context).session_of(browser_id, create=0)
    return None if session is None else session.get(name)


def discard(context, name, browser_id=None):
    """Remove slot ``name`` with its object, if it is there.

    Raise ``LookupError`` if no live session belongs to ``browser_id``.
    """
    session = _manager(context).session_of(browser_id, create=0)
    if session is not None and name in session:
        # Not pop: it would load an object whose class may be gone.
        del session[name]
