"""Numbers, times and sizes as people read them, in any language."""

from ..i18n import _

_NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def number(count):
    """Return a whole number, its digits in groups, as the ISO wants them."""
    return f"{count:,}".replace(",", _NARROW_SPACE)


def size(count):
    """Return a size in bytes with the unit that suits it."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            break
        count /= 1024
    else:
        unit = "TiB"
    digits = 0 if unit == "B" or count >= 100 else 1
    return f"{count:.{digits}f}{_NARROW_SPACE}{unit}"


def duration(seconds):
    """Return a time in the unit that suits it, as a message."""
    if seconds < MINUTE:
        return _("${count} s", mapping={"count": int(seconds)})
    if seconds < HOUR:
        return _("${count} min", mapping={"count": int(seconds / MINUTE)})
    if seconds < 2 * DAY:
        return _("${count} h", mapping={"count": int(seconds / HOUR)})
    return _("${count} days", mapping={"count": int(seconds / DAY)})
