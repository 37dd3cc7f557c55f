"""Keeps the records in Plone's registry in step with the settings of the tools.

What counts while visitors wait are the attributes of the tools and the container: a
look into the registry would cost more than a whole session.  So a record that changes
is taken over by them, and what is set of them, in the management interface or by code,
is written into the records.
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
    """Return the session data manager of the present site, or None."""
    return _tool_in(getSite())


def _tool_in(site):
    tool = getattr(site, SESSION_DATA_MANAGER, None)
    return tool if ISessionDataTool.providedBy(tool) else None


def _tool_of(record):
    """Return the session data manager in the site of ``record``, or None."""
    # Nothing leads from a registry to its site.
    site = getSite()
    own = getattr(aq_base(site), "portal_registry", None)
    if own is not None and aq_base(own) is aq_base(record.__parent__):
        return _tool_in(site)
    logger.warning(
        "%s was changed in the registry of a site that is not the present one, which is "
        "%r, so its sessions do not follow. Call setSite(site) first, and set it again.",
        record.__name__,
        site,
    )
    return None


class _Notes:
    """What one transaction has to do with the records of one tool."""

    def __init__(self):
        # The names of records that were changed; and of those that the tool could not
        # take over yet.
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
        present.addBeforeCommitHook(_take_over_all, (tool,))
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
    """Let the tools take over a record.

    What they cannot take, as it is or together with others, waits for more to be
    changed; at the commit it is an error.
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
        _take_over(tool, names)
    except ValueError:
        return
    notes.waiting -= names


def _take_over_all(tool):
    # Those that were taken over, too: a savepoint may have been rolled back since.
    notes = _notes_of(tool)
    _take_over(tool, notes.changed)
    notes.waiting.clear()


def _take_over(tool, names):
    """Set what the records ``names`` say."""
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
    """Write into the records what was set of a part of the present site's sessions."""
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
                    "%s: %s is %r, which its record in Plone's registry cannot be "
                    "(%s: %s). It is in force, but the control panel shows another. Set "
                    "it to what the control panel takes.",
                    "/".join(tool.getPhysicalPath()),
                    name,
                    value,
                    type(error).__name__,
                    error,
                )


def container_created(container, event):
    """Set of a new container what the records of its site say."""
    names = {
        name for name in _records(event.manager) if SETTINGS[name].part == "container"
    }
    if names:
        _take_over(event.manager, names)
