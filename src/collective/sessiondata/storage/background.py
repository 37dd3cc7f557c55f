"""Work on a container in a thread, a connection and transactions of its own."""

from ..interfaces import ISiteContext
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextlib import nullcontext
from ZODB.utils import z64
from zope.component import queryAdapter

import transaction


def in_background(container, work):
    """Return ``work(container)``, called in another thread with its own connection.

    The container is acquisition-wrapped in its site. If it was not committed yet, the
    present thread calls ``work``, because no other connection can load it.
    """
    if is_new(container):
        return work(container)
    with ThreadPoolExecutor(1) as thread:
        db = container._p_jar.db()
        return thread.submit(_work, db, container._p_oid, work).result()


def is_new(container):
    """Return True if the Persistent ``container`` was not committed yet."""
    # A ghost has no serial.
    container._p_activate()
    return container._p_jar is None or container._p_serial == z64


def _work(db, oid, work):
    with opened(db, oid) as container:
        return work(container)


@contextmanager
def opened(db, oid):
    """Open the container ``oid`` of ``db``, wrapped in its site, for the ``with`` block.

    Its connection uses the transactions of the present thread.
    """
    # Open the connection of the main database, from which requests begin as well. Pools
    # keep connections together that one of them has opened, so two threads would share
    # connections if they began at different databases.
    first = next(iter(db.databases.values()))
    connection = first.open()
    try:
        container = connection.get_connection(db.database_name).get(oid)
        site = queryAdapter(container, ISiteContext)
        with site or nullcontext(container) as container:
            yield container
    finally:
        transaction.abort()
        connection.close()
