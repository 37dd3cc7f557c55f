"""A browser, of a victim or an attacker: it keeps cookies, and can send any others."""

from collective.sessiondata.settings.browserid import COOKIE_NAME
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from http.client import HTTPException
from http.cookies import CookieError
from http.cookies import SimpleCookie
from urllib.parse import urlencode
from urllib.parse import urljoin
from urllib.parse import urlsplit

import re

_token = re.compile(r'name="_authenticator"\s+value="([^"]+)"').search


@dataclass
class Answer:
    """What the site answered to one request."""

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


class Browser:
    """One connection that stays open, and a jar of cookies; no limits on either.

    ``http.client`` has less opinions than ``urllib`` on what may be sent.
    """

    def __init__(self, site, **headers):
        self.site = site
        self.headers = headers
        self.cookies = {}
        # The session ids that it was given.
        self.ids = []
        self._connection = HTTPConnection("127.0.0.1", site.port, timeout=60)

    @property
    def id(self):
        """The session id of this browser, or None."""
        return self.cookies.get(COOKIE_NAME)

    @id.setter
    def id(self, value):
        self.cookies[COOKIE_NAME] = value

    # One request

    def ask(self, page, form=None, method=None, **headers):
        """Get ``page``, or post ``form`` to it; no redirect is followed.

        A page that begins with a slash is a path, others are below the site.
        """
        path = page if page.startswith("/") else f"/Plone/{page}"
        fields = {"Accept": "text/html", **self.headers}
        if self.cookies:
            pairs = [f"{name}={value}" for name, value in self.cookies.items()]
            fields["Cookie"] = "; ".join(pairs)
        fields.update({name.replace("_", "-"): it for name, it in headers.items()})
        body = None
        if form is not None:
            body = urlencode(form, doseq=True).encode()
            fields["Content-Type"] = "application/x-www-form-urlencoded"
        method = method or ("GET" if form is None else "POST")
        answer = self._sent(method, path, body, fields)
        self._take_cookies(answer)
        self._note_leaks(answer)
        return answer

    def _sent(self, method, path, body, fields):
        try:
            return self._answer(method, path, body, fields)
        except (ConnectionError, HTTPException):
            # The server has closed it, as it may.
            self._connection.close()
            return self._answer(method, path, body, fields)

    def _answer(self, method, path, body, fields):
        self._connection.request(method, path, body, fields)
        response = self._connection.getresponse()
        text = response.read().decode(errors="replace")
        return Answer(response.status, response.headers, text, path)

    def _take_cookies(self, answer):
        for header in answer.cookies:
            try:
                cookies = SimpleCookie(header)
            except CookieError:
                continue
            for name, cookie in cookies.items():
                if cookie["max-age"] == "0" or not cookie.value:
                    self.cookies.pop(name, None)
                    continue
                self.cookies[name] = cookie.coded_value
                if name == COOKIE_NAME:
                    self.ids.append(cookie.value)
                    self.site.issued.add(cookie.value)

    def _note_leaks(self, answer):
        """Note where an id of this browser stands outside of its cookie."""
        headers = [
            value
            for name, value in answer.headers.items()
            if name.lower() != "set-cookie"
        ]
        seen = "\n".join([answer.text, *headers])
        for browser_id in {*self.ids, self.id} - {None}:
            if len(browser_id) == 32 and browser_id in seen:
                self.site.leaks.append(f"{answer.path}: {browser_id}")

    # More than one

    def open(self, page, form=None, **headers):
        """Do the same, and follow redirects."""
        answer = self.ask(page, form, **headers)
        for _ in range(5):
            if answer.status not in (301, 302, 303):
                break
            target = urlsplit(urljoin(answer.path, answer.location))
            path = target.path + (f"?{target.query}" if target.query else "")
            answer = self.ask(path, **headers)
        return answer

    def post(self, page, form):
        """Send the form of ``page`` as its visitor would: with what it hides."""
        token = _token(self.open(page).text)
        if token:
            form = {**form, "_authenticator": token[1]}
        return self.ask(page.partition("?")[0], form)

    def log_in(self, name, password):
        """Log in with Plone's form; return the answer to it."""
        answer = self.post(
            "login",
            {"__ac_name": name, "__ac_password": password, "buttons.login": "Log in"},
        )
        if (who := self.ask("@@attack-who").text) != name:
            raise AssertionError(f"{name} cannot log in: it is {who} now")
        return answer

    def put(self, value):
        """Have ``value`` in the session; return the answer."""
        return self.ask(f"@@seed-set?{urlencode({'value': value})}")

    def get(self):
        """Return the text of a page that shows what the session holds."""
        return self.ask("@@seed-get").text

    def change(self, what, **form):
        """Have the page of the tests change ``what``, by GET; return the answer."""
        return self.ask(f"@@change?{urlencode({'what': what, **form})}")

    def close(self):
        self._connection.close()
