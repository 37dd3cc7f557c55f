"""``bin/instance sessions``: what an administrator does from the command line."""

from ..operations.sitecontext import with_request
from . import end
from . import migrate
from . import move
from . import parser as parsing
from . import probe
from . import settings
from . import stats
from . import sweep
from .errors import DONE
from .errors import INCOMPLETE
from .errors import known
from contextlib import contextmanager
from contextlib import nullcontext
from zope.component.hooks import getSite
from zope.component.hooks import setSite
from zope.globalrequest import getRequest
from zope.globalrequest import setRequest

import logging
import sys
import transaction

# What these log, with tracebacks, a command tells in a sentence.
_LOGGERS = ("txn", "ZEO", "ZODB")

# Each adds one command.
_MODULES = (stats, sweep, end, settings, migrate, move, probe)


def sessions(app, args):
    """Do what ``args``, the words after ``bin/instance sessions``, say.

    Raise ``SystemExit`` with an exit code unless all was done.
    """
    for leading in ("-c", "sessions"):
        # bin/instance leaves these there.
        if args[:1] == [leading]:
            args = args[1:]
    options = _parser().parse_args(args or ["--help"])
    with nullcontext() if options.traceback else _silence():
        code = _run(app, options)
    if code != DONE:
        sys.exit(code)


def _parser():
    parser = parsing.Parser(
        parsing.PROGRAM,
        description="Look after the server-side sessions of Plone sites.  It works "
        "beside running sites, if\nseveral processes can use their database, as with a "
        "ZEO server.",
        epilog=f"Each command has its own --help, with examples.\n\n{parsing.EXIT_CODES}",
    )
    parser.add_argument(
        "--traceback",
        action="store_true",
        help="show where an error comes from, to report it",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for module in _MODULES:
        module.add(commands)
    return parser


@contextmanager
def _silence():
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
    """Do what ``options`` say; return the exit code."""
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
        trouble = known(error)
        if trouble is None:
            print(
                f"This should not happen: {type(error).__name__}: {error}\nTry "
                f"{parsing.PROGRAM} --traceback ..., and report what it shows.",
                file=sys.stderr,
            )
            return INCOMPLETE
        print(trouble, file=sys.stderr)
        return trouble.code
    finally:
        transaction.abort()
        setRequest(before[0])
        setSite(before[1])
