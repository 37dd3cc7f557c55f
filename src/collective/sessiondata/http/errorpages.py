"""Error pages: a session is too large, there are too many, or no database answers."""

from ..i18n import _
from Products.Five.browser import BrowserView
from Products.Five.browser.pagetemplatefile import ViewPageTemplateFile


class ErrorPage(BrowserView):
    """A page for an exception, with an HTTP status, a title and advice."""

    index = ViewPageTemplateFile("error.pt")
    status = None
    title = advice = None
    # Seconds, or None.
    retry_after = None

    def __call__(self):
        response = self.request.response
        # Locked: the publisher would derive 500 from the class of the exception.
        response.setStatus(self.status, lock=True)
        response.setHeader("Content-Type", "text/html; charset=utf-8")
        self.set_retry_after(response)
        return self.index()

    @classmethod
    def set_retry_after(cls, response):
        """Set the header Retry-After, if the page knows a time."""
        if cls.retry_after:
            response.setHeader("Retry-After", str(cls.retry_after))


class SessionTooLargePage(ErrorPage):
    """For ``SessionTooLarge``."""

    status = 413
    title = _("That is too much to remember")
    advice = _("Nothing was changed. Go back, and enter less.")


class TooManySessionsPage(ErrorPage):
    """For ``MaxTransientObjectsExceeded``."""

    status = 503
    title = _("Too many visitors")
    advice = _("Nothing was changed. Please try again in a few minutes.")
    retry_after = 120


class DatabaseUnavailablePage(ErrorPage):
    """For ``DatabaseDown``."""

    status = 503
    title = _("Not available at the moment")
    advice = TooManySessionsPage.advice
    retry_after = 30
