"""Which sites a command is about."""

from ..database.directory import all_places
from ..database.location import location_of
from ..interfaces import ISessionDataTool
from ..manager import SESSION_DATA_MANAGER
from ..storage.foreign import ForeignContainer
from .errors import DONE
from .errors import known
from .errors import Trouble
from .errors import WRONG_USAGE
from .errors import WrongUsage
from Acquisition import aq_base
from Acquisition import aq_chain
from Acquisition import aq_inner
from Acquisition import aq_parent
from contextlib import contextmanager
from transaction.interfaces import TransientError
from typing import NamedTuple
from ZODB.POSException import POSError
from zope.component.hooks import getSite
from zope.component.hooks import setSite
from zope.component.interfaces import ISite

import sys
import transaction

# Storages that no other process sees.
_IN_MEMORY = ("MappingStorage", "TemporaryStorage")

_INSTALL = "Install the add-on Session data in the site first: Site Setup, Add-ons."


class Site(NamedTuple):
    """A session data manager of ours, and the path of the site that it serves."""

    path: str
    manager: object

    def container(self, foreign=False):
        """Return the container with its sessions.

        Raise ``Trouble`` if it cannot be reached from here, or, unless ``foreign`` is
        true, if it is one of another product.
        """
        container = self.manager.container()
        if isinstance(container, ForeignContainer):
            if not foreign:
                raise Trouble(
                    f"The sessions of {self.path} are kept by another product, at "
                    f"{self.manager.getContainerPath()}: use its own tools."
                )
        elif location_of(container).storage in _IN_MEMORY:
            raise Trouble(
                f"The sessions of {self.path} are in the memory of the Zope process "
                "that serves it, and cannot be reached from here: use its management "
                f"interface, at {self.manager.getContainerPath()}."
            )
        return container


def _site(manager):
    path = manager.getPhysicalPath()
    if path[-1] == SESSION_DATA_MANAGER:
        path = path[:-1]
    return Site("/".join(path) or "/", manager)


def _at(app, path):
    """Return what is at ``path``, or None."""
    try:
        return app.unrestrictedTraverse(path)
    except (POSError, TransientError):
        # The database is the trouble, not the path.
        raise
    except Exception:
        return None


def _is_ours(manager):
    return ISessionDataTool.providedBy(manager)


def _manager_of(app, container):
    """Return the session data manager that uses ``container``; None: not known."""
    if container.home is None:
        return None
    database_name, path = container.home
    if database_name != app._p_jar.db().database_name:
        return None
    user = _at(app, path)
    if user is None or _is_ours(user):
        return user
    # A folder with a container in it, which somebody uses by its path.
    manager = getattr(user, SESSION_DATA_MANAGER, None)
    uses_it = _is_ours(manager) and aq_base(manager.present_container()) is container
    return manager if uses_it else None


def all_sites(app):
    """Return all sites below ``app``, the Zope root, that are known to have sessions."""
    db = app._p_jar.db()
    sites = {}
    for place, oid in all_places(db):
        if db.databases.get(place.database_name) is place:
            container = app._p_jar.get_connection(place.database_name).get(oid)
            manager = _manager_of(app, container)
            if manager is not None:
                site = _site(manager)
                sites[site.path] = site
    return [sites[path] for path in sorted(sites)]


def _site_at(app, path):
    """Return the site at ``path``; ``WrongUsage`` if there is none with sessions."""
    found = _at(app, path.strip("/"))
    if _is_ours(found):
        return _site(found)
    manager = getattr(found, SESSION_DATA_MANAGER, None)
    if _is_ours(manager):
        site = _site(manager)
        if aq_base(aq_parent(aq_inner(manager))) is aq_base(found):
            return site
        hint = f"It uses the sessions of {site.path}."
    else:
        others = [site.path for site in all_sites(app)]
        hint = f"These have one: {', '.join(others)}." if others else _INSTALL
    raise WrongUsage(
        f"{path!r} has no session data manager of collective.sessiondata. {hint}"
    )


def chosen(app, paths):
    """Return the sites at ``paths``, or all if there is no path.

    Raise ``Trouble`` if there is no such site.
    """
    if paths:
        sites = {site.path: site for site in (_site_at(app, path) for path in paths)}
        return list(sites.values())
    sites = all_sites(app)
    if not sites:
        raise Trouble(f"No site here has sessions. {_INSTALL}")
    return sites


def named(app, paths):
    """Return the sites at ``paths``; without a path the only one there is.

    Raise ``Trouble`` if there is none, or if it has to be said which is meant.
    """
    sites = chosen(app, paths)
    if len(sites) > 1 and not paths:
        raise WrongUsage(f"Say which site: {', '.join(site.path for site in sites)}.")
    return sites


@contextmanager
def _inside(site):
    before = getSite()
    sites = (part for part in aq_chain(site.manager) if ISite.providedBy(part))
    setSite(next(sites, None))
    try:
        yield
    finally:
        setSite(before)


def for_each(sites, work):
    """Call ``work(site)`` inside of each site; return the largest exit code.

    What goes wrong in one of several is told, and the others come all the same.
    """
    code = DONE
    for site in sites:
        try:
            with _inside(site):
                code = max(code, work(site) or DONE)
        except Exception as error:
            trouble = known(error)
            if len(sites) == 1 or trouble is None or trouble.code == WRONG_USAGE:
                raise
            transaction.abort()
            print(f"{site.path}: {trouble}", file=sys.stderr)
            code = max(code, trouble.code)
    return code
