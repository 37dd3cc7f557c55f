"""A Plone site behind a real Varnish and a real nginx, all on loopback.

Varnish and nginx use the configuration files of the documentation, with other ports and
paths.
"""

from acceptance.support.layers import RunningServerLayer
from collective.sessiondata.tests.support.debian import installed
from collective.sessiondata.tests.support.examples import CHECKOUT
from collective.sessiondata.tests.support.loopback import free_port
from collective.sessiondata.tests.support.processes import Process
from collective.sessiondata.tests.support.server import CREATE
from collective.sessiondata.tests.support.server import Server
from getpass import getuser

import shutil
import subprocess

FILES = CHECKOUT / "docs" / "how-to" / "proxy"
HOST = "www.example.org"

# The settings that the documentation recommends, and a user.
CREATE_SITE = CREATE + """
from collective.sessiondata.settings.site import change_settings
from zope.component.hooks import setSite
setSite(app.Plone)
change_settings(app.Plone.session_data_manager, {
    "cookie_name": "__Host-sessiondata_id",
    "cookie_path": "/",
    "cookie_secure": True,
})
app.Plone.acl_users._doAddUser("alice", "correct horse battery", ["Member"], [])
"""

NGINX = """
# All as the user that runs the tests, whose folder it is.
user {user};
error_log stderr;
pid {home}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
{servers}
}}
"""


def executable(name, package=None):
    """Return the path of a program, of the Debian package ``package`` or its own name."""
    path = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"
    return installed(package or name, lambda: shutil.which(name, path=path))


class ProxiedServer(Server):
    """A Zope that also loads the pages of these tests."""

    package, zcml = "acceptance.proxies", "site.zcml"


class Varnish(Process):
    def __init__(self, home, backend):
        super().__init__(home)
        vcl = (FILES / "varnish.vcl").read_text()
        assert '.port = "8080"' in vcl
        (self.home / "varnish.vcl").write_text(
            vcl.replace('.port = "8080"', f'.port = "{backend}"')
        )

    def command(self):
        return [
            executable("varnishd", "varnish"),
            "-F",
            # All as the user that runs the tests, whose folder it is.
            *("-j", "none"),
            *("-f", str(self.home / "varnish.vcl")),
            *("-a", f"127.0.0.1:{self.port}"),
            *("-n", str(self.home / "varnish")),
            *("-s", "malloc,32m"),
        ]


class Nginx(Process):
    def __init__(self, home, backend):
        super().__init__(home)
        self.http_port = free_port()
        self.certificate = self.home / "certificate.pem"
        servers = (FILES / "nginx.conf").read_text()
        for shown, real in (
            ("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"),
            ("listen 80", f"listen 127.0.0.1:{self.http_port}"),
            ("127.0.0.1:6081", f"127.0.0.1:{backend}"),
            (f"/etc/ssl/certs/{HOST}.pem", str(self.certificate)),
            (f"/etc/ssl/private/{HOST}.key", str(self.home / "key.pem")),
        ):
            assert shown in servers, shown
            servers = servers.replace(shown, real)
        (self.home / "nginx.conf").write_text(
            NGINX.format(user=getuser(), home=self.home, servers=servers)
        )
        subprocess.run(
            [
                executable("openssl"),
                *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
                *("-keyout", str(self.home / "key.pem")),
                *("-out", str(self.certificate)),
                *("-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"),
            ],
            check=True,
            capture_output=True,
        )

    def command(self):
        return [
            executable("nginx"),
            *("-p", str(self.home)),
            *("-c", str(self.home / "nginx.conf")),
            *("-g", "daemon off;"),
        ]


class ProxiesLayer(RunningServerLayer):
    """A running site, Varnish before it, and nginx before that."""

    factory = ProxiedServer
    create = CREATE_SITE

    def setUp(self):
        self.processes = []
        super().setUp()

    def start_more(self):
        server = self["server"]
        varnish = self._started(Varnish(server.home, server.port))
        self["nginx"] = self._started(Nginx(server.home, varnish.port))

    def _started(self, process):
        self.processes.append(process)
        process.start()
        process.wait()
        return process

    def tearDown(self):
        for process in reversed(self.processes):
            process.kill()
        super().tearDown()


PROXIES = ProxiesLayer(name="Proxies")
