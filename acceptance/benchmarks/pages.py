"""What a session costs a whole page of a Plone site, published as a server would."""

from .measure import compare
from .measure import OURS
from .measure import Stopwatch
from .stores import VALUE
from acceptance.support.client import cookie_pairs
from acceptance.support.client import store_cookies
from collective.sessiondata.tests.support.server import FILE_STORAGE
from collective.sessiondata.tests.support.server import SITE_ZCML
from collective.sessiondata.tests.support.server import ZOPE_CONF
from io import BytesIO
from pathlib import Path
from Products.Five.browser import BrowserView
from urllib.parse import urlsplit

import logging
import transaction

WITHOUT = "the same page without"

PROFILES = [
    "plone.app.contenttypes:default",
    "plone.app.caching:default",
    "plonetheme.barceloneta:default",
    "collective.sessiondata:default",
]


class Without(BrowserView):
    """A page that says something."""

    def value(self):
        return VALUE


class With(Without):
    """The same page: what it says is in the session."""

    def value(self):
        return self.context.session_data_manager.getSessionData()["a"]


class Begin(BrowserView):
    """Begins the session."""

    def __call__(self):
        self.context.session_data_manager.getSessionData(create=True)["a"] = VALUE


class Server:
    """A Zope with a Plone site in it, as a WSGI server sees it."""

    def __init__(self, directory):
        home = Path(directory)
        for folder in ("blobs", "etc", "var"):
            (home / folder).mkdir()
        (home / "etc" / "site.zcml").write_text(
            SITE_ZCML.format(package="acceptance.benchmarks", file="pages.zcml")
        )
        conf = home / "zope.conf"
        conf.write_text(ZOPE_CONF.format(home=home, more="", storage=FILE_STORAGE))
        # Zope is configured on import, for the whole process.
        from Zope2.Startup.run import make_wsgi_app

        self.application = make_wsgi_app({}, str(conf))
        self._add_site()
        self.cookies = {}

    def _add_site(self):
        from Products.CMFPlone.factory import addPloneSite
        from Testing.makerequest import makerequest
        from zope.globalrequest import clearRequest
        from zope.globalrequest import setRequest

        import Zope2

        # What its profiles warn of is no concern here.
        logging.disable(logging.WARNING)
        app = makerequest(Zope2.app())
        setRequest(app.REQUEST)
        addPloneSite(app, "Plone", title="Benchmark", extension_ids=PROFILES)
        transaction.commit()
        clearRequest()
        app._p_jar.close()

    def get(self, path):
        """Return the body of a page; keep the cookies that it sets."""
        # Not 127.0.0.1: there Plone shows no theme.
        environ = {
            "HTTP_COOKIE": cookie_pairs(self.cookies),
            "HTTP_HOST": "localhost",
            "PATH_INFO": path,
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.input": BytesIO(),
            "wsgi.url_scheme": "http",
        }
        answer = {}

        def start_response(status, headers, exc_info=None):
            answer.update(status=status, headers=headers)

        body = b"".join(self.application(environ, start_response))
        if not answer["status"].startswith("20"):
            raise RuntimeError(f"{urlsplit(path).path}: {answer['status']}")
        store_cookies(
            self.cookies,
            [it for name, it in answer["headers"] if name.lower() == "set-cookie"],
        )
        return body


def paged(run):
    """Render a page that reads the session, and the same page without."""
    pages = {OURS: "/Plone/@@benchmark-with", WITHOUT: "/Plone/@@benchmark-without"}
    server = Server(run.directory)
    server.get("/Plone/@@benchmark-begin")
    for name, page in pages.items():
        if VALUE.encode() not in server.get(page):
            raise RuntimeError(f"{name}: the page does not say what it should")

    def batch(page):
        stopwatch = Stopwatch()
        with stopwatch:
            server.get(page)
        return {"time": stopwatch.seconds * 1e3}

    # A page makes a round: it takes long, and what is looked for is little.
    return compare(pages, batch, {"time": "ms"}, run.times(250))
