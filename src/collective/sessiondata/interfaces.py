"""All contracts and public exceptions of this package.

The objects implement ``Products.Sessions.interfaces`` and
``Products.Transience.interfaces``, which these interfaces extend.
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
    """One visitor's session data: a mapping that merges concurrent changes.

    Its attributes are read-only. Times are seconds since the epoch.
    """

    digest = Attribute("The digest of the key, 16 bytes.")
    created = Attribute("The time of the creation, in whole seconds.")
    accessed = Attribute("The time of the last access, as exact as the resolution.")
    modified = Attribute("The time of the last change, or None.")
    user_id = Attribute("The id of the owner, or None.")
    browser = Attribute('The browser of the owner, such as "Firefox, Windows", or "".')
    ended = Attribute('How the session ended, "invalidated" or "expired"; or None.')

    def pop(key, default=None):
        """Remove ``key`` and return its value.

        If the key is missing, returns ``default``; without a default, raises ``KeyError``.
        """

    def setdefault(key, default=None):
        """Return the value of ``key``, after setting it to ``default`` if missing."""

    def getUserId():
        """Return the id of the owner, or None.

        The owner is the user who was logged in when the session was created or changed, or
        who has logged in with it. No other visitor gets the session.
        """

    def getBrowser():
        """Return the browser of the owner, such as "Firefox, Windows", or ""."""

    def getSize():
        """Return the approximate size of the data in bytes as stored.

        Persistent objects that belong to the session are loaded and counted.
        """

    def isPending():
        """Return True for a new session that was not changed yet.

        It is not stored, and its browser has no cookie for it.
        """


class ITransientObjectContainer(
    IItemWithId, IStringKeyedHomogeneousItemContainer, ITransientItemContainer
):
    """Sessions by key. Keys are stored as digests only and cannot be listed."""

    timeout = Attribute(
        "Idle timeout in seconds: a session that was not accessed for this time expires. "
        "0: never."
    )

    lifetime = Attribute(
        "Maximum lifetime in seconds: a session expires this time after its creation, even "
        "if it is used. 0: unlimited."
    )

    resolution = Attribute(
        "The resolution of access times in seconds: an access time is written at most once "
        "in this time, so that reading a session rarely writes. None: 1/20 of the timeout."
    )

    limit = Attribute("Maximum number of sessions. 0: unlimited.")

    when_full = Attribute(
        "What happens when ``limit`` is reached. 'refuse': the first change of a new session "
        "raises ``MaxTransientObjectsExceeded``. 'drop': the session that has been idle "
        "longest is evicted; sessions without an owner that were used for less than a minute "
        "come first. Of very many sessions, a sample of a thousand is examined."
    )

    max_size = Attribute(
        "Maximum size of a session's data, in bytes as stored. A larger change raises "
        "``SessionTooLarge``. 0: unlimited."
    )

    pack_interval = Attribute(
        "How often a database that has sessions only is packed, in seconds. 0: never."
    )

    store = Attribute(
        "The ``SessionStore`` with all sessions, for code of this package."
    )

    has_owners = Attribute("Whether sessions can be bound to users.")

    def find(key):
        """Return the active session of ``key``, not wrapped, or None.

        Updates the access time. Raises ``TypeError`` if ``key`` is not a string.
        """

    def peek(key):
        """Return the active session of ``key``, or None. Does not update its access time.

        Raises ``TypeError`` if ``key`` is not a string.
        """

    def prepare(key, stored=None):
        """Return a new session of ``key`` that its first change stores.

        Nothing is written until then. ``stored`` is called without arguments after the
        session was stored. Raises ``TypeError`` if ``key`` is not a string.
        """

    def holds(session):
        """Return True if ``session`` is stored here and active."""

    def wrap(session, manager):
        """Return ``session`` in the acquisition context of ``manager`` and this."""

    def add(session):
        """Store a new ``session``, which is not wrapped, and notify.

        Raises ``KeyError`` if its key has an active session, and
        ``MaxTransientObjectsExceeded`` if the container is full.
        """

    def remove(session):
        """Remove ``session``, which is not wrapped and is being invalidated; notify."""

    def bind(session, user_id, browser=""):
        """Bind ``session`` to the user ``user_id``, with two words for the browser."""

    def sessions_of(user_id):
        """Return a list of the active sessions of a user. Loads no other sessions.

        Does not update access times.
        """

    def end_sessions_of(user_id, but=None):
        """End the active sessions of a user except ``but``; return the number ended."""

    def end_all():
        """End all sessions, from the commit on.

        The sweeper removes them; subscribers are notified that they have expired.
        """

    def listing(user_ids=None):
        """Return a ``Listing`` of active sessions, or of those of some users.

        Returns at most 5,000 sessions. Does not update access times.
        """

    def with_handle(beginning):
        """Return a list of the active sessions whose handles begin with ``beginning``.

        Does not update access times. Raises ``ValueError`` unless ``beginning`` is eight or
        more hexadecimal digits.
        """

    def rotate(session, key):
        """Give ``session`` the key ``key``. The old key no longer finds it.

        The data is kept. Raises ``KeyError`` if ``key`` has an active session or ``session``
        is not stored here, and ``TypeError`` if ``key`` is not a string.
        """

    def rotate_for(session, key, owner=None):
        """Rotate ``session``; ``owner``, a user id and a browser, becomes its owner.

        Raises what ``rotate`` raises.
        """

    def sweep():
        """Remove expired sessions now; return a ``Swept``.

        Uses transactions of its own: the present one sees the result after it has ended.
        Several sweeps can run at the same time; each session is removed once.
        """

    def statistics():
        """Return the ``Statistics`` of this container."""

    def label():
        """Return the name of this container in messages."""


class ISiteContext(Interface):
    """An adapter of a container that enters the site that owns it; a context manager.

    It is for work outside of requests.
    """

    def __enter__():
        """Enter the site; return the container, acquisition-wrapped in it."""

    def __exit__(kind, error, traceback):
        """Leave the site."""


class ISessionEvent(IObjectEvent):
    """An event of a session.

    ``object`` is the session, wrapped in its container. Its data can be read.
    """


class ISessionCreated(ISessionEvent):
    """A session was stored by its first change."""


class ISessionRotated(ISessionEvent):
    """A session was given a new key; the old one no longer finds it."""


class ISessionInvalidated(ISessionEvent):
    """A session is about to be ended by code, such as a logout."""


class ISessionExpired(ISessionEvent):
    """A session is about to be removed, because it expired or was evicted.

    The sweeper removes most of them, outside of requests; the site is set. Changes by a
    subscriber are committed together with the removal. If a subscriber fails, the error is
    logged, its changes are discarded, and the session is removed.
    """


class IContainerCreated(IObjectEvent):
    """A manager created the container ``object`` with default settings."""

    manager = Attribute("The session data manager, wrapped.")


class ISettingsChanged(IObjectEvent):
    """Settings of ``object``, a tool or a container, were changed."""


class IBrowserIds(IBrowserIdManager):
    """A browser id manager as session data managers need it."""

    def new_browser_id():
        """Return a new random id. Does not set a cookie."""

    def id_for_new_session():
        """Return the id for a new session of this browser. Does not set a cookie.

        It is never an id that the browser has invented.
        """

    def id_for_links():
        """Return the id of this browser's session, or of the session that it gets."""

    def reserve_browser_id():
        """Return a new id for this browser, the same throughout a request."""

    def issue(browser_id):
        """Make ``browser_id`` this browser's id, and set its cookie."""

    def withdraw():
        """Withdraw the id issued in this transaction, because it was rolled back."""

    def hide(request):
        """Hide the browser id in the printed form of ``request``."""

    def forget():
        """Delete the cookie from the browser, if it has one."""

    def accept_former_ids(cookie_name, until):
        """Accept the ids in a cookie of another product; return its ``FormerIds``.

        They are accepted until ``until``, in seconds since the epoch.
        """

    def former_browser_ids():
        """Return the browser ids for the cookies of other products in this request."""

    def note_manager(manager):
        """Note that ``manager`` uses these ids."""

    def managers():
        """Return the session data managers that are known to use these ids."""


class ISessionDataTool(IMutableSessionDataManager):
    """A session data manager: the session of a request."""

    def getOrCreate(name, browser_id=None):
        """Return this visitor's object of the slot ``name``.

        If the visitor has none, the ``ISlotFactory`` registered under ``name`` creates it.
        It is the same object until the session ends. With ``browser_id`` (permission: Access
        arbitrary user session data) it is the object of that browser.

        Raises ``UnknownSlot`` if no factory has that name, and ``LookupError`` if
        ``browser_id`` has no active session.
        """

    def session_of(browser_id=None, create=1):
        """Return this visitor's session, or the active one of ``browser_id``.

        A visitor without one gets a new one, or None if ``create`` is false. Raises
        ``Unauthorized`` if ``browser_id`` is given without the permission Access arbitrary
        user session data, and ``LookupError`` if it has no active session.
        """

    def knows(browser_id):
        """Return True if ``browser_id`` has an active session.

        Does not update its access time.
        """

    def container():
        """Return the container; its own is created if it is missing.

        Raises ``SessionDataManagerErr`` if there is none at the container path.
        """

    def present_container(make=True):
        """Return the container, or None if it does not exist yet."""

    def browser_ids():
        """Return the browser id manager, an ``IBrowserIds``.

        Raises ``SessionDataManagerErr`` if the nearest one belongs to another product.
        """

    def managers():
        """Return this manager and all others that are known to use the same ids."""

    def sessions_of_browser():
        """Return pairs of an active session of this browser and its container.

        Does not update access times.
        """

    def rotate():
        """Give this visitor's session a new browser id, in a new cookie.

        The data is kept; from the commit on, the old id finds nothing. Call it where the
        visitor's rights change. Sessions of other managers of the same ids are rotated,
        too. Does nothing without a session.
        """

    def rotate_sessions(sessions, owner=None):
        """Give this browser a new id, and ``sessions`` its key.

        ``sessions`` are pairs as ``sessions_of_browser`` returns them. ``owner``, a user id
        and a browser, becomes their owner. Does nothing if there are none.
        """

    def reset_in(request):
        """Make ``request`` find its session again when code asks for it."""

    def login(user_id):
        """Rotate this browser's sessions and bind them to the user who has logged in.

        Sessions of another user end. All end if the setting says that data is not kept at a
        login.
        """

    def logout():
        """End this browser's sessions and delete its cookie, because of a logout."""

    def hide_ids(request):
        """Hide this browser's id in the printed form of ``request``."""

    def endAllSessions():
        """End all sessions of this manager and of others of the same ids.

        They have ended from the commit on; the sweeper removes them.
        """

    def endSessionsOf(user_id, but_this=False):
        """End all sessions of a user, in this manager and others of the same ids.

        Returns the number ended. With ``but_this`` those of the present browser are kept.
        """


class ISlotFactory(Interface):
    """Creates the object of one slot; a utility registered under the slot's name."""

    def __call__():
        """Return a new object, preferably a ``persistent.Persistent`` one."""


class IExposedSlot(Interface):
    """What the REST API shows of a slot, to its visitor only.

    A utility registered under the slot's name, such as an ``ExposedSlot``.
    """

    schema = Attribute(
        "A ``zope.schema`` interface: its fields are shown, and can be changed unless "
        "they are read-only. The slot's object provides it, or can be adapted to it."
    )

    factory = Attribute(
        "Called without arguments to create the object when a visitor without one sends "
        "fields. None: only an existing object can be changed."
    )

    layer = Attribute(
        "The browser layer of the sites in which the slot is exposed. None: all sites with "
        "this add-on."
    )


class SessionTooLarge(ValueError):
    """A change would make a session larger than its container allows."""


class SubscriberFailed(Exception):
    """A subscriber to ``ISessionExpired`` has failed for ``session``."""

    def __init__(self, session):
        super().__init__(session)
        self.session = session


class UnknownSlot(LookupError):
    """No ``ISlotFactory`` has that name."""
