"""A user's own sessions: show them, and end one or all others."""

from ...i18n import _
from .base import EndingView
from .listing import as_text
from heapq import nlargest
from Products.CMFCore.utils import getToolByName
from zope.component import queryMultiAdapter

# The largest number of sessions that are shown. A program that does not keep cookies
# may have created very many.
MAX_SHOWN = 50


class MySessions(EndingView):
    """``@@my-sessions``"""

    # The number of sessions that are not shown.
    hidden = 0

    def __call__(self):
        membership = getToolByName(self.context, "portal_membership")
        self.user_id = membership.getAuthenticatedMember().getId()
        if self.request.method == "POST":
            return self.end_and_redirect("my-sessions")
        return self.index()

    def tabs(self):
        """Return the tabs of the user's preferences, followed by this page."""
        page = queryMultiAdapter(
            (self.context, self.request), name="personal-preferences"
        )
        tabs = [] if page is None else page.prepareObjectTabs()
        own = {
            "id": "user_data-my-sessions",
            "title": _("My sessions"),
            "url": self.url("my-sessions"),
            "selected": True,
        }
        return [{**tab, "selected": False} for tab in tabs] + [own]

    def current_handle(self):
        """Return the handle of this browser's session, or None."""
        if self.container is None:
            # Reading a session of another product may write.
            return None
        session = self.tool.getSessionData(create=False)
        return None if session is None else session.getId()

    def sessions(self):
        """Return the user's sessions, the last used first; see ``SessionInfo``."""
        if self.container is None:
            return []
        found = self.container.sessions_of(self.user_id)
        self.hidden = max(len(found) - MAX_SHOWN, 0)
        latest = nlargest(
            MAX_SHOWN, found, key=lambda session: session.getLastAccessed()
        )
        return list(map(self.session_info, latest))

    def end(self):
        handle = as_text(self.request.form.get("handle"))
        count = 0
        if self.request.form.get("others"):
            count = self.tool.endSessionsOf(self.user_id, but_this=True)
        elif self.container is not None:
            # Only sessions of this user.
            own = [
                session
                for session in self.container.sessions_of(self.user_id)
                if session.getId() == handle
            ]
            for session in own:
                session.invalidate()
            count = len(own)
        return _("Sessions ended: ${count}.", mapping={"count": count})
