"""What a run has shown: as data, in words, and whether each goal was reached."""

from . import machine
from .measure import OURS
from datetime import date

import operator

RELATIONS = {"≤": operator.le, "<": operator.lt, "=": operator.eq, "≥": operator.ge}


def result(case, measures):
    """Return all that ``measures`` tell of a case, in plain data."""
    return {
        "name": case.name,
        "title": case.title,
        "about": case.about,
        "measures": [_measured(measure) for measure in measures],
        "goals": [_judged(goal, measures) for goal in case.goals],
    }


def _measured(measure):
    peers = []
    for peer in measure.peers:
        lowest, highest = measure.spread(peer)
        peers.append(
            {
                "peer": peer,
                "median": measure.median(peer),
                "lowest": lowest,
                "highest": highest,
                "ratio": None if peer == OURS else measure.ratio(peer),
            }
        )
    return {"quantity": measure.name, "unit": measure.unit, "peers": peers}


def _judged(goal, measures):
    (measure,) = [m for m in measures if m.name == goal.quantity]
    if goal.against is None:
        figure = measure.median(OURS)
        text = f"{goal.quantity} {goal.relation} {goal.limit:g} {measure.unit}"
    else:
        figure = measure.ratio(goal.against)
        text = f"{goal.quantity} {goal.relation} {goal.limit:g} × {goal.against}"
    return {
        "goal": text,
        "figure": figure,
        "limit": goal.limit,
        "reached": RELATIONS[goal.relation](figure, goal.limit),
    }


def report(results, quick):
    """Return the whole report in plain data."""
    return {
        "date": date.today().isoformat(),
        "quick": quick,
        "machine": machine.described(),
        "versions": machine.versions(),
        "cases": results,
    }


def missed(report):
    """Return all goals that were missed, as pairs of the case's title and the goal."""
    return [
        (case["title"], goal)
        for case in report["cases"]
        for goal in case["goals"]
        if not goal["reached"]
    ]


def number(value):
    """Return ``value`` for readers: three figures that count."""
    if value is None:
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def verdict(goal):
    return "reached" if goal["reached"] else "missed"


def figure(goal):
    """Return the figure of a goal, exact enough to be told from the limit."""
    text = number(goal["figure"])
    if not goal["reached"] and text == number(goal["limit"]):
        return f"{goal['figure']:.5g}"
    return text
