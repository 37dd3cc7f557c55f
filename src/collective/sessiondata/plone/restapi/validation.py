"""Check a request before a service runs: its origin, its body, and its preconditions."""

from ...i18n import _
from hashlib import blake2b
from plone.rest.interfaces import ICORSPolicy
from plone.restapi.deserializer import json_body
from plone.restapi.exceptions import DeserializationError
from urllib.parse import urlsplit
from zope.component import queryMultiAdapter

import json
import re

JSON = "application/json"

# The key in ``request.other`` under which the entity tag of the response is kept.
_ETAG = "_collective_sessiondata_etag"

_find_tags = re.compile(r'"[^"]*"').findall


def check_change(context, request, needs_body=False):
    """Return None, or the HTTP status and the message with which to refuse a change.

    ``needs_body``: require the content type JSON even if the request has no body.
    """
    if not _is_allowed_origin(context, request):
        return 403, _(
            "Pages of other sites may not change anything here. If this one "
            "may, list its origin in a CORS policy (plone:CORSPolicy)."
        )
    if not _has_json_type(request, needs_body):
        # A form of another site can send any body, but not with this content type.
        request.response.setHeader("Accept-Patch", JSON)
        return 415, _("Send JSON, with Content-Type: ${type}.", mapping={"type": JSON})
    return None


# Origin: plone.protect checks GET and POST only.  Browsers send PATCH and DELETE to
# another origin only if CORS allows it; this check does not rely on that.


def _is_allowed_origin(context, request):
    """Return False for a request from a page of another origin, unless CORS allows it.

    Only browsers send these headers: without them the request is not from a page.
    """
    site = request.getHeader("Sec-Fetch-Site")
    origin = request.getHeader("Origin")
    if site is None and origin is None:
        return True
    if site is None:
        is_own = origin == _origin_of(context)
    else:
        # Pages cannot set this header.  It is correct even behind a proxy that hides
        # the public address of the site.
        is_own = site in ("same-origin", "none")
    return is_own or _is_allowed_by_cors(origin, context, request)


def _origin_of(context):
    scheme, host, *_rest = urlsplit(context.absolute_url())
    return f"{scheme}://{host}".lower()


def _is_allowed_by_cors(origin, context, request):
    """Return True if a CORS policy names ``origin``.  The wildcard "*" is not enough."""
    policy = queryMultiAdapter((context, request), ICORSPolicy)
    if policy is None or origin not in getattr(policy, "allow_origin", ()):
        return False
    methods = getattr(policy, "allow_methods", None)
    return origin != "*" and (not methods or request.method in methods)


# Body


def _has_json_type(request, needs_body):
    has_body = request.environ.get("CONTENT_LENGTH") not in (None, "", "0")
    if not (has_body or needs_body):
        return True
    content_type = request.environ.get("CONTENT_TYPE") or ""
    return content_type.split(";")[0].strip().lower() == JSON


def json_object(request):
    """Return the JSON object in the body, or None if there is no valid one."""
    try:
        return json_body(request)
    except (DeserializationError, RecursionError):
        return None


def is_too_deep(request):
    """Return True if the JSON in the body is nested deeper than Python can parse."""
    try:
        json_body(request)
    except DeserializationError:
        return False
    except RecursionError:
        return True
    return False


# Preconditions: entity tags (RFC 9110)


def entity_tag(*values):
    """Return the entity tag of values that JSON can represent."""
    text = json.dumps(values, sort_keys=True)
    return f'"{blake2b(text.encode(), digest_size=12).hexdigest()}"'


def send_entity_tag(request, tag):
    """Set the header ETag at the end of a successful request."""
    request.other[_ETAG] = tag


def set_etag_header(event):
    """Set the header ETag, after other subscribers have removed theirs.

    ``http.caching`` removes tags that do not depend on the session.
    """
    tag = event.request.other.get(_ETAG)
    if tag is not None:
        event.request.response.setHeader("ETag", tag)


def has_precondition(request):
    """Return True if the request has the header If-Match or If-None-Match."""
    return bool(request.getHeader("If-Match") or request.getHeader("If-None-Match"))


def matches_none(request, tag, exists):
    """Return False if If-None-Match names ``tag``: the client has this version."""
    header = request.getHeader("If-None-Match")
    return header is None or not _names(header, tag, exists)


def meets_preconditions(request, tag, exists):
    """Return True if If-Match and If-None-Match allow the change.

    ``exists`` is True if there is an object at the address; "*" matches any object.
    """
    header = request.getHeader("If-Match")
    if header is not None and not _names(header, tag, exists):
        return False
    return matches_none(request, tag, exists)


def _names(header, tag, exists):
    """Return True if ``header`` names ``tag``, or is "*" and there is an object.

    Compares weak tags as well: proxies that compress add W/ to a tag.
    """
    if header.strip() == "*":
        return exists
    return tag in _find_tags(header)
