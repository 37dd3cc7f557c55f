"""Settings: attributes that check a value when it is set.

Each instance is one row of a table of settings: it has the name, the unit, the range,
the default and the meaning. It is also the descriptor of the attribute.
"""

from html import escape


class Setting:
    """An attribute of an object with settings, such as a container.

    ``attribute`` is its name, ``default`` its value until another one is set. A setting
    of a site has a ``name`` too, and the ``part`` of the site's sessions that has the
    attribute. ``title`` and ``description`` are shown to people; ``expected`` is added
    to the ``error`` that is raised for a bad value.
    """

    error = ValueError

    # The type in Zope's Properties tab. A number is a "string" there, too: Zope would
    # answer with a server error to a field of type "int" or "float" without a number.
    type = "string"

    # How many units of the attribute one unit of the site's setting is.
    unit = 1

    # True if the value may be empty.
    optional = False

    def __init__(
        self, attribute, default, title="", description="", expected="", **options
    ):
        self.attribute = attribute
        self.default = default
        self.title = title
        self.description = description
        self.expected = expected
        # The attribute with the value. Until it is set, the class has the default.
        self.kept_as = f"_setting_{attribute}"
        # The attribute with the object that has it, and the default; None: the object with
        # settings itself.
        self.keeper = None
        self.name = self.part = None
        vars(self).update(options)

    def __set_name__(self, owner, name):
        if self.keeper is None:
            setattr(owner, self.kept_as, self.check(self.to_attribute(self.default)))

    def __get__(self, ob, owner=None):
        if ob is None:
            return self
        return getattr(self._holder(ob), self.kept_as)

    def _holder(self, ob):
        return ob if self.keeper is None else getattr(ob, self.keeper)

    def __set__(self, ob, value):
        ob.change(**{self.attribute: value})

    def keep(self, ob, value):
        """Set ``value``, which was checked. Return False if ``ob`` has it already."""
        holder = self._holder(ob)
        if getattr(holder, self.kept_as) == value:
            return False
        setattr(holder, self.kept_as, value)
        return True

    def clean(self, value):
        """Return ``value`` as it is kept; raise ``ValueError`` for a bad one."""
        return value

    def to_attribute(self, value):
        """Convert ``value`` from the unit of the site's setting to the attribute's."""
        return value

    def to_site(self, value):
        """Convert ``value`` from the unit of the attribute to the site's setting's."""
        return value

    def from_text(self, text):
        """Return the value that ``text`` means, or ``text``, which is refused then."""
        return text

    def check(self, value):
        """Return ``value`` as it is kept; raise ``error`` for a bad one."""
        try:
            return self.clean(value)
        except ValueError:
            raise self._refusal(self.attribute, value, self.expected) from None

    def check_of_site(self, value):
        """Do the same for a value in the unit of the site's setting."""
        try:
            return self.clean(self.to_attribute(value))
        except ValueError:
            raise self._refusal(self.name, value, self.expected_of_site()) from None

    def expected_of_site(self):
        """Return ``expected`` for values in the unit of the site's setting."""
        return self.expected

    def _refusal(self, name, value, expected):
        # Escaped, since Zope may show the message in a page.
        return self.error(
            f"{name} cannot be {escape(repr(value))}. {expected} Nothing was changed."
        )

    def as_property(self):
        """Return the setting as Zope's Properties tab describes a property."""
        return {
            "id": self.attribute,
            "type": self.type,
            "mode": "w",
            "description": self.description,
        }


class Number(Setting):
    """A number from 0 to ``maximum``, or None if it is ``optional``.

    ``default`` and ``maximum`` are in the unit of the site's setting. ``measure`` names
    the unit of the attribute. Only a ``whole`` one has no fractions there.
    """

    measure = ""
    whole = False

    def __init__(self, attribute, default, *texts, maximum, **options):
        super().__init__(attribute, default, *texts, **options)
        self.maximum = maximum
        self.expected = self._range(
            "whole number" if self.whole else "number", self.unit
        )

    def expected_of_site(self):
        return self._range("whole number", 1)

    def _range(self, kind, unit):
        ending = ", or none" if self.optional else ""
        return f"Set a {kind} from 0 to {self.maximum * unit:,}{ending}."

    def clean(self, value):
        if value is None and self.optional:
            return None
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise ValueError
        if not 0 <= value <= self.maximum * self.unit:
            raise ValueError
        if value == int(value):
            return int(value)
        if self.whole:
            raise ValueError
        return value

    def to_attribute(self, value):
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError
        return value * self.unit

    def to_site(self, value):
        """Convert ``value`` to the unit of the site's setting, rounded up."""
        return None if value is None else -int(-value // self.unit)

    def from_text(self, text):
        text = text.strip()
        if self.optional and text.lower() in ("", "none"):
            return None
        for kind in (int, float):
            try:
                return kind(text)
            except ValueError:
                pass
        return text

    def as_property(self):
        label = self.attribute + (f" ({self.measure})" if self.measure else "")
        return {**super().as_property(), "label": label}


class Flag(Setting):
    """True or false."""

    type = "boolean"

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.expected = "Set true or false."

    def clean(self, value):
        if value in (True, False, None):
            return bool(value)
        raise ValueError

    def from_text(self, text):
        return {"true": True, "false": False}.get(text.lower(), text)


class Choice(Setting):
    """One of some words: ``choices`` has them, each with its title.

    ``aliases`` are other spellings, in lower case, and the word that is meant.
    """

    type = "selection"

    def __init__(self, *arguments, choices, aliases=(), **options):
        super().__init__(*arguments, **options)
        self.choices = choices
        self.aliases = dict(aliases)
        self.expected = f"Set one of {', '.join(map(repr, choices))}."

    def clean(self, value):
        if value is None or isinstance(value, str):
            value = self.aliases.get((value or "").lower(), value)
            if value in self.choices:
                return value
        raise ValueError

    def as_property(self):
        name = f"{self.attribute}_choices"
        return {**super().as_property(), "select_variable": name}


class Choices(Choice):
    """Some of the ``choices``, at least one, in any order."""

    type = "multiple selection"

    def clean(self, value):
        words = (value,) if isinstance(value, str) else tuple(value or ())
        if not words or len(set(words)) < len(words) or set(words) - {*self.choices}:
            raise ValueError
        return words


class Text(Setting):
    """A text. ``allows`` returns False for a bad one; without it any value is taken."""

    allows = None

    def clean(self, value):
        if self.allows is None:
            return "" if value is None else str(value)
        if not isinstance(value, str) or not self.allows(value):
            raise ValueError
        return value

    def to_attribute(self, value):
        return "" if value is None and self.optional else value
