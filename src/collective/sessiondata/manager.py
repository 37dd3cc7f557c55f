"""The session data manager: the session of a request.

Only this module joins browser ids and containers.
"""

from . import slots
from .browserid import BROWSER_ID_MANAGER
from .browserid import find_browser_ids
from .browserid import own_browser_ids
from .browserid import request_of
from .container import prepare
from .database.managed import ManagedContainer
from .http import ownership
from .http.state import state_of
from .http.visitor import visitor
from .interfaces import IBrowserIds
from .interfaces import ISessionDataTool
from .publication import NoPage
from .publication import unpublished_methods
from .settings.manager import ManagerSettings
from .settings.manager import REQUEST_NAME
from .storage.placement import Placement
from AccessControl import getSecurityManager
from AccessControl import Unauthorized
from AccessControl.class_init import InitializeClass
from AccessControl.Permissions import access_contents_information
from AccessControl.SecurityInfo import ClassSecurityInfo
from Acquisition import aq_base
from functools import partial
from OFS.SimpleItem import SimpleItem
from Products.Sessions.permissions import access_session_data
from Products.Sessions.permissions import access_user_session_data
from zope.interface import implementer

import transaction

SESSION_DATA_MANAGER = "session_data_manager"


@unpublished_methods
@implementer(ISessionDataTool)
class SessionDataManager(NoPage, ManagedContainer, ManagerSettings, SimpleItem):
    """Gives views, templates and scripts the session of their visitor."""

    meta_type = "Sessiondata Session Data Manager"
    zmi_icon = "far fa-clock"

    security = ClassSecurityInfo()
    security.declarePrivate("container_id", "obpath")
    security.setPermissionDefault(access_contents_information, ("Manager", "Anonymous"))
    security.setPermissionDefault(access_session_data, ("Manager", "Anonymous"))
    security.setPermissionDefault(access_user_session_data, ("Manager",))

    manage_options = (
        *ManagerSettings.manage_options,
        {"label": "Carry over", "action": "manage_carryover"},
        *SimpleItem.manage_options,
    )

    def __init__(
        self,
        id=SESSION_DATA_MANAGER,
        path=None,
        title=ManagerSettings.title.default,
        requestName=REQUEST_NAME,
    ):
        self.id = id
        self.manage_changeSDM(title, path, requestName)

    # IMutableSessionDataManager

    @security.protected(access_session_data)
    def getSessionData(self, create=1):
        """Return this visitor's session.

        A visitor without one gets None if ``create`` is false, else a new session. The
        first change stores it and sets its cookie; reading costs nothing.
        """
        request = request_of(self)
        base = aq_base(self)
        state = state_of(request, base if base.obpath is None else self._shared_key())
        session = state.session
        if session is not None:
            # A session that was active when this request first asked for it stays the
            # request's session, unless it was ended or an abort removed it.
            inner = aq_base(session)
            if inner.ended is None:
                if inner._p_jar is not None:
                    return session
                container = self.present_container()
                if container is not None and container.holds(session):
                    return session
                if session.isPending():
                    return session if create else None
        browser_ids = self.browser_ids()
        browser_id = browser_ids.getBrowserId(create=0)
        if not create and browser_id is None and not browser_ids.former_browser_ids():
            # Without an id the answer is None even if the database is unavailable.
            return None
        container = self.present_container()
        session = self._find(container, browser_ids, browser_id)
        has_owners = container is None or aq_base(container).has_owners
        # Most sessions have no owner, so ask for the visitor only if there is one.
        is_refused = (
            session is not None
            and has_owners
            and aq_base(session).user_id is not None
            and ownership.refuses(self, session, request)
        )
        if is_refused:
            session = None
        if session is None and create:
            session = self._prepare(container, browser_ids, is_refused)
        if session is not None and has_owners:
            if visitor(request):
                ownership.bind_when_changed(self, session, request)
            state.hand_out(session, self)
        return session

    @security.protected(access_session_data)
    def hasSessionData(self):
        """Return True if this visitor has a session that is stored."""
        return self.getSessionData(create=0) is not None

    @security.protected(access_user_session_data)
    def getSessionDataByKey(self, key):
        """Return the active session of the browser id ``key``, or None.

        Does not update its access time, so it does not keep the session alive.
        """
        container = self.present_container()
        session = None if container is None else container.peek(key)
        return None if session is None else container.wrap(session, self)

    @security.protected(access_user_session_data)
    def clearSessionData(self):
        """Remove all data of this visitor's session, if it exists."""
        session = self.getSessionData(create=0)
        if session is not None:
            session.clear()

    @security.protected(access_session_data)
    def getBrowserIdManager(self):
        """Return the nearest browser id manager.

        Raises ``SessionDataManagerErr`` if none is found.
        """
        return find_browser_ids(self)

    # ISessionDataTool

    @security.protected(access_session_data)
    def getOrCreate(self, name, browser_id=None):
        """Return this visitor's object of the slot ``name``; see the interface."""
        factory = slots.registered_factory(name)
        return slots.get_or_create(self.session_of(browser_id), name, factory)

    @security.protected(access_session_data)
    def session_of(self, browser_id=None, create=1):
        """Return this visitor's session, or the active one of ``browser_id``.

        A visitor without one gets a new one, or None if ``create`` is false. Raises
        ``Unauthorized`` if ``browser_id`` is given without the permission Access
        arbitrary user session data, and ``LookupError`` if it has no active session.
        """
        if browser_id is None:
            return self.getSessionData(create)
        if not getSecurityManager().checkPermission(access_user_session_data, self):
            raise Unauthorized(
                "Sessions of other browsers need the permission "
                f'"{access_user_session_data}".'
            )
        session = self.getSessionDataByKey(browser_id)
        if session is None:
            raise LookupError(
                f"{'/'.join(self.getPhysicalPath())} has no live session of this "
                "browser id: it has ended, or the id was never issued there."
            )
        return session

    @security.private
    def knows(self, browser_id):
        """Return True if ``browser_id`` has an active session; see the interface."""
        container = self.present_container()
        return container is not None and container.peek(browser_id) is not None

    @security.protected(access_user_session_data)
    def rotate(self):
        """Give this visitor's session a new browser id; see the interface."""
        sessions = self.sessions_of_browser()
        self.rotate_sessions(ownership.allowed(self, sessions, request_of(self)))

    @security.private
    def rotate_sessions(self, sessions, owner=None):
        """Give this browser a new id and ``sessions`` its key; see the interface."""
        if not sessions:
            return
        browser_ids = self.browser_ids()
        browser_id = browser_ids.new_browser_id()
        for session, container in sessions:
            container.rotate_for(session, browser_id, owner)
        browser_ids.issue(browser_id)
        transaction.get().addBeforeCommitHook(
            ownership.confirm_rotation, (self, sessions, browser_id)
        )

    @security.private
    def login(self, user_id):
        """Rotate this browser's sessions and bind them to a user; see the interface."""
        ownership.login(self, user_id, request_of(self))

    @security.private
    def logout(self):
        """End the sessions of this browser; see the interface."""
        ownership.logout(self, request_of(self))

    @security.private
    def hide_ids(self, request):
        """Hide this browser's id in the printed form of ``request``."""
        browser_ids = getattr(self, BROWSER_ID_MANAGER, None)
        if IBrowserIds.providedBy(browser_ids):
            browser_ids.hide(request)

    @security.protected(access_user_session_data)
    def endSessionsOf(self, user_id, but_this=False):
        """End all sessions of a user; see the interface."""
        kept = {}
        if but_this:
            kept = {
                aq_base(container): session
                for session, container in self.sessions_of_browser()
            }
        return sum(
            container.end_sessions_of(user_id, kept.get(aq_base(container)))
            for container in self._containers()
        )

    @security.protected(access_user_session_data)
    def endAllSessions(self):
        """End all sessions, from the commit on; see the interface."""
        for container in self._containers():
            container.end_all()

    @security.private
    def managers(self):
        """Return this manager and all others that are known to use the same ids."""
        managers = [self]
        managers += [
            manager
            for manager in self.browser_ids().managers()
            if aq_base(manager) is not aq_base(self)
        ]
        return managers

    def _containers(self):
        """Return the containers of all managers of the same ids, each once."""
        containers = {}
        for manager in self.managers():
            container = manager.present_container()
            if container is not None:
                containers[aq_base(container)] = container
        return list(containers.values())

    @security.private
    def sessions_of_browser(self):
        """Return pairs of an active session of this browser and its container.

        Each manager that uses the same ids may have one. Does not update access times.
        """
        browser_id = self.browser_ids().getBrowserId(create=0)
        if browser_id is None:
            return []
        sessions = {}
        for manager in self.managers():
            container = manager.present_container()
            session = None if container is None else container.peek(browser_id)
            if session is not None:
                # Two managers may have the same container.
                sessions[aq_base(session)] = session, container
        state_of(request_of(self), aq_base(self)).note(*sessions)
        return list(sessions.values())

    @security.private
    def browser_ids(self):
        """Return the nearest browser id manager of this product; see the interface."""
        return own_browser_ids(self)

    # Inside

    def _shared_key(self):
        """Return the key of the request state that managers share.

        Those that use the same ids and the same container return the same session.
        """
        base = aq_base(self)
        # A path that does not begin at the root leads elsewhere from each manager.
        where = base if base.obpath[0] else base.obpath
        return where, aq_base(self.getBrowserIdManager())

    def _find(self, container, browser_ids, browser_id):
        """Return the session of this browser, wrapped, or None."""
        if container is None:
            return None
        session = None
        if browser_id is not None:
            session = aq_base(container).find(browser_id)
        if session is None:
            for former_id in browser_ids.former_browser_ids():
                session = aq_base(container).find(former_id)
                if session is not None:
                    if browser_ids.id_for_new_session() == browser_id:
                        # Another manager knows this id of the browser already.
                        container.rotate_for(session, browser_id)
                    else:
                        browser_ids.issue(former_id)
                    break
        return None if session is None else container.wrap(session, self)

    def _prepare(self, container, browser_ids, is_refused):
        """Return a new session; its first change stores it and sends its cookie.

        It gets an id of its own. An id that the browser invented, or that has outlived its
        session, is never adopted; nor is the id of a session that is refused.
        """
        if is_refused:
            browser_id = browser_ids.reserve_browser_id()
        else:
            browser_id = browser_ids.id_for_new_session()
        issue = partial(browser_ids.issue, browser_id)
        if container is None and self.obpath is not None:
            # Raise the error about the missing container now, not at the first change.
            container = self.container()
        if container is not None and not container.has_owners:
            session = container.prepare(browser_id, issue)
        else:
            session = prepare(browser_id, Placement(self.container, issue))
        if container is None:
            return session.__of__(aq_base(self).__of__(self))
        return container.wrap(session, self)


InitializeClass(SessionDataManager)
