"""A newer release of the package: the same code elsewhere, under a higher version."""

from importlib.metadata import distribution
from pathlib import Path

import collective.sessiondata
import re
import shutil
import sys

VERSION, PROFILE_VERSION = "99.0.0", "99000"

# What an administrator does in Site Setup, Add-ons, once the new release is there.
UPGRADE = f"""
from zope.component.hooks import setSite
setSite(app.Plone)
setup, profile = app.Plone.portal_setup, "profile-collective.sessiondata:default"
setup.runAllImportStepsFromProfile(profile)
assert setup.getLastVersionForProfile(profile) == ({PROFILE_VERSION!r},)
"""


def newer_package(directory):
    """Make the newer release in ``directory``, which is created.

    Return the ``sys.path`` of a process that has it.
    """
    source = Path(collective.sessiondata.__file__).parent
    target = Path(directory) / "collective" / "sessiondata"
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    metadata = target / "plone" / "profiles" / "default" / "metadata.xml"
    version = f"<version>{PROFILE_VERSION}</version>"
    text = re.sub("<version>.*?</version>", version, metadata.read_text())
    metadata.write_text(text)
    info = Path(directory) / "collective.sessiondata.egg-info"
    info.mkdir()
    (info / "PKG-INFO").write_text(
        f"Metadata-Version: 2.1\nName: collective.sessiondata\nVersion: {VERSION}\n"
    )
    entry_points = distribution("collective.sessiondata").read_text("entry_points.txt")
    (info / "entry_points.txt").write_text(entry_points)
    return [str(directory), *sys.path]
