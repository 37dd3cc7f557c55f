"""Many small trees of sessions, so that visitors write different records.

Where two of them meet in one tree after all, their changes merge.  BTrees do that
too, except where both removed the same session, or one the last in its tree.
"""

from .merge import merged
from .values import same
from BTrees.OOBTree import OOBTree
from BTrees.OOBTree import OOBucket
from Persistence import Persistent
from ZODB.POSException import ConflictError

# Few enough to make when the add-on is installed, many enough that ten
# overlapping creations hardly ever meet in a tree that has to split.
SHARDS = 1024


def _merged_items(old, committed, new):
    """Merge three bucket states' items: (key, value, key, value, ...)."""
    states = [dict(zip(items[::2], items[1::2])) for items in (old, committed, new)]
    result = merged(*states)
    return tuple(part for item in sorted(result.items(), key=_key) for part in item)


def _key(item):
    return item[0]


class ShardBucket(OOBucket):
    """A leaf of a shard that has several."""

    def _p_resolveConflict(self, old, committed, new):
        items, *following = zip(old, committed, new, strict=True)
        for one, two, three in following:
            if not same(one, two) or not same(two, three):
                raise ConflictError("a leaf was split or removed")
        result = _merged_items(*items)
        if not result:
            raise ConflictError("the leaf has to be removed from its tree")
        return result, *committed[1:]


class Shard(OOBTree):
    """The sessions whose digest begins alike: digest -> TransientObject."""

    _bucket_type = ShardBucket

    def _p_resolveConflict(self, old, committed, new):
        result = _merged_items(*map(self._only_items, (old, committed, new)))
        return (((result,),),) if result else None

    def _only_items(self, state):
        """Return the items in the ``state`` of a tree that is a single leaf."""
        if state is None:
            return ()
        if len(state) != 1:
            raise ConflictError("the tree has several leaves")
        (((items,),),) = state
        return items


class Shards(Persistent):
    """All shards, in an object of its own: it never changes, settings do."""

    def __init__(self, count):
        self.trees = tuple(Shard() for _ in range(count))

    def of(self, digest):
        """Return the shard that has, or would have, ``digest``."""
        trees = self.trees
        return trees[int.from_bytes(digest[:4], "big") % len(trees)]
