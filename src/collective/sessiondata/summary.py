"""Warnings that may come in floods: the first at once, others counted, once a minute."""

from . import clock
from threading import Lock

INTERVAL = 60


class Summary:
    """Tells ``logger`` of what happens, ``message`` % (how often, seconds)."""

    def __init__(self, logger, message):
        self.logger = logger
        self.message = message
        self._lock = Lock()
        self._count = 0
        self._told_at = None

    def note(self):
        """It has happened once more."""
        now = clock.now()
        with self._lock:
            self._count += 1
            since = None if self._told_at is None else now - self._told_at
            if since is not None and 0 <= since < INTERVAL:
                return
            count, self._count, self._told_at = self._count, 0, now
        self.logger.warning(self.message, count, int(since or 0))
