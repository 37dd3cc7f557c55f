"""The tool: a request's session.

Here, and only here, browser ids and containers meet.
"""

from . import database
from . import slots
from .browserid import BROWSER_ID_MANAGER
from .browserid import request_of
from .container import Place
from .container import prepare
from .interfaces import ISessionDataTool
from .memory import recall
from .publication import unpublished_methods
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
from zExceptions import NotFound
from zope.interface import implementer
from ZPublisher import zpublish
from ZPublisher.BeforeTraverse import registerBeforeTraverse
from ZPublisher.BeforeTraverse import unregisterBeforeTraverse

SESSION_DATA_MANAGER = "session_data_manager"

REQUEST_NAME = "SESSION"

# What the hook is called in its folder.
_HOOK = "collective.sessiondata"

# After the hooks that find out who and where; as the stock manager's.
_HOOK_PRIORITY = 50


@unpublished_methods
@implementer(ISessionDataTool)
class SessionDataManager(SimpleItem):
    """Gives views, templates and scripts their visitor's session."""

    meta_type = "Sessiondata Session Data Manager"
    zmi_icon = "far fa-clock"
    title = "Sessions of this site"

    security = ClassSecurityInfo()
    security.setPermissionDefault(access_contents_information, ("Manager", "Anonymous"))
    security.setPermissionDefault(access_session_data, ("Manager", "Anonymous"))
    security.setPermissionDefault(access_user_session_data, ("Manager",))

    # Under which the container stands in the session database.
    container_id = None

    # The container, once it is stored: found without a look into the root.
    _v_container = None

    def __init__(self, id=SESSION_DATA_MANAGER):
        self.id = id

    @zpublish
    def index_html(self):
        """Answer that there is no page here; below are the management screens."""
        raise NotFound

    # IMutableSessionDataManager, ISessionDataTool

    @security.protected(access_session_data)
    def getSessionData(self, create=1):
        """Return this visitor's session.

        Where there is none: None if ``create`` is false, else a new session.
        It is stored, and its cookie set, with the first change; a visitor who
        only looks costs nothing.
        """
        memory = recall(request_of(self), aq_base(self))
        session = memory.session
        if session is not None:
            # What was live when this request asked first is its session to the end,
            # unless it was ended, or an abort took it back.
            inner = aq_base(session)
            if inner._end is None:
                if inner._p_jar is not None:
                    return session
                container = self._container()
                if container is not None and container.holds(session):
                    return session
                if session.isPending():
                    return session if create else None
        session = self._from_cookie()
        if session is None and create:
            session = self._prepared()
        if session is not None:
            memory.give_out(session)
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
        container = self._container()
        if container is None:
            return None
        return self._wrapped(container.peek(key), container)

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
    def session_of(self, browser_id=None):
        """Return this visitor's session, or the live one of ``browser_id``.

        The latter needs the permission Access arbitrary user session data, else
        it is ``Unauthorized``; ``LookupError`` if there is no such session.
        """
        if browser_id is None:
            return self.getSessionData(create=1)
        if not getSecurityManager().checkPermission(access_user_session_data, self):
            raise Unauthorized(
                "Sessions of other browsers need the permission "
                f'"{access_user_session_data}".'
            )
        session = self.getSessionDataByKey(browser_id)
        if session is None:
            raise LookupError(
                "No live session belongs to this browser id: it has ended, or "
                "this site never issued it."
            )
        return session

    @security.protected(access_user_session_data)
    def rotate(self):
        """Give this visitor's session a new browser id; see the interface."""
        session = self.getSessionData(create=0)
        if session is not None:
            browser_ids = self.getBrowserIdManager()
            browser_id = browser_ids.newBrowserId()
            self._container().rotate(session, browser_id)
            browser_ids.issue(browser_id)

    @security.protected(view_management_screens)
    def container(self):
        """Return this site's container, creating it if it is missing."""
        database.find_or_create(self, self.container_id)
        return self._container()

    # Inside

    def _container(self):
        """Return the container, or None if the session database has none yet."""
        base = aq_base(self)
        container = base._v_container
        if container is None or container._p_jar is None:
            # Not looked for yet, or made in a transaction that was aborted.
            container = aq_base(database.find(self, self.container_id))
            if container is None:
                return None
            base._v_container = container
        return container.__of__(self)

    def _from_cookie(self):
        """Return the session that the browser's id leads to, or None."""
        container = self._container()
        if container is None:
            return None
        browser_id = self.getBrowserIdManager().getBrowserId(create=0)
        if browser_id is None:
            return None
        return self._wrapped(aq_base(container).asked_for(browser_id), container)

    def _prepared(self):
        """Return a session that is stored, and its cookie set, once it changes.

        It gets an id of its own: one that a browser made up, or that outlived
        its session, is never adopted.
        """
        browser_ids = self.getBrowserIdManager()
        browser_id = browser_ids.reserveBrowserId()
        place = Place(self.container, partial(browser_ids.issue, browser_id))
        return self._wrapped(prepare(browser_id, place), self._container())

    def _wrapped(self, session, container):
        """Return ``session`` acquired from this manager, and that from ``container``.

        Either may be None.
        """
        if session is None:
            return None
        return aq_base(session).__of__(aq_base(self).__of__(container or self))


InitializeClass(SessionDataManager)


class SessionHook:
    """Puts the session into the request, lazily, when its folder is traversed.

    The Zope root's own hook comes earlier, so inside the folder this one wins.
    """

    def __init__(self, manager_id, request_name):
        self.manager_id = manager_id
        self.request_name = request_name

    def __call__(self, folder, request):
        request.set_lazy(self.request_name, partial(self.session, folder))

    def session(self, folder):
        return getattr(folder, self.manager_id).getSessionData()


def added(manager, event):
    """Give a manager that is new here a container of its own, and its folder the hook.

    So does a copied or an imported site: visitors of one never meet in another.
    """
    manager.container_id = uuid4().hex
    manager._v_container = None
    database.find_or_create(manager, manager.container_id)
    hook = SessionHook(manager.getId(), REQUEST_NAME)
    registerBeforeTraverse(aq_parent(aq_inner(manager)), hook, _HOOK, _HOOK_PRIORITY)


def moved(manager, event):
    """Let the container know where its manager is, once the site was moved."""
    if event.newParent is not None and event.oldParent is not None:
        database.note_home(manager, manager.container_id)


def removing(manager, event):
    """Take the hook and the sessions along with a manager that is removed."""
    unregisterBeforeTraverse(aq_parent(aq_inner(manager)), _HOOK)
    database.drop(manager, manager.container_id)
