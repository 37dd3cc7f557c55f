"""Print numbers, durations, tables and progress; as text or as JSON."""

from ..units import split_duration
from tqdm import tqdm

import json


def count(number, noun):
    """Return a number with its noun, as "1 session" or "2 sessions"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration(seconds):
    """Return a duration in whole units, as "90 min"."""
    number, unit = split_duration(seconds)
    return f"{number:,} {unit}"


def print_pairs(by_path):
    """Print each path of ``by_path``, followed by its pairs of texts, aligned."""
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


class _ProgressBar(tqdm):
    # Disables tqdm's monitor thread.
    monitor_interval = 0


def progress_bar(label, items=None, total=None, unit=" sessions"):
    """Return a progress bar over ``items``, or one to update by hand."""
    # On stderr. ``disable=None`` hides the bar unless stderr is a terminal.
    return _ProgressBar(items, label, total, unit=unit, disable=None, leave=False)
