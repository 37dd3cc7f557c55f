"""Charts, as what a page template draws in SVG, and the same as rows of a table.

Places are in the units of the drawing, of which ``WIDTH`` and ``HEIGHT`` are visible.
"""

from ...units import DAY
from ...units import HOUR
from .formatting import number
from typing import NamedTuple

WIDTH = 440
HEIGHT = 220

# Of what is drawn, without the labels around it.
LEFT = 60
RIGHT = WIDTH - 12
TOP = 12
BOTTOM = HEIGHT - 36

# Between two labels at the bottom of the live sessions.
_HOURS = 4

_MINUS = "\N{MINUS SIGN}"


class Tick(NamedTuple):
    """A label beside the chart, and where it stands."""

    at: float
    label: str


class Bar(NamedTuple):
    """One bar, what it says, and where."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: str

    @property
    def middle(self):
        """Where its labels stand."""
        return round(self.x + self.width / 2, 1)


def _round_up(count):
    """Return the next of 4, 8, 20, 40, 80, 200, … that is not less: it has quarters."""
    unit = 1
    while True:
        for digit in (4, 8, 20):
            if count <= digit * unit:
                return digit * unit
        unit *= 10


class _Chart:
    """What both kinds have: a scale, from 0 to what is a bit more than the largest."""

    width, height = WIDTH, HEIGHT
    left, right, top, bottom = LEFT, RIGHT, TOP, BOTTOM

    def __init__(self, counts):
        self._most = _round_up(max(counts, default=0))

    def _y(self, count):
        return round(BOTTOM - (BOTTOM - TOP) * count / self._most, 1)

    def levels(self):
        """Return the labels of the scale, as ``Tick``s."""
        counts = [self._most * quarter // 4 for quarter in range(5)]
        return [Tick(self._y(count), number(count)) for count in counts]


class LiveChart(_Chart):
    """How many sessions there were over the last day.

    ``history`` are pairs of a time, in seconds since the epoch, and a count that holds
    from then on; the last one is that of now.
    """

    def __init__(self, history):
        self.now = history[-1][0]
        self.since = self.now - DAY
        # A clock may have been set back.
        history = [pair for pair in history if pair[0] <= self.now]
        before = [pair for pair in history if pair[0] <= self.since]
        # From where on something is known.
        self._history = before[-1:] + [it for it in history if it[0] > self.since]
        super().__init__([count for _, count in self._history])

    def _x(self, time):
        part = max(time - self.since, 0) / DAY
        return round(LEFT + (RIGHT - LEFT) * part, 1)

    def line(self):
        """Return the path of the line, in steps."""
        (time, count), *rest = self._history
        path = [f"M{self._x(time)} {self._y(count)}"]
        for time, count in rest:
            path.append(f"H{self._x(time)}V{self._y(count)}")
        return "".join(path)

    def area(self):
        """Return the path around what is below the line."""
        first = self._x(self._history[0][0])
        return f"{self.line()}V{BOTTOM}H{first}Z"

    def hours(self):
        """Return the labels at the bottom, as ``Tick``s: hours before now."""
        return [
            Tick(self._x(self.now - ago * HOUR), f"{_MINUS if ago else ''}{ago}")
            for ago in range(24, -1, -_HOURS)
        ]

    def rows(self):
        """Return pairs: a time, and how many sessions there were then; hour by hour."""
        rows = []
        for ago in range(24, -1, -1):
            time = self.now - ago * HOUR
            counts = [count for since, count in self._history if since <= time]
            if counts:
                rows.append((time, counts[-1]))
        return rows


class BarChart(_Chart):
    """Counts side by side; ``pairs`` are labels and counts."""

    def __init__(self, pairs):
        self.pairs = pairs
        super().__init__([count for _, count in pairs])

    def bars(self):
        """Return the ``Bar`` of each pair."""
        step = (RIGHT - LEFT) / max(len(self.pairs), 1)
        return [
            Bar(
                x=round(LEFT + step * (place + 0.15), 1),
                y=self._y(count),
                width=round(step * 0.7, 1),
                height=round(BOTTOM - self._y(count), 1),
                label=label,
                value=number(count),
            )
            for place, (label, count) in enumerate(self.pairs)
        ]
