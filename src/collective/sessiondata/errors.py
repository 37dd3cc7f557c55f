"""What visitors are told whose data the sessions cannot take."""

from .i18n import _
from Products.Five.browser import BrowserView
from Products.Five.browser.pagetemplatefile import ViewPageTemplateFile


class _ErrorPage(BrowserView):
    """A page in place of the one that failed."""

    index = ViewPageTemplateFile("error.pt")
    status = None
    title = advice = None

    def __call__(self):
        # For good: whoever handles errors next knows the class alone, and it says 500.
        self.request.response.setStatus(self.status, lock=True)
        self.request.response.setHeader("Content-Type", "text/html; charset=utf-8")
        return self.index()


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

    def __call__(self):
        self.request.response.setHeader("Retry-After", "120")
        return super().__call__()
