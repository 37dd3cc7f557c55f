"""Errors of the REST API: exceptions, and views that render them as JSON."""

from ...http import errorpages
from ...http.caching import PRIVATE
from ...i18n import _
from ...interfaces import ISessionDataLayer
from .validation import is_too_deep
from plone.rest.errors import ErrorHandling
from plone.rest.interfaces import IAPIRequest
from zExceptions import BadRequest
from zope.i18n import translate
from zope.interface import alsoProvides
from ZPublisher.HTTPResponse import status_reasons

import json


class ISessionDataApi(IAPIRequest, ISessionDataLayer):
    """Marks API requests to sites with the add-on.

    The error pages are registered for ``ISessionDataLayer``, which takes precedence over
    ``IAPIRequest``.  This interface takes precedence over both.
    """


def mark_api_request(event):
    """Mark an API request after traversal, when its site is known."""
    request = event.request
    if IAPIRequest.providedBy(request) and ISessionDataLayer.providedBy(request):
        alsoProvides(request, ISessionDataApi)


def as_text(errors):
    """Return a list of errors as JSON text, which Volto's forms parse."""
    return json.dumps(errors, ensure_ascii=False, sort_keys=True)


class InvalidData(BadRequest):
    """Raised for invalid values.

    ``errors`` is a list of dicts: ``field``, a name, or None for several fields; and
    ``message``, translated.
    """

    def __init__(self, errors):
        super().__init__(errors)
        self.errors = errors

    def __str__(self):
        return as_text(self.errors)


class Refused(Exception):
    """Raised to refuse a request with an HTTP status and a message.

    For code that plone.restapi calls.  Services return ``SessionService.refuse()``.
    """

    def __init__(self, status, message):
        super().__init__(status, message)
        self.status = status
        self.message = message


def keep_private(request):
    """Keep the response out of all caches."""
    request.response.setHeader("Cache-Control", PRIVATE)


def error_response(request, status, message):
    """Return an error as plone.rest formats it."""
    return {
        "type": status_reasons[status].replace(" ", ""),
        "message": translate(message, context=request),
    }


class _ErrorView(ErrorHandling):
    """Sets ``status``; plone.rest would derive it from the class of the exception."""

    status = None

    def __call__(self):
        self.request.response.setStatus(self.status, lock=True)
        return super().__call__()


class InvalidDataView(_ErrorView):
    """For ``InvalidData``."""

    status = 400

    def render_exception(self, exception):
        return {
            "type": BadRequest.__name__,
            "message": str(exception),
            "errors": exception.errors,
        }


class RefusedView(_ErrorView):
    """For ``Refused``."""

    @property
    def status(self):
        return self.context.status

    def render_exception(self, exception):
        return error_response(self.request, exception.status, exception.message)


class RecursionErrorView(ErrorHandling):
    """For ``RecursionError``: 400 if the JSON in the body is nested too deeply.

    plone.restapi looks for credentials in the JSON of every request, and fails before a
    service is called.
    """

    def __init__(self, exception, request):
        super().__init__(exception, request)
        self.json_is_too_deep = ISessionDataLayer.providedBy(request) and is_too_deep(
            request
        )

    def __call__(self):
        if self.json_is_too_deep:
            keep_private(self.request)
            self.request.response.setStatus(400, lock=True)
        return super().__call__()

    def render_exception(self, exception):
        # Called in any case: it also sets the CORS headers.
        rendered = super().render_exception(exception)
        if self.json_is_too_deep:
            return error_response(
                self.request, 400, _("Send a JSON object, with fields by name.")
            )
        return rendered


class _ErrorPageView(_ErrorView):
    """Renders the status, title and advice of an error page as JSON."""

    page = None

    @property
    def status(self):
        return self.page.status

    def __call__(self):
        self.page.set_retry_after(self.request.response)
        return super().__call__()

    def render_exception(self, exception):
        title, advice = (
            translate(text, context=self.request)
            for text in (self.page.title, self.page.advice)
        )
        return {"type": type(exception).__name__, "message": f"{title}. {advice}"}


class SessionTooLargeView(_ErrorPageView):
    """For ``SessionTooLarge``."""

    page = errorpages.SessionTooLargePage


class TooManySessionsView(_ErrorPageView):
    """For ``MaxTransientObjectsExceeded``."""

    page = errorpages.TooManySessionsPage


class DatabaseUnavailableView(_ErrorPageView):
    """For ``DatabaseDown``."""

    page = errorpages.DatabaseUnavailablePage
