"""Values that tests keep in sessions."""

from persistent import Persistent


class Cart(Persistent):
    """As an add-on's CheckoutData."""

    def __init__(self):
        self.items = ()


class Plain:
    """An instance whose attribute changes nobody can see."""

    def __init__(self, text):
        self.text = text
