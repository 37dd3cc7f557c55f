"""What happens to sessions and their tools, told to others: see the interfaces."""

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


@implementer(ISettingsChanged)
class SettingsChanged(ObjectEvent):
    """Settings of a tool or a container were changed."""


@implementer(IContainerCreated)
class ContainerCreated(ObjectEvent):
    """A manager has got a container of its own."""

    def __init__(self, container, manager):
        super().__init__(container)
        self.manager = manager
