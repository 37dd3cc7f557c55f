"""Contracts of our own; the stock ones are imported from where Zope keeps them.

The tools and the storage implement ``Products.Sessions.interfaces`` and
``Products.Transience.interfaces``.  Here stands only what those two do not say.
"""

from Products.Sessions.interfaces import IBrowserIdManager
from Products.Sessions.interfaces import IMutableSessionDataManager
from Products.Transience.interfaces import IImmutablyValuedMappingOfPickleableObjects
from Products.Transience.interfaces import IItemWithId
from Products.Transience.interfaces import IStringKeyedHomogeneousItemContainer
from Products.Transience.interfaces import ITransient
from Products.Transience.interfaces import ITransientItemContainer
from Products.Transience.interfaces import ITTWDictionary
from zope.interface import Attribute
from zope.interface import Interface
from zope.interface.interfaces import IObjectEvent
from zope.publisher.interfaces.browser import IDefaultBrowserLayer


class ISessionDataLayer(IDefaultBrowserLayer):
    """Marks the requests of sites in which the add-on is installed."""


class ITransientObject(
    ITransient, ITTWDictionary, IImmutablyValuedMappingOfPickleableObjects
):
    """One visitor's session data: a mapping that merges concurrent writes."""

    def pop(key, default=None):
        """Remove ``key`` and return its value.

        Return ``default`` where the key is missing; without a default that is
        a ``KeyError``.
        """

    def setdefault(key, default=None):
        """Return the value of ``key``, after setting it to ``default`` if missing."""

    def getUserId():
        """Return the id of the user that the session belongs to, or None.

        It belongs to who was logged in when it was created or changed, or logged in
        with it, and is given to no other visitor.
        """

    def getBrowser():
        """Return with what that user has logged in, as "Firefox, Windows"; or ""."""

    def getSize():
        """Return about how large the data is, in bytes as they are stored.

        Persistent objects that were made for the session count; they are loaded.
        """

    def isPending():
        """Return True for a new session that nobody has changed yet.

        It is not stored, and its browser does not know of it.
        """


class ITransientObjectContainer(
    IItemWithId, IStringKeyedHomogeneousItemContainer, ITransientItemContainer
):
    """Sessions by key.  Keys are kept as digests only and cannot be listed."""

    timeout = Attribute(
        "Idle timeout in seconds: a session that nobody asked for during this "
        "time is gone.  0: never."
    )

    lifetime = Attribute(
        "Absolute lifetime in seconds, counted from creation, however busy the "
        "session is.  0: unlimited."
    )

    resolution = Attribute(
        "How exact the access time is, in seconds: it is written at most once "
        "in this time, so that looking at a session rarely writes.  None: a "
        "twentieth of the timeout."
    )

    limit = Attribute("The largest number of sessions.  0: unlimited.")

    when_full = Attribute(
        "What happens to a session that would be one more than ``limit``.  "
        "'refuse': its first change is a ``MaxTransientObjectsExceeded``.  "
        "'drop': the session idle for longest ends, to make room, those first whose "
        "visitors never came back and were not logged in; among very many sessions "
        "one of the first of a thousand."
    )

    max_size = Attribute(
        "The largest size of one session's data, in bytes as they are stored.  A "
        "change beyond it is a ``SessionTooLarge``.  0: unlimited."
    )

    pack_interval = Attribute(
        "How often a database that only sessions live in is packed, in seconds.  "
        "0: never."
    )

    def prepare(key, stored=None):
        """Return a new session that enters the container with its first change.

        Until then nothing is written.  ``stored`` is called without arguments
        as soon as the session has entered.

        Raise ``TypeError`` if ``key`` is no string.
        """

    def peek(key):
        """Return the live session of ``key``, or None; that is no access.

        Raise ``TypeError`` if ``key`` is no string.
        """

    def holds(session):
        """Return True if ``session`` is stored here, valid and not expired."""

    def sessions_of(user_id):
        """Return a list of the live sessions of a user; that is no access.

        The others are not looked at for that.
        """

    def end_sessions_of(user_id, but=None):
        """End all live sessions of a user, less ``but``, one; return how many."""

    def end_all():
        """End all sessions, from the commit on.

        Sweeping removes them; for subscribers they have expired.
        """

    def listing(user_ids=None):
        """Return a ``Listing`` of live sessions, or of those of some users.

        There are bounds to it, and it is no access.
        """

    def with_handle(beginning):
        """Return a list of the live sessions whose handles begin so; no access.

        Raise ``ValueError`` for fewer than eight digits, and what no handle begins with.
        """

    def rotate(session, key):
        """Give ``session`` the key ``key``; it keeps its data, the old key is dead.

        Raise ``KeyError`` if there is a session of that key or ``session`` is not
        in here, and ``TypeError`` if ``key`` is no string.
        """

    def sweep():
        """Remove what has expired, now; return a ``Swept``: what was done.

        It happens in transactions of its own: the present one sees it when it is
        over.  It goes on where others sweep too, and each session is removed once.
        """

    def statistics():
        """Return ``Statistics``: how many sessions there are, and how large."""


class ISiteContext(Interface):
    """An adapter of a container that enters the site that owns it; a context manager.

    It is for work outside of requests.
    """

    def __enter__():
        """Enter the site; return the container, acquisition-wrapped in it."""

    def __exit__(kind, error, traceback):
        """Leave the site."""


class ISessionEvent(IObjectEvent):
    """Something happens to a session.

    ``object`` is the session, wrapped in its container.  Its data can be read.
    """


class ISessionCreated(ISessionEvent):
    """A session entered its container, with its first change."""


class ISessionRotated(ISessionEvent):
    """A session was given a new key; the old one is dead."""


class ISessionInvalidated(ISessionEvent):
    """A session is about to be ended by code, as at logout."""


class ISessionExpired(ISessionEvent):
    """A session is about to be removed: its time is over, or it had to make room.

    Most are removed by the sweeper, outside of any request; the site is set.  What
    a subscriber writes is committed along with the removal.  A subscriber that
    fails is logged, what it wrote is not kept, and the session is removed.
    """


class IContainerCreated(IObjectEvent):
    """A manager has made a container, ``object``, for which nobody said settings."""

    manager = Attribute("The session data manager, wrapped.")


class ISettingsChanged(IObjectEvent):
    """Settings of ``object``, a tool or a container, were changed."""


class IBrowserIds(IBrowserIdManager):
    """The tool that gives ids to browsers, as session data managers need it."""

    def newBrowserId():
        """Return an id that nobody has; the browser does not get it."""

    def idForNewSession():
        """Return the id under which a new session of this browser is to be kept.

        It is never one that the browser has made up.  No cookie is set.
        """

    def issue(browser_id):
        """Make ``browser_id`` this browser's."""

    def reserveBrowserId():
        """Return a new id for this browser, the same throughout a request."""

    def takeBack():
        """Undo what was issued in this transaction: that was rolled back."""

    def hide(request):
        """Let nobody see the id who prints ``request``, as error pages and logs do."""

    def forget():
        """Delete the cookie from the browser, if it has one."""

    def acceptFormerIds(cookie_name, until):
        """Return ``FormerIds`` for a cookie of another product, accepted from now on.

        ``until``: when no more, in seconds since the epoch.
        """

    def formerBrowserIds():
        """Return the ids that stand for those of other products in this request."""

    def noteManager(manager):
        """Remember that ``manager`` uses these ids."""

    def managers():
        """Return the session data managers that are known to use these ids."""


class ISessionDataTool(IMutableSessionDataManager):
    """The tool: one request's session, wherever it is stored."""

    def getOrCreate(name, browser_id=None):
        """Return this visitor's one object of the slot ``name``.

        It is made by the ``ISlotFactory`` registered under ``name`` when the
        visitor has none yet; afterwards it is the same one until the session
        ends.  With ``browser_id`` (permission: Access arbitrary user session
        data) it is that browser's object.

        Raise ``UnknownSlot`` if no factory has that name, and ``LookupError``
        if no live session belongs to ``browser_id``.
        """

    def knows(browser_id):
        """Return True if a live session belongs to ``browser_id``; no access."""

    def rotate():
        """Give this visitor's session a new browser id, in a new cookie.

        The data stays; the old id is dead from the commit on.  Do it where the
        visitor's rights change.  Without a session nothing happens.  The sessions of
        other managers that use the same ids are rotated along.
        """

    def login(user_id):
        """The user ``user_id`` has logged in: rotate this browser's sessions.

        They belong to that user from now on.  Those of another user end, and so do
        all if the setting says that data is not kept at login.
        """

    def logout():
        """The visitor has logged out: end this browser's sessions, delete the cookie."""

    def hide_ids(request):
        """Let nobody see this browser's id who prints ``request``."""

    def endAllSessions():
        """End all sessions, in this manager and others of the same ids.

        They are over from the commit on; sweeping removes them.
        """

    def endSessionsOf(user_id, but_this=False):
        """End all sessions of a user, in this manager and others of the same ids.

        Return how many.  With ``but_this`` those of the present browser stay.
        """


class ISlotFactory(Interface):
    """Makes the object of one slot; a utility registered under the slot's name."""

    def __call__():
        """Return a new object: best a ``persistent.Persistent`` one."""


class IExposedSlot(Interface):
    """What the REST API shows of a slot, to its visitor alone.

    A utility registered under the slot's name, best an ``ExposedSlot``.
    """

    schema = Attribute(
        "A ``zope.schema`` interface: its fields are shown, and can be changed unless "
        "they are read-only.  The slot's object provides it, or can be adapted to it."
    )

    factory = Attribute(
        "Makes the object, without arguments, for a visitor who has none and sends "
        "fields.  None: only an object that is there can be changed."
    )

    layer = Attribute(
        "The browser layer of the sites in which the slot is exposed.  None: in all "
        "that have this add-on."
    )


class SessionTooLarge(ValueError):
    """A change would make a session larger than its container allows."""


class SubscriberFailed(Exception):
    """A subscriber to the end of a session has failed."""

    def __init__(self, session):
        super().__init__(session)
        self.session = session


class UnknownSlot(LookupError):
    """There is no ``ISlotFactory`` of that name."""
