"""A browser, of a victim or an attacker, which can send any cookies and headers."""

from acceptance.support.client import Client
from collective.sessiondata.settings.browserid import COOKIE_NAME
from urllib.parse import urlencode
from urllib.parse import urljoin
from urllib.parse import urlsplit

import re

_token = re.compile(r'name="_authenticator"\s+value="([^"]+)"').search


class Browser(Client):
    """A browser that visits ``site`` and sends ``headers`` with each request."""

    def __init__(self, site, **headers):
        super().__init__()
        self.site = site
        self.headers = headers
        # The session ids that it was given.
        self.ids = []

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
        fields.update({name.replace("_", "-"): it for name, it in headers.items()})
        body = None
        if form is not None:
            body = urlencode(form, doseq=True).encode()
            fields["Content-Type"] = "application/x-www-form-urlencoded"
        method = method or ("GET" if form is None else "POST")
        try:
            answer = self.request(self.site, method, path, body, fields)
        except ConnectionError:
            # The server may close a connection that was idle.
            answer = self.request(self.site, method, path, body, fields)
        self._note_id(answer)
        self._note_leaks(answer)
        return answer

    def _note_id(self, answer):
        """Note the session id that ``answer`` sets, if any."""
        if answer.session_cookie and self.id is not None:
            self.ids.append(self.id)
            self.site.issued.add(self.id)

    def _note_leaks(self, answer):
        """Note where ``answer`` has an id of this browser outside of its cookie."""
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
        """Send the form of ``page`` as its visitor would: with its hidden token."""
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
        if (user_id := self.ask("@@attack-who").text) != name:
            raise AssertionError(f"{name} cannot log in: the user is {user_id}")
        return answer

    def put(self, value):
        """Store ``value`` in the session; return the answer."""
        return self.ask(f"@@seed-set?{urlencode({'value': value})}")

    def get(self):
        """Return the text of a page that shows the data of the session."""
        return self.ask("@@seed-get").text

    def change(self, what, **form):
        """Change ``what`` with the page of the tests, by GET; return the answer."""
        return self.ask(f"@@change?{urlencode({'what': what, **form})}")
