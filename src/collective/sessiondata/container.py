"""Sessions by key: find, create, expire, count.

The container knows keys only while it is asked: what it stores is their digest.
Sessions are spread over many small trees by that digest, so that visitors who
come at the same moment write different records.
"""

from . import clock
from .interfaces import ITransientObjectContainer
from .publication import unpublished
from .session import TransientObject
from .shards import SHARDS
from .shards import Shards
from AccessControl.class_init import InitializeClass
from AccessControl.SecurityInfo import ClassSecurityInfo
from Acquisition import aq_base
from Acquisition import aq_parent
from Acquisition import Implicit
from hashlib import blake2b
from Persistence import Persistent
from Products.Sessions.permissions import access_user_session_data
from Products.Transience import MaxTransientObjectsExceeded
from Products.Transience.permissions import manage_transient_containers
from ZODB.POSException import ConflictError
from zope.interface import implementer

import logging

logger = logging.getLogger("collective.sessiondata")

HOUR = 3600
DEFAULT_TIMEOUT = HOUR
DEFAULT_LIFETIME = 24 * HOUR


class Setting:
    """A number that a container keeps; checked where it is set.

    ``expected`` tells what it may be.  ``None`` is allowed where it is the default.
    """

    def __init__(self, default, expected, whole=False):
        self.default = default
        self.expected = expected
        self.kinds = (int,) if whole else (int, float)

    def __set_name__(self, owner, name):
        self.name = name
        self.attribute = f"_setting_{name}"

    def __get__(self, container, owner=None):
        if container is None:
            return self.default
        return getattr(container, self.attribute, self.default)

    def __set__(self, container, value):
        is_number = isinstance(value, self.kinds) and not isinstance(value, bool)
        if not (is_number and 0 <= value < float("inf")):
            if value is not None or self.default is not None:
                raise ValueError(
                    f"{self.name} is {self.expected}; {value!r} is not. "
                    "Nothing was changed."
                )
        setattr(container, self.attribute, value)


class Place:
    """Where a session is kept from its first change on."""

    __slots__ = ("_find_container", "_stored")

    def __init__(self, find_container, stored=None):
        self._find_container = find_container
        self._stored = stored

    @property
    def container(self):
        """The container, wrapped as whoever prepared the session sees it."""
        return self._find_container()

    def keep(self, session):
        """Put ``session`` into the container; return False if it is there already.

        Asked at each change until the session is committed: an aborted
        transaction takes a new session out of its container again.
        Raise ``MaxTransientObjectsExceeded`` if the container is full.
        """
        if not self.container._insert(session):
            return False
        if self._stored is not None:
            self._stored()
        return True


def _digest(key):
    if not isinstance(key, str):
        raise TypeError(
            "A session is found by a string, its browser id; "
            f"this is a {type(key).__name__}."
        )
    # BLAKE2 (RFC 7693), 128 bits: the keys are random, so no salt is needed.
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def prepare(key, place):
    """Return a new session that is kept in ``place``, under ``key``, once it changes.

    Raise ``TypeError`` if ``key`` is no string.
    """
    session = TransientObject(_digest(key))
    session._v_key = key
    session._v_place = place
    return session


@unpublished
@implementer(ITransientObjectContainer)
class TransientObjectContainer(Persistent, Implicit):
    """Sessions by key; see ``ITransientObjectContainer``."""

    security = ClassSecurityInfo()
    # Who may ask by key may read every session whose key he knows.  The stock
    # permission to access transient objects is Anonymous' by default, so it
    # would let a script in the site do that.
    security.declareObjectProtected(access_user_session_data)
    security.setDefaultAccess("deny")
    security.setPermissionDefault(access_user_session_data, ("Manager",))
    security.setPermissionDefault(manage_transient_containers, ("Manager",))

    timeout = Setting(DEFAULT_TIMEOUT, "a number of seconds, 0 or more")
    lifetime = Setting(DEFAULT_LIFETIME, "a number of seconds, 0 or more")
    resolution = Setting(None, "a number of seconds, 0 or more, or None")
    limit = Setting(0, "a whole number, 0 or more", whole=True)

    _add_target = None
    _del_target = None

    def __init__(self, shards=SHARDS):
        self._shards = Shards(shards)

    # IStringKeyedHomogeneousItemContainer

    @security.protected(access_user_session_data)
    def get(self, k, default=None):
        """Return the live session of key ``k``, or ``default``; it is an access.

        Raise ``TypeError`` if ``k`` is no string.
        """
        session = self.peek(k)
        if session is None:
            return default
        if self.timeout and clock.now() - session._accessed >= self._resolution():
            session.setLastAccessed()
        return session

    @security.protected(access_user_session_data)
    def peek(self, key):
        """Return the live session of ``key``, or None; that is no access."""
        session = self._find(_digest(key))
        if session is None:
            return None
        session._v_key = key
        return session.__of__(self)

    @security.protected(access_user_session_data)
    def has_key(self, k):
        """Return True if there is a live session of key ``k``; no access."""
        return self._find(_digest(k)) is not None

    __contains__ = has_key

    @security.protected(access_user_session_data)
    def new(self, k):
        """Create, store and return a session of key ``k``.

        Raise ``KeyError`` if there is one, ``TypeError`` if ``k`` is no string,
        and ``MaxTransientObjectsExceeded`` if the container is full.
        """
        if self.has_key(k):
            # Without the key: it opens the session.
            raise KeyError("There is a session of this key already")
        session = aq_base(self.prepare(k))
        session._v_place.keep(session)
        return session.__of__(self)

    @security.protected(access_user_session_data)
    def new_or_existing(self, k):
        """Return the live session of key ``k``, creating it if there is none."""
        session = self.get(k)
        return self.new(k) if session is None else session

    @security.protected(access_user_session_data)
    def prepare(self, key, stored=None):
        """Return a session that enters with its first change; see the interface."""
        return prepare(key, Place(lambda: self, stored)).__of__(self)

    @security.protected(access_user_session_data)
    def holds(self, session):
        """Return True if ``session`` is stored here, valid and not expired."""
        session = aq_base(session)
        if not self._is_live(session):
            return False
        return session._p_jar is not None or self._is_in(session)

    @security.protected(access_user_session_data)
    def getLen(self):
        """Return the number of sessions stored, expired ones included."""
        return sum(len(shard) for shard in self._shards.trees)

    __len__ = getLen

    def __bool__(self):
        return True

    # ITransientItemContainer

    @security.protected(manage_transient_containers)
    def setTimeoutMinutes(self, timeout_mins):
        """Set the idle timeout, in minutes; 0: sessions do not time out.

        Raise ``ValueError`` if it is no number, or negative.
        """
        try:
            timeout = float(timeout_mins) * 60
        except (TypeError, ValueError):
            timeout = -1
        if not 0 <= timeout < float("inf"):
            raise ValueError(
                "The session timeout is a number of minutes, 0 or more; "
                f"{timeout_mins!r} is not."
            )
        self.timeout = int(timeout) if timeout == int(timeout) else timeout

    @security.protected(manage_transient_containers)
    def getTimeoutMinutes(self):
        """Return the idle timeout in minutes."""
        minutes = self.timeout / 60
        return int(minutes) if minutes == int(minutes) else minutes

    @security.protected(manage_transient_containers)
    def getAddNotificationTarget(self):
        """Return what is called for each session added, or None."""
        return self._add_target

    @security.protected(manage_transient_containers)
    def setAddNotificationTarget(self, f):
        """Call ``f(session, container)`` for each session added.

        ``f`` is an importable function, or the path of a script; None: nothing.
        """
        self._add_target = f or None

    @security.protected(manage_transient_containers)
    def getDelNotificationTarget(self):
        """Return what is called for each session before it is removed, or None."""
        return self._del_target

    @security.protected(manage_transient_containers)
    def setDelNotificationTarget(self, f):
        """Call ``f(session, container)`` for each session before it is removed.

        ``f`` is an importable function, or the path of a script; None: nothing.
        """
        self._del_target = f or None

    def __repr__(self):
        return f"<{type(aq_base(self)).__name__} timeout={self.timeout}s>"

    # Inside

    def _resolution(self):
        if self.resolution is not None:
            return self.resolution
        return self.timeout / 20

    def _is_expired(self, session):
        now = clock.now()
        return bool(
            (self.timeout and now - session._accessed > self.timeout)
            or (self.lifetime and now - session._created > self.lifetime)
        )

    def _find(self, digest):
        session = self._shards.of(digest).get(digest)
        return session if session is not None and self._is_live(session) else None

    def _is_live(self, session):
        return session.isValid() and not self._is_expired(session)

    def _make_room(self):
        """Remove one session that has ended; return False if there is none."""
        for shard in self._shards.trees:
            for session in shard.values():
                if not self._is_live(session):
                    self._remove(session)
                    return True
        return False

    def _is_in(self, session):
        return self._shards.of(session._id).get(session._id) is session

    def _insert(self, session):
        """Put ``session`` in; return False if it is in already."""
        shard = self._shards.of(session._id)
        present = shard.get(session._id)
        if present is session:
            return False
        if present is not None:
            if self._is_live(present):
                raise KeyError("There is a session of this key already")
            self._remove(present)
        if self.limit and self.getLen() >= self.limit and not self._make_room():
            raise MaxTransientObjectsExceeded(
                f"There are {self.limit} sessions, the most that this container "
                "takes. Raise its limit, or end some."
            )
        shard[session._id] = session
        self._notify(self._add_target, session)
        return True

    def _remove(self, session):
        """Take ``session`` out, if it is in."""
        if self._is_in(session):
            self._notify(self._del_target, session)
            del self._shards.of(session._id)[session._id]

    def _notify(self, target, session):
        if target is None:
            return
        try:
            if isinstance(target, str):
                target = aq_parent(self).unrestrictedTraverse(target)
            target(session.__of__(self), self)
        except ConflictError:
            raise
        except Exception:
            # The visitor's request goes on; whoever set the target has to know.
            logger.exception("The notification target %r failed", target)


InitializeClass(TransientObjectContainer)
