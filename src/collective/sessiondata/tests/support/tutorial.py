"""Reads docs/tutorial.rst: the files that it shows and the commands that it has run."""

from .examples import CHECKOUT
from typing import NamedTuple

import re

PAGE = CHECKOUT / "docs" / "tutorial.rst"

# The add-on that the page builds.
STARTER = CHECKOUT / "examples" / "example.packinglist"

_block = re.compile(
    r"(?P<paragraph>(?:\S.*\n)+)"
    r"\n\.\. code-block:: (?P<language>\w+)\n"
    r"(?P<code>(?:\n| {4}.*\n)+)"
)
_file = re.compile(r"``([\w./]+)``")


class File(NamedTuple):
    """A file that the reader writes; ``path`` is relative to the add-on's folder."""

    path: str
    content: str


class Command(NamedTuple):
    """A command that the reader enters, and lines that it prints, among others."""

    line: str
    printed: list


def steps():
    """Return what the reader does, ``File`` and ``Command``, in the page's order."""
    found = []
    for block in _block.finditer(PAGE.read_text(encoding="utf-8")):
        code = re.sub(r"^ {4}", "", block["code"].strip("\n"), flags=re.MULTILINE)
        if block["language"] == "console":
            found += _commands(code)
        else:
            # The paragraph before the block begins with the file's path.
            path = _file.match(block["paragraph"])
            if path is None:
                raise ValueError(f"Which file is this?\n{block['paragraph']}\n{code}")
            found.append(File(path[1], f"{code}\n"))
    return found


def _commands(code):
    for entry in re.split(r"^\$ ", code, flags=re.MULTILINE)[1:]:
        line, *printed = entry.splitlines()
        yield Command(line, printed)
