"""Pages that any cache may keep, as far as they themselves know."""

from itertools import count
from Products.Five.browser import BrowserView

_numbers = count(1)


class Count(BrowserView):
    """Tells a number that is new each time: so it is seen where a page comes from."""

    def __call__(self):
        response = self.request.response
        response.setHeader("Content-Type", "text/plain")
        response.setHeader("Cache-Control", "public, s-maxage=600")
        return f"{next(_numbers)} {self.told()}"

    def told(self):
        return self.request.URL


class CountVisit(Count):
    """The same, and what the visitor's session has; ``?put=`` puts something there."""

    def told(self):
        session = self.context.session_data_manager.getSessionData(create=True)
        put = self.request.form.get("put")
        if put:
            session["put"] = put
        return session.get("put", "nothing")


class Silent(BrowserView):
    """Says nothing of caches."""

    def __call__(self):
        self.request.response.setHeader("Content-Type", "text/plain")
        return str(next(_numbers))
