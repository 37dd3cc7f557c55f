"""Changes that meet at a ZEO server: where they are merged, and what if they are not."""

from ..container import TransientObjectContainer
from ..database import zeo
from .support.processes import ZeoServer
from .support.storage import OpenRequest
from contextlib import ExitStack
from types import SimpleNamespace
from unittest import mock
from unittest import TestCase
from ZEO import DB
from ZEO.Exceptions import ClientDisconnected
from ZODB.MappingStorage import MappingStorage
from ZODB.POSException import ConflictError

import shutil
import tempfile
import transaction
import Zope2

KEY = "alice"

# Sessions that come at the same moment to a container of few shards.
CROWD = [f"visitor {number}" for number in range(8)]


class ZeoTestCase(TestCase):
    """Clients of one ZEO server, each with a cache of its own, as Zope processes are."""

    def setUp(self):
        # A session that is not stored yet keeps notes in the thread's own.
        self.addCleanup(transaction.abort)

    def serve(self, more="", classes=True):
        """Start a server; see ``ZeoServer``."""
        home = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, home)
        self.server = ZeoServer(home, more=more, classes=classes)
        self.addCleanup(self.server.kill)
        self.server.start()
        self.server.wait()
        self.databases = [self.connect() for _client in range(2)]
        with self.request(0) as request:
            request.root["container"] = TransientObjectContainer(shards=1)
            session = request.container.new(KEY)
            session["count"] = 0
            request.commit()

    def connect(self):
        address = "127.0.0.1", self.server.port
        # So that each transaction sees what others have committed before it.
        db = DB(address, server_sync=True, wait_timeout=30)
        self.addCleanup(db.close)
        return db

    def request(self, client):
        return OpenRequest(self.databases[client % 2])

    def meet(self, *changes):
        """Let requests overlap, each with one of ``changes`` of the container.

        They come to the clients in turn, and are tried again after a conflict, as Zope
        does.  Return how often that was so.
        """
        late = []
        with ExitStack() as stack:
            requests = [
                stack.enter_context(self.request(number))
                for number, _change in enumerate(changes)
            ]
            for request, change in zip(requests, changes):
                change(request.container)
            for number, request in enumerate(requests):
                try:
                    request.commit()
                except ConflictError:
                    late.append(number)
        for number in late:
            with self.request(number) as request:
                changes[number](request.container)
                request.commit()
        return len(late)

    def contents(self):
        """Return what both clients see in the session."""
        seen = []
        for client in range(2):
            with self.request(client) as request:
                seen.append(dict(request.container.peek(KEY)))
        self.assertEqual(*seen)
        return seen[0]

    def assertMerged(self):
        """Neither different keys nor new sessions are a conflict; nothing is lost."""
        self.assertEqual(self.meet(put("tea", 1), put("coffee", 2)), 0)
        self.assertEqual(self.contents(), {"count": 0, "tea": 1, "coffee": 2})
        self.assertEqual(self.meet(*map(arrive, CROWD)), 0)
        self.assertAllThere()
        # The same key is one, and both count.
        self.assertEqual(self.meet(count, count), 1)
        self.assertEqual(self.contents()["count"], 2)

    def assertTriedAgain(self):
        """Both are conflicts, and nothing is lost all the same."""
        self.assertEqual(self.meet(put("tea", 1), put("coffee", 2)), 1)
        self.assertEqual(self.contents(), {"count": 0, "tea": 1, "coffee": 2})
        self.assertGreater(self.meet(*map(arrive, CROWD[:4])), 0)
        self.assertGreater(self.meet(*map(arrive, CROWD[4:])), 0)
        self.assertAllThere()
        self.assertEqual(self.meet(count, count), 1)
        self.assertEqual(self.contents()["count"], 2)

    def assertAllThere(self):
        for client in range(2):
            with self.request(client) as request:
                came = {key: dict(request.container.peek(key)) for key in CROWD}
                self.assertEqual(came, {key: {"name": key} for key in CROWD})
                self.assertEqual(len(request.container), len(CROWD) + 1)


class RestartTest(ZeoTestCase):
    """The server is restarted, the clients are not."""

    def come(self, *visitors):
        """Let these visitors come in turn to both clients, and each come back."""
        for visitor in visitors:
            with self.request(visitor) as request:
                arrive(str(visitor))(request.container)
                request.commit()
            with self.request(visitor) as request:
                request.container.get(str(visitor))["number"] = visitor
                request.commit()

    def restart(self):
        self.server.kill()
        self.server.start()
        self.server.wait()
        for db in self.databases:
            self.connected(db)

    def connected(self, db):
        """Return once the client has found its server again."""
        while True:
            try:
                return db.storage.ping()
            except ClientDisconnected:
                pass

    def test_no_two_sessions_get_one_oid(self):
        self.serve()
        main, other = self.databases
        compressing = SimpleNamespace(storage=SimpleNamespace(base=other.storage))
        main.databases = {"main": main, "other": compressing}
        with mock.patch.object(Zope2, "DB", main):
            zeo.started(None)
        visitors = range(300)
        self.come(*visitors[:20])
        self.restart()
        self.come(*visitors[20:])
        for client in range(2):
            with self.request(client) as request:
                for visitor in visitors:
                    self.assertEqual(
                        dict(request.container.peek(str(visitor))),
                        {"name": str(visitor), "number": visitor},
                    )

    def test_other_storages_are_left_alone(self):
        for storage in None, MappingStorage():
            zeo.discard_oids_at_reconnect(storage)
            self.assertFalse(hasattr(storage, "_oids"))


def put(key, value):
    return lambda container: container.get(KEY).update({key: value})


def count(container):
    container.get(KEY)["count"] += 1


def arrive(key):
    return lambda container: container.new_or_existing(key).update({"name": key})


class ConflictsTest(ZeoTestCase):
    def test_a_server_that_has_the_classes_merges(self):
        self.serve()
        self.assertMerged()

    def test_clients_merge_if_the_server_leaves_it_to_them(self):
        self.serve("client-conflict-resolution true", classes=False)
        self.assertMerged()

    def test_a_server_without_the_classes_has_requests_tried_again(self):
        self.serve(classes=False)
        self.assertTriedAgain()
        # By this the documentation lets one see what is missing.
        self.assertIn("BadClass", self.server.log())
