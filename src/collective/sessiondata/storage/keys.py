"""Keys of sessions: what a container stores of them, and what identifies a session.

A container knows a key only while it is asked for it: it stores the digest of the key.
"""

from hashlib import blake2b

import re

# The fewest digits of a handle that are searched for: in a million sessions two handles
# hardly ever begin with the same eight.
HANDLE_DIGITS = 8

_is_handle_prefix = re.compile(f"[0-9a-f]{{{HANDLE_DIGITS},}}").fullmatch


class Handle(str):
    """Identifies a session in lists. Cannot be used as a browser id."""


def digest_of(key):
    """Return the digest of ``key``, a string: 16 bytes.

    Raises ``TypeError`` if ``key`` is not a string.
    """
    if type(key) is Handle:
        return bytes.fromhex(key)
    try:
        data = key.encode("utf-8", "surrogatepass")
    except AttributeError:
        raise TypeError(
            "A session is found by a string, its browser id; "
            f"this is a {type(key).__name__}."
        ) from None
    # BLAKE2 (RFC 7693), 128 bits: the keys are random, so no salt is needed.
    return blake2b(data, digest_size=16).digest()


def owner_digest(user_id, digest=b""):
    """Return the index key of a user's session, or the prefix of all of them.

    That is the prefix, eight bytes, if ``digest``, that of the session, is left out.
    """
    data = user_id.encode("utf-8", "surrogatepass")
    return blake2b(data, digest_size=8).digest() + digest[:8]


def handle_prefix(text):
    """Return the first four bytes of the handles that begin with ``text``.

    Raises ``ValueError`` unless ``text`` is eight or more hexadecimal digits.
    """
    if not _is_handle_prefix(text):
        raise ValueError(
            f"A handle is told by {HANDLE_DIGITS} or more of its digits, 0-9 and "
            f"a-f; {text!r} is not that."
        )
    return bytes.fromhex(text[:HANDLE_DIGITS])
