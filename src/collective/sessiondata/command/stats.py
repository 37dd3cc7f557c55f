"""``sessions stats``: print how many sessions a site has, their sizes and durations."""

from .. import clock
from ..database.location import location_of
from ..storage.statistics import SAMPLE
from ..units import format_size
from ..units import iso
from .output import count
from .output import duration
from .output import print_json
from .output import print_pairs
from .parser import add_command
from .parser import add_json
from .parser import add_sites
from .sites import find_sites
from .sites import for_each


def add(commands):
    """Add the command to the subparsers ``commands``."""
    parser = add_command(
        commands,
        "stats",
        _run,
        "print how many sessions there are, and how large",
        "Print how many sessions there are, how large they are, how long they last and "
        "where\nthey are kept. Does not write, and does not update access times.",
        ("stats", "stats Plone", "stats --json"),
    )
    add_sites(parser, "all sites")
    add_json(parser)


def _run(app, options):
    convert, print_all = (
        (_for_programs, print_json) if options.json else (_for_people, print_pairs)
    )
    results = {}

    def collect(site):
        container = site.container()
        results[site.path] = convert(
            container.statistics(), location_of(container), container.limit
        )

    code = for_each(find_sites(app, options.sites), collect)
    print_all(results)
    return code


def _for_programs(statistics, location, limit):
    """Return the numbers as a dict for JSON."""
    return {
        "statistics": statistics.as_dict(),
        "location": location.as_dict(),
        "limit": limit or None,
    }


def _for_people(statistics, location, limit):
    """Return the numbers as pairs of texts."""
    about = "" if statistics.exact else "about "
    maximum = f" (maximum {limit:,})" if limit else ""
    pairs = [
        ("Active", f"{about}{statistics.live:,}{maximum}"),
        ("  anonymous", f"{about}{statistics.anonymous:,}"),
        ("  logged in", f"{about}{statistics.logged_in:,}"),
        ("Expired, not yet removed", f"{about}{statistics.expired:,}"),
        ("Size of the data", f"{about}{format_size(statistics.bytes)}"),
        (
            "In the last hour",
            f"{statistics.created_last_hour:,} created, "
            f"{statistics.ended_last_hour:,} ended",
        ),
        ("Created in total", f"{statistics.created:,}"),
    ]
    if statistics.live + statistics.expired:
        pairs.append(
            (
                "Median duration",
                f"{about}{duration(statistics.stay)}, from the first to the last access",
            )
        )
        pairs += _idle_times(statistics, about)
    pairs += [
        ("Database", _database(location)),
        ("Last sweep", _last_sweep(statistics)),
    ]
    if not statistics.exact:
        pairs.append(
            (
                "",
                f'"about": estimated from a sample of {count(SAMPLE, "session")}.',
            )
        )
    return pairs


def _idle_times(statistics, about):
    """Return pairs of an idle time and the number of sessions, without zeros."""
    pairs = []
    lower = 0
    for upper, number in statistics.idle:
        if upper == float("inf"):
            name = f"{duration(lower)} or more"
        elif lower:
            name = f"{duration(lower)} to {duration(upper)}"
        else:
            name = f"less than {duration(upper)}"
        if number:
            pairs.append((f"  {name}", f"{about}{number:,}"))
        lower = upper
    return [("Active, by idle time", ""), *pairs] if pairs else []


def _database(location):
    use = "for sessions only" if location.dedicated else "with the content of the site"
    size = format_size(location.bytes)
    return f"{location.name} ({location.storage}, {size}), {use}"


def _last_sweep(statistics):
    if statistics.swept is None:
        return "none yet"
    ago = duration(max(clock.now() - statistics.swept, 0))
    return (
        f"{iso(statistics.swept)} ({ago} ago); "
        f"{count(statistics.swept_in_all, 'session')} removed in total"
    )
