"""Browser ids: their form, and the ids of other products."""

from .. import clock
from ..publication import unpublished
from base64 import urlsafe_b64encode
from hashlib import blake2b
from typing import NamedTuple

import re
import secrets

# 192 bits, as 32 characters that need no quoting anywhere.
ID_BYTES = 24
is_well_formed = re.compile(r"[A-Za-z0-9_-]{32}").fullmatch


def new_id():
    """Return a new random browser id."""
    return secrets.token_urlsafe(ID_BYTES)


# The cookie of Zope's own browser id manager.
STOCK_COOKIE = "_ZopeId"


@unpublished
class FormerIds(NamedTuple):
    """Leads browsers that have an id of another product to their sessions.

    Each former id stands for a new one, which nobody can tell without ``secret``.
    So one that was seen in a log leads nowhere once it is not accepted any more.
    """

    cookie_name: str
    secret: bytes

    #: Until when they are accepted, in seconds since the epoch.
    until: float

    def new_id(self, former_id):
        """Return the browser id for ``former_id``."""
        # BLAKE2 with a key (RFC 7693): 192 bits, as 32 characters.
        digest = blake2b(
            former_id.encode("utf-8", "surrogatepass"), digest_size=24, key=self.secret
        )
        return urlsafe_b64encode(digest.digest()).decode()

    def id_of(self, request):
        """Return the browser id that the cookie in ``request`` stands for, or None."""
        former_id = request.cookies.get(self.cookie_name)
        if not isinstance(former_id, str) or clock.now() > self.until:
            return None
        return self.new_id(former_id)
