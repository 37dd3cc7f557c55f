"""The add forms of the three objects, and their factories."""

from ..browserid import BROWSER_ID_MANAGER
from ..browserid import BrowserIdManager
from ..container import TransientObjectContainer
from ..i18n import _
from ..manager import SESSION_DATA_MANAGER
from ..manager import SessionDataManager
from ..settings.browserid import COOKIE_NAME
from ..settings.browserid import COOKIES
from ..settings.container import LIMIT
from ..settings.container import TIMEOUT_MINUTES
from ..settings.manager import REQUEST_NAME
from AccessControl.requestmethod import requestmethod
from Products.PageTemplates.PageTemplateFile import PageTemplateFile
from zExceptions import BadRequest

_page = PageTemplateFile("form.pt", globals())


def _show(dispatcher, action, heading, intro, id=None):
    """Return an add form. Without ``id`` the form does not ask for one."""
    return _page.__of__(dispatcher)(
        title=dispatcher.manage_form_title(dispatcher, None, form_title=heading),
        intro=intro,
        action=action,
        fields=[("id", _("Id"), id)][: id is not None] + [("title", _("Title"), "")],
        button=_("Add"),
    )


def constructBrowserIdManagerForm(self, REQUEST):
    """Show the form that adds a browser id manager."""
    return _show(
        self,
        "constructBrowserIdManager",
        _("Browser id manager"),
        _(
            "Gives each browser a secret ID and recognizes the browser by it. All "
            "settings are on the Properties tab."
        ),
    )


def constructSessionDataManagerForm(self, REQUEST):
    """Show the form that adds a session data manager."""
    return _show(
        self,
        "constructSessionDataManager",
        _("Session data manager"),
        _(
            "Gives views, templates and scripts the session of their visitor. All "
            "settings are on the Properties tab."
        ),
        SESSION_DATA_MANAGER,
    )


def constructTransientObjectContainerForm(self, REQUEST):
    """Show the form that adds a container."""
    return _show(
        self,
        "constructTransientObjectContainer",
        _("Transient object container"),
        _("Stores sessions until they expire. All settings are on the Properties tab."),
        "session_data",
    )


def _add(dispatcher, request, create):
    """Add the object that ``create`` returns, and show its Properties tab.

    Raise ``BadRequest`` for a bad value in a form.
    """
    try:
        ob = create()
    except (TypeError, ValueError) as error:
        if request is None:
            raise
        raise BadRequest(str(error)) from error
    id = dispatcher._setObject(ob.getId(), ob)
    if request is not None:
        url = f"{dispatcher.DestinationURL()}/{id}/manage_workspace"
        request.response.redirect(url)


@requestmethod("POST")
def constructBrowserIdManager(
    self,
    id=BROWSER_ID_MANAGER,
    title="",
    idname=COOKIE_NAME,
    location=(COOKIES,),
    cookiepath="",
    cookiedomain="",
    cookielifedays=0,
    cookiesecure=0,
    cookiehttponly=1,
    auto_url_encoding=0,
    cookiesamesite="Lax",
    REQUEST=None,
):
    """Add a browser id manager."""

    def create():
        manager = BrowserIdManager(id)
        manager.manage_changeBrowserIdManager(
            title,
            idname,
            location,
            cookiepath,
            cookiedomain,
            cookielifedays,
            cookiesecure,
            cookiehttponly,
            auto_url_encoding,
            cookiesamesite,
        )
        return manager

    _add(self, REQUEST, create)


@requestmethod("POST")
def constructSessionDataManager(
    self, id, title="", path=None, requestName=REQUEST_NAME, REQUEST=None
):
    """Add a session data manager."""
    _add(self, REQUEST, lambda: SessionDataManager(id, path, title, requestName))


@requestmethod("POST")
def constructTransientObjectContainer(
    self,
    id,
    title="",
    timeout_mins=TIMEOUT_MINUTES,
    addNotification=None,
    delNotification=None,
    limit=LIMIT,
    period_secs=None,
    REQUEST=None,
):
    """Add a container."""
    stock = timeout_mins, addNotification, delNotification, limit, period_secs
    _add(self, REQUEST, lambda: TransientObjectContainer(id, title, *stock))
