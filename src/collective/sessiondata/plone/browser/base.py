"""Base classes and constants of the pages about sessions."""

from ...i18n import _
from ...interfaces import ITransientObjectContainer
from ...manager import SESSION_DATA_MANAGER
from ...storage.listing import session_info
from ...units import iso
from .formatting import duration
from .formatting import number
from .formatting import size
from AccessControl import getSecurityManager
from DateTime import DateTime
from plone.memoize.view import memoize
from plone.protect import CheckAuthenticator
from Products.CMFCore.utils import getToolByName
from Products.Five.browser import BrowserView
from Products.Sessions.interfaces import SessionDataManagerErr
from Products.statusmessages.interfaces import IStatusMessage
from urllib.parse import urlencode

END_SESSIONS = "collective.sessiondata: End sessions"

# The number of digits of a handle that are shown. The command line and REST find a
# session by these.
HANDLE_DIGITS = 8


def missing_container_message(tool):
    """Return the message for a session data manager without a container."""
    return _(
        "There is no container for sessions at ${path}, so visitors have none. Add one "
        "there, or set another path, in the management interface at ${tool}.",
        mapping={
            "path": tool.getContainerPath(),
            "tool": "/".join(tool.getPhysicalPath()),
        },
    )


class SessionsView(BrowserView):
    """A page about sessions."""

    session_info = staticmethod(session_info)
    number = staticmethod(number)
    size = staticmethod(size)
    duration = staticmethod(duration)
    iso = staticmethod(iso)

    @property
    def tool(self):
        return self.context[SESSION_DATA_MANAGER]

    @property
    @memoize
    def container(self):
        """The container, or None if it is missing or belongs to another product."""
        found = self._found_container
        return found if ITransientObjectContainer.providedBy(found) else None

    @property
    @memoize
    def _found_container(self):
        try:
            return self.tool.container()
        except SessionDataManagerErr as error:
            return error

    def problem(self):
        """Return a message why no sessions can be shown, or None."""
        found = self._found_container
        if isinstance(found, Exception):
            return missing_container_message(self.tool)
        if not ITransientObjectContainer.providedBy(found):
            return _(
                "The sessions are in a container of another product, which cannot be "
                "asked for them."
            )
        return None

    def time(self, seconds):
        """Return seconds since the epoch in the date format of the site."""
        plone = self.context.restrictedTraverse("@@plone")
        return plone.toLocalizedTime(DateTime(seconds), long_format=1)

    def name_of(self, user_id):
        """Return the full name of a user, followed by the id.

        Users choose their full names, so these alone do not identify them.
        """
        membership = getToolByName(self.context, "portal_membership")
        info = membership.getMemberInfo(user_id) or {}
        name = info.get("fullname")
        return f"{name} ({user_id})" if name and name != user_id else user_id

    def short_handle(self, row):
        """Return the digits of a handle that are shown."""
        return row.handle[:HANDLE_DIGITS]

    def url(self, name, **query):
        """Return the address of a page, with the values of ``query`` that are set."""
        query = {key: value for key, value in query.items() if value}
        address = f"{self.context.absolute_url()}/@@{name}"
        return f"{address}?{urlencode(query)}" if query else address

    def may_end(self):
        """Return True if the current user may end the sessions of others."""
        return bool(getSecurityManager().checkPermission(END_SESSIONS, self.context))


class EndingView(SessionsView):
    """A page with a form that ends sessions."""

    def end(self):
        """End the sessions named in the form; return a message."""
        raise NotImplementedError

    def end_and_redirect(self, name):
        """End sessions, and redirect to the page ``name``, which shows the message."""
        CheckAuthenticator(self.request)
        IStatusMessage(self.request).add(self.end(), "info")
        return self.request.response.redirect(self.url(name))
