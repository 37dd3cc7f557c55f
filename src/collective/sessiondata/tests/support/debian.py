"""Servers that tests need, from Debian's packages."""

import os
import shutil
import subprocess


def installed(package, find):
    """Return what ``find`` returns; if that is nothing, ``package`` is installed first.

    Raise ``RuntimeError`` where it cannot be.
    """
    found = find()
    if not found and shutil.which("apt-get") and os.geteuid() == 0:
        environ = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        for command in (["update"], ["install", "--yes", package]):
            subprocess.run(["apt-get", "-qq", *command], env=environ, check=True)
        found = find()
    if not found:
        raise RuntimeError(
            f"The tests need {package}, and it was not found. Install it "
            f"(Debian: apt-get install {package})."
        )
    return found
