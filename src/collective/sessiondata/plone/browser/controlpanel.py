"""The control panel: a form with the settings, and where sessions are stored."""

from ...database import zopeconf
from ...database.location import location_of
from ...i18n import _
from ...interfaces import ITransientObjectContainer
from ...manager import SESSION_DATA_MANAGER
from ...settings.browserid import COOKIES
from ...settings.site import read_settings
from ...settings.site import SETTINGS
from ..schema import ISessionSettings
from ..schema import PREFIX
from ..validation import problems
from ..validation import warnings
from .base import missing_container_message
from html import escape
from plone.app.registry.browser.controlpanel import ControlPanelFormWrapper
from plone.app.registry.browser.controlpanel import RegistryEditForm
from plone.app.z3cform.interfaces import ISingleCheckBoxBoolWidget
from Products.Five.browser.pagetemplatefile import ViewPageTemplateFile
from Products.Sessions.interfaces import SessionDataManagerErr
from z3c.form.interfaces import IErrorViewSnippet
from zope.component import getMultiAdapter
from zope.i18n import translate
from zope.interface import Invalid


class SettingsForm(RegistryEditForm):
    """The settings, in the registry."""

    schema = ISessionSettings
    schema_prefix = PREFIX
    id = "sessions-controlpanel"
    label = _("Sessions")
    description = _(
        "Data that the server stores for each visitor between requests, such as a cart "
        "or a form with several steps. Changes take effect with the next request."
    )
    default_fieldset_label = _("Times and login")
    # Without tabs, errors are always visible.
    enable_form_tabbing = False

    def updateFields(self):
        super().updateFields()
        # Leave out the settings of objects that belong to another product.
        own = read_settings(self.context[SESSION_DATA_MANAGER])
        others = [name for name in SETTINGS if name not in own]
        self.fields = self.fields.omit(*others)
        for group in self.groups:
            group.fields = group.fields.omit(*others)
        self.groups = tuple(group for group in self.groups if len(group.fields))

    def update(self):
        super().update()
        for form in (self, *self.groups):
            self._warn(form.widgets)

    def _warn(self, widgets):
        """Add a warning to each field whose value weakens security."""
        for name, warning in warnings(self._present()).items():
            widget = widgets.get(name)
            if widget is not None:
                text, label, help = (
                    escape(translate(it, context=self.request))
                    for it in (warning, _("Warning:"), widget.field.description)
                )
                # Plone does not escape this.
                widget.description = (
                    f'{help} <span class="d-block text-danger sessions-warning">'
                    f"<strong>{label}</strong> {text}</span>"
                )
                if ISingleCheckBoxBoolWidget.providedBy(widget):
                    # The box already has the description without the warning.
                    widget.updateTerms()

    def _present(self):
        content = self.getContent()
        return {name: getattr(content, name) for name in SETTINGS}

    def extractData(self, setErrors=True):
        data, errors = super().extractData(setErrors)
        if not errors:
            for name, problem in problems({**self._present(), **data}).items():
                errors += (self._show_error(name, problem),)
        return data, errors

    def _show_error(self, name, problem):
        """Show ``problem`` at the field ``name``. Return its view."""
        form = next(it for it in (self, *self.groups) if name in it.widgets)
        widget = form.widgets[name]
        error = getMultiAdapter(
            (Invalid(problem), self.request, widget, widget.field, form, self.context),
            IErrorViewSnippet,
        )
        error.update()
        widget.error = error
        form.widgets.errors += (error,)
        return error


class ControlPanel(ControlPanelFormWrapper):
    """The page with the form."""

    form = SettingsForm
    index = ViewPageTemplateFile("controlpanel.pt")

    @property
    def tool(self):
        return self.context[SESSION_DATA_MANAGER]

    def trouble(self):
        """Return why the times and limits have no effect, or None."""
        try:
            container = self.tool.container()
        except SessionDataManagerErr:
            return missing_container_message(self.tool)
        if not ITransientObjectContainer.providedBy(container):
            return _(
                "The sessions are in a container of another product, at ${path}. Set "
                "their times and limits there.",
                mapping={"path": self.tool.getContainerPath()},
            )
        return None

    def location(self):
        """Return the ``Location`` of the sessions."""
        return location_of(self.tool.container())

    def database_name(self):
        """Return the name that a database for sessions has in zope.conf."""
        return zopeconf.database()

    def takes_ids_elsewhere(self):
        """Return True if ids are also taken from forms or URLs."""
        try:
            browser_ids = self.tool.getBrowserIdManager()
        except SessionDataManagerErr:
            return False
        return tuple(browser_ids.getBrowserIdNamespaces()) != (COOKIES,)
