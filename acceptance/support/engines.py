"""The engines that store the session database: ZEO, PostgreSQL, SQLite, FileStorage."""

from .servers import PostgreSQL
from .servers import VACUUM
from collective.sessiondata.tests.support.processes import ZeoServer
from pathlib import Path
from ZODB.config import databaseFromString

import sqlite3

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
        # Seconds that a request waits for a server that does not answer.
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

FILE_STORAGE = """
    <filestorage>
        path {path}
    </filestorage>
"""


class Engine:
    """A session database; ``home`` is a folder for the files of its server.

    The data are in the folder ``disk``; without it, in ``home``.
    """

    name = None

    # Whether several processes can use the database at the same time.
    is_shared = True

    # The process that serves the database; None: Zope opens the files itself.
    server = None

    def __init__(self, home, disk=None):
        self.home = Path(home)
        self.disk = self.home if disk is None else Path(disk)

    @property
    def port(self):
        """The port of the server, or None."""
        return self.server and self.server.port

    def start(self):
        """Start the server, and make the database as the documentation says."""
        self.serve()
        # Of two Zopes that start with an empty database at the same time one would fail.
        conf = DATABASE_CONF.format(storage=self.storage(self.port))
        databaseFromString(conf).close()

    def serve(self):
        """Start the server, if the engine needs one."""

    def storage(self, port):
        """Return the section of ``zope.conf`` for the storage.

        ``port`` is that of the server, or of a proxy before it.
        """
        raise NotImplementedError

    def records(self):
        """Return the number of records, garbage included; None: unknown."""

    def remove(self):
        """Kill the server."""
        if self.server is not None:
            self.server.kill()


class File(Engine):
    name = "FileStorage"
    is_shared = False

    def storage(self, port):
        return FILE_STORAGE.format(path=self.disk / "sessions.fs")


class Zeo(Engine):
    name = "ZEO"

    def serve(self):
        self.server = ZeoServer(self.home, self.disk / "sessions.fs")
        self.server.start()
        self.server.wait()

    def storage(self, port):
        return ZEO_STORAGE.format(port=port)


class Postgres(Engine):
    name = "PostgreSQL"

    def serve(self):
        home, tablespace = self.home / "postgresql", self.disk / "tablespace"
        for folder in (home, tablespace):
            folder.mkdir()
        self.server = PostgreSQL(home, tablespace)

    def start(self):
        super().start()
        self.server.run(VACUUM, "sessions")
        with self.server.connected() as cursor:
            # Shorter than recommended, so that the tests need not wait so long.
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
        """Return the age in seconds of the oldest open transaction of all clients."""
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
        return SQLITE_STORAGE.format(path=self.disk)

    def records(self):
        connection = sqlite3.connect(self.disk / "main.sqlite3")
        try:
            return connection.execute("SELECT count(*) FROM object_state").fetchone()[0]
        finally:
            connection.close()
