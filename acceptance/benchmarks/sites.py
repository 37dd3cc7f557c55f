"""The peers as sites: how each of them gives a request its visitor's session.

All are the least Zope that has sessions, each in a FileStorage of its own, asked by
real requests that bring real cookies.
"""

from .measure import OURS
from .stores import add_mcdutils
from .stores import CACHE_SIZE
from .stores import MCDUTILS
from .stores import VALUE
from .stores import ZOPE_SESSION
from acceptance.support.client import cookie_pairs
from collective.sessiondata.browserid import BROWSER_ID_MANAGER
from collective.sessiondata.browserid import BrowserIdManager
from collective.sessiondata.manager import SESSION_DATA_MANAGER
from collective.sessiondata.manager import SessionDataManager
from collective.sessiondata.subscribers import manager_added
from contextlib import contextmanager
from contextlib import ExitStack
from io import BytesIO
from OFS.Application import Application
from OFS.Folder import Folder
from Products.Sessions.BrowserIdManager import BrowserIdManager as StockIdManager
from Products.Sessions.SessionDataManager import SessionDataManager as StockManager
from Products.TemporaryFolder.TemporaryFolder import MountedTemporaryFolder
from Products.Transience.Transience import TransientObjectContainer as StockContainer
from ZODB.DB import DB
from ZODB.FileStorage import FileStorage
from zope.component import provideAdapter
from zope.component.hooks import setHooks
from zope.component.hooks import setSite
from zope.globalrequest import clearRequest
from zope.globalrequest import setRequest
from zope.publisher.browser import BrowserRequest
from zope.session.http import CookieClientIdManager
from zope.session.interfaces import IClientId
from zope.session.interfaces import IClientIdManager
from zope.session.interfaces import ISession
from zope.session.interfaces import ISessionDataContainer
from zope.session.session import ClientId
from zope.session.session import PersistentSessionDataContainer
from zope.session.session import Session
from zope.site.folder import Folder as SiteFolder
from zope.site.site import LocalSiteManager
from ZPublisher.BaseRequest import RequestContainer
from ZPublisher.HTTPRequest import HTTPRequest
from ZPublisher.HTTPResponse import HTTPResponse

import os
import tempfile
import transaction

SESSIONS = "Products.Sessions"
SESSIONS_IN_RAM = "Products.Sessions, tempstorage"


def environment(cookies):
    """Return what a server tells of a browser's request."""
    return {
        "HTTP_COOKIE": cookie_pairs(cookies),
        "REQUEST_METHOD": "GET",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
    }


class Site:
    """One peer's site, and the database that it is in."""

    name = None
    # Whether sessions are kept in the file.
    on_disk = True

    def __init__(self, run):
        self.run = run
        self.path = os.path.join(tempfile.mkdtemp(dir=run.directory), "Data.fs")
        self.db = DB(FileStorage(self.path), cache_size=CACHE_SIZE)
        connection = self.db.open()
        self.set_up(connection)
        transaction.commit()
        connection.close()

    def size(self):
        return os.path.getsize(self.path)

    def close(self):
        self.db.close()

    @contextmanager
    def request(self, cookies):
        """Yield what the methods below take, for one request of a browser.

        It ends with a commit.  The cookies that were set are put into ``cookies``.
        """
        transaction.begin()
        connection = self.db.open()
        try:
            with self.publication(connection, environment(cookies)) as (
                context,
                set_cookies,
            ):
                yield context
                transaction.commit()
                for name, cookie in set_cookies.items():
                    cookies[name] = cookie["value"]
        finally:
            transaction.abort()
            connection.close()

    # What each peer fills in; here in the way of Zope

    def set_up(self, connection):
        app = connection.root()["Application"] = Application()
        connection.add(app)
        app._setObject("site", Folder("site"))
        self.add_tools(app)

    def add_tools(self, app):
        """Make what gives ``app.site`` its sessions."""
        raise NotImplementedError

    @contextmanager
    def publication(self, connection, environment):
        """Yield the context and the cookies of the response."""
        request = HTTPRequest(BytesIO(), environment, HTTPResponse(stdout=BytesIO()))
        request.processInputs()
        setRequest(request)
        app = connection.root()["Application"]
        try:
            yield app.__of__(RequestContainer(REQUEST=request)).site, (
                request.response.cookies
            )
        finally:
            clearRequest()
            request.close()

    def read(self, context):
        """Return one key of the visitor's session, which exists."""
        return context.session_data_manager.getSessionData()["a"]

    def look(self, context, key):
        """Return one key of the session if there are both, else None."""
        return context.session_data_manager.getSessionData(create=True).get(key)

    def put(self, context, key, value):
        """Set one key of the session."""
        context.session_data_manager.getSessionData(create=True)[key] = value


class OurSite(Site):
    name = OURS

    def add_tools(self, app):
        site = app.site
        site._setObject(BROWSER_ID_MANAGER, BrowserIdManager())
        site._setObject(SESSION_DATA_MANAGER, SessionDataManager())
        # In a Plone site a subscriber of the event calls it.
        manager_added(site.session_data_manager, None)


class StockSite(Site):
    name = SESSIONS

    def add_tools(self, app):
        app.site._setObject("browser_id_manager", StockIdManager("browser_id_manager"))
        app.site._setObject(
            "session_data_manager",
            StockManager("session_data_manager", self.add_container(app)),
        )

    def add_container(self, app):
        """Make what keeps the sessions, and return its path."""
        app._setObject("session_data", StockContainer("session_data"))
        return "/session_data"


class StockSiteInRAM(StockSite):
    name = SESSIONS_IN_RAM
    on_disk = False

    def add_container(self, app):
        app._setObject("temp_folder", MountedTemporaryFolder("temp_folder"))
        # It is mounted through a connection that knows the database.
        transaction.savepoint()
        app.temp_folder._setObject("session_data", StockContainer("session_data"))
        return "/temp_folder/session_data"


class McdutilsSite(StockSite):
    name = MCDUTILS

    def add_container(self, app):
        return add_mcdutils(app, self.run.memcached)


class ZopeSessionSite(Site):
    """It needs requests of zope.publisher, and local utilities."""

    name = ZOPE_SESSION

    def set_up(self, connection):
        provideAdapter(ClientId, provides=IClientId)
        provideAdapter(Session, provides=ISession)
        setHooks()
        site = connection.root()["site"] = SiteFolder()
        utilities = LocalSiteManager(site, default_folder=False)
        site.setSiteManager(utilities)
        utilities.registerUtility(CookieClientIdManager(), IClientIdManager)
        utilities.registerUtility(
            PersistentSessionDataContainer(), ISessionDataContainer
        )

    @contextmanager
    def publication(self, connection, environment):
        request = BrowserRequest(BytesIO(), environment)
        setSite(connection.root()["site"])
        try:
            yield request, request.response._cookies
        finally:
            setSite(None)
            request.close()

    def read(self, context):
        return ISession(context)["benchmark"]["a"]

    def look(self, context, key):
        return ISession(context)["benchmark"].get(key)

    def put(self, context, key, value):
        ISession(context)["benchmark"][key] = value


SITES = OurSite, StockSite, StockSiteInRAM, McdutilsSite, ZopeSessionSite


@contextmanager
def all_sites(run):
    """Yield one site of each peer, by the peer's name."""
    with ExitStack() as stack:
        sites = {}
        for factory in SITES:
            site = factory(run)
            stack.callback(site.close)
            sites[site.name] = site
        yield sites


def visitors(site, count):
    """Let ``count`` visitors begin a session with one key; return their cookies."""
    jars = [{} for number in range(count)]
    for jar in jars:
        with site.request(jar) as context:
            site.put(context, "a", VALUE)
    with site.request(jars[0]) as context:
        if site.read(context) != VALUE:
            raise RuntimeError(f"{site.name} has lost a session")
    return jars
