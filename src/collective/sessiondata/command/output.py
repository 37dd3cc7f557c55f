"""How numbers, sizes and durations are printed, for people and for programs."""

from .. import units

import json


def count(number, what):
    """Return ``number`` with ``what`` it counts, one of it, as "2 sessions"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def size(number):
    """Return a number of bytes as people read it."""
    return " ".join(units.of_size(number))


def duration(seconds):
    """Return a number of seconds as people read it, in whole units."""
    number, unit = units.of_time(seconds)
    return f"{number:,} {unit}"


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
