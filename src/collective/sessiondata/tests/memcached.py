"""A real memcached, for as long as it is needed: found or installed, started, ended."""

from .loopback import free_port
from .loopback import wait_for

import os
import shutil
import subprocess


def executable():
    """Return the path of memcached; install it where that is possible.

    Raise ``RuntimeError`` where it is not.
    """
    path = shutil.which("memcached")
    if path is None and shutil.which("apt-get") and os.geteuid() == 0:
        environ = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        for command in (["update"], ["install", "--yes", "memcached"]):
            subprocess.run(["apt-get", "-qq", *command], env=environ, check=True)
        path = shutil.which("memcached")
    if path is None:
        raise RuntimeError(
            "Products.mcdutils needs a memcached, and none was found. Install it "
            "(Debian: apt-get install memcached)."
        )
    return path


class Memcached:
    """A memcached on a free port of the loopback interface, inside the ``with``.

    Entering returns its address, ``"127.0.0.1:port"``.
    """

    def __enter__(self):
        path, self.port = executable(), free_port()
        command = [path, "-l", "127.0.0.1", "-p", str(self.port), "-U", "0"]
        if os.geteuid() == 0:
            command += ["-u", "nobody"]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            wait_for(self._process, self.port)
        except BaseException:
            self._stop()
            raise
        return f"127.0.0.1:{self.port}"

    def __exit__(self, *error):
        self._stop()

    def _stop(self):
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
