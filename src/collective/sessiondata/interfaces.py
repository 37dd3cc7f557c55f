"""Contracts of our own; the stock ones are imported from where Zope keeps them.

The tools and the storage implement ``Products.Sessions.interfaces`` and
``Products.Transience.interfaces``.  Here stands only what those two do not say.
"""

from Products.Sessions.interfaces import IMutableSessionDataManager
from Products.Transience.interfaces import IImmutablyValuedMappingOfPickleableObjects
from Products.Transience.interfaces import IStringKeyedHomogeneousItemContainer
from Products.Transience.interfaces import ITransient
from Products.Transience.interfaces import ITransientItemContainer
from Products.Transience.interfaces import ITTWDictionary
from zope.interface import Attribute
from zope.interface import Interface
from zope.publisher.interfaces.browser import IDefaultBrowserLayer


class ISessionDataLayer(IDefaultBrowserLayer):
    """Marks the requests of sites in which the add-on is installed."""


class ITransientObject(
    ITransient, ITTWDictionary, IImmutablyValuedMappingOfPickleableObjects
):
    """One visitor's session data: a mapping that merges concurrent writes."""

    def pop(key, default=None):
        """Remove ``key`` and return its value.

        Return ``default`` where the key is missing; without a default that is
        a ``KeyError``.
        """

    def setdefault(key, default=None):
        """Return the value of ``key``, after setting it to ``default`` if missing."""

    def isPending():
        """Return True for a new session that nobody has changed yet.

        It is not stored, and its browser does not know of it.
        """


class ITransientObjectContainer(
    IStringKeyedHomogeneousItemContainer, ITransientItemContainer
):
    """Sessions by key.  Keys are kept as digests only and cannot be listed."""

    timeout = Attribute(
        "Idle timeout in seconds: a session that nobody asked for during this "
        "time is gone.  0: never."
    )

    lifetime = Attribute(
        "Absolute lifetime in seconds, counted from creation, however busy the "
        "session is.  0: unlimited."
    )

    resolution = Attribute(
        "How exact the access time is, in seconds: it is written at most once "
        "in this time, so that looking at a session rarely writes.  None: a "
        "twentieth of the timeout."
    )

    limit = Attribute("The largest number of sessions.  0: unlimited.")

    def prepare(key, stored=None):
        """Return a new session that enters the container with its first change.

        Until then nothing is written.  ``stored`` is called without arguments
        as soon as the session has entered.

        Raise ``TypeError`` if ``key`` is no string.
        """

    def peek(key):
        """Return the live session of ``key``, or None; that is no access.

        Raise ``TypeError`` if ``key`` is no string.
        """

    def holds(session):
        """Return True if ``session`` is stored here, valid and not expired."""


class ISessionDataTool(IMutableSessionDataManager):
    """The tool: one request's session, wherever it is stored."""

    def getOrCreate(name, browser_id=None):
        """Return this visitor's one object of the slot ``name``.

        It is made by the ``ISlotFactory`` registered under ``name`` when the
        visitor has none yet; afterwards it is the same one until the session
        ends.  With ``browser_id`` (permission: Access arbitrary user session
        data) it is that browser's object.

        Raise ``UnknownSlot`` if no factory has that name, and ``LookupError``
        if no live session belongs to ``browser_id``.
        """


class ISlotFactory(Interface):
    """Makes the object of one slot; a utility registered under the slot's name."""

    def __call__():
        """Return a new object: best a ``persistent.Persistent`` one."""


class UnknownSlot(LookupError):
    """There is no ``ISlotFactory`` of that name."""
