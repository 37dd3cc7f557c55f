"""The engines that keep the session database: ZEO, PostgreSQL and SQLite."""

from .disk import SmallDisk
from .proxy import Proxy
from .servers import PostgreSQL
from .servers import VACUUM
from collective.sessiondata.tests.support.processes import ZeoServer
from pathlib import Path
from ZODB.config import databaseFromString

import sqlite3

# Zope asks for a mount point; nothing is ever mounted there.
SESSIONS_CONF = """
%import collective.sessiondata
<session_db sessions>
    mount-point /sessions
    cache-size 30000
    {storage}
</session_db>
"""

DATABASE_CONF = """
<zodb>
    {storage}
</zodb>
"""

# With server-sync each transaction sees what others have committed before it.
ZEO_STORAGE = """
    %import ZEO
    <clientstorage>
        server 127.0.0.1:{port}
        server-sync true
        # Seconds that a request waits for a server that is away.
        wait-timeout 5
    </clientstorage>
"""

POSTGRESQL_STORAGE = """
    %import relstorage
    <relstorage>
        keep-history false
        <postgresql>
            dsn {dsn}
        </postgresql>
    </relstorage>
"""

SQLITE_STORAGE = """
    %import relstorage
    <relstorage>
        keep-history false
        <sqlite3>
            data-dir {path}
        </sqlite3>
    </relstorage>
"""


class Engine:
    """A session database, on a disk of its own; ``home`` is a folder for its files."""

    # What serves it, if that is a process of its own.
    server = None

    def __init__(self, home):
        self.home = Path(home)
        self.disk = SmallDisk(self.home / "disk")
        self._proxies = []

    def start(self):
        """Make the database, and serve it."""
        self.serve()
        # Of two Zopes that start on nothing at the same time one would fail.
        port = self.server and self.server.port
        databaseFromString(DATABASE_CONF.format(storage=self.storage(port))).close()

    def serve(self):
        """Start what serves it."""

    def attach(self, zope):
        """Return what stands in the ``zope.conf`` of ``zope``, one of the Zopes."""
        port = None
        if self.server is not None:
            zope.network = Proxy(self.server.port)
            self._proxies.append(zope.network)
            port = zope.network.port
        return SESSIONS_CONF.format(storage=self.storage(port))

    def records(self):
        """Return how many there are in the database, garbage included; None: unknown."""

    def remove(self):
        for proxy in self._proxies:
            proxy.remove()
        if self.server is not None:
            self.server.kill()
        self.disk.remove()


class Zeo(Engine):
    name = "ZEO"

    def serve(self):
        self.server = ZeoServer(self.home, self.disk.path / "sessions.fs")
        self.server.start()
        self.server.wait()

    def storage(self, port):
        return ZEO_STORAGE.format(port=port)


class Postgres(Engine):
    name = "PostgreSQL"

    def serve(self):
        (self.home / "postgresql").mkdir()
        (self.disk.path / "tablespace").mkdir()
        self.server = PostgreSQL(
            self.home / "postgresql", self.disk.path / "tablespace"
        )

    def start(self):
        super().start()
        self.server.run(VACUUM, "sessions")
        with self.server.connected() as cursor:
            # So that nobody has to wait for it here.
            cursor.execute(
                "ALTER DATABASE sessions "
                "SET idle_in_transaction_session_timeout = '10s'"
            )

    def storage(self, port):
        return POSTGRESQL_STORAGE.format(dsn=self.server.dsn("sessions", port))

    def records(self):
        with self.server.connected() as cursor:
            cursor.execute("SELECT count(*) FROM object_state")
            return cursor.fetchone()[0]

    def oldest_transaction(self):
        """Return since how many seconds the oldest one of all clients is open."""
        with self.server.connected() as cursor:
            cursor.execute(
                "SELECT coalesce(extract(epoch FROM max(now() - xact_start)), 0) "
                "FROM pg_stat_activity "
                "WHERE datname = 'sessions' AND pid <> pg_backend_pid()"
            )
            return float(cursor.fetchone()[0])


class Sqlite(Engine):
    name = "SQLite"

    def storage(self, port):
        return SQLITE_STORAGE.format(path=self.disk.path)

    def records(self):
        connection = sqlite3.connect(self.disk.path / "main.sqlite3")
        try:
            return connection.execute("SELECT count(*) FROM object_state").fetchone()[0]
        finally:
            connection.close()


ENGINES = {engine.name: engine for engine in (Zeo, Postgres, Sqlite)}
