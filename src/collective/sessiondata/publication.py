"""Keeps the publisher from serving methods and objects that are for code only."""

from types import FunctionType
from zExceptions import NotFound
from ZPublisher import zpublish
from ZPublisher import zpublish_marked
from ZPublisher.BaseRequest import DefaultPublishTraverse


def unpublished_methods(cls):
    """Keep the publisher from serving the methods of ``cls``; return ``cls``.

    A docstring is enough to publish a method. Methods that are marked already, such as
    management screens, are not changed.
    """
    for attribute in vars(cls).values():
        if isinstance(attribute, FunctionType) and not zpublish_marked(attribute):
            zpublish(False)(attribute)
    return cls


def unpublished(cls):
    """Keep the publisher from serving and from traversing objects of ``cls``."""
    return zpublish(False)(unpublished_methods(cls))


# WebDAV and FTP read the source of an object by these.
_NO_SCREENS = ("manage_DAVget", "manage_FTPget")


class OnlyScreens(DefaultPublishTraverse):
    """Traverses from tools and containers to their management screens only.

    All objects in Zope have a dozen more published methods, which would show internals.
    """

    def publishTraverse(self, request, name):
        """Return the screen ``name``. Raises ``NotFound`` for other names."""
        is_screen = name.startswith("manage") and name not in _NO_SCREENS
        if is_screen or name == "index_html":
            return super().publishTraverse(request, name)
        raise NotFound(name)


class NoPage:
    """Mixin for objects that have management screens, and no page."""

    @zpublish
    def index_html(self):
        """Raise ``NotFound``: only the management screens below this are published."""
        raise NotFound
