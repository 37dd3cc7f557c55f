"""Commits beside visitors: tried again where one of them was faster."""

from ZODB.POSException import ConflictError

import time
import transaction

ATTEMPTS = 5

# Seconds to wait before the second attempt; it grows.
PAUSE = 0.05


def committed(change, note):
    """Return ``change()`` once it is committed; ``note`` says what it was.

    Raise ``ConflictError`` if visitors were faster each time.
    """
    for attempt in range(1, ATTEMPTS + 1):
        transaction.begin()
        try:
            result = change()
            transaction.get().note(note)
            transaction.commit()
            return result
        except ConflictError:
            if attempt == ATTEMPTS:
                raise
        finally:
            # After a commit there is nothing to abort.
            transaction.abort()
        time.sleep(PAUSE * attempt)
