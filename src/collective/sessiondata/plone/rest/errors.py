"""Errors, as clients of the API get them: in JSON."""

from ... import errors
from ...interfaces import ISessionDataLayer
from plone.rest.errors import ErrorHandling
from plone.rest.interfaces import IAPIRequest
from zExceptions import BadRequest
from zope.i18n import translate
from zope.interface import alsoProvides

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


class _SameAsPage(_Error):
    """Says what the page for people says."""

    page = None

    @property
    def status(self):
        return self.page.status

    def render_exception(self, exception):
        said = (self.page.title, self.page.advice)
        title, advice = (translate(it, context=self.request) for it in said)
        return {"type": type(exception).__name__, "message": f"{title}. {advice}"}


class TooLarge(_SameAsPage):
    """For ``SessionTooLarge``."""

    page = errors.TooLarge


class Full(_SameAsPage):
    """For ``MaxTransientObjectsExceeded``."""

    page = errors.Full

    def __call__(self):
        self.request.response.setHeader("Retry-After", "120")
        return super().__call__()
