"""Entity tags: by them clients know what they have, and change nothing unseen."""

from hashlib import blake2b

import json
import re

_NAME = "_collective_sessiondata_tag"
_TAG = re.compile(r'"[^"]*"')


def tag_of(*things):
    """Return the tag of ``things``, which can be JSON."""
    text = json.dumps(things, sort_keys=True)
    return f'"{blake2b(text.encode(), digest_size=12).hexdigest()}"'


def send(request, tag):
    """Let the answer to ``request`` have the tag, if it is none of an error."""
    request.other[_NAME] = tag


def succeeded(event):
    """Set the tag, when those of others are gone: this one knows of the session."""
    tag = event.request.other.get(_NAME)
    if tag is not None:
        event.request.response.setHeader("ETag", tag)


def _names(header, tag, exists):
    """Return True if ``header`` means ``tag``, or whatever exists.

    Proxies that compress put a W/ before a tag; the data is the same.
    """
    if header.strip() == "*":
        return exists
    return tag in _TAG.findall(header)


def has_condition(request):
    """Return True if it depends on a tag what is to be done for ``request``."""
    return bool(request.getHeader("If-Match") or request.getHeader("If-None-Match"))


def is_known(request, tag, exists):
    """Return True if the client has what ``tag`` stands for already."""
    header = request.getHeader("If-None-Match")
    return header is not None and _names(header, tag, exists)


def is_stale(request, tag, exists):
    """Return True if ``request`` is only meant for something else than this."""
    header = request.getHeader("If-Match")
    if header is not None and not _names(header, tag, exists):
        return True
    return is_known(request, tag, exists)
