"""What several folders here need: an HTTP client, servers, engines, a disk, a proxy."""

from pathlib import Path

CHECKOUT = Path(__file__).parents[2]

# For databases that are measured: temporary files of the system may be in memory.
DATABASES = CHECKOUT / "var"
