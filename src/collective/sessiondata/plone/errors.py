"""The pages for what sessions cannot take, as pages of the site."""

from .. import errors
from Products.Five.browser.pagetemplatefile import ViewPageTemplateFile

import logging

logger = logging.getLogger("collective.sessiondata")


class _SitePage:
    """Shows a page in the site's own frame, or without it where that fails too."""

    framed = ViewPageTemplateFile("error.pt")

    def index(self):
        # The frame is looked for from where the error was.
        self.context = self.__parent__
        try:
            return self.framed()
        except Exception:
            logger.exception("A page that tells of an error has failed")
            return super().index()


class TooLarge(_SitePage, errors.TooLarge):
    """For ``SessionTooLarge``."""


class Full(_SitePage, errors.Full):
    """For ``MaxTransientObjectsExceeded``."""
