"""The settings of a session data manager, under the names of the stock one."""

from ..events import SettingsChanged
from ..http.traversal import register_session_hook
from ..http.traversal import SessionHook
from ..publication import unpublished_methods
from AccessControl.class_init import InitializeClass
from AccessControl.Permissions import view_management_screens
from AccessControl.SecurityInfo import ClassSecurityInfo
from Acquisition import aq_inner
from Acquisition import aq_parent
from html import escape
from Products.Sessions.interfaces import SessionDataManagerErr
from Products.Sessions.permissions import change_session_data_managers
from zope.event import notify

import re

REQUEST_NAME = "SESSION"

# Where Zope's own session data manager has its container.
DEFAULT_PATH = "/temp_folder/session_data"

_bad_in_path = re.compile(r"[^a-zA-Z0-9_~,. /-]").search
_is_name = re.compile(r"[A-Za-z][A-Za-z0-9_]*").fullmatch


@unpublished_methods
class ManagerSettings:
    """Where the sessions are, and what they are called in the request."""

    security = ClassSecurityInfo()
    security.setPermissionDefault(view_management_screens, ("Manager",))
    security.setPermissionDefault(change_session_data_managers, ("Manager",))

    title = "Sessions of this site"

    # The path of the container, in parts; None: one of its own.
    obpath = None

    _request_name = REQUEST_NAME

    # Whether a visitor's session keeps its data when the visitor logs in.
    keeps_data_at_login = True

    # How a missing container at ``DEFAULT_PATH`` is made.
    _sdc_settings = None

    @security.protected(change_session_data_managers)
    def setTitle(self, title):
        """Set the title."""
        self.title = str(title or "")

    @security.protected(change_session_data_managers)
    def setContainerPath(self, path=None):
        """Set the path of the container, text or its parts; None: one of its own.

        Raise ``SessionDataManagerErr`` if that is no path.  The sessions that were
        where it led before stay there.
        """
        if not path:
            self.obpath = None
        elif isinstance(path, (str, list, tuple)):
            text = path if isinstance(path, str) else "/".join(path)
            if _bad_in_path(text):
                raise SessionDataManagerErr(
                    f"The container path {escape(repr(text))} has characters that "
                    "no path in Zope has. Nothing was changed."
                )
            self.obpath = tuple(text.split("/"))
        else:
            raise SessionDataManagerErr(
                f"The container path is text, or a list of ids; {escape(repr(path))} "
                "is not. Nothing was changed."
            )
        notify(SettingsChanged(self))

    @security.protected(view_management_screens)
    def getContainerPath(self):
        """Return the path of the container; "": it is one of its own."""
        return "/".join(self.obpath or ())

    @security.protected(view_management_screens)
    def hasSessionDataContainer(self):
        """Return True if the container is there, or is made when it is needed."""
        return self.obpath is None or self.present_container() is not None

    @security.protected(change_session_data_managers)
    def setRequestName(self, name):
        """Set as what the session is found in requests; None: it is not in them.

        Raise ``SessionDataManagerErr`` if that is no name.
        """
        if name and not (isinstance(name, str) and _is_name(name)):
            raise SessionDataManagerErr(
                f"A name in the request is a word; {escape(repr(name))} is not. "
                "Nothing was changed."
            )
        self._request_name = name or None
        self.updateTraversalData()

    @security.protected(view_management_screens)
    def getRequestName(self):
        """Return as what the session is found in requests; "": it is not in them."""
        return self._request_name or ""

    @security.protected(change_session_data_managers)
    def setKeepDataAtLogin(self, keep):
        """Let sessions keep their data when their visitors log in, or end them."""
        self.change(keeps_data_at_login=keep)

    @security.protected(view_management_screens)
    def getKeepDataAtLogin(self):
        """Return True if sessions keep their data when their visitors log in."""
        return self.keeps_data_at_login

    @security.private
    def check(self, keeps_data_at_login=True):
        """Raise ``ValueError`` if that cannot be set; but anything is true or false."""

    @security.private
    def change(self, keeps_data_at_login):
        """Change what can be set by itself, by the name of the attribute."""
        self.keeps_data_at_login = bool(keeps_data_at_login)
        notify(SettingsChanged(self))

    @security.private
    def reset_in(self, request):
        """Forget the session that ``request`` has under the request name."""
        if self._request_name and request.other.pop(self._request_name, None):
            hook = SessionHook(self.getId(), self._request_name)
            hook(aq_parent(aq_inner(self)), request)

    @security.private
    def updateTraversalData(self):
        """Register the hook of this manager in its folder."""
        folder = aq_parent(aq_inner(self))
        # None: the manager was not added yet.
        if folder is not None:
            register_session_hook(folder, self.getId(), self._request_name)

    @security.protected(change_session_data_managers)
    def manage_changeSDM(
        self, title, path=None, requestName=None, keepDataAtLogin=True
    ):
        """Change all settings at once: all of them, or none."""
        draft = ManagerSettings()
        draft.setTitle(title)
        draft.setContainerPath(path)
        draft._request_name = self._request_name
        self.setRequestName(requestName)
        self.title = draft.title
        self.obpath = draft.obpath
        self.setKeepDataAtLogin(keepDataAtLogin)

    # The container where Zope's own manager has it

    @security.protected(view_management_screens)
    def usesDefaultSessionDataContainer(self):
        """Return True if the container is where Zope's own manager has it."""
        return self.getContainerPath() == DEFAULT_PATH

    @security.protected(view_management_screens)
    def getDefaultSessionDataContainerSettings(self):
        """Return how a container that is missing there is made."""
        return dict(
            {
                "title": "",
                "timeout_mins": 20,
                "addNotification": "",
                "delNotification": "",
                "limit": 0,
                "period_secs": 20,
            },
            **(self._sdc_settings or {}),
        )

    @security.protected(change_session_data_managers)
    def manage_changeSDCDefaults(
        self,
        title="",
        timeout_mins=20,
        addNotification="",
        delNotification="",
        limit=0,
        period_secs=20,
    ):
        """Set how a container that is missing at ``DEFAULT_PATH`` is made.

        Raise ``TypeError`` or ``ValueError`` as that container would.
        """
        settings = {
            "title": title,
            "timeout_mins": timeout_mins,
            "addNotification": addNotification,
            "delNotification": delNotification,
            "limit": limit,
            "period_secs": period_secs,
        }
        self.check_default_container(**settings)
        self._sdc_settings = settings


InitializeClass(ManagerSettings)
