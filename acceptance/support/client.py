"""An HTTP client with cookies: the browsers of the attacks and of the cluster tests."""

from collective.sessiondata.settings.browserid import COOKIE_NAME
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from http.client import HTTPException
from http.cookies import CookieError
from http.cookies import SimpleCookie
from urllib.parse import urlencode


class NoAnswer(ConnectionError):
    """The server closed the connection before it sent a whole answer."""


@dataclass
class Answer:
    """The answer of a server to one request."""

    status: int
    headers: Message
    text: str
    path: str

    @property
    def cookies(self):
        """The ``Set-Cookie`` headers."""
        return self.headers.get_all("Set-Cookie", [])

    @property
    def location(self):
        return self.headers.get("Location", "")

    @property
    def session_cookie(self):
        """The ``Set-Cookie`` header of the session, or None."""
        for cookie in self.cookies:
            if cookie.startswith(f"{COOKIE_NAME}="):
                return cookie


class Client:
    """Cookies, and one open connection to each server; servers listen on loopback.

    It uses ``http.client``, since ``urllib`` refuses to send some requests of attackers.
    Ports do not matter to cookies: all servers get the same ones, as behind a load
    balancer.
    """

    def __init__(self, cookies=(), timeout=60):
        self.cookies = dict(cookies)
        self.timeout = timeout
        self._connections = {}

    def request(self, server, method, path, body=None, headers=()):
        """Send one request to ``server``, which has a ``port``; return the ``Answer``.

        Stores the cookies of the answer, and follows no redirect.  Raises ``OSError`` if
        there is no answer; the connection is closed then.
        """
        headers = dict(headers)
        if self.cookies:
            headers.setdefault("Cookie", cookie_pairs(self.cookies))
        connection = self._connections.pop(server.port, None)
        if connection is None:
            connection = HTTPConnection("127.0.0.1", server.port, timeout=self.timeout)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
        except HTTPException as error:
            connection.close()
            raise NoAnswer(repr(error)) from error
        except OSError:
            connection.close()
            raise
        self._connections[server.port] = connection
        answer = Answer(response.status, response.headers, text, path)
        store_cookies(self.cookies, answer.cookies)
        return answer

    def fetch(self, server, page, **form):
        """Get ``page`` of the site Plone; return the ``Answer``."""
        return self.request(server, "GET", f"/Plone/{page}?{urlencode(form)}")

    def disconnect(self, server):
        """Close the connection to ``server``, if one is open."""
        if server.port in self._connections:
            self._connections.pop(server.port).close()

    def close(self):
        """Close all connections."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()


def cookie_pairs(cookies):
    """Return the value of the header ``Cookie`` that sends ``cookies``, by name."""
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def store_cookies(cookies, headers):
    """Update ``cookies``, by name, as the values of ``Set-Cookie`` ``headers`` say.

    Ignores headers that no browser would understand.
    """
    for header in headers:
        try:
            morsels = SimpleCookie(header)
        except CookieError:
            continue
        for name, morsel in morsels.items():
            if morsel["max-age"] == "0" or not morsel.value:
                cookies.pop(name, None)
            else:
                cookies[name] = morsel.coded_value
