"""CSRF: a visitor's GET may change that visitor's session, and nothing else.

For who is logged in, plone.protect aborts a GET that writes and asks for
confirmation.  Here its check is shown the same changed objects less those of the
visitor's own session.  No oid is declared safe, so none of another database can
pass in its place, and the check itself stays on.
"""

from ..container import TransientObjectContainer
from ..database.directory import ROOT_KEY
from ..database.location import session_connection
from ..http.state import sessions_of
from ..session import TransientObject
from ..storage.shards import Shard
from ..storage.shards import Shards
from ..storage.shards import Tally
from ..storage.store import SessionStore
from ..values.tracking import store_changes
from Acquisition import aq_base
from plone.protect.auto import ProtectTransform
from ZODB.utils import z64

import transaction


class SessionProtectTransform(ProtectTransform):
    """plone.protect's transform, in sites with the add-on."""

    def _registered_objects(self):
        try:
            # Now, not just before the commit: changes in place count too.
            store_changes(transaction.get())
        except Exception:
            # What cannot be kept: the commit says so again, and fails.  An error in
            # a transform would only be logged, and nothing be protected.
            pass
        registered = super()._registered_objects()
        if not registered:
            return registered
        own = {}
        for session in map(aq_base, sessions_of(self.request)):
            own[id(session)] = session
            own.update(session.persistent_values())
        return [
            changed
            for changed in registered
            if id(changed) not in own and not self._is_of_the_storage(changed)
        ]

    def _is_of_the_storage(self, changed):
        """Is ``changed`` where the container notes which sessions there are?

        Whose sessions came or went is told by the sessions themselves: they are
        changed in the same request.
        """
        if isinstance(changed, (Shard, Tally)):
            return True
        # One that had to make room for the visitor's: no data of it is left.
        if isinstance(changed, TransientObject) and changed.hasExpired():
            return True
        # The first session in a new database of their own makes its container.
        application = self.request.PARENTS[-1]
        connection = changed._p_jar
        if connection is None or connection is application._p_jar:
            return False
        if connection is not session_connection(application):
            return False
        return (
            changed._p_oid == z64
            or changed is connection.root().get(ROOT_KEY)
            or isinstance(changed, (TransientObjectContainer, SessionStore, Shards))
            and changed._p_serial == z64
        )
