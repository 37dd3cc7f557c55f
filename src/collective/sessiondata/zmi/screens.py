"""The tabs Carry over and Statistics."""

from ..http.ids import STOCK_COOKIE
from ..i18n import _
from ..operations.carryover import carry_over
from ..settings.manager import DEFAULT_PATH
from AccessControl import getSecurityManager
from AccessControl import Unauthorized
from Products.Five.browser import BrowserView
from Products.Five.browser.pagetemplatefile import ViewPageTemplateFile
from Products.Sessions.interfaces import SessionDataManagerErr
from Products.Sessions.permissions import change_session_data_managers
from Products.Transience.permissions import manage_transient_containers


class _Tab(BrowserView):
    """A page with a form. Sending the form needs a ``permission``."""

    permission = None

    def __call__(self):
        # Pairs of a kind, as Bootstrap calls it, and a message.
        alerts = []
        if self.request.method == "POST":
            if not getSecurityManager().checkPermission(self.permission, self.context):
                raise Unauthorized(f'This needs the permission "{self.permission}".')
            alerts = self.submit(self.request.form)
        return self.index(alerts=alerts, **self.content())

    def submit(self, form):
        """Do what the form is for. Return pairs of a kind and a message."""
        raise NotImplementedError

    def content(self):
        """Return what the template shows, by name."""
        raise NotImplementedError


class CarryOver(_Tab):
    """Carries sessions of another product over to a session data manager."""

    index = ViewPageTemplateFile("form.pt")
    permission = change_session_data_managers

    def content(self):
        form = self.request.form
        path, cookie = form.get("path", DEFAULT_PATH), form.get("cookie", STOCK_COOKIE)
        return {
            "tabs": self.context.manage_tabs(self.context, self.request),
            "intro": _(
                "Moves the active sessions from the container of another product to "
                "this manager. Visitors keep them as long as their browsers send the "
                "cookie of the other product."
            ),
            "action": self.__name__,
            "fields": [
                ("path", _("Path of the former session data container"), path),
                ("cookie", _("Name of its cookie"), cookie),
            ],
            "button": _("Carry over"),
        }

    def submit(self, form):
        path, cookie = (form.get(it, "").strip() for it in ("path", "cookie"))
        if not cookie:
            return [("danger", _("Enter the name of the cookie."))]
        try:
            result = carry_over(self.context, path, cookie)
        except SessionDataManagerErr as error:
            return [("danger", str(error))]
        message = _(
            "Sessions carried over: ${count}.", mapping={"count": result.carried}
        )
        return [("success", message), *(("warning", it) for it in result.problems)]


class Statistics(_Tab):
    """Shows how many sessions a container has, and removes the expired ones."""

    index = ViewPageTemplateFile("statistics.pt")
    permission = manage_transient_containers

    def content(self):
        statistics = self.context.statistics()
        return {
            "exact": statistics.exact,
            "rows": [
                (_("Active sessions"), f"{statistics.live:,}"),
                (_("Waiting for cleanup"), f"{statistics.expired:,}"),
                (_("Size of their data, in bytes"), f"{statistics.bytes:,}"),
                (_("Created per minute"), f"{statistics.created_per_minute:.1f}"),
                (_("Created since the container was made"), f"{statistics.created:,}"),
            ],
        }

    def submit(self, form):
        count = self.context.sweep().removed
        message = _("Expired sessions removed: ${count}.", mapping={"count": count})
        return [("success", message)]
