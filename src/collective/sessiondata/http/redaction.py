"""Text that is not to be seen: in error pages and logs, which show representations."""

HIDDEN = "(hidden)"


class Secret(str):
    """Text that looks hidden wherever something shows its representation."""

    __slots__ = ()

    def __repr__(self):
        return f"'{HIDDEN}'"


class Unprintable(Secret):
    """A secret that is not even printed: who needs it has to take it apart."""

    __slots__ = ()

    def __str__(self):
        return HIDDEN
