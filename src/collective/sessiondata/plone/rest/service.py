"""What the services have in common: how they refuse, and what they refuse at once."""

from ...caching import PRIVATE
from ...i18n import _
from .errors import as_text
from .origins import comes_from_elsewhere
from plone.restapi.deserializer import json_body
from plone.restapi.exceptions import DeserializationError
from plone.restapi.services import Service
from zope.i18n import translate
from zope.interface import implementer
from zope.publisher.interfaces import IPublishTraverse
from ZPublisher.HTTPResponse import status_reasons

JSON = "application/json"


@implementer(IPublishTraverse)
class SessionService(Service):
    """A service about sessions; ``params`` is what follows its name in the address."""

    def __init__(self, context, request):
        super().__init__(context, request)
        self.params = []

    def publishTraverse(self, request, name):
        """Take one more part of the address."""
        self.params.append(name)
        return self

    def render(self):
        # Even where nobody looked at the visitor's own session.
        self.request.response.setHeader("Cache-Control", PRIVATE)
        return super().render()

    def refuse(self, status, message, **more):
        """Return an answer with this HTTP status that says why, as plone.rest does."""
        self.request.response.setStatus(status)
        return {
            "type": status_reasons[status].replace(" ", ""),
            "message": translate(message, context=self.request),
            **more,
        }


class ChangingService(SessionService):
    """One that changes something, in the name of whoever the cookies stand for."""

    needs_body = False

    def reply(self):
        if comes_from_elsewhere(self.context, self.request):
            return self.refuse(
                403,
                _(
                    "Pages of other sites may not change anything here. If this one "
                    "may, list its origin in a CORS policy (plone:CORSPolicy)."
                ),
            )
        if self._is_of_a_wrong_type():
            # A form of another site can send what it wants, but not this type.
            self.request.response.setHeader("Accept-Patch", JSON)
            return self.refuse(
                415, _("Send JSON, with Content-Type: ${type}.", mapping={"type": JSON})
            )
        return self.change()

    def _is_of_a_wrong_type(self):
        environ = self.request.environ
        has_body = environ.get("CONTENT_LENGTH") not in (None, "", "0")
        if not (has_body or self.needs_body):
            return False
        sent = environ.get("CONTENT_TYPE") or ""
        return sent.split(";")[0].strip().lower() != JSON

    def change(self):
        """Do it, and return what to answer."""
        raise NotImplementedError

    def body(self):
        """Return the object that was sent; None if it is no JSON object."""
        try:
            return json_body(self.request)
        except DeserializationError:
            return None

    def invalid(self, errors):
        """Return the answer to values that cannot be; see ``InvalidData``."""
        return self.refuse(400, as_text(errors), errors=errors)
