"""Pages by which the tests govern the server, which is a process of its own."""

from collective.sessiondata import clock
from collective.sessiondata.plone.schema import ISessionSettings
from collective.sessiondata.settings.site import change_settings
from Products.Five.browser import BrowserView
from zope.schema import getFieldsInOrder

import time

DEFAULTS = {name: field.default for name, field in getFieldsInOrder(ISessionSettings)}


class SetClock(BrowserView):
    """Stops the clock of all sessions at a time; without one, lets it go on."""

    def __call__(self):
        at = self.request.form.get("at")
        clock.source = time.time if at is None else lambda: float(at)
        return "set"


class Renew(BrowserView):
    """Ends all sessions of the site, and sets their settings to what they were."""

    def __call__(self):
        manager = self.context.session_data_manager
        manager.endAllSessions()
        change_settings(manager, DEFAULTS)
        return "renewed"
