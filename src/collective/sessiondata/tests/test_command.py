"""What an administrator does from the command line: ``bin/instance sessions``."""

from ..browserid import BrowserIdManager
from ..command import probe
from ..command import sessions
from ..container import TransientObjectContainer
from ..database.location import location_of
from ..interfaces import ISessionCreated
from ..interfaces import ISessionExpired
from ..interfaces import ISessionInvalidated
from ..interfaces import ISettingsChanged
from ..manager import SessionDataManager
from ..settings.site import read_settings
from ..settings.site import SETTINGS
from ..storage import statistics
from ..testing import SESSIONDATA_FUNCTIONAL_TESTING
from ..testing import travel
from ..testing import Visitor
from .support.server import Client
from .support.server import READ_ONLY_STORAGE
from .support.server import Server
from .support.server import SERVER
from .support.server import SESSIONS_CONF
from .support.server import Zeo
from Acquisition import aq_base
from contextlib import closing
from contextlib import contextmanager
from contextlib import redirect_stderr
from contextlib import redirect_stdout
from functools import partialmethod
from io import StringIO
from OFS.Folder import Folder
from plone.registry.interfaces import IRegistry
from Products.TemporaryFolder.TemporaryFolder import MountedTemporaryFolder
from Products.Transience.Transience import TransientObjectContainer as StockContainer
from tqdm import tqdm
from transaction import TransactionManager
from typing import NamedTuple
from unittest import mock
from unittest import TestCase
from ZODB.POSException import ConflictError
from ZODB.POSException import StorageError
from zope.component import getGlobalSiteManager
from zope.component import getUtility
from zope.component.hooks import getSite
from zope.globalrequest import getRequest

import fcntl
import json
import os
import re
import signal
import struct
import subprocess
import sys
import termios
import transaction

COMMANDS = ("stats", "sweep", "end", "settings", "migrate", "benchmark-this-site")


class Outcome(NamedTuple):
    """How a command has ended, and what it has printed."""

    code: int
    out: str
    err: str


class CommandTestCase(TestCase):
    layer = SESSIONDATA_FUNCTIONAL_TESTING

    def setUp(self):
        self.app, self.portal = self.layer["app"], self.layer["portal"]
        self.manager = self.portal.session_data_manager
        self.container = self.manager.container()
        transaction.commit()

    def run_command(self, *words):
        """Do what stands behind ``bin/instance sessions``; return the outcome."""
        out, err = StringIO(), StringIO()
        code = 0
        with redirect_stdout(out), redirect_stderr(err), open(os.devnull) as nobody:
            with mock.patch("sys.stdin", nobody):
                try:
                    sessions(self.app, [*words])
                except SystemExit as end:
                    code = end.code
        transaction.begin()
        return Outcome(code, out.getvalue(), err.getvalue())

    def done(self, *words):
        """Run a command that succeeds without complaint; return what it prints."""
        code, out, err = self.run_command(*words)
        self.assertEqual((code, err), (0, ""), out)
        return out

    def told(self, *words):
        """Run a command that prints JSON; return that."""
        return json.loads(self.done("--traceback", *words, "--json"))

    def refused(self, code, *words):
        """Run a command that cannot be done; return what is said about it."""
        outcome = self.run_command(*words)
        self.assertEqual((outcome.code, outcome.out), (code, ""), outcome.err)
        self.assertNotIn("Traceback", outcome.err)
        return outcome.err

    def visit(self, user_id=None, manager=None, **data):
        """Have a visitor come, who leaves ``data``; return visitor and session."""
        visitor = Visitor(self.portal)
        with visitor:
            session = (manager or self.manager).getSessionData()
            if user_id is not None:
                aq_base(session).give_to(user_id, "Firefox")
            session.update(data or {"items": ["tea"]})
            handle = session.getId()
        transaction.commit()
        return visitor, handle

    def live(self, manager=None):
        return len((manager or self.manager).container().values())

    def add_folder(self, id="folder", path=None):
        """Add a folder with sessions of its own; return its manager."""
        self.app.manage_addFolder(id)
        folder = self.app[id]
        folder._setObject("browser_id_manager", BrowserIdManager("browser_id_manager"))
        manager = SessionDataManager("session_data_manager", path)
        folder._setObject("session_data_manager", manager)
        transaction.commit()
        return folder.session_data_manager

    def hear(self, interface, handler):
        """Call ``handler`` with each event of that kind, until the test ends."""
        components = getGlobalSiteManager()
        components.registerHandler(handler, [interface])
        self.addCleanup(components.unregisterHandler, handler, [interface])


class SitesTest(CommandTestCase):
    """Which site is meant, and what is said if there is none."""

    def test_all_sites_unless_some_are_named(self):
        self.add_folder()
        self.assertEqual([*self.told("stats")], ["/folder", "/plone"])
        for path in ("plone", "/plone", "plone/", "plone/session_data_manager"):
            self.assertEqual([*self.told("stats", path)], ["/plone"])
        both = self.told("stats", "plone", "folder", "/plone")
        self.assertEqual([*both], ["/plone", "/folder"])

    def test_a_site_whose_container_is_in_a_folder(self):
        manager = self.add_folder(path="/folder/here")
        self.app.folder._setObject("here", TransientObjectContainer("here"))
        transaction.commit()
        self.visit(manager=manager)
        self.assertEqual(self.told("stats")["/folder"]["statistics"]["live"], 1)

    def test_a_folder_below_another(self):
        self.app.manage_addFolder("outer")
        with mock.patch.object(self, "app", self.app.outer):
            self.add_folder("inner")
        self.assertEqual([*self.told("stats", "outer/inner")], ["/outer/inner"])
        self.assertIn("/outer/inner", self.told("stats"))

    def test_a_path_without_sessions(self):
        for path in ("Plon", "plone/nowhere", "../plone", "acl_users", "@@"):
            told = self.refused(2, "stats", path)
            self.assertIn("no session data manager of collective.sessiondata", told)
            self.assertIn("These have one: /plone.", told)

    def test_content_of_a_site_is_no_site(self):
        self.portal._setObject("news", Folder("news"))
        transaction.commit()
        told = self.refused(2, "settings", "plone/news", "limit=3")
        self.assertIn("It uses the sessions of /plone.", told)

    def test_no_site_at_all(self):
        self.portal._delObject("session_data_manager")
        transaction.commit()
        for words in (("stats",), ("sweep",), ("settings",), ("end", "--all")):
            told = self.refused(1, *words)
            self.assertIn("No site here has sessions. Install the add-on", told)
        self.assertIn("Install the add-on", self.refused(2, "stats", "plone"))

    def test_one_of_several_has_to_be_named_for_changes(self):
        self.add_folder()
        for words in (
            ("settings", "limit=3"),
            ("benchmark-this-site",),
            ("end", "--all", "--yes"),
        ):
            told = self.refused(2, *words)
            self.assertEqual(told, "Say which site: /folder, /plone.\n")

    def test_trouble_with_one_site_does_not_keep_the_others(self):
        self.add_folder()
        self.app.folder.session_data_manager.setContainerPath("/nowhere")
        transaction.commit()
        code, out, err = self.run_command("stats", "--json")
        self.assertEqual((code, [*json.loads(out)]), (1, ["/plone"]))
        self.assertIn("/folder: There is no session data container at /nowhere", err)

    def test_sessions_of_another_product_are_left_to_it(self):
        self.app._setObject("stock", StockContainer("stock"))
        self.manager.setContainerPath("/stock")
        transaction.commit()
        for words in (
            ("stats",),
            ("sweep",),
            ("benchmark-this-site",),
            ("end", "--user", "jane"),
            ("end", "--all", "--yes"),
            ("end", "--handle", "12345678"),
        ):
            told = self.refused(1, *words)
            self.assertIn("kept by another product, at /stock", told)
        told = self.refused(2, "settings", "plone", "limit=3")
        self.assertIn("/plone has no limit", told)
        self.assertNotIn("limit", self.told("settings")["/plone"])
        self.done("settings", "cookie_life_days=3", "cookie_secure=true")
        ids = self.portal.browser_id_manager
        self.assertEqual((ids.getCookieLifeDays(), ids.getCookieSecure()), (3, True))

    def test_sessions_in_the_memory_of_the_running_site_cannot_be_reached(self):
        folder = MountedTemporaryFolder("temp_folder")
        self.app._setObject("temp_folder", folder)
        transaction.commit()
        container = TransientObjectContainer("session_data", shards=1)
        self.app.temp_folder._setObject("session_data", container)
        self.manager.setContainerPath("/temp_folder/session_data")
        transaction.commit()
        for words in (
            ("stats",),
            ("settings", "limit=3"),
            ("end", "--user", "jane"),
            ("benchmark-this-site",),
        ):
            told = self.refused(1, *words)
            self.assertIn("in the memory of the Zope process that serves it", told)
        told = self.only_the_rest()
        self.assertIn("in the memory of the Zope process that serves it", told)

    def test_without_the_container_all_else_can_be_set(self):
        self.manager.setContainerPath("/nowhere")
        transaction.commit()
        told = self.refused(1, "settings", "plone", "limit=3")
        self.assertIn("no session data container at /nowhere", told)
        told = self.only_the_rest()
        self.assertIn("no session data container at /nowhere", told)

    def only_the_rest(self):
        """Check the settings beside the container's; return what is said of those."""
        rest = [
            name for name, setting in SETTINGS.items() if setting.part != "container"
        ]
        code, out, err = self.run_command("settings", "--json")
        self.assertEqual((code, [*json.loads(out)["/plone"]]), (1, rest))
        changed = self.told("settings", "cookie_name=other", "keep_data_at_login=false")
        self.assertEqual([*changed["/plone"]], ["cookie_name", "keep_data_at_login"])
        # All that were given, or none.
        self.refused(1, "settings", "cookie_name=third", "limit=3")
        ids = self.portal.browser_id_manager
        self.assertEqual(ids.getBrowserIdName(), "other")
        self.assertFalse(self.manager.getKeepDataAtLogin())
        return err

    def test_what_was_there_before_is_there_again(self):
        before = getSite(), getRequest()
        self.run_command("stats")
        self.run_command("sweep")
        self.assertEqual((getSite(), getRequest()), before)


class HelpTest(CommandTestCase):
    def test_each_command_shows_examples_that_can_be_parsed(self):
        for command in COMMANDS:
            out = self.done(command, "--help")
            self.assertIn("exit codes:", out)
            examples = re.findall(f"  bin/instance sessions ({command}.*)", out)
            self.assertTrue(examples, out)
            for example in examples:
                with mock.patch(
                    "collective.sessiondata.command._run", lambda app, options: 0
                ):
                    self.done(*example.split())

    def test_without_a_command_all_are_listed(self):
        # As bin/instance calls it.
        out = self.done("-c", "sessions")
        for command in COMMANDS:
            self.assertIn(f"    {command}", out)

    def test_wrong_words_are_a_wrong_usage(self):
        for words in (
            ("stat",),
            ("end",),
            ("end", "--user", "jane", "--all"),
            # No abbreviation ends sessions.
            ("end", "--al", "--yes"),
            ("migrate",),
            ("stats", "--cookie"),
            ("benchmark-this-site", "--seconds", "0"),
            ("benchmark-this-site", "--seconds", "nan"),
            ("benchmark-this-site", "--seconds", "many"),
        ):
            with self.subTest(words):
                self.assertIn("usage: bin/instance sessions", self.refused(2, *words))

    def test_what_should_not_happen_is_told_and_can_be_traced(self):
        self.hear(ISessionInvalidated, lambda event: 1 / 0)
        self.visit("jane")
        told = self.refused(1, "end", "--user", "jane")
        self.assertIn("ZeroDivisionError", told)
        self.assertIn("--traceback", told)
        with self.assertRaises(ZeroDivisionError):
            self.run_command("--traceback", "end", "--user", "jane")
        self.assertEqual(self.live(), 1)


class StatsTest(CommandTestCase):
    def test_for_people(self):
        self.visit()
        self.visit("jane")
        with travel(hours=2):
            self.visit()
            out = self.done("stats")
        for line in (
            r"/plone",
            r"  Live +1 \(100,000 at most\)",
            r"    anonymous +1",
            r"    logged in +0",
            r"  Expired, to be removed +2",
            r"  In the last hour +3 created, 0 ended",
            r"    less than 1 min +1",
            r"  Database +\w+ \(\w+, .*\), with the content of the site",
            r"  Last sweep +none yet",
        ):
            self.assertRegex(out, f"(?m)^{line}$")
        self.assertNotIn("about", out)

    def test_for_programs(self):
        self.visit()
        self.visit("jane")
        before = self.container._p_jar.db().lastTransaction()
        told = self.told("stats")["/plone"]
        # Looking is no access, and writes nothing.
        self.assertEqual(self.container._p_jar.db().lastTransaction(), before)
        self.assertEqual(told["limit"], 100_000)
        self.assertGreater(told["location"]["size_bytes"], 0)
        self.assertIs(told["location"]["dedicated"], False)
        numbers = told["statistics"]
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

    def test_rest_tells_the_same_under_the_same_names(self):
        self.visit()
        where = location_of(self.container)
        with travel():
            there = {
                "statistics": self.container.statistics().as_dict(),
                "location": where.as_dict(),
            }
            told = self.told("stats")["/plone"]
        self.assertEqual(told, {**there, "limit": 100_000})

    def test_estimates_are_called_so(self):
        for _ in range(3):
            self.visit()
        with mock.patch.object(statistics, "SAMPLE", 2):
            out = self.done("stats")
            self.assertRegex(out, "Live +about 3 ")
            self.assertIn('What is "about" is estimated', out)
            numbers = self.told("stats")["/plone"]["statistics"]
            self.assertIs(numbers["exact"], False)

    def test_before_the_first_session_there_is_nothing_to_write(self):
        del self.container._p_jar.root()["collective.sessiondata"][
            self.manager.container_id
        ]
        transaction.commit()
        numbers = self.told("stats", "plone")["/plone"]["statistics"]
        self.assertEqual((numbers["live"], numbers["median_stay_seconds"]), (0, None))
        self.assertIn("no session yet", self.done("sweep", "plone"))
        self.assertFalse(self.container._p_jar.root()["collective.sessiondata"])


@contextmanager
def terminal(answer=""):
    """Yield a file that is a terminal, at which ``answer`` is typed; and its screen."""
    screen, line = os.openpty()
    # Of no size nothing is shown.
    fcntl.ioctl(line, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    os.write(screen, answer.encode())
    with open(line, "r+b", 0) as raw, open(raw.fileno(), "w", closefd=False) as keys:
        yield keys, screen
    os.close(screen)


class SweepTest(CommandTestCase):
    def test_what_has_expired_is_removed(self):
        self.visit()
        self.visit("jane")
        with travel(hours=2):
            self.visit()
            self.assertRegex(
                self.done("sweep"),
                r"^/plone: looked at 3 sessions, removed 2, in 0\.\d s\.\n$",
            )
            told = self.told("stats")["/plone"]["statistics"]
            self.assertEqual((told["live"], told["expired"]), (1, 0))
            self.assertEqual(told["swept_total"], 2)
            self.assertRegex(told["swept"], "Z$")
            self.assertIn("all have removed 2 sessions", self.done("stats"))
        self.assertEqual(len(self.container), 1)

    def test_on_a_terminal_a_bar_shows_how_far_it_is(self):
        self.visit()
        eager = partialmethod(tqdm.__init__, mininterval=0)
        with travel(hours=2), terminal() as (line, screen):
            with (
                mock.patch.object(tqdm, "__init__", eager),
                redirect_stdout(StringIO()),
                redirect_stderr(line),
            ):
                sessions(self.app, ["sweep"])
            line.flush()
            shown = os.read(screen, 10_000).decode()
        self.assertIn("/plone:", shown)
        self.assertIn("1/1", shown)

    def test_what_meets_conflicts_stays_and_is_told(self):
        def conflict(event):
            raise ConflictError

        self.hear(ISessionExpired, conflict)
        self.visit()
        with travel(hours=2):
            code, out, err = self.run_command("sweep")
        self.assertEqual((code, err), (1, ""))
        self.assertIn("removed 0", out)
        self.assertIn("the next sweep takes them", out)

    def test_what_was_removed_before_ctrl_c_stays_removed(self):
        ended = []

        def interrupt(event):
            ended.append(event)
            if len(ended) == 150:
                raise KeyboardInterrupt

        self.hear(ISessionExpired, interrupt)
        for number in range(200):
            self.container.new(str(number))
        transaction.commit()
        with travel(hours=2):
            code, out, err = self.run_command("sweep")
            self.assertEqual((code, err), (1, "Stopped.\n"))
            (removed,) = re.findall(r"removed (\d+) sessions, or a few more", out)
            self.assertEqual(len(self.container), 200 - int(removed))
            self.assertGreater(int(removed), 0)


class EndTest(CommandTestCase):
    def test_the_sessions_of_a_user(self):
        other = self.add_folder()
        self.visit("jane")
        self.visit("jane")
        self.visit("jane", other)
        visitor, _handle = self.visit("bob")
        out = self.done("end", "--user", "jane")
        self.assertEqual(
            out,
            "/folder: ended 1 session of 'jane'.\n"
            "/plone: ended 2 sessions of 'jane'.\n",
        )
        self.assertEqual((self.live(), self.live(other)), (1, 0))
        self.assertEqual(visitor.data(), {"items": ["tea"]})
        told = self.refused(1, "end", "--user", "jane")
        self.assertIn("No live session belongs to the user id 'jane'", told)

    def test_one_session_by_its_handle(self):
        self.visit()
        visitor, handle = self.visit("jane")
        ended = []
        self.hear(ISessionInvalidated, lambda event: ended.append(getSite()))
        out = self.done("end", "--handle", handle[:8].upper())
        self.assertEqual(out, f"/plone: ended the session {handle[:8]}.\n")
        self.assertIsNone(visitor.data())
        self.assertEqual(self.live(), 1)
        self.assertEqual([aq_base(site) for site in ended], [aq_base(self.portal)])
        for digits in (handle[:8], handle):
            told = self.refused(1, "end", "--handle", digits)
            self.assertIn(
                f"No live session has a handle that begins with {digits}", told
            )

    def test_a_handle_is_at_least_eight_digits(self):
        self.add_folder()
        for words in ("1234567", "", "12345678x", "*" * 32):
            told = self.refused(2, "end", "--handle", words)
            self.assertRegex(told, r"^A handle is told by 8 or more of its digits.*\n$")

    def test_a_handle_that_several_have_is_refused(self):
        _visitor, handle = self.visit()
        twin = self.container.prepare("twin")
        aq_base(twin)._id = bytes.fromhex(handle[:10] + 22 * "0")
        twin["a"] = 1
        transaction.commit()
        told = self.refused(2, "end", "--handle", handle[:8])
        self.assertEqual(
            told,
            "2 sessions have handles that begin so. Give more digits; nothing was "
            "ended.\n",
        )
        self.assertEqual(self.live(), 2)
        self.done("end", "--handle", twin.getId())
        self.assertEqual(self.live(), 1)

    def test_all_sessions_of_a_site(self):
        other = self.add_folder()
        self.visit()
        self.visit(manager=other)
        out = self.done("end", "--all", "--yes", "plone")
        self.assertIn("/plone: ended all sessions, about 1.", out)
        self.assertEqual((self.live(), self.live(other)), (0, 1))
        self.visit()
        self.assertEqual(self.live(), 1)

    def test_all_are_not_ended_unless_somebody_says_yes(self):
        self.visit()
        told = self.refused(2, "end", "--all")
        self.assertIn("say --yes", told)
        for answer in ("n\n", "\n", "maybe\n", "\x04"):
            with self.asked(answer) as outcome:
                self.assertEqual(outcome.code, 1)
            self.assertIn("/plone: about 1 live session will end.", outcome.err)
            self.assertIn("Nothing was ended.", outcome.err)
        self.assertEqual(self.live(), 1)
        with self.asked("y\n") as outcome:
            self.assertEqual(outcome.code, 0)
        self.assertEqual(self.live(), 0)

    @contextmanager
    def asked(self, answer):
        with terminal(answer) as (line, screen):
            out, err = StringIO(), StringIO()
            code = 0
            keys = open(os.dup(line.fileno()))
            with keys, redirect_stdout(out), redirect_stderr(err):
                with mock.patch("sys.stdin", keys):
                    try:
                        sessions(self.app, ["end", "--all"])
                    except SystemExit as end:
                        code = end.code
        transaction.begin()
        yield Outcome(code, out.getvalue(), err.getvalue())


class SettingsTest(CommandTestCase):
    def test_every_setting_of_the_table_is_printed(self):
        told = self.told("settings")
        self.assertEqual(told, {"/plone": read_settings(self.manager)})
        out = self.done("settings", "plone")
        for name, setting in SETTINGS.items():
            title = re.escape(setting.title)
            self.assertRegex(out, rf"(?m)^  {name} +\S+ +{title}$")

    def test_every_setting_of_the_table_is_explained(self):
        told = " ".join(self.done("settings", "--help").split())
        for name, setting in SETTINGS.items():
            self.assertIn(f"{name}: {setting.title}", told)
            self.assertIn(setting.description, told)
        self.assertIn("Set a whole number from 0 to 36,500. Default: 0.", told)

    def test_what_is_printed_can_be_set(self):
        before = self.told("settings")["/plone"]
        self.done(
            "settings",
            "plone",
            *(
                f"{name}={'' if value == '' else json.dumps(value)}".replace('"', "")
                for name, value in before.items()
                if value is not None
            ),
        )
        self.assertEqual(self.told("settings")["/plone"], before)

    def test_some_are_changed(self):
        words = (
            "timeout_minutes=30",
            "resolution_seconds=2",
            "when_full=refuse",
            "cookie_secure=True",
            "cookie_same_site=none",
            "cookie_name=__Host-id",
            "cookie_path=/",
        )
        out = self.done("settings", "plone", *words)
        self.assertRegex(out, "(?m)^  timeout_minutes +60 -> 30$")
        self.assertRegex(out, "(?m)^  resolution_seconds +none -> 2$")
        self.assertRegex(out, r"(?m)^  cookie_path +\(empty\) -> /$")
        self.assertEqual(self.container.timeout, 1800)
        self.assertEqual(self.container.resolution, 2)
        records = getUtility(IRegistry)
        self.assertEqual(records["collective.sessiondata.timeout_minutes"], 30)
        ids = self.portal.browser_id_manager
        self.assertEqual(ids.getCookieSameSite(), "None")
        for nothing in ("", "none", "NONE"):
            self.done("settings", "plone", f"resolution_seconds={nothing}")
            self.assertIsNone(self.container.resolution)
        told = self.told("settings", "limit=5", "plone")
        self.assertEqual(told, {"/plone": {"limit": {"from": 100_000, "to": 5}}})

    def test_the_only_site_need_not_be_named(self):
        self.done("settings", "limit=7")
        self.assertEqual(self.container.limit, 7)

    def test_all_are_changed_or_none(self):
        before = read_settings(self.manager)
        for wrong, told in (
            (
                "limit=many",
                "limit cannot be 'many'. Set a whole number from 0 to 1,000,000,000.",
            ),
            ("limit=-1", "limit cannot be -1. Set a whole number"),
            ("limit=2.5", "limit cannot be 2.5. Set a whole number"),
            ("limit=", "limit cannot be ''. Set a whole number"),
            ("limit=none", "limit cannot be 'none'. Set a whole number"),
            ("timeout_minutes=1e3", "timeout_minutes cannot be 1000.0. Set a whole"),
            ("timeout_minutes=10000000", "whole number from 0 to 5,270,400."),
            ("resolution_seconds=nan", "cannot be nan. Set a whole number from 0 to"),
            ("resolution_seconds=2.5", "resolution_seconds cannot be 2.5. Set a whole"),
            ("keep_data_at_login=yes", "cannot be 'yes'. Set true or false."),
            ("when_full=burst", "cannot be 'burst'. Set one of 'drop', 'refuse'."),
            ("cookie_domain=com", "cookie_domain cannot be 'com'. Use a name with"),
            ("cookie_name=a b", "cookie_name cannot be 'a b'. Use letters"),
            ("cookie_same_site=Some", "Set one of 'Lax', 'Strict', 'None', 'browser'."),
            ("cookie_name=__Host-a", "needs the path / and no domain"),
            ("cookie_name=__Secure-a", "needs the Secure flag"),
        ):
            with self.subTest(wrong):
                said = self.refused(2, "settings", "plone", "max_size_kib=9", wrong)
                self.assertIn(told, said)
                self.assertIn("Nothing was changed.", said)
                self.assertEqual(read_settings(self.manager), before)

    def test_what_does_not_go_together_is_a_wrong_usage(self):
        told = self.refused(
            2, "settings", "plone", "timeout_minutes=1", "resolution_seconds=100"
        )
        self.assertIn("Nothing was changed.", told)
        self.assertEqual(self.container.timeout, 3600)

    def test_an_unknown_name_is_answered_with_those_there_are(self):
        told = self.refused(2, "settings", "plone", "timeout=3")
        self.assertIn("no setting 'timeout'", told)
        for name in SETTINGS:
            self.assertIn(name, told)

    def test_what_makes_no_sense(self):
        for words, told in (
            (("plone", "timeout_minutes"), "Give timeout_minutes=VALUE"),
            (("plone", "folder"), "Name one site only"),
            (("limit=3", "limit=4"), "limit is given twice"),
        ):
            self.assertIn(told, self.refused(2, "settings", *words))

    def set_elsewhere(self, times):
        """Have somebody else set the same each time, ``times`` at most."""
        jar = self.container._p_jar
        left = [None] * times

        def interfere(event):
            if left and event.object is aq_base(self.container):
                left.pop()
                manager = TransactionManager()
                with closing(jar.db().open(manager)) as connection:
                    container = connection.get(event.object._p_oid)
                    container._setting_max_size = 1000 + len(left)
                    manager.commit()

        self.hear(ISettingsChanged, interfere)

    def test_who_was_faster_does_not_matter(self):
        self.set_elsewhere(2)
        self.done("settings", "limit=7")
        self.assertEqual((self.container.limit, self.container.max_size), (7, 1000))

    def test_who_is_always_faster_is_told_of(self):
        self.set_elsewhere(99)
        with mock.patch("collective.sessiondata.command.retry.PAUSE", 0):
            told = self.refused(1, "settings", "limit=7")
        self.assertIn("Nothing was changed; try again.", told)


class MigrateTest(CommandTestCase):
    def setUp(self):
        super().setUp()
        self.app._setObject("former", StockContainer("former"))
        for number in range(3):
            self.app.former.new(str(number))["a"] = number
        transaction.commit()

    def test_the_sessions_of_another_product_come_here(self):
        out = self.done("migrate", "plone", "--from", "/former")
        self.assertEqual(out, "/plone: carried 3 sessions over.\n")
        self.assertEqual((len(self.app.former), self.live()), (0, 3))
        code, out, err = self.run_command("migrate", "plone", "--from", "/former")
        self.assertEqual((code, err), (1, ""))
        self.assertIn("/plone: carried 0 sessions over.", out)
        self.assertIn("in the memory of a running Zope", out)

    def test_on_a_terminal_a_bar_shows_how_far_it_is(self):
        with terminal() as (line, screen), redirect_stderr(line):
            self.assertIn("carried 3", self.done_there("migrate", "plone"))
            line.flush()
            self.assertIn("/3 [", os.read(screen, 10_000).decode())

    def done_there(self, *words):
        with redirect_stdout(StringIO()) as out:
            sessions(self.app, [*words, "--from", "/former"])
        return out.getvalue()

    def test_what_cannot_be_taken_stays_and_is_told(self):
        self.container.max_size = 1000
        self.app.former.new("large")["a"] = "a" * 2000
        transaction.commit()
        code, out, err = self.run_command("migrate", "plone", "--from", "/former")
        self.assertEqual((code, err), (1, ""))
        self.assertIn("carried 3 sessions over", out)
        self.assertIn("One stays where it is: SessionTooLarge", out)
        self.assertEqual(len(self.app.former), 1)

    def test_where_it_is_has_to_be_known(self):
        for words in ((), ("--from", "/nowhere"), ("--from", "")):
            told = self.refused(2, "migrate", "plone", *words)
            self.assertIn("Say with --from where it is.", told)
        told = self.refused(1, "migrate", "plone", "--from", "/plone")
        self.assertIn("no session data container at '/plone'", told)


class BenchmarkTest(CommandTestCase):
    """``benchmark-this-site``."""

    def setUp(self):
        super().setUp()
        self.events = []
        for interface in (ISessionCreated, ISessionInvalidated, ISessionExpired):
            self.hear(interface, self.events.append)
        # Faster than it is for people.
        patch = mock.patch.object(
            probe, "_MEASURES", [(*names, 5) for *names, _most in probe._MEASURES]
        )
        patch.start()
        self.addCleanup(patch.stop)
        self.alice, _handle = self.visit("alice")
        self.visit()
        self.events.clear()
        self.before = self.traces()

    def traces(self):
        """Return what visitors or administrators might notice."""
        statistics = self.container.statistics()
        return (
            len(self.container),
            statistics.created,
            statistics.live,
            {
                session._p_oid: session._p_serial
                for session in map(aq_base, self.container.values())
                if session._p_activate() is None
            },
            self.container._upkeep._p_serial,
            self.container._p_serial,
        )

    def assertNoTrace(self):
        self.assertEqual(self.traces(), self.before)
        self.assertEqual(self.events, [])
        self.assertEqual(self.alice.data(), {"items": ["tea"]})
        with travel(hours=2):
            self.assertEqual(self.container.sweep().removed, 2)

    def test_it_tells_what_it_has_measured(self):
        out = self.done("benchmark-this-site")
        self.assertIn("/plone: 2 sessions, in the database", out)
        for line in (
            "read a session, warm",
            "read a session, cold",
            "change it and commit",
            "create one and commit",
        ):
            self.assertRegex(out, rf"(?m)^{line} +[\d.,]+ ms +[\d.,]+ ms +5$")
        self.assertRegex(out, r"changes about [\d,]+ sessions per second")
        self.assertNoTrace()

    def test_for_programs(self):
        told = self.told("benchmark-this-site", "plone")["/plone"]
        self.assertEqual(told["sessions"], 2)
        for name in ("read_warm", "read_cold", "change", "create"):
            measured = told[name]
            self.assertEqual(measured["times"], 5)
            self.assertGreater(measured["median_seconds"], 0)
            self.assertGreaterEqual(
                measured["percentile_95_seconds"], measured["median_seconds"]
            )
            self.assertGreater(measured["per_second"], 0)
        self.assertNoTrace()

    def test_it_ends_in_time(self):
        with mock.patch.object(
            probe, "_MEASURES", [(*names, 10**9) for *names, _5 in probe._MEASURES]
        ):
            told = self.told("benchmark-this-site", "--seconds", "0.2")["/plone"]
        seconds = sum(
            told[name]["times"] / told[name]["per_second"]
            for name in ("read_warm", "read_cold", "change", "create")
        )
        self.assertLess(seconds, 1)
        self.assertNoTrace()

    def test_it_is_removed_by_ctrl_c(self):
        for name in ("_read", "_change", "_create_another", "_remove"):
            # Pressed again it does not wait.
            for times in (1, 2):
                work = getattr(probe._Probe, name)
                left = [signal.SIGINT] * times

                def interrupted(*arguments):
                    while left:
                        signal.raise_signal(left.pop())
                    return work(*arguments)

                with mock.patch.object(probe._Probe, name, interrupted):
                    told = self.refused(1, "benchmark-this-site")
                self.assertEqual(told, "Stopped.\n")
        self.assertNoTrace()

    def test_it_is_removed_after_an_error(self):
        def fail(probe, *arguments):
            raise StorageError("the disk is full")

        for name in ("_read", "_change", "_create_another"):
            with mock.patch.object(probe._Probe, name, fail):
                told = self.refused(1, "benchmark-this-site")
            self.assertIn("the disk is full", told)
            self.assertIn("try again", told)
        self.assertNoTrace()

    def test_where_sessions_have_to_be_small(self):
        self.container.max_size = 100
        transaction.commit()
        self.before = self.traces()
        self.done("benchmark-this-site")
        self.assertNoTrace()

    def test_a_conflict_is_not_measured(self):
        change = probe._Probe._change
        calls = []

        def conflicting(*arguments):
            calls.append(arguments)
            if len(calls) == 1:
                raise ConflictError
            change(*arguments)

        with mock.patch.object(probe._Probe, "_change", conflicting):
            told = self.told("benchmark-this-site")["/plone"]
        self.assertEqual((told["change"]["times"], len(calls)), (5, 6))
        self.assertNoTrace()

    def test_where_there_is_no_room_no_visitor_loses_it(self):
        self.container.limit = 2
        transaction.commit()
        told = self.refused(1, "benchmark-this-site")
        self.assertIn("there is no room to measure", told)
        self.assertEqual(len(self.container), 2)


# There is no database of this name.
BESIDE_CONTENT = """
<product-config collective.sessiondata>
    database none
</product-config>
"""


class DatabaseTest(TestCase):
    """In processes of their own, as ``bin/instance`` runs it."""

    layer = SERVER

    SCRIPT = """
import os, signal, sys, Zope2, Zope2.Startup.run
Zope2.Startup.run.configure_wsgi(sys.argv[1])
from collective.sessiondata.command import sessions
app = Zope2.app()
{before}
for words in {commands!r}:
    try:
        sessions(app, ["-c", "sessions", *words])
        code = 0
    except SystemExit as end:
        code = end.code
    print("exit code", code)
"""

    def setUp(self):
        self.server = self.layer["server"]
        self.addCleanup(self.server.configure)
        self.addCleanup(self.server.kill)

    def run_commands(self, server, *commands, before=""):
        """Run ``commands`` in a process; return what they print, and their codes."""
        script = self.SCRIPT.format(commands=commands, before=before)
        process = subprocess.run(
            [sys.executable, "-c", script, str(server.home / "zope.conf")],
            env=dict(os.environ, PYTHONPATH=os.pathsep.join(server.path)),
            cwd=server.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        self.assertEqual(process.returncode, 0, process.stderr)
        *outs, rest = re.split(r"exit code (\d)\n", process.stdout)
        self.assertEqual(rest, "")
        return [*zip(outs[::2], map(int, outs[1::2]))], process.stderr

    def test_beside_a_running_site(self):
        zeo = Zeo(self.server)
        self.addCleanup(zeo.kill)
        zeo.start()
        self.addCleanup(self.server.kill)
        self.server.start()
        alice, bob = Client(self.server), Client(self.server)
        alice.open("@@seed-set?value=tea")
        other = Server()
        self.addCleanup(other.remove)
        zeo.serve(other)
        outs, err = self.run_commands(
            other,
            ("stats", "--json"),
            ("benchmark-this-site", "--seconds", "0.5"),
            ("sweep",),
            ("settings", "Plone", "cookie_name=new_name", "cookie_path=/"),
            ("stats", "--json"),
        )
        self.assertEqual([code for _out, code in outs], [0] * 5, err)
        first, last = json.loads(outs[0][0]), json.loads(outs[4][0])
        self.assertEqual(first["/Plone"]["location"]["storage"], "ClientStorage")
        for told in (first, last):
            numbers = told["/Plone"]["statistics"]
            self.assertEqual((numbers["live"], numbers["created_total"]), (1, 1))
        # The next request knows.
        bob.open("@@seed-set?value=coffee")
        (cookie,) = bob.jar
        self.assertEqual((cookie.name, cookie.path), ("new_name", "/"))
        outs, err = self.run_commands(
            other,
            ("settings", "Plone", "cookie_name=_sessiondata_id", "cookie_path="),
            ("end", "--all"),
            ("end", "--all", "--yes"),
        )
        self.assertEqual([code for _out, code in outs], [0, 2, 0], err)
        self.assertIn("say --yes", err)
        self.assertEqual(alice.open("@@seed-get"), "my_option: None")

    def test_without_the_database_server(self):
        zeo = Zeo(self.server)
        self.addCleanup(zeo.kill)
        zeo.start()
        outs, err = self.run_commands(
            self.server,
            ("stats",),
            ("settings", "limit=5"),
            before=f"os.kill({zeo.process.pid}, signal.SIGKILL)",
        )
        self.assertEqual(outs, [("", 1), ("", 1)], err)
        self.assertIn("The database cannot be used at the moment. See whether", err)
        self.assertNotIn("Traceback", err)

    def forget_sessions(self):
        for file in self.server.home.glob("sessions*.fs*"):
            file.unlink()

    def test_databases_for_sessions_that_were_just_configured(self):
        self.server.configure(
            SESSIONS_CONF + SESSIONS_CONF.replace("sessions", "sessions-1")
        )
        self.addCleanup(self.forget_sessions)
        outs, err = self.run_commands(
            self.server,
            ("stats", "--json"),
            ("sweep",),
            ("benchmark-this-site", "--seconds", "0.2"),
            ("settings", "limit=50000"),
            ("stats", "--json"),
        )
        self.assertEqual([code for _out, code in outs], [0] * 5, err)
        for out, limit in ((outs[0][0], 100_000), (outs[4][0], 50_000)):
            told = json.loads(out)["/Plone"]
            live = told["statistics"]["live"]
            self.assertEqual((live, told["limit"]), (0, limit))
            place = told["location"]
            self.assertEqual(place["database"], "sessions, sessions-1")
            self.assertIs(place["dedicated"], True)

    def test_live_sessions_are_moved_to_databases_of_their_own_and_back(self):
        several = SESSIONS_CONF + SESSIONS_CONF.replace("sessions", "sessions-1")
        self.addCleanup(self.forget_sessions)
        self.server.start()
        visitors = {name: Client(self.server) for name in ("tea", "coffee", "cocoa")}
        for name, visitor in visitors.items():
            visitor.open(f"@@seed-set?value={name}")
        for conf, left in ((several, "main"), (several + BESIDE_CONTENT, "sessions")):
            self.server.kill()
            self.server.configure(conf, housekeeping=True)
            move = ("move", "Plone")
            outs, err = self.run_commands(self.server, move, move)
            (moved, code), (again, code_again) = outs
            self.assertEqual((code, code_again), (0, 0), err)
            self.assertIn(f"moved 3 sessions out of {left}", moved)
            self.assertIn("all sessions are where they belong", again)
            self.server.start()
            for name, visitor in visitors.items():
                got = visitor.open("@@seed-get")
                self.assertEqual(got, f"my_option: {{'value': '{name}'}}")

    def test_a_read_only_database(self):
        self.server.configure(storage=READ_ONLY_STORAGE)
        outs, err = self.run_commands(
            self.server,
            ("stats", "--json"),
            ("settings",),
            ("settings", "limit=5"),
            ("end", "--all", "--yes"),
            ("end", "--user", "nobody"),
            ("benchmark-this-site",),
            ("sweep",),
        )
        self.assertEqual([code for _out, code in outs], [0, 0, 1, 1, 1, 1, 1], err)
        self.assertIn("/Plone", json.loads(outs[0][0]))
        self.assertEqual(err.count("The database is read-only"), 4)
        self.assertNotIn("Traceback", err)
