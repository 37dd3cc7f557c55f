"""A tree of small records: sessions by digest.

Digests are random, so their bits distribute sessions evenly. The first bits choose one of
many shards. A full shard moves its entries to shards below itself, chosen by the next byte.
The record above it does not change, so that causes no conflicts.
(The idea is that of a burst trie: Heinz, Zobel and Williams, 2002.)

A shard also has counts. If two transactions change the same shard, their changes merge.
"""

from ..values.merge import merged
from persistent import Persistent
from struct import Struct
from ZODB.POSException import ConflictError

# Few enough to create them when the add-on is installed, and so many that ten overlapping
# creations hardly ever change the same one.
SHARDS = 2048

# The most sessions of one shard: a creation writes references to all of them.
FULL = 16

# The number of shards below a full one.
FANOUT = 4

# A digest, and seconds since the epoch until the year 2106.
_STAMP = Struct(">16sI")

# The number of top shards that are prefetched together.
_AT_ONCE = 64


class Tally(Persistent):
    """How many sessions below one shard were created, and how many are stored."""

    def __init__(self, created, stored):
        self.created = created
        self.stored = stored

    def __getstate__(self):
        return self.created, self.stored

    def __setstate__(self, state):
        self.created, self.stored = state

    def _p_resolveConflict(self, old, committed, new):
        return tuple(
            theirs + mine - before for before, theirs, mine in zip(old, committed, new)
        )


class Shard(Persistent):
    """The sessions whose digests begin with the same bits, in itself or in shards below.

    Beside each of its own sessions is a time at or before the last access.
    """

    # Slots save memory, and there are many shards.
    __slots__ = ("sessions", "stamps", "created", "below", "tally")

    def __init__(self, created=None):
        # By digest; and a ``_STAMP`` for each, in the same order, in one bytes object.
        self.sessions = {}
        self.stamps = b""
        # The number of sessions ever created; None in a shard below another, which counts
        # for it.
        self.created = created
        # The shards below, and the ``Tally`` that counts since the shard was divided.
        self.below = ()
        self.tally = None

    def __getstate__(self):
        # One bytes object with all stamps is stored faster than many.
        if self.below:
            return self.below, self.tally
        return self.created, self.stamps, tuple(self.sessions.values())

    def __setstate__(self, state):
        if isinstance(state[0], tuple):
            self.below, self.tally = state
            self.sessions = self.stamps = self.created = None
        else:
            self.created, self.stamps, sessions = state
            digests = (stamp[:-4] for stamp in _split(self.stamps))
            # Strict: a session with the digest of another would go to another visitor.
            self.sessions = dict(zip(digests, sessions, strict=True))
            self.below = ()
            self.tally = None

    def _p_resolveConflict(self, old, committed, new):
        for state in old, committed, new:
            if isinstance(state[0], tuple):
                raise ConflictError("one transaction divided the shard")
        before, theirs, mine = map(_entries, (old, committed, new))
        entries = merged(before, theirs, mine)
        created = None
        if old[0] is not None:
            created = committed[0] + new[0] - old[0]
        elif before.keys() - theirs.keys() - mine.keys():
            # A removal is counted elsewhere, so only one transaction may remove it.
            raise ConflictError("both transactions removed the same session")
        return (
            created,
            b"".join([digest + since for digest, (_, since) in entries.items()]),
            tuple([session for session, _ in entries.values()]),
        )

    @property
    def stored_below(self):
        """The number of stored sessions, in a top shard."""
        return len(self.sessions) if self.tally is None else self.tally.stored

    @property
    def created_below(self):
        """The number of sessions ever created, in a top shard."""
        return self.created if self.tally is None else self.tally.created

    def prefetched(self, before=None):
        """Return the sessions of this leaf that may not have been accessed since ``before``.

        ``before`` is in seconds since the epoch; None: return all. They are prefetched.
        """
        sessions = self.sessions.values()
        if before is not None:
            limit = max(int(before), 0).to_bytes(4, "big")
            stamps = _split(self.stamps)
            sessions = [it for it, stamp in zip(sessions, stamps) if stamp[-4:] < limit]
        return _prefetched(sessions)

    def put(self, digest, since, session):
        """Add a session of its own. Raises ``KeyError`` if it has one of this digest."""
        if digest in self.sessions:
            raise KeyError("the digest has a session already")
        self.sessions[digest] = session
        self.stamps += _STAMP.pack(digest, int(since))

    def remove(self, digest):
        """Remove one of its own sessions. Raises ``KeyError`` if there is none."""
        del self.sessions[digest]
        self.stamps = b"".join(s for s in _split(self.stamps) if s[:-4] != digest)

    def note_access(self, digest, since):
        """Note that one of its own sessions was accessed at ``since``, or later."""
        self.stamps = b"".join(
            _STAMP.pack(digest, int(since)) if stamp[:-4] == digest else stamp
            for stamp in _split(self.stamps)
        )

    def divide(self, level):
        """Move all sessions to new shards below, chosen by byte ``level`` of the digest."""
        below = tuple(Shard() for _ in range(FANOUT))
        for stamp, session in zip(_split(self.stamps), self.sessions.values()):
            below[stamp[level] % FANOUT].put(*_STAMP.unpack(stamp), session)
        if self.created is not None:
            self.tally = Tally(self.created, len(self.sessions))
        self.below = below
        self.sessions = self.stamps = self.created = None


def _prefetched(objects):
    """Prefetch the ghosts among ``objects``; return ``objects``.

    Each is loaded when it is used. A storage on a network has sent all of them by then.
    """
    ghosts = [it for it in objects if it._p_changed is None and it._p_jar is not None]
    if len(ghosts) > 1:
        ghosts[0]._p_jar.prefetch(ghosts)
    return objects


def _split(stamps):
    """Return the single stamps."""
    return [stamps[at : at + _STAMP.size] for at in range(0, len(stamps), _STAMP.size)]


def _entries(state):
    """Return the pairs of a session's reference and its time in ``state``, by digest."""
    _created, stamps, sessions = state
    return {
        stamp[:-4]: (session, stamp[-4:])
        for stamp, session in zip(_split(stamps), sessions, strict=True)
    }


class Shards(Persistent):
    """All shards. A record of its own: this one never changes."""

    def __init__(self, count):
        self.tops = tuple(Shard(created=0) for _ in range(count))

    @property
    def count(self):
        """The number of top shards."""
        return len(self.tops)

    def _top(self, digest):
        tops = self.tops
        return tops[(digest[0] << 8 | digest[1]) % len(tops)]

    def get(self, digest):
        """Return the session of ``digest``, or None."""
        # Written out, instead of a call of ``_leaf``: each request runs this.
        tops = self.tops
        shard = tops[(digest[0] << 8 | digest[1]) % len(tops)]
        below = shard.below
        level = 2
        while below:
            shard = below[digest[level] % FANOUT]
            below = shard.below
            level += 1
        return shard.sessions.get(digest)

    def _leaf(self, digest):
        """Return the leaf for ``digest``, and its level."""
        shard = self._top(digest)
        level = 2
        while shard.below:
            shard = shard.below[digest[level] % FANOUT]
            level += 1
        return shard, level

    def put(self, digest, session, since, created=1):
        """Add a session, accessed at ``since`` or later.

        With ``created=0`` it does not count as a new one. Raises ``KeyError`` if the digest
        has a session.
        """
        shard, level = self._leaf(digest)
        while len(shard.sessions) >= FULL:
            shard.divide(level)
            shard, level = self._leaf(digest)
        shard.put(digest, since, session)
        self._count(digest, created, 1)

    def remove(self, digest):
        """Remove the session of ``digest``. Raises ``KeyError`` if there is none."""
        shard, _level = self._leaf(digest)
        shard.remove(digest)
        self._count(digest, 0, -1)

    def note_access(self, digest, since):
        """Note that the session of ``digest`` was accessed at ``since``, or later."""
        shard, _level = self._leaf(digest)
        shard.note_access(digest, since)

    def _count(self, digest, created, stored):
        top = self._top(digest)
        if top.tally is not None:
            top.tally.created += created
            top.tally.stored += stored
        elif created:
            top.created += created

    def below(self, prefix):
        """Return the sessions whose digests begin with ``prefix``, 2 to 8 bytes."""
        found = []
        waiting = [(self._top(prefix), 2)]
        while waiting:
            shard, level = waiting.pop()
            if shard.below:
                below = shard.below
                if level < len(prefix):
                    below = [below[prefix[level] % FANOUT]]
                waiting.extend((one, level + 1) for one in below)
            else:
                found += [
                    session
                    for digest, session in shard.sessions.items()
                    if digest.startswith(prefix)
                ]
        return _prefetched(found)

    def leaves(self, first=0):
        """Yield each leaf, and whether it was loaded before.

        The iteration begins with the top shard number ``first`` and ends before it. Shards
        above leaves are removed from the cache again.
        """
        tops = self.tops[first:] + self.tops[:first]
        for number, top in enumerate(tops):
            if number % _AT_ONCE == 0:
                _prefetched(tops[number : number + _AT_ONCE])
            waiting = [top]
            while waiting:
                shard = waiting.pop()
                # This comes first: reading another attribute loads the shard.
                was_loaded = shard._p_changed is not None
                if not shard.below:
                    yield shard, was_loaded
                    continue
                waiting.extend(reversed(_prefetched(shard.below)))
                if not was_loaded:
                    shard._p_deactivate()

    def stored(self):
        """Return the number of stored sessions. Loads no session."""
        return sum(top.stored_below for top in _prefetched(self.tops))

    def created(self):
        """Return the number of sessions that were ever created."""
        return sum(top.created_below for top in _prefetched(self.tops))
