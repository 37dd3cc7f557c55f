"""What the profiles do beyond their XML files."""

from ..browserid import BROWSER_ID_MANAGER
from ..browserid import BrowserIdManager
from ..manager import SESSION_DATA_MANAGER
from ..manager import SessionDataManager
from .registrysync import write_records
from Acquisition import aq_base
from plone.base.interfaces import INonInstallable
from zope.interface import implementer

TOOLS = {
    BROWSER_ID_MANAGER: BrowserIdManager,
    SESSION_DATA_MANAGER: SessionDataManager,
}

DEMO_PROFILE = "collective.sessiondata:demo"


@implementer(INonInstallable)
class HiddenProfiles:
    """Keeps out of the lists of add-ons what nobody installs by hand."""

    def getNonInstallableProfiles(self):
        """Return the ids of the profiles to hide."""
        return ["collective.sessiondata:uninstall", DEMO_PROFILE]


def install(setup_tool):
    """Add the tools that the site does not have; those it has keep their data."""
    site = setup_tool.aq_parent
    for id, factory in TOOLS.items():
        present = getattr(aq_base(site), id, None)
        if present is None:
            site._setObject(id, factory(id))
        elif not isinstance(aq_base(present), factory):
            raise ValueError(
                f"{'/'.join(site.getPhysicalPath())} has an object {id!r} of "
                f"another product ({type(aq_base(present)).__name__}). Rename or "
                "delete it in the management interface, then install again."
            )
    # Those that were there before may be set otherwise than new records are.
    write_records(site[SESSION_DATA_MANAGER])


def add_pages(setup_tool):
    """Upgrade: add what the pages need; the tools, sessions and settings stay."""
    for step in ("plone.app.registry", "rolemap", "actions", "controlpanel"):
        setup_tool.runImportStepFromProfile(
            "profile-collective.sessiondata:default", step, run_dependencies=False
        )
    write_records(setup_tool.aq_parent[SESSION_DATA_MANAGER])


def uninstall(setup_tool):
    """Remove the tools, and with them the hook and all sessions; and the demo."""
    site = setup_tool.aq_parent
    for id, factory in reversed(TOOLS.items()):
        if isinstance(getattr(aq_base(site), id, None), factory):
            site._delObject(id)
    setup_tool.unsetLastVersionForProfile(DEMO_PROFILE)
