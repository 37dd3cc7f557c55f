"""An attack: its title, its description, and its result."""

from dataclasses import dataclass
from textwrap import dedent
from typing import Callable

import inspect

ATTACKS = []


class Success(Exception):
    """An attack has succeeded; the text says what it got."""


@dataclass
class Attack:
    """A function that attacks a site; its docstring says what it is and tries.

    It returns what it got, if that is nothing of use; else it raises ``Success``.
    """

    play: Callable
    title: str
    tried: str

    @property
    def module(self):
        return self.play.__module__.rpartition(".")[-1]


def attack(function):
    """Register ``function`` as an attack."""
    title, _, tried = inspect.cleandoc(function.__doc__).partition("\n\n")
    ATTACKS.append(Attack(function, title, " ".join(dedent(tried).split())))
    return function


def succeed_if(condition, got):
    """The attack has succeeded, with ``got``, if ``condition`` is true."""
    if condition:
        raise Success(got)


def succeed_with(findings):
    """The attack has succeeded if there are ``findings``, a list of texts."""
    if findings:
        more = len(findings) - 12
        shown = findings[:12] + ([f"and {more} more"] if more > 0 else [])
        raise Success("; ".join(shown))
