"""``bin/instance sessions benchmark-this-site``"""

from ..command import benchmark
from ..interfaces import ISessionCreated
from ..interfaces import ISessionExpired
from ..interfaces import ISessionInvalidated
from ..session import TransientObject
from ..testing import travel
from .support.commands import CommandTestCase
from Acquisition import aq_base
from contextlib import contextmanager
from unittest import mock
from ZODB.POSException import ConflictError
from ZODB.POSException import StorageError

import signal
import transaction

TIMES = 5


class BenchmarkTest(CommandTestCase):
    def setUp(self):
        super().setUp()
        self.limit_measurements(TIMES)
        self.alice, _handle = self.visit("alice")
        self.visit()
        self.created, self.ended = [], []
        self.subscribe(ISessionCreated, self.created.append)
        for interface in (ISessionInvalidated, ISessionExpired):
            self.subscribe(interface, self.ended.append)
        self.before = self.visitors_state()

    def limit_measurements(self, maximum):
        operations = [(*names, maximum) for *names, _max in benchmark.OPERATIONS]
        patch = mock.patch.object(benchmark, "OPERATIONS", operations)
        patch.start()
        self.addCleanup(patch.stop)

    def visitors_state(self):
        """Return everything that must be the same after a benchmark."""
        statistics = self.container.statistics()
        return (
            len(self.container),
            statistics.live,
            {
                session._p_oid: session._p_serial
                for session in map(aq_base, self.container.values())
                if session._p_activate() is None
            },
            self.container._p_serial,
        )

    def assertNothingLeft(self):
        self.assertEqual(self.visitors_state(), self.before)
        self.assertEqual(self.alice.data(), {"items": ["tea"]})
        with travel(hours=2):
            self.assertEqual(self.container.sweep().removed, 2)

    @contextmanager
    def calling(self, method, function):
        """Call ``function`` before each call of a method of sessions."""
        original = getattr(TransientObject, method)

        def call(*arguments):
            function()
            return original(*arguments)

        with mock.patch.object(TransientObject, method, call):
            yield

    def test_medians_are_printed(self):
        out = self.run_ok("benchmark-this-site")
        self.assertIn("/plone: 2 sessions, in the database", out)
        for _name, label, _maximum in benchmark.OPERATIONS:
            self.assertRegex(out, rf"(?m)^{label} +[\d.,]+ ms +{TIMES}$")
        # One to read and change, and those whose creation is measured.
        self.assertEqual((len(self.created), len(self.ended)), (TIMES + 1, TIMES + 1))
        self.assertNothingLeft()

    def test_json_output(self):
        result = self.run_json("benchmark-this-site", "plone")["/plone"]
        self.assertEqual(result["sessions"], 2)
        self.assertEqual(set(result["database"]), {"name", "storage"})
        for name in ("read_warm", "change", "create"):
            self.assertEqual(result[name]["times"], TIMES)
            self.assertGreater(result[name]["median_seconds"], 0)
        self.assertNothingLeft()

    def test_the_benchmark_ends_in_time(self):
        self.limit_measurements(10**9)
        started = benchmark.perf_counter()
        result = self.run_json("benchmark-this-site", "--seconds", "1")["/plone"]
        self.assertGreater(result["read_warm"]["times"], TIMES)
        self.assertLess(benchmark.perf_counter() - started, 5)
        self.assertNothingLeft()

    def test_ctrl_c_removes_the_sessions(self):
        for method in ("get", "set", "invalidate"):
            # Pressing Ctrl-C twice must not interrupt the removal either.
            for times in (1, 2):
                signals = [signal.SIGINT] * times

                def interrupt():
                    while signals:
                        signal.raise_signal(signals.pop())

                with self.subTest(method, times=times), self.calling(method, interrupt):
                    error = self.run_failing(1, "benchmark-this-site")
                    self.assertEqual(error, "Stopped.\n")
        self.assertNothingLeft()

    def test_an_error_removes_the_sessions(self):
        for method, successes in (("get", 0), ("set", 0), ("set", 1), ("set", 8)):
            left = [None] * successes

            def fail():
                if not left:
                    raise StorageError("the disk is full")
                left.pop()

            with self.subTest(method, successes=successes), self.calling(method, fail):
                error = self.run_failing(1, "benchmark-this-site")
                self.assertIn("the disk is full", error)
                self.assertIn("try again", error)
        self.assertNothingLeft()

    def test_a_small_maximum_size_of_sessions(self):
        self.container.max_size = 100
        transaction.commit()
        self.before = self.visitors_state()
        self.run_ok("benchmark-this-site")
        self.assertNothingLeft()

    def test_a_conflict_is_retried(self):
        conflicts = [ConflictError, ConflictError]

        def conflict():
            if conflicts:
                raise conflicts.pop()

        with self.calling("set", conflict):
            result = self.run_json("benchmark-this-site")["/plone"]
        self.assertEqual(result["change"]["times"], TIMES)
        self.assertEqual(conflicts, [])
        self.assertNothingLeft()

    def test_a_container_without_room_is_refused(self):
        self.container.limit = 2
        transaction.commit()
        error = self.run_failing(1, "benchmark-this-site")
        self.assertIn("there is no room to measure", error)
        self.assertEqual(len(self.container), 2)

    def test_a_session_that_another_process_ended(self):
        with mock.patch.object(type(aq_base(self.container)), "get", return_value=None):
            error = self.run_failing(1, "benchmark-this-site")
        self.assertIn("Another process ended the measured session", error)
