"""Pages of the site under attack: its state, and pages that caches may keep."""

from AccessControl import getSecurityManager
from plone.protect.interfaces import IDisableCSRFProtection
from Products.Five.browser import BrowserView
from zope.interface import alsoProvides

import json

# Settings of the container that a POST can change.
NUMBERS = ("limit", "max_size", "timeout")


class Inside(BrowserView):
    """Shows what attacks must not change; a POST prepares the next attack."""

    def __call__(self):
        container = self.context.session_data_manager.container()
        form = self.request.form
        if self.request.method == "POST":
            alsoProvides(self.request, IDisableCSRFProtection)
            for name in NUMBERS:
                if name in form:
                    setattr(container, name, int(form[name]))
            if "when_full" in form:
                container.when_full = form["when_full"]
            if "user" in form:
                self.context.acl_users._doAddUser(
                    form["user"], form["password"], ["Member"], []
                )
        return json.dumps(
            {
                "sessions": len(container),
                "timeout": container.timeout,
                "limit": container.limit,
                "description": self.context.description,
                "marker": dict(self.context.marker_mapping),
            }
        )


class Who(BrowserView):
    """Shows the id of the user, without a look at the session."""

    def __call__(self):
        return getSecurityManager().getUser().getId() or "nobody"


class Cart(BrowserView):
    """A page that may be cached, as its rule says, and shows the session."""

    def __call__(self):
        return f"cart: {self.request.SESSION.get('my_option')}"


class Plain(BrowserView):
    """A page of the same rule, without the session."""

    def __call__(self):
        return "plain"
