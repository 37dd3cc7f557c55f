"""``bin/instance sessions``: manage sessions from the command line."""

from ..operations.sitecontext import with_request
from . import benchmark
from . import end
from . import migrate
from . import move
from . import settings
from . import stats
from . import sweep
from .errors import DONE
from .errors import explain
from .errors import INCOMPLETE
from .parser import EXIT_CODES
from .parser import Parser
from .parser import PROGRAM
from contextlib import contextmanager
from contextlib import nullcontext
from zope.component.hooks import getSite
from zope.component.hooks import setSite
from zope.globalrequest import getRequest
from zope.globalrequest import setRequest

import logging
import sys
import transaction

# These log errors with tracebacks, which the commands print as one sentence.
_LOGGERS = ("txn", "ZEO", "ZODB")

# Each module adds one command.
_MODULES = (stats, sweep, end, settings, migrate, move, benchmark)


def sessions(app, args):
    """Run a command; ``args`` are the arguments of ``bin/instance sessions``.

    Raise ``SystemExit`` with the exit code unless it is 0.
    """
    for leading in ("-c", "sessions"):
        # bin/instance passes these on.
        if args[:1] == [leading]:
            args = args[1:]
    options = create_parser().parse_args(args or ["--help"])
    with nullcontext() if options.traceback else _silenced_loggers():
        code = _run(app, options)
    if code != DONE:
        sys.exit(code)


def create_parser():
    """Return the parser of all commands."""
    parser = Parser(
        PROGRAM,
        description="Manage the server-side sessions of Plone sites.  Sites can keep "
        "running if several\nprocesses can use their database, as with a ZEO server.",
        epilog=f"Each command has its own --help, with examples.\n\n{EXIT_CODES}",
    )
    parser.add_argument(
        "--traceback",
        action="store_true",
        help="show the traceback of an error, to report it",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for module in _MODULES:
        module.add(commands)
    return parser


@contextmanager
def _silenced_loggers():
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels):
            logger.setLevel(level)


def _run(app, options):
    """Run the command of ``options``; return the exit code."""
    before = getRequest(), getSite()
    app = with_request(app)
    setRequest(app.REQUEST)
    transaction.begin()
    try:
        return options.run(app, options)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INCOMPLETE
    except Exception as error:
        if options.traceback:
            raise
        explained = explain(error)
        if explained is None:
            print(
                f"Unexpected error: {type(error).__name__}: {error}\nTo report it, run "
                f"{PROGRAM} --traceback ... and send the output.",
                file=sys.stderr,
            )
            return INCOMPLETE
        print(explained, file=sys.stderr)
        return explained.code
    finally:
        transaction.abort()
        setRequest(before[0])
        setSite(before[1])
