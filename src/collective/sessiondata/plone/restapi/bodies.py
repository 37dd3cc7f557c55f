"""What clients send: a JSON object, and nothing that looks like one to forms alone."""

from plone.restapi.deserializer import json_body
from plone.restapi.exceptions import DeserializationError

JSON = "application/json"


def is_of_a_wrong_type(request, needs_body):
    """Return True unless ``request`` says that its body is JSON.

    With ``needs_body`` true it has to say so even of none.
    """
    has_body = request.environ.get("CONTENT_LENGTH") not in (None, "", "0")
    if not (has_body or needs_body):
        return False
    sent = request.environ.get("CONTENT_TYPE") or ""
    return sent.split(";")[0].strip().lower() != JSON


def body_of(request):
    """Return the object that was sent; None if it is no JSON object."""
    try:
        return json_body(request)
    except (DeserializationError, RecursionError):
        return None


def is_too_deep(request):
    """Return True if what was sent is nested deeper than Python reads it."""
    try:
        json_body(request)
    except DeserializationError:
        return False
    except RecursionError:
        return True
    return False
