"""``@session``: the slots of a visitor's own session that add-ons expose."""

from ...i18n import _
from ...manager import SESSION_DATA_MANAGER
from ...slots import exposed
from .fields import Record
from .service import ChangingService
from .service import SessionService
from .validation import entity_tag
from .validation import has_precondition
from .validation import matches_none
from .validation import meets_preconditions
from .validation import send_entity_tag
from urllib.parse import quote


class _SlotService(SessionService):
    """A service at ``@session``, for all slots, or at ``@session/NAME``, for one."""

    @property
    def tool(self):
        return self.context[SESSION_DATA_MANAGER]

    @property
    def name(self):
        """The name of the slot in the address, or None for all slots."""
        return self.params[0] if self.params else None

    @property
    def slots(self):
        """The exposed slots by name."""
        return exposed(self.request)

    def content(self, name):
        """Return the visitor's object of a slot, or None. Does not create a session."""
        session = self.tool.getSessionData(create=False)
        return None if session is None else session.get(name)

    def exists(self):
        """Return True if the visitor has an object of a slot at this address."""
        names = [self.name] if self.name else self.slots
        return any(self.content(name) is not None for name in names)

    def url(self, *names):
        return "/".join((self.context.absolute_url(), "@session", *map(quote, names)))

    def record(self, name, content):
        """Return the ``Record`` of a slot; ``content`` is its object or None."""
        return Record(
            self.slots[name].schema,
            content,
            name,
            self.url(name),
            self.context,
            self.request,
        )

    def representation(self):
        """Return the slot at this address, or all slots, for JSON."""
        if self.name:
            return self._representation_of(self.name)
        return {
            "@id": self.url(),
            "slots": {
                name: (
                    None
                    if self.content(name) is None
                    else self._representation_of(name)
                )
                for name in self.slots
            },
        }

    def _representation_of(self, name):
        fields = self.record(name, self.content(name)).to_json()
        return {"@id": self.url(name), **fields}

    def tag_of(self, representation):
        """Return the entity tag of a representation of this address."""
        return entity_tag(self.exists(), representation)

    def unknown_slot(self):
        """Return the response to an address without a slot, or None."""
        if self.params and (len(self.params) > 1 or self.name not in self.slots):
            return self.refuse(
                404,
                _(
                    "No such slot is exposed. Exposed are: ${names}.",
                    mapping={"names": ", ".join(self.slots) or "-"},
                ),
            )
        return None

    def failed_precondition(self):
        """Return 412 if If-Match or If-None-Match forbid the change, or None."""
        if not has_precondition(self.request):
            # Also avoids loading an object that is to be discarded.
            return None
        tag = self.tag_of(self.representation())
        if meets_preconditions(self.request, tag, self.exists()):
            return None
        return self.refuse(
            412,
            _("It has changed since you looked. Nothing was changed; look again."),
        )


class Get(_SlotService):
    """Returns one slot, or all."""

    def reply(self):
        unknown = self.unknown_slot()
        if unknown:
            return unknown
        representation = self.representation()
        tag = self.tag_of(representation)
        send_entity_tag(self.request, tag)
        if not matches_none(self.request, tag, self.exists()):
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
        return (
            self.unknown_slot()
            or self.failed_precondition()
            or self._change(self.body())
        )

    def _change(self, data):
        if data is None:
            return self.refuse(400, _("Send a JSON object, with fields by name."))
        # Clients may send a representation back as they got it.
        data.pop("@id", None)
        stored = content = self.content(self.name)
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
            errors = record.check_invariants(values)
        if errors:
            return self.invalid(errors)
        if values:
            record.change(values)
            if stored is None:
                self.tool.getSessionData(create=True)[self.name] = content
        representation = self.representation()
        send_entity_tag(self.request, self.tag_of(representation))
        prefer = self.request.getHeader("Prefer") or ""
        if "return=representation" in prefer.replace(" ", ""):
            return representation
        return self.reply_no_content()


class Delete(_SlotService, ChangingService):
    """Discards one slot, or all exposed slots."""

    def change(self):
        refused = self.unknown_slot() or self.failed_precondition()
        if refused:
            return refused
        session = self.tool.getSessionData(create=False)
        for name in [self.name] if self.name else self.slots:
            if session is not None and name in session:
                # pop() would load an object whose class may no longer exist.
                del session[name]
        return self.reply_no_content()
