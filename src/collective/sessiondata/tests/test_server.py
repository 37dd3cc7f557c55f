"""Sessions across real processes: what a visitor keeps when Zope dies."""

from ..database.directory import ROOT_KEY
from ..settings.browserid import COOKIE_NAME
from .support.server import Client
from .support.server import SERVER
from .support.server import SESSIONS_CONF
from base64 import b64encode
from unittest import TestCase

import signal
import time

ADDRESS = {
    "form.widgets.name": "Alice Example",
    "form.widgets.street": "Main Street 1",
    "form.widgets.postal_code": "12345",
    "form.widgets.city": "Springfield",
    "form.widgets.email": "alice@example.com",
    "form.buttons.save": "Continue",
}


class ServerTest(TestCase):
    layer = SERVER

    def setUp(self):
        self.server = self.layer["server"]
        self.addCleanup(self.server.configure)
        self.addCleanup(self.server.forget_sessions)
        self.addCleanup(self.server.kill)

    def choose(self, client, **items):
        quantities = {"tea": 0, "coffee": 0, "cup": 0, **items}
        form = {f"form.widgets.{name}": n for name, n in quantities.items()}
        client.open("@@checkout", {**form, "form.buttons.save": "Continue"})
        self.assertTrue(client.url.endswith("@@checkout-address"), client.contents)
        client.open("@@checkout-address", ADDRESS)
        self.assertTrue(client.url.endswith("@@checkout-review"), client.contents)

    def restart(self):
        self.server.kill()
        self.server.start()

    def test_carts_survive_a_sigkill(self):
        self.server.start()
        alice, bob = Client(self.server), Client(self.server)
        self.choose(alice, tea=2)
        self.choose(bob, coffee=3)
        self.restart()
        self.assertIn("9.00", alice.open("@@checkout-review"))
        self.assertIn("Green tea", alice.contents)
        self.assertNotIn("Coffee", alice.contents)
        self.assertIn("21.00", bob.open("@@checkout-review"))
        self.assertNotIn("Green tea", bob.contents)

    def test_visits_that_only_look_cost_nothing(self):
        self.server.start()
        crawler = Client(self.server, cookies=False)
        for page in ("@@look", "@@checkout"):
            crawler.open(page)
            before = self.server.size()
            for visit in range(10):
                crawler.open(page)
                self.assertEqual(crawler.status, 200)
                self.assertNotIn("Set-Cookie", crawler.headers)
            self.assertEqual(self.server.size(), before)

    def test_a_session_is_gone_after_its_timeout(self):
        timeout = "app.Plone.session_data_manager.container().timeout = "
        self.server.run(timeout + "4")
        self.addCleanup(self.server.run, timeout + "3600")
        self.addCleanup(self.server.kill)
        self.server.start()
        alice = Client(self.server)
        alice.open("@@seed-set?value=tea")
        self.assertIn("tea", alice.open("@@seed-get"))
        time.sleep(4.1)
        self.assertEqual(alice.open("@@seed-get"), "my_option: None")

    def wait_for(self, text):
        """Return once ``text`` stands in the log."""
        deadline = time.monotonic() + 60
        while text not in self.server.log():
            self.assertLess(time.monotonic(), deadline, self.server.log())
            time.sleep(0.5)

    def test_a_database_of_their_own_is_swept_and_packed_by_itself(self):
        self.server.configure(SESSIONS_CONF, housekeeping=True)
        self.server.run(
            # Sessions that other tests have left in Data.fs would be swept as well.
            f"app._p_jar.root().pop({ROOT_KEY!r}, None)\n"
            "container = app.Plone.session_data_manager.container()\n"
            "container.timeout, container.pack_interval = 2, 1"
        )
        self.server.start()
        for number in range(5):
            Client(self.server).open("@@seed-set?value=tea")
        content = self.server.size("Data.fs")
        self.wait_for(
            "Removed 5 expired sessions of 5 from the session container of /Plone/"
        )
        self.wait_for("Packed the database sessions")
        self.assertEqual(self.server.size("Data.fs"), content)

    def test_expired_sessions_are_removed_by_themselves(self):
        self.server.run("app.Plone.session_data_manager.container().timeout = 2")
        self.addCleanup(
            self.server.run, "app.Plone.session_data_manager.container().timeout = 3600"
        )
        self.addCleanup(self.server.kill)
        time.sleep(2)
        # What other tests have left.
        self.server.run(
            "swept = app.Plone.session_data_manager.container().sweep()\n"
            "assert swept.complete and swept.visited == swept.removed, swept"
        )
        self.server.configure(housekeeping=True)
        self.server.start()
        for number in range(3):
            Client(self.server).open("@@seed-set?value=tea")
        self.wait_for(
            "Removed 3 expired sessions of 3 from the session container of /Plone/"
        )
        # And the thread ends with the process: the lease is given back.
        self.server.kill(signal.SIGINT)
        self.server.run(
            "upkeep = app.Plone.session_data_manager.container().store.lease\n"
            "assert upkeep.removed >= 3, upkeep.removed\n"
            "assert upkeep.swept and upkeep.holder is None, vars(upkeep)\n"
        )

    def test_an_attempt_that_met_a_conflict_leaves_nothing_behind(self):
        self.server.start()
        alice = Client(self.server)
        for visit in range(2):
            alice.open("@@retried")
            self.assertIn("[('attempt', 1), ('only in 1', True)]", alice.contents)
            self.assertEqual(len(alice.headers.get_all("Set-Cookie", [])), 1 - visit)
        self.assertIn("{'attempt': 1, 'only in 1': True}", alice.open("@@told"))

    def test_bad_cookies_get_no_error(self):
        self.server.start()
        for cookie in (
            f"{COOKIE_NAME}=x",
            f"{COOKIE_NAME}={'x' * 10_000}",
            f"{COOKIE_NAME}=\xe4\xff",
            f"{COOKIE_NAME}=%00%ff",
            f"{COOKIE_NAME}",
            "_ZopeId=12345678A9bcdefghij",
        ):
            with self.subTest(cookie[:40]):
                client = Client(self.server, cookies=False, Cookie=cookie)
                client.open("@@look")
                self.assertEqual(client.status, 200)
                self.assertNotIn("Set-Cookie", client.headers)
                client.open("@@seed-set?value=fresh")
                self.assertEqual(client.status, 200)
                self.assertIn(COOKIE_NAME, client.headers["Set-Cookie"])

    def test_a_database_of_their_own_takes_the_sessions(self):
        self.server.configure(SESSIONS_CONF)
        self.server.start()
        looking = Client(self.server)
        looking.open("@@look")
        self.assertNotIn("Set-Cookie", looking.headers)
        before = self.server.size("Data.fs"), self.server.size("sessions.fs")
        alice = Client(self.server)
        self.choose(alice, tea=2)
        self.assertEqual(self.server.size("Data.fs"), before[0])
        self.assertGreater(self.server.size("sessions.fs"), before[1])
        self.restart()
        self.assertIn("9.00", alice.open("@@checkout-review"))

    def test_a_logged_in_get_may_change_a_session_in_a_database_of_its_own(self):
        self.server.configure(SESSIONS_CONF)
        self.server.start()
        credentials = b64encode(b"admin:admin").decode()
        admin = Client(self.server, Authorization=f"Basic {credentials}")
        for what, value in (
            ("new", "1"),
            ("key", "2"),
            ("attribute", "3"),
            ("nested", "4"),
        ):
            admin.open(f"@@change?what={what}&value={value}")
            self.assertTrue(admin.url.endswith(f"value={value}"), admin.url)
        self.restart()
        self.assertIn("'4'", admin.open("@@told"))
        self.assertIn("'2'", admin.contents)
        admin.open("@@change?what=key,content&value=smuggled")
        self.assertIn("@@confirm-action", admin.url)
        self.assertNotIn("smuggled", admin.open("@@told"))
