"""Attack a real site, and report what succeeded: ``make attack``, ``--help``."""

from . import caches
from . import floods
from . import forgery
from . import ids
from . import leaks
from . import probing
from . import users
from .attack import ATTACKS
from .attack import Success
from .site import Site
from acceptance.support import exit_on_sigterm
from argparse import ArgumentParser
from textwrap import fill

import sys
import time
import traceback

# In this order: the last ones look at what all others have left.
MODULES = {
    module.__name__.rpartition(".")[-1]: module
    for module in (ids, users, forgery, caches, probing, floods, leaks)
}

HELD, SUCCEEDED, FAILED = "held", "SUCCEEDED", "NOT TRIED, since the script failed"


def arguments(argv):
    parser = ArgumentParser(
        description="Attack the sessions of a real Plone site, on this machine only, and "
        "report what succeeded.  The exit code is 1 if any attack did."
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=list(MODULES),
        help="attacks of this kind; can be given again",
    )
    return parser.parse_args(argv)


def chosen(only):
    """Return the attacks, in order."""
    names = only or list(MODULES)
    return [
        attack
        for name in MODULES
        for attack in ATTACKS
        if attack.module == name in names
    ]


def line(label, text):
    """Return ``label`` and ``text`` as lines for the terminal."""
    return fill(
        text,
        width=88,
        initial_indent=f"  {label:8}",
        subsequent_indent=" " * 10,
        break_long_words=False,
        break_on_hyphens=False,
    )


def play(attack, site):
    """Run ``attack``, and print its result; return how it ended."""
    print(f"\n{attack.title}\n{line('tried', attack.tried)}", flush=True)
    try:
        got, result = attack.play(site), HELD
    except Success as success:
        got, result = str(success), SUCCEEDED
    except Exception:
        got, result = traceback.format_exc(limit=-3), FAILED
    print(f"{line('got', got)}\n          {result}", flush=True)
    return result


def summary(results, seconds):
    """Return how all attacks ended, in words."""
    lines = [
        f"  {result}: {attack.title}"
        for attack, result in results
        if result is not HELD
    ]
    held = sum(result is HELD for _, result in results)
    lines.append(f"{held} of {len(results)} attacks held off, in {seconds:.0f} s")
    return "\n".join(["", *lines])


def main(argv=None):
    options = arguments(argv)
    exit_on_sigterm()
    began = time.monotonic()
    site = Site()
    try:
        print("A Plone site is made and started ...", flush=True)
        site.start()
        results = [(attack, play(attack, site)) for attack in chosen(options.only)]
    finally:
        site.remove()
    print(summary(results, time.monotonic() - began))
    return int(any(result is not HELD for _, result in results))


if __name__ == "__main__":
    sys.exit(main())
