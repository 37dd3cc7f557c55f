"""Two Zopes with one site: its content is in ZEO, its sessions are in an engine."""

from acceptance.support.client import Client
from acceptance.support.disk import SmallDisk
from acceptance.support.engines import Postgres
from acceptance.support.engines import Sqlite
from acceptance.support.engines import Zeo
from acceptance.support.proxy import Proxy
from collective.sessiondata.tests.support.loopback import wait_for
from collective.sessiondata.tests.support.processes import STARTED
from collective.sessiondata.tests.support.processes import ZeoServer
from collective.sessiondata.tests.support.server import CREATE
from collective.sessiondata.tests.support.server import SERVE
from collective.sessiondata.tests.support.server import Server
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import urlopen

import json
import shutil
import signal
import tempfile
import time

# The clock of the sessions may be an hour wrong.
TIMEOUT = 2 * 3600

ENGINES = {engine.name: engine for engine in (Zeo, Postgres, Sqlite)}

# No fault concerns the content: its storage needs no further settings.
CONTENT_STORAGE = """
    %import ZEO
    <clientstorage>
        server 127.0.0.1:{port}
    </clientstorage>
"""

# Zope requires a mount point; nothing is mounted there.
SESSIONS_CONF = """
%import collective.sessiondata
<session_db sessions>
    mount-point /sessions
    cache-size 30000
    {storage}
</session_db>
"""

HOSTNAMES = ("A", "B")


class Zope(Server):
    """A Zope with the pages of the tests and of the cluster."""

    package, zcml = "acceptance.cluster", "pages.zcml"

    # Whether browsers are sent there.
    in_rotation = True

    # The proxy before the server of its session database, if there is a server.
    network = None

    def __init__(self, name):
        super().__init__()
        self.name = name

    def start(self):
        """Start it, and return when it answers, however slow the machine is."""
        self.process = self.spawn(SERVE, str(self.home / "wsgi.ini"))
        wait_for(self.process, self.port, seconds=STARTED)
        urlopen(f"{self.url}/@@cluster-plain", timeout=STARTED).close()


def create_site(path):
    """Write the database of a site with the add-on and its demo to ``path``."""
    zope = Zope("")
    try:
        zope.run(CREATE)
        shutil.copy(zope.home / "Data.fs", path)
    finally:
        zope.remove()


class Cluster:
    """The processes, and where they are; ``site`` is a database with a site.

    With ``keep``, the logs and all other files stay.
    """

    def __init__(self, engine, site, keep=False):
        self.home = Path(tempfile.mkdtemp(prefix="cluster-"))
        # PostgreSQL runs as another user where this is root.
        self.home.chmod(0o711)
        self.keep = keep
        self.zopes = []
        self.content = self.disk = self.engine = None
        try:
            self._build(engine, site)
        except BaseException:
            self.remove()
            raise

    def _build(self, engine, site):
        content, sessions = self.home / "content", self.home / "sessions"
        content.mkdir()
        sessions.mkdir()
        sessions.chmod(0o711)
        shutil.copy(site, content / "Data.fs")
        self.content = ZeoServer(content, content / "Data.fs")
        self.content.start()
        self.content.wait()
        self.disk = SmallDisk(sessions / "disk")
        self.engine = engine(sessions, self.disk.path)
        self.engine.start()
        for name in HOSTNAMES:
            zope = Zope(name)
            self.zopes.append(zope)
            zope.configure(
                more=self._sessions_of(zope),
                housekeeping=True,
                storage=CONTENT_STORAGE.format(port=self.content.port),
            )

    def _sessions_of(self, zope):
        """Return the section of zope.conf for sessions; put a proxy before the server."""
        port = self.engine.port
        if port is not None:
            zope.network = Proxy(port)
            port = zope.network.port
        return SESSIONS_CONF.format(storage=self.engine.storage(port))

    def start(self):
        """Start both Zopes, and return when they answer."""
        with ThreadPoolExecutor() as threads:
            list(threads.map(Zope.start, self.zopes))
        self.ask(self.zopes[0], "@@cluster-set", timeout=TIMEOUT)

    def ask(self, zope, page, seconds=60, **form):
        """Return the JSON of a page of ``zope``; raise ``AssertionError`` for an error."""
        client = Client(timeout=seconds)
        answer = client.fetch(zope, page, **form)
        client.close()
        if answer.status != 200:
            raise AssertionError(
                f"{page} of Zope {zope.name}: {answer.status} {answer.text}"
            )
        return json.loads(answer.text)

    def ask_until_told(self, zope, page, seconds=30, **form):
        """Do the same again until it succeeds; after ``seconds`` raise the last error."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.ask(zope, page, seconds, **form)
            except (AssertionError, OSError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def inside(self):
        """Return the state of each Zope."""
        return [self.ask_until_told(zope, "@@cluster-inside") for zope in self.zopes]

    def stop(self, zope):
        """Send no more browsers to ``zope``, and stop it with SIGTERM."""
        zope.in_rotation = False
        # Until all requests that it has are answered.
        time.sleep(2)
        zope.kill(signal.SIGTERM)

    def resume(self, zope):
        """Start ``zope``, and send browsers there again."""
        zope.start()
        zope.in_rotation = True

    def remove(self):
        for zope in self.zopes:
            zope.kill()
            if zope.network is not None:
                zope.network.remove()
        if self.engine is not None:
            self.engine.remove()
        if self.disk is not None:
            self.disk.remove()
        if self.content is not None:
            self.content.kill()
        if self.keep:
            print("Kept:", self.home, *(zope.home for zope in self.zopes))
            return
        for zope in self.zopes:
            zope.remove()
        shutil.rmtree(self.home)
