"""Many visitors, or many requests of one visitor, at the same time."""

from .measure import compare
from .measure import Measure
from .measure import OURS
from .measure import Stopwatch
from .stores import filled_store
from .stores import filled_stores
from .stores import McdutilsStore
from .stores import new_keys
from .stores import STORES
from contextlib import ExitStack
from threading import Barrier
from threading import Lock
from threading import Thread
from ZODB.POSException import ConflictError

SESSIONS = 2_000

# Of ours as many are made as the goals speak of; of the peers', for which it takes
# longer, fewer: their figures are scaled.
PER = 10_000
OF_PEERS = 1_000


def attempts(name, run):
    return run.times(PER if name == OURS else OF_PEERS)


def commit(opened, change):
    """Commit, and do ``change`` anew after each conflict, as the publisher would.

    Return the number of conflicts.
    """
    conflicts = 0
    while True:
        try:
            opened.commit()
            return conflicts
        except ConflictError:
            conflicts += 1
            opened.begin()
            change()


def overlap(requests, changes):
    """Let all requests begin and change something, then commit one by one.

    Return the number of conflicts.
    """
    for opened, change in zip(requests, changes, strict=True):
        opened.begin()
        change()
    return sum(map(commit, requests, changes))


def counted(name, counts):
    return Measure(
        name, f"in {PER:,}", {peer: [count] for peer, count in counts.items()}
    )


def overlapping_creations(run):
    """Ten requests are open at once, and each creates a session of its own."""
    width = 10
    conflicts, lost = {}, {}
    keys = new_keys(SESSIONS)
    with filled_stores(run, keys) as stores:
        for name, store in stores.items():
            total = attempts(name, run)
            conflicts[name] = 0
            created = []
            with ExitStack() as stack:
                requests = [stack.enter_context(store.open()) for i in range(width)]
                for number in range(total // width):
                    own_keys = new_keys(width)
                    conflicts[name] += overlap(
                        requests,
                        [
                            lambda opened=opened, key=key: store.create(
                                opened.sessions, key
                            )
                            for opened, key in zip(requests, own_keys, strict=True)
                        ],
                    )
                    created += own_keys
            with store.open() as opened:
                lost[name] = sum(not is_there(opened, key) for key in created)
            conflicts[name] *= PER / total
            lost[name] *= PER / total
    return [counted("conflicts", conflicts), counted("lost sessions", lost)]


def is_there(opened, key):
    try:
        opened.store.data(opened.sessions, key)
    except KeyError:
        return False
    return True


def overlapping_changes(run):
    """Four requests of one browser are open at once; each sets a key of its own."""
    width = 4
    conflicts, lost = {}, {}
    keys = new_keys(SESSIONS)
    with filled_stores(run, keys) as stores:
        key = keys[0]
        for name, store in stores.items():
            total = attempts(name, run)
            conflicts[name] = lost[name] = 0
            with ExitStack() as stack:
                requests = [stack.enter_context(store.open()) for i in range(width)]
                reader = stack.enter_context(store.open())
                for number in range(total // width):
                    conflicts[name] += overlap(
                        requests,
                        [
                            lambda opened=opened, own=own: store.write(
                                opened.sessions, key, f"key {own}", number
                            )
                            for own, opened in enumerate(requests)
                        ],
                    )
                    reader.begin()
                    data = store.data(reader.sessions, key)
                    lost[name] += sum(
                        data.get(f"key {own}") != number for own in range(width)
                    )
            conflicts[name] *= PER / total
            lost[name] *= PER / total
    return [counted("conflicts", conflicts), counted("lost updates", lost)]


def threads(run):
    """Eight threads create sessions, as fast as they can."""
    width = 8
    present = new_keys(SESSIONS)
    loading = Lock()

    def create(store, keys, together):
        with store.open() as opened:
            # As if the connection had been in use for a while; one at a time, since
            # threads that load at once hinder each other.
            with loading:
                store.read(opened.sessions, present)
            together.wait()
            for key in keys:
                opened.begin()
                store.create(opened.sessions, key)
                commit(opened, lambda: store.create(opened.sessions, key))

    def batch(factory):
        count = run.times(60)
        together = Barrier(width + 1)
        stopwatch = Stopwatch()
        # A new one each time: how often creations conflict depends on its size.
        with filled_store(factory, run, present) as store:
            crowd = [
                Thread(target=create, args=(store, new_keys(count), together))
                for number in range(width)
            ]
            for thread in crowd:
                thread.start()
            together.wait()
            with stopwatch:
                for thread in crowd:
                    thread.join()
        return {"rate": width * count / stopwatch.seconds}

    peers = {factory.name: factory for factory in (*STORES, McdutilsStore)}
    return compare(peers, batch, {"rate": "sessions/s"}, run.rounds // 2)
