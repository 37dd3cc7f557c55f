"""A real PostgreSQL, with the settings that the documentation recommends."""

from . import CHECKOUT
from collective.sessiondata.tests.support.debian import installed
from collective.sessiondata.tests.support.processes import Process
from collective.sessiondata.tests.support.processes import STARTED
from pathlib import Path

import os
import psycopg2
import secrets
import shutil
import subprocess
import time

POSTGRESQL_CONF = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{home}'
shared_buffers = 64MB
"""

DOCUMENTED = CHECKOUT / "docs" / "how-to" / "postgresql"
CREATE, VACUUM = DOCUMENTED / "create.sql", DOCUMENTED / "vacuum.sql"

# The password in these files.
PASSWORD = "secret"


def programs():
    """Return the folder of PostgreSQL's programs.

    Installs them if they are missing; raises ``RuntimeError`` where it cannot.
    """
    return installed("postgresql", _programs)


def _programs():
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(
        (path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")),
        key=lambda folder: float(folder.parent.name),
    )
    return folders[-1] if folders else None


class PostgreSQL(Process):
    """A PostgreSQL with the database ``sessions``, whose files are in ``tablespace``.

    It listens on loopback only, and asks for a password.
    """

    def __init__(self, home, tablespace):
        super().__init__(home)
        self.password = secrets.token_urlsafe(24)
        self.programs = programs()
        for folder in (self.home, tablespace):
            self.give(folder)
        self._initialize()
        self.start()
        self.wait()
        with self.connected("postgres") as cursor:
            cursor.execute(f"CREATE TABLESPACE small LOCATION '{tablespace}'")
        self.run(CREATE, "postgres")
        with self.connected("postgres") as cursor:
            cursor.execute("ALTER DATABASE sessions SET TABLESPACE small")

    def give(self, path):
        """Make the user that the server runs as the owner of ``path``."""
        user = self.user()
        if user:
            shutil.chown(path, user["user"], user["group"])

    def user(self):
        # PostgreSQL refuses to run as root.
        if os.geteuid():
            return {}
        return {"user": "postgres", "group": "postgres", "extra_groups": []}

    def _initialize(self):
        password = self.home / "password"
        password.touch(0o600)
        password.write_text(self.password)
        self.give(password)
        command = [
            self.programs / "initdb",
            "--username=postgres",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            self.home / "data",
        ]
        subprocess.run(
            command, check=True, cwd=self.home, stdout=subprocess.DEVNULL, **self.user()
        )
        with open(self.home / "data" / "postgresql.conf", "a") as conf:
            conf.write(POSTGRESQL_CONF.format(port=self.port, home=self.home))

    def command(self):
        return [self.programs / "postgres", "-D", self.home / "data"]

    def wait(self):
        deadline = time.monotonic() + STARTED
        while True:
            try:
                psycopg2.connect(self.dsn("postgres", self.port, "postgres")).close()
                return
            except psycopg2.OperationalError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def dsn(self, database, port, user="sessions"):
        """Return the connection string, for ``port``: its own, or that of a proxy."""
        return (
            f"host=127.0.0.1 port={port} dbname={database} user={user} "
            f"password={self.password} connect_timeout=2"
        )

    def connected(self, database="sessions"):
        """Return a context manager: a cursor that commits each statement."""
        return _Cursor(self.dsn(database, self.port, "postgres"))

    def run(self, path, database):
        """Run the statements of a file in ``database``."""
        sql = path.read_text().replace(PASSWORD, self.password)
        with self.connected(database) as cursor:
            for statement in filter(str.strip, sql.split(";")):
                cursor.execute(statement)


class _Cursor:
    def __init__(self, dsn):
        self.dsn = dsn

    def __enter__(self):
        self.connection = psycopg2.connect(self.dsn)
        self.connection.autocommit = True
        return self.connection.cursor()

    def __exit__(self, *error):
        self.connection.close()
