"""Random interleavings of requests of one browser, against a model of the merge."""

from ..storage.sweeper import sweep
from ..testing import travel
from .support.storage import OpenRequest
from .support.storage import StorageTestCase
from .support.things import CheckoutData
from copy import deepcopy
from dataclasses import dataclass
from dataclasses import field
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st
from itertools import count
from ZODB.POSException import ConflictError

KEYS = st.sampled_from("abcd")

# Of all kinds of entries.  A cart is a Persistent object: it has a record of its own.
CART = "cart"
VALUES = st.one_of(
    st.integers(0, 3),
    st.text("xy", max_size=2),
    st.lists(st.integers(0, 1), max_size=2),
    st.dictionaries(st.sampled_from("xy"), st.integers(0, 1), max_size=1),
    st.just(CART),
)

CHANGES = st.one_of(
    st.tuples(st.just("set"), KEYS, VALUES),
    st.tuples(st.just("delete"), KEYS),
    st.tuples(st.just("grow"), KEYS),
    st.tuples(st.just("clear")),
    st.tuples(st.just("read")),
    st.tuples(st.just("rotate")),
    st.tuples(st.just("invalidate")),
)

# Rounds of requests that overlap, each with what it does.  Each round begins some
# minutes after the one before, so that some note the access; and in some, time runs
# out for the session while they run, and it is swept.
ROUNDS = st.lists(
    st.tuples(
        st.sampled_from([0, 2, 10]),
        st.integers(0, 9).map(lambda number: number == 0),
        st.lists(st.lists(CHANGES, max_size=3), min_size=2, max_size=3),
    ),
    min_size=1,
    max_size=4,
)


@dataclass
class State:
    """What a session ought to be: its key, its data, and its carts' contents.

    A cart in the data is a tuple with its number.  Without data it has ended.
    """

    key: str
    data: dict | None = field(default_factory=dict)
    carts: dict = field(default_factory=dict)
    numbers: count = field(default_factory=count)

    def __deepcopy__(self, memo):
        # Numbers of carts are not used twice, whoever asks for one.
        return State(self.key, deepcopy(self.data), deepcopy(self.carts), self.numbers)

    def apply(self, changes, next_key):
        """Do ``changes``."""
        for name, *arguments in changes:
            if self.data is None:
                return
            getattr(self, name)(*arguments, **{"next_key": next_key})

    def set(self, key, value, **_):
        if value == CART:
            value = (next(self.numbers),)
            self.carts[value[0]] = ()
        self.data[key] = deepcopy(value)

    def delete(self, key, **_):
        self.data.pop(key, None)

    def grow(self, key, **_):
        value = self.data.get(key)
        if isinstance(value, tuple):
            self.carts[value[0]] += (1,)
        else:
            grow_in_place(value)

    def clear(self, **_):
        self.data.clear()

    def read(self, **_):
        pass

    def rotate(self, next_key):
        self.key = next_key()

    def invalidate(self, **_):
        self.data = None

    def merge(self, before, mine):
        """Merge what was ``before`` and is now ``mine``; return False at a conflict."""
        changed_carts = {
            number: cart
            for number, cart in mine.carts.items()
            if cart != before.carts.get(number)
        }
        for number in changed_carts.keys() & before.carts.keys():
            if self.carts[number] != before.carts[number]:
                return False
        if self.key != before.key and mine.key != before.key:
            return False
        data = None
        # An end is final, and nobody has to try again for it.
        if self.data is not None and mine.data is not None:
            data = merged(before, self, mine)
            if data is None:
                return False
        self.carts.update(changed_carts)
        self.data = data
        if mine.key != before.key:
            self.key = mine.key
        return True

    def shown(self):
        """Return the data, with what is in the carts."""
        if self.data is None:
            return None
        return {
            key: self.carts[value[0]] if isinstance(value, tuple) else value
            for key, value in self.data.items()
        }


def merged(before, theirs, mine):
    """Return the data of two that both began with ``before``; None at a conflict."""
    data = deepcopy(theirs.data)
    for key in before.data.keys() | mine.data.keys():
        if at(before, key) == at(mine, key):
            continue
        if key not in mine.data and key not in theirs.data:
            continue
        if at(theirs, key) != at(before, key):
            return None
        if key in mine.data:
            data[key] = mine.data[key]
        else:
            del data[key]
    return data


def at(state, key):
    return key in state.data, state.data.get(key)


def grow_in_place(value):
    if isinstance(value, list):
        value.append(len(value))
    elif isinstance(value, dict):
        value["grown"] = len(value)


def attempt(container, key, changes, next_key):
    """Do ``changes`` to the session of ``key``, if there is one."""
    session = container.get(key)
    for name, *arguments in changes if session is not None else ():
        if name == "set":
            value = arguments[1]
            session[arguments[0]] = CheckoutData() if value == CART else deepcopy(value)
        elif name == "delete":
            session.pop(arguments[0], None)
        elif name == "grow":
            value = session.get(arguments[0])
            if isinstance(value, CheckoutData):
                value.items += (1,)
            else:
                grow_in_place(value)
        elif name == "clear":
            session.clear()
        elif name == "read":
            session.items()
        elif name == "rotate":
            container.rotate(session, next_key())
        else:
            session.invalidate()
            return


class InterleavingsTest(StorageTestCase):
    def setUp(self):
        super().setUp()
        self.numbers = count()
        self.requests = [OpenRequest(self.db) for _ in range(4)]
        for request in self.requests:
            self.addCleanup(request.close)

    def next_key(self):
        return str(next(self.numbers))

    @settings(
        max_examples=300,
        deadline=None,
        suppress_health_check=[HealthCheck.differing_executors],
    )
    @given(ROUNDS)
    def test_every_interleaving_is_merged_as_the_model_says(self, rounds):
        model = State(self.next_key())
        with self.request() as root:
            root["container"].new(model.key)
        old_keys = set()
        minutes = 0
        for later, time_runs_out, overlapping in rounds:
            if model.data is None:
                break
            minutes += later
            with travel(minutes=minutes):
                old_keys.add(model.key)
                if time_runs_out:
                    self.play_to_the_end(overlapping, model)
                else:
                    self.play(overlapping, model)
                self.check(model, old_keys - {model.key})

    def check(self, model, old_keys):
        with OpenRequest(self.db) as request:
            session = request.container.peek(model.key)
            found = None
            if session is not None:
                found = dict(session.items())
                for key, value in found.items():
                    if isinstance(value, CheckoutData):
                        found[key] = value.items
            self.assertEqual(found, model.shown())
            for key in old_keys:
                self.assertNotIn(key, request.container)

    def begin(self, overlapping, model):
        """Let requests with these changes overlap; return them, and what they did."""
        before = deepcopy(model)
        running = []
        for request, changes in zip(self.requests, overlapping):
            request.manager.begin()
            keys = [self.next_key() for _ in changes]
            attempt(request.container, before.key, changes, iter(keys).__next__)
            mine = deepcopy(before)
            mine.apply(changes, iter(keys).__next__)
            running.append((request, changes, mine))
        return before, running

    def play(self, overlapping, model):
        """Let requests overlap, and commit one after the other."""
        before, running = self.begin(overlapping, model)
        for request, changes, mine in running:
            try:
                request.commit()
            except ConflictError:
                request.abort()
                self.assertFalse(model.merge(before, mine), "no conflict expected")
                # As the publisher does: once more, now with nobody overlapping.
                keys = [self.next_key() for _ in changes]
                request.manager.begin()
                attempt(request.container, model.key, changes, iter(keys).__next__)
                request.commit()
                model.apply(changes, iter(keys).__next__)
            else:
                self.assertTrue(model.merge(before, mine), "conflict expected")

    def play_to_the_end(self, overlapping, model):
        """Let requests overlap while the session expires and is removed."""
        before, running = self.begin(overlapping, model)
        sweeper = self.requests[-1]
        with travel(hours=2):
            sweep(sweeper.container.store, sweeper.container.notifier())
            model.data = None
            for request, changes, mine in running:
                try:
                    request.commit()
                except ConflictError:
                    request.abort()
                    attempt(request.container, before.key, changes, self.next_key)
                    request.commit()
                else:
                    # Whoever changed the session has been told.
                    self.assertEqual(
                        (mine.data, mine.key), (before.data, before.key), changes
                    )
