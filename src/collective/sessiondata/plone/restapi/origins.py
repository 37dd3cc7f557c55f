"""CSRF: what a page of another site sends in the visitor's name changes nothing.

plone.protect looks at GET and POST alone.  Browsers send PATCH and DELETE to another
origin only where CORS lets them; this is a second lock on the same door.
"""

from plone.rest.interfaces import ICORSPolicy
from urllib.parse import urlsplit
from zope.component import queryMultiAdapter


def comes_from_elsewhere(context, request):
    """Return True if a page of another origin, which may not, has sent ``request``.

    Only browsers say from where something comes: what does not say so is no page's.
    """
    site = request.getHeader("Sec-Fetch-Site")
    origin = request.getHeader("Origin")
    if site is None and origin is None:
        return False
    if site is None:
        is_own = origin == _origin_of(context)
    else:
        # Browsers set it and pages cannot.  It is right even behind a proxy that
        # does not say how visitors see the site.
        is_own = site in ("same-origin", "none")
    return not (is_own or _may(origin, context, request))


def _origin_of(context):
    scheme, host, *_rest = urlsplit(context.absolute_url())
    return f"{scheme}://{host}".lower()


def _may(origin, context, request):
    """Return True if a CORS policy names ``origin``; "*" does not."""
    policy = queryMultiAdapter((context, request), ICORSPolicy)
    if policy is None or origin not in getattr(policy, "allow_origin", ()):
        return False
    methods = getattr(policy, "allow_methods", None)
    return origin != "*" and (not methods or request.method in methods)
