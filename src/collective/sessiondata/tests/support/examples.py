"""Finds the examples in the documentation: every block of code in every page.

Pages are read with docutils.  Of Sphinx's directives those that show code are known
here, and of the others as much as is needed to go on reading.
"""

from .given import given
from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import Directive
from docutils.parsers.rst import directives
from docutils.parsers.rst import roles
from inspect import cleandoc
from pathlib import Path
from typing import NamedTuple
from zope.dottedname.resolve import resolve
from zope.interface.interface import InterfaceClass

import re

CHECKOUT = Path(given("CHECKOUT", "the documentation, in a checkout or an sdist"))

# With what docstrings say.
DOCSTRINGS = (
    "autoclass",
    "autoexception",
    "autofunction",
    "autointerface",
    "automodule",
)
# Without examples; so are those that the documentation has for itself.
PLAIN = ("py:data", "py:module", "toctree")
# With a text of their own, which may have examples.
WITH_TEXT = ("deprecated", "seealso", "versionadded", "versionchanged")
ROLES = ("doc", "download", "file", "ref", "py:class", "py:func", "py:meth")

EXTENSIONS = "\n".join(
    path.read_text(encoding="utf-8") for path in (CHECKOUT / "docs/_ext").glob("*.py")
)


def _added(what):
    """Return the names of directives, or roles, that Sphinx gets from ``EXTENSIONS``."""
    return re.findall(rf'app\.add_{what}\("([\w-]+)"', EXTENSIONS)


class Example(NamedTuple):
    """A block of code: where it is, in which language, and the code.

    ``file`` is the path of the file that it is included from, or None.
    """

    page: str
    line: int
    language: str
    code: str
    file: Path = None

    def __str__(self):
        return f"{self.page}, line {self.line} ({self.language or 'no language'})"


class _AnyOption(dict):
    """Takes all options there are."""

    def __missing__(self, name):
        return directives.unchanged

    def __bool__(self):
        return True


class _Sphinx(Directive):
    has_content = True
    optional_arguments = 100
    option_spec = _AnyOption()


class _Code(_Sphinx):
    def run(self):
        block = nodes.literal_block(text="\n".join(self.content))
        block["language"] = "".join(self.arguments[:1])
        block["line"] = self.content_offset + 1
        return [block]


class _Included(_Sphinx):
    def run(self):
        page = Path(self.state.document.current_source)
        file = (page.parent / self.arguments[0]).resolve()
        block = nodes.literal_block(text=file.read_text(encoding="utf-8"))
        block["language"] = self.options.get("language", "")
        block["line"] = self.lineno
        block["file"] = file
        return [block]


class _Plain(_Sphinx):
    def run(self):
        return []


class _Docstrings(_Sphinx):
    """What docstrings have for examples: in no language, so nobody runs them."""

    def run(self):
        described = resolve(self.arguments[0].removesuffix("()"))
        texts = [described.__doc__]
        if isinstance(described, InterfaceClass):
            texts += [it.getDoc() for _name, it in described.namesAndDescriptions()]
        elif isinstance(described, type):
            texts += [it.__doc__ for it in vars(described).values() if callable(it)]
        blocks = []
        for text in filter(None, texts):
            blocks += publish_doctree(cleandoc(text)).findall(nodes.literal_block)
        return blocks


class _WithText(_Sphinx):
    def run(self):
        node = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


def _role(name, rawtext, text, lineno, inliner, options=None, content=None):
    return [nodes.literal(rawtext, text)], []


for _names, _directive in (
    (("code", "code-block", "sourcecode"), _Code),
    (("literalinclude",), _Included),
    (DOCSTRINGS, _Docstrings),
    ((*PLAIN, *_added("directive")), _Plain),
    (WITH_TEXT, _WithText),
):
    for _name in _names:
        directives.register_directive(_name, _directive)
for _name in (*ROLES, *_added("role")):
    roles.register_local_role(_name, _role)


def pages():
    """Return the names of the README and all pages, as paths in the checkout."""
    found = [CHECKOUT / "README.rst", *(CHECKOUT / "docs").rglob("*.rst")]
    names = (path.relative_to(CHECKOUT).as_posix() for path in found)
    return sorted(name for name in names if not name.startswith("docs/_build/"))


def examples(name, language=None):
    """Return the examples in a page; those in one language, if it is given.

    Markup that docutils does not understand is an error.
    """
    path = CHECKOUT / name
    document = publish_doctree(
        path.read_text(encoding="utf-8"),
        source_path=str(path),
        settings_overrides={"halt_level": 2},
    )
    found = [
        Example(
            name,
            block.get("line", block.line),
            block.get("language", ""),
            block.astext(),
            block.get("file"),
        )
        for block in document.findall(
            lambda node: isinstance(node, (nodes.literal_block, nodes.doctest_block))
        )
    ]
    return [example for example in found if language in (None, example.language)]
