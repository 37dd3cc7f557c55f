"""Keeps the records in Plone's registry in step with the settings of the tools.

Requests read only the attributes of the tools and the container, because reading the
registry would take longer than reading a session. Therefore a changed record changes the
attribute, and a changed attribute, in the management interface or by code, changes the
record.
"""

from ..interfaces import ISessionDataTool
from ..manager import SESSION_DATA_MANAGER
from ..settings.site import change_settings
from ..settings.site import is_part
from ..settings.site import read_settings
from ..settings.site import SETTINGS
from .schema import PREFIX
from Acquisition import aq_base
from Acquisition import aq_inner
from Acquisition import aq_parent
from zope.component.hooks import getSite
from zope.schema.interfaces import ValidationError

import logging
import transaction

logger = logging.getLogger("collective.sessiondata")

_notes = object()


def _tool():
    """Return the session data manager of the current site, or None."""
    return _tool_in(getSite())


def _tool_in(site):
    tool = getattr(site, SESSION_DATA_MANAGER, None)
    return tool if ISessionDataTool.providedBy(tool) else None


def _tool_of(record):
    """Return the session data manager in the site of ``record``, or None."""
    # A registry has no reference to its site.
    site = getSite()
    own = getattr(aq_base(site), "portal_registry", None)
    if own is not None and aq_base(own) is aq_base(record.__parent__):
        return _tool_in(site)
    logger.warning(
        "%s was changed in the registry of another site than the current one, which is "
        "%r. The sessions of that site do not use the new value. Call setSite(site) "
        "first, and set it again.",
        record.__name__,
        site,
    )
    return None


class _Notes:
    """The changed records of one tool in one transaction, by the names of settings."""

    def __init__(self):
        # Those in ``waiting`` could not be set in the tool yet.
        self.changed = set()
        self.waiting = set()


def _notes_of(tool):
    present = transaction.get()
    try:
        notes = present.data(_notes)
    except KeyError:
        notes = {}
        present.set_data(_notes, notes)
    base = aq_base(tool)
    if base not in notes:
        notes[base] = _Notes()
        present.addBeforeCommitHook(_set_all_from_records, (tool,))
    return notes[base]


def _records(manager):
    """Return the records of the site of ``manager``, by the names of the settings."""
    site = aq_parent(aq_inner(manager))
    registry = getattr(aq_base(site), "portal_registry", None)
    if registry is None:
        return {}
    names = {name: f"{PREFIX}.{name}" for name in SETTINGS}
    return {
        name: registry.records[record]
        for name, record in names.items()
        if record in registry.records
    }


def record_changed(settings, event):
    """Change the setting of a tool to the value of its record.

    A value that the tool refuses, alone or together with others, waits for changes of
    other records. If the tool refuses it at the commit, too, the commit fails.
    """
    record = event.record
    name = record.fieldName
    if record.__name__ != f"{PREFIX}.{name}":
        return
    tool = _tool_of(record)
    if tool is None:
        return
    notes = _notes_of(tool)
    notes.changed.add(name)
    notes.waiting.add(name)
    part = SETTINGS[name].part
    names = {it for it in notes.waiting if SETTINGS[it].part == part}
    try:
        _set_from_records(tool, names)
    except ValueError:
        return
    notes.waiting -= names


def _set_all_from_records(tool):
    # Include those that were set: a savepoint may have been rolled back since.
    notes = _notes_of(tool)
    _set_from_records(tool, notes.changed)
    notes.waiting.clear()


def _set_from_records(tool, names):
    """Change the settings ``names`` to the values of their records."""
    records = _records(tool)
    present = read_settings(tool)
    values = {
        name: records[name].value
        for name in names
        if name in records and name in present
    }
    changed = {name: it for name, it in values.items() if it != present[name]}
    if changed:
        change_settings(tool, changed)


def tool_changed(part, event):
    """Write the settings of a part of the current site's sessions into the records."""
    tool = _tool()
    if tool is not None and is_part(tool, part):
        write_records(tool)


def write_records(tool):
    """Write the settings of ``tool`` into the records of its site."""
    waiting = _notes_of(tool).waiting
    records = _records(tool)
    for name, value in read_settings(tool).items():
        if name in records and name not in waiting and records[name].value != value:
            try:
                records[name].value = value
            except ValidationError as error:
                logger.warning(
                    "%s: %s is %r, but its record in Plone's registry cannot have this "
                    "value (%s: %s). Sessions use the value, but the control panel shows "
                    "another one. Set a value that the control panel accepts.",
                    "/".join(tool.getPhysicalPath()),
                    name,
                    value,
                    type(error).__name__,
                    error,
                )


def container_created(container, event):
    """Change the settings of a new container to the values of the site's records."""
    names = {
        name for name in _records(event.manager) if SETTINGS[name].part == "container"
    }
    if names:
        _set_from_records(event.manager, names)
