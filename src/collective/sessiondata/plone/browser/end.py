"""The page that asks for confirmation and ends sessions, for site administrators."""

from ...i18n import _
from .base import EndingView
from .listing import as_text
from plone.memoize.view import memoize
from zExceptions import BadRequest
from zope.i18n import translate

# The largest number of sessions that are listed in the question.
MAX_LISTED = 20


class EndSessions(EndingView):
    """``@@sessions-end``"""

    max_listed = MAX_LISTED

    def __call__(self):
        form = self.request.form
        chosen = {
            name: as_text(form[name])
            for name in ("handle", "user", "all")
            if as_text(form.get(name))
        }
        if len(chosen) != 1 or self.container is None:
            message = _("Say which sessions: handle, user or all.")
            raise BadRequest(translate(message, context=self.request))
        ((self.kind, self.value),) = chosen.items()
        if self.request.method == "POST":
            return self.end_and_redirect("sessions-overview")
        return self.index()

    @memoize
    def sessions(self):
        """Return the sessions of a user, or the session of a handle, as a list."""
        if self.kind == "user":
            return self.container.sessions_of(self.value)
        try:
            found = self.container.with_handle(self.value)
        except ValueError:
            return []
        # Several handles may begin with these digits.
        return found if len(found) == 1 else []

    def end(self):
        if self.kind == "all":
            self.tool.endAllSessions()
            return _("All sessions have ended.")
        if self.kind == "user":
            count = self.tool.endSessionsOf(self.value)
        else:
            sessions = self.sessions()
            for session in sessions:
                session.invalidate()
            count = len(sessions)
        if not count:
            return _("There was no such session any more.")
        return _("Sessions ended: ${count}.", mapping={"count": count})
