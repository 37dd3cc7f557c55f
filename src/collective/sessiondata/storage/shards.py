"""Sessions by digest, in a tree whose records visitors hardly ever change alike.

Digests are random, so their bits spread sessions evenly: the first ones choose one of
many shards.  A shard that is full hands its entries to shards below itself, chosen by
the next byte; the record above it does not change, so nobody is hindered by that.
(The idea is that of a burst trie: Heinz, Zobel and Williams, 2002.)

A shard also counts.  Where visitors meet in one after all, their changes merge.
"""

from ..values.merge import merged
from persistent import Persistent
from struct import Struct
from ZODB.POSException import ConflictError

# Few enough to make when the add-on is installed, many enough that ten
# overlapping creations hardly ever meet.
SHARDS = 2048

# The most sessions of one shard: a creation writes which there are.
FULL = 16

# How many shards take over from one that is full.
FANOUT = 4

# A digest, and seconds since the epoch until the year 2106.
_STAMP = Struct(">16sI")

# How many top shards are brought in side by side.
_AT_ONCE = 64


class Tally(Persistent):
    """How many sessions came, and how many are there, below one shard."""

    def __init__(self, created, present):
        self.created = created
        self.present = present

    def __getstate__(self):
        return self.created, self.present

    def __setstate__(self, state):
        self.created, self.present = state

    def _p_resolveConflict(self, old, committed, new):
        return tuple(
            theirs + mine - before for before, theirs, mine in zip(old, committed, new)
        )


class Shard(Persistent):
    """The sessions whose digests begin alike: its own, or those of shards below.

    Beside each of its own is a time at which it was asked for, or before that.
    """

    # Slots: a look-up in them touches less memory, and there are many shards.
    __slots__ = ("sessions", "stamps", "created", "below", "tally")

    def __init__(self, created=None):
        # By digest; and a ``_STAMP`` for each, in the same order, in one string.
        self.sessions = {}
        self.stamps = b""
        # How many sessions came; None in a shard below another, which counts for it.
        self.created = created
        # The shards that the sessions were handed to, and what counts since then.
        self.below = ()
        self.tally = None

    def __getstate__(self):
        # The ZODB looks at each object that it stores; of stamps there is one.
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
            # Strictly: a session under another's digest would be handed to a stranger.
            self.sessions = dict(zip(digests, sessions, strict=True))
            self.below = ()
            self.tally = None

    def _p_resolveConflict(self, old, committed, new):
        for state in old, committed, new:
            if isinstance(state[0], tuple):
                raise ConflictError("the shard became full")
        before, theirs, mine = map(_entries, (old, committed, new))
        entries = merged(before, theirs, mine)
        created = None
        if old[0] is not None:
            created = committed[0] + new[0] - old[0]
        elif before.keys() - theirs.keys() - mine.keys():
            # Whoever removes a session counts it elsewhere, so only one may.
            raise ConflictError("both removed the same session")
        return (
            created,
            b"".join([digest + since for digest, (_, since) in entries.items()]),
            tuple([session for session, _ in entries.values()]),
        )

    @property
    def present(self):
        """How many sessions there are, in a shard that counts."""
        return len(self.sessions) if self.tally is None else self.tally.present

    @property
    def came(self):
        """How many sessions ever came, in a shard that counts."""
        return self.created if self.tally is None else self.tally.created

    def bring_in(self, before=None):
        """Return this leaf's sessions that may not have been asked for since ``before``.

        ``before`` is given in seconds since the epoch; None: all sessions.  They
        come from the database side by side.
        """
        sessions = self.sessions.values()
        if before is not None:
            limit = max(int(before), 0).to_bytes(4, "big")
            stamps = _split(self.stamps)
            sessions = [it for it, stamp in zip(sessions, stamps) if stamp[-4:] < limit]
        return _brought_in(sessions)

    def put(self, digest, since, session):
        """Add a session of its own; ``KeyError`` if there is one already."""
        if digest in self.sessions:
            raise KeyError("There is a session already")
        self.sessions[digest] = session
        self.stamps += _STAMP.pack(digest, int(since))

    def remove(self, digest):
        """Remove one of its own sessions; ``KeyError`` if there is none."""
        del self.sessions[digest]
        self.stamps = b"".join(s for s in _split(self.stamps) if s[:-4] != digest)

    def note_access(self, digest, since):
        """Note that one of its own sessions was asked for at ``since``, or later."""
        self.stamps = b"".join(
            _STAMP.pack(digest, int(since)) if stamp[:-4] == digest else stamp
            for stamp in _split(self.stamps)
        )

    def divide(self, level):
        """Hand all sessions to new shards below; ``level`` is the byte that chooses."""
        below = tuple(Shard() for _ in range(FANOUT))
        for stamp, session in zip(_split(self.stamps), self.sessions.values()):
            below[stamp[level] % FANOUT].put(*_STAMP.unpack(stamp), session)
        if self.created is not None:
            self.tally = Tally(self.created, len(self.sessions))
        self.below = below
        self.sessions = self.stamps = self.created = None


def _brought_in(objects):
    """Return ``objects``, after asking for all at once of those that are not loaded.

    They are loaded one by one when they are used; storages beyond a network have
    answered by then.
    """
    ghosts = [it for it in objects if it._p_changed is None and it._p_jar is not None]
    if len(ghosts) > 1:
        ghosts[0]._p_jar.prefetch(ghosts)
    return objects


def _split(stamps):
    """Return the single stamps."""
    return [stamps[at : at + _STAMP.size] for at in range(0, len(stamps), _STAMP.size)]


def _entries(state):
    """Return the references to sessions, and their times, in a shard's ``state``."""
    _created, stamps, sessions = state
    return {
        stamp[:-4]: (session, stamp[-4:])
        for stamp, session in zip(_split(stamps), sessions, strict=True)
    }


class Shards(Persistent):
    """All shards, in an object of its own: it never changes, settings do."""

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
        # Written out, not with ``_leaf``: each request comes through here.
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
        """Return the shard that has, or would have, ``digest``; and its level."""
        shard = self._top(digest)
        level = 2
        while shard.below:
            shard = shard.below[digest[level] % FANOUT]
            level += 1
        return shard, level

    def put(self, digest, session, since, created=1):
        """Put in a session, asked for at ``since`` or later; ``KeyError`` if it is there.

        With ``created=0`` it does not count as a new one.
        """
        shard, level = self._leaf(digest)
        while len(shard.sessions) >= FULL:
            shard.divide(level)
            shard, level = self._leaf(digest)
        shard.put(digest, since, session)
        self._count(digest, created, 1)

    def remove(self, digest):
        """Remove the session of ``digest``; ``KeyError`` if there is none."""
        shard, _level = self._leaf(digest)
        shard.remove(digest)
        self._count(digest, 0, -1)

    def note_access(self, digest, since):
        """Note that the session of ``digest`` was asked for at ``since``, or later."""
        shard, _level = self._leaf(digest)
        shard.note_access(digest, since)

    def _count(self, digest, created, present):
        top = self._top(digest)
        if top.tally is not None:
            top.tally.created += created
            top.tally.present += present
        elif created:
            top.created += created

    def below(self, prefix):
        """Return the sessions of all digests that begin with ``prefix``, 2 to 8 bytes."""
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
        return _brought_in(found)

    def leaves(self, first=0):
        """Yield the shards that have sessions of their own, not those above them.

        It begins with the top shard number ``first``, and ends before it.  With each
        comes whether it was loaded already; those above it are let go.
        """
        tops = self.tops[first:] + self.tops[:first]
        for number, top in enumerate(tops):
            if number % _AT_ONCE == 0:
                _brought_in(tops[number : number + _AT_ONCE])
            waiting = [top]
            while waiting:
                shard = waiting.pop()
                # First of all: to ask for a method would load it.
                was_loaded = shard._p_changed is not None
                if not shard.below:
                    yield shard, was_loaded
                    continue
                waiting.extend(reversed(_brought_in(shard.below)))
                if not was_loaded:
                    shard._p_deactivate()

    def present(self):
        """Return how many sessions there are, without a look at each."""
        return sum(top.present for top in _brought_in(self.tops))

    def came(self):
        """Return how many sessions ever came."""
        return sum(top.came for top in _brought_in(self.tops))
