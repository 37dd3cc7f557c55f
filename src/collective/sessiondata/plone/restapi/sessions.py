"""``@sessions``: list active sessions and end them, for administrators."""

from ...database.location import location_of
from ...i18n import _
from ...interfaces import ITransientObjectContainer
from ...manager import SESSION_DATA_MANAGER
from ...storage.listing import session_info
from ...units import iso
from ..browser.base import missing_container_message
from ..browser.listing import as_text
from ..browser.listing import listing_of
from ..browser.listing import SORTS
from .service import ChangingService
from .service import SessionService
from plone.restapi.batching import HypermediaBatch
from plone.restapi.deserializer import parse_int
from Products.Sessions.interfaces import SessionDataManagerErr

ORDERS = ("ascending", "descending")


class _SessionsService(SessionService):
    """A service at ``@sessions``, or at ``@sessions/HANDLE``, for one session."""

    @property
    def tool(self):
        return self.context[SESSION_DATA_MANAGER]

    @property
    def container(self):
        """The container, or None if it is missing or belongs to another product."""
        # container() would create it.
        container = self.tool.present_container()
        return container if ITransientObjectContainer.providedBy(container) else None

    def missing_container(self):
        """Return the response if the path of the container is wrong, or None."""
        if self.tool.getContainerPath():
            try:
                self.tool.container()
            except SessionDataManagerErr:
                return self.refuse(503, missing_container_message(self.tool))
        return None

    def url(self, *names):
        return "/".join((self.context.absolute_url(), "@sessions", *names))

    def row(self, row):
        """Return a ``SessionInfo`` session for JSON."""
        return {
            "@id": self.url(row.handle),
            "handle": row.handle,
            "user_id": row.user_id,
            "browser": row.browser,
            "created": iso(row.created),
            "accessed": iso(row.accessed),
            "keys": list(row.keys),
            "keys_total": row.number_of_keys,
            "size_bytes": row.size,
        }

    def find_session(self):
        """Return a pair: the session of the handle in the address, and None.

        Without a session, return None and the response that says why.
        """
        missing = self.missing_container()
        if missing:
            return None, missing
        found = []
        if self.container is not None and len(self.params) == 1:
            try:
                found = self.container.with_handle(self.params[0])
            except ValueError:
                return None, self.refuse(
                    400,
                    _(
                        "This is no handle. Take one from the list, or its first "
                        "eight digits at least (0-9 and a-f)."
                    ),
                )
        if not found:
            return None, self.refuse(404, _("There is no such session any more."))
        if len(found) > 1:
            return None, self.refuse(
                400, _("Several sessions begin so. Send more digits of the handle.")
            )
        return found[0], None


class Get(_SessionsService):
    """Returns statistics and a list, or one session."""

    def reply(self):
        if self.params:
            session, refused = self.find_session()
            return refused or self.row(session_info(session))
        missing = self.missing_container()
        if missing:
            return missing
        form = self.request.form
        sort_on = form.get("sort_on", "accessed")
        if sort_on not in list(SORTS):
            return self._refuse_parameter("sort_on", SORTS)
        key, largest_first = SORTS[sort_on]
        order = form.get("sort_order", ORDERS[largest_first])
        if order not in ORDERS:
            return self._refuse_parameter("sort_order", ORDERS)
        if parse_int(form, "b_size", 1) < 1 or parse_int(form, "b_start", 0) < 0:
            return self.refuse(400, _("b_size is 1 or more, b_start 0 or more."))
        rows, is_complete = self._rows()
        rows.sort(key=key, reverse=order == "descending")
        batch = HypermediaBatch(self.request, rows)
        result = {
            "@id": batch.canonical_url,
            **self._summary(),
            "items": [self.row(row) for row in batch],
            "items_total": batch.items_total,
            "complete": is_complete,
        }
        if batch.links:
            result["batching"] = batch.links
        return result

    def _refuse_parameter(self, name, values):
        return self.refuse(
            400,
            _(
                "${name} is one of: ${words}.",
                mapping={"name": name, "words": ", ".join(values)},
            ),
        )

    def _rows(self):
        """Return a list of ``SessionInfo`` sessions, and True if these are all."""
        if self.container is None:
            return [], True
        text = as_text(self.request.form.get("user"))
        listing = listing_of(self.context, self.container, text)
        return listing.rows, listing.all

    def _summary(self):
        """Return the statistics and the location; None for each if unknown."""
        container = self.container
        if container is None:
            return {"statistics": None, "location": None}
        return {
            "statistics": container.statistics().as_dict(),
            "location": location_of(container).as_dict(),
        }


class Delete(_SessionsService, ChangingService):
    """Ends one session, the sessions of a user, or all."""

    def change(self):
        form = self.request.form
        chosen = {name: form[name] for name in ("user", "all") if name in form}
        if len(chosen) + len(self.params) != 1:
            return self._refuse_parameters()
        if self.params:
            session, refused = self.find_session()
            if refused:
                return refused
            session.invalidate()
            return self.reply_no_content()
        ((kind, value),) = chosen.items()
        if kind == "user" and value and isinstance(value, str):
            return {"ended": self.tool.endSessionsOf(value)}
        if kind == "all" and value == "1":
            self.tool.endAllSessions()
            return self.reply_no_content()
        return self._refuse_parameters()

    def _refuse_parameters(self):
        return self.refuse(
            400,
            _(
                "Say which sessions are to end: @sessions/HANDLE, @sessions?user=ID or "
                "@sessions?all=1."
            ),
        )
