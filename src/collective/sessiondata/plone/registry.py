"""Keeps the records in Plone's registry in step with the settings of the tools.

What counts while visitors wait are the attributes of the tools and the container: a
look into the registry would cost more than a whole session.  So a record that changes
is taken over by them, and what is set of them, in the management interface or by code,
is written into the records.
"""

from .. import sitesettings
from ..interfaces import ISessionDataTool
from ..manager import SESSION_DATA_MANAGER
from .settings import PREFIX
from Acquisition import aq_base
from Acquisition import aq_inner
from Acquisition import aq_parent
from Products.Sessions.interfaces import BrowserIdManagerErr
from zope.component.hooks import getSite
from zope.schema.interfaces import ValidationError

import logging
import transaction

logger = logging.getLogger("collective.sessiondata")

_waiting = object()


def _tool():
    """Return the session data manager of the present site, or None."""
    tool = getattr(getSite(), SESSION_DATA_MANAGER, None)
    return tool if ISessionDataTool.providedBy(tool) else None


def _records(manager):
    """Return the records of the site of ``manager``, by the names of the settings."""
    site = aq_parent(aq_inner(manager))
    registry = getattr(aq_base(site), "portal_registry", None)
    if registry is None:
        return {}
    names = {name: f"{PREFIX}.{name}" for name in sitesettings.SETTINGS}
    return {
        name: registry.records[record]
        for name, record in names.items()
        if record in registry.records
    }


def _waiting_names():
    """Return which records the tools could not take over yet, in this transaction."""
    present = transaction.get()
    try:
        return present.data(_waiting)
    except KeyError:
        names = set()
        present.set_data(_waiting, names)
        return names


def record_changed(settings, event):
    """Let the tools take over a record.

    What they cannot take, as it is or together with others, waits for more to be
    changed; at the commit it is an error.
    """
    tool = _tool()
    if tool is None:
        return
    waiting = _waiting_names()
    if not waiting:
        transaction.get().addBeforeCommitHook(_take_over_the_rest, (tool,))
    name = event.record.fieldName
    waiting.add(name)
    part = sitesettings.SETTINGS[name].part
    names = {name for name in waiting if sitesettings.SETTINGS[name].part == part}
    try:
        _take_over(tool, names)
    except (ValueError, BrowserIdManagerErr):
        return
    waiting -= names


def _take_over_the_rest(tool):
    waiting = _waiting_names()
    _take_over(tool, waiting)
    waiting.clear()


def _take_over(tool, names):
    """Set what the records ``names`` say."""
    records = _records(tool)
    present = sitesettings.read(tool)
    values = {
        name: records[name].value
        for name in names
        if name in records and name in present
    }
    changed = {name: it for name, it in values.items() if it != present[name]}
    if changed:
        sitesettings.change(tool, changed)


def tool_changed(part, event):
    """Write into the records what was set of a part of the present site's sessions."""
    tool = _tool()
    if tool is not None and sitesettings.has(tool, part):
        write_records(tool)


def write_records(tool):
    """Write the settings of ``tool`` into the records of its site."""
    waiting = _waiting_names()
    records = _records(tool)
    for name, value in sitesettings.read(tool).items():
        if name in records and name not in waiting and records[name].value != value:
            try:
                records[name].value = value
            except ValidationError as error:
                logger.warning(
                    "%s is set to %r, which Plone's registry cannot have: %s(%s)",
                    name,
                    value,
                    type(error).__name__,
                    error,
                )


def container_created(container, event):
    """Set of a new container what the records of its site say."""
    names = {
        name
        for name in _records(event.manager)
        if sitesettings.SETTINGS[name].part == "container"
    }
    if names:
        _take_over(event.manager, names)
