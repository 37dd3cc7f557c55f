"""The tool: a request's session.

Here, and only here, browser ids and containers meet.
"""

from . import slots
from .browserid import BROWSER_ID_MANAGER
from .browserid import BrowserIdManager
from .browserid import request_of
from .container import Place
from .container import prepare
from .container import TransientObjectContainer
from .database import directory
from .events import ContainerCreated
from .http.state import all_memories
from .http.state import recall
from .http.visitor import ANONYMOUS
from .http.visitor import browser_of
from .http.visitor import note_visitor
from .http.visitor import visitor
from .interfaces import IBrowserIds
from .interfaces import ISessionDataTool
from .interfaces import ITransientObjectContainer
from .publication import NoPage
from .publication import unpublished_methods
from .settings.manager import ManagerSettings
from .settings.manager import REQUEST_NAME
from .storage.foreign import ForeignContainer
from AccessControl import getSecurityManager
from AccessControl import Unauthorized
from AccessControl.class_init import InitializeClass
from AccessControl.Permissions import access_contents_information
from AccessControl.Permissions import view_management_screens
from AccessControl.SecurityInfo import ClassSecurityInfo
from Acquisition import aq_base
from Acquisition import aq_inner
from Acquisition import aq_parent
from functools import partial
from OFS.SimpleItem import SimpleItem
from Products.Sessions.interfaces import SessionDataManagerErr
from Products.Sessions.permissions import access_session_data
from Products.Sessions.permissions import access_user_session_data
from uuid import uuid4
from zope.event import notify
from zope.interface import implementer

import transaction

SESSION_DATA_MANAGER = "session_data_manager"


def _wrapped(session, manager, container):
    """Return ``session`` acquired from ``manager``, and that from ``container``.

    ``session`` and ``container`` may be None.
    """
    if session is None:
        return None
    if type(container) is ForeignContainer:
        return container.wrapped(session, manager)
    # Not "container or manager": that would ask the container, through its wrapper.
    around = manager if container is None else container
    return aq_base(session).__of__(aq_base(manager).__of__(around))


@unpublished_methods
@implementer(ISessionDataTool)
class SessionDataManager(NoPage, ManagerSettings, SimpleItem):
    """Gives views, templates and scripts their visitor's session."""

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

    # Under which the container of its own stands in the session database.
    container_id = None

    # The container, once it is stored: found without a look into the root.
    _v_container = None

    def __init__(
        self,
        id=SESSION_DATA_MANAGER,
        path=None,
        title=ManagerSettings.title.default,
        requestName=REQUEST_NAME,
    ):
        self.id = id
        self.manage_changeSDM(title, path, requestName)

    # IMutableSessionDataManager, ISessionDataTool

    @security.protected(access_session_data)
    def getSessionData(self, create=1):
        """Return this visitor's session.

        Where there is none: None if ``create`` is false, else a new session.
        It is stored, and its cookie set, with the first change; a visitor who
        only looks costs nothing.
        """
        base = aq_base(self)
        request = request_of(self)
        memory = recall(request, base if base.obpath is None else self._at())
        session = memory.session
        if session is not None:
            # What was live when this request asked first is its session to the end,
            # unless it was ended, or an abort took it back.
            inner = aq_base(session)
            if inner._end is None:
                if inner._p_jar is not None:
                    return session
                container = self.present_container()
                if container is not None and container.holds(session):
                    return session
                if session.isPending():
                    return session if create else None
        browser_ids = self._browser_ids()
        browser_id = browser_ids.getBrowserId(create=0)
        if not create and browser_id is None and not browser_ids.formerBrowserIds():
            # It is no matter then whether the container can be reached.
            return None
        container = self.present_container()
        if type(container) is ForeignContainer:
            return self._foreign_session(container, browser_ids, browser_id, create)
        session = self._from_browser(container, browser_ids, browser_id)
        # Most sessions belong to nobody, and are found by nobody who is logged in.
        is_refused = (
            session is not None
            and aq_base(session)._user is not None
            and self._refuses(session, request)
        )
        if is_refused:
            session = None
        if session is None and create:
            session = self._prepared(container, is_refused)
        if session is not None:
            if visitor(request):
                self._offer(session, request)
            memory.give_out(session, self)
        return session

    @security.protected(access_session_data)
    def hasSessionData(self):
        """Return True if this visitor has a session that is stored."""
        return self.getSessionData(create=0) is not None

    @security.protected(access_user_session_data)
    def getSessionDataByKey(self, key):
        """Return the live session of the browser id ``key``, or None.

        That is no access of its visitor, so it does not keep the session alive.
        """
        container = self.present_container()
        if container is None:
            return None
        return _wrapped(container.peek(key), self, container)

    @security.private
    def knows(self, browser_id):
        """Return True if a live session belongs to ``browser_id``; no access."""
        container = self.present_container()
        return container is not None and container.peek(browser_id) is not None

    @security.protected(access_user_session_data)
    def clearSessionData(self):
        """Remove all data of this visitor's session, if there is one."""
        session = self.getSessionData(create=0)
        if session is not None:
            session.clear()

    @security.protected(access_session_data)
    def getBrowserIdManager(self):
        """Return the nearest browser id manager.

        Raise ``SessionDataManagerErr`` if there is none.
        """
        folder = aq_parent(aq_inner(self))
        # Beside this tool it is found by a look into the folder, which spares the
        # slow way of a Plone site to answer for attributes.
        manager = None
        if hasattr(aq_base(folder), "_getOb"):
            manager = folder._getOb(BROWSER_ID_MANAGER, None)
        if manager is None:
            manager = getattr(self, BROWSER_ID_MANAGER, None)
        if manager is None:
            raise SessionDataManagerErr(
                f"There is no {BROWSER_ID_MANAGER} beside or above "
                f"{'/'.join(self.getPhysicalPath())}; install collective.sessiondata "
                "again, or add one there."
            )
        return manager

    @security.protected(access_session_data)
    def getOrCreate(self, name, browser_id=None):
        """Return this visitor's object of the slot ``name``; see the interface."""
        factory = slots.registered_factory(name)
        return slots.get_or_create(self.session_of(browser_id), name, factory)

    # Beyond the interface

    @security.protected(access_session_data)
    def session_of(self, browser_id=None, create=1):
        """Return this visitor's session, or the live one of ``browser_id``.

        Where the visitor has none: a new one, or None if ``create`` is false.  That of
        another browser needs the permission Access arbitrary user session data, else
        it is ``Unauthorized``; ``LookupError`` if there is no such session.
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

    @security.protected(access_user_session_data)
    def rotate(self):
        """Give this visitor's session a new browser id; see the interface."""
        request = request_of(self)
        sessions = [
            (session, container)
            for session, container in self._sessions_of_browser()
            if not self._refuses(session, request)
        ]
        if sessions:
            browser_ids = self._browser_ids()
            browser_id = browser_ids.newBrowserId()
            for session, container in sessions:
                container.rotate(session, browser_id)
            browser_ids.issue(browser_id)
            transaction.get().addBeforeCommitHook(self._confirm, (sessions, browser_id))

    def _reset(self):
        """Let this request look for its sessions again."""
        request = request_of(self)
        look_again(request)
        for manager in self._managers():
            manager.reset_in(request)

    @security.private
    def login(self, user_id):
        """Let the sessions of this browser be the user's; see the interface."""
        note_visitor(request_of(self), user_id)
        if not self.keeps_data_at_login:
            for session, container in self._sessions_of_browser():
                session.invalidate()
        self._bind(user_id)
        self._reset()

    @security.private
    def logout(self):
        """End the sessions of this browser; see the interface."""
        note_visitor(request_of(self), ANONYMOUS)
        for session, container in self._sessions_of_browser():
            session.invalidate()
        self._browser_ids().forget()
        self._reset()

    @security.private
    def hide_ids(self, request):
        """Let nobody see this browser's id who prints ``request``."""
        browser_ids = getattr(self, BROWSER_ID_MANAGER, None)
        if IBrowserIds.providedBy(browser_ids):
            browser_ids.hide(request)

    @security.protected(access_user_session_data)
    def endSessionsOf(self, user_id, but_this=False):
        """End all sessions of a user; see the interface."""
        spared = {}
        if but_this:
            spared = {
                aq_base(container): session
                for session, container in self._sessions_of_browser()
            }
        return sum(
            container.end_sessions_of(user_id, spared.get(aq_base(container)))
            for container in self._containers()
        )

    @security.protected(access_user_session_data)
    def endAllSessions(self):
        """End all sessions, from the commit on; see the interface."""
        for container in self._containers():
            container.end_all()

    @security.protected(view_management_screens)
    def container(self):
        """Return the container of this manager.

        That of its own is created if it is missing; ``SessionDataManagerErr`` if
        there is none at the container path.
        """
        if self.obpath is None:
            directory.find_or_create(self, self.container_id)
        container = self.present_container()
        if container is None:
            raise SessionDataManagerErr(
                f"There is no session data container at {self.getContainerPath()}: add "
                "one there, or set another path at "
                f"{'/'.join(self.getPhysicalPath())}."
            )
        return container

    @security.private
    def use_new_container(self):
        """Use a new container of its own, unless a container path is set."""
        self.container_id = uuid4().hex
        self._v_container = None
        if self.obpath is None:
            directory.find_or_create(self, self.container_id)

    @security.private
    def drop_container(self):
        """Remove the container of its own, with all sessions."""
        directory.drop(self, self.container_id)
        self._v_container = None

    # Inside

    def _at(self):
        """Return what tells this manager, for one request, from others.

        Those that use the same ids and the same container give the same session.
        """
        base = aq_base(self)
        # A path that does not begin at the root leads elsewhere from each manager.
        where = base if base.obpath[0] else base.obpath
        return where, aq_base(self.getBrowserIdManager())

    @security.private
    def present_container(self, make=True):
        """Return the container, or None if there is none yet.

        One of another product comes as a ``ForeignContainer``.  Where Zope's own manager
        has it, it is made if it is missing, unless ``make`` is false.
        """
        base = aq_base(self)
        if base.obpath is not None:
            return self._container_at_path(make)
        container = base._v_container
        if container is None or container._p_jar is None:
            # Not looked for yet, or made in a transaction that was aborted.
            container = aq_base(directory.find(self, self.container_id))
            if container is None:
                return None
            base._v_container = container
        return container.__of__(self)

    def _container_at_path(self, make):
        """Return the container at the path, or None.

        Nothing is remembered: it may be mounted, and another object in each
        connection.
        """
        found = self.unrestrictedTraverse(self.obpath, None)
        if found is None and make and self.usesDefaultSessionDataContainer():
            found = self._default_container()
        if ITransientObjectContainer.providedBy(found):
            return found
        if getattr(aq_base(found), "new_or_existing", None) is not None:
            return ForeignContainer(found)
        return None

    def _default_container(self):
        """Return a new container at ``DEFAULT_PATH``, or None if it has no folder."""
        *folder_path, id = self.obpath
        folder = self.unrestrictedTraverse(folder_path, None)
        if folder is None:
            return None
        settings = self.getDefaultSessionDataContainerSettings()
        folder._setObject(id, TransientObjectContainer(id, **settings))
        container = folder._getOb(id)
        if self._sdc_settings is None:
            notify(ContainerCreated(container, self))
        return container

    def _browser_ids(self):
        """Return the nearest browser id manager, if it is one of ours.

        Raise ``SessionDataManagerErr`` if it is not: another takes up any id that a
        browser has made up.
        """
        browser_ids = self.getBrowserIdManager()
        if not (
            type(aq_base(browser_ids)) is BrowserIdManager
            or IBrowserIds.providedBy(browser_ids)
        ):
            raise SessionDataManagerErr(
                f"{'/'.join(browser_ids.getPhysicalPath())} is a browser id manager "
                "of another product; add a Sessiondata Browser Id Manager beside "
                f"{'/'.join(self.getPhysicalPath())}."
            )
        return browser_ids

    def _managers(self):
        """Return this manager, and all others that are known to use the same ids."""
        managers = [self]
        managers += [
            manager
            for manager in self._browser_ids().managers()
            if aq_base(manager) is not aq_base(self)
        ]
        return managers

    def _containers(self):
        """Return the containers of all managers of the same ids, each once.

        Those of other products are not among them: they do not know whose sessions
        they keep, nor how to end all.
        """
        containers = {}
        for manager in self._managers():
            container = manager.present_container()
            if container is not None and type(container) is not ForeignContainer:
                containers[aq_base(container)] = container
        return list(containers.values())

    def _sessions_of_browser(self):
        """Return the live sessions of the id that the browser has; that is no access.

        There may be one for each manager that uses the same ids.  With each comes
        its container.
        """
        browser_id = self._browser_ids().getBrowserId(create=0)
        if browser_id is None:
            return []
        sessions = {}
        for manager in self._managers():
            container = manager.present_container()
            session = None if container is None else container.peek(browser_id)
            if session is not None:
                # Two managers may have the same container.
                sessions[aq_base(session)] = session, container
        memory = recall(request_of(self), aq_base(self))
        memory.note(*sessions)
        return list(sessions.values())

    def _confirm(self, sessions, browser_id):
        """Take ``browser_id`` back, if a savepoint has taken it from ``sessions``."""
        browser_ids = self._browser_ids()
        is_present = browser_ids.getBrowserId(create=0) == browser_id
        if is_present and any(
            getattr(aq_base(session), "_end", None) is None
            and container.peek(browser_id) is None
            for session, container in sessions
        ):
            browser_ids.takeBack()

    def _bind(self, user_id, session=None):
        """Give the sessions of this browser a new id, and to a user.

        ``session`` is known to be one of them.
        """
        if session is not None and not self._sessions_of_browser():
            # It was rotated before, and a savepoint has undone that.
            self._browser_ids().takeBack()
        self.rotate()
        for session, container in self._sessions_of_browser():
            if type(container) is not ForeignContainer:
                session.give_to(user_id, browser_of(request_of(self)))

    def _refuses(self, session, request):
        """Return True if ``session`` belongs to another user than this visitor is.

        If two users were logged in in the same browser, it ends: the first one does
        not find it again, and the second not what it held.
        """
        base = aq_base(session)
        # Sessions of other products belong to nobody.
        belongs_to = getattr(base, "_user", None)
        if belongs_to is None:
            return False
        user_id = visitor(request)
        if user_id is None or user_id == belongs_to:
            return False
        if user_id != ANONYMOUS and not (base._p_jar and base._p_jar.isReadOnly()):
            recall(request, aq_base(self)).note(base)
            session.invalidate()
        return True

    def _offer(self, session, request):
        """Let ``session`` belong to this visitor, if logged in, once it is changed."""
        base = aq_base(session)
        user_id = visitor(request)
        if user_id and base._user is None:
            if base.isPending():
                base.give_to(user_id, browser_of(request))
                return
            # Whoever knew the id before must not see what comes now, nor what was
            # changed before it was known who it is.
            base.before_change(partial(self._bind, user_id, session))
            if base._p_changed:
                self._bind(user_id, session)

    def _recheck(self, memory, request):
        session = memory.session
        if aq_base(session)._end is not None or self._refuses(session, request):
            if session.isPending():
                session.invalidate()
            memory.session = None
            self.reset_in(request)
        else:
            self._offer(session, request)

    def _from_browser(self, container, browser_ids, browser_id):
        """Return the session that the browser's id leads to, or None."""
        if container is None:
            return None
        session = None
        if browser_id is not None:
            session = aq_base(container).asked_for(browser_id)
        if session is None:
            for former_id in browser_ids.formerBrowserIds():
                session = aq_base(container).asked_for(former_id)
                if session is not None:
                    if browser_ids.idForNewSession() == browser_id:
                        # The browser has an id that another manager knows already.
                        container.rotate(session, browser_id)
                    else:
                        browser_ids.issue(former_id)
                    break
        return _wrapped(session, self, container)

    def _prepared(self, container, is_refused=False):
        """Return a session that is stored, and its cookie set, once it changes.

        It gets an id of its own: one that a browser made up, or that outlived
        its session, is never adopted; nor is the one whose session is refused.
        """
        if container is None and self.obpath is not None:
            # That says what is wrong, now and not with the first change.
            container = self.container()
        browser_ids = self._browser_ids()
        if is_refused:
            browser_id = browser_ids.reserveBrowserId()
        else:
            browser_id = browser_ids.idForNewSession()
        place = Place(self.container, partial(browser_ids.issue, browser_id))
        return _wrapped(prepare(browser_id, place), self, container)

    def _foreign_session(self, container, browser_ids, browser_id, create):
        """Return the session that a container of another product has, or makes."""
        session = None if browser_id is None else container.get(browser_id)
        if session is None:
            if not create:
                return None
            browser_id = browser_ids.idForNewSession()
            session = container.create(browser_id)
            browser_ids.issue(browser_id)
        return _wrapped(session, self, container)


InitializeClass(SessionDataManager)


def look_again(request):
    """Take back what ``request`` was given, if it is known by now to be another's."""
    for memory in all_memories(request):
        if memory.session is not None:
            memory.manager._recheck(memory, request)
