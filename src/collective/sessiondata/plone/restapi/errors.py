"""Errors, as clients of the API get them: in JSON."""

from ...http import errorpages
from ...http.caching import PRIVATE
from ...i18n import _
from ...interfaces import ISessionDataLayer
from .bodies import is_too_deep
from plone.rest.errors import ErrorHandling
from plone.rest.interfaces import IAPIRequest
from zExceptions import BadRequest
from zope.i18n import translate
from zope.interface import alsoProvides
from ZPublisher.HTTPResponse import status_reasons

import json


class ISessionDataApi(IAPIRequest, ISessionDataLayer):
    """Marks the API requests of sites with the add-on.

    The pages for people are for ``ISessionDataLayer``, which comes before
    ``IAPIRequest``; this comes before both.
    """


def mark(event):
    """Mark a request, once it is known to which site it came."""
    request = event.request
    if IAPIRequest.providedBy(request) and ISessionDataLayer.providedBy(request):
        alsoProvides(request, ISessionDataApi)


def as_text(problems):
    """Return ``problems`` as the text that Volto's forms take apart."""
    return json.dumps(problems, ensure_ascii=False, sort_keys=True)


class InvalidData(BadRequest):
    """Values that cannot be.

    ``errors`` is a list of dicts: ``field``, a name, or None if it is about several;
    and ``message``, translated.
    """

    def __init__(self, errors):
        super().__init__(errors)
        self.errors = errors

    def __str__(self):
        return as_text(self.errors)


class Refused(Exception):
    """A request that is answered with ``status``; ``message`` says why.

    It is raised where plone.restapi, not a service of ours, makes the answer.
    """

    def __init__(self, status, message):
        super().__init__(status, message)
        self.status = status
        self.message = message


def keep_private(request):
    """Keep the answer to ``request`` from caches."""
    request.response.setHeader("Cache-Control", PRIVATE)


def refusal(request, status, message):
    """Return what to say with this HTTP status, as plone.rest says it."""
    return {
        "type": status_reasons[status].replace(" ", ""),
        "message": translate(message, context=request),
    }


class _Error(ErrorHandling):
    """Answers with ``status`` instead of what plone.rest makes of the class's name."""

    status = None

    def __call__(self):
        self.request.response.setStatus(self.status, lock=True)
        return super().__call__()


class Invalid(_Error):
    """For ``InvalidData``."""

    status = 400

    def render_exception(self, exception):
        return {
            "type": BadRequest.__name__,
            "message": str(exception),
            "errors": exception.errors,
        }


class RefusedPage(_Error):
    """For ``Refused``."""

    @property
    def status(self):
        return self.context.status

    def render_exception(self, exception):
        return refusal(self.request, exception.status, exception.message)


class TooDeep(ErrorHandling):
    """For ``RecursionError``: where it is that of the JSON that was sent, a 400.

    plone.restapi looks for credentials in JSON, whatever the service, and fails before
    one of ours is asked.
    """

    def __init__(self, exception, request):
        super().__init__(exception, request)
        self.is_ours = ISessionDataLayer.providedBy(request) and is_too_deep(request)

    def __call__(self):
        if self.is_ours:
            keep_private(self.request)
            self.request.response.setStatus(400, lock=True)
        return super().__call__()

    def render_exception(self, exception):
        # It lets other origins see the answer, too, if they may.
        found = super().render_exception(exception)
        if self.is_ours:
            return refusal(
                self.request, 400, _("Send a JSON object, with fields by name.")
            )
        return found


class _SameAsPage(_Error):
    """Says what the page for people says."""

    page = None

    @property
    def status(self):
        return self.page.status

    def __call__(self):
        self.page.say_when(self.request.response)
        return super().__call__()

    def render_exception(self, exception):
        said = (self.page.title, self.page.advice)
        title, advice = (translate(it, context=self.request) for it in said)
        return {"type": type(exception).__name__, "message": f"{title}. {advice}"}


class TooLarge(_SameAsPage):
    """For ``SessionTooLarge``."""

    page = errorpages.TooLarge


class Full(_SameAsPage):
    """For ``MaxTransientObjectsExceeded``."""

    page = errorpages.Full


class Away(_SameAsPage):
    """For ``DatabaseDown``."""

    page = errorpages.Away
