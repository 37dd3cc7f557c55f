"""What to pack for a trip: a wizard of two steps."""

from zope.i18nmessageid import MessageFactory

_ = MessageFactory("example.packinglist")
