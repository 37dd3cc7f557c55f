"""``bin/instance sessions``: what an administrator does from the command line."""

from ..former import carry_over
from ..formerids import STOCK_COOKIE
from ..manager import SESSION_DATA_MANAGER
from ..managersettings import DEFAULT_PATH
from ..surroundings import with_request
from Products.Sessions.interfaces import SessionDataManagerErr
from zope.component.hooks import setSite
from zope.globalrequest import setRequest

import argparse
import sys
import transaction


def sessions(app, args):
    """Do what ``args``, the words after ``bin/instance sessions``, say."""
    parser = argparse.ArgumentParser("bin/instance sessions")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser(
        "carry-over",
        help="move the live sessions of another product's container here",
        description="Move the live sessions of another product's container into the "
        "site. Visitors keep theirs.",
    )
    command.add_argument("site", help="the path of the site, as Plone")
    command.add_argument(
        "--from",
        dest="path",
        default=DEFAULT_PATH,
        help="the path of that container (%(default)s)",
    )
    command.add_argument(
        "--cookie",
        default=STOCK_COOKIE,
        help="the cookie with the ids of its browsers (%(default)s)",
    )
    command.set_defaults(run=_carry_over)
    for leading in ("-c", "sessions"):
        # bin/instance leaves these there.
        if args[:1] == [leading]:
            args = args[1:]
    options = parser.parse_args(args)
    app = with_request(app)
    setRequest(app.REQUEST)
    try:
        options.run(app, options)
    except SessionDataManagerErr as error:
        transaction.abort()
        sys.exit(str(error))


def _carry_over(app, options):
    site = app.unrestrictedTraverse(options.site.strip("/"), None)
    manager = getattr(site, SESSION_DATA_MANAGER, None)
    if getattr(manager, "container_id", None) is None:
        raise SessionDataManagerErr(
            f"{options.site!r} has no session data manager of collective.sessiondata. "
            "Install it there first, as an add-on."
        )
    setSite(site)
    result = carry_over(manager, options.path, options.cookie)
    transaction.get().note("Carried sessions over")
    transaction.commit()
    print(f"{result.carried} sessions carried over.")
    for problem in result.problems:
        print(f"One stays where it is: {problem}")
    if not result.carried:
        print(
            "A container in the memory of a running Zope can be seen there alone: use "
            "the tab Carry over of the session data manager, in the management "
            "interface."
        )
