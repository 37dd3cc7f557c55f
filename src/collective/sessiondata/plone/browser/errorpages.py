"""The pages of ``errors``, as pages of the site."""

from ...http import errorpages
from ...i18n import _
from AccessControl import getSecurityManager
from Products.Five.browser.pagetemplatefile import ViewPageTemplateFile
from zope.component.hooks import getSite

import logging

VIEW = "collective.sessiondata: View sessions"

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


class TooLarge(_SitePage, errorpages.TooLarge):
    """For ``SessionTooLarge``."""


class Full(_SitePage, errorpages.Full):
    """For ``MaxTransientObjectsExceeded``."""


class Away(_SitePage, errorpages.Away):
    """For ``DatabaseDown``."""

    @property
    def advice(self):
        if getSecurityManager().checkPermission(VIEW, getSite()):
            return _(
                "The database of the sessions cannot be reached. See whether its server "
                "runs, and what the log of this Zope says."
            )
        return super().advice
