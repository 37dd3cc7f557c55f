"""Units of time and size, and which of them suits a number."""

from datetime import datetime
from datetime import timezone

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

KIB = 1024


def iso(seconds):
    """Return seconds since the epoch as text (ISO 8601, UTC). None stays None."""
    if seconds is None:
        return None
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def of_size(count):
    """Return a number of bytes in the unit that suits it, as ("1.5", "MiB")."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < KIB:
            break
        count /= KIB
    else:
        unit = "TiB"
    digits = 0 if unit == "B" or count >= 100 else 1
    return f"{count:.{digits}f}", unit


def of_time(seconds):
    """Return a time in the unit that suits it, in whole ones, as (90, "min").

    The unit is "s", "min", "h" or "days".  There are two of it at least, or exactly one.
    """
    for unit, name in ((DAY, "days"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= 2 * unit or seconds == unit != DAY:
            return int(seconds / unit), name
    return int(seconds), "s"
