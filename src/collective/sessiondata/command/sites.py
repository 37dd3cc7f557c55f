"""Find the sites that a command works on."""

from ..database.directory import all_places
from ..database.location import location_of
from ..interfaces import ISessionDataTool
from ..interfaces import ITransientObjectContainer
from ..manager import SESSION_DATA_MANAGER
from .errors import CommandError
from .errors import DONE
from .errors import explain
from .errors import UsageError
from .errors import WRONG_USAGE
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

# Storages that other processes cannot read.
_IN_MEMORY = ("MappingStorage", "TemporaryStorage")

_INSTALL = "Install the add-on Session data in the site first: Site Setup, Add-ons."


class Site(NamedTuple):
    """A session data manager, and the path of the site that it serves."""

    path: str
    manager: object

    def container(self, foreign=False):
        """Return the container with the sessions of the site.

        Raise ``CommandError`` if this process cannot read it, or, unless ``foreign``
        is true, if it is a container of another product.
        """
        container = self.manager.container()
        if not ITransientObjectContainer.providedBy(container):
            if not foreign:
                raise CommandError(
                    f"The sessions of {self.path} are kept by another product, at "
                    f"{self.manager.getContainerPath()}: use its own tools."
                )
        elif location_of(container).storage in _IN_MEMORY:
            raise CommandError(
                f"The sessions of {self.path} are in the memory of the Zope process "
                "that serves it, and cannot be reached from here: use its management "
                f"interface, at {self.manager.getContainerPath()}."
            )
        return container


def _site_of(manager):
    path = manager.getPhysicalPath()
    if path[-1] == SESSION_DATA_MANAGER:
        path = path[:-1]
    return Site("/".join(path) or "/", manager)


def _traverse(app, path):
    """Return the object at ``path``, or None."""
    try:
        return app.unrestrictedTraverse(path)
    except (POSError, TransientError):
        # An error of the database does not mean that the path is wrong.
        raise
    except Exception:
        return None


def _is_session_data_manager(candidate):
    return ISessionDataTool.providedBy(candidate)


def _manager_of(app, container):
    """Return the session data manager that uses ``container``, or None."""
    if container.home is None:
        return None
    database_name, path = container.home
    if database_name != app._p_jar.db().database_name:
        return None
    home = _traverse(app, path)
    if home is None or _is_session_data_manager(home):
        return home
    # The container is in a folder, and a manager may use it by its path.
    manager = getattr(home, SESSION_DATA_MANAGER, None)
    uses_it = (
        _is_session_data_manager(manager)
        and aq_base(manager.present_container()) is container
    )
    return manager if uses_it else None


def all_sites(app):
    """Return all sites with sessions below ``app``, the Zope root, by path."""
    db = app._p_jar.db()
    sites = {}
    for place, oid in all_places(db):
        if db.databases.get(place.database_name) is place:
            container = app._p_jar.get_connection(place.database_name).get(oid)
            manager = _manager_of(app, container)
            if manager is not None:
                site = _site_of(manager)
                sites[site.path] = site
    return [sites[path] for path in sorted(sites)]


def _site_at(app, path):
    """Return the site at ``path``; raise ``UsageError`` if it has no sessions."""
    found = _traverse(app, path.strip("/"))
    if _is_session_data_manager(found):
        return _site_of(found)
    manager = getattr(found, SESSION_DATA_MANAGER, None)
    if _is_session_data_manager(manager):
        site = _site_of(manager)
        if aq_base(aq_parent(aq_inner(manager))) is aq_base(found):
            return site
        hint = f"It uses the sessions of {site.path}."
    else:
        others = [site.path for site in all_sites(app)]
        hint = f"These have one: {', '.join(others)}." if others else _INSTALL
    raise UsageError(
        f"{path!r} has no session data manager of collective.sessiondata. {hint}"
    )


def find_sites(app, paths):
    """Return the sites at ``paths``, or all sites if ``paths`` is empty.

    Raise ``CommandError`` if there is no such site.
    """
    if paths:
        sites = {site.path: site for site in (_site_at(app, path) for path in paths)}
        return list(sites.values())
    sites = all_sites(app)
    if not sites:
        raise CommandError(f"No site here has sessions. {_INSTALL}")
    return sites


def find_named_sites(app, paths):
    """Return the sites at ``paths``, or the only site if ``paths`` is empty.

    Raise ``CommandError`` if there is no site, and ``UsageError`` if ``paths`` is
    empty and there are several.
    """
    sites = find_sites(app, paths)
    if len(sites) > 1 and not paths:
        raise UsageError(f"Say which site: {', '.join(site.path for site in sites)}.")
    return sites


@contextmanager
def _site_hook(site):
    """Make the Plone site of ``site`` the current site of zope.component."""
    before = getSite()
    sites = (part for part in aq_chain(site.manager) if ISite.providedBy(part))
    setSite(next(sites, None))
    try:
        yield
    finally:
        setSite(before)


def for_each(sites, work):
    """Call ``work(site)`` for each site; return the largest exit code.

    If one of several sites fails, print the error and continue with the next.
    """
    code = DONE
    for site in sites:
        try:
            with _site_hook(site):
                code = max(code, work(site) or DONE)
        except Exception as error:
            explained = explain(error)
            if len(sites) == 1 or explained is None or explained.code == WRONG_USAGE:
                raise
            transaction.abort()
            print(f"{site.path}: {explained}", file=sys.stderr)
            code = max(code, explained.code)
    return code
