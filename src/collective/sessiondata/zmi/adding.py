"""How the three objects are added: by a form, or by a script."""

from ..browserid import BROWSER_ID_MANAGER
from ..browserid import BrowserIdManager
from ..container import TransientObjectContainer
from ..i18n import _
from ..manager import SESSION_DATA_MANAGER
from ..manager import SessionDataManager
from .fields import Field
from .fields import lines
from .fields import read_all
from .settings import BrowserIds
from .settings import Container
from .settings import SessionData
from AccessControl.requestmethod import requestmethod
from Products.PageTemplates.PageTemplateFile import PageTemplateFile
from zExceptions import BadRequest

_form = PageTemplateFile("form.pt", globals())


class _AddForm:
    """The form for one kind of object, and what becomes of it."""

    def __init__(self, settings, factory, action, fields, default):
        self.settings = settings
        self.factory = factory
        self.action = action
        self.fields = fields + settings.fields
        self.default = {**default, **settings.default}

    def show(self, dispatcher, request, error=None):
        """Return the page."""
        return _form.__of__(dispatcher)(
            heading=self.settings.heading,
            intro=self.settings.intro,
            fields=lines(self.fields, self.default, error and request.form),
            action=self.action,
            button=_("Add"),
            error=error,
            adding=True,
        )

    def add(self, dispatcher, request):
        """Add what the form says and go there, or return the form with an error."""
        try:
            values = read_all(self.fields, request.form)
            id = values.pop("id", BROWSER_ID_MANAGER)
            ob = self.factory(id)
            self.settings.apply(ob, values)
            dispatcher._setObject(id, ob)
        except (ValueError, TypeError, BadRequest) as error:
            return self.show(dispatcher, request, error.args[0])
        url = f"{dispatcher.DestinationURL()}/{id}/manage_workspace"
        return request.response.redirect(url)


_ID = Field("id", _("Id"), required=True)


_browser_ids = _AddForm(
    BrowserIds, BrowserIdManager, "constructBrowserIdManager", (), {}
)
_session_data = _AddForm(
    SessionData,
    SessionDataManager,
    "constructSessionDataManager",
    (_ID,),
    {"id": SESSION_DATA_MANAGER},
)
_container = _AddForm(
    Container,
    TransientObjectContainer,
    "constructTransientObjectContainer",
    (_ID,),
    {"id": "session_data"},
)


def constructBrowserIdManagerForm(self, REQUEST):
    """Show the form that adds a browser id manager."""
    return _browser_ids.show(self, REQUEST)


def constructSessionDataManagerForm(self, REQUEST):
    """Show the form that adds a session data manager."""
    return _session_data.show(self, REQUEST)


def constructTransientObjectContainerForm(self, REQUEST):
    """Show the form that adds a container."""
    return _container.show(self, REQUEST)


@requestmethod("POST")
def constructBrowserIdManager(
    self, id=BROWSER_ID_MANAGER, title="", REQUEST=None, **settings
):
    """Add a browser id manager.

    ``settings`` are those of its ``manage_changeBrowserIdManager``.
    """
    if REQUEST is not None:
        return _browser_ids.add(self, REQUEST)
    manager = BrowserIdManager(id)
    manager.manage_changeBrowserIdManager(title, **settings)
    self._setObject(id, manager)


@requestmethod("POST")
def constructSessionDataManager(
    self, id, title="", path=None, requestName=None, REQUEST=None
):
    """Add a session data manager."""
    if REQUEST is not None:
        return _session_data.add(self, REQUEST)
    self._setObject(id, SessionDataManager(id, path, title, requestName))


@requestmethod("POST")
def constructTransientObjectContainer(
    self,
    id,
    title="",
    timeout_mins=20,
    addNotification=None,
    delNotification=None,
    limit=0,
    period_secs=None,
    REQUEST=None,
):
    """Add a container."""
    if REQUEST is not None:
        return _container.add(self, REQUEST)
    self._setObject(
        id,
        TransientObjectContainer(
            id,
            title,
            timeout_mins,
            addNotification,
            delNotification,
            limit,
            period_secs,
        ),
    )
