"""The wizard: two steps, and the list to which they lead.

Pages that only look call ``api.get``, which stores nothing and sets no cookie.
"""

from . import _
from .interfaces import IActivities
from .interfaces import IJourney
from .trip import SLOT
from .trip import Trip
from collective.sessiondata import api
from plone.autoform.form import AutoExtensibleForm
from plone.protect import CheckAuthenticator
from Products.Five.browser import BrowserView
from z3c.form import button
from z3c.form import form


class Page:
    """What the pages share: the visitor's trip, and the way between them."""

    @property
    def trip(self):
        """The visitor's trip, or None before the first step is done."""
        return api.get(self.context, SLOT)

    def url(self, page):
        return f"{self.context.absolute_url()}/@@{page}"

    def go(self, page):
        self.request.response.redirect(self.url(page))


class Step(Page, AutoExtensibleForm, form.Form):
    """A form that fills some attributes of the trip."""

    enableCSRFProtection = True
    next_page = None

    def getContent(self):
        """Return what the fields show."""
        return self.trip or Trip()

    # Plone highlights a button with this name.
    @button.buttonAndHandler(_("Continue"), name="save")
    def handle_continue(self, action):
        data, errors = self.extractData()
        if errors:
            self.status = self.formErrorsMessage
            return
        trip = api.get_or_create(self.context, SLOT, Trip)
        form.applyChanges(self, trip, data)
        self.go(self.next_page)


class JourneyStep(Step):
    """Say where to, and for how long."""

    label = _("Step 1 of 2: Your journey")
    schema = IJourney
    next_page = "packing-activities"


class ActivitiesStep(Step):
    """Say what to do there."""

    label = _("Step 2 of 2: Your activities")
    schema = IActivities
    next_page = "packing-list"

    def update(self):
        # Too early, or so late that the session has ended.
        if self.trip is None:
            return self.go("packing")
        super().update()


class PackingList(Page, BrowserView):
    """Show what to pack; a POST forgets the trip."""

    def __call__(self):
        if self.request.method == "POST":
            CheckAuthenticator(self.request)
            api.discard(self.context, SLOT)
        if self.trip is None:
            return self.go("packing")
        return self.index()
