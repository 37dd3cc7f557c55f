"""The choices of the settings, as vocabularies."""

from ..settings.site import SETTINGS
from zope.interface import provider
from zope.schema.interfaces import IVocabularyFactory
from zope.schema.vocabulary import SimpleTerm
from zope.schema.vocabulary import SimpleVocabulary


def _choices(name):
    choices = SETTINGS[name].choices
    return SimpleVocabulary([SimpleTerm(it, it, choices[it]) for it in choices])


@provider(IVocabularyFactory)
def same_site_vocabulary(context):
    """Return with which requests from other sites browsers may send the cookie."""
    return _choices("cookie_same_site")


@provider(IVocabularyFactory)
def when_full_vocabulary(context):
    """Return what may happen when the maximum number of sessions is reached."""
    return _choices("when_full")
