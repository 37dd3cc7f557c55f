"""The tabs of the three objects."""

from ..http.ids import STOCK_COOKIE
from ..i18n import _
from ..operations.carryover import carry_over
from ..settings.manager import DEFAULT_PATH
from .fields import Field
from .fields import InputError
from .fields import lines
from .fields import read_all
from .settings import BrowserIds
from .settings import Container
from .settings import SessionData
from AccessControl import getSecurityManager
from AccessControl import Unauthorized
from Products.Five.browser import BrowserView
from Products.Five.browser.pagetemplatefile import ViewPageTemplateFile
from Products.Sessions.interfaces import SessionDataManagerErr
from Products.Sessions.permissions import change_session_data_managers
from Products.Transience.permissions import manage_transient_containers


def _need(permission, context):
    if not getSecurityManager().checkPermission(permission, context):
        raise Unauthorized(f'This needs the permission "{permission}".')


class _Form(BrowserView):
    """A form that can be sent."""

    index = ViewPageTemplateFile("form.pt")

    heading = None
    intro = None
    fields = ()
    button = None
    permission = None

    # What is shown as somebody's mistake.
    errors = (ValueError, TypeError)

    def __call__(self):
        error = message = form = None
        if self.request.method == "POST":
            _need(self.permission, self.context)
            form = self.request.form
            try:
                message = self.submit(read_all(self.fields, form))
            except self.errors as problem:
                error = problem.args[0]
        return self.index(
            heading=self.heading,
            intro=self.intro,
            fields=lines(self.fields, self.values(), error and form),
            action=self.__name__,
            button=self.button,
            error=error,
            message=message,
            warning=self.warning(),
        )

    def values(self):
        """Return what the fields hold, by name."""
        raise NotImplementedError

    def submit(self, values):
        """Do what the form is for; return a message."""
        raise NotImplementedError

    def warning(self):
        """Return what is wrong, or None."""


class _Settings(_Form):
    """A form with the settings of an object."""

    settings = None
    button = _("Save changes")

    heading = property(lambda self: self.settings.heading)
    intro = property(lambda self: self.settings.intro)
    fields = property(lambda self: self.settings.fields)
    permission = property(lambda self: self.settings.permission)

    def values(self):
        return self.settings.values(self.context)

    def submit(self, values):
        self.settings.apply(self.context, values)
        return _("Changes saved.")


class BrowserIdSettings(_Settings):
    settings = BrowserIds


class SessionDataSettings(_Settings):
    settings = SessionData

    def warning(self):
        if not self.context.hasSessionDataContainer():
            return _("There is no session data container at this path.")


class ContainerSettings(_Settings):
    settings = Container


class CarryOver(_Form):
    """Sessions of another product are moved here."""

    intro = _(
        "Live sessions of another product's container are moved here, and "
        "their visitors keep them."
    )
    fields = (
        Field("path", _("Path of the former session data container"), required=True),
        Field(
            "cookie",
            _("Name of its cookie"),
            _("By it browsers find their sessions, as long as those live."),
            required=True,
        ),
    )
    button = _("Carry over")
    permission = change_session_data_managers
    errors = (InputError, SessionDataManagerErr)

    problems = ()

    def values(self):
        form = self.request.form
        return {
            "path": form.get("path", DEFAULT_PATH),
            "cookie": form.get("cookie", STOCK_COOKIE),
        }

    def submit(self, values):
        result = carry_over(self.context, values["path"], values["cookie"])
        self.problems = result.problems
        return _("Sessions carried over: ${count}.", mapping={"count": result.carried})

    def warning(self):
        return " ".join(self.problems)


class Statistics(BrowserView):
    """How many sessions there are; and they can be swept."""

    index = ViewPageTemplateFile("statistics.pt")

    def __call__(self):
        message = None
        if self.request.method == "POST":
            _need(manage_transient_containers, self.context)
            swept = self.context.sweep()
            message = _(
                "Expired sessions removed: ${count}.", mapping={"count": swept.removed}
            )
        statistics = self.context.statistics()
        rows = [
            (_("Live sessions"), f"{statistics.live:,}"),
            (_("Expired, still to be removed"), f"{statistics.expired:,}"),
            (_("Size of their data, in bytes"), f"{statistics.bytes:,}"),
            (_("Created per minute"), f"{statistics.created_per_minute:.1f}"),
            (_("Created since the container was made"), f"{statistics.created:,}"),
        ]
        return self.index(rows=rows, exact=statistics.exact, message=message)
