"""A real Zope in a process of its own, on loopback, with a FileStorage."""

from .given import given
from .loopback import free_port
from .processes import ZeoServer
from http.cookiejar import CookieJar
from pathlib import Path
from plone.testing import Layer
from urllib.error import HTTPError
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import build_opener
from urllib.request import HTTPCookieProcessor
from urllib.request import Request

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time

ZOPE_CONF = """
%define INSTANCE {home}
instancehome $INSTANCE
debug-mode off
<zodb_db main>
    mount-point /
    cache-size 30000
{storage}
</zodb_db>
{more}
"""

FILE_STORAGE = """
    <blobstorage>
        blob-dir $INSTANCE/blobs
        <filestorage>
            path $INSTANCE/Data.fs
        </filestorage>
    </blobstorage>
"""

READ_ONLY_STORAGE = """
    <filestorage>
        path $INSTANCE/Data.fs
        read-only true
    </filestorage>
"""

ZEO_STORAGE = """
    %import ZEO
    <clientstorage>
        server 127.0.0.1:{port}
        # Seconds that a request waits for the server.
        wait-timeout 2
    </clientstorage>
"""

# Most tests compare what was written, so nobody else may write.
NO_HOUSEKEEPING_CONF = """
<product-config collective.sessiondata>
    housekeeping off
</product-config>
"""

SESSIONS_CONF = """
<zodb_db sessions>
    # Zope asks for one; nothing is ever mounted there.
    mount-point /sessions
    <filestorage>
        path $INSTANCE/sessions.fs
    </filestorage>
</zodb_db>
"""

WSGI_INI = """
[app:zope]
use = egg:Zope#main
zope_conf = {home}/zope.conf

[pipeline:main]
pipeline =
    egg:Zope#httpexceptions
    zope

[server:main]
use = egg:waitress#main
listen = 127.0.0.1:{port}
threads = 4

[loggers]
keys = root

[handlers]
keys = console

[formatters]
keys = plain

[logger_root]
level = INFO
handlers = console

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = plain

[formatter_plain]
format = %(asctime)s %(levelname)s [%(name)s] %(message)s
"""

SITE_ZCML = """
<configure xmlns="http://namespaces.zope.org/zope"
           xmlns:five="http://namespaces.zope.org/five"
           xmlns:meta="http://namespaces.zope.org/meta">
  <include package="Products.Five" />
  <meta:redefinePermission from="zope2.Public" to="zope.Public" />
  <five:loadProducts file="meta.zcml" />
  <five:loadProducts />
  <five:loadProductsOverrides />
  <include package="{package}" file="{file}" />
  <securityPolicy component="AccessControl.security.SecurityPolicy" />
</configure>
"""

# What is started in the background may have been told to ignore Ctrl-C.
SERVE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from Zope2.Startup.serve import main
main(sys.argv)
"""

CREATE = """
from collective.sessiondata.demo import site
app.acl_users._doAddUser("admin", "admin", ["Manager"], [])
site.create(app)
"""


class Server:
    """One Zope instance: its files, and its process while it runs."""

    process = None

    # Where its modules are, what is loaded, and which page shows that it runs.
    path = sys.path
    package, zcml = "collective.sessiondata.tests.support", "testing.zcml"
    page = "/Plone"

    def __init__(self):
        self.home = Path(tempfile.mkdtemp())
        for folder in ("blobs", "etc", "var"):
            (self.home / folder).mkdir()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}{self.page}"
        (self.home / "etc" / "site.zcml").write_text(
            SITE_ZCML.format(package=self.package, file=self.zcml)
        )
        (self.home / "wsgi.ini").write_text(
            WSGI_INI.format(home=self.home, port=self.port)
        )
        self.configure()

    def configure(self, more="", housekeeping=False, storage=FILE_STORAGE):
        """Write zope.conf, with ``more`` sections, for the next start."""
        if not housekeeping:
            more += NO_HOUSEKEEPING_CONF
        conf = ZOPE_CONF.format(home=self.home, more=more, storage=storage)
        (self.home / "zope.conf").write_text(conf)

    def command(self, code):
        """Return what runs ``code``, as a list; its arguments come after that."""
        return [sys.executable, "-c", code]

    def spawn(self, code, *arguments):
        environment = dict(os.environ, PYTHONPATH=os.pathsep.join(self.path))
        with open(self.home / "zope.log", "ab") as log:
            return subprocess.Popen(
                [*self.command(textwrap.dedent(code)), *arguments],
                env=environment,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def run(self, code):
        """Run ``code`` with ``app``, the Zope root, while the server is down."""
        script = (
            "import sys, transaction, Zope2\n"
            "Zope2.Startup.run.configure_wsgi(sys.argv[1])\n"
            f"app = Zope2.app()\n{code}\ntransaction.commit()\n"
        )
        script = "import Zope2.Startup.run\n" + script
        process = self.spawn(script, str(self.home / "zope.conf"))
        if process.wait(timeout=180):
            raise AssertionError(f"The script failed:\n{self.log()}")

    def start(self):
        """Start Zope, and return when it answers."""
        self.process = self.spawn(SERVE, str(self.home / "wsgi.ini"))
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                build_opener().open(self.url, timeout=30).close()
                return
            except (URLError, ConnectionError):
                time.sleep(0.2)
        raise AssertionError(f"Zope did not start:\n{self.log()}")

    def kill(self, signal=signal.SIGKILL):
        """End the process, as a power cut would; or by another signal."""
        if self.process is not None:
            self.process.send_signal(signal)
            self.process.wait(60)
            self.process = None

    def log(self):
        return (self.home / "zope.log").read_text(errors="replace")[-5000:]

    def size(self, name="Data.fs"):
        return (self.home / name).stat().st_size

    def forget_sessions(self):
        """Remove the database that the sessions had for themselves, if any."""
        for file in self.home.glob("sessions.fs*"):
            file.unlink()

    def remove(self):
        self.kill()
        shutil.rmtree(self.home)


class Zeo(ZeoServer):
    """A ZEO server with the database of a ``Server``, which becomes its client."""

    def __init__(self, server):
        super().__init__(server.home)
        self.serve(server)

    def serve(self, client):
        """Let ``client``, another ``Server`` or the same, use its database."""
        client.configure(storage=ZEO_STORAGE.format(port=self.port))

    def start(self):
        """Start it, and return when it listens."""
        super().start()
        self.wait()


class PlainServer(Server):
    """A Zope that has no Plone to import."""

    path = ()
    package, zcml = "collective.sessiondata", "configure.zcml"
    page = ""

    def __init__(self):
        self.python = given("PLAIN_ZOPE", "a Python that has Zope and no Plone")
        super().__init__()
        self.run(
            "from importlib.util import find_spec\n"
            "assert find_spec('Products.CMFPlone') is None, 'There is a Plone'"
        )

    def command(self, code):
        # In a file: of what buildout makes, "-c" takes no arguments.
        with tempfile.NamedTemporaryFile(
            "w", suffix=".py", dir=self.home, delete=False
        ) as script:
            script.write(code)
        return [self.python, script.name]


class Client:
    """A browser as far as cookies and forms go; ``cookies=False``: none."""

    def __init__(self, server, cookies=True, **headers):
        self.server = server
        self.jar = CookieJar()
        self.opener = build_opener(*[HTTPCookieProcessor(self.jar)] if cookies else [])
        self.opener.addheaders = list(headers.items())

    def open(self, page, form=None):
        """Get ``page``, or post ``form`` to it; keep the answer."""
        data = None if form is None else urlencode(form, doseq=True).encode()
        request = Request(f"{self.server.url}/{page}", data)
        try:
            response = self.opener.open(request, timeout=60)
        except HTTPError as error:
            response = error
        with response:
            self.status = response.status
            self.url = response.url
            self.headers = response.headers
            self.contents = response.read().decode()
        return self.contents


class ServerLayer(Layer):
    """A server with the site Plone in it, down until a test starts it."""

    def setUp(self):
        self["server"] = Server()
        self["server"].run(CREATE)

    def tearDown(self):
        self["server"].remove()
        del self["server"]


SERVER = ServerLayer(name="Server")

CREATE_PLAIN = """
from Products.TemporaryFolder.TemporaryFolder import MountedTemporaryFolder
app._setObject("temp_folder", MountedTemporaryFolder("temp_folder"))
app.acl_users._doAddUser("admin", "admin", ["Manager"], [])
"""


class PlainServerLayer(Layer):
    """A running Zope without Plone, with a temporary folder in its memory."""

    def setUp(self):
        self["server"] = PlainServer()
        self["server"].configure(housekeeping=True)
        self["server"].run(CREATE_PLAIN)
        self["server"].start()

    def tearDown(self):
        self["server"].remove()
        del self["server"]


PLAIN_SERVER = PlainServerLayer(name="PlainServer")
