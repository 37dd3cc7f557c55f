"""Follows docs/tutorial.rst to the letter, in an empty folder: make test-tutorial.

Files are written and commands run as the page has them.  Each command has to succeed,
and to print the lines that stand below it.  What takes time or place is the machine's:
seconds are not compared, and where the page has port 8080 a free one is used.

The server that the page starts is visited as the page tells.  At the end the starter in
examples is installed as it is, and its tests are run.
"""

from collective.sessiondata.tests.support.examples import CHECKOUT
from collective.sessiondata.tests.support.loopback import free_port
from collective.sessiondata.tests.support.loopback import wait_for
from collective.sessiondata.tests.support.tutorial import Command
from collective.sessiondata.tests.support.tutorial import File
from collective.sessiondata.tests.support.tutorial import STARTER
from collective.sessiondata.tests.support.tutorial import steps
from pathlib import Path
from wsgiproxy import HostProxy
from zope.testbrowser.browser import Browser

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

# What is built in a checkout, and would only take time to copy.
BUILT = ".git", ".venv", "bin", "build", "develop-eggs", "eggs", "parts", "var"

# Seconds that a command may take; installing Plone takes the longest.
PATIENCE = 1200

_seconds = re.compile(r"\d+\.\d+(?= seconds)")


class Reader:
    """Does what the page says; ``folder`` has the checkout, and nothing else."""

    def __init__(self, folder):
        checkout = folder / "collective.sessiondata"
        shutil.copytree(CHECKOUT, checkout, ignore=shutil.ignore_patterns(*BUILT))
        self.folder = checkout
        self.port = free_port()
        python = Path(sys.base_prefix, "bin")
        self.environment = {**os.environ, "PATH": f"{python}:{os.environ['PATH']}"}
        # It leads to the eggs of the buildout.
        self.environment.pop("PYTHONPATH", None)

    def do(self, step):
        if isinstance(step, File):
            self.write(step)
        elif step.line.startswith("cd "):
            self.folder = (self.folder / step.line.removeprefix("cd ")).resolve()
        elif "runwsgi" in step.line:
            self.serve(step)
        else:
            self.run(step)

    def write(self, file):
        path = self.folder / file.path
        # Not made here: the page has the reader make the folders.
        path.write_text(file.content, encoding="utf-8")

    def run(self, command):
        print(f"$ {command.line}", flush=True)
        process = self.start(command)
        try:
            output, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            stop(process)
            sys.exit(f"{command.line}: no end in {PATIENCE} seconds")
        if process.returncode:
            sys.exit(f"{output}\n{command.line}: exit code {process.returncode}")
        self.compare(command, output)

    def start(self, command):
        return subprocess.Popen(
            ["bash", "-c", command.line],
            cwd=self.folder,
            env=self.environment,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def compare(self, command, output):
        """The lines that the page has are in the output, in that order."""
        output = _seconds.sub("TIME", output.replace(f":{self.port}", ":8080"))
        position = 0
        for line in command.printed:
            line = _seconds.sub("TIME", line)
            position = output.find(f"{line}\n", position)
            if position < 0:
                sys.exit(f"{output}\n{command.line} did not print {line!r}")
            print(line, flush=True)

    def serve(self, command):
        """Start the server, visit it, and stop it as a reader does: by Ctrl-C."""
        ini = self.folder / "instance" / "etc" / "zope.ini"
        text = ini.read_text()
        if "port = 8080" not in text:
            sys.exit(f"{ini}: the port is not 8080")
        ini.write_text(text.replace("port = 8080", f"port = {self.port}"))
        print(f"$ {command.line}", flush=True)
        process = self.start(command)
        try:
            wait_for(process, self.port, PATIENCE)
            visit(f"http://localhost:{self.port}")
        except RuntimeError:
            stop(process)
            sys.exit(process.stdout.read())
        finally:
            stop(process)
        self.compare(command, process.stdout.read())

    def try_starter(self, pytest):
        """Install the add-on from examples, too, and run its tests with ``pytest``."""
        environment = self.folder
        self.folder /= Path(
            "..", "collective.sessiondata", STARTER.relative_to(CHECKOUT)
        )
        pip = Command("venv/bin/pip install --quiet --no-deps --force-reinstall .", [])
        for command in (pip, pytest):
            self.run(Command(f"{environment}/{command.line}", command.printed))


def stop(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=60)


def visit(address):
    """Pack for a trip in two browsers, and look at the sessions as an administrator."""
    destinations = "Rome", "Oslo"
    for destination in destinations:
        browser = Browser(wsgi_app=HostProxy(address))
        browser.open(f"{address}/Plone/@@packing")
        browser.getControl("Where are you going?").value = destination
        browser.getControl("For how many days?").value = "4"
        browser.getControl("Continue").click()
        browser.getControl("I will swim").selected = True
        browser.getControl("Continue").click()
        for thing in (destination, "Clothes for 4 days", "Swimwear and a towel"):
            find(thing, browser)
    admin = Browser(wsgi_app=HostProxy(address))
    admin.open(f"{address}/Plone/login")
    admin.getControl("Login Name").value = "admin"
    admin.getControl("Password").value = "admin"
    admin.getControl("Log in", index=0).click()
    admin.open(f"{address}/Plone/@@sessions-overview")
    listed = admin.contents.count("example.packinglist")
    if listed != len(destinations):
        sys.exit(f"{admin.contents}\n{admin.url} lists {listed} sessions")


def find(text, browser):
    if text not in browser.contents:
        sys.exit(f"{browser.contents}\n{browser.url} does not tell {text!r}")


def main():
    # What is started in the background may have been told to ignore Ctrl-C, and would
    # tell its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        reader = Reader(Path(folder).resolve())
        for step in steps():
            reader.do(step)
        *_, pytest = steps()
        reader.try_starter(pytest)


if __name__ == "__main__":
    main()
