"""Two Zopes with one site, whose content is in ZEO, and its sessions in an engine."""

from .servers import Zope
from collective.sessiondata.tests.support.processes import ZeoServer
from collective.sessiondata.tests.support.server import CREATE
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlencode

import json
import shutil
import signal
import tempfile
import time

# The clock of the sessions may be an hour wrong.
TIMEOUT = 2 * 3600

# Content is never part of a fault, and does not need to be told of one.
CONTENT_STORAGE = """
    %import ZEO
    <clientstorage>
        server 127.0.0.1:{port}
    </clientstorage>
"""

HOSTNAMES = ("A", "B")


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
        # PostgreSQL is another user, where this is root.
        self.home.chmod(0o711)
        self.keep = keep
        self.zopes = []
        self.content = self.engine = None
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
        self.engine = engine(sessions)
        self.engine.start()
        for name in HOSTNAMES:
            zope = Zope(name)
            self.zopes.append(zope)
            zope.configure(
                more=self.engine.attach(zope),
                housekeeping=True,
                storage=CONTENT_STORAGE.format(port=self.content.port),
            )

    def start(self):
        """Start both Zopes, and return when they answer."""
        with ThreadPoolExecutor() as threads:
            list(threads.map(Zope.start, self.zopes))
        self.ask(self.zopes[0], "@@cluster-set", timeout=TIMEOUT)

    def ask(self, zope, page, seconds=60, **form):
        """Return what a page of ``zope`` tells; raise ``AssertionError`` for an error."""
        connection = HTTPConnection("127.0.0.1", zope.port, timeout=seconds)
        try:
            connection.request("GET", f"/Plone/{page}?{urlencode(form)}")
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        if response.status != 200:
            raise AssertionError(
                f"{page} of Zope {zope.name}: {response.status} {text}"
            )
        return json.loads(text)

    def ask_until_told(self, zope, page, seconds=30, **form):
        """Do the same, as often as it takes; raise what it was last."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.ask(zope, page, seconds, **form)
            except (AssertionError, OSError, HTTPException):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def inside(self):
        """Return what each Zope tells of itself."""
        return [self.ask_until_told(zope, "@@cluster-inside") for zope in self.zopes]

    def stop(self, zope):
        """Take ``zope`` out of rotation, and end it in good order."""
        zope.in_rotation = False
        # Until nobody waits for it any more.
        time.sleep(2)
        zope.kill(signal.SIGTERM)

    def resume(self, zope):
        """Start ``zope``, and send browsers there again."""
        zope.start()
        zope.in_rotation = True

    def remove(self):
        for zope in self.zopes:
            zope.kill()
        if self.engine is not None:
            self.engine.remove()
        if self.content is not None:
            self.content.kill()
        if self.keep:
            print("Kept:", self.home, *(zope.home for zope in self.zopes))
            return
        for zope in self.zopes:
            zope.remove()
        shutil.rmtree(self.home)
