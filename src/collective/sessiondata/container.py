"""Sessions by key: find, create, expire, count.

The container knows keys only while it is asked: what it stores is their digest.
Sessions are spread over many small trees by that digest, so that visitors who
come at the same moment write different records.
"""

from . import clock
from .events import SessionCreated
from .events import SessionExpired
from .events import SessionInvalidated
from .events import SessionRotated
from .interfaces import ITransientObjectContainer
from .interfaces import SubscriberFailed
from .publication import NoPage
from .publication import unpublished_methods
from .session import EXPIRED
from .session import TransientObject
from .settings.container import ContainerSettings
from .settings.container import LIMIT
from .settings.container import TIMEOUT_MINUTES
from .storage.background import aside
from .storage.capacity import Summary
from .storage.lease import Upkeep
from .storage.shards import SHARDS
from .storage.shards import Shards
from .storage.statistics import listing
from .storage.statistics import statistics
from .storage.sweeper import sweep
from AccessControl.class_init import InitializeClass
from AccessControl.Permissions import access_contents_information
from AccessControl.SecurityInfo import ClassSecurityInfo
from Acquisition import aq_base
from Acquisition import aq_parent
from hashlib import blake2b
from heapq import nsmallest
from OFS.SimpleItem import SimpleItem
from Products.Sessions.permissions import access_user_session_data
from Products.Transience import MaxTransientObjectsExceeded
from Products.Transience.permissions import manage_transient_containers
from random import randrange
from ZODB.POSException import ConflictError
from zope.event import notify
from zope.interface import implementer

import logging
import re

logger = logging.getLogger("collective.sessiondata")

_refused = Summary(
    logger,
    "No room in %s. New sessions that were refused within %s seconds: %s. Raise its "
    "limit, or see who makes so many.",
)
_dropped = Summary(
    logger,
    "No room in %s. Live sessions that had to go within %s seconds: %s. Raise its "
    "limit, or see who makes so many.",
)

# For how many seconds a connection uses up what it was granted of the room there was.
_GRANTED_FOR = 60

# When there is no room: how many sessions are looked at, and how many of those
# are remembered as the next ones to go.
_LOOKED_AT = 1000
_REMEMBERED = 50

# One of so many parts of them may go before it would be the next.
_CHOSEN_FROM = 8

# Which part of the room that is left one connection may use without asking again.
_ROOM_PARTS = 100


# The fewest digits of a handle that are looked for: with a million sessions there is
# hardly another one that begins alike.
_HANDLE_DIGITS = 8

_is_beginning = re.compile(f"[0-9a-f]{{{_HANDLE_DIGITS},}}").fullmatch

# A visitor who comes back after so many seconds is no part of a flood.
_A_WHILE = 60


def _came_back(session):
    """Return True for a session that does not look as if a flood had made it."""
    return session._user is not None or session._accessed - session._created > _A_WHILE


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

    def holds(self, session):
        """Return True if ``session`` is in the container.

        Asked at each change until the session is committed: an aborted
        transaction takes a new session out of its container again.
        """
        return self.container._is_in(session)

    def keep(self, session):
        """Put ``session`` into the container.

        Raise ``MaxTransientObjectsExceeded`` if the container is full.
        """
        self.container._insert(session)
        if self._stored is not None:
            self._stored()


class Handle(str):
    """Stands for a key, where code that may see all sessions lists them.

    The text alone opens nothing: that of a key is not kept.
    """


def _digest(key):
    if type(key) is Handle:
        return bytes.fromhex(key)
    try:
        data = key.encode("utf-8", "surrogatepass")
    except AttributeError:
        raise TypeError(
            "A session is found by a string, its browser id; "
            f"this is a {type(key).__name__}."
        ) from None
    # BLAKE2 (RFC 7693), 128 bits: the keys are random, so no salt is needed.
    return blake2b(data, digest_size=16).digest()


def _user_digest(user_id, digest=b""):
    """Return under which digest a user's session is found; or how all of it begin."""
    data = user_id.encode("utf-8", "surrogatepass")
    return blake2b(data, digest_size=8).digest() + digest[:8]


def prepare(key, place):
    """Return a new session that is kept in ``place``, under ``key``, once it changes.

    Raise ``TypeError`` if ``key`` is no string.
    """
    session = TransientObject(_digest(key))
    session._v_key = key
    session._v_place = place
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
    # Who may ask by key may read every session whose key he knows.  The stock
    # permission to access transient objects is Anonymous' by default, so it
    # would let a script in the site do that.
    security.declareObjectProtected(access_user_session_data)
    security.setDefaultAccess("deny")
    security.setPermissionDefault(access_user_session_data, ("Manager",))
    for _name in ("id", "meta_type", "title", "title_or_id", "zmi_icon"):
        security.declareProtected(access_contents_information, _name)
    del _name

    # Who uses this container: the name of the database with the Zope root, and the
    # path from there; and whether sessions have a database to themselves.
    home = None
    dedicated = False

    # Sessions that were created earlier, in seconds since the epoch, are over.
    _valid_from = 0

    # Which sessions go when there is no room; when, and where, they were looked for.
    _v_next_to_go = ()
    _v_full_at = 0
    _v_looked_at = 0  # a number of a shard

    # When room was asked for last, how many sessions may come unasked since then, and
    # for which limit.
    _v_room = 0, 0, None

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
        self.manage_changeTransientObjectContainer(
            title, timeout_mins, addNotification, delNotification, limit, period_secs
        )
        self._make_empty(shards)

    def _make_empty(self, shards):
        self._shards = Shards(shards)
        self._by_user = Shards(max(shards // 8, 1))
        self._upkeep = Upkeep()

    def _getCopy(self, container):
        # What ``forget_all`` does to copies of a whole folder, without copying first.
        copy = type(aq_base(self))(self.getId())
        copy.change(**self.settings())
        return copy

    # IStringKeyedHomogeneousItemContainer

    @security.protected(access_user_session_data)
    def get(self, k, default=None):
        """Return the live session of key ``k``, or ``default``; it is an access.

        Raise ``TypeError`` if ``k`` is no string.
        """
        session = aq_base(self).asked_for(k)
        return default if session is None else session.__of__(self)

    @security.private
    def forget_all(self):
        """Be without sessions: this is a copy, and they are those of the original."""
        self._make_empty(self._shards.count)

    @security.private
    def asked_for(self, key):
        """Return the unwrapped live session of ``key``, or None; it is an access.

        Call it on the unwrapped container.
        """
        # Written out, with what ``peek`` and ``_is_live`` do: each request that
        # looks at its session comes through here.
        session = self._shards.get(_digest(key))
        if session is None or session._end is not None:
            return None
        if session._created < self._valid_from:
            return None
        now = clock.now()
        timeout = self._setting_timeout
        lifetime = self._setting_lifetime
        if lifetime and now - session._created > lifetime:
            return None
        if timeout:
            idle = now - session._accessed
            if idle > timeout:
                return None
            resolution = self._setting_resolution
            if idle >= (timeout / 20 if resolution is None else resolution):
                jar = session._p_jar
                # A page that only reads can be shown while nothing can be written.
                if jar is None or not jar.isReadOnly():
                    session.setLastAccessed()
        session._v_key = key
        session._v_container = self
        return session

    @security.protected(access_user_session_data)
    def peek(self, key):
        """Return the live session of ``key``, or None; that is no access."""
        base = aq_base(self)
        session = base._shards.get(_digest(key))
        if session is None or not base._is_live(session, clock.now()):
            return None
        session._v_key = key
        session._v_container = base
        return session.__of__(self)

    @security.protected(access_user_session_data)
    def has_key(self, k):
        """Return True if there is a live session of key ``k``; no access."""
        return self.peek(k) is not None

    __contains__ = has_key

    @security.protected(access_user_session_data)
    def new(self, k):
        """Create, store and return a session of key ``k``.

        Raise ``KeyError`` if there is one, ``TypeError`` if ``k`` is no string,
        and ``MaxTransientObjectsExceeded`` if the container is full.
        """
        session = self.prepare(k)
        aq_base(session)._v_place.keep(aq_base(session))
        return session

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
        base = aq_base(self)
        if not base._is_live(session, clock.now()):
            return False
        return session._p_jar is not None or base._is_in(session)

    @security.protected(access_user_session_data)
    def __getitem__(self, k):
        """Return the live session of key ``k``; it is an access.

        Raise ``KeyError`` if there is none.
        """
        session = self.get(k)
        if session is None:
            raise self._no_session()
        return session

    @security.protected(access_user_session_data)
    def __delitem__(self, k):
        """End the live session of key ``k``; ``KeyError`` if there is none."""
        session = self.peek(k)
        if session is None:
            raise self._no_session()
        session.invalidate()

    @security.protected(access_user_session_data)
    def values(self):
        """Return a list of all live sessions; that is no access."""
        now = clock.now()
        return [
            session.__of__(self)
            for leaf, _was_loaded in self._shards.leaves()
            for session in leaf.bring_in()
            if self._is_live(session, now)
        ]

    @security.protected(access_user_session_data)
    def keys(self):
        """Return a list with a ``Handle`` of each live session."""
        return [Handle(session.getId()) for session in self.values()]

    @security.protected(access_user_session_data)
    def items(self):
        """Return a list of pairs, a ``Handle`` and its session; no access."""
        return [(Handle(session.getId()), session) for session in self.values()]

    @security.protected(access_user_session_data)
    def getLen(self):
        """Return the number of sessions stored, expired ones included."""
        return self._shards.present()

    __len__ = getLen

    def __bool__(self):
        return True

    @security.protected(access_user_session_data)
    def rotate(self, session, key):
        """Give ``session`` the key ``key``, and no other; see the interface."""
        base = aq_base(session)
        if not self._is_in(base):
            raise KeyError(
                f"This session is not in {self.called()}: it has ended, or is kept "
                "elsewhere. Nothing was changed."
            )
        digest = _digest(key)
        present = self._shards.get(digest)
        if present is not None:
            self._make_way(present)
        user_id = base._user
        self._take_out(base)
        base._id = digest
        base._v_key = key
        self._shards.put(digest, base, base._accessed, created=0)
        if user_id is not None:
            self._note_user(base, user_id)
        notify(SessionRotated(base.__of__(self)))

    @security.protected(access_user_session_data)
    def sessions_of(self, user_id):
        """Return a list of the live sessions of a user; that is no access."""
        now = clock.now()
        return [
            session.__of__(self)
            for session in self._by_user.below(_user_digest(user_id))
            if session._user == user_id and self._is_live(session, now)
        ]

    @security.protected(access_user_session_data)
    def end_sessions_of(self, user_id, but=None):
        """End all live sessions of a user, less ``but``, one; return how many."""
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
        # Times of creation are whole seconds: that of the present one is over, too.
        aq_base(self)._valid_from = int(clock.now()) + 1

    @security.protected(access_user_session_data)
    def listing(self, user_ids=None):
        """Return a ``Listing`` of live sessions, all or of some users."""
        return listing(self, user_ids)

    @security.protected(access_user_session_data)
    def with_handle(self, beginning):
        """Return the live sessions whose handles begin so; see the interface."""
        if not _is_beginning(beginning):
            raise ValueError(
                f"A handle is told by {_HANDLE_DIGITS} or more of its digits, 0-9 and "
                f"a-f; {beginning!r} is not that."
            )
        now = clock.now()
        return [
            session.__of__(self)
            for session in self._shards.below(bytes.fromhex(beginning[:_HANDLE_DIGITS]))
            if session.getId().startswith(beginning) and self._is_live(session, now)
        ]

    @security.protected(manage_transient_containers)
    def sweep(self):
        """Remove what has expired, now; see the interface."""
        return aside(self, sweep)

    @security.protected(manage_transient_containers)
    def statistics(self):
        """Return ``Statistics`` of the sessions in here."""
        return statistics(self)

    @security.protected(manage_transient_containers)
    def housekeep(self):
        """Sweep, as a scheduler may ask the stock container to do.

        That happens by itself; so nobody has to ask.
        """
        self.sweep()

    def __repr__(self):
        return f"<{type(aq_base(self)).__name__} timeout={self.timeout}s>"

    @security.private
    def called(self):
        """Return what messages call this container: with the path of who uses it."""
        if self.home is None:
            return "a session container that is in no site"
        _database_name, path = self.home
        return f"the session container of {path}"

    # Inside

    def _no_session(self):
        # Without the key: it may open a session elsewhere.
        return KeyError(
            f"There is no live session of this key in {self.called()}: it has ended, or "
            "never was. get() returns None then."
        )

    def _is_live(self, session, now):
        return session._end is None and self._is_in_time(
            session._created, session._accessed, now
        )

    def _is_in_time(self, created, accessed, now):
        """Return True if a session of these times is not over yet."""
        timeout = self._setting_timeout
        lifetime = self._setting_lifetime
        return (
            (not timeout or now - accessed <= timeout)
            and (not lifetime or now - created <= lifetime)
            and created >= self._valid_from
        )

    def _shortest_life(self):
        """Return after how many seconds a session may be over; None: never."""
        times = filter(None, (self._setting_timeout, self._setting_lifetime))
        return min(times, default=None)

    def _is_in(self, session):
        return self._shards.get(session._id) is session

    def _insert(self, session):
        """Put ``session`` in; ``KeyError`` if there is a live one of its key."""
        present = self._shards.get(session._id)
        if present is not None:
            self._make_way(present)
        limit = self._setting_limit
        if limit and not self._has_room(limit) and not self._make_room():
            _refused.note(self.called())
            raise MaxTransientObjectsExceeded(
                f"There are {limit:,} sessions in {self.called()}, the most that it "
                "takes. Raise its limit, end some, or set when_full to 'drop'."
            )
        # In the second in which all were ended, this one was not there.
        session._created = max(session._created, self._valid_from)
        self._shards.put(session._id, session, session._created)
        if session._user is not None:
            self._note_user(session, session._user)
        self._call(self._add_target, session)
        notify(SessionCreated(session.__of__(self)))

    def _make_way(self, present):
        """Remove ``present``, if it is over, for another session of its key.

        Raise ``KeyError`` if it is not.
        """
        if self._is_live(present, clock.now()):
            # Without the key: it opens the session.
            raise KeyError(
                f"There is a live session of this key in {self.called()} already. "
                "new_or_existing() returns it."
            )
        self._let_go(present)

    def _remove(self, session):
        """Take ``session`` out, if it is in: it is being invalidated."""
        if self._is_in(session):
            self._call(self._del_target, session)
            notify(SessionInvalidated(session.__of__(self)))
            self._take_out(session)

    def _expire(self, session, tell=True):
        """Take ``session`` out, and end it: its time is over.

        Raise ``SubscriberFailed`` if telling that fails; then nothing is done yet.
        """
        # One that was ended by code while it was given a new key is still here.
        if tell and session._end is None:
            self._call(self._del_target, session)
            try:
                notify(SessionExpired(session.__of__(self)))
            except ConflictError:
                raise
            except Exception as error:
                logger.exception(
                    "A subscriber to ISessionExpired has failed; %r is removed from %s "
                    "all the same, without what subscribers did. Mend the subscriber, "
                    "which the traceback shows",
                    session,
                    self.called(),
                )
                raise SubscriberFailed(session) from error
        self._take_out(session)
        if session._end is None:
            session._finish(EXPIRED)

    def _take_out(self, session):
        """Remove ``session`` wherever it is found."""
        self._shards.remove(session._id)
        if session._user is not None:
            digest = _user_digest(session._user, session._id)
            users = self._by_user
            if users.get(digest) is session:
                users.remove(digest)

    def _note_user(self, session, user_id):
        """Have ``session``, which is in here, found as one of the user."""
        digest = _user_digest(user_id, session._id)
        users = self._by_user
        if users.get(digest) is None:
            users.put(digest, session, 0)

    def _let_go(self, session):
        """Expire ``session`` for the sake of a visitor, whom nothing may stop."""
        try:
            self._expire(session)
        except SubscriberFailed:
            self._expire(session, tell=False)

    def _has_room(self, limit):
        """Return True if there are less than ``limit`` sessions.

        Not all shards are asked each time while there is much room: for a while, one
        connection may use up to a part of it without asking again.
        """
        base = aq_base(self)
        now = clock.now()
        asked_at, granted, of = base._v_room
        if granted and of == limit and 0 <= now - asked_at < _GRANTED_FOR:
            base._v_room = asked_at, granted - 1, limit
            return True
        room = limit - base._shards.present()
        base._v_room = now, max(room, 0) // _ROOM_PARTS, limit
        return room > 0

    def _make_room(self):
        """Remove one session that may go; return False if there is none."""
        session = aq_base(self)._next_to_go(clock.now())
        if session is None:
            return False
        if self._is_live(session, clock.now()):
            _dropped.note(self.called())
        self._let_go(session)
        return True

    def _next_to_go(self, now):
        """Return the session that makes room for another, or None."""
        drop = self._setting_when_full == "drop"
        for looked in (False, True):
            if looked:
                if not drop and 0 <= now - self._v_full_at < 1:
                    # A flood of new sessions must not look at the old each time.
                    return None
                self._v_next_to_go = self._longest_idle(now, drop)
                self._v_full_at = now
            while self._v_next_to_go:
                # Of many not always the last: who makes room at the same moment would
                # choose the same one.
                choice = len(self._v_next_to_go) // _CHOSEN_FROM or 1
                session, accessed = self._v_next_to_go.pop(-1 - randrange(choice))
                if session._accessed == accessed and self._is_in(session):
                    if drop or not self._is_live(session, now):
                        return session
        return None

    def _longest_idle(self, now, live_too):
        """Return some sessions, and when they were accessed; the longest idle last."""
        looked_at = []
        # Elsewhere each time.
        self._v_looked_at = (self._v_looked_at + 1) % self._shards.count
        for leaf, _was_loaded in self._shards.leaves(self._v_looked_at):
            looked_at += leaf.bring_in()
            if len(looked_at) >= _LOOKED_AT:
                break
        candidates = (
            (is_live, _came_back(session), session._accessed, number)
            for number, session in enumerate(looked_at)
            if live_too >= (is_live := self._is_live(session, now))
        )
        chosen = nsmallest(_REMEMBERED, candidates)
        # Of one kind: before others have to go, it is looked again.
        return [
            (looked_at[at], accessed)
            for *kind, accessed, at in chosen[::-1]
            if kind == [*chosen[0][:-2]]
        ]

    def _call(self, target, session):
        """Call a notification target, if one is set."""
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
            logger.exception(
                "The notification target %r of %s has failed. The session is kept, or "
                "removed, all the same. Mend the target, or set another",
                target,
                self.called(),
            )


InitializeClass(TransientObjectContainer)
