"""The settings of a container, its own and under the names of the stock one."""

from ..events import SettingsChanged
from ..publication import unpublished_methods
from ..storage.store import SessionStore
from ..units import MINUTE
from .attributes import change
from .attributes import checked
from .attributes import Choice
from .attributes import Number
from AccessControl.class_init import InitializeClass
from AccessControl.Permissions import view_management_screens
from AccessControl.SecurityInfo import ClassSecurityInfo
from Products.Transience.permissions import manage_transient_containers
from zope.event import notify


def _need_whole(what, value):
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(
            f"{what} is a whole number; {value!r} is not. Nothing was changed."
        )


@unpublished_methods
class ContainerSettings:
    """What can be set of a container: see ``ITransientObjectContainer``."""

    security = ClassSecurityInfo()
    security.setPermissionDefault(view_management_screens, ("Manager",))
    security.setPermissionDefault(manage_transient_containers, ("Manager",))

    timeout = Number(SessionStore.timeout, "a number of seconds, 0 or more")
    lifetime = Number(SessionStore.lifetime, "a number of seconds, 0 or more")
    resolution = Number(None, "a number of seconds, 0 or more, or None")
    limit = Number(SessionStore.limit, "a whole number, 0 or more", whole=True)
    when_full = Choice("drop", "refuse")
    max_size = Number(SessionStore.max_size, "a number of bytes, 0 or more", whole=True)
    pack_interval = Number(0, "a number of seconds, 0 or more")

    _add_target = None
    _del_target = None

    # ITransientItemContainer, and what the stock container has besides

    @security.protected(manage_transient_containers)
    def setTimeoutMinutes(self, timeout_mins, period_secs=None):
        """Set the idle timeout, in whole minutes; 0: sessions do not time out.

        With ``period_secs`` set also how exact it is, in seconds.  Sessions stay.
        Raise ``TypeError`` for what is no whole number.  Raise ``ValueError`` if the
        timeout is negative, or the period is 0, longer than the timeout, or no even
        part of it.
        """
        self._setTimeout(timeout_mins, period_secs)

    def _setTimeout(self, timeout_mins, period_secs):
        _need_whole("The timeout, in minutes,", timeout_mins)
        timeout = timeout_mins * MINUTE
        if timeout < 0:
            raise ValueError(
                "The timeout is a number of minutes, 0 or more; "
                f"{timeout_mins} is not. Nothing was changed."
            )
        if period_secs is not None:
            _need_whole("The resolution, in seconds,", period_secs)
            if timeout and (period_secs <= 0 or timeout % period_secs):
                raise ValueError(
                    "The resolution is a number of seconds of which the timeout, "
                    f"{timeout} seconds, is a multiple; {period_secs} is not. "
                    "Nothing was changed."
                )
            self.resolution = max(period_secs, 0)
        self.timeout = timeout

    @security.protected(view_management_screens)
    def getTimeoutMinutes(self):
        """Return the idle timeout in minutes."""
        minutes = self.timeout / MINUTE
        return int(minutes) if minutes == int(minutes) else minutes

    @security.protected(view_management_screens)
    def getPeriodSeconds(self):
        """Return how exact the access time is, in seconds."""
        resolution = self.resolution
        return self.timeout / 20 if resolution is None else resolution

    @security.protected(manage_transient_containers)
    def setSubobjectLimit(self, limit):
        """Set the largest number of sessions; 0: unlimited.

        Raise ``TypeError`` if it is no whole number, ``ValueError`` if negative.
        """
        self._setLimit(limit)

    def _setLimit(self, limit):
        _need_whole("The limit", limit)
        self.limit = limit

    @security.protected(view_management_screens)
    def getSubobjectLimit(self):
        """Return the largest number of sessions; 0: unlimited."""
        return self.limit

    @security.protected(manage_transient_containers)
    def setAddNotificationTarget(self, f):
        """Call ``f(session, container)`` for each session added.

        ``f`` is an importable function, or the path of a script; None: nothing.
        """
        self._add_target = f or None

    @security.protected(view_management_screens)
    def getAddNotificationTarget(self):
        """Return what is called for each session added, or None."""
        return self._add_target

    @security.protected(manage_transient_containers)
    def setDelNotificationTarget(self, f):
        """Call ``f(session, container)`` for each session before it is removed.

        ``f`` is an importable function, or the path of a script; None: nothing.
        """
        self._del_target = f or None

    @security.protected(view_management_screens)
    def getDelNotificationTarget(self):
        """Return what is called for each session before it is removed, or None."""
        return self._del_target

    @security.protected(manage_transient_containers)
    def manage_changeTransientObjectContainer(
        self,
        title="",
        timeout_mins=SessionStore.timeout // MINUTE,
        addNotification=None,
        delNotification=None,
        limit=SessionStore.limit,
        period_secs=None,
    ):
        """Change all stock settings at once: all of them, or none.

        Raise what the single setters raise.
        """
        draft = ContainerSettings()
        draft.store = SessionStore(1)
        draft.setTimeoutMinutes(timeout_mins, period_secs)
        draft.setSubobjectLimit(limit)
        draft.setAddNotificationTarget(addNotification)
        draft.setDelNotificationTarget(delNotification)
        self.title = str(title)
        self.take_settings(draft)

    @security.private
    def check(self, **settings):
        """Raise ``ValueError`` if one of ``settings``, by attribute, cannot be set."""
        checked(self, **settings)

    @security.private
    def change(self, **settings):
        """Change some settings, by the names of the attributes: all, or none."""
        change(self, **settings)

    @security.private
    def take_settings(self, other):
        """Take the settings that ``other`` does not leave at their defaults."""
        self.store.copy_settings(other.store)
        for name in ("_add_target", "_del_target"):
            if name in vars(other):
                setattr(self, name, vars(other)[name])
        notify(SettingsChanged(self))

    # Housekeeping: the stock container does it in visitors' requests.

    @security.protected(view_management_screens)
    def isInbandHousekeepingEnabled(self):
        """Return False: it is never done while visitors wait."""
        return False

    @security.protected(view_management_screens)
    def enableInbandHousekeeping(self):
        """Do nothing: see ``isInbandHousekeepingEnabled``."""

    @security.protected(view_management_screens)
    def disableInbandHousekeeping(self):
        """Do nothing: see ``isInbandHousekeepingEnabled``."""


InitializeClass(ContainerSettings)
