"""The container of a session data manager: found, created, and removed."""

from ..container import TransientObjectContainer
from ..events import ContainerCreated
from ..interfaces import ITransientObjectContainer
from ..publication import unpublished_methods
from ..storage.foreign import ForeignContainer
from . import directory
from AccessControl.class_init import InitializeClass
from AccessControl.Permissions import view_management_screens
from AccessControl.SecurityInfo import ClassSecurityInfo
from Acquisition import aq_base
from Products.Sessions.interfaces import SessionDataManagerErr
from uuid import uuid4
from zope.event import notify


@unpublished_methods
class ManagedContainer:
    """What a session data manager knows of its container.

    That is one of its own in the session database, or the object at its container path.
    """

    security = ClassSecurityInfo()
    security.declarePrivate("container_id")

    # The id of its own container in the session database.
    container_id = None

    # A cache of its own container, once that is stored.
    _v_container = None

    @security.protected(view_management_screens)
    def container(self):
        """Return the container of this manager; its own is created if it is missing.

        Raises ``SessionDataManagerErr`` if there is none at the container path.
        """
        if self.obpath is None:
            directory.find_or_create(self, self.container_id)
        container = self.present_container()
        if container is None:
            raise SessionDataManagerErr(
                f"There is no session data container at {self.getContainerPath()}: add "
                "one there, or set another path at "
                f"{'/'.join(self.getPhysicalPath())}."
            )
        return container

    @security.private
    def present_container(self, make=True):
        """Return the container, or None if it does not exist yet.

        A container of another product is returned as a ``ForeignContainer``. The container
        at the path of Zope's own manager is created if it is missing, unless ``make`` is
        false.
        """
        base = aq_base(self)
        if base.obpath is not None:
            return self._container_at_path(make)
        container = base._v_container
        if container is None or container._p_jar is None:
            # It was not searched for yet, or created in a transaction that was aborted.
            container = aq_base(directory.find(self, self.container_id))
            if container is None:
                return None
            base._v_container = container
        return container.__of__(self)

    def _container_at_path(self, make):
        """Return the container at the path, or None.

        It is not cached: a mounted one is another object in each connection.
        """
        found = self.unrestrictedTraverse(self.obpath, None)
        if found is None and make and self.usesDefaultSessionDataContainer():
            found = self._default_container()
        if ITransientObjectContainer.providedBy(found):
            return found
        if getattr(aq_base(found), "new_or_existing", None) is not None:
            return ForeignContainer(found)
        return None

    def _default_container(self):
        """Return a new container at ``DEFAULT_PATH``, or None if it has no folder."""
        *folder_path, id = self.obpath
        folder = self.unrestrictedTraverse(folder_path, None)
        if folder is None:
            return None
        settings = self.getDefaultSessionDataContainerSettings()
        folder._setObject(id, TransientObjectContainer(id, **settings))
        container = folder._getOb(id)
        if self._sdc_settings is None:
            notify(ContainerCreated(container, self))
        return container

    @security.private
    def use_new_container(self):
        """Use a new container of its own, unless a container path is set."""
        self.container_id = uuid4().hex
        self._v_container = None
        if self.obpath is None:
            directory.find_or_create(self, self.container_id)

    @security.private
    def drop_container(self):
        """Remove its own container with all sessions."""
        directory.drop(self, self.container_id)
        self._v_container = None


InitializeClass(ManagedContainer)
