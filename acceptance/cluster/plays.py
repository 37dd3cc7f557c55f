"""A fault that is played while browsers are at work, and its results."""

from .load import Load
from dataclasses import dataclass
from dataclasses import field

import sys
import time
import traceback

# Seconds: until all browsers have a session; until all is as before, by itself; and for
# how long it is watched then.
READY = 30
RECOVERY = 30
AFTERWARDS = 3

COLUMNS = (
    ("fault", "<42"),
    ("engine", "<10"),
    ("requests", ">8"),
    ("acknowledged", ">12"),
    ("lost", ">4"),
    ("wrong", ">5"),
    ("twice", ">5"),
    ("errors", ">6"),
    ("5xx without session", ">19"),
    ("slowest of these, s", ">19"),
    ("s to recovery", ">13"),
)


@dataclass
class Play:
    """What happened to whom while a fault was played."""

    fault: str
    engine: str
    requests: int = 0
    acknowledged: int = 0
    lost: int = 0
    wrong: int = 0
    twice: int = 0
    errors: int = 0
    plain_errors: int = 0
    slowest_plain: float = 0
    seconds: float | None = None

    # All broken promises, in words.
    complaints: list = field(default_factory=list)

    @property
    def passed(self):
        return not self.complaints

    def row(self):
        seconds = "never" if self.seconds is None else f"{self.seconds:.1f}"
        return (
            self.fault,
            self.engine,
            self.requests,
            self.acknowledged,
            self.lost,
            self.wrong,
            self.twice,
            self.errors,
            self.plain_errors,
            f"{self.slowest_plain:.1f}",
            seconds,
        )


def table(plays):
    """Return the rows of ``plays``, for the terminal."""
    rows = [[title for title, _ in COLUMNS], *(play.row() for play in plays)]
    return "\n".join(
        "  ".join(f"{cell:{layout}}" for cell, (_, layout) in zip(row, COLUMNS))
        for row in rows
    )


def played(fault, cluster):
    """Play ``fault`` on ``cluster``, and print what came of it; return the ``Play``."""
    play = Play(fault.title, cluster.engine.name)
    load = Load(cluster.zopes)
    load.start()
    try:
        if load.recovered_after(time.monotonic(), READY) is None:
            play.complaints.append("Not all browsers could begin")
        fault.play(cluster)
        play.seconds = load.recovered_after(time.monotonic(), RECOVERY)
        time.sleep(AFTERWARDS)
    except Exception:
        play.complaints.append(traceback.format_exc(limit=-3))
    finally:
        load.stop()
    load.check()
    judge(play, load)
    look_inside(play, cluster)
    print(table([play]).splitlines()[1], flush=True)
    for complaint in play.complaints:
        print("    FAILED:", complaint)
    for error, count in load.errors.most_common(5):
        print(f"    {count} times {error}")
    sys.stdout.flush()
    return play


def judge(play, load):
    """Compare the results of ``load`` with the promises."""
    play.requests = load.counts["requests"]
    play.acknowledged = load.counts["acknowledged"]
    play.errors = load.counts["errors"]
    play.plain_errors = load.counts["plain errors"]
    play.slowest_plain = load.slowest_plain
    play.twice = load.twice
    play.lost, play.wrong = load.lost, len(load.wrong)
    if play.lost:
        play.complaints.append(f"{play.lost} acknowledged changes are lost")
    play.complaints += load.wrong[:3]
    if play.plain_errors:
        play.complaints.append("Requests that touch no session have failed")
    if play.seconds is None:
        play.complaints.append(f"No recovery within {RECOVERY} s")


def look_inside(play, cluster):
    """See whether both Zopes still look after their sessions."""
    for zope, inside in zip(cluster.zopes, cluster.inside()):
        if not inside["alive"]:
            play.complaints.append(f"The housekeeper of Zope {zope.name} is dead")
