"""Commands in processes of their own, with several kinds of databases."""

from .support.commands import CommandProcessTestCase
from .support.server import Client
from .support.server import READ_ONLY_STORAGE
from .support.server import Server
from .support.server import SESSIONS_CONF
from .support.server import Zeo

import json


class DatabaseTest(CommandProcessTestCase):
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
            ("benchmark-this-site", "--seconds", "1"),
            ("sweep",),
            ("settings", "Plone", "cookie_name=new_name", "cookie_path=/"),
            ("stats", "--json"),
        )
        self.assertEqual([code for _out, code in outs], [0] * 5, err)
        first, last = json.loads(outs[0][0]), json.loads(outs[4][0])
        self.assertEqual(first["/Plone"]["location"]["storage"], "ClientStorage")
        for result in (first, last):
            self.assertEqual(result["/Plone"]["statistics"]["live"], 1)
        # The next request uses the new settings.
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
        self.assertIn("give --yes", err)
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
        self.assertIn(
            "The database cannot be used at the moment. Check that its server runs", err
        )
        self.assertNotIn("Traceback", err)

    def test_a_database_for_sessions_that_was_just_configured(self):
        self.server.configure(SESSIONS_CONF)
        self.addCleanup(self.remove_session_databases)
        outs, err = self.run_commands(
            self.server,
            ("stats", "--json"),
            ("sweep",),
            ("benchmark-this-site", "--seconds", "1"),
            ("settings", "limit=50000"),
            ("stats", "--json"),
        )
        self.assertEqual([code for _out, code in outs], [0] * 5, err)
        for out, limit in ((outs[0][0], 100_000), (outs[4][0], 50_000)):
            result = json.loads(out)["/Plone"]
            live = result["statistics"]["live"]
            self.assertEqual((live, result["limit"]), (0, limit))
            location = result["location"]
            self.assertEqual(location["database"], "sessions")
            self.assertIs(location["dedicated"], True)

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
