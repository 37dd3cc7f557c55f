"""``bin/instance sessions move``"""

from .support.commands import CommandProcessTestCase
from .support.server import Client
from .support.server import SESSIONS_CONF

# There is no database with this name, so sessions are kept with the content.
BESIDE_CONTENT = """
<product-config collective.sessiondata>
    database none
</product-config>
"""


class MoveTest(CommandProcessTestCase):
    def test_active_sessions_are_moved_to_a_database_of_their_own_and_back(self):
        self.addCleanup(self.remove_session_databases)
        self.server.start()
        visitors = {name: Client(self.server) for name in ("tea", "coffee", "cocoa")}
        for name, visitor in visitors.items():
            visitor.open(f"@@seed-set?value={name}")
        for conf, source in (
            (SESSIONS_CONF, "main"),
            (SESSIONS_CONF + BESIDE_CONTENT, "sessions"),
        ):
            self.server.kill()
            self.server.configure(conf, housekeeping=True)
            move = ("move", "Plone")
            outs, err = self.run_commands(self.server, move, move)
            (moved, code), (again, code_again) = outs
            self.assertEqual((code, code_again), (0, 0), err)
            self.assertIn(f"moved 3 sessions from {source}", moved)
            self.assertIn("all sessions are in", again)
            self.server.start()
            for name, visitor in visitors.items():
                got = visitor.open("@@seed-get")
                self.assertEqual(got, f"my_option: {{'value': '{name}'}}")
