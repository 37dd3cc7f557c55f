"""How numbers, sizes and durations are printed, for people and for programs."""

import json

MINUTE = 60
HOUR = 3600
DAY = 24 * HOUR


def count(number, what):
    """Return ``number`` with ``what`` it counts, one of it, as "2 sessions"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def size(number):
    """Return a number of bytes as people read it."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if number < 1024 or unit == "GiB":
            break
        number /= 1024
    return f"{number:,.0f} {unit}" if unit == "bytes" else f"{number:,.1f} {unit}"


def duration(seconds):
    """Return a number of seconds as people read it, in whole units."""
    for unit, name in ((DAY, "days"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= 2 * unit or seconds == unit != DAY:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


def milliseconds(seconds):
    """Return a short time as people read it."""
    return f"{seconds * 1000:,.2f} ms"


def print_pairs(by_path):
    """Print each path of ``by_path``, and below it its pairs of texts, aligned."""
    blocks = []
    for path, pairs in by_path.items():
        width = max(len(name) for name, _value in pairs)
        lines = [f"  {name:{width}}  {value}".rstrip() for name, value in pairs]
        blocks.append("\n".join([path, *lines]))
    if blocks:
        print("\n\n".join(blocks))


def print_json(by_path):
    """Print ``by_path`` as one JSON object."""
    print(json.dumps(by_path, indent=2))
