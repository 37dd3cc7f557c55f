"""A real memcached, for as long as it is needed: found or installed, started, ended."""

from .debian import installed
from .loopback import free_port
from .loopback import wait_for

import os
import shutil
import subprocess


class Memcached:
    """A memcached on a free port of the loopback interface, inside the ``with``.

    Entering returns its address, ``"127.0.0.1:port"``.
    """

    def __enter__(self):
        path = installed("memcached", lambda: shutil.which("memcached"))
        self.port = free_port()
        command = [path, "-l", "127.0.0.1", "-p", str(self.port), "-U", "0"]
        if os.geteuid() == 0:
            command += ["-u", "nobody"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            wait_for(self.process, self.port)
        except BaseException:
            self._stop()
            raise
        return f"127.0.0.1:{self.port}"

    def __exit__(self, *error):
        self._stop()

    def _stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
