"""The overview of active sessions, for site administrators."""

from ...database.location import location_of
from ...i18n import _
from .base import SessionsView
from .charts import BarChart
from .charts import LiveChart
from .formatting import duration
from .formatting import number
from .formatting import size
from .listing import as_text
from .listing import listing_of
from .listing import SORTS
from plone.batching import Batch
from plone.memoize.view import memoize

BATCH_SIZE = 50


class Overview(SessionsView):
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
        """Return the idle timeout in seconds."""
        return self.container.timeout

    def numbers(self):
        """Return pairs of a label and a value."""
        statistics = self.statistics
        location = self.location()
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
                    mapping={"name": location.name, "kind": location.storage},
                ),
                size(location.bytes),
            ),
            (_("Last time that expired sessions were removed"), swept),
            (_("Expired, still to be removed"), number(statistics.expired)),
        ]

    @memoize
    def live_chart(self):
        """Return the chart of the number of sessions over the last day."""
        return LiveChart(self.statistics.history)

    @memoize
    def idle_chart(self):
        """Return the chart of idle times up to the timeout."""
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
        """Return the rows of the current page of the list."""
        key, largest_first = SORTS[self.sort]
        rows = sorted(self.listing.rows, key=key, reverse=largest_first != self.reverse)
        try:
            start = max(int(self.request.form.get("b_start", 0)), 0)
        except (TypeError, ValueError):
            start = 0
        return Batch(rows, BATCH_SIZE, start)

    def names(self, row):
        """Return the keys of a session as one text."""
        more = row.number_of_keys - len(row.keys)
        return ", ".join([*row.keys, *([f"+{number(more)}"] if more else [])])

    def columns(self):
        """Return the sortable columns by name.

        Each is a dict: ``title``; ``url``, which sorts by the column; and ``sorted``, the
        value of the attribute aria-sort, or None.
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
