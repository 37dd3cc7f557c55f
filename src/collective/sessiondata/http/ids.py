"""Browser ids: their form, and the ids of other products."""

from .. import clock
from ..publication import unpublished
from base64 import urlsafe_b64encode
from hashlib import blake2b
from typing import NamedTuple

import re
import secrets

# 192 bits: 32 characters that need no quoting anywhere.
ID_BYTES = 24
is_well_formed = re.compile(r"[A-Za-z0-9_-]{32}").fullmatch

# The cookie of Zope's own browser id manager.
STOCK_COOKIE = "_ZopeId"


def new_id():
    """Return a new random browser id."""
    return secrets.token_urlsafe(ID_BYTES)


@unpublished
class FormerIds(NamedTuple):
    """Maps the ids in a cookie of another product to browser ids of ours.

    Without ``secret`` the browser id of a former id cannot be computed. So a former id that
    was logged finds no session once it is not accepted any more.
    """

    cookie_name: str
    secret: bytes

    #: When they are not accepted any more, in seconds since the epoch.
    until: float

    def new_id(self, former_id):
        """Return the browser id for ``former_id``."""
        # BLAKE2 with a key (RFC 7693): 192 bits, as 32 characters.
        digest = blake2b(
            former_id.encode("utf-8", "surrogatepass"),
            digest_size=ID_BYTES,
            key=self.secret,
        )
        return urlsafe_b64encode(digest.digest()).decode()

    def added_to(self, former_ids):
        """Return the tuple ``former_ids`` with these instead of those of the same cookie.

        They are accepted as long as those were.
        """
        others = [ids for ids in former_ids if ids.cookie_name != self.cookie_name]
        same = [ids.until for ids in former_ids if ids.cookie_name == self.cookie_name]
        return (*others, self._replace(until=max([self.until, *same])))

    def id_of(self, request):
        """Return the browser id for the cookie in ``request``, or None."""
        former_id = request.cookies.get(self.cookie_name)
        if not isinstance(former_id, str) or clock.now() > self.until:
            return None
        return self.new_id(former_id)
