"""Sessions spread over several databases, so that more of them are written at once.

Each database has shards of its own, and a session is in one of them, by its digest.  As
many databases as there are, so many servers share the writing.

Where one is added, only sessions that fall to it go there: a new one at once, those that
are there already stay where they are to their end, and are found there.  (The places are
those of the jump consistent hash: Lamping and Veach, 2014.)
"""

from persistent import Persistent
from ZODB.POSException import StorageError

_BITS = 2**64 - 1


def places_of(digest, count):
    """Return at which of ``count`` places ``digest`` is, and where it was with fewer.

    They are numbers from 0; the present one comes first.
    """
    key = int.from_bytes(digest[:8], "big")
    places = []
    place = 0
    while place < count:
        places.append(place)
        key = (key * 2862933555777941757 + 1) & _BITS
        place = int((place + 1) * 2**31 / ((key >> 33) + 1))
    return places[::-1]


class DatabaseMissing(StorageError):
    """Sessions are in a database that this process does not have."""


class Spread(Persistent):
    """Several ``Shards``, each in a database of its own, that answer as one would.

    The first is in the same database as this; the others have to be stored, or at least
    be added to a connection.
    """

    # Whether there is a session where its digest has never led.
    astray = False

    # The parts, as this connection has them.
    _v_parts = None

    def __init__(self, parts):
        self._refer_to(parts)

    def _refer_to(self, parts):
        self._first = parts[0]
        # Not by references: where one cannot be followed, nobody is told what is wrong.
        self._others = tuple(
            (part._p_jar.db().database_name, part._p_oid) for part in parts[1:]
        )
        self._v_parts = tuple(parts)

    @property
    def parts(self):
        """A tuple of the ``Shards``; raise ``DatabaseMissing`` if not all are there."""
        parts = self._v_parts
        if parts is None:
            others = [self._connection(name).get(oid) for name, oid in self._others]
            parts = self._v_parts = (self._first, *others)
        return parts

    def _connection(self, name):
        try:
            return self._p_jar.get_connection(name)
        except KeyError:
            raise DatabaseMissing(
                f"Sessions are kept in the database {name} too, and zope.conf of this "
                f"process has no <zodb_db {name}>. Add it, as the other processes have "
                "it, and restart."
            ) from None

    @property
    def count(self):
        """The number of all top shards."""
        return sum(part.count for part in self.parts)

    def add(self, part):
        """Take one more ``Shards``: from now on sessions fall to it, too."""
        self._refer_to((*self.parts, part))

    def leads_to(self, digest, session):
        """Return True if ``session`` may have ``digest``: it is where that leads to."""
        return self.parts[places_of(digest, len(self.parts))[0]] is self.of(session)

    def get(self, digest):
        """Return the session of ``digest``, or None."""
        parts = self.parts
        places = places_of(digest, len(parts))
        for place in places:
            session = parts[place].get(digest)
            if session is not None:
                return session
        if self.astray:
            for place in set(range(len(parts))).difference(places):
                session = parts[place].get(digest)
                if session is not None:
                    return session
        return None

    def of(self, session):
        """Return the ``Shards`` that ``session`` is in, or falls to."""
        if session._p_jar is not None:
            # What is stored stays there: a reference from another database does not
            # keep it, when that is packed.
            for part in self.parts:
                if part._p_jar is session._p_jar:
                    return part
        return self.parts[places_of(session._id, len(self.parts))[0]]

    def put(self, digest, session, since, created=1):
        """Put in a session that is not there; see ``Shards``."""
        part = self.of(session)
        if digest == session._id and not self.astray:
            places = places_of(digest, len(self.parts))
            if part not in [self.parts[place] for place in places]:
                self.astray = True
        part.put(digest, session, since, created)

    def below(self, prefix):
        """Return the sessions of all digests that begin with ``prefix``, 2 to 8 bytes."""
        return [session for part in self.parts for session in part.below(prefix)]

    def leaves(self, first=0):
        """Yield the shards that have sessions of their own; see ``Shards``."""
        parts = list(self.parts)
        while first >= parts[0].count:
            first -= parts[0].count
            parts.append(parts.pop(0))
        yield from parts[0].leaves(first)
        for part in parts[1:]:
            yield from part.leaves()

    def present(self):
        """Return how many sessions there are, without a look at each."""
        return sum(part.present() for part in self.parts)

    def came(self):
        """Return how many sessions ever came."""
        return sum(part.came() for part in self.parts)
