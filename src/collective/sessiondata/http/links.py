"""Browser ids in forms and addresses, for sites that do without cookies."""

from html import escape
from urllib.parse import urlsplit
from urllib.parse import urlunsplit


def hidden_field(name, browser_id):
    """Return an HTML input that carries ``browser_id`` in a form as ``name``."""
    return f'<input type="hidden" name="{escape(name)}" value="{browser_id}" />'


def with_query(url, name, browser_id):
    """Return ``url``, escaped for HTML, with ``browser_id`` in the query string."""
    scheme, host, path, query, fragment = urlsplit(url)
    query = f"{query}&amp;" if query else ""
    query += f"{name}={browser_id}"
    return urlunsplit((scheme, host, path, query, fragment))


def with_path(url, name, browser_id, start):
    """Return ``url`` with ``browser_id`` in the path.

    It follows ``start``, the path of the folder that takes it out again, if ``url`` begins
    with that; else it comes first.
    """
    scheme, host, path, query, fragment = urlsplit(url)
    if not (path == start or path.startswith(f"{start}/")):
        start = ""
    path = f"{start}/{name}/{browser_id}{path[len(start):]}"
    return urlunsplit((scheme, host, path, query, fragment))
