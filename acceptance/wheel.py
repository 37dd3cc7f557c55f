"""Tries a wheel of this package as its users get it: by pip, without the checkout.

    acceptance/wheel.py WHEEL [words for the testrunner]

It makes two virtual environments of the Python that runs it, in a temporary folder,
with the versions in versions.cfg: one of Zope without Plone, one of Plone.  In an
instance of the second, which nothing but pip and Zope have made, a site is created and
its demo shop opened.  Then the tests run as they are in the wheel; those of Zope without
Plone start it from the first.  The words choose some tests, as with bin/test.
"""

from configparser import ConfigParser
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import venv

CHECKOUT = Path(__file__).resolve().parents[1]
PACKAGE = "collective.sessiondata"

FROM_THE_WHEEL = """
import collective.sessiondata
import sys

print(sys.version.split()[0], collective.sessiondata.__file__, flush=True)
assert collective.sessiondata.__file__.startswith(sys.prefix), "that is not the wheel"
"""


def configuration(name):
    """Return a file of the buildout, parsed."""
    parser = ConfigParser(interpolation=None, delimiters="=")
    parser.optionxform = str
    parser.read(CHECKOUT / name)
    return parser


def requirements(part, wheel):
    """Return what the part ``part`` of the buildout installs, for pip."""
    found = []
    for line in configuration("buildout.cfg")[part]["eggs"].split("\n"):
        if other := re.fullmatch(r"\$\{(.*):eggs\}", line):
            found += requirements(other[1], wheel)
        elif line:
            found.append(line.replace(PACKAGE, str(wheel)).replace(" ", ""))
    return found


class Environment:
    """A virtual environment with the wheel, and what is done in it."""

    def __init__(self, folder, wheel, part):
        print(f"Installing the part {part} of the buildout by pip", flush=True)
        self.folder = folder
        venv.create(folder, with_pip=True)
        versions = configuration("versions.cfg")["versions"]
        constraints = folder / "constraints.txt"
        constraints.write_text(
            "\n".join(f"{name}=={version}" for name, version in versions.items())
        )
        pip = ("pip", "install", "--quiet", "--constraint", constraints)
        self.run("python", "-m", *pip, "--upgrade", "pip")
        self.run(*pip, *requirements(part, wheel))
        self.run("pip", "check")
        self.run("python", "-c", FROM_THE_WHEEL)

    def command(self, name, *words):
        return [self.folder / "bin" / name, *words]

    def where(self, **variables):
        """Return where commands run, and with which environment, for subprocess."""
        variables = {**os.environ, **variables}
        # It could lead into the checkout.
        variables.pop("PYTHONPATH", None)
        return {"cwd": self.folder, "env": variables, "stdin": subprocess.DEVNULL}

    def run(self, name, *words, **variables):
        done = subprocess.run(self.command(name, *words), **self.where(**variables))
        if done.returncode:
            sys.exit(f"{name} has failed; it should have said why.")

    def see(self, instance, page, told):
        """Start an instance, and open ``page``, which has to tell ``told``."""
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        ini = instance / "etc" / "zope.ini"
        ini.write_text(
            re.sub("^port = .*$", f"port = {port}", ini.read_text(), flags=re.MULTILINE)
        )
        server = subprocess.Popen(self.command("runwsgi", ini), **self.where())
        try:
            contents = answer(f"http://127.0.0.1:{port}{page}", server)
        finally:
            server.terminate()
            server.wait()
        if told not in contents:
            sys.exit(f"{page} does not tell {told!r}:\n{contents}")
        print(f"{page} tells {told!r}", flush=True)


def answer(url, server):
    """Return what ``server`` answers at ``url``, once it does."""
    deadline = time.monotonic() + 180
    problem = None
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=60) as response:
                return response.read().decode()
        except (URLError, ConnectionError) as error:
            problem = error
            time.sleep(0.5)
    sys.exit(f"{url}: {problem}; the server should have said why.")


def main(wheel, *words):
    wheel = Path(wheel).resolve()
    with tempfile.TemporaryDirectory() as folder:
        zope = Environment(Path(folder) / "zope", wheel, "plain-zope")
        plone = Environment(Path(folder) / "plone", wheel, "test")
        instance = Path(folder) / "instance"
        plone.run("mkwsgiinstance", "-d", instance, "-u", "admin:admin")
        conf = instance / "etc" / "zope.conf"
        plone.run("zconsole", "run", conf, CHECKOUT / "scripts" / "create_site.py")
        plone.see(instance, "/Plone/@@checkout", "Green tea")
        (packages,) = plone.folder.glob("lib/python*/site-packages")
        plone.run(
            "zope-testrunner",
            *("--test-path", packages, "-s", PACKAGE, *words),
            CHECKOUT=str(CHECKOUT),
            PLAIN_ZOPE=str(zope.folder / "bin" / "python"),
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
