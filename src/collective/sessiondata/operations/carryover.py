"""Moves the live sessions of another product here."""

from .. import clock
from ..http.ids import STOCK_COOKIE
from ..storage.foreign import ForeignContainer
from ..values.pickling import copied
from Acquisition import aq_base
from Products.Sessions.interfaces import SessionDataManagerErr
from typing import NamedTuple


class CarriedOver(NamedTuple):
    """What ``carry_over`` has done."""

    #: The number of sessions that are here now.
    carried: int

    #: What is wrong with those that stay where they are.
    problems: list[str]


def carry_over(manager, path, cookie_name=STOCK_COOKIE, watched=iter):
    """Move the live sessions of the container at ``path`` to that of ``manager``.

    Browsers find them by the cookie ``cookie_name`` that they have, as long as those
    sessions live.  ``watched`` is given them, to be gone through: so it can tell how far
    it is.  Return ``CarriedOver``.  Raise ``SessionDataManagerErr`` if there is no
    container whose sessions can be listed, or ``manager`` has none of ours.
    """
    former = manager.unrestrictedTraverse(path, None)
    if not path or getattr(aq_base(former), "new_or_existing", None) is None:
        raise SessionDataManagerErr(
            f"There is no session data container at {path!r}. Give the path of the one "
            "whose sessions are wanted, as /temp_folder/session_data."
        )
    if not callable(getattr(aq_base(former), "items", None)):
        raise SessionDataManagerErr(
            f"A {type(aq_base(former)).__name__} cannot list its sessions, so they "
            "cannot be carried over. Let the session data manager use that container, "
            "by its path; or let visitors begin anew."
        )
    container = manager.container()
    if isinstance(container, ForeignContainer) or aq_base(container) is aq_base(former):
        raise SessionDataManagerErr(
            f"The container of {'/'.join(manager.getPhysicalPath())} is that of "
            "another product, or the same; give the manager one of its own first."
        )
    life = container._shortest_life()
    until = float("inf") if life is None else clock.now() + life
    ids = manager._browser_ids().acceptFormerIds(cookie_name, until)
    carried = 0
    problems = []
    for key, session in watched(former.items()):
        try:
            data = {k: _copied(v, session) for k, v in session.items()}
            new = container.prepare(ids.new_id(key))
            # Without data they were made for whoever only looked.
            times = session.getCreated(), session.getLastAccessed()
            if data and container._is_in_time(*times, clock.now()):
                aq_base(new).take_over(data, *times)
                carried += 1
        except Exception as error:
            problems.append(f"{type(error).__name__}: {error}")
        else:
            del former[key]
    return CarriedOver(carried, problems)


def _copied(value, session):
    """Return a copy of ``value`` that has nothing to do with the old database.

    What is stored elsewhere, as content is, stays what it is: it is referred to.
    """
    copy, _elsewhere = copied(value, lambda obj: obj._p_jar in (None, session._p_jar))
    return copy
