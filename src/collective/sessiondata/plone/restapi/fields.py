"""Fields of a schema, as JSON has them.

plone.restapi's adapters for fields do it, as for content.
"""

from ...i18n import _
from AccessControl import getSecurityManager
from Acquisition import Implicit
from plone.autoform.interfaces import WRITE_PERMISSIONS_KEY
from plone.dexterity.interfaces import IDexterityContent
from plone.restapi.interfaces import IFieldDeserializer
from plone.restapi.interfaces import ISchemaSerializer
from plone.supermodel.utils import mergedTaggedValueDict
from zope.component import getMultiAdapter
from zope.component import queryUtility
from zope.i18n import translate
from zope.interface import alsoProvides
from zope.interface import implementer
from zope.interface import Invalid
from zope.schema import getFieldsInOrder
from zope.schema.interfaces import IBool
from zope.schema.interfaces import ICollection
from zope.schema.interfaces import IMapping
from zope.schema.interfaces import INumber
from zope.schema.interfaces import ITimedelta
from zope.schema.interfaces import RequiredMissing
from zope.schema.interfaces import ValidationError
from zope.security.interfaces import IPermission

# What comes from what expects a list and gets a number; or no such depth.
_NONSENSE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError)


def _something_else(field):
    """Return the message to whoever has sent what ``field`` cannot hold."""
    return _(
        "This field takes another kind of value: ${kind}.",
        mapping={"kind": type(field).__name__},
    )


def _is_alike(field, sent):
    """Return False for what would become something else: true 1, or a word false.

    To Python true is a number, and plone.restapi takes each word but "true" for false.
    """
    if ICollection.providedBy(field):
        # As its deserializer takes them.
        values = sent if isinstance(sent, list) else [sent]
        return all(_is_alike(field.value_type, _untokened(it)) for it in values)
    if IMapping.providedBy(field) and isinstance(sent, dict):
        return all(_is_alike(field.value_type, it) for it in sent.values())
    if IBool.providedBy(field):
        return isinstance(sent, bool)
    is_numeric = INumber.providedBy(field) or ITimedelta.providedBy(field)
    return not (is_numeric and isinstance(sent, bool))


def _untokened(value):
    return value.get("token", value) if isinstance(value, dict) else value


@implementer(IDexterityContent)
class _StandIn(Implicit):
    """Content with the values of an object, for adapters that are for content."""

    def __init__(self, portal_type, url):
        self.portal_type = portal_type
        self._url = url

    def absolute_url(self, relative=0):
        """Return the address of what it stands for."""
        return self._url


class Record:
    """The fields that ``schema`` has of ``content``; None: there is no such object."""

    def __init__(self, schema, content, name, url, context, request):
        self.schema = schema
        self.content = None if content is None else schema(content)
        self.fields = dict(getFieldsInOrder(schema))
        self.request = request
        stand_in = _StandIn(name, url)
        alsoProvides(stand_in, schema)
        for name in self.fields:
            # All of them, or they would be acquired.
            setattr(stand_in, name, getattr(self.content, name, None))
        self._stand_in = stand_in.__of__(context)

    def to_json(self):
        """Return the values by name, less those that this user may not see."""
        return getMultiAdapter(
            (self.schema, self._stand_in, self.request), ISchemaSerializer
        )()

    def from_json(self, data):
        """Return values by name, as the fields have them, and a list of errors.

        It is that of ``InvalidData``.
        """
        values = {}
        errors = []
        for name, sent in data.items():
            try:
                values[name] = self._value(name, sent)
            except Invalid as error:
                errors.append(self.error(name, _message(error)))
            except ValueError as error:
                errors.append(self.error(name, str(error)))
            except _NONSENSE:
                errors.append(self.error(name, _something_else(self.fields[name])))
        return values, errors

    def error(self, name, message):
        """Return one error."""
        return {"field": name, "message": translate(message, context=self.request)}

    def broken_by(self, values):
        """Return a list of errors: what no field finds if ``values`` were set."""
        for name, value in values.items():
            setattr(self._stand_in, name, value)
        errors = []
        try:
            self.schema.validateInvariants(self._stand_in, errors)
        except Invalid:
            pass
        return [self.error(None, _message(error)) for error in errors]

    def change(self, values):
        """Set ``values``: those that are new, since setting an attribute writes."""
        for name, value in values.items():
            if getattr(self.content, name, None) != value:
                setattr(self.content, name, value)

    def _value(self, name, sent):
        if name not in self.fields:
            names = ", ".join(self.fields)
            raise Invalid(
                _(
                    "There is no such field. The fields are: ${names}.",
                    mapping={"names": names},
                )
            )
        field = self.fields[name]
        if field.readonly or not self._may_write(name):
            raise Invalid(_("This field cannot be changed."))
        if sent is None:
            if field.required:
                raise RequiredMissing(name)
            if (
                IBool.providedBy(field)
                and getattr(self.content, name, None) is not None
            ):
                # What was true or false does not become neither.
                raise Invalid(_something_else(field))
            return field.missing_value
        if not _is_alike(field, sent):
            raise Invalid(_something_else(field))
        deserializer = getMultiAdapter(
            (field, self._stand_in, self.request), IFieldDeserializer
        )
        value = deserializer(sent)
        field.bind(self._stand_in).validate(value)
        return value

    def _may_write(self, name):
        """Return True unless plone.autoform's ``write_permission`` says otherwise."""
        needed = mergedTaggedValueDict(self.schema, WRITE_PERMISSIONS_KEY).get(name)
        if needed is None:
            return True
        permission = queryUtility(IPermission, needed)
        return permission is not None and bool(
            getSecurityManager().checkPermission(permission.title, self._stand_in)
        )


def _message(error):
    if isinstance(error, ValidationError):
        return error.doc()
    return error.args[0] if error.args else ""
