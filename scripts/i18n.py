"""Keeps the translations in step with the code: ``i18n.py``, ``i18n.py --check``.

Without ``--check`` the template is made anew from the code, the catalogues take over
what is new in it, and are compiled.  With it, nothing is written: the exit code is 1 if
one of them is out of step, or a translation is missing, marked as a guess, or has other
places for values than the original.
"""

from i18ndude.catalog import MessageCatalog
from i18ndude.script import main as i18ndude
from pathlib import Path
from pythongettext.msgfmt import Msgfmt

import contextlib
import os
import re
import shutil
import sys
import tempfile

DOMAIN = "collective.sessiondata"
PACKAGE = Path("src/collective/sessiondata")
LOCALES = PACKAGE / "locales"
POT = f"{DOMAIN}.pot"

_places = re.compile(r"\$\{[^}]*\}").findall

# What differs without need: dates, and in which lines of the code a text is.
_passing = re.compile(r'^("(POT-Creation|PO-Revision)-Date:|#: ).*\n', re.MULTILINE)


def catalogues(locales):
    """Return the paths of all catalogues, sorted."""
    return sorted(locales.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def call(*words):
    """Run i18ndude, which tells much."""
    sys.argv = ["i18ndude", *map(str, words)]
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        try:
            i18ndude()
        except SystemExit as end:
            if end.code:
                raise


def synchronize(locales):
    """Bring the template and the catalogues in ``locales`` in step with the code."""
    # Without the tests, whose pages nobody translates.
    exclude = "tests testing.zcml things.py views.py"
    call(
        "rebuild-pot",
        *("--pot", locales / POT, "--create", DOMAIN),
        *("--exclude", exclude, "--no-wrap", PACKAGE),
    )
    call("sync", "--pot", locales / POT, "--no-wrap", *catalogues(locales))
    for path in catalogues(locales):
        path.with_suffix(".mo").write_bytes(compiled(path))


def compiled(path):
    """Return what Zope reads of the catalogue at ``path``."""
    with path.open("rb") as file:
        return Msgfmt(file, DOMAIN).getAsFile().read()


def lasting(path):
    return _passing.sub("", path.read_text())


def out_of_step(locales):
    """Return what differs from what ``synchronize`` would write."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "locales"
        shutil.copytree(locales, fresh)
        synchronize(fresh)
        return [
            f"{locales / path}: not in step with the code; call make i18n"
            for path in (
                Path(POT),
                *(it.relative_to(fresh) for it in catalogues(fresh)),
            )
            if lasting(fresh / path) != lasting(locales / path)
        ]


def incomplete(locales):
    """Return what is wrong with translations, line by line."""
    problems = []
    for path in catalogues(locales):
        for message in MessageCatalog(filename=str(path)).values():
            # Where the code has an id instead of a text, the text is in a comment.
            default = message.getDefault() or message.msgid
            places = set(_places(default))
            if not message.msgstr:
                problems.append(f"{path}: {message.msgid!r} is not translated")
            elif any("fuzzy" in comment for comment in message.comments):
                problems.append(f"{path}: {message.msgid!r} is marked as a guess")
            elif set(_places(message.msgstr)) != places:
                needs = ", ".join(sorted(places)) or "no place for a value"
                problems.append(f"{path}: {message.msgid!r} has to have {needs}")
    return problems


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        problems = out_of_step(LOCALES) + incomplete(LOCALES)
        print(*problems, sep="\n", end="\n" if problems else "")
        sys.exit(bool(problems))
    synchronize(LOCALES)
    print(*incomplete(LOCALES), sep="\n")
