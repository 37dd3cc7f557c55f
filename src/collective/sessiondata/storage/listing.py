"""Lists of sessions for administrators and owners. Values are never listed."""

from .. import clock
from dataclasses import dataclass

# The most sessions of a list, and the most sessions examined for it: some have expired.
LISTED = 5000
EXAMINED = 2 * LISTED

# The most key names of a session that are listed, and the most characters of each.
KEYS = 20
CHARACTERS = 80


@dataclass(frozen=True)
class SessionInfo:
    """One session, as others than its visitor may see it."""

    #: Identifies the session, and cannot open it.
    handle: str

    #: The id of the owner, or None; and the owner's browser in two words, or "".
    user_id: str | None
    browser: str

    #: Seconds since the epoch; ``accessed`` is as exact as the resolution.
    created: int
    accessed: int

    #: The names of its keys, sorted: at most ``KEYS`` of them, each cut at ``CHARACTERS``.
    keys: tuple

    #: The number of its keys.
    number_of_keys: int

    #: The size in bytes as stored.
    size: int


@dataclass(frozen=True)
class Listing:
    """Some sessions: ``rows``, each a ``SessionInfo``; ``all`` says whether these are all."""

    rows: list
    all: bool


def _shortened(key):
    text = str(key).encode("utf-8", "replace").decode()
    if len(text) <= CHARACTERS:
        return text
    return f"{text[:CHARACTERS]}\N{HORIZONTAL ELLIPSIS}"


def session_info(session):
    """Return the ``SessionInfo`` of ``session``. Does not update its access time."""
    return SessionInfo(
        handle=session.getId(),
        user_id=session.getUserId(),
        browser=session.getBrowser(),
        created=session.getCreated(),
        accessed=session.getLastAccessed(),
        keys=tuple(sorted(map(_shortened, session.keys()))[:KEYS]),
        number_of_keys=len(session),
        size=session.getSize(),
    )


def list_sessions(store, user_ids=None):
    """Return a ``Listing`` of the active sessions of ``store``, at most ``LISTED``.

    With ``user_ids`` only the sessions of these users are listed, and loaded. Does not
    update access times.
    """
    if user_ids is None:
        found = store.each()
    else:
        found = (it for user_id in user_ids for it in store.of_owner(user_id))
    now = clock.now()
    rows = []
    for examined, session in enumerate(found):
        if len(rows) == LISTED or examined == EXAMINED:
            return Listing(rows, all=False)
        if store.is_active(session, now):
            rows.append(session_info(session))
    return Listing(rows, all=True)
