"""Event classes; the interfaces describe them."""

from .interfaces import IContainerCreated
from .interfaces import ISessionCreated
from .interfaces import ISessionExpired
from .interfaces import ISessionInvalidated
from .interfaces import ISessionRotated
from .interfaces import ISettingsChanged
from zope.interface import implementer
from zope.interface.interfaces import ObjectEvent


@implementer(ISessionCreated)
class SessionCreated(ObjectEvent):
    """A session was stored by its first change."""


@implementer(ISessionRotated)
class SessionRotated(ObjectEvent):
    """A session was given a new key."""


@implementer(ISessionInvalidated)
class SessionInvalidated(ObjectEvent):
    """A session is about to be ended by code, such as a logout."""


@implementer(ISessionExpired)
class SessionExpired(ObjectEvent):
    """A session is about to be removed, because it expired or was evicted."""


@implementer(ISettingsChanged)
class SettingsChanged(ObjectEvent):
    """Settings of a tool or a container were changed."""


@implementer(IContainerCreated)
class ContainerCreated(ObjectEvent):
    """A session data manager created its container."""

    def __init__(self, container, manager):
        super().__init__(container)
        self.manager = manager
