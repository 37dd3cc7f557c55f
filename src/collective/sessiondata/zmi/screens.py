"""The tabs of the three objects."""

from ..former import carry_over
from ..formerids import STOCK_COOKIE
from ..i18n import _
from ..managersettings import DEFAULT_PATH
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


class _Settings(BrowserView):
    """A form with the settings of an object."""

    settings = None
    index = ViewPageTemplateFile("form.pt")

    def __call__(self):
        fields = self.settings.fields
        error = message = form = None
        if self.request.method == "POST":
            _need(self.settings.permission, self.context)
            form = self.request.form
            try:
                self.settings.apply(self.context, read_all(fields, form))
                message = _("Changes saved.")
            except (InputError, ValueError, TypeError) as problem:
                error = problem.args[0]
        return self.index(
            heading=self.settings.heading,
            intro=self.settings.intro,
            fields=lines(fields, self.settings.values(self.context), error and form),
            action=self.__name__,
            button=_("Save changes"),
            error=error,
            message=message,
            warning=self.warning(),
            adding=False,
        )

    def warning(self):
        """Return what is wrong with the object, or None."""


class BrowserIdSettings(_Settings):
    settings = BrowserIds


class SessionDataSettings(_Settings):
    settings = SessionData

    def warning(self):
        if not self.context.hasSessionDataContainer():
            return _("There is no session data container at this path.")


class ContainerSettings(_Settings):
    settings = Container


class CarryOver(BrowserView):
    """Sessions of another product are moved here."""

    index = ViewPageTemplateFile("form.pt")

    fields = (
        Field("path", _("Path of the former session data container"), required=True),
        Field(
            "cookie",
            _("Name of its cookie"),
            _("By it browsers find their sessions, as long as those live."),
            required=True,
        ),
    )
    default = {"path": DEFAULT_PATH, "cookie": STOCK_COOKIE}

    def __call__(self):
        error = message = warning = form = None
        if self.request.method == "POST":
            _need(change_session_data_managers, self.context)
            form = self.request.form
            try:
                values = read_all(self.fields, form)
                result = carry_over(self.context, values["path"], values["cookie"])
                message = _(
                    "Sessions carried over: ${count}.",
                    mapping={"count": result.carried},
                )
                warning = " ".join(result.problems)
            except (InputError, SessionDataManagerErr) as problem:
                error = problem.args[0]
        return self.index(
            heading=None,
            intro=_(
                "Live sessions of another product's container are moved here, and "
                "their visitors keep them."
            ),
            fields=lines(self.fields, self.default, form),
            action=self.__name__,
            button=_("Carry over"),
            error=error,
            message=message,
            warning=warning,
            adding=False,
        )


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
            (_("Created since the container is there"), f"{statistics.created:,}"),
        ]
        return self.index(rows=rows, exact=statistics.exact, message=message)
