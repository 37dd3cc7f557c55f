"""A disk that can become full: a small file system of its own."""

from pathlib import Path

import errno
import subprocess

SIZE = 256 * 1024 * 1024


class SmallDisk:
    """A tmpfs at the folder ``path``, which is created.

    Where mounting is not allowed, since it takes root, it is a plain folder.
    """

    def __init__(self, path):
        self.path = Path(path)
        self.path.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(path)]
        self.is_small = not subprocess.run(command, capture_output=True).returncode
        self._filler = self.path / "filler"

    def fill(self):
        """Leave no byte free.

        Raise ``RuntimeError`` for a plain folder.
        """
        if not self.is_small:
            raise RuntimeError(
                f"No small file system could be mounted at {self.path}: that takes root."
            )
        with open(self._filler, "wb", buffering=0) as file:
            for size in (1024 * 1024, 4096, 1):
                try:
                    while file.write(bytes(size)):
                        pass
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def free(self):
        """Remove the filler."""
        self._filler.unlink(missing_ok=True)

    def remove(self):
        if self.is_small:
            subprocess.run(["umount", str(self.path)], check=True)
            self.is_small = False
