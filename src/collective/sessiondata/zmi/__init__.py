"""Zope's management screens of the three objects, in addition to their Properties tabs."""

from ..browserid import BrowserIdManager
from ..container import TransientObjectContainer
from ..manager import SessionDataManager
from . import adding
from Products.Sessions.permissions import add_browser_id_managers
from Products.Sessions.permissions import add_session_data_managers
from Products.Transience.permissions import add_transient_containers


def initialize(context):
    """Register the three objects, so that managers can add them to folders."""
    for cls, permission, form, factory in (
        (
            BrowserIdManager,
            add_browser_id_managers,
            adding.constructBrowserIdManagerForm,
            adding.constructBrowserIdManager,
        ),
        (
            SessionDataManager,
            add_session_data_managers,
            adding.constructSessionDataManagerForm,
            adding.constructSessionDataManager,
        ),
        (
            TransientObjectContainer,
            add_transient_containers,
            adding.constructTransientObjectContainerForm,
            adding.constructTransientObjectContainer,
        ),
    ):
        context.registerClass(cls, permission=permission, constructors=(form, factory))
