"""The examples of Plone's documentation on sessions, as add-ons have copied them.

Kept as they stand there, down to the names: they have to work.
"""

from .things import CheckoutData
from Products.Five.browser import BrowserView

# Identifier of session data key where we store checkout values as CheckoutData object
SESSION_KEY = "checkout"


def createSessionData(sdm):
    """Create persistent new checkout session."""
    session_data_container = sdm.getSessionData(create=True)

    # Create initial data if missing
    data = CheckoutData()

    session_data_container.set(SESSION_KEY, data)
    return data


def getOrCreateCheckoutSession(context, request):
    """
    @return: CheckoutData object associated for this user
    """

    sdm = context.session_data_manager

    session_data_container = sdm.getSessionData(create=True)

    data = session_data_container.get(SESSION_KEY, None)
    if data is None:
        data = createSessionData(sdm)

    return data


class SetParameter(BrowserView):
    def __call__(self):
        any_python_object_supporting_pickling = {"value": self.request.form["value"]}

        sdm = self.context.session_data_manager
        session = sdm.getSessionData(create=True)
        session.set("my_option", any_python_object_supporting_pickling)

        return "set"


class GetParameter(BrowserView):
    def __call__(self):
        sdm = self.context.session_data_manager
        session = sdm.getSessionData(create=True)
        my_option = session.get("my_option", None)

        return f"my_option: {my_option!r}"


class Checkout(BrowserView):
    """Adds an item, if one is given, and tells all of them."""

    def __call__(self):
        data = getOrCreateCheckoutSession(self.context, self.request)
        if "item" in self.request.form:
            data.items = data.items + (self.request.form["item"],)
        return f"items: {data.items!r}"
