"""What keeps a command from doing its work: a sentence that says what to do."""

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


class Trouble(Exception):
    """A command cannot do its work, and ends with the exit code ``code``."""

    code = INCOMPLETE


class WrongUsage(Trouble):
    """What was asked for makes no sense; nothing was done."""

    code = WRONG_USAGE


def known(error):
    """Return the ``Trouble`` that ``error`` means; None: it is no known one."""
    if isinstance(error, Trouble):
        return error
    if isinstance(error, (BrowserIdManagerErr, SessionDataManagerErr)):
        return Trouble(str(error))
    kind = f"{type(error).__name__}: {error}"
    if isinstance(error, ReadOnlyError):
        return Trouble(
            "The database is read-only, so nothing can be changed. Use a zope.conf "
            "with which it can be written, or change the database server."
        )
    if isinstance(error, ConflictError):
        return Trouble(
            "Visitors have changed the same at the same time, each time it was "
            f"tried. Nothing was changed; try again. ({kind})"
        )
    if isinstance(error, (OSError, POSError, TransientError)):
        return Trouble(
            "The database cannot be used at the moment. See whether its server runs, "
            f"and whether its disk has room; then try again. ({kind})"
        )
    return None
