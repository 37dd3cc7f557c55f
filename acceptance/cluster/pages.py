"""Pages of the sites under test: what browsers keep, and a look at the process."""

from collective.sessiondata import clock
from collective.sessiondata.operations import housekeeper
from importlib.metadata import version
from Products.Five.browser import BrowserView

import json
import secrets
import threading
import time
import Zope2

# The housekeepers look that often here, so that nobody has to wait for them; theirs is
# a minute.
housekeeper.INTERVAL = 5

BROWSER, LOG = "browser", "log "


class Page(BrowserView):
    """Answers with what ``told`` returns."""

    def __call__(self):
        self.request.response.setHeader("Content-Type", "application/json")
        return json.dumps(self.told())

    @property
    def form(self):
        return self.request.form

    @property
    def container(self):
        return self.context.session_data_manager.container()


class Look(Page):
    """Tells whose session this is, and what is in its logs."""

    def told(self):
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
    """Adds a number to a log, whose session it becomes if it is nobody's."""

    def told(self):
        session = self.context.session_data_manager.getSessionData(create=True)
        session.setdefault(BROWSER, self.form[BROWSER])
        key = LOG + self.form["log"]
        session[key] = (*session.get(key, ()), int(self.form["number"]))
        # So that another change comes in between.
        time.sleep(float(self.form.get("wait", 0)))
        return self.contents(session)


class Plain(Page):
    """Has to do with content, and nothing with sessions."""

    def told(self):
        return [self.context.Title(), len(self.context.contentIds())]


class Clock(Page):
    """Sets the clock of this process: so many seconds ahead of the real one."""

    def told(self):
        ahead = float(self.form["ahead"])
        clock._source = lambda: time.time() + ahead
        return ahead


class Fill(Page):
    """Adds sessions that were used last so many seconds ago."""

    def told(self):
        used = clock.now() - float(self.form["age"])
        for _ in range(int(self.form["count"])):
            session = self.container.prepare(secrets.token_urlsafe(24))
            session.take_over({"a": "x" * 500}, used, used)
        return len(self.container)


class Sweep(Page):
    """Sweeps now, and tells what that was."""

    def told(self):
        return self.container.sweep()._asdict()


class Set(Page):
    """Changes settings of the container."""

    def told(self):
        settings = {name: int(value) for name, value in self.form.items()}
        for name, value in settings.items():
            setattr(self.container, name, value)
        return settings


class Inside(Page):
    """Tells about the container, and about this process."""

    def told(self):
        container = self.container
        keeper = next(
            it for it in Zope2.opened if isinstance(it, housekeeper.Housekeeper)
        )
        return {
            "sessions": len(container),
            "timeout": container.timeout,
            "removed": container._upkeep.removed,
            "packed": container._upkeep.packed,
            "lease": container._upkeep.holder,
            "database": container._p_jar.db().database_name,
            "housekeeper": keeper.holder,
            "alive": keeper in threading.enumerate(),
            "version": version("collective.sessiondata"),
        }
