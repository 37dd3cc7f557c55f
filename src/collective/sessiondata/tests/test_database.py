"""Which ZODB the sessions live in."""

from .. import api
from ..database import directory
from ..database import location
from ..database import zopeconf
from ..manager import SessionDataManager
from ..testing import SESSIONDATA_FUNCTIONAL_TESTING
from ..testing import Visitor
from .support.things import CheckoutData
from Acquisition import aq_base
from App.config import getConfiguration
from plone.base.utils import get_installer
from unittest import TestCase
from ZODB.DB import DB
from ZODB.DemoStorage import DemoStorage

import transaction
import Zope2


class DatabaseTestCase(TestCase):
    layer = SESSIONDATA_FUNCTIONAL_TESTING

    def setUp(self):
        self.portal = self.layer["portal"]
        self.connection = self.portal._p_jar
        self.manager = self.portal.session_data_manager
        self.alice = Visitor(self.portal)
        self.bob = Visitor(self.portal)


class SiteDatabaseTest(DatabaseTestCase):
    def test_sessions_live_outside_the_tree_of_content(self):
        container = aq_base(self.manager.container())
        containers = self.connection.root()[directory.ROOT_KEY]
        self.assertIs(containers[self.manager.container_id], container)
        self.assertFalse(container.dedicated)

    def test_what_is_in_no_database_says_so(self):
        with self.assertRaisesRegex(LookupError, "no database"):
            location.session_connection(SessionDataManager())


class SessionDatabaseTest(DatabaseTestCase):
    """A new database for the sessions, in a site that has been there before."""

    def setUp(self):
        super().setUp()
        databases = self.connection.db().databases
        self.db = DB(
            DemoStorage(), database_name=zopeconf.DATABASE, databases=databases
        )
        self.addCleanup(databases.pop, zopeconf.DATABASE)
        self.addCleanup(transaction.abort)
        # What the tool remembers is of the time before the restart.
        self.manager._p_deactivate()

    def stored(self):
        """Return the containers that are in the database."""
        with self.db.transaction() as connection:
            return dict(connection.root().get(directory.ROOT_KEY, {}))

    def test_to_look_makes_no_container(self):
        with self.alice as request:
            self.assertIsNone(self.manager.getSessionData().get("a"))
            self.assertFalse(self.manager.hasSessionData())
            self.assertIsNone(self.manager.getSessionDataByKey("x" * 32))
            self.assertEqual(request.SESSION.items(), [])
        transaction.commit()
        self.assertEqual(self.stored(), {})

    def test_the_first_change_makes_the_container_and_keeps_all(self):
        with self.alice as request:
            items = request.SESSION["list"] = [1]
            items.append(2)
            request.SESSION["list"].append(3)
            cart = api.get_or_create(self.portal, "cart", CheckoutData)
            self.assertTrue(self.manager.hasSessionData())
        transaction.commit()
        self.assertEqual(list(self.stored()), [self.manager.container_id])
        self.assertEqual(self.alice.data(), {"list": [1, 2, 3], "cart": cart})
        self.assertIs(cart._p_jar.db(), self.db)
        container = self.manager.container()
        self.assertTrue(container.dedicated)
        self.assertEqual(
            container.home,
            (self.connection.db().database_name, "/plone/session_data_manager"),
        )

    def test_the_first_session_can_be_ended_at_once(self):
        with self.alice as request:
            request.SESSION["a"] = 1
            request.SESSION.invalidate()
            self.assertIsNone(self.manager.getSessionData(create=False))
        transaction.commit()
        self.assertEqual(len(self.manager.container()), 0)

    def test_where_it_is_can_be_told_before_it_is_stored(self):
        where = location.location_of(self.manager.container())
        self.assertEqual((where.name, where.dedicated), ("sessions", True))

    def test_a_container_that_came_meanwhile_takes_the_session(self):
        with self.alice:
            session = self.manager.getSessionData()
            with self.bob as request:
                request.SESSION["b"] = 1
            session["a"] = 1
        transaction.commit()
        self.assertEqual(self.alice.data(), {"a": 1})
        self.assertEqual(self.bob.data(), {"b": 1})

    def test_a_container_that_was_aborted_is_forgotten(self):
        with self.alice as request:
            request.SESSION["a"] = 1
            transaction.savepoint()
            self.manager.getSessionDataByKey("x" * 32)
        transaction.abort()
        self.assertIsNone(self.alice.data())
        with self.bob as request:
            request.SESSION["b"] = 1
        transaction.commit()
        self.assertEqual(self.bob.data(), {"b": 1})
        self.assertEqual(len(self.stored()), 1)
        self.manager._p_deactivate()
        self.assertEqual(self.bob.data(), {"b": 1})

    def test_uninstalling_empties_both_databases(self):
        with self.alice as request:
            request.SESSION["a"] = 1
        transaction.commit()
        installer = get_installer(self.portal, self.layer["request"])
        installer.uninstall_product("collective.sessiondata")
        transaction.commit()
        self.assertEqual(self.stored(), {})
        self.assertNotIn(directory.ROOT_KEY, self.connection.root())


class ZopeConfTest(DatabaseTestCase):
    """What zope.conf says of the database for sessions."""

    def setUp(self):
        super().setUp()
        self.config = getConfiguration()
        before = getattr(self.config, "product_config", None)
        self.addCleanup(setattr, self.config, "product_config", before)
        self.databases = self.connection.db().databases
        self.addCleanup(setattr, Zope2, "DB", getattr(Zope2, "DB", None))
        Zope2.DB = self.connection.db()

    def say(self, **words):
        self.config.product_config = {zopeconf.SECTION: words}

    def test_another_name_can_be_said(self):
        DB(DemoStorage(), database_name="visits", databases=self.databases)
        self.addCleanup(self.databases.pop, "visits")
        self.addCleanup(transaction.abort)
        self.manager._p_deactivate()
        self.say(database="visits")
        with self.alice as request:
            request.SESSION["a"] = 1
        where = location.location_of(self.manager.container())
        self.assertEqual(where.name, "visits")
        with self.assertNoLogs("collective.sessiondata"):
            location.check_configuration(None)

    def test_one_that_is_missing_is_told_and_the_site_works(self):
        self.say(database="visits")
        with self.assertLogs("collective.sessiondata", "ERROR") as logs:
            location.check_configuration(None)
        self.assertIn("has no <zodb_db visits>", logs.output[0])
        with self.alice as request:
            request.SESSION["a"] = 1
        self.assertEqual(self.alice.data(), {"a": 1})

    def test_that_there_is_none_at_all_is_nothing_to_tell(self):
        self.say()
        with self.assertNoLogs("collective.sessiondata"):
            location.check_configuration(None)

    def test_housekeeping_is_on_or_off(self):
        for said, is_on in (({}, True), ({"housekeeping": "off"}, False)):
            self.say(**said)
            self.assertEqual(zopeconf.housekeeping(), is_on)
        self.say(housekeeping="no")
        with self.assertRaisesRegex(ValueError, '"on" or "off"'):
            zopeconf.housekeeping()
