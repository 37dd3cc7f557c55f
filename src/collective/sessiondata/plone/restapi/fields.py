"""Read and write the fields of a schema as JSON.

Uses the adapters of plone.restapi, which are made for fields of content.
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

# Errors of deserializers that get a value of an unexpected type, or nested too deeply.
_TYPE_ERRORS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError)


def _wrong_type(field):
    """Return the message for a value whose type ``field`` does not accept."""
    return _(
        "This field takes another kind of value: ${kind}.",
        mapping={"kind": type(field).__name__},
    )


def _has_right_type(field, sent):
    """Return False for a value that would silently change its type.

    In Python true is a number, and plone.restapi reads any text but "true" as false.
    """
    if ICollection.providedBy(field):
        # The deserializer accepts a single value, too.
        values = sent if isinstance(sent, list) else [sent]
        return all(
            _has_right_type(field.value_type, _without_token(value)) for value in values
        )
    if IMapping.providedBy(field) and isinstance(sent, dict):
        return all(_has_right_type(field.value_type, value) for value in sent.values())
    if IBool.providedBy(field):
        return isinstance(sent, bool)
    is_numeric = INumber.providedBy(field) or ITimedelta.providedBy(field)
    return not (is_numeric and isinstance(sent, bool))


def _without_token(value):
    """Return the value of a term that is sent as a dict with its token."""
    return value.get("token", value) if isinstance(value, dict) else value


@implementer(IDexterityContent)
class _Content(Implicit):
    """Content with the values of another object, for adapters that need content."""

    def __init__(self, portal_type, url):
        self.portal_type = portal_type
        self._url = url

    def absolute_url(self, relative=0):
        """Return the address of the slot or the settings."""
        return self._url


class Record:
    """The fields of ``schema`` with the values of ``content``, an object or None.

    ``name`` and ``url`` identify the object in the adapters of plone.restapi.
    """

    def __init__(self, schema, content, name, url, context, request):
        self.schema = schema
        self.content = None if content is None else schema(content)
        self.fields = dict(getFieldsInOrder(schema))
        self.request = request
        adapted = _Content(name, url)
        alsoProvides(adapted, schema)
        for name in self.fields:
            # Set each field: a missing attribute would be acquired.
            setattr(adapted, name, getattr(self.content, name, None))
        self._adapted = adapted.__of__(context)

    def to_json(self):
        """Return the values by name, without those that the user may not see."""
        return getMultiAdapter(
            (self.schema, self._adapted, self.request), ISchemaSerializer
        )()

    def from_json(self, data):
        """Return values by name, converted for the fields, and a list of errors.

        The errors are those of ``InvalidData``.  Changes nothing.
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
            except _TYPE_ERRORS:
                errors.append(self.error(name, _wrong_type(self.fields[name])))
        return values, errors

    def error(self, name, message):
        """Return one error of ``InvalidData``."""
        return {"field": name, "message": translate(message, context=self.request)}

    def check_invariants(self, values):
        """Return a list of errors: the invariants that ``values`` would break."""
        for name, value in values.items():
            setattr(self._adapted, name, value)
        errors = []
        try:
            self.schema.validateInvariants(self._adapted, errors)
        except Invalid:
            pass
        return [self.error(None, _message(error)) for error in errors]

    def change(self, values):
        """Set those of ``values`` that differ, since setting an attribute writes."""
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
                # A stored true or false cannot become null.
                raise Invalid(_wrong_type(field))
            return field.missing_value
        if not _has_right_type(field, sent):
            raise Invalid(_wrong_type(field))
        deserializer = getMultiAdapter(
            (field, self._adapted, self.request), IFieldDeserializer
        )
        value = deserializer(sent)
        field.bind(self._adapted).validate(value)
        return value

    def _may_write(self, name):
        """Return True if the user has the ``write_permission`` of plone.autoform."""
        permission_id = mergedTaggedValueDict(self.schema, WRITE_PERMISSIONS_KEY).get(
            name
        )
        if permission_id is None:
            return True
        permission = queryUtility(IPermission, permission_id)
        return permission is not None and bool(
            getSecurityManager().checkPermission(permission.title, self._adapted)
        )


def _message(error):
    if isinstance(error, ValidationError):
        return error.doc()
    return error.args[0] if error.args else ""
