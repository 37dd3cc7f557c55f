"""The settings as a control panel of plone.restapi, which Volto shows."""

from ...i18n import _
from ..schema import ISessionSettings
from ..schema import PREFIX
from ..validation import problems
from ..validation import warnings
from .errors import InvalidData
from .errors import keep_private
from .errors import Refused
from .fields import Record
from .validation import check_change
from .validation import json_object
from AccessControl import getSecurityManager
from AccessControl import Unauthorized
from plone.registry.interfaces import IRegistry
from plone.restapi.controlpanels import RegistryConfigletPanel
from plone.restapi.controlpanels.interfaces import IControlpanel
from plone.restapi.interfaces import IDeserializeFromJson
from plone.restapi.interfaces import ISerializeToJson
from plone.restapi.serializer.controlpanels import ControlpanelSerializeToJson
from zope.component import adapter
from zope.component import getUtility
from zope.i18n import translate
from zope.interface import implementer

MANAGE = "collective.sessiondata: Manage session settings"


class ISessionsControlpanel(IControlpanel):
    """The control panel of sessions."""


@implementer(ISessionsControlpanel)
class SessionsControlpanel(RegistryConfigletPanel):
    """``@controlpanels/sessions``"""

    schema = ISessionSettings
    schema_prefix = PREFIX
    configlet_id = "collective.sessiondata"
    configlet_category_id = "plone-security"

    # plone.restapi reads these even if the user may not see the configlet.
    title = _("Sessions")
    group = None

    def record(self):
        """Return the ``Record`` of the settings.

        Raise ``Unauthorized`` without the permission to manage them. plone.restapi itself
        checks only the permission to see control panels.
        """
        if not getSecurityManager().checkPermission(MANAGE, self.context):
            message = _(
                'This needs the permission "${permission}".',
                mapping={"permission": MANAGE},
            )
            raise Unauthorized(translate(message, context=self.request))
        settings = getUtility(IRegistry).forInterface(
            self.schema, prefix=self.schema_prefix
        )
        url = f"{self.context.absolute_url()}/@controlpanels/sessions"
        return Record(
            self.schema, settings, "sessions", url, self.context, self.request
        )


def _values(record):
    return {name: getattr(record.content, name) for name in record.fields}


@implementer(ISerializeToJson)
@adapter(ISessionsControlpanel)
class SerializeToJson(ControlpanelSerializeToJson):
    """Returns the settings, and warnings about those that weaken security."""

    def __call__(self):
        keep_private(self.controlpanel.request)
        record = self.controlpanel.record()
        found = warnings(_values(record))
        return {
            **super().__call__(),
            "warnings": [record.error(name, text) for name, text in found.items()],
        }


@implementer(IDeserializeFromJson)
@adapter(ISessionsControlpanel)
class DeserializeFromJson:
    """Changes the settings in the request: all of them, or none."""

    def __init__(self, controlpanel):
        self.controlpanel = controlpanel

    def __call__(self):
        context, request = self.controlpanel.context, self.controlpanel.request
        keep_private(request)
        record = self.controlpanel.record()
        found = check_change(context, request, needs_body=True)
        if found:
            raise Refused(*found)
        sent = json_object(request)
        if sent is None:
            raise Refused(400, _("Send a JSON object, with fields by name."))
        # Ignore unknown names, as plone.restapi does in other control panels.
        data = {name: sent[name] for name in record.fields if name in sent}
        values, errors = record.from_json(data)
        if not errors:
            found = problems({**_values(record), **values})
            errors = [record.error(name, text) for name, text in found.items()]
        if errors:
            raise InvalidData(errors)
        record.change(values)
