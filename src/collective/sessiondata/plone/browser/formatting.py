"""Numbers, times and sizes as people read them, in any language."""

from ... import units
from ...i18n import _

_NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"


def number(count):
    """Return a whole number, its digits in groups, as the ISO wants them."""
    return f"{count:,}".replace(",", _NARROW_SPACE)


def size(count):
    """Return a size in bytes with the unit that suits it."""
    return _NARROW_SPACE.join(units.of_size(count))


def duration(seconds):
    """Return a time in the unit that suits it, as a message."""
    count, unit = units.of_time(seconds)
    # Written out, since translators get what stands in the code.
    messages = {
        "s": _("${count} s", mapping={"count": count}),
        "min": _("${count} min", mapping={"count": count}),
        "h": _("${count} h", mapping={"count": count}),
        "days": _("${count} days", mapping={"count": count}),
    }
    return messages[unit]
