"""The error pages with the design of the Plone site."""

from ...http import errorpages
from ...i18n import _
from AccessControl import getSecurityManager
from Products.Five.browser.pagetemplatefile import ViewPageTemplateFile
from zope.component.hooks import getSite

import logging

VIEW_SESSIONS = "collective.sessiondata: View sessions"

logger = logging.getLogger("collective.sessiondata")


class _SiteErrorPage(errorpages.ErrorPage):
    """Renders a page in the site's main template, or without it if that fails."""

    in_main_template = ViewPageTemplateFile("error.pt")

    def index(self):
        # The main template is looked up at the object that failed.
        self.context = self.__parent__
        try:
            return self.in_main_template()
        except Exception:
            logger.exception(
                "The page %s of %r failed in the main template and was shown without "
                "it. Fix the error shown in the traceback",
                type(self).__name__,
                getSite(),
            )
            return super().index()


class SessionTooLargePage(_SiteErrorPage, errorpages.SessionTooLargePage):
    """For ``SessionTooLarge``."""


class TooManySessionsPage(_SiteErrorPage, errorpages.TooManySessionsPage):
    """For ``MaxTransientObjectsExceeded``."""


class DatabaseUnavailablePage(_SiteErrorPage, errorpages.DatabaseUnavailablePage):
    """For ``DatabaseDown``."""

    @property
    def advice(self):
        if getSecurityManager().checkPermission(VIEW_SESSIONS, getSite()):
            return _(
                "The database of the sessions cannot be reached. See whether its server "
                "runs, and what the log of this Zope says."
            )
        return super().advice
