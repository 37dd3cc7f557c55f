"""Pages that use sessions, or try to get around what protects the site."""

from .things import CheckoutData
from plone.subrequest import subrequest
from Products.Five.browser import BrowserView
from ZODB.POSException import ConflictError


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
