"""Values that tests keep in sessions, and a container of another product."""

from Acquisition import Implicit
from OFS.SimpleItem import SimpleItem
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


class OtherSession(Implicit):
    """A session of another product, which has its own idea of ``user_id``."""

    def __init__(self):
        self.data = {}
        self.user_id = "somebody else"

    def keys(self):
        return list(self.data)

    def get(self, key, default=None):
        return self.data.get(key, default)

    def set(self, key, value):
        self.data[key] = value

    def invalidate(self):
        self.data.clear()


class OtherContainer(SimpleItem):
    """A container of another product."""

    def __init__(self, id):
        self.id = id
        self.sessions = {}

    def get(self, key, default=None):
        return self.sessions.get(key, default)

    def new_or_existing(self, key):
        return self.sessions.setdefault(key, OtherSession())
