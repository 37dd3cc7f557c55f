"""Warnings that may come in floods: the first at once, others counted, once a minute."""

from .. import clock
from threading import Lock

INTERVAL = 60


class Summary:
    """Tells ``logger`` of what happens, ``message`` % (where, seconds, how often)."""

    def __init__(self, logger, message):
        self.logger = logger
        self.message = message
        self._lock = Lock()
        # How often it was not told, and when it was told last; by where.
        self._untold = {}

    def note(self, where):
        """It has happened once more, ``where``: there are few of those."""
        now = clock.now()
        with self._lock:
            count, told_at = self._untold.get(where, (0, None))
            count += 1
            since = None if told_at is None else now - told_at
            if since is not None and 0 <= since < INTERVAL:
                self._untold[where] = count, told_at
                return
            self._untold[where] = 0, now
        self.logger.warning(self.message, where, max(int(since or 0), 1), count)
