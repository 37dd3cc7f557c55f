"""What visitors meet while nothing can be written, or the database is away."""

from ..settings.browserid import COOKIE_NAME
from .support.server import Client
from .support.server import READ_ONLY_STORAGE
from .support.server import Server
from .support.server import SERVER
from .support.server import Zeo
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from unittest import TestCase

import resource
import time

# ``%import`` makes the section known.
AWAITED_CONF = """
%import ZEO
%import collective.sessiondata
<session_db sessions>
    mount-point /sessions
    <clientstorage>
        server 127.0.0.1:{port}
        wait-timeout 2
        server-sync true
    </clientstorage>
</session_db>
"""

TEA = "my_option: {'value': 'tea'}"


class FailingTest(TestCase):
    layer = SERVER

    def setUp(self):
        self.server = self.layer["server"]
        self.addCleanup(self.server.configure)
        self.addCleanup(self.server.kill)

    def visitor(self, value=None):
        client = Client(self.server)
        if value is not None:
            self.put(client, value)
            self.assertEqual(client.status, 200)
        return client

    def put(self, client, value):
        client.open(f"@@seed-set?value={value}")

    def got(self, client):
        return client.open("@@seed-get")

    def assertLost(self, client, value):
        """The visitor hears that ``value`` could not be kept."""
        self.put(client, value)
        self.assertGreaterEqual(client.status, 500)
        self.assertNotIn("Set-Cookie", client.headers)

    def assertAway(self, client):
        """The visitor is shown a page that says so."""
        for address in ("@@seed-get", "@@has"):
            page = client.open(address)
            self.assertEqual(client.status, 503)
            self.assertEqual(client.headers["Retry-After"], "30")
            self.assertIn("<h1>Not available at the moment</h1>", page)

    def assertNone(self, client):
        """The page asks whether there is a session, and there is none."""
        self.assertIn("False None", client.open("@@has"))
        self.assertEqual(client.status, 200)

    def set_resolution(self, seconds):
        self.server.run(
            "container = app.Plone.session_data_manager.container()\n"
            f"container.resolution = {seconds}"
        )

    def test_a_read_only_database(self):
        self.set_resolution(0)
        self.addCleanup(self.set_resolution, None)
        self.addCleanup(self.server.configure)
        self.addCleanup(self.server.kill)
        self.server.start()
        alice = self.visitor("tea")
        self.server.kill()
        self.server.configure(storage=READ_ONLY_STORAGE)
        self.server.start()
        bob = self.visitor()
        # Although the access would have to be noted.
        for visit in range(2):
            self.assertEqual((self.got(alice), alice.status), (TEA, 200))
            self.assertEqual((self.got(bob), bob.status), ("my_option: None", 200))
        self.assertLost(alice, "coffee")
        self.assertLost(bob, "coffee")
        self.assertEqual(self.got(alice), TEA)

    @contextmanager
    def disk_full(self):
        """Let the server write no file longer than its database is."""
        pid = self.server.process.pid
        limits = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        size = self.server.size()
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, limits[1]))
        try:
            yield
        finally:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)

    def test_a_full_disk(self):
        self.server.start()
        alice, bob = self.visitor("tea"), self.visitor()
        with self.disk_full():
            self.assertLost(bob, "coffee")
            self.assertLost(alice, "coffee")
            self.assertEqual((self.got(alice), alice.status), (TEA, 200))
            self.assertEqual((self.got(bob), bob.status), ("my_option: None", 200))
            alice.open("@@rotate")
            self.assertGreaterEqual(alice.status, 500)
            self.assertNotIn("Set-Cookie", alice.headers)
        self.assertEqual(self.got(alice), TEA)
        self.put(bob, "coffee")
        self.assertEqual(self.got(bob), "my_option: {'value': 'coffee'}")
        self.assertIn(COOKIE_NAME, [cookie.name for cookie in bob.jar])

    def test_an_id_that_is_dead_is_dead_in_every_process(self):
        zeo = Zeo(self.server)
        self.addCleanup(zeo.kill)
        zeo.start()
        self.addCleanup(self.server.kill)
        self.server.start()
        other = Server()
        self.addCleanup(other.remove)
        zeo.serve(other)
        other.start()
        for end in ("rotate", "end-all-here"):
            alice = self.visitor("tea")
            (cookie,) = alice.jar
            thief = Client(other, Cookie=f"{cookie.name}={cookie.value}")
            self.assertEqual(self.got(thief), TEA)
            alice.open(f"@@{end}")
            self.assertEqual(alice.status, 200)
            # As soon as the other process has heard of it.
            self.assertSoon(lambda: self.got(thief) == "my_option: None")

    def zeo_for_sessions(self):
        """Return the ZEO server that the sessions of ``server`` are to be on."""
        other = Server()
        self.addCleanup(other.remove)
        zeo = Zeo(other)
        self.addCleanup(zeo.kill)
        self.server.configure(AWAITED_CONF.format(port=zeo.port))
        self.addCleanup(self.server.kill)
        return zeo

    def test_a_database_for_sessions_that_is_down_at_the_start(self):
        zeo = self.zeo_for_sessions()
        self.server.start()
        anybody = self.visitor()
        anybody.open("")
        self.assertEqual(anybody.status, 200)
        self.assertLost(anybody, "tea")
        self.assertNone(anybody)
        self.assertAway(Client(self.server, Cookie=f"{COOKIE_NAME}={'a' * 32}"))
        self.assertIn("database sessions for sessions cannot be opened", self.log())
        zeo.start()
        alice = Client(self.server)

        def is_kept():
            self.put(alice, "tea")
            return alice.status == 200

        self.assertSoon(is_kept)
        self.assertEqual(self.got(alice), TEA)
        self.server.kill()
        # They are there, not beside the content.
        self.server.configure()
        self.server.start()
        self.assertEqual(self.got(alice), "my_option: None")

    def test_a_database_for_sessions_that_is_away(self):
        zeo = self.zeo_for_sessions()
        zeo.start()
        self.server.start()
        alice = self.visitor("tea")
        # All threads have used it.
        with ThreadPoolExecutor(8) as threads:
            for got in threads.map(lambda _: self.got(Client(self.server)), range(80)):
                self.assertEqual(got, "my_option: None")
        zeo.kill()
        for visit in range(3):
            anybody = self.visitor()
            anybody.open("")
            self.assertEqual(anybody.status, 200)
            self.assertNone(anybody)
            self.assertLost(alice, "coffee")
            self.assertAway(alice)
        # Once, and not for each of them.
        self.assertEqual(
            self.log().count("database sessions for sessions is unavailable"), 1
        )
        zeo.start()
        self.assertSoon(lambda: self.visit(alice) == 200)
        self.assertEqual(self.got(alice), TEA)
        self.put(alice, "coffee")
        self.assertEqual(self.got(alice), "my_option: {'value': 'coffee'}")
        self.assertIn("database sessions for sessions is available again", self.log())

    def visit(self, client):
        """Return the status of a page that looks at the session."""
        self.got(client)
        return client.status

    def log(self):
        return (self.server.home / "zope.log").read_text(errors="replace")

    def assertSoon(self, is_true):
        deadline = time.monotonic() + 60
        while not is_true():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)

    def test_a_database_server_that_is_away(self):
        zeo = Zeo(self.server)
        self.addCleanup(zeo.kill)
        zeo.start()
        # Before the server's database is used without it again.
        self.addCleanup(self.server.kill)
        self.server.start()
        alice = self.visitor("tea")
        self.assertEqual(self.got(alice), TEA)
        zeo.kill()
        self.assertLost(alice, "coffee")
        zeo.start()
        self.assertSoon(lambda: self.got(alice) == TEA)
        self.put(alice, "coffee")
        self.assertEqual(self.got(alice), "my_option: {'value': 'coffee'}")
