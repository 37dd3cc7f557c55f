"""Two Zopes, real databases, real faults: ``make test-cluster``, ``--help``."""

from .checks import CHECKS
from .cluster import Cluster
from .cluster import create_site
from .cluster import ENGINES
from .faults import FAULTS
from .plays import played
from .plays import table
from acceptance.support import exit_on_sigterm
from argparse import ArgumentParser
from pathlib import Path

import sys
import tempfile
import time
import traceback


def arguments(argv):
    parser = ArgumentParser(
        description="Have two Zopes share sessions that are in a database server, and "
        "play faults while browsers are at work.  All of it happens on this machine "
        "alone.  The exit code is 1 if anything was not as it must be."
    )
    parser.add_argument(
        "--engine", action="append", choices=list(ENGINES), help="can be given again"
    )
    parser.add_argument(
        "--fault",
        action="append",
        choices=[fault.name for fault in FAULTS],
        help="play this fault, and make no other test; can be given again",
    )
    parser.add_argument("--keep", action="store_true", help="keep logs and other files")
    return parser.parse_args(argv)


def make(check, cluster):
    """Make ``check``, and print what came of it; return True if it holds."""
    try:
        told = check.make(cluster)
    except Exception:
        print(f"  FAILED: {check.title}\n{traceback.format_exc(limit=-3)}", flush=True)
        return False
    print(f"  {check.title}" + (f": {told}" if told else ""), flush=True)
    return True


def run(options, site):
    """Return the results of all tests, True or False, and the plays."""
    results, plays = [], []
    for name in options.engine or ENGINES:
        print(f"\n{name}", flush=True)
        cluster = Cluster(ENGINES[name], site, options.keep)
        try:
            cluster.start()
            for check in [] if options.fault else CHECKS:
                results.append(make(check, cluster))
            for fault in FAULTS:
                is_chosen = not options.fault or fault.name in options.fault
                if is_chosen and name in fault.engines:
                    play = played(fault, cluster)
                    plays.append(play)
                    results.append(play.passed)
        finally:
            cluster.remove()
    return results, plays


def main(argv=None):
    options = arguments(argv)
    exit_on_sigterm()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        site = Path(directory) / "Data.fs"
        print("A Plone site is made ...", flush=True)
        create_site(site)
        results, plays = run(options, site)
    if plays:
        print("\n" + table(plays))
    print(f"\nIn {time.monotonic() - began:.0f} s")
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return int(not all(results))


if __name__ == "__main__":
    sys.exit(main())
