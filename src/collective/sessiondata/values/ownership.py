"""Which Persistent objects belong to a session, and which it only refers to.

A session can refer, directly or through its values, to objects that belong to the content
of the site. Those are foreign: plone.protect has to protect them although a session refers
to them. An object belongs to a session if it was new when an object of the session first
referred to it.
"""

from .pickling import pickled
from .pickling import scan
from OFS.interfaces import IItem
from ZODB.utils import z64

import persistent


def _is_stored(value):
    """Return True if ``value`` was committed before the present transaction."""
    return (
        isinstance(value, persistent.Persistent)
        and value._p_jar is not None
        and value._p_serial != z64
    )


def _reached(values, enter, parts):
    """Return the objects that are reached from ``values``, by ``id()``.

    The search includes an object if ``enter`` returns True for it; ``parts`` returns the
    Persistent objects to which an object refers.
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
    """Return the Persistent objects to which ``value`` refers; none of a ghost."""
    if value._p_changed is None and value._p_jar is not None:
        return []
    return scan(value.__getstate__())[1]


def _all_parts(value):
    """Load ``value``, and return the Persistent objects to which it refers."""
    value._p_activate()
    return _parts(value)


def _stored_parts(value):
    """Return the Persistent objects to which the stored ``value`` refers."""
    if not _is_stored(value):
        return []
    if value._p_changed:
        return scan(value._p_jar.oldstate(value, value._p_serial))[1]
    return _all_parts(value)


def stored_below(persistents):
    """Return the stored objects among ``persistents`` and below the new ones of them.

    Raises an exception if a new object cannot be pickled.
    """
    stored = []

    def is_new(value):
        if isinstance(value, persistent.Persistent) and value._p_jar is None:
            return True
        stored.append(value)
        return False

    # Pickle the class along: it has to be importable.
    _reached(
        persistents, is_new, lambda new: pickled((type(new), new.__getstate__()))[1]
    )
    return stored


def size_of_records(values):
    """Return the approximate size of the records of Persistent ``values``, in bytes."""
    return sum(
        (not value._p_changed and value._p_estimated_size)
        or scan(value.__getstate__())[0]
        for value in values
    )


def own_values(roots, jar, foreign, load=False):
    """Return the objects of a session, by ``id()``, and the oids of new foreign objects.

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
