"""Random interleavings of requests of one browser, against a model of the merge."""

from .storage import OpenRequest
from .storage import StorageTestCase
from copy import deepcopy
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st
from itertools import count
from ZODB.POSException import ConflictError

KEYS = st.sampled_from("abcd")

# Of all kinds of entries but Persistent ones, which merge by themselves.
VALUES = st.one_of(
    st.integers(0, 3),
    st.text("xy", max_size=2),
    st.lists(st.integers(0, 1), max_size=2),
    st.dictionaries(st.sampled_from("xy"), st.integers(0, 1), max_size=1),
)

CHANGES = st.one_of(
    st.tuples(st.just("set"), KEYS, VALUES),
    st.tuples(st.just("delete"), KEYS),
    st.tuples(st.just("grow"), KEYS),
    st.tuples(st.just("clear")),
    st.tuples(st.just("read")),
    st.tuples(st.just("invalidate")),
)

# Rounds of requests that overlap, each with what it does.
ROUNDS = st.lists(
    st.lists(st.lists(CHANGES, max_size=3), min_size=2, max_size=3),
    min_size=1,
    max_size=4,
)


def apply(changes, session):
    """Do ``changes`` to ``session``: a real one, or a dict; return False at its end."""
    for name, *arguments in changes:
        if name == "set":
            session[arguments[0]] = deepcopy(arguments[1])
        elif name == "delete":
            session.pop(arguments[0], None)
        elif name == "grow":
            value = session.get(arguments[0])
            if isinstance(value, list):
                value.append(len(value))
            elif isinstance(value, dict):
                value["grown"] = len(value)
        elif name == "clear":
            session.clear()
        elif name == "read":
            list(session.items())
        else:
            return False
    return True


class Model:
    """What the sessions of one key ought to hold: a dict, or None after the end."""

    def __init__(self):
        self.data = {}

    def merge(self, before, changes):
        """Merge what ``changes`` made of ``before``; return False at a conflict."""
        mine = deepcopy(before)
        goes_on = apply(changes, mine)
        if self.data is None or not goes_on:
            # An end is final, and nobody has to try again for it.
            self.data = None
            return True
        merged = deepcopy(self.data)
        for key in before.keys() | mine.keys():
            if (key in before, before.get(key)) == (key in mine, mine.get(key)):
                continue
            theirs = (key in self.data, self.data.get(key))
            if key not in mine and key not in self.data:
                continue
            if theirs != (key in before, before.get(key)):
                return False
            if key in mine:
                merged[key] = mine[key]
            else:
                del merged[key]
        self.data = merged
        return True


class InterleavingsTest(StorageTestCase):
    def setUp(self):
        super().setUp()
        self.keys = map(str, count())
        self.requests = [OpenRequest(self.db) for _ in range(3)]
        for request in self.requests:
            self.addCleanup(request.close)

    @settings(
        max_examples=200,
        deadline=None,
        suppress_health_check=[HealthCheck.differing_executors],
    )
    @given(ROUNDS)
    def test_every_interleaving_is_merged_as_the_model_says(self, rounds):
        key = next(self.keys)
        model = Model()
        self.attempt(self.requests[0], key, [])
        self.requests[0].commit()
        for overlapping in rounds:
            if model.data is None:
                break
            self.play(key, overlapping, model)
            with OpenRequest(self.db) as request:
                session = request.container.get(key)
                found = None if session is None else dict(session.items())
            self.assertEqual(found, model.data)

    def attempt(self, request, key, changes):
        session = request.container.new_or_existing(key)
        if not apply(changes, session):
            session.invalidate()

    def play(self, key, overlapping, model):
        """Let requests with these changes overlap, and commit one after the other."""
        before = deepcopy(model.data)
        running = list(zip(self.requests, overlapping))
        for request, changes in running:
            request.manager.begin()
        for request, changes in running:
            self.attempt(request, key, changes)
        for request, changes in running:
            try:
                request.commit()
            except ConflictError:
                request.abort()
                self.assertFalse(model.merge(before, changes), "no conflict expected")
                # As the publisher does: once more, now with nobody overlapping.
                request.manager.begin()
                self.attempt(request, key, changes)
                request.commit()
                self.assertTrue(model.merge(deepcopy(model.data), changes))
            else:
                self.assertTrue(model.merge(before, changes), "conflict expected")
