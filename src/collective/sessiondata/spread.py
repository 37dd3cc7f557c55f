"""Sessions spread over several databases, so that more of them are written at once.

Each database has shards of its own, and a session is in one of them, by its digest.  As
many databases as there are, so many servers share the writing.

Where one is added, only sessions that fall to it go there: a new one at once, those that
are there already stay where they are to their end, and are found there.  (The places are
those of the jump consistent hash: Lamping and Veach, 2014.)
"""

from .shards import Shards
from persistent import Persistent
from ZODB.POSException import POSKeyError
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
    be added to a connection.  Who asks for one session needs only the databases where its
    digest leads to; to ask for all raises ``DatabaseMissing``, or what the ZODB raises, if
    one of them is not there.
    """

    # Whether there is a session where its digest has never led.
    astray = False

    # The other parts, as this connection has them: None for one that nobody asked for.
    _v_others = None

    def __init__(self, first):
        self._first = first
        # Not by references: where one cannot be followed, nobody is told what is wrong.
        self._others = ()

    def take(self, place, part):
        """Have ``part`` at ``place``: one more, or instead of one that is lost.

        From now on sessions fall to it, too.
        """
        known = self._known_others()
        self._others = (
            *self._others[: place - 1],
            (part._p_jar.db().database_name, part._p_oid),
            *self._others[place:],
        )
        self._v_others = [*known[: place - 1], part, *known[place:]]

    def _known_others(self):
        if self._v_others is None:
            self._v_others = [None] * len(self._others)
        return self._v_others

    def __len__(self):
        return 1 + len(self._others)

    def part(self, place):
        """Return the ``Shards`` at ``place``; raise ``DatabaseMissing`` if it is not there."""
        if place == 0:
            return self._first
        known = self._known_others()
        part = known[place - 1]
        if part is None:
            part = known[place - 1] = self._found(*self._others[place - 1])
        return part

    def _found(self, name, oid):
        try:
            connection = self._p_jar.get_connection(name)
        except KeyError:
            raise DatabaseMissing(
                f"Sessions are kept in the database {name} too, and zope.conf of this "
                f"process has no <zodb_db {name}>. Add it, as the other processes have "
                "it, and restart."
            ) from None
        try:
            part = connection.get(oid)
        except POSKeyError:
            part = None
        if type(part) is not Shards:
            raise DatabaseMissing(
                f"The sessions that were in the database {name} are not there any more: "
                "it is empty, or another one. Put back the one that was there; or call "
                "bin/instance sessions move, which begins anew there."
            )
        return part

    def is_there(self, place):
        """Return True if there is a part at ``place``, and its database still has it."""
        if place >= len(self):
            return False
        try:
            self.part(place)
        except DatabaseMissing:
            return False
        return True

    @property
    def names(self):
        """The names of the other databases, in their order."""
        return [name for name, _oid in self._others]

    @property
    def parts(self):
        """A tuple of all ``Shards``."""
        return tuple(self.part(place) for place in range(len(self)))

    @property
    def count(self):
        """The number of all top shards."""
        return sum(part.count for part in self.parts)

    def _places(self, digest):
        return places_of(digest, len(self))

    def leads_to(self, digest, session):
        """Return True if ``session`` may have ``digest``: it is where that leads to."""
        return self._places(digest)[0] == self._place_of(session)

    def get(self, digest):
        """Return the session of ``digest``, or None."""
        places = self._places(digest)
        if self.astray:
            places += sorted(set(range(len(self))).difference(places))
        for place in places:
            session = self.part(place).get(digest)
            if session is not None:
                return session
        return None

    def of(self, session):
        """Return the ``Shards`` that ``session`` is in, or falls to."""
        return self.part(self._place_of(session))

    def _place_of(self, session):
        if session._p_jar is not None:
            # What is stored stays there: a reference from another database does not
            # keep it, when that is packed.
            name = session._p_jar.db().database_name
            for place, (other, _oid) in enumerate(self._others, 1):
                if other == name:
                    return place
            if self._first._p_jar is session._p_jar:
                return 0
        return self._places(session._id)[0]

    def put(self, digest, session, since, created=1):
        """Put in a session that is not there; see ``Shards``."""
        place = self._place_of(session)
        if digest == session._id and not self.astray:
            if place not in self._places(digest):
                self.astray = True
        self.part(place).put(digest, session, since, created)

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
