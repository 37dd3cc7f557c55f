"""The management screens: the three objects, in any Zope folder."""

from ..browserid import BrowserIdManager
from ..container import TransientObjectContainer
from ..manager import SessionDataManager
from . import adding
from Products.Sessions.permissions import add_browser_id_managers
from Products.Sessions.permissions import add_session_data_managers
from Products.Transience.permissions import add_transient_containers


def initialize(context):
    """Let the three objects be added in the management interface."""
    context.registerClass(
        BrowserIdManager,
        permission=add_browser_id_managers,
        constructors=(
            adding.constructBrowserIdManagerForm,
            adding.constructBrowserIdManager,
        ),
    )
    context.registerClass(
        SessionDataManager,
        permission=add_session_data_managers,
        constructors=(
            adding.constructSessionDataManagerForm,
            adding.constructSessionDataManager,
        ),
    )
    context.registerClass(
        TransientObjectContainer,
        permission=add_transient_containers,
        constructors=(
            adding.constructTransientObjectContainerForm,
            adding.constructTransientObjectContainer,
        ),
    )
