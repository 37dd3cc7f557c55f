"""Hides browser ids in logs and error pages, which show representations."""

HIDDEN = "(hidden)"


class Secret(str):
    """A string whose representation is hidden."""

    __slots__ = ()

    def __repr__(self):
        return f"'{HIDDEN}'"


class Unprintable(Secret):
    """A secret that is hidden in ``str()``, too: code has to take it apart."""

    __slots__ = ()

    def __str__(self):
        return HIDDEN


def redact(request, name):
    """Hide the browser id, sent as ``name``, in the printed form of ``request``."""
    for source in (request.cookies, request.form):
        if isinstance(source.get(name), str):
            source[name] = Secret(source[name])
    environ = request.environ
    cookies = environ.get("HTTP_COOKIE")
    if cookies and name in cookies:
        # Hide the whole header: it has cookies of other products as well.
        environ["HTTP_COOKIE"] = Unprintable(cookies)
    for source in ("QUERY_STRING", "REQUEST_URI", "HTTP_REFERER"):
        if name in environ.get(source, ""):
            environ[source] = Secret(environ[source])
