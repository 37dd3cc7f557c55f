"""The settings of a container, and the methods of the stock container that set them."""

from ..publication import unpublished_methods
from ..storage.store import SessionStore
from ..units import MINUTE
from .attributes import Number
from .attributes import Setting
from .attributes import Text
from .properties import ObjectWithSettings
from .properties import properties
from .site import SETTINGS
from AccessControl.class_init import InitializeClass
from AccessControl.Permissions import view_management_screens
from AccessControl.SecurityInfo import ClassSecurityInfo
from Products.Transience.permissions import manage_transient_containers

# Defaults of arguments that the stock container has, too.
TIMEOUT_MINUTES = SETTINGS["timeout_minutes"].default
LIMIT = SETTINGS["limit"].default


def _need_whole(what, value):
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(
            f"{what} is a whole number; {value!r} is not. Nothing was changed."
        )


def _times(timeout_mins, period_secs):
    """Return the settings that these arguments of the stock container mean."""
    _need_whole("The timeout, in minutes,", timeout_mins)
    timeout = timeout_mins * MINUTE
    if timeout < 0:
        raise ValueError(
            "The timeout is a number of minutes, 0 or more; "
            f"{timeout_mins} is not. Nothing was changed."
        )
    if period_secs is None:
        return {"timeout": timeout}
    _need_whole("The resolution, in seconds,", period_secs)
    if timeout and (period_secs <= 0 or timeout % period_secs):
        raise ValueError(
            "The resolution is a number of seconds of which the timeout, "
            f"{timeout} seconds, is a multiple; {period_secs} is not. "
            "Nothing was changed."
        )
    return {"timeout": timeout, "resolution": max(period_secs, 0)}


def stock_settings(
    title="",
    timeout_mins=TIMEOUT_MINUTES,
    addNotification=None,
    delNotification=None,
    limit=LIMIT,
    period_secs=None,
):
    """Return the settings that the arguments of the stock container mean, by attribute.

    Raise ``TypeError`` for a number that is not whole. Raise ``ValueError`` if the
    timeout or the limit is negative, or if the period is 0, longer than the timeout, or
    the timeout is not a multiple of it.
    """
    _need_whole("The limit", limit)
    values = {
        "title": title,
        "limit": limit,
        "add_target": addNotification,
        "del_target": delNotification,
        **_times(timeout_mins, period_secs),
    }
    for name, value in values.items():
        getattr(ContainerSettings, name).check(value)
    return values


class _Target(Setting):
    """A function or the path of a script, called with each session; or None."""

    optional = True

    def clean(self, value):
        return value or None

    def from_text(self, text):
        return text.strip()


@unpublished_methods
class ContainerSettings(ObjectWithSettings):
    """The settings of a container, in seconds and bytes; see the interface."""

    security = ClassSecurityInfo()
    security.setPermissionDefault(view_management_screens, ("Manager",))
    security.setPermissionDefault(manage_transient_containers, ("Manager",))
    security.declareProtected(
        manage_transient_containers, "manage_editProperties", "manage_changeProperties"
    )
    security.declareProtected(view_management_screens, "when_full_choices")

    title = Text("title", "")
    timeout = SETTINGS["timeout_minutes"]
    lifetime = SETTINGS["lifetime_minutes"]
    resolution = SETTINGS["resolution_seconds"]
    limit = SETTINGS["limit"]
    when_full = SETTINGS["when_full"]
    max_size = SETTINGS["max_size_kib"]
    pack_interval = Number(
        "pack_interval",
        SessionStore.pack_interval,
        "",
        "How often a database for sessions alone is packed. 0: never.",
        maximum=timeout.maximum * timeout.unit,
        measure="seconds",
        keeper="store",
        kept_as="pack_interval",
    )
    add_target = _Target(
        "add_target",
        None,
        "",
        "The path of a script. It is called with each new session and this container.",
        kept_as="_add_target",
    )
    del_target = _Target(
        "del_target",
        None,
        "",
        "The path of a script. It is called with each session that ends, before it is "
        "removed, and this container.",
        kept_as="_del_target",
    )

    when_full_choices = tuple(when_full.choices)

    _properties = properties(
        title,
        timeout,
        lifetime,
        resolution,
        limit,
        when_full,
        max_size,
        pack_interval,
        add_target,
        del_target,
    )

    # ITransientItemContainer, and other methods of the stock container

    @security.protected(manage_transient_containers)
    def setTimeoutMinutes(self, timeout_mins, period_secs=None):
        """Set the idle timeout, in whole minutes; 0: sessions do not time out.

        With ``period_secs`` set the resolution too, in seconds. Raise ``TypeError`` for
        a number that is not whole. Raise ``ValueError`` if the timeout is negative, or if
        the period is 0, longer than the timeout, or the timeout is not a multiple of it.
        """
        self._setTimeout(timeout_mins, period_secs)

    def _setTimeout(self, timeout_mins, period_secs):
        self.change(**_times(timeout_mins, period_secs))

    @security.protected(view_management_screens)
    def getTimeoutMinutes(self):
        """Return the idle timeout in minutes."""
        minutes = self.timeout / MINUTE
        return int(minutes) if minutes == int(minutes) else minutes

    @security.protected(view_management_screens)
    def getPeriodSeconds(self):
        """Return the resolution of access times, in seconds."""
        resolution = self.resolution
        return self.timeout / 20 if resolution is None else resolution

    @security.protected(manage_transient_containers)
    def setSubobjectLimit(self, limit):
        """Set the maximum number of sessions; 0: unlimited.

        Raise ``TypeError`` if it is no whole number, ``ValueError`` if it is negative.
        """
        self._setLimit(limit)

    def _setLimit(self, limit):
        _need_whole("The limit", limit)
        self.limit = limit

    @security.protected(view_management_screens)
    def getSubobjectLimit(self):
        """Return the maximum number of sessions; 0: unlimited."""
        return self.limit

    @security.protected(manage_transient_containers)
    def setAddNotificationTarget(self, f):
        """Call ``f(session, container)`` for each session that is added.

        ``f`` is an importable function, or the path of a script; None: nothing.
        """
        self.add_target = f

    @security.protected(view_management_screens)
    def getAddNotificationTarget(self):
        """Return what is called for each session that is added, or None."""
        return self.add_target

    @security.protected(manage_transient_containers)
    def setDelNotificationTarget(self, f):
        """Call ``f(session, container)`` for each session before it is removed.

        ``f`` is an importable function, or the path of a script; None: nothing.
        """
        self.del_target = f

    @security.protected(view_management_screens)
    def getDelNotificationTarget(self):
        """Return what is called for each session before it is removed, or None."""
        return self.del_target

    @security.protected(manage_transient_containers)
    def manage_changeTransientObjectContainer(
        self,
        title="",
        timeout_mins=TIMEOUT_MINUTES,
        addNotification=None,
        delNotification=None,
        limit=LIMIT,
        period_secs=None,
    ):
        """Change all stock settings: all of them, or none.

        Raise what the single setters raise.
        """
        self.change(
            **stock_settings(
                title,
                timeout_mins,
                addNotification,
                delNotification,
                limit,
                period_secs,
            )
        )

    # The stock container removes expired sessions in visitors' requests.

    @security.protected(view_management_screens)
    def isInbandHousekeepingEnabled(self):
        """Return False: visitors' requests never remove expired sessions."""
        return False

    @security.protected(view_management_screens)
    def enableInbandHousekeeping(self):
        """Do nothing: see ``isInbandHousekeepingEnabled``."""

    @security.protected(view_management_screens)
    def disableInbandHousekeeping(self):
        """Do nothing: see ``isInbandHousekeepingEnabled``."""


InitializeClass(ContainerSettings)
