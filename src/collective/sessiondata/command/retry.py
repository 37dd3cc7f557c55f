"""Commit, and try again after a conflict with a visitor's request."""

from ZODB.POSException import ConflictError

import time
import transaction

ATTEMPTS = 5

# Seconds to wait before the second attempt. Later attempts wait longer.
PAUSE = 0.05


def commit_with_retries(change, note):
    """Call ``change()``, commit, and return its result.

    ``note`` is the description of the transaction.  Raise ``ConflictError`` after
    ``ATTEMPTS`` conflicts.
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
            # Does nothing after a successful commit.
            transaction.abort()
        time.sleep(PAUSE * attempt)
