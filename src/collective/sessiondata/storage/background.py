"""Work on a container beside visitors: in a thread and transactions of its own."""

from ..interfaces import ISurroundings
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextlib import nullcontext
from ZODB.utils import z64
from zope.component import queryAdapter

import transaction


def aside(container, work):
    """Return ``work(container)``, done in another thread on a copy of its own.

    One that no other connection can see yet is worked on as it is.
    """
    if is_new(container):
        return work(container)
    with ThreadPoolExecutor(1) as thread:
        db = container._p_jar.db()
        return thread.submit(_work, db, container._p_oid, work).result()


def is_new(container):
    """Return True if ``container`` was not committed yet."""
    # Until it is loaded nothing is known of it.
    container._p_activate()
    return container._p_jar is None or container._p_serial == z64


def _work(db, oid, work):
    with opened(db, oid) as container:
        return work(container)


@contextmanager
def opened(db, oid):
    """Give the container ``oid`` of ``db`` to the block, in its surroundings.

    Its connection takes part in the transactions of the present thread.
    """
    # By way of the database that requests begin with.  If some came to it from here, the
    # ZODB would have two threads share connections: they stay together in its pools.
    first = next(iter(db.databases.values()))
    connection = first.open()
    try:
        container = connection.get_connection(db.database_name).get(oid)
        surroundings = queryAdapter(container, ISurroundings)
        with surroundings or nullcontext(container) as container:
            yield container
    finally:
        transaction.abort()
        connection.close()
