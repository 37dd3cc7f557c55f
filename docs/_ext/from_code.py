"""Directives that generate tables from code and figures; the colours of zope.conf."""

from acceptance.benchmarks.report import number
from argparse import _SubParsersAction
from collections import defaultdict
from collective.sessiondata import command
from collective.sessiondata.command.parser import PROGRAM
from collective.sessiondata.plone import restapi as rest
from collective.sessiondata.plone import schema
from collective.sessiondata.settings.site import SETTINGS
from docutils import nodes
from functools import cache
from importlib.resources import files
from lxml import etree
from math import ceil
from pathlib import Path
from pygments.lexer import bygroups
from pygments.lexer import RegexLexer
from pygments.token import Comment
from pygments.token import Keyword
from pygments.token import Name
from pygments.token import String
from pygments.token import Text
from sphinx.util.docutils import SphinxDirective
from unittest import mock
from zope.schema import getFieldsInOrder
from zope.schema.interfaces import IChoice

import collective.sessiondata
import json
import os

# The assumptions of the page on capacity: the writes of a visit, and the share of its time
# in which a processor is busy.
VISIT = {"creations": 1, "changes": 7}
LOAD = 0.5

DOCS = Path(__file__).parents[1]
CASES = DOCS.parent / "acceptance" / "benchmarks" / "cases.py"
PACKAGE = files(collective.sessiondata)
REST = files(rest)

GROUPS = (schema.ITimes, schema.ILogin, schema.ICookie, schema.ILimits)


class _Table(SphinxDirective):
    """A table; ``rows`` returns its rows, in reStructuredText."""

    headings = ()
    widths = ()

    def run(self):
        group = nodes.tgroup(cols=len(self.headings))
        group += [nodes.colspec(colwidth=width) for width in self.widths]
        head, body = nodes.thead(), nodes.tbody()
        head += self._row(self.headings)
        body += [self._row(row) for row in self.rows()]
        group += [head, body]
        table = nodes.table("", group, classes=["from-code"])
        return [table]

    def _row(self, texts):
        row = nodes.row()
        for text in texts:
            entry = nodes.entry()
            entry += self.parse_text_to_nodes(text)
            row += entry
        return row


def _literal(value):
    return f"``{value}``" if value not in (None, "") else "empty"


def _kind(name, field):
    """Return the allowed values of the setting ``name``, in words."""
    if IChoice.providedBy(field):
        return ", ".join(map(_literal, SETTINGS[name].choices))
    kind = {"Int": "whole number", "Bool": "true or false"}.get(
        type(field).__name__, "text"
    )
    if getattr(field, "min", None) is not None:
        kind += f", {field.min} to {field.max:,}"
    return kind if field.required or kind == "true or false" else f"{kind}, or empty"


class Settings(_Table):
    """The settings of a site: the schema of the control panel, and their attributes."""

    headings = ("Name", "Default", "Values", "Meaning")
    widths = (22, 16, 20, 42)

    def rows(self):
        for group in GROUPS:
            for name, field in getFieldsInOrder(group):
                setting = SETTINGS[name]
                yield (
                    _literal(name),
                    _literal(field.default),
                    _kind(name, field),
                    f"*{field.title}.*  {field.description}  "
                    f"(``{setting.attribute}`` of the {_PARTS[setting.part]}"
                    f"{_in_unit(setting)}.)",
                )


_PARTS = {
    "container": "container",
    "manager": "session data manager",
    "browser_ids": "browser id manager",
}


def _in_unit(setting):
    """Return the unit of the attribute, in words, if it differs from the setting's."""
    return "" if setting.unit == 1 else f", in {setting.measure}"


def _zcml(package, name):
    """Return the elements in a file of ZCML."""
    configuration = etree.fromstring((package / name).read_bytes())
    return list(configuration.iterchildren(etree.Element))


class Permissions(_Table):
    """Permissions of this package, their roles, and the pages that need them."""

    headings = ("Permission, and its id in ZCML", "Roles", "For")
    widths = (45, 25, 30)

    def rows(self):
        uses = defaultdict(list)
        for page in _zcml(PACKAGE / "plone" / "browser", "configure.zcml"):
            if "permission" in page.attrib:
                uses[page.get("permission")].append(f"``@@{page.get('name')}``")
        for service in _services():
            uses[service.get("permission")].append(
                f"``{service.get('method')} {service.get('name')}``"
            )
        for permission in _zcml(PACKAGE / "plone", "permissions.zcml"):
            id = permission.get("id")
            roles = [role.get("name") for role in permission]
            yield (
                f"{permission.get('title')}\n\n{_literal(id)}",
                ", ".join(roles),
                ", ".join(uses[id]),
            )


def _services():
    return [
        element
        for element in _zcml(REST, "configure.zcml")
        if etree.QName(element).localname == "service"
    ]


class Commands(SphinxDirective):
    """The output of each command with ``--help``, in a section of its own."""

    def run(self):
        with mock.patch.dict(os.environ, COLUMNS="80"):
            parser = command.create_parser()
            sections = [self._section(PROGRAM, parser)]
            (action,) = (
                action
                for action in parser._actions
                if isinstance(action, _SubParsersAction)
            )
            sections += [
                self._section(f"{PROGRAM} {name}", subparser)
                for name, subparser in action.choices.items()
            ]
        return sections

    def _section(self, name, parser):
        text = parser.format_help().rstrip()
        section = nodes.section(ids=[nodes.make_id(name)], names=[name])
        section += nodes.title(name, name)
        section += nodes.literal_block(text, text, language="none")
        return section


class ZConfLexer(RegexLexer):
    """Colours zope.conf and zeo.conf; Pygments has no lexer for ZConfig."""

    name = "zconf"
    aliases = ["zconf"]
    tokens = {
        "root": [
            (r"\s+", Text),
            (r"#.*", Comment),
            (r"(%\w+)(.*)", bygroups(Keyword, String)),
            (r"(</?)([\w.-]+)([^>]*)(>)", bygroups(Text, Name.Tag, String, Text)),
            (r"([\w.-]+)(.*)", bygroups(Name.Attribute, String)),
        ]
    }


class NotMeasured(LookupError):
    """The last benchmark was run without that case; it is optional."""


class _Calculated(_Table):
    """A table of numbers that are calculated from the last benchmark."""

    def run(self):
        try:
            return super().run()
        except NotMeasured as missing:
            return [nodes.paragraph("", f"(The figures were {missing}.)")]


class Capacity(_Calculated):
    """The visits that engines handled in the last benchmark, and one core of a server can.

    The rest is arithmetic: see the page.
    """

    headings = (
        "Engine",
        "Visits a second, on that machine",
        "Server's processor time for a visit (ms)",
        "Visits a second, for each core of servers",
        "Cores of Zope for them",
    )
    widths = (28, 18, 18, 18, 18)

    def rows(self):
        for engine in _peers("capacity", "changes"):
            rate = 1 / _of_visit(lambda work: 1 / _median("capacity", work, engine))
            yield (engine, number(rate), *map(number, self._for_server(engine)))

    def _for_server(self, engine):
        server, zope = (
            _of_visit(
                lambda work: _median(
                    "capacity", f"processor time of {work}, {side}", engine
                )
            )
            for side in ("server", "Zope")
        )
        if not server:
            return None, None, None
        return server / 1e3, 1e6 / server, zope / server


class Servers(_Calculated):
    """The cores of servers, and of Zope for sessions, for a number of visits."""

    headings = (
        "Visits a second",
        "Writes a second",
        "Visits a day",
        "ZEO",
        "PostgreSQL",
    )
    widths = (16, 16, 20, 24, 24)

    def rows(self):
        for visits in (1, 10, 100, 1_000, 10_000):
            yield (
                f"{visits:,}",
                f"{visits * sum(VISIT.values()):,}",
                f"{visits * 24 * 3600:,}",
                *(self._cores(engine, visits) for engine in ("ZEO", "PostgreSQL")),
            )

    def _cores(self, engine, visits):
        needed = [
            ceil(
                visits
                * _of_visit(
                    lambda work: _median(
                        "capacity", f"processor time of {work}, {side}", engine
                    )
                )
                / 1e6
                / LOAD
            )
            for side in ("server", "Zope")
        ]
        return "{:,} and {:,}".format(*needed)


def _of_visit(cost):
    """Return the cost of a visit, from that of each of its writes."""
    return sum(times * cost(work) for work, times in VISIT.items())


def _measured(name, rawtext, text, lineno, inliner, options=None, content=None):
    """A role: the median of a peer in the last benchmark, as its page shows it.

    Its text is the name of the case, the quantity and the peer, with commas.
    """
    case, rest = text.split(", ", 1)
    # Names of quantities and of peers may have commas, too.
    quantity = max(
        (it for it in _quantities(case) if rest.startswith(f"{it}, ")),
        key=len,
        default=rest.split(", ")[0],
    )
    peer = rest.removeprefix(f"{quantity}, ")
    try:
        median = number(_median(case, quantity, peer))
    except NotMeasured as missing:
        median = str(missing)
    return [nodes.Text(median)], []


def _quantities(case):
    """Return the quantities that the last benchmark has measured in a case."""
    return [
        measure["quantity"]
        for it in _report()["cases"]
        if it["name"] == case
        for measure in it["measures"]
    ]


def _peers(case, quantity):
    """Return the medians of one quantity in the last benchmark, by their peers.

    Raise ``NotMeasured`` if the benchmark was run without the case, and ``ValueError`` if
    it has no case of that name.
    """
    cases = {it["name"]: it["measures"] for it in _report()["cases"]}
    if case not in cases:
        if f'"{case}"' not in CASES.read_text():
            raise ValueError(f"The benchmark has no case {case!r}")
        raise NotMeasured("not measured")
    measures = cases[case]
    (peers,) = (it["peers"] for it in measures if it["quantity"] == quantity)
    return {it["peer"]: it["median"] for it in peers}


def _median(case, quantity, peer):
    return _peers(case, quantity)[peer]


@cache
def _report():
    return json.loads((DOCS / "benchmark.json").read_text(encoding="utf-8"))


def setup(app):
    """Register the lexer, the role and the directives with Sphinx."""
    app.add_lexer("zconf", ZConfLexer)
    app.add_role("measured", _measured)
    app.add_directive("capacity-of-engines", Capacity)
    app.add_directive("servers-for-visits", Servers)
    app.add_directive("commands-of-package", Commands)
    app.add_directive("settings-of-sites", Settings)
    app.add_directive("permissions-of-package", Permissions)
    return {"parallel_read_safe": True}
