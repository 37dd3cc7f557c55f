"""The pages of ``errors``, as pages of the site."""

from .. import errors
from Products.Five.browser.pagetemplatefile import ViewPageTemplateFile
from zope.component.hooks import getSite

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
            logger.exception(
                "The page that tells of %s fails in the frame of %r, and is shown "
                "without. Mend what the traceback shows",
                type(self).__name__,
                getSite(),
            )
            return super().index()


class TooLarge(_SitePage, errors.TooLarge):
    """For ``SessionTooLarge``."""


class Full(_SitePage, errors.Full):
    """For ``MaxTransientObjectsExceeded``."""


class Away(_SitePage, errors.Away):
    """For ``DatabaseDown``."""
