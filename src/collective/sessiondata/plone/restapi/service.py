"""Base classes of the services: refuse requests, and keep responses out of caches."""

from .errors import as_text
from .errors import error_response
from .errors import keep_private
from .validation import check_change
from .validation import json_object
from plone.restapi.services import Service
from zope.interface import implementer
from zope.publisher.interfaces import IPublishTraverse


@implementer(IPublishTraverse)
class SessionService(Service):
    """A service; ``params`` are the parts of the address after its name."""

    def __init__(self, context, request):
        super().__init__(context, request)
        self.params = []

    def publishTraverse(self, request, name):
        """Take one more part of the address."""
        self.params.append(name)
        return self

    def render(self):
        # Also responses that did not read the visitor's own session.
        keep_private(self.request)
        return super().render()

    def refuse(self, status, message, **more):
        """Set the HTTP status, and return the error as plone.rest formats it."""
        self.request.response.setStatus(status)
        return {**error_response(self.request, status, message), **more}


class ChangingService(SessionService):
    """A service that changes data of the visitor or user whom the cookies identify."""

    needs_body = False

    def reply(self):
        refused = check_change(self.context, self.request, self.needs_body)
        return self.refuse(*refused) if refused else self.change()

    def change(self):
        """Make the change, and return the response."""
        raise NotImplementedError

    def body(self):
        """Return the JSON object in the body, or None if there is no valid one."""
        return json_object(self.request)

    def invalid(self, errors):
        """Return the response to invalid values; see ``InvalidData``."""
        return self.refuse(400, as_text(errors), errors=errors)
