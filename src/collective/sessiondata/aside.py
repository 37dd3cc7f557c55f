"""Work on a container beside visitors: in a thread and transactions of its own.

The thread has its own connections and its own site, so subscribers and notification
targets may do there what they do in a request, except asking for the request.
"""

from Acquisition import aq_chain
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from zExceptions import NotFound
from ZODB.POSException import POSKeyError
from zope.component.hooks import setSite
from zope.component.interfaces import ISite

import transaction


def aside(container, work):
    """Return ``work(container)``, done in another thread on a copy of its own.

    A container that is in no database is worked on as it is.
    """
    if container._p_jar is None:
        return work(container)
    with ThreadPoolExecutor(1) as thread:
        db = container._p_jar.db()
        return thread.submit(_work, db, container._p_oid, work).result()


def _work(db, oid, work):
    with opened(db, oid) as container:
        return work(container)


@contextmanager
def opened(db, oid):
    """Give the container ``oid`` of ``db`` to the block, in its context.

    Its connection takes part in the transactions of the present thread.
    """
    connection = db.open()
    try:
        yield _in_context(connection.get(oid))
    finally:
        transaction.abort()
        setSite(None)
        connection.close()


def _in_context(container):
    """Return ``container`` wrapped in who uses it, after entering that one's site."""
    if container.home is None:
        return container
    database_name, path = container.home
    root = container._p_jar.get_connection(database_name).root()
    try:
        user = root["Application"].unrestrictedTraverse(path)
    except (KeyError, AttributeError, NotFound, POSKeyError):
        # Moved without notice; the sessions are no worse for it.
        return container
    setSite(next((part for part in aq_chain(user) if ISite.providedBy(part)), None))
    return container.__of__(user)
