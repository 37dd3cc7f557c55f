"""Rounds, medians and ratios: how peers are compared on a machine that is noisy.

Peers take turns.  Each round measures each peer once, so what slows the machine for
a while slows all of them; a ratio is taken within a round, before any median.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import gc

OURS = "collective.sessiondata"


@dataclass
class Measure:
    """One quantity of a case: what each peer needed of it, round by round."""

    name: str
    unit: str
    samples: dict[str, list[float]]

    @property
    def peers(self):
        return list(self.samples)

    def median(self, peer):
        return median(self.samples[peer])

    def spread(self, peer):
        """Return the lowest and the highest figure of all rounds."""
        return min(self.samples[peer]), max(self.samples[peer])

    def ratio(self, peer):
        """Return the median of our figure divided by the peer's.

        None where that says nothing: a peer needed none of it in some round, or all
        are ours.
        """
        if OURS not in self.samples:
            return None
        pairs = list(zip(self.samples[OURS], self.samples[peer], strict=True))
        if not all(theirs for ours, theirs in pairs):
            return None
        return median(ours / theirs for ours, theirs in pairs)


@contextmanager
def undisturbed():
    """Let the garbage collector run before what is measured, not meanwhile."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class Stopwatch:
    """The seconds spent in its ``with`` blocks."""

    seconds = 0.0

    def __enter__(self):
        self._start = perf_counter()

    def __exit__(self, *error):
        self.seconds += perf_counter() - self._start


def compare(peers, batch, units, rounds):
    """Return a ``Measure`` for each of ``units``: {name of the quantity: its unit}.

    ``peers`` are found by their names.  ``batch(peer)`` measures one of them once,
    and returns its figures: {name of the quantity: figure}.  It leaves out what a
    peer has not.  One round more comes first, for warming up, and is forgotten.
    """
    samples = {quantity: {} for quantity in units}
    names = list(peers)
    # What is set up by now stays: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    for number in range(rounds + 1):
        # Each peer comes after each other one as often as before it.
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            with undisturbed():
                figures = batch(peers[name])
            if number:
                for quantity, figure in figures.items():
                    samples[quantity].setdefault(name, []).append(figure)
    return [
        Measure(
            quantity,
            unit,
            {n: samples[quantity][n] for n in names if n in samples[quantity]},
        )
        for quantity, unit in units.items()
    ]
