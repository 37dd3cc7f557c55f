"""How the commands, their words and their help are made alike."""

from argparse import ArgumentParser
from argparse import RawDescriptionHelpFormatter

PROGRAM = "bin/instance sessions"

# plone.recipe.zope2instance ends with 1 whatever goes wrong.
EXIT_CODES = """\
exit codes:
  0  done
  1  nothing found, or not all done
  2  wrong usage: nothing was done (bin/instance makes a 1 of it)
"""

_SITE = "the path of a site, as Plone or folder/Plone ({})"


class Parser(ArgumentParser):
    """A parser that takes words as they are, and shows examples as they stand."""

    def __init__(self, *arguments, **options):
        super().__init__(
            *arguments,
            **options,
            # A command that was not written out must not end sessions.
            allow_abbrev=False,
            formatter_class=RawDescriptionHelpFormatter,
        )


def add_command(commands, name, run, help, description, examples):
    """Add the command ``name``, which ``run`` does, and return its parser.

    ``examples`` are lines, each what stands after the program's name.
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
    """Let ``parser`` take the paths of sites; ``default`` says what none means."""
    parser.add_argument("sites", nargs="*", metavar="SITE", help=_SITE.format(default))


def add_site(parser, default):
    """Let ``parser`` take the path of one site; ``default`` says what none means."""
    parser.add_argument("site", nargs="?", metavar="SITE", help=_SITE.format(default))


def add_json(parser):
    """Let ``parser`` take --json."""
    parser.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object, by the paths of sites, and nothing else",
    )
