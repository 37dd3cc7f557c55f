"""``@session``: what add-ons expose of a visitor's own session."""

from ...i18n import _
from ...manager import SESSION_DATA_MANAGER
from ...slots import exposed
from . import tags
from .fields import Record
from .service import ChangingService
from .service import SessionService
from urllib.parse import quote


class _SlotService(SessionService):
    """The address is ``@session``, or ``@session/NAME``: one slot."""

    @property
    def tool(self):
        return self.context[SESSION_DATA_MANAGER]

    @property
    def name(self):
        """The name of the slot; None: all are meant."""
        return self.params[0] if self.params else None

    @property
    def slots(self):
        """The slots that are exposed, by name."""
        return exposed(self.request)

    def content(self, name):
        """Return the visitor's object of a slot, or None; nothing is created."""
        session = self.tool.getSessionData(create=False)
        return None if session is None else session.get(name)

    def exists(self):
        """Return True if there is something at the address, even if it is empty."""
        names = [self.name] if self.name else self.slots
        return any(self.content(name) is not None for name in names)

    def url(self, *names):
        return "/".join((self.context.absolute_url(), "@session", *map(quote, names)))

    def record(self, name, content):
        """Return the ``Record`` of a slot with ``content``, an object or None."""
        return Record(
            self.slots[name].schema,
            content,
            name,
            self.url(name),
            self.context,
            self.request,
        )

    def representation(self):
        """Return what there is at the address."""
        if self.name:
            return self._representation_of(self.name)
        return {
            "@id": self.url(),
            "slots": {name: self._present(name) for name in self.slots},
        }

    def _present(self, name):
        if self.content(name) is None:
            return None
        return self._representation_of(name)

    def _representation_of(self, name):
        fields = self.record(name, self.content(name)).to_json()
        return {"@id": self.url(name), **fields}

    def tag_of(self, representation):
        """Return the entity tag of what there is at the address."""
        return tags.tag_of(self.exists(), representation)

    def unknown(self):
        """Return the answer to an address of nothing, or None."""
        if self.params and (len(self.params) > 1 or self.name not in self.slots):
            return self.refuse(
                404,
                _(
                    "No such slot is exposed. Exposed are: ${names}.",
                    mapping={"names": ", ".join(self.slots) or "-"},
                ),
            )
        return None

    def stale(self):
        """Return the answer to who has something else in mind, or None."""
        if not tags.has_condition(self.request):
            # Nor is an object loaded that may only be discarded.
            return None
        tag = self.tag_of(self.representation())
        if tags.is_stale(self.request, tag, self.exists()):
            return self.refuse(
                412,
                _("It has changed since you looked. Nothing was changed; look again."),
            )
        return None


class Get(_SlotService):
    """Shows one slot, or all."""

    def reply(self):
        unknown = self.unknown()
        if unknown:
            return unknown
        representation = self.representation()
        tag = self.tag_of(representation)
        tags.send(self.request, tag)
        if tags.is_known(self.request, tag, self.exists()):
            return self.reply_no_content(304)
        return representation


class Patch(_SlotService, ChangingService):
    """Changes fields of one slot."""

    needs_body = True

    def change(self):
        if not self.name:
            return self.refuse(
                400,
                _(
                    "Say which slot: @session/NAME. Exposed are: ${names}.",
                    mapping={"names": ", ".join(self.slots) or "-"},
                ),
            )
        return self.unknown() or self.stale() or self._change(self.body())

    def _change(self, data):
        if data is None:
            return self.refuse(400, _("Send a JSON object, with fields by name."))
        # As clients got it.
        data.pop("@id", None)
        present = content = self.content(self.name)
        if content is None:
            factory = self.slots[self.name].factory
            if factory is None:
                return self.refuse(
                    404, _("There is nothing to change yet, and nothing begins here.")
                )
            content = factory()
        record = self.record(self.name, content)
        values, errors = record.from_json(data)
        if values and not errors:
            errors = record.broken_by(values)
        if errors:
            return self.invalid(errors)
        if values:
            record.change(values)
            if present is None:
                self.tool.getSessionData(create=True)[self.name] = content
        representation = self.representation()
        tags.send(self.request, self.tag_of(representation))
        wanted = self.request.getHeader("Prefer") or ""
        if "return=representation" in wanted.replace(" ", ""):
            return representation
        return self.reply_no_content()


class Delete(_SlotService, ChangingService):
    """Discards one slot, or all that are exposed."""

    def change(self):
        refused = self.unknown() or self.stale()
        if refused:
            return refused
        session = self.tool.getSessionData(create=False)
        for name in [self.name] if self.name else self.slots:
            if session is not None and name in session:
                # Not pop: it would load an object whose class may be gone.
                del session[name]
        return self.reply_no_content()
