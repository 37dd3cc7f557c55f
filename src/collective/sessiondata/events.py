"""What happens to sessions, told to add-ons: see the interfaces."""

from .interfaces import ISessionCreated
from .interfaces import ISessionExpired
from .interfaces import ISessionInvalidated
from .interfaces import ISessionRotated
from zope.interface import implementer
from zope.interface.interfaces import ObjectEvent


@implementer(ISessionCreated)
class SessionCreated(ObjectEvent):
    """A session entered its container."""


@implementer(ISessionRotated)
class SessionRotated(ObjectEvent):
    """A session has a new key."""


@implementer(ISessionInvalidated)
class SessionInvalidated(ObjectEvent):
    """A session is about to be ended by code, as at logout."""


@implementer(ISessionExpired)
class SessionExpired(ObjectEvent):
    """A session is about to be removed: its time is over."""
