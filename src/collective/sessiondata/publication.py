"""What URLs cannot reach: methods, and whole objects, that are for code alone."""

from types import FunctionType
from zExceptions import NotFound
from ZPublisher import zpublish
from ZPublisher import zpublish_marked
from ZPublisher.BaseRequest import DefaultPublishTraverse


def unpublished_methods(cls):
    """Keep the publisher from serving the methods of ``cls``; return ``cls``.

    A docstring alone would publish a method.  What is marked already, as a
    management screen is, stays as it is marked.
    """
    for attribute in vars(cls).values():
        if isinstance(attribute, FunctionType) and not zpublish_marked(attribute):
            zpublish(False)(attribute)
    return cls


def unpublished(cls):
    """Keep the publisher from serving objects of ``cls``, and from going through."""
    return zpublish(False)(unpublished_methods(cls))


# How WebDAV and FTP ask for what an object is made of.
_NO_SCREENS = ("manage_DAVget", "manage_FTPget")


class OnlyScreens(DefaultPublishTraverse):
    """Of the tools and containers URLs reach what is for managers, and no more.

    All objects in Zope answer a dozen names; what these would say is nobody's business.
    """

    def publishTraverse(self, request, name):
        """Return what ``name`` leads to; raise ``NotFound`` unless it is a screen."""
        is_screen = name.startswith("manage") and name not in _NO_SCREENS
        if is_screen or name == "index_html":
            return super().publishTraverse(request, name)
        raise NotFound(name)


class NoPage:
    """For objects that have management screens, and no page of their own."""

    @zpublish
    def index_html(self):
        """Answer that there is no page here; below are the management screens."""
        raise NotFound
