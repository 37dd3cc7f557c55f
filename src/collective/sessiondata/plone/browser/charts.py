"""Charts: the coordinates for SVG, and the same data as rows of a table.

Coordinates are in units of the viewBox, which is ``WIDTH`` by ``HEIGHT``.
"""

from ...units import DAY
from ...units import HOUR
from .formatting import number
from typing import NamedTuple

WIDTH = 440
HEIGHT = 220

# The edges of the plot area, without the labels around it.
LEFT = 60
RIGHT = WIDTH - 12
TOP = 12
BOTTOM = HEIGHT - 36

# The distance between two labels of the time axis.
_HOURS_BETWEEN_LABELS = 4

_MINUS = "\N{MINUS SIGN}"


class Tick(NamedTuple):
    """A label of an axis, and its coordinate on that axis."""

    at: float
    label: str


class Bar(NamedTuple):
    """One bar of a bar chart, with its label and its value."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: str

    @property
    def middle(self):
        """The x coordinate of the labels."""
        return round(self.x + self.width / 2, 1)


def _round_up(count):
    """Return the smallest of 4, 8, 20, 40, 80, 200, … that is not less than ``count``.

    A quarter of each is a whole number.
    """
    unit = 1
    while True:
        for digit in (4, 8, 20):
            if count <= digit * unit:
                return digit * unit
        unit *= 10


class _Chart:
    """A chart with a y axis from 0 to a round number that is not less than any count."""

    width, height = WIDTH, HEIGHT
    left, right, top, bottom = LEFT, RIGHT, TOP, BOTTOM

    def __init__(self, counts):
        self._maximum = _round_up(max(counts, default=0))

    def _y(self, count):
        return round(BOTTOM - (BOTTOM - TOP) * count / self._maximum, 1)

    def levels(self):
        """Return the labels of the y axis, as ``Tick``s."""
        counts = [self._maximum * quarter // 4 for quarter in range(5)]
        return [Tick(self._y(count), number(count)) for count in counts]


class LiveChart(_Chart):
    """The number of sessions over the last day.

    ``history`` is a sequence of pairs: a time in seconds since the epoch, and the number
    of sessions from that time on.  The last pair is the current number.
    """

    def __init__(self, history):
        self.now = history[-1][0]
        self.since = self.now - DAY
        # Ignore pairs in the future: the clock may have been set back.
        history = [pair for pair in history if pair[0] <= self.now]
        before = [pair for pair in history if pair[0] <= self.since]
        # The last of the earlier pairs holds at the left edge.
        after = [pair for pair in history if pair[0] > self.since]
        self._history = before[-1:] + after
        super().__init__([count for _, count in self._history])

    def _x(self, time):
        part = max(time - self.since, 0) / DAY
        return round(LEFT + (RIGHT - LEFT) * part, 1)

    def line(self):
        """Return the SVG path of the line, which has steps."""
        (time, count), *rest = self._history
        path = [f"M{self._x(time)} {self._y(count)}"]
        for time, count in rest:
            path.append(f"H{self._x(time)}V{self._y(count)}")
        return "".join(path)

    def area(self):
        """Return the SVG path of the area below the line."""
        first = self._x(self._history[0][0])
        return f"{self.line()}V{BOTTOM}H{first}Z"

    def hours(self):
        """Return the labels of the time axis, as ``Tick``s: hours before now."""
        return [
            Tick(self._x(self.now - ago * HOUR), f"{_MINUS if ago else ''}{ago}")
            for ago in range(24, -1, -_HOURS_BETWEEN_LABELS)
        ]

    def rows(self):
        """Return a pair for each hour: its time, and the number of sessions."""
        rows = []
        for ago in range(24, -1, -1):
            time = self.now - ago * HOUR
            counts = [count for since, count in self._history if since <= time]
            if counts:
                rows.append((time, counts[-1]))
        return rows


class BarChart(_Chart):
    """A bar chart; ``pairs`` are labels and counts."""

    def __init__(self, pairs):
        self.pairs = pairs
        super().__init__([count for _, count in pairs])

    def bars(self):
        """Return the ``Bar`` of each pair."""
        step = (RIGHT - LEFT) / max(len(self.pairs), 1)
        return [
            Bar(
                x=round(LEFT + step * (position + 0.15), 1),
                y=self._y(count),
                width=round(step * 0.7, 1),
                height=round(BOTTOM - self._y(count), 1),
                label=label,
                value=number(count),
            )
            for position, (label, count) in enumerate(self.pairs)
        ]
