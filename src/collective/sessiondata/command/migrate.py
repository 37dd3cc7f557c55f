"""``sessions migrate``: the live sessions of another product come here."""

from ..http.ids import STOCK_COOKIE
from ..operations.carryover import carry_over
from ..settings.manager import DEFAULT_PATH
from . import parser as parsing
from .errors import DONE
from .errors import INCOMPLETE
from .errors import WrongUsage
from .output import count
from .progress import bar
from .retry import committed
from .sites import for_each
from .sites import named
from functools import partial


def add(commands):
    """Add the command to the subparsers ``commands``."""
    parser = parsing.add_command(
        commands,
        "migrate",
        _run,
        "move the live sessions of another product's container here",
        "Move the live sessions of another product's container into the site.  "
        "Visitors keep\ntheirs.  What cannot be taken is told, and stays where it is.",
        ("migrate Plone", "migrate Plone --from /temp_folder/session_data"),
    )
    parser.add_argument("site", metavar="SITE", help="the path of the site, as Plone")
    parser.add_argument(
        "--from",
        dest="path",
        metavar="PATH",
        default=DEFAULT_PATH,
        help="the path of that container (%(default)s)",
    )
    parser.add_argument(
        "--cookie",
        metavar="NAME",
        default=STOCK_COOKIE,
        help="the cookie with the ids of its browsers (%(default)s)",
    )


def _run(app, options):
    return for_each(
        named(app, [options.site]),
        lambda site: _migrate(site, options.path, options.cookie),
    )


def _migrate(site, path, cookie):
    # An empty path would lead to the manager itself.
    if not path or site.manager.unrestrictedTraverse(path, None) is None:
        raise WrongUsage(
            f"There is no session data container at {path!r}. Say with --from where it "
            "is."
        )
    site.container(foreign=True)
    result = committed(
        lambda: carry_over(site.manager, path, cookie, partial(bar, site.path)),
        "Carried sessions over",
    )
    print(f"{site.path}: carried {count(result.carried, 'session')} over.")
    for problem in result.problems:
        print(f"One stays where it is: {problem}")
    if not result.carried:
        print(
            "A container in the memory of a running Zope can be seen there alone: use "
            "the tab Carry over of the session data manager, in the management "
            "interface."
        )
    return DONE if result.carried and not result.problems else INCOMPLETE
