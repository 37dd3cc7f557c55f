"""Objects with settings, and Zope's Properties tab for them."""

from ..events import SettingsChanged
from ..publication import unpublished_methods
from AccessControl.class_init import InitializeClass
from AccessControl.Permissions import view_management_screens
from AccessControl.requestmethod import requestmethod
from AccessControl.SecurityInfo import ClassSecurityInfo
from Acquisition import aq_base
from html import unescape
from OFS.PropertyManager import PropertyManager
from zope.event import notify
from ZPublisher import zpublish

# The values of settings that a form does not send, by type.
_EMPTY = {"boolean": False, "multiple selection": ()}


def properties(*settings):
    """Return ``_properties`` of a class with ``settings``, in the order of the tab."""
    return tuple(setting.as_property() for setting in settings)


@unpublished_methods
class ObjectWithSettings(PropertyManager):
    """A property manager whose properties are the settings of the class.

    They are checked, and changed all or not at all. None can be added or deleted. A
    subclass says which permission the changes need.
    """

    security = ClassSecurityInfo()
    security.declarePrivate(
        "manage_addProperty",
        "manage_changePropertyTypes",
        "manage_delProperties",
        "manage_propertyTypeForm",
    )
    security.declareProtected(
        view_management_screens,
        "manage_propertiesForm",
        "propertyItems",
        "propertyMap",
        "propertyValues",
        "propdict",
    )

    property_extensible_schema__ = 0

    # Property sheets would change settings with the permission "Manage properties".
    propertysheets = None

    manage_options = ({"label": "Properties", "action": "manage_propertiesForm"},)

    @security.private
    def settings(self):
        """Return the values of all settings, by attribute."""
        return {name: getattr(self, name) for name in self.propertyIds()}

    @security.private
    def check(self, **values):
        """Return ``values``, by attribute, as they are kept.

        Raise ``ValueError``, or a subclass of it, if one cannot be set.
        """
        cls = type(aq_base(self))
        return {name: getattr(cls, name).check(it) for name, it in values.items()}

    @security.private
    def change(self, **values):
        """Change some settings, by attribute: all of them, or none.

        Raise what ``check`` raises.
        """
        kept = self.check(**values)
        base = aq_base(self)
        changed = {
            name
            for name, it in kept.items()
            if getattr(type(base), name).keep(base, it)
        }
        if changed:
            self.settings_changed(changed)
            notify(SettingsChanged(self))

    @security.private
    def settings_changed(self, names):
        """Do what the settings ``names`` need after a change."""

    # Zope's Properties tab

    @security.private
    def valid_property_id(self, id):
        """Return False: no properties can be added."""
        return False

    @security.protected(view_management_screens)
    def getProperty(self, id, d=None):
        """Return the value of a setting as the tab shows it: "" for None."""
        value = super().getProperty(id, d)
        return "" if value is None else value

    def _setPropValue(self, id, value):
        self._change_properties({id: value}, None)

    @zpublish
    @security.private
    @requestmethod("POST")
    def manage_editProperties(self, REQUEST):
        """Change all settings: those that are missing in the form are empty."""
        values = {
            it["id"]: REQUEST.form.get(it["id"], _EMPTY.get(it["type"], ""))
            for it in self.propertyMap()
        }
        return self._change_properties(values, REQUEST)

    @zpublish
    @security.private
    @requestmethod("POST")
    def manage_changeProperties(self, REQUEST=None, **kw):
        """Change the settings that the form or ``kw`` has."""
        form = getattr(REQUEST, "form", REQUEST) or {}
        values = {**form, **kw}
        return self._change_properties(
            {name: values[name] for name in values if self.hasProperty(name)}, REQUEST
        )

    def _change_properties(self, values, REQUEST):
        cls = type(aq_base(self))
        meant = {}
        for name, value in values.items():
            if isinstance(value, str):
                if value == str(self.getProperty(name)):
                    # A function that code has set is shown, but cannot be typed.
                    continue
                value = getattr(cls, name).from_text(value)
            meant[name] = value
        if not hasattr(REQUEST, "form"):
            self.change(**meant)
            return None
        kind, message = "success", "Saved changes."
        try:
            self.change(**meant)
        except ValueError as error:
            kind, message = "danger", unescape(str(error))
        warning = self.settings_warning()
        if kind == "success" and warning:
            kind, message = "warning", f"{message} {warning}"
        return self.manage_propertiesForm(
            self, REQUEST, manage_tabs_message=message, manage_tabs_type=kind
        )

    @security.private
    def settings_warning(self):
        """Return what is wrong with the present settings, or None."""


InitializeClass(ObjectWithSettings)
