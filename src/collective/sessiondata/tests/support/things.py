"""Values that tests keep in sessions."""

from persistent import Persistent


class CheckoutData(Persistent):
    """What an add-on keeps of a checkout."""

    def __init__(self):
        self.items = ()


class Plain:
    """An instance whose attribute changes nobody can see."""

    def __init__(self, text):
        self.text = text


def items():
    """A factory of plain values."""
    return ["first"]
