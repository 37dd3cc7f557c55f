"""What is told of trouble says where it is, and what to do."""

from .. import api
from ..container import TransientObjectContainer
from ..storage.capacity import ThrottledWarning
from ..testing import SESSIONDATA_INTEGRATION_TESTING
from ..testing import travel
from ..testing import Visitor
from Products.Sessions.interfaces import BrowserIdManagerErr
from Products.Sessions.interfaces import SessionDataManagerErr
from Products.Transience import MaxTransientObjectsExceeded
from unittest import TestCase

import logging

logger = logging.getLogger("collective.sessiondata")


class SummaryTest(TestCase):
    def test_a_flood_is_told_once_a_minute_for_each_place(self):
        summary = ThrottledWarning(logger, "In %s within %s seconds: %s")
        with self.assertLogs(logger) as logs:
            for _ in range(3):
                summary.note("shop")
            summary.note("school")
            with travel(minutes=2):
                summary.note("shop")
        self.assertEqual(
            [record.getMessage() for record in logs.records],
            [
                "In shop within 1 seconds: 1",
                "In school within 1 seconds: 1",
                "In shop within 120 seconds: 3",
            ],
        )


class WhereTest(TestCase):
    layer = SESSIONDATA_INTEGRATION_TESTING

    def setUp(self):
        self.portal = self.layer["portal"]
        self.tool = self.portal.session_data_manager
        self.container = self.tool.container()

    def test_a_container_is_called_by_who_uses_it(self):
        called = "the session container of /plone/session_data_manager"
        self.assertEqual(self.container.label(), called)
        self.assertEqual(
            TransientObjectContainer().label(),
            "a session container that is in no site",
        )

    def test_errors_of_a_container_say_which(self):
        for error, work in (
            (KeyError, lambda: self.container["none"]),
            (KeyError, lambda: self.container.__delitem__("none")),
            (KeyError, lambda: self.container.rotate(self.container.prepare("a"), "b")),
            (KeyError, lambda: [self.container.new("twice") for _ in range(2)]),
        ):
            with self.assertRaisesRegex(error, "container of /plone/") as raised:
                work()
            self.assertNotIn("twice", str(raised.exception))

    def test_a_full_container_says_which_and_so_does_the_log(self):
        self.container.limit, self.container.when_full = 1, "refuse"
        self.container.new("first")
        with self.assertLogs(logger, "WARNING") as logs:
            with travel(minutes=2):
                with self.assertRaisesRegex(
                    MaxTransientObjectsExceeded, "1 sessions in .* of /plone/"
                ):
                    self.container.new("second")
        self.assertIn(
            "Too many sessions in the session container of /plone/", logs.output[0]
        )

    def test_a_target_that_fails_is_told_with_its_container(self):
        def target(session, container):
            raise RuntimeError("broken")

        self.container.setAddNotificationTarget(target)
        with self.assertLogs(logger, "ERROR") as logs:
            self.container.new("first")
        self.assertIn("of the session container of /plone/", logs.output[0])
        self.assertIn("Fix the target", logs.output[0])

    def test_a_browser_id_manager_says_which_it_is(self):
        ids = self.portal.browser_id_manager
        with Visitor(self.portal):
            with self.assertRaisesRegex(
                BrowserIdManagerErr, "/plone/browser_id_manager .* add 'form'"
            ):
                ids.getHiddenFormField()
            with self.assertRaisesRegex(
                BrowserIdManagerErr, "no id from /plone/browser_id_manager yet"
            ):
                ids.isBrowserIdNew()

    def test_the_api_says_where_there_are_no_sessions(self):
        with self.assertRaisesRegex(SessionDataManagerErr, "<Application at >"):
            api.get(self.portal.getPhysicalRoot(), "checkout")
