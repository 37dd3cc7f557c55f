"""Write numbers, sizes and durations for people, in any language."""

from ...i18n import _
from ...units import format_size
from ...units import split_duration

_NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"


def number(count):
    """Return a whole number with its digits in groups of three (ISO 80000)."""
    return f"{count:,}".replace(",", _NARROW_SPACE)


def size(count):
    """Return a number of bytes in the unit that suits it."""
    return format_size(count, _NARROW_SPACE)


def duration(seconds):
    """Return a message: a duration in the unit that suits it."""
    count, unit = split_duration(seconds)
    # Spelled out, because the translation tools read the source code.
    messages = {
        "s": _("${count} s", mapping={"count": count}),
        "min": _("${count} min", mapping={"count": count}),
        "h": _("${count} h", mapping={"count": count}),
        "days": _("${count} days", mapping={"count": count}),
    }
    return messages[unit]
