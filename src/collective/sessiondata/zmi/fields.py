"""Fields of the management screens: shown by one template, read in one way."""

from ..i18n import _


class InputError(ValueError):
    """What somebody typed cannot be taken; the message says why."""


class Field:
    """One line of text."""

    kind = "text"
    options = ()

    def __init__(self, name, label, help="", required=False):
        self.name = name
        self.label = label
        self.help = help
        self.required = required

    def read(self, form):
        """Return the value in ``form``; raise ``InputError`` if it is none."""
        text = form.get(self.name, "")
        text = text.strip() if isinstance(text, str) else ""
        if self.required and not text:
            raise InputError(self.problem(_("something has to be filled in.")))
        return text

    def typed(self, form):
        """Return what is in ``form``, to be shown again."""
        return form.get(self.name, "")

    def shown(self, value):
        """Return ``value`` as it is edited."""
        return "" if value is None else value

    def line(self, value):
        """Return what the template shows, ``value`` as it is edited in it."""
        return {
            "name": self.name,
            "label": self.label,
            "help": self.help,
            "kind": self.kind,
            "options": self.options,
            "required": self.required,
            "value": value,
        }

    def problem(self, text):
        """Return ``text`` with the label before it."""
        return _(
            "field_problem",
            default="${label}: ${problem}",
            mapping={"label": self.label, "problem": text},
        )


class Number(Field):
    """A number, 0 or more; ``None`` if it may be empty and is."""

    kind = "number"

    def __init__(self, *arguments, whole=True, factor=1, **options):
        super().__init__(*arguments, **options)
        self.whole = whole
        self.factor = factor

    def read(self, form):
        text = super().read(form)
        if not text:
            return None
        try:
            number = float(text) * self.factor
            whole = int(number)
        except (ValueError, OverflowError):
            number = -1
        if not 0 <= number < float("inf"):
            raise InputError(self.problem(_("this has to be a number, 0 or more.")))
        if number == whole:
            return whole
        if self.whole:
            raise InputError(self.problem(_("this has to be a whole number.")))
        return number

    def shown(self, value):
        if value is None:
            return ""
        value = value / self.factor
        return int(value) if value == int(value) else value


class Flag(Field):
    """A box that is checked or not."""

    kind = "flag"

    def read(self, form):
        return bool(form.get(self.name))

    typed = read


class Choice(Field):
    """One of some ``options``, pairs of value and label."""

    kind = "choice"

    def __init__(self, name, label, options, help=""):
        super().__init__(name, label, help)
        self.options = options

    def read(self, form):
        value = form.get(self.name)
        if value not in dict(self.options):
            raise InputError(self.problem(_("choose one of those in the list.")))
        return value


class Choices(Choice):
    """Some of the ``options``, in their order."""

    kind = "choices"

    def read(self, form):
        chosen = self.typed(form)
        return [value for value, _label in self.options if value in chosen]

    def typed(self, form):
        chosen = form.get(self.name, ())
        return [chosen] if isinstance(chosen, str) else list(chosen)


def read_all(fields, form):
    """Return the values of all ``fields`` in ``form``, by name."""
    return {field.name: field.read(form) for field in fields}


def lines(fields, values=None, form=None):
    """Return the lines of ``fields``: with what somebody typed, or with ``values``."""
    if form is not None:
        return [field.line(field.typed(form)) for field in fields]
    return [field.line(field.shown(values.get(field.name))) for field in fields]
