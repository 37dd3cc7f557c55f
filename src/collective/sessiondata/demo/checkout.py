"""A checkout in three steps that keeps all of its state in the visitor's session.

Pages that only read call ``api.get``, so that crawlers and visitors without a checkout
get no session and no cookie.  A submitted step calls ``api.get_or_create``.
"""

from .. import api
from ..i18n import _
from .data import CheckoutData
from .data import SLOT
from .interfaces import IAddress
from .interfaces import IItems
from plone.autoform.form import AutoExtensibleForm
from plone.z3cform.layout import wrap_form
from Products.Five.browser import BrowserView
from z3c.form import button
from z3c.form import form


class Checkout:
    """The visitor's data and the links between the steps; shared by all steps."""

    def getContent(self):  # called by z3c.form
        """Return the data that the visitor has entered so far."""
        return api.get(self.context, SLOT) or CheckoutData()

    def url(self, step):
        return f"{self.context.absolute_url()}/@@{step}"

    def go(self, step):
        self.request.response.redirect(self.url(step))


class Step(Checkout, AutoExtensibleForm, form.Form):
    """A form that stores its fields in the session."""

    ignoreContext = False
    enable_unload_protection = False
    next_step = None

    @button.buttonAndHandler(_("Continue"), name="save")
    def handle_continue(self, action):
        data, errors = self.extractData()
        if errors:
            self.status = self.formErrorsMessage
            return
        checkout = api.get_or_create(self.context, SLOT, CheckoutData)
        form.applyChanges(self, checkout, data)
        self.go(self.next_step)


class ItemsStep(Step):
    """Choose items and quantities."""

    schema = IItems
    label = _("Step 1 of 3: What would you like?")
    next_step = "checkout-address"


class AddressStep(Step):
    """Enter the delivery address."""

    schema = IAddress
    label = _("Step 2 of 3: Where shall it go?")
    next_step = "checkout-review"

    def update(self):
        if not self.getContent().lines():
            return self.go("checkout")
        super().update()


Items = wrap_form(ItemsStep)
Address = wrap_form(AddressStep)


class Review(Checkout, BrowserView):
    """Review everything, and place the order."""

    def __call__(self):
        self.checkout = self.getContent()
        if not self.checkout.lines():
            return self.go("checkout")
        if not self.checkout.has_address():
            return self.go("checkout-address")
        if self.request.method == "POST":
            # A real shop would process the order here.
            api.discard(self.context, SLOT)
            return self.go("checkout-done")
        return self.index()
