"""Pages that use sessions, or try to get around what protects the site."""

from ...api import get
from ...api import rotate
from .things import CheckoutData
from AccessControl.SecurityManagement import getSecurityManager
from AccessControl.SecurityManagement import newSecurityManager
from AccessControl.SecurityManagement import setSecurityManager
from plone.subrequest import subrequest
from Products.Five.browser import BrowserView
from zExceptions import NotFound
from zExceptions import Redirect
from ZODB.POSException import ConflictError
from zope.interface import implementer
from ZPublisher.Iterators import IStreamIterator

import sys
import transaction


class Look(BrowserView):
    """Reads the session in every way, and writes nothing."""

    def __call__(self):
        session = self.context.session_data_manager.getSessionData(create=True)
        session.get("a")
        session.items()
        self.request.SESSION.get("a")
        return self.page("looked")

    def page(self, text):
        self.request.response.setHeader("Content-Type", "text/html")
        return f"<html><head></head><body><p>{text}</p></body></html>"


class Has(Look):
    """Tells whether the visitor has a session, and what is in a slot of it."""

    def __call__(self):
        has_session = self.context.session_data_manager.hasSessionData()
        return self.page(f"{has_session} {get(self.context, 'checkout')}")


class Change(Look):
    """Changes what its form says, by GET: session, data in it, content."""

    def __call__(self):
        session = self.context.session_data_manager.getSessionData(create=True)
        what = self.request.form.get("what", "")
        value = self.request.form.get("value")
        if "new" in what:
            session["a"] = [value]
            session["data"] = CheckoutData()
            session["data"].more = CheckoutData()
            session["list"] = [CheckoutData()]
        if "key" in what:
            session["a"] = [value]
        if "in place" in what:
            session["a"].append(value)
        if "spoil" in what:
            session["a"].append(lambda: None)
        if "attribute" in what:
            session["data"].items = (value,)
        if "nested" in what:
            session["data"].more.items = (value,)
        if "listed" in what:
            session["list"][0].items = (value,)
        if "finish" in what:
            session.invalidate()
        if "rename" in what:
            session["renamed"] = session.pop("data")
            session["renamed"].items = (value,)
        if "attach" in what:
            session["data"].attached = self.context.marker_mapping
        if "through" in what:
            session["data"].attached["value"] = value
        if "wrapped" in what:
            session["data"].page = self.context.portal_catalog
        if "content" in what:
            self.context.description = value
        if "annotation" in what:
            self.context.marker_mapping["value"] = value
        if "hidden" in what:
            session["content"]["value"] = value
        if "setting" in what:
            self.context.session_data_manager.container().setTimeoutMinutes(1)
        if "other" in what:
            manager = self.context.session_data_manager
            other = manager.getSessionDataByKey(self.request.form["id"])
            if "end other" in what:
                other.invalidate()
            else:
                other["my_option"]["value"] = value
        return self.page("changed")


class Unpicklable(Look):
    """Tries to keep what cannot be kept, and goes on."""

    def __call__(self):
        session = self.request.SESSION
        session["good"] = 1
        errors = []
        for bad in (lambda: None, self.context):
            try:
                session["bad"] = bad
            except TypeError as error:
                errors.append(str(error))
        return self.page("; ".join(errors))


class Told(Look):
    """Tells all that the session holds."""

    def __call__(self):
        told = dict(self.request.SESSION.items())
        if "data" in told:
            told["data"] = told["data"].items, told["data"].more.items
        return self.page(f"{self.context.description} {told}")


class Retried(Look):
    """Changes the session, and meets a conflict at each first attempt."""

    def __call__(self):
        session = self.request.SESSION
        session["attempt"] = self.request.retry_count
        session[f"only in {self.request.retry_count}"] = True
        if not self.request.retry_count:
            raise ConflictError()
        return self.page(repr(session.items()))


class Parts(Look):
    """A page with a part that is a request of its own, as tiles are."""

    def __call__(self):
        session = self.context.session_data_manager.getSessionData(create=True)
        session.get("a")
        part = subrequest(f"{self.context.absolute_url()}/@@change?what=new&value=part")
        session["page"] = True
        return self.page(f"{part.status} {session.keys()}")


class Early(Look):
    """Looks at the session while it is traversed, and when it is called."""

    def publishTraverse(self, request, name):
        raise NotImplementedError

    def browserDefault(self, request):
        self.early = request.SESSION.get("my_option")
        return self, ()

    def __call__(self):
        manager = self.context.session_data_manager
        late = self.request.SESSION.get("my_option")
        later = manager.getSessionData(create=True).get("my_option")
        return self.page(f"early: {self.early} late: {late}, {later}")


class AsAnother(Look):
    """Works with the rights of another user for a while."""

    def __call__(self):
        before = getSecurityManager()
        user = self.context.acl_users.getUserById("bert")
        newSecurityManager(self.request, user.__of__(self.context.acl_users))
        try:
            session = self.context.session_data_manager.getSessionData(create=True)
            return self.page(repr(session.items()))
        finally:
            setSecurityManager(before)


class Rotate(Look):
    def __call__(self):
        rotate(self.request)
        return self.page("rotated")


class Fail(Look):
    """Fails after what cannot be undone by an abort alone."""

    def __call__(self):
        manager = self.context.session_data_manager
        if self.request.form["after"] == "rotate":
            manager.rotate()
        else:
            manager.logout()
        raise RuntimeError("That was that.")


class BeginAnew(Look):
    def __call__(self):
        manager = self.context.session_data_manager
        manager.logout()
        manager.getSessionData(create=True)["my_option"] = "anew"
        return self.page("anew")


class EndAllHere(Look):
    def __call__(self):
        self.context.session_data_manager.logout()
        return self.page("ended")


class Cached(Look):
    """Uses the session, or does not, and answers in many ways."""

    def __call__(self):
        form = self.request.form
        response = self.request.response
        value = None
        if "set" in form:
            value = self.request.SESSION["my_option"] = form["set"]
        elif "look" in form:
            value = self.request.SESSION.get("my_option")
        page = self.page(f"value: {value}")
        how = form.get("how")
        if how == "redirect":
            return response.redirect(self.context.absolute_url())
        if how == "raise":
            raise Redirect(self.context.absolute_url())
        if how == "missing":
            raise NotFound("nothing here")
        if how == "error":
            raise RuntimeError("That was that.")
        if how == "stream":
            response.setHeader("Content-Length", str(len(page)))
            response.write(page.encode())
            return None
        if how == "iterator":
            response.setHeader("Content-Length", str(len(page)))
            return Iterator([page.encode()])
        if how == "own":
            response.setHeader("Cache-Control", "private, max-age=5")
        if how == "loud":
            response.setHeader("CACHE-Control", "public, max-age=5", literal=1)
            response.addHeader("Cache-Control", "s-maxage=5")
            response.addHeader("VARY", "Accept")
        if how == "public":
            response.setHeader("Cache-Control", "public, max-age=5")
            response.setHeader("Surrogate-Control", "max-age=5")
            response.setHeader("Vary", "Accept-Language")
        return page


class Strong(Cached):
    """Cached for long, everywhere."""


class Terse(Cached):
    """Cached for a moment, in proxies and in RAM."""


class Weak(Cached):
    """Cached in the browser, which asks each time; and in RAM."""


@implementer(IStreamIterator)
class Iterator:
    def __init__(self, parts):
        self.parts = iter(parts)

    def __iter__(self):
        return self.parts

    def __next__(self):
        return next(self.parts)


class Printed(Look):
    """Shows the request, as pages that tell of errors do."""

    def __call__(self):
        self.request.SESSION.get("a")
        self.request.browser_ids = self.context.browser_id_manager.getBrowserId()
        return self.page(f"{self.request} {self.request.text()} {self.request.SESSION}")


class CookiesSent(Look):
    """Tells which cookies came, without what they hold."""

    def __call__(self):
        cookies = str.__str__(self.request.environ.get("HTTP_COOKIE", ""))
        names = [cookie.split("=")[0].strip() for cookie in cookies.split(";")]
        return self.page(" ".join(names))


class Logged(Look):
    """Has an error logged."""

    def __call__(self):
        self.request.SESSION.get("my_option")
        try:
            raise RuntimeError("That was that.")
        except RuntimeError:
            self.context.error_log.raising(sys.exc_info())
        return self.page("logged")


class Steps(Look):
    """Does what its form says, step by step, in one request."""

    def browserDefault(self, request):
        if "early" in request.form:
            request.SESSION["secret"] = request.form["early"]
        return self, ()

    def __call__(self):
        self.manager = self.context.session_data_manager
        self.session = self.manager.getSessionData(create=True)
        for step in self.request.form["steps"].split():
            getattr(self, step)()
        return self.page(repr(self.manager.getSessionData(create=True).items()))

    def set(self):
        self.session["secret"] = "theirs"

    def nested(self):
        self.session["data"].items = ("secret",)

    def savepoint(self):
        self.point = transaction.savepoint(optimistic=True)

    def rollback(self):
        self.point.rollback()

    def minimize(self):
        transaction.savepoint(optimistic=True)
        self.context._p_jar.cacheMinimize()

    def rotate(self):
        self.manager.rotate()

    def login(self):
        self.manager.login("anna")

    def logout(self):
        self.manager.logout()

    def anew(self):
        self.session = self.manager.getSessionData(create=True)
        self.session["anew"] = 1

    def part(self):
        subrequest(f"{self.context.absolute_url()}/@@rotate")

    def part_that_writes(self):
        subrequest(f"{self.context.absolute_url()}/@@seed-set?value=part")

    def fail(self):
        raise RuntimeError("That was that.")


class Missing(Look):
    """Stands for an error page that shows the session."""

    def __call__(self):
        self.request.response.setHeader("Content-Type", "text/html")
        return f"<p>{self.request.SESSION.get('my_option')}</p>"
