"""``bin/instance sessions stats``"""

from .. import clock
from ..database.location import location_of
from ..storage import statistics
from ..testing import travel
from .support.commands import CommandTestCase
from unittest import mock

import transaction


class StatsTest(CommandTestCase):
    def test_text_output(self):
        self.visit()
        self.visit("jane")
        with travel(hours=2):
            self.visit()
            out = self.run_ok("stats")
        for line in (
            r"/plone",
            r"  Active +1 \(maximum 100,000\)",
            r"    anonymous +1",
            r"    logged in +0",
            r"  Expired, not yet removed +2",
            r"  In the last hour +3 created, 0 ended",
            r"    less than 1 min +1",
            r"  Database +\w+ \(\w+, .*\), with the content of the site",
            r"  Last sweep +none yet",
        ):
            self.assertRegex(out, f"(?m)^{line}$")
        self.assertNotIn("about", out)

    def test_json_output(self):
        self.visit()
        self.visit("jane")
        before = self.container._p_jar.db().lastTransaction()
        result = self.run_json("stats")["/plone"]
        # Writes nothing, not even access times.
        self.assertEqual(self.container._p_jar.db().lastTransaction(), before)
        self.assertEqual(result["limit"], 100_000)
        self.assertGreater(result["location"]["size_bytes"], 0)
        self.assertIs(result["location"]["dedicated"], False)
        numbers = result["statistics"]
        self.assertEqual(
            (numbers["live"], numbers["anonymous"], numbers["logged_in"]), (2, 1, 1)
        )
        self.assertEqual((numbers["created_total"], numbers["exact"]), (2, True))
        self.assertEqual(numbers["swept"], None)
        self.assertEqual(numbers["idle"][0], {"below_seconds": 60, "count": 2})
        self.assertEqual(numbers["idle"][-1], {"below_seconds": None, "count": 0})
        self.assertRegex(
            numbers["history"][-1]["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"
        )
        self.assertEqual(numbers["history"][-1]["count"], 2)

    def test_json_is_the_same_as_over_rest(self):
        self.visit()
        where = location_of(self.container)
        # A fixed time: the history ends with the time of the statistics.
        with mock.patch.object(clock, "source", lambda: 2_000_000_000.0):
            there = {
                "statistics": self.container.statistics().as_dict(),
                "location": where.as_dict(),
            }
            result = self.run_json("stats")["/plone"]
        self.assertEqual(result, {**there, "limit": 100_000})

    def test_estimates_are_marked(self):
        for _ in range(3):
            self.visit()
        with mock.patch.object(statistics, "SAMPLE", 2):
            out = self.run_ok("stats")
            self.assertRegex(out, "Active +about 3 ")
            self.assertIn('"about": estimated from a sample of', out)
            numbers = self.run_json("stats")["/plone"]["statistics"]
            self.assertIs(numbers["exact"], False)

    def test_nothing_is_written_before_the_first_session(self):
        del self.container._p_jar.root()["collective.sessiondata"][
            self.manager.container_id
        ]
        transaction.commit()
        numbers = self.run_json("stats", "plone")["/plone"]["statistics"]
        self.assertEqual((numbers["live"], numbers["median_stay_seconds"]), (0, None))
        self.assertIn("no session yet", self.run_ok("sweep", "plone"))
        self.assertFalse(self.container._p_jar.root()["collective.sessiondata"])
