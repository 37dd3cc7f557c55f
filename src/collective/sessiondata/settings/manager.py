"""The settings of a session data manager, and the methods of the stock one for them."""

from ..http.traversal import register_session_hook
from ..http.traversal import SessionHook
from ..publication import unpublished_methods
from .attributes import Setting
from .attributes import Text
from .container import LIMIT
from .container import stock_settings
from .container import TIMEOUT_MINUTES
from .properties import ObjectWithSettings
from .properties import properties
from .site import SETTINGS
from AccessControl.class_init import InitializeClass
from AccessControl.Permissions import view_management_screens
from AccessControl.SecurityInfo import ClassSecurityInfo
from Acquisition import aq_inner
from Acquisition import aq_parent
from Products.Sessions.interfaces import SessionDataManagerErr
from Products.Sessions.permissions import change_session_data_managers

import re

REQUEST_NAME = "SESSION"

# Where Zope's own session data manager has its container.
DEFAULT_PATH = "/temp_folder/session_data"

_bad_in_path = re.compile(r"[^a-zA-Z0-9_~,. /-]").search
_is_name = re.compile(r"([A-Za-z][A-Za-z0-9_]*)?").fullmatch


class _ContainerPath(Setting):
    """A path, as text. It is kept as a tuple of ids, or None if it is empty."""

    optional = True

    def clean(self, value):
        if not value:
            return None
        if not isinstance(value, (str, list, tuple)):
            raise ValueError
        text = value if isinstance(value, str) else "/".join(value)
        if _bad_in_path(text):
            raise ValueError
        return tuple(text.split("/"))

    def __get__(self, ob, owner=None):
        path = super().__get__(ob, owner)
        return path if path is self else "/".join(path or ())


@unpublished_methods
class ManagerSettings(ObjectWithSettings):
    """Which container has the sessions, and the name of the session in requests."""

    security = ClassSecurityInfo()
    security.setPermissionDefault(view_management_screens, ("Manager",))
    security.setPermissionDefault(change_session_data_managers, ("Manager",))
    security.declareProtected(
        change_session_data_managers, "manage_editProperties", "manage_changeProperties"
    )
    security.declareProtected(view_management_screens, "container_path", "request_name")

    title = Text("title", "Sessions of this site")
    container_path = _ContainerPath(
        "container_path",
        None,
        "",
        "The path of the session data container, such as /temp_folder/session_data. "
        "Empty: the manager has a container of its own.",
        "Use ids of Zope objects with slashes between them, or leave it empty.",
        error=SessionDataManagerErr,
        kept_as="obpath",
    )
    request_name = Text(
        "request_name",
        REQUEST_NAME,
        "",
        "Scripts find the session in the request under this name. Empty: they do not.",
        "Use a word of letters, digits and _, or leave it empty.",
        allows=_is_name,
        error=SessionDataManagerErr,
    )
    keeps_data_at_login = SETTINGS["keep_data_at_login"]

    _properties = properties(title, container_path, request_name, keeps_data_at_login)

    # The stock settings of a container that is created at ``DEFAULT_PATH``.
    _sdc_settings = None

    @security.private
    def settings_changed(self, names):
        """Register the traversal hook under the new name."""
        if "request_name" in names:
            self.updateTraversalData()

    @security.private
    def settings_warning(self):
        """Return a message if there is no container at the path, or None."""
        if self.hasSessionDataContainer():
            return None
        return "There is no session data container at this path."

    @security.protected(change_session_data_managers)
    def setTitle(self, title):
        """Set the title."""
        self.change(title=title)

    @security.protected(change_session_data_managers)
    def setContainerPath(self, path=None):
        """Set the path of the container, text or its parts; None: one of its own.

        Sessions in the previous container stay there. Raise ``SessionDataManagerErr``
        for a bad path.
        """
        self.change(container_path=path)

    @security.protected(view_management_screens)
    def getContainerPath(self):
        """Return the path of the container; "": the manager has its own."""
        return self.container_path

    @security.protected(view_management_screens)
    def hasSessionDataContainer(self):
        """Return True if the container exists, or is created when it is needed."""
        return self.obpath is None or self.present_container() is not None

    @security.protected(change_session_data_managers)
    def setRequestName(self, name):
        """Set the name of the session in requests; None: requests do not have it.

        Raise ``SessionDataManagerErr`` for a bad name.
        """
        self.change(request_name=name or "")

    @security.protected(view_management_screens)
    def getRequestName(self):
        """Return the name of the session in requests; "": requests do not have it."""
        return self.request_name

    @security.protected(change_session_data_managers)
    def setKeepDataAtLogin(self, keep):
        """Set whether sessions keep their data when visitors log in."""
        self.change(keeps_data_at_login=bool(keep))

    @security.protected(view_management_screens)
    def getKeepDataAtLogin(self):
        """Return True if sessions keep their data when visitors log in."""
        return self.keeps_data_at_login

    @security.private
    def reset_in(self, request):
        """Remove the session from ``request``, so that it is looked up again."""
        name = self.request_name
        if name and request.other.pop(name, None):
            hook = SessionHook(self.getId(), name)
            hook(aq_parent(aq_inner(self)), request)

    @security.private
    def updateTraversalData(self):
        """Register the hook of this manager in its folder."""
        folder = aq_parent(aq_inner(self))
        # None: the manager was not added yet.
        if folder is not None:
            register_session_hook(folder, self.getId(), self.request_name)

    @security.protected(change_session_data_managers)
    def manage_changeSDM(
        self, title, path=None, requestName=None, keepDataAtLogin=True
    ):
        """Change all settings at once: all of them, or none."""
        self.change(
            title=title,
            container_path=path,
            request_name=requestName or "",
            keeps_data_at_login=bool(keepDataAtLogin),
        )

    # The container at the path of the stock manager

    @security.protected(view_management_screens)
    def usesDefaultSessionDataContainer(self):
        """Return True if the path is that of the stock manager's container."""
        return self.getContainerPath() == DEFAULT_PATH

    @security.protected(view_management_screens)
    def getDefaultSessionDataContainerSettings(self):
        """Return the stock settings of a container that is created there."""
        return dict(
            {
                "title": "",
                "timeout_mins": TIMEOUT_MINUTES,
                "addNotification": "",
                "delNotification": "",
                "limit": LIMIT,
                "period_secs": None,
            },
            **(self._sdc_settings or {}),
        )

    @security.protected(change_session_data_managers)
    def manage_changeSDCDefaults(
        self,
        title="",
        timeout_mins=TIMEOUT_MINUTES,
        addNotification="",
        delNotification="",
        limit=LIMIT,
        period_secs=None,
    ):
        """Set the stock settings of a container that is created at ``DEFAULT_PATH``.

        Raise ``TypeError`` or ``ValueError`` as the container would.
        """
        settings = {
            "title": title,
            "timeout_mins": timeout_mins,
            "addNotification": addNotification,
            "delNotification": delNotification,
            "limit": limit,
            "period_secs": period_secs,
        }
        stock_settings(**settings)
        self._sdc_settings = settings


InitializeClass(ManagerSettings)
