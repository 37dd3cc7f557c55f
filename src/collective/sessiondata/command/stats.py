"""``sessions stats``: how many sessions there are, how large, and how long they last."""

from .. import clock
from ..database.location import location_of
from ..storage.statistics import SAMPLE
from ..units import iso
from . import parser as parsing
from .output import count
from .output import duration
from .output import print_json
from .output import print_pairs
from .output import size
from .sites import chosen
from .sites import for_each


def add(commands):
    """Add the command to the subparsers ``commands``."""
    parser = parsing.add_command(
        commands,
        "stats",
        _run,
        "tell how many sessions there are, and how large",
        "Tell how many sessions there are, how large they are, how long visitors stay "
        "and\nwhere the sessions are kept. That is no access of a session, and writes "
        "nothing.",
        ("stats", "stats Plone", "stats --json"),
    )
    parsing.add_sites(parser, "all sites")
    parsing.add_json(parser)


def _run(app, options):
    told = {}

    def tell(site):
        container = site.container()
        told[site.path] = worded(
            container.statistics(), location_of(container), container.limit
        )

    worded = _for_programs if options.json else _for_people
    code = for_each(chosen(app, options.sites), tell)
    (print_json if options.json else print_pairs)(told)
    return code


def _for_programs(statistics, place, limit):
    """Return what is known as a dict of what JSON has."""
    return {
        "statistics": statistics.as_dict(),
        "location": place.as_dict(),
        "limit": limit or None,
    }


def _for_people(statistics, place, limit):
    """Return what is known as pairs of texts."""
    about = "" if statistics.exact else "about "
    most = f" ({limit:,} at most)" if limit else ""
    pairs = [
        ("Live", f"{about}{statistics.live:,}{most}"),
        ("  anonymous", f"{about}{statistics.anonymous:,}"),
        ("  logged in", f"{about}{statistics.logged_in:,}"),
        ("Expired, to be removed", f"{about}{statistics.expired:,}"),
        ("Size of the data", f"{about}{size(statistics.bytes)}"),
        (
            "In the last hour",
            f"{statistics.created_last_hour:,} created, "
            f"{statistics.ended_last_hour:,} ended",
        ),
        ("Created in all", f"{statistics.created:,}"),
    ]
    if statistics.live + statistics.expired:
        pairs.append(
            (
                "Median stay",
                f"{about}{duration(statistics.stay)}, from the first to the last access",
            )
        )
        pairs += _idle(statistics, about)
    pairs += [
        ("Database", _database(place)),
        ("Last sweep", _sweep(statistics)),
    ]
    if not statistics.exact:
        pairs.append(
            ("", f'What is "about" is estimated from {count(SAMPLE, "session")}.')
        )
    return pairs


def _idle(statistics, about):
    """Return pairs of idle times and numbers, as far as there are any."""
    pairs = []
    least = 0
    for step, number in statistics.idle:
        if step == float("inf"):
            name = f"{duration(least)} or more"
        elif least:
            name = f"{duration(least)} to {duration(step)}"
        else:
            name = f"less than {duration(step)}"
        if number:
            pairs.append((f"  {name}", f"{about}{number:,}"))
        least = step
    return [("Live, by idle time", ""), *pairs] if pairs else []


def _database(place):
    use = "for sessions alone" if place.dedicated else "with the content of the site"
    return f"{place.name} ({place.storage}, {size(place.bytes)}), {use}"


def _sweep(statistics):
    if statistics.swept is None:
        return "none yet"
    ago = duration(max(clock.now() - statistics.swept, 0))
    return (
        f"{iso(statistics.swept)} ({ago} ago); all have removed "
        f"{count(statistics.swept_in_all, 'session')}"
    )
