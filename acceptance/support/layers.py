"""A test layer with a running Zope."""

from collective.sessiondata.tests.support.server import CREATE
from collective.sessiondata.tests.support.server import Server
from collective.sessiondata.tests.support.server import ServerLayer


class RunningServerLayer(ServerLayer):
    """A running server of the class ``factory``; the code ``create`` makes its sites."""

    factory = Server
    create = CREATE

    def setUp(self):
        self["server"] = self.factory()
        try:
            self["server"].run(self.create)
            self["server"].start()
            self.start_more()
        except BaseException:
            self.tearDown()
            raise

    def start_more(self):
        """Start other processes that the tests need."""
