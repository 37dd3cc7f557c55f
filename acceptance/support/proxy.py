"""A TCP proxy between a Zope and its session database: a network that can be cut.

It runs in a process of its own, which takes one command per line of its input and
answers with the same line once it is done:

``hold``    delay all data in both directions, without an error;
``refuse``  reset all connections, and refuse new ones;
``heal``    forward all data, including the delayed ones;
``forget``  forward the data of new connections only.  Zope gets a reset of its old
            connections; the database receives nothing on them any more.
"""

from . import CHECKOUT
from collective.sessiondata.tests.support.loopback import free_port
from collective.sessiondata.tests.support.loopback import wait_for

import asyncio
import os
import socket
import struct
import subprocess
import sys

# On close, send a reset instead of the remaining data.
_ABRUPTLY = struct.pack("ii", 1, 0)


class Proxy:
    """Starts and controls the process; ``target`` is a port on loopback."""

    def __init__(self, target):
        self.port = free_port()
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(self.port), str(target)],
            env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)),
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        wait_for(self._process, self.port)

    def tell(self, command):
        """Send a command to the process; return once it is done."""
        print(command, file=self._process.stdin, flush=True)
        if self._process.stdout.readline().strip() != command:
            raise RuntimeError(f"The proxy could not {command}")

    def remove(self):
        self._process.kill()
        self._process.communicate()


class Network:
    """The proxy in its own process."""

    def __init__(self, port, target):
        self.port, self.target = port, target
        # Towards Zope, and towards the database.
        self.near, self.far = set(), set()
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.server = None

    async def listen(self):
        self.server = await asyncio.start_server(self.connect, "127.0.0.1", self.port)

    async def connect(self, reader, near):
        # A connection that began before "hold" waits for "heal"; after "forget" it
        # waits for ever.
        flowing = self.flowing
        self.near.add(near)
        await flowing.wait()
        try:
            answers, far = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            reset(near)
            return
        self.far.add(far)
        await asyncio.gather(
            self.pump(reader, far, flowing), self.pump(answers, near, flowing)
        )
        self.near.discard(near)
        self.far.discard(far)

    async def pump(self, reader, writer, flowing):
        try:
            while data := await reader.read(65536):
                await flowing.wait()
                writer.write(data)
                await writer.drain()
            # The end of the data is delayed like the data.
            await flowing.wait()
            writer.close()
        except OSError:
            await flowing.wait()
            reset(writer)

    def close(self):
        if self.server is not None:
            self.server.close()
            self.server = None

    async def hold(self):
        self.flowing.clear()

    async def refuse(self):
        self.close()
        for writer in {*self.near, *self.far}:
            reset(writer)

    async def heal(self):
        self.flowing.set()
        if self.server is None:
            await self.listen()

    async def forget(self):
        self.flowing = asyncio.Event()
        for writer in [*self.near]:
            reset(writer)
        await self.heal()

    async def obey(self):
        await self.listen()
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            await getattr(self, line.strip())()
            print(line, end="", flush=True)


def reset(writer):
    """Close a connection at once, with a reset for the other end."""
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABRUPTLY)
    writer.transport.abort()


if __name__ == "__main__":
    asyncio.run(Network(*map(int, sys.argv[1:])).obey())
