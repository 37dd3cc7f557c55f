"""Settings: attributes of a container that are checked where they are set."""

from ..events import SettingsChanged
from inspect import getattr_static
from zope.event import notify

# More than anybody means, and exact in any arithmetic.
MOST = 10**15


class _Attribute:
    """An attribute of a container that is kept in its ``store``."""

    def __init__(self, default, expected):
        self.default = default
        self.expected = expected

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, container, owner=None):
        if container is None:
            return self.default
        return getattr(container.store, self.name)

    def __set__(self, container, value):
        change(container, **{self.name: value})

    def check(self, value):
        """Raise ``ValueError`` if ``value`` may not be set."""
        if not self.allows(value):
            raise ValueError(
                f"{self.name} is {self.expected}; {value!r} is not. "
                "Nothing was changed."
            )


def checked(container, **values):
    """Return the ``_Attribute`` of each of ``values`` of ``container``, with its value.

    Raise ``ValueError`` if one may not be set.
    """
    settings = {getattr_static(type(container), name): values[name] for name in values}
    for setting, value in settings.items():
        setting.check(value)
    return settings


def change(container, **values):
    """Change some settings of ``container``: all, or none.

    Raise ``ValueError`` if one may not be set.
    """
    for setting, value in checked(container, **values).items():
        setattr(container.store, setting.name, value)
    notify(SettingsChanged(container))


class Number(_Attribute):
    """A number, 0 or more.  ``None`` is allowed where it is the default."""

    def __init__(self, default, expected, whole=False):
        super().__init__(default, expected)
        self.kinds = (int,) if whole else (int, float)

    def allows(self, value):
        """Return True if ``value`` may be set."""
        if value is None:
            return self.default is None
        is_number = isinstance(value, self.kinds) and not isinstance(value, bool)
        return is_number and 0 <= value <= MOST


class Choice(_Attribute):
    """One of some words; the first one is the default."""

    def __init__(self, *choices):
        super().__init__(choices[0], "one of " + ", ".join(map(repr, choices)))
        self.choices = choices

    def allows(self, value):
        """Return True if ``value`` may be set."""
        return value in self.choices
