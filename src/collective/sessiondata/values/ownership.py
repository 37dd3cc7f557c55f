"""Which Persistent objects were made for a session, and which only came into it.

A session may hold, directly or through its values, objects that belong to the
content of the site.  They are no part of the session, whoever refers to them: the
protection of content depends on that.  What counts as made for a session is what was
new when something of the session referred to it first.
"""

from .pickling import looked_through
from .pickling import pickled
from OFS.interfaces import IItem
from ZODB.utils import z64

import persistent


def _is_stored(value):
    """Was ``value`` committed before the present transaction?"""
    return (
        isinstance(value, persistent.Persistent)
        and value._p_jar is not None
        and value._p_serial != z64
    )


def _reached(values, enter, parts):
    """Return the objects that ``values`` lead to, by ``id()``.

    The search goes into an object only where ``enter`` returns True for it;
    ``parts`` returns the Persistent objects that one refers to.
    """
    reached = {}
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if id(value) not in reached and enter(value):
            reached[id(value)] = value
            waiting.extend(parts(value))
    return reached


def _parts(value):
    """Return to which Persistent objects ``value`` refers; none, if not loaded."""
    if value._p_changed is None and value._p_jar is not None:
        return []
    return looked_through(value.__getstate__())[1]


def _all_parts(value):
    """Return to which Persistent objects ``value`` refers; it is loaded for that."""
    value._p_activate()
    return _parts(value)


def _stored_parts(value):
    """Return to which Persistent objects ``value`` referred before this transaction."""
    if not _is_stored(value):
        return []
    if value._p_changed:
        return looked_through(value._p_jar.oldstate(value, value._p_serial))[1]
    return _all_parts(value)


def stored_below(persistents):
    """Return what was stored before among ``persistents`` and below the new of them.

    Raise an exception where a new object cannot be pickled.
    """
    stored = []

    def is_new(value):
        if isinstance(value, persistent.Persistent) and value._p_jar is None:
            return True
        stored.append(value)
        return False

    # With its class: that has to be importable.
    _reached(
        persistents, is_new, lambda new: pickled((type(new), new.__getstate__()))[1]
    )
    return stored


def size_of_records(values):
    """Return about how many bytes the records of Persistent ``values`` take."""
    return sum(
        (not value._p_changed and value._p_estimated_size)
        or looked_through(value.__getstate__())[0]
        for value in values
    )


def own_values(roots, jar, foreign, load=False):
    """Return what was made for a session, by ``id()``, and the oids of new foreign objects.

    ``roots`` are its Persistent objects that were made for it; ``jar`` is its
    connection, or None; ``foreign`` has the oids of objects that are known to belong to
    something else, although an object of the session refers to them. Foreign objects
    that were attached in this transaction are found by comparing with the stored state.
    With ``load`` the search loads objects to go through them.
    """
    parts = _all_parts if load else _parts

    def may_be_own(value):
        return (
            isinstance(value, persistent.Persistent)
            and value._p_jar in (None, jar)
            and value._p_oid not in foreign
            and not IItem.providedBy(value)
        )

    own = _reached(roots, may_be_own, parts)
    attached = set()
    for value in own.values():
        if _is_stored(value) and not value._p_changed:
            continue
        oids = {
            part._p_oid
            for part in filter(may_be_own, _parts(value))
            if _is_stored(part)
        }
        if oids:
            attached |= oids - {part._p_oid for part in _stored_parts(value)}
    if not attached:
        return own, frozenset()
    owned = _reached(filter(_is_stored, roots), may_be_own, _stored_parts)
    new_foreign = attached - {value._p_oid for value in owned.values()}
    if new_foreign:
        foreign = foreign | new_foreign
        own = _reached(roots, may_be_own, parts)
    return own, frozenset(new_foreign)


def is_any_changed(values, jar):
    """Return True if one of the Persistent ``values`` was changed in this transaction.

    ``jar`` is their connection, or None.
    """
    # A savepoint stores what was changed before it, and marks it as unchanged.
    stored = getattr(getattr(jar, "_savepoint_storage", None), "index", ())
    return any(
        value._p_changed or value._p_jar is None or value._p_oid in stored
        for value in values
    )


def is_clean(jar):
    """Return True if the connection ``jar`` has no changes in this transaction."""
    savepoint = getattr(getattr(jar, "_savepoint_storage", None), "index", ())
    return not (savepoint or getattr(jar, "_registered_objects", True))
