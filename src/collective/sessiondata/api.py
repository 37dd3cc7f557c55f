"""Functions for add-ons.

``name`` is a slot: the key in the visitor's session. ``context`` is any object of the site.
With ``browser_id`` a function works on the session of that browser instead of the present
visitor's. The user then needs the permission Access arbitrary user session data, otherwise
``Unauthorized`` is raised. ``SessionDataManagerErr`` is raised if the site has no session
data manager.
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

    Call it wherever the rights of the visitor change; a login does it by itself. From the
    commit on, the old id opens nothing. Does nothing if the visitor has no session.
    """
    context = getSite()
    _manager(request["PARENTS"][0] if context is None else context).rotate()


def end_sessions_of(context, user_id, but_this=False):
    """End all sessions of a user; with ``but_this`` except that of the present browser.

    Returns the number of sessions ended. Needs no permission: check the caller's.
    """
    return _manager(context).endSessionsOf(user_id, but_this)


def end_all_sessions(context):
    """End all sessions of the site, from the commit on.

    Needs no permission: check the caller's.
    """
    _manager(context).endAllSessions()


def get_or_create(context, name, factory, browser_id=None):
    """Return the object of slot ``name``, made by ``factory()`` on first use.

    It is the same object until the session ends. If it is Persistent, changes of its
    attributes are saved. Creating it stores a session and sets the visitor's cookie: use
    ``get`` on pages that only read.

    Raises ``TypeError`` if the new object cannot be pickled, and ``LookupError`` if
    ``browser_id`` has no active session.
    """
    session = _manager(context).session_of(browser_id)
    return slots.get_or_create(session, name, factory)


def get(context, name, browser_id=None):
    """Return the object of slot ``name``, or None. Creates nothing.

    Raises ``LookupError`` if ``browser_id`` has no active session.
    """
    session = _manager(context).session_of(browser_id, create=0)
    return None if session is None else session.get(name)


def discard(context, name, browser_id=None):
    """Remove slot ``name`` with its object, if it exists.

    Raises ``LookupError`` if ``browser_id`` has no active session.
    """
    session = _manager(context).session_of(browser_id, create=0)
    if session is not None and name in session:
        # Not pop(), which loads the object: its class may not exist any more.
        del session[name]
