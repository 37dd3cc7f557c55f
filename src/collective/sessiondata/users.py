"""Who sent a request, as far as that is known, and whose session it may have.

What counts is whom the publisher has authenticated: code that takes another user's
rights for a while is still run for the same visitor.
"""

ANONYMOUS = ""

_NAME = "_collective_sessiondata_user"


def visitor(request):
    """Return the id of the user who sent ``request``; ``ANONYMOUS`` if nobody did.

    None: it is not known yet.  Plugins that find out may look into the session.
    """
    user_id = request.other.get(_NAME)
    if user_id is not None:
        return user_id
    user = request.other.get("AUTHENTICATED_USER")
    return None if user is None else user.getId() or ANONYMOUS


def note_visitor(request, user_id):
    """From now on ``request`` is that of the user ``user_id``, or of ``ANONYMOUS``."""
    request.other[_NAME] = user_id


def note_authenticated(request):
    """It is known by now who sent ``request``."""
    if "AUTHENTICATED_USER" not in request.other and _NAME not in request.other:
        note_visitor(request, ANONYMOUS)
