"""Run the benchmark: ``make benchmark``, or ``bin/benchmark --help``."""

from . import chart
from . import report
from . import words
from .cases import CASES
from .cases import Run
from acceptance.support import DATABASES
from acceptance.support import exit_on_sigterm
from argparse import ArgumentParser
from collective.sessiondata.tests.support.memcached import Memcached
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import json
import multiprocessing
import sys
import tempfile


def arguments(argv):
    parser = ArgumentParser(
        description="Measure collective.sessiondata side by side with other ways to "
        "keep sessions."
    )
    parser.add_argument(
        "--case",
        action="append",
        choices=list(CASES),
        help="only this; can be given again",
    )
    parser.add_argument(
        "--quick", action="store_true", help="few rounds: to see that it works"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIRECTORY",
        help="write benchmark.json, benchmark.rst and images/benchmark.svg there",
    )
    return parser.parse_args(argv)


def measured(name, run):
    """Return the report of one case."""
    return report.result(CASES[name], CASES[name].run(run))


def measured_apart(name, options, memcached):
    """Return the same, from a process of its own.

    What a case leaves in memory, or patches, changes no other.
    """
    processes = multiprocessing.get_context("spawn")
    DATABASES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=DATABASES) as directory,
        ProcessPoolExecutor(1, processes) as pool,
    ):
        run = Run(directory, options.quick, memcached)
        return pool.submit(measured, name, run).result()


def write(whole, directory):
    """Write the report in all its forms."""
    (directory / "images").mkdir(parents=True, exist_ok=True)
    data = json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
    (directory / "benchmark.json").write_text(data, encoding="utf-8")
    (directory / "benchmark.rst").write_text(words.page(whole), encoding="utf-8")
    (directory / "images" / "benchmark.svg").write_bytes(chart.chart(whole))


def main(argv=None):
    options = arguments(argv)
    exit_on_sigterm()
    names = options.case or list(CASES)
    needs_memcached = any(CASES[name].memcached for name in names)
    results = []
    with Memcached() if needs_memcached else nullcontext() as memcached:
        for name in names:
            results.append(measured_apart(name, options, memcached))
            print(words.in_words(results[-1]), flush=True)
    whole = report.report(results, options.quick)
    if options.output:
        write(whole, options.output)
    print(words.summary(whole))


if __name__ == "__main__":
    sys.exit(main())
