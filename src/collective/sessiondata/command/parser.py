"""Build the parsers of the commands: arguments, options and help."""

from argparse import ArgumentParser
from argparse import RawDescriptionHelpFormatter

PROGRAM = "bin/instance sessions"

# plone.recipe.zope2instance exits with 1 after any error.
EXIT_CODES = """\
exit codes:
  0  done
  1  nothing found, or not everything done
  2  wrong usage: nothing was done (bin/instance turns it into a 1)
"""

_SITE = "the path of a site, as Plone or folder/Plone ({})"


class Parser(ArgumentParser):
    """A parser without abbreviations, which prints examples as they are written."""

    def __init__(self, *arguments, **options):
        super().__init__(
            *arguments,
            **options,
            # An abbreviated option must not end sessions.
            allow_abbrev=False,
            formatter_class=RawDescriptionHelpFormatter,
        )


def add_command(commands, name, run, help, description, examples):
    """Add the command ``name`` to the subparsers ``commands``; return its parser.

    ``run(app, options)`` does the work and returns an exit code.  ``examples`` are
    command lines without the name of the program.
    """
    lines = "".join(f"  {PROGRAM} {example}\n" for example in examples)
    parser = commands.add_parser(
        name,
        help=help,
        description=description,
        epilog=f"examples:\n{lines}\n{EXIT_CODES}",
    )
    parser.set_defaults(run=run)
    return parser


def add_sites(parser, default):
    """Add an argument for paths of sites; ``default`` describes what none means."""
    parser.add_argument("sites", nargs="*", metavar="SITE", help=_SITE.format(default))


def add_site(parser, default):
    """Add an argument for the path of a site; ``default`` describes what none means."""
    parser.add_argument("site", nargs="?", metavar="SITE", help=_SITE.format(default))


def add_json(parser):
    """Add the option --json."""
    parser.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object, by the paths of sites, and nothing else",
    )
