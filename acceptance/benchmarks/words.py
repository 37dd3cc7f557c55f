"""A report in words: for the terminal, and as a page of the documentation."""

from .measure import OURS
from .report import figure
from .report import missed
from .report import number
from .report import verdict

INTRODUCTION = """\
=========
Benchmark
=========

.. Written by "make benchmark"; whatever is changed here is lost with the next run.

How this product compares to other ways to keep sessions, side by side on one machine.
``make benchmark`` measures it anew and writes this page; it takes a few minutes.

Peers take turns: each round measures each of them once.  A figure is the median of
all rounds, with the lowest and the highest beside it; a ratio, ours divided by the
peer's, is taken within each round, then the median.  *Raw ZODB* is one OOBTree of
persistent objects: the least that any of them could do.
"""

CHART = """\
.. image:: images/benchmark.svg
   :alt: Charts of the medians that the tables below list
   :width: 100%
"""


def in_words(case):
    """Return what a case has shown, for the terminal."""
    lines = ["", case["title"]]
    for measure in case["measures"]:
        lines.append(f"  {measure['quantity']} ({measure['unit']})")
        for row in measure["peers"]:
            line = f"    {row['peer']:34}{number(row['median']):>10}"
            if row["ratio"] is not None:
                line += f"   ours is {number(row['ratio'])} ×"
            lines.append(line)
    for goal in case["goals"]:
        lines.append(f"  {verdict(goal):8} {goal['goal']}: it is {figure(goal)}")
    return "\n".join(lines)


def summary(report):
    """Return which goals were missed, for the terminal."""
    lines = [f"  missed   {title}: {goal['goal']}" for title, goal in missed(report)]
    return "\n".join(["", f"Goals missed: {len(lines) or 'none'}", *lines])


def page(report):
    """Return the page, in reStructuredText."""
    parts = [INTRODUCTION, *_goals(report), CHART, *_circumstances(report)]
    for case in report["cases"]:
        parts += _case(case)
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _heading(text):
    return f"\n{text}\n{'=' * len(text)}"


def _table(heads, rows, widths):
    lines = [
        ".. list-table::",
        "   :header-rows: 1",
        f"   :widths: {' '.join(map(str, widths))}",
        "",
    ]
    for row in [heads, *rows]:
        for place, cell in enumerate(row):
            lines.append(f"   {'  ' if place else '* '}- {cell}")
    return "\n".join(lines)


def _verdict(goal):
    return verdict(goal) if goal["reached"] else f"**{verdict(goal)}**"


def _goals(report):
    rows = [
        [case["title"], goal["goal"], figure(goal), _verdict(goal)]
        for case in report["cases"]
        for goal in case["goals"]
    ]
    goals = _table(["Case", "Goal", "Figure", ""], rows, [40, 36, 10, 14])
    return [_heading("What was to be reached"), goals]


def _circumstances(report):
    machine = report["machine"]
    rows = [
        ["Processor", f"{machine['processor']}, {machine['cores']} cores"],
        ["System", f"{machine['system']}, Python {machine['python']}"],
        ["Date", f"{report['date']}{', a quick run' if report['quick'] else ''}"],
        *([name, version] for name, version in report["versions"].items()),
    ]
    return [
        _heading("Where it was measured"),
        _table(["What", "Which"], rows, [40, 60]),
    ]


def _case(case):
    parts = [_heading(case["title"]), case["about"]]
    for measure in case["measures"]:
        rows = [
            [
                f"**{row['peer']}**" if row["peer"] == OURS else row["peer"],
                number(row["median"]),
                f"{number(row['lowest'])} to {number(row['highest'])}",
                number(row["ratio"]),
            ]
            for row in measure["peers"]
        ]
        parts.append(
            _table(
                [
                    f"{measure['quantity'].capitalize()} ({measure['unit']})",
                    "Median",
                    "Lowest to highest",
                    "Ours ÷ theirs",
                ],
                rows,
                [40, 16, 24, 20],
            )
        )
    for goal in case["goals"]:
        parts.append(f"Goal: {goal['goal']}.  It is {figure(goal)}: {_verdict(goal)}.")
    return parts
