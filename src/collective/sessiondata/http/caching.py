"""Caches: what was made for one visitor is stored for nobody else.

The headers are set when all others that set some are done.
"""

from .state import all_states
from zExceptions import HTTPException

PRIVATE = "private, no-store"

# They may overrule Cache-Control, or bring an older page back that looked the same to
# who made them: sessions are no part of what they stand for.
_OTHERS = (
    "cdn-cache-control",
    "cloudflare-cdn-cache-control",
    "etag",
    "expires",
    "last-modified",
    "surrogate-control",
    "x-accel-expires",
)


def is_of_one_visitor(request):
    """Return True if somebody looked at the session, or the id, of ``request``."""
    return bool(all_states(request))


def succeeded(event):
    """Keep the answer from caches, if it may depend on the session."""
    if is_of_one_visitor(event.request):
        _keep_private(event.request.response)


def failed(event):
    """Keep what tells of an error, or leads elsewhere, from caches as well."""
    if event.retry or not is_of_one_visitor(event.request):
        return
    _keep_private(event.request.response)
    error = event.exc_info[1]
    if isinstance(error, HTTPException):
        # Where it makes an answer of its own.
        error.setHeader("Cache-Control", PRIVATE)
        error.setHeader("Vary", "Cookie")


def _keep_private(response):
    present = ", ".join(_take(response, "cache-control"))
    words = {part.split("=")[0].strip().lower() for part in present.split(",")}
    # A page may know better, as long as it keeps shared caches out; a rule for all pages
    # of a kind, which plone.caching has followed, does not.
    if (
        words.isdisjoint({"private", "no-store"})
        or words & {"public", "s-maxage"}
        or response.getHeader("X-Cache-Operation")
    ):
        present = PRIVATE
    response.setHeader("Cache-Control", present)
    for name in _OTHERS:
        _take(response, name)
    vary = [name.strip() for name in ",".join(_take(response, "vary")).split(",")]
    if not {"*", "cookie"} & {name.lower() for name in vary}:
        vary.append("Cookie")
    response.setHeader("Vary", ", ".join(filter(None, vary)))


def _take(response, name):
    """Remove all headers ``name``, however they are written; return their values."""
    present = [key for key in response.headers if key.lower() == name]
    values = [response.headers.pop(key) for key in present]
    added = response.accumulated_headers
    values += [value for key, value in added if key.lower() == name]
    added[:] = [(key, value) for key, value in added if key.lower() != name]
    return values
