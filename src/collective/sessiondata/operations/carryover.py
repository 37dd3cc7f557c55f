"""Carries over the active sessions of another product."""

from .. import clock
from ..http.ids import STOCK_COOKIE
from ..interfaces import ITransientObjectContainer
from ..values.copying import copied
from Acquisition import aq_base
from Products.Sessions.interfaces import SessionDataManagerErr
from typing import NamedTuple


class CarriedOver(NamedTuple):
    """The result of ``carry_over``."""

    #: The number of sessions that were carried over.
    carried: int

    #: Messages about the sessions that stay in the former container.
    problems: list[str]


def carry_over(manager, path, cookie_name=STOCK_COOKIE, watched=iter):
    """Move the active sessions of the container at ``path`` to that of ``manager``.

    Browsers find them by their present cookie ``cookie_name`` until the sessions end.
    ``watched`` is called with the sessions and returns an iterable of them, to show
    progress. Returns ``CarriedOver``. Raises ``SessionDataManagerErr`` if there is no
    container at the path, it cannot list its sessions, or the container of ``manager`` is
    one of another product.
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
    if not ITransientObjectContainer.providedBy(container) or aq_base(
        container
    ) is aq_base(former):
        raise SessionDataManagerErr(
            f"The container of {'/'.join(manager.getPhysicalPath())} is that of "
            "another product, or the same; give the manager one of its own first."
        )
    life = container.store.shortest_life()
    until = float("inf") if life is None else clock.now() + life
    ids = manager.browser_ids().accept_former_ids(cookie_name, until)
    carried = 0
    problems = []
    for key, session in watched(former.items()):
        try:
            data = {k: _copied(v, session) for k, v in session.items()}
            new = container.prepare(ids.new_id(key))
            # The other product stores empty sessions for visitors who only read.
            times = session.getCreated(), session.getLastAccessed()
            if data and container.store.is_in_time(*times, clock.now()):
                aq_base(new).carry_over(data, *times)
                carried += 1
        except Exception as error:
            problems.append(f"{type(error).__name__}: {error}")
        else:
            del former[key]
    return CarriedOver(carried, problems)


def _copied(value, session):
    """Return a copy of ``value`` without objects of the database of ``session``.

    Objects that are stored elsewhere, such as content, are referred to as before.
    """
    copy, _elsewhere = copied(value, lambda obj: obj._p_jar in (None, session._p_jar))
    return copy
