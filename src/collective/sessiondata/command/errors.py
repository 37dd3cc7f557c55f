"""Errors of the commands: a sentence that says what to do, and an exit code."""

from Products.Sessions.interfaces import BrowserIdManagerErr
from Products.Sessions.interfaces import SessionDataManagerErr
from transaction.interfaces import TransientError
from ZODB.POSException import ConflictError
from ZODB.POSException import POSError
from ZODB.POSException import ReadOnlyError

# Exit codes.
DONE = 0
INCOMPLETE = 1
WRONG_USAGE = 2


class CommandError(Exception):
    """Raised if a command fails; the process ends with the exit code ``code``."""

    code = INCOMPLETE


class UsageError(CommandError):
    """Raised if the arguments are wrong. Nothing was changed."""

    code = WRONG_USAGE


def explain(error):
    """Return a ``CommandError`` that explains ``error``, or None for a bug."""
    if isinstance(error, CommandError):
        return error
    if isinstance(error, (BrowserIdManagerErr, SessionDataManagerErr)):
        return CommandError(str(error))
    kind = f"{type(error).__name__}: {error}"
    if isinstance(error, ReadOnlyError):
        return CommandError(
            "The database is read-only, so nothing can be changed. Use a zope.conf "
            "that opens it for writing, or change the database server."
        )
    if isinstance(error, ConflictError):
        return CommandError(
            "Visitors changed the same data at the same time, in each attempt. "
            f"Nothing was changed; try again. ({kind})"
        )
    if isinstance(error, (OSError, POSError, TransientError)):
        return CommandError(
            "The database cannot be used at the moment. Check that its server runs "
            f"and that its disk has space, then try again. ({kind})"
        )
    return None
