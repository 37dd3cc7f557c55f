"""What the figures were measured on: machine and versions, by their public names."""

from importlib.metadata import version
from pathlib import Path

import os
import platform

DISTRIBUTIONS = [
    "collective.sessiondata",
    "Products.CMFPlone",
    "Zope",
    "ZODB",
    "BTrees",
    "persistent",
    "Products.Sessions",
    "Products.mcdutils",
    "python-memcached",
    "tempstorage",
    "zope.session",
]


def processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def described():
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def versions():
    return {name: version(name) for name in DISTRIBUTIONS}
