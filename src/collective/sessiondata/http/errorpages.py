"""What visitors are told where sessions cannot take their data, or cannot be reached."""

from ..i18n import _
from Products.Five.browser import BrowserView
from Products.Five.browser.pagetemplatefile import ViewPageTemplateFile


class _ErrorPage(BrowserView):
    """A page in place of the one that failed."""

    index = ViewPageTemplateFile("error.pt")
    status = None
    title = advice = None
    # When programs may try again, in seconds.
    retry_after = None

    def __call__(self):
        response = self.request.response
        # For good: whoever handles errors next knows the class alone, and it says 500.
        response.setStatus(self.status, lock=True)
        response.setHeader("Content-Type", "text/html; charset=utf-8")
        self.say_when(response)
        return self.index()

    @classmethod
    def say_when(cls, response):
        """Tell programs when they may try again, if that is known."""
        if cls.retry_after:
            response.setHeader("Retry-After", str(cls.retry_after))


class TooLarge(_ErrorPage):
    """For ``SessionTooLarge``."""

    status = 413
    title = _("That is too much to remember")
    advice = _("Nothing was changed. Go back, and enter less.")


class Full(_ErrorPage):
    """For ``MaxTransientObjectsExceeded``."""

    status = 503
    title = _("Too many visitors")
    advice = _("Nothing was changed. Please try again in a few minutes.")
    retry_after = 120


class Away(_ErrorPage):
    """For ``DatabaseDown``."""

    status = 503
    title = _("Not available at the moment")
    advice = Full.advice
    retry_after = 30
