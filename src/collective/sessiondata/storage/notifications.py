"""Calls subscribers and notification targets when sessions begin and end."""

from ..events import SessionCreated
from ..events import SessionExpired
from ..events import SessionInvalidated
from ..events import SessionRotated
from ..interfaces import SubscriberFailed
from Acquisition import aq_parent
from ZODB.POSException import ConflictError
from zope.event import notify

import logging

logger = logging.getLogger("collective.sessiondata")


class Notifier:
    """Notifies on behalf of one container, which is acquisition-wrapped.

    ``add_target`` and ``remove_target`` are the container's notification targets: a
    function, the path of a script, or None.
    """

    __slots__ = ("container", "add_target", "remove_target")

    def __init__(self, container, add_target, remove_target):
        self.container = container
        self.add_target = add_target
        self.remove_target = remove_target

    @property
    def label(self):
        """The name of the container in messages."""
        return self.container.label()

    def created(self, session):
        """Notify that ``session``, unwrapped, was stored by its first change."""
        self._call(self.add_target, session)
        notify(SessionCreated(session.__of__(self.container)))

    def rotated(self, session):
        """Notify that ``session`` has a new key."""
        notify(SessionRotated(session.__of__(self.container)))

    def invalidated(self, session):
        """Notify that ``session`` is about to be ended by code."""
        self._call(self.remove_target, session)
        notify(SessionInvalidated(session.__of__(self.container)))

    def expired(self, session):
        """Notify that ``session`` is about to be removed because of its time.

        Raises ``SubscriberFailed`` if a subscriber fails.
        """
        self._call(self.remove_target, session)
        try:
            notify(SessionExpired(session.__of__(self.container)))
        except ConflictError:
            raise
        except Exception as error:
            logger.exception(
                "A subscriber to ISessionExpired failed. %r is removed from %s all the "
                "same, without what subscribers did. Fix the subscriber shown in the "
                "traceback",
                session,
                self.label,
            )
            raise SubscriberFailed(session) from error

    def _call(self, target, session):
        if target is None:
            return
        try:
            if isinstance(target, str):
                target = aq_parent(self.container).unrestrictedTraverse(target)
            target(session.__of__(self.container), self.container)
        except ConflictError:
            raise
        except Exception:
            # The visitor's request goes on; the log is for whoever set the target.
            logger.exception(
                "The notification target %r of %s failed. The session is kept, or "
                "removed, all the same. Fix the target, or set another one",
                target,
                self.label,
            )
