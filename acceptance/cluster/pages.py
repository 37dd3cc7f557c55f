"""Pages of the sites under test: for the browsers, and for the state of a process."""

from collective.sessiondata import clock
from collective.sessiondata.operations import housekeeper
from importlib.metadata import version
from Products.Five.browser import BrowserView

import json
import secrets
import threading
import time
import Zope2

# Seconds between two rounds of a housekeeper.  The default is a minute, which is too long
# for tests.
housekeeper.INTERVAL = 5

BROWSER, LOG = "browser", "log "


class Page(BrowserView):
    """A page that answers with ``data()`` as JSON."""

    def __call__(self):
        self.request.response.setHeader("Content-Type", "application/json")
        return json.dumps(self.data())

    @property
    def form(self):
        return self.request.form

    @property
    def container(self):
        return self.context.session_data_manager.container()


class Look(Page):
    """Shows the browser and the logs of this session."""

    def data(self):
        session = self.context.session_data_manager.getSessionData(create=False)
        return {} if session is None else self.contents(session)

    def contents(self, session):
        return {
            BROWSER: session.get(BROWSER),
            "attempts": self.request.retry_count + 1,
            "logs": {
                key.removeprefix(LOG): session[key]
                for key in session
                if key.startswith(LOG)
            },
        }


class Change(Look):
    """Adds a number to a log; a new session gets the name of the browser."""

    def data(self):
        session = self.context.session_data_manager.getSessionData(create=True)
        session.setdefault(BROWSER, self.form[BROWSER])
        key = LOG + self.form["log"]
        session[key] = (*session.get(key, ()), int(self.form["number"]))
        # Time for another change.
        time.sleep(float(self.form.get("wait", 0)))
        return self.contents(session)


class Plain(Page):
    """Reads content, and no session."""

    def data(self):
        return [self.context.Title(), len(self.context.contentIds())]


class Clock(Page):
    """Sets the clock of this process: so many seconds ahead of the real one."""

    def data(self):
        ahead = float(self.form["ahead"])
        clock.source = lambda: time.time() + ahead
        return ahead


class Fill(Page):
    """Adds sessions that were used last so many seconds ago."""

    def data(self):
        used = clock.now() - float(self.form["age"])
        for _ in range(int(self.form["count"])):
            session = self.container.prepare(secrets.token_urlsafe(24))
            session.carry_over({"a": "x" * 500}, used, used)
        return len(self.container)


class Sweep(Page):
    """Sweeps now, and shows the result."""

    def data(self):
        return self.container.sweep()._asdict()


class Set(Page):
    """Changes settings of the container."""

    def data(self):
        settings = {name: int(value) for name, value in self.form.items()}
        for name, value in settings.items():
            setattr(self.container, name, value)
        return settings


class Inside(Page):
    """Shows the state of the container and of this process."""

    def data(self):
        container = self.container
        keeper = next(
            it for it in Zope2.opened if isinstance(it, housekeeper.Housekeeper)
        )
        return {
            "sessions": len(container),
            "timeout": container.timeout,
            "removed": container.store.lease.removed,
            "packed": container.store.lease.packed,
            "lease": container.store.lease.holder,
            "database": container._p_jar.db().database_name,
            "housekeeper": keeper.holder,
            "alive": keeper in threading.enumerate(),
            "version": version("collective.sessiondata"),
        }
