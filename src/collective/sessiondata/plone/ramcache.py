"""plone.app.caching's cache in RAM: what was made for one visitor is not kept there."""

from ..http.caching import is_of_one_visitor
from plone.app.caching.interfaces import IRAMCached
from plone.transformchain.interfaces import ITransform
from zope.interface import implementer
from zope.interface import noLongerProvides


@implementer(ITransform)
class KeepOut:
    """Take the mark of a page that is to be kept, just before that is done."""

    order = 89999

    def __init__(self, published, request):
        self.request = request

    def transformBytes(self, result, encoding):
        """Leave ``result`` as it is."""
        if is_of_one_visitor(self.request):
            noLongerProvides(self.request, IRAMCached)

    transformUnicode = transformIterable = transformBytes
