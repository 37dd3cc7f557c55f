"""The overview of present sessions, and their end, for site administrators."""

from ...database.location import location_of
from ...i18n import _
from ...manager import SESSION_DATA_MANAGER
from ...storage.foreign import ForeignContainer
from ...storage.listing import session_info
from ...units import iso
from .charts import BarChart
from .charts import LiveChart
from .formatting import duration
from .formatting import number
from .formatting import size
from .listing import as_text
from .listing import listing_of
from .listing import SORTS
from AccessControl import getSecurityManager
from DateTime import DateTime
from plone.batching import Batch
from plone.memoize.view import memoize
from plone.protect import CheckAuthenticator
from Products.CMFCore.utils import getToolByName
from Products.Five.browser import BrowserView
from Products.Sessions.interfaces import SessionDataManagerErr
from Products.statusmessages.interfaces import IStatusMessage
from urllib.parse import urlencode
from zExceptions import BadRequest
from zope.i18n import translate

END = "collective.sessiondata: End sessions"

BATCH = 50

# How many of the sessions that are to end are named.
NAMED = 20

# Of a handle, what is shown: as much as tells sessions apart, and finds one.
SHOWN = 8


def missing_container(tool):
    """Return what to say where ``tool`` finds no container."""
    return _(
        "There is no container for sessions at ${path}, so visitors have none. Add one "
        "there, or set another path, in the management interface at ${tool}.",
        mapping={
            "path": tool.getContainerPath(),
            "tool": "/".join(tool.getPhysicalPath()),
        },
    )


class Sessions(BrowserView):
    """What the pages about sessions have in common."""

    shown = SHOWN
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
        """The container; None, if that is one of another product, or missing."""
        found = self._found_container
        return None if isinstance(found, (ForeignContainer, Exception)) else found

    @property
    @memoize
    def _found_container(self):
        try:
            return self.tool.container()
        except SessionDataManagerErr as error:
            return error

    def trouble(self):
        """Return why nothing can be told of sessions, or None."""
        found = self._found_container
        if isinstance(found, Exception):
            return missing_container(self.tool)
        if isinstance(found, ForeignContainer):
            return _(
                "The sessions are in a container of another product, which cannot be "
                "asked for them."
            )
        return None

    def time(self, seconds):
        """Return a time since the epoch, as this site writes times."""
        plone = self.context.restrictedTraverse("@@plone")
        return plone.toLocalizedTime(DateTime(seconds), long_format=1)

    def name_of(self, user_id):
        """Return the full name of a user and the id; names are what users choose."""
        membership = getToolByName(self.context, "portal_membership")
        info = membership.getMemberInfo(user_id) or {}
        name = info.get("fullname")
        return f"{name} ({user_id})" if name and name != user_id else user_id

    def url(self, name, **query):
        """Return the address of a page about sessions."""
        query = {key: value for key, value in query.items() if value}
        address = f"{self.context.absolute_url()}/@@{name}"
        return f"{address}?{urlencode(query)}" if query else address

    def may_end(self):
        """Return True if this user may end the sessions of others."""
        return bool(getSecurityManager().checkPermission(END, self.context))


class Overview(Sessions):
    """``@@sessions-overview``"""

    def __call__(self):
        form = self.request.form
        self.user = as_text(form.get("user"))
        sort = as_text(form.get("sort"))
        self.sort = sort if sort in SORTS else "accessed"
        self.reverse = bool(form.get("reverse"))
        return self.index()

    @property
    @memoize
    def statistics(self):
        return self.container.statistics()

    def location(self):
        return location_of(self.container)

    def timeout(self):
        """Return the timeout in seconds."""
        return self.container.timeout

    def numbers(self):
        """Return pairs: what is counted, and how much it is."""
        statistics = self.statistics
        where = self.location()
        swept = _("Not yet")
        if statistics.swept:
            swept = self.time(statistics.swept)
        return [
            (_("Live sessions"), number(statistics.live)),
            (_("of these, anonymous visitors"), number(statistics.anonymous)),
            (_("of these, logged in"), number(statistics.logged_in)),
            (_("Begun in the last hour"), number(statistics.created_last_hour)),
            (_("Ended in the last hour"), number(statistics.ended_last_hour)),
            (_("How long visitors stay (median)"), duration(statistics.stay)),
            (_("Size of the sessions"), size(statistics.bytes)),
            (
                _(
                    'Database "${name}" (${kind})',
                    mapping={"name": where.name, "kind": where.storage},
                ),
                size(where.bytes),
            ),
            (_("Last time that expired sessions were removed"), swept),
            (_("Expired, still to be removed"), number(statistics.expired)),
        ]

    @memoize
    def live_chart(self):
        """Return the chart of the sessions over the last day."""
        return LiveChart(self.statistics.history)

    @memoize
    def idle_chart(self):
        """Return the chart of idle times: up to the timeout, as there are no others."""
        pairs = []
        for step, count in self.statistics.idle:
            label = _("longer") if step == float("inf") else duration(step)
            pairs.append((label, count))
            if self.timeout() and step >= self.timeout():
                break
        return BarChart(pairs)

    @property
    @memoize
    def listing(self):
        return listing_of(self.context, self.container, self.user)

    @memoize
    def batch(self):
        """Return the rows to show now."""
        key, largest_first = SORTS[self.sort]
        rows = sorted(self.listing.rows, key=key, reverse=largest_first != self.reverse)
        try:
            start = max(int(self.request.form.get("b_start", 0)), 0)
        except (TypeError, ValueError):
            start = 0
        return Batch(rows, BATCH, start)

    def names(self, row):
        """Return the names of what is in a session, as one text."""
        more = row.number_of_keys - len(row.keys)
        return ", ".join([*row.keys, *([f"+{number(more)}"] if more else [])])

    def columns(self):
        """Return the heads of the columns that can be sorted.

        Each is a name, a title, the address that sorts by it, and how it is sorted, as
        ARIA says it.
        """
        titles = {
            "user": _("User"),
            "created": _("Begun"),
            "accessed": _("Last used"),
            "size": _("Size"),
        }
        columns = {}
        for name, title in titles.items():
            is_sorted = name == self.sort
            reverse = is_sorted and not self.reverse
            order = "descending" if SORTS[name][1] != self.reverse else "ascending"
            columns[name] = {
                "title": title,
                "url": self.url(
                    "sessions-overview",
                    user=self.user,
                    sort=name,
                    reverse="1" if reverse else "",
                ),
                "sorted": order if is_sorted else None,
            }
        return columns


class End(Sessions):
    """``@@sessions-end``: asks whether sessions are to end, and ends them."""

    most = NAMED

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
            CheckAuthenticator(self.request)
            IStatusMessage(self.request).add(self.end(), "info")
            return self.request.response.redirect(self.url("sessions-overview"))
        return self.index()

    @memoize
    def sessions(self):
        """Return the sessions that were chosen; not all of all."""
        if self.kind == "user":
            return self.container.sessions_of(self.value)
        try:
            found = self.container.with_handle(self.value)
        except ValueError:
            return []
        # The beginning of a handle may be that of several.
        return found if len(found) == 1 else []

    def end(self):
        """End what was chosen; return what to say of it."""
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
