"""A user's own sessions: where am I logged in with data, since when; end the others."""

from ...i18n import _
from ...storage.listing import session_info
from .listing import as_text
from .overview import Sessions
from heapq import nlargest
from plone.protect import CheckAuthenticator
from Products.CMFCore.utils import getToolByName
from Products.statusmessages.interfaces import IStatusMessage
from zope.component import queryMultiAdapter

# The most sessions that are shown; a program without cookies may have begun very many.
MOST = 50


class OwnSessions(Sessions):
    """``@@my-sessions``"""

    # How many are not shown.
    more = 0

    def __call__(self):
        membership = getToolByName(self.context, "portal_membership")
        self.user_id = membership.getAuthenticatedMember().getId()
        if self.request.method == "POST":
            CheckAuthenticator(self.request)
            IStatusMessage(self.request).add(self.end(), "info")
            return self.request.response.redirect(self.url("my-sessions"))
        return self.index()

    def tabs(self):
        """Return the tabs of the user's preferences, and this one."""
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

    def present(self):
        """Return the handle of the session of this browser, or None."""
        if self.container is None:
            # To look into one of another product may write.
            return None
        session = self.tool.getSessionData(create=False)
        return None if session is None else session.getId()

    def sessions(self):
        """Return the user's sessions, ``SessionInfo``: those used last come first."""
        if self.container is None:
            return []
        found = self.container.sessions_of(self.user_id)
        self.more = max(len(found) - MOST, 0)
        latest = nlargest(MOST, found, key=lambda it: it.getLastAccessed())
        return list(map(session_info, latest))

    def end(self):
        """End what the form says; return what to say of it."""
        handle = as_text(self.request.form.get("handle"))
        count = 0
        if self.request.form.get("others"):
            count = self.tool.endSessionsOf(self.user_id, but_this=True)
        elif self.container is not None:
            # Only among one's own.
            own = [
                session
                for session in self.container.sessions_of(self.user_id)
                if session.getId() == handle
            ]
            for session in own:
                session.invalidate()
            count = len(own)
        return _("Sessions ended: ${count}.", mapping={"count": count})
