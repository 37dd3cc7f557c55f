"""What the services have in common: how they refuse, and what they refuse at once."""

from ...i18n import _
from .bodies import body_of
from .bodies import is_of_a_wrong_type
from .bodies import JSON
from .errors import as_text
from .errors import keep_private
from .errors import refusal
from .origins import comes_from_elsewhere
from plone.restapi.services import Service
from zope.interface import implementer
from zope.publisher.interfaces import IPublishTraverse


def objection(context, request, needs_body=False):
    """Return what speaks against a change that ``request`` asks for, or None.

    It is an HTTP status and a message.
    """
    if comes_from_elsewhere(context, request):
        return 403, _(
            "Pages of other sites may not change anything here. If this one "
            "may, list its origin in a CORS policy (plone:CORSPolicy)."
        )
    if is_of_a_wrong_type(request, needs_body):
        # A form of another site can send what it wants, but not this type.
        request.response.setHeader("Accept-Patch", JSON)
        return 415, _("Send JSON, with Content-Type: ${type}.", mapping={"type": JSON})
    return None


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
        keep_private(self.request)
        return super().render()

    def refuse(self, status, message, **more):
        """Return an answer with this HTTP status that says why, as plone.rest does."""
        self.request.response.setStatus(status)
        return {**refusal(self.request, status, message), **more}


class ChangingService(SessionService):
    """One that changes something, in the name of whoever the cookies stand for."""

    needs_body = False

    def reply(self):
        found = objection(self.context, self.request, self.needs_body)
        return self.refuse(*found) if found else self.change()

    def change(self):
        """Do it, and return what to answer."""
        raise NotImplementedError

    def body(self):
        """Return the object that was sent; None if it is no JSON object."""
        return body_of(self.request)

    def invalid(self, errors):
        """Return the answer to values that cannot be; see ``InvalidData``."""
        return self.refuse(400, as_text(errors), errors=errors)
