"""Cache headers: no cache stores a response that was made for one visitor.

They are set after all other code has set headers.
"""

from .state import all_states
from zExceptions import HTTPException

PRIVATE = "private, no-store"

# Headers that can overrule Cache-Control, or revalidate an older page: they do not depend
# on the session.
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
    """Return True if code has asked for the session or the browser id of ``request``."""
    return bool(all_states(request))


def succeeded(event):
    """Make a response that may depend on the session private."""
    if is_of_one_visitor(event.request):
        _keep_private(event.request.response)


def failed(event):
    """Make an error page or a redirect private, too."""
    if event.retry or not is_of_one_visitor(event.request):
        return
    _keep_private(event.request.response)
    error = event.exc_info[1]
    if isinstance(error, HTTPException):
        # Some exceptions make the response themselves.
        error.setHeader("Cache-Control", PRIVATE)
        error.setHeader("Vary", "Cookie")


def _keep_private(response):
    present = ", ".join(_take(response, "cache-control"))
    words = {part.split("=")[0].strip().lower() for part in present.split(",")}
    # Keep what a page has set itself, if that excludes shared caches. Replace what a rule
    # of plone.caching has set for all pages of a kind.
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
    """Remove all headers ``name``, in any case; return their values."""
    present = [key for key in response.headers if key.lower() == name]
    values = [response.headers.pop(key) for key in present]
    added = response.accumulated_headers
    values += [value for key, value in added if key.lower() == name]
    added[:] = [(key, value) for key, value in added if key.lower() != name]
    return values
