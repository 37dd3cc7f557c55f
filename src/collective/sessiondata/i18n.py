"""The message factory of this package."""

from zope.i18nmessageid import MessageFactory

_ = MessageFactory("collective.sessiondata")
