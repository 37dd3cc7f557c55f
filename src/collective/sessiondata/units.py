"""Units of time and size, and how numbers are written in them."""

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


def format_size(number, separator=" "):
    """Return a number of bytes in the unit that suits it, as "1.5 MiB"."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < KIB:
            break
        number /= KIB
    else:
        unit = "TiB"
    digits = 0 if unit == "B" or number >= 100 else 1
    return f"{number:.{digits}f}{separator}{unit}"


def split_duration(seconds):
    """Return a duration in whole units, as (90, "min").

    The unit is "s", "min", "h" or "days".  The number is 2 or more, or exactly 1.
    """
    for unit, name in ((DAY, "days"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= 2 * unit or seconds == unit != DAY:
            return int(seconds / unit), name
    return int(seconds), "s"
