"""CSRF: allow a GET request to write to the visitor's own session, and to nothing else.

For users who are logged in, plone.protect aborts a GET request that writes, and asks for
confirmation.  This transform removes the objects of the visitor's own session from the
changed objects that plone.protect checks.  It does not use the list of safe oids: an
oid does not say which database it belongs to.
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
    """Replaces the transform of plone.protect in sites with the add-on."""

    def _registered_objects(self):
        try:
            # Usually done before the commit; here so that in-place changes are seen.
            store_changes(transaction.get())
        except Exception:
            # The commit raises the same error.  An error in a transform would only be
            # logged, and the check be skipped.
            pass
        registered = super()._registered_objects()
        if not registered:
            return registered
        own = {}
        for session in map(aq_base, sessions_of(self.request)):
            # Sessions of other products stay protected.
            if isinstance(session, TransientObject):
                own[id(session)] = session
                own.update(session.persistent_values())
        return [
            changed
            for changed in registered
            if id(changed) not in own and not self._is_index(changed)
        ]

    def _is_index(self, changed):
        """Return True if ``changed`` only records which sessions exist.

        The sessions themselves change in the same request, and are checked.
        """
        if isinstance(changed, (Shard, Tally)):
            return True
        # A session that was evicted for the visitor's session has no data left.
        if isinstance(changed, TransientObject) and changed.hasExpired():
            return True
        # The first session in a separate database creates the container there.
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
