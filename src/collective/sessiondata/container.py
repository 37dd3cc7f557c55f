"""The transient object container: sessions by key, under the stock API.

``store`` does the work. The container knows Zope: acquisition, permissions, events.
"""

from . import clock
from .interfaces import ITransientObjectContainer
from .publication import NoPage
from .publication import unpublished_methods
from .session import TransientObject
from .settings.container import ContainerSettings
from .settings.container import LIMIT
from .settings.container import TIMEOUT_MINUTES
from .storage.background import in_background
from .storage.keys import digest_of
from .storage.keys import Handle
from .storage.listing import list_sessions
from .storage.notifications import Notifier
from .storage.placement import Placement
from .storage.shards import SHARDS
from .storage.statistics import count_statistics
from .storage.store import SessionStore
from .storage.sweeper import sweep
from AccessControl.class_init import InitializeClass
from AccessControl.Permissions import access_contents_information
from AccessControl.SecurityInfo import ClassSecurityInfo
from Acquisition import aq_base
from OFS.SimpleItem import SimpleItem
from Products.Sessions.permissions import access_user_session_data
from Products.Transience.permissions import manage_transient_containers
from zope.interface import implementer


def prepare(key, placement):
    """Return a new session that its first change stores by ``placement``.

    Raises ``TypeError`` if ``key`` is not a string.
    """
    session = TransientObject(digest_of(key))
    session.place(key, placement)
    return session


@unpublished_methods
@implementer(ITransientObjectContainer)
class TransientObjectContainer(NoPage, ContainerSettings, SimpleItem):
    """Sessions by key; see ``ITransientObjectContainer``."""

    meta_type = "Sessiondata Transient Object Container"
    zmi_icon = "far fa-clock"

    manage_options = (
        *ContainerSettings.manage_options,
        {"label": "Statistics", "action": "manage_statistics"},
        *SimpleItem.manage_options,
    )

    security = ClassSecurityInfo()
    # Code that may ask by key can read every session whose key it knows. The stock
    # permission to access transient objects is granted to Anonymous by default, so it
    # would let any script in the site do that.
    security.declareObjectProtected(access_user_session_data)
    security.setDefaultAccess("deny")
    security.setPermissionDefault(access_user_session_data, ("Manager",))
    for _name in ("id", "meta_type", "title", "title_or_id", "zmi_icon"):
        security.declareProtected(access_contents_information, _name)
    del _name

    # The object that uses this container: the name of the database of its Zope root, and
    # its path. And whether the database has sessions only.
    home = None
    dedicated = False

    # Whether sessions can be bound to users; containers of other products cannot do that.
    has_owners = True

    def __init__(
        self,
        id="session_data",
        title="",
        timeout_mins=TIMEOUT_MINUTES,
        addNotification=None,
        delNotification=None,
        limit=LIMIT,
        period_secs=None,
        shards=SHARDS,
    ):
        self.id = id
        self.store = SessionStore(shards)
        self.manage_changeTransientObjectContainer(
            title, timeout_mins, addNotification, delNotification, limit, period_secs
        )

    def _getCopy(self, container):
        # A copy starts empty, as ``forget_all`` makes the containers in a copied folder.
        base = aq_base(self)
        copy = type(base)(self.getId())
        copy.change(**self.settings())
        return copy

    @security.private
    def notifier(self):
        """Return the ``Notifier`` of this container, as it is wrapped."""
        return Notifier(self, self.add_target, self.del_target)

    # IStringKeyedHomogeneousItemContainer

    @security.protected(access_user_session_data)
    def get(self, k, default=None):
        """Return the active session of key ``k``, or ``default``.

        Updates the access time. Raises ``TypeError`` if ``k`` is not a string.
        """
        session = aq_base(self).find(k)
        return default if session is None else session.__of__(self)

    @security.protected(access_user_session_data)
    def has_key(self, k):
        """Return True if ``k`` has an active session. Does not update its access time."""
        return self.peek(k) is not None

    __contains__ = has_key

    @security.protected(access_user_session_data)
    def new(self, k):
        """Create, store and return a session of key ``k``.

        Raises ``KeyError`` if it has an active one, ``TypeError`` if ``k`` is not a
        string, and ``MaxTransientObjectsExceeded`` if the container is full.
        """
        session = self.prepare(k)
        self.add(aq_base(session))
        return session

    @security.protected(access_user_session_data)
    def new_or_existing(self, k):
        """Return the active session of key ``k``; create it if there is none."""
        session = self.get(k)
        return self.new(k) if session is None else session

    @security.protected(access_user_session_data)
    def __getitem__(self, k):
        """Return the active session of key ``k``. Updates the access time.

        Raises ``KeyError`` if there is none.
        """
        session = self.get(k)
        if session is None:
            raise self._no_session()
        return session

    @security.protected(access_user_session_data)
    def __delitem__(self, k):
        """End the active session of key ``k``. Raises ``KeyError`` if there is none."""
        session = self.peek(k)
        if session is None:
            raise self._no_session()
        session.invalidate()

    def _no_session(self):
        # The message leaves out the key: it may open a session elsewhere.
        return KeyError(
            f"There is no live session of this key in {self.label()}: it has ended, or "
            "never was. get() returns None then."
        )

    @security.protected(access_user_session_data)
    def values(self):
        """Return a list of all active sessions. Does not update their access times."""
        return self._wrapped(self.store.active())

    @security.protected(access_user_session_data)
    def keys(self):
        """Return a list of the ``Handle`` of each active session."""
        return [Handle(session.getId()) for session in self.store.active()]

    @security.protected(access_user_session_data)
    def items(self):
        """Return a list of pairs: the ``Handle`` of an active session, and the session.

        Does not update access times.
        """
        return [(Handle(session.getId()), session) for session in self.values()]

    @security.protected(access_user_session_data)
    def getLen(self):
        """Return the number of stored sessions, expired ones included."""
        return self.store.count()

    __len__ = getLen

    def __bool__(self):
        return True

    # ITransientObjectContainer

    @security.private
    def find(self, key):
        """Return the active session of ``key``, or None.

        Call it on the unwrapped container: each request that asks for its session does.
        """
        session = self.store.find(key)
        if session is not None:
            session.found_by(key, self)
        return session

    @security.protected(access_user_session_data)
    def peek(self, key):
        """Return the active session of ``key``, or None.

        Does not update its access time.
        """
        base = aq_base(self)
        session = base.store.peek(key)
        if session is None:
            return None
        session.found_by(key, base)
        return session.__of__(self)

    @security.protected(access_user_session_data)
    def prepare(self, key, stored=None):
        """Return a session that is stored by its first change; see the interface."""
        return prepare(key, Placement(lambda: self, stored)).__of__(self)

    @security.protected(access_user_session_data)
    def holds(self, session):
        """Return True if ``session`` is stored here and active."""
        session = aq_base(session)
        store = self.store
        if not store.is_active(session, clock.now()):
            return False
        return session._p_jar is not None or store.contains(session)

    @security.private
    def wrap(self, session, manager):
        """Return ``session`` in the acquisition context of ``manager`` and this."""
        return aq_base(session).__of__(aq_base(manager).__of__(self))

    @security.private
    def add(self, session):
        """Store the new ``session``, unwrapped; see ``SessionStore.add``."""
        self.store.add(session, self.notifier())

    @security.private
    def remove(self, session):
        """Remove ``session``, unwrapped, which is being invalidated."""
        self.store.invalidate(session, self.notifier())

    @security.private
    def bind(self, session, user_id, browser=""):
        """Bind ``session`` to the user ``user_id``; see the interface."""
        self.store.bind(aq_base(session), (user_id, browser))

    @security.protected(access_user_session_data)
    def rotate(self, session, key):
        """Give ``session`` the key ``key``; see the interface."""
        self.rotate_for(session, key)

    @security.private
    def rotate_for(self, session, key, owner=None):
        """Rotate ``session``, and bind it to ``owner``; see the interface."""
        base = aq_base(session)
        self.store.rotate(base, key, self.notifier(), owner)
        base.found_by(key, aq_base(self))

    @security.protected(access_user_session_data)
    def sessions_of(self, user_id):
        """Return a list of the active sessions of a user."""
        return self._wrapped(self.store.of_owner(user_id))

    @security.protected(access_user_session_data)
    def end_sessions_of(self, user_id, but=None):
        """End the active sessions of a user except ``but``; return the number ended."""
        sessions = [
            session
            for session in self.sessions_of(user_id)
            if aq_base(session) is not aq_base(but)
        ]
        for session in sessions:
            session.invalidate()
        return len(sessions)

    @security.protected(manage_transient_containers)
    def end_all(self):
        """End all sessions, from the commit on; see the interface."""
        self.store.end_all()

    @security.private
    def forget_all(self):
        """Empty this container. Called for a copy, whose sessions are the original's."""
        store = SessionStore(self.store.sessions.count)
        store.copy_settings(self.store)
        self.store = store

    @security.protected(access_user_session_data)
    def listing(self, user_ids=None):
        """Return a ``Listing`` of active sessions, all or those of some users."""
        return list_sessions(self.store, user_ids)

    @security.protected(access_user_session_data)
    def with_handle(self, beginning):
        """Return the active sessions whose handles begin so; see the interface."""
        return self._wrapped(self.store.with_handle(beginning))

    @security.protected(manage_transient_containers)
    def sweep(self):
        """Remove expired sessions now; see the interface."""
        return in_background(self, lambda self: sweep(self.store, self.notifier()))

    @security.protected(manage_transient_containers)
    def statistics(self):
        """Return the ``Statistics`` of this container."""
        return count_statistics(self.store)

    @security.protected(manage_transient_containers)
    def housekeep(self):
        """Sweep. The stock container has this method for schedulers.

        A background thread sweeps, so nothing needs to call this.
        """
        self.sweep()

    def __repr__(self):
        return f"<{type(aq_base(self)).__name__} timeout={self.timeout}s>"

    @security.private
    def label(self):
        """Return the name of this container in messages, with its user's path."""
        if self.home is None:
            return "a session container that is in no site"
        _database_name, path = self.home
        return f"the session container of {path}"

    def _wrapped(self, sessions):
        return [session.__of__(self) for session in sessions]


InitializeClass(TransientObjectContainer)
