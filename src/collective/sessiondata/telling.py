"""Statistics as JSON: the same numbers under the same names, whoever tells them."""

from datetime import datetime
from datetime import timezone


def iso(seconds):
    """Return seconds since the epoch as text (ISO 8601, UTC); None stays None."""
    if seconds is None:
        return None
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def told(statistics, whereabouts):
    """Return ``Statistics`` and ``Whereabouts`` as a dict of what JSON has."""
    present = statistics.live + statistics.expired
    return {
        "statistics": {
            "live": statistics.live,
            "anonymous": statistics.anonymous,
            "logged_in": statistics.logged_in,
            "expired": statistics.expired,
            "size_bytes": statistics.bytes,
            "created_per_minute": round(statistics.created_per_minute, 3),
            "created_last_hour": statistics.created_last_hour,
            "ended_last_hour": statistics.ended_last_hour,
            "created_total": statistics.created,
            # Of no sessions there is no median.
            "median_stay_seconds": round(statistics.stay, 1) if present else None,
            "idle": [
                {
                    "below_seconds": None if step == float("inf") else step,
                    "count": count,
                }
                for step, count in statistics.idle
            ],
            "history": [
                {"time": iso(time), "count": count}
                for time, count in statistics.history
            ],
            "swept": iso(statistics.swept),
            "swept_total": statistics.swept_in_all,
            "exact": statistics.exact,
        },
        "whereabouts": {
            "database": whereabouts.name,
            "storage": whereabouts.storage,
            "size_bytes": whereabouts.bytes,
            "alone": whereabouts.alone,
        },
    }
