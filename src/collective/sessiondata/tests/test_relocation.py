"""Sessions that move to another database keep all they have."""

from ..container import TransientObjectContainer
from ..database import directory
from ..database import location
from ..database import zopeconf
from ..operations.relocation import relocate
from ..testing import travel
from .support.things import CheckoutData
from contextlib import closing
from contextlib import contextmanager
from OFS.SimpleItem import SimpleItem
from pathlib import Path
from ZODB.DB import DB
from ZODB.FileStorage import FileStorage

import shutil
import tempfile
import transaction
import unittest


class _Manager:
    """As much of a session data manager as is needed here."""

    container_id = "c"

    def __init__(self, connection):
        self._p_jar = connection
        self.aq_parent = None

    def container(self):
        return directory.find(self, "c")


def commit(work):
    transaction.begin()
    result = work()
    transaction.commit()
    return result


def add_container(connection):
    """Add an empty container to the database of ``connection``."""
    container = TransientObjectContainer(shards=16)
    connection.root()[directory.ROOT_KEY] = {"c": container}
    connection.add(container)


class RelocationTest(unittest.TestCase):
    """From ``main`` to the database for sessions, and to another one."""

    names = ("main", "sessions")

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.addCleanup(transaction.abort)
        self.open(*self.names)
        self.addCleanup(lambda: self.close())
        with self.request() as root:
            add_container(root._p_jar.get_connection("sessions"))
        with self.request() as root:
            root["page"] = page = SimpleItem()
            page.id = "page"
            add_container(root._p_jar)

    def open(self, *names):
        databases = {}
        for name in names:
            storage = FileStorage(str(self.folder / f"{name}.fs"))
            DB(storage, databases=databases, database_name=name)
        self.databases = databases

    def close(self):
        for db in self.databases.values():
            db.close()

    def reopen(self, *names):
        self.close()
        self.open(*names)

    @contextmanager
    def request(self):
        """A request of its own, committed at the end; the root of the content."""
        transaction.begin()
        with closing(self.databases["main"].open()) as connection:
            yield connection.root()
            transaction.commit()

    @contextmanager
    def container(self):
        with self.request() as root:
            yield _Manager(root._p_jar).container()

    def pack(self):
        for db in self.databases.values():
            db.pack()
        self.reopen(*self.names)

    def configure(self, name):
        """Have sessions kept in the database ``name``, as if zope.conf said so."""
        self.addCleanup(setattr, zopeconf, "DATABASE", zopeconf.DATABASE)
        zopeconf.DATABASE = name

    def put_former(self, count):
        with self.request() as root:
            former = root[directory.ROOT_KEY]["c"]
            for number in range(count):
                session = former.new(f"{number}")
                cart, link = CheckoutData(), CheckoutData()
                session.update(
                    {"number": number, "list": [number], "cart": cart, "same": [cart]}
                )
                link.page = root["page"]
                session["pair"] = (root["page"], link)
                session["page"] = root["page"]
                if number % 2:
                    former.bind(session, "anna", "Firefox, Linux")

    def move(self):
        transaction.begin()
        connection = self.databases["main"].open()
        try:
            return relocate(_Manager(connection), commit)
        finally:
            transaction.abort()
            connection.close()

    def test_all_that_is_live_moves_and_nothing_is_lost(self):
        self.put_former(200)
        moved = self.move()
        self.assertEqual((moved.sessions, moved.left), (200, ["main"]))
        self.reopen(*self.names)
        with self.request() as root:
            self.assertNotIn(directory.ROOT_KEY, root)
            page = root["page"]
            container = root._p_jar.get_connection("sessions").root()[
                directory.ROOT_KEY
            ]["c"]
            for number in range(200):
                session = container[f"{number}"]
                self.assertEqual(session["number"], number)
                self.assertEqual(session["list"], [number])
                self.assertIs(session["page"], page)
                self.assertIs(session["same"][0], session["cart"])
                self.assertIs(session["pair"][0], page)
                self.assertIs(session["pair"][1].page, page)
                for part in session["cart"], session["pair"][1]:
                    self.assertIs(part._p_jar, session._p_jar)
                self.assertEqual(session.getBrowser(), "Firefox, Linux" * (number % 2))
                # What belongs to the session is told from content, as before.
                own = session.persistent_values()
                self.assertEqual(list(own.values()), [session["cart"]])
            self.assertEqual(len(container.sessions_of("anna")), 100)
        self.pack()
        with self.container() as container:
            numbers = {session["number"] for session in container.values()}
            self.assertEqual(numbers, set(range(200)))
            self.assertIsInstance(container["7"]["cart"], CheckoutData)

    def test_times_go_along_and_what_is_over_does_not(self):
        self.put_former(5)
        with travel(minutes=59):
            with self.request() as root:
                former = root[directory.ROOT_KEY]["c"]
                former.new("late")["a"] = 1
                created = former.peek("late").getCreated()
        with travel(minutes=61):
            self.assertEqual(self.move().sessions, 1)
            with self.container() as container:
                self.assertEqual(container.peek("late").getCreated(), created)
                self.assertEqual(len(container), 1)

    def test_back_into_the_database_of_the_content(self):
        self.put_former(20)
        self.move()
        with self.request() as root:
            # As if zope.conf named another one.
            source = root._p_jar.get_connection("sessions").root()
            self.assertEqual(len(source[directory.ROOT_KEY]["c"]), 20)
        self.configure("main")
        with self.request() as root:
            add_container(root._p_jar)
        moved = self.move()
        self.assertEqual((moved.sessions, moved.left), (20, ["sessions"]))
        with self.request() as root:
            container = root[directory.ROOT_KEY]["c"]
            for number in range(20):
                session = container[f"{number}"]
                self.assertIs(session["pair"][1].page, root["page"])
                # Though both are in the same database now.
                own = session.persistent_values()
                self.assertEqual(list(own.values()), [session["cart"]])
            found = root._p_jar.get_connection("sessions").root()
            self.assertEqual(list(found), [])

    def test_to_a_database_of_another_name(self):
        self.put_former(30)
        self.assertEqual(self.move().sessions, 30)
        self.configure("visits")
        self.reopen(*self.names, "visits")
        with self.request() as root:
            add_container(root._p_jar.get_connection("visits"))
        moved = self.move()
        self.assertEqual((moved.sessions, moved.left), (30, ["sessions"]))
        self.reopen("main", "visits")
        with self.request() as root:
            container = _Manager(root._p_jar).container()
            self.assertEqual(location.location_of(container).name, "visits")
            for number in range(30):
                self.assertEqual(container[f"{number}"]["number"], number)

    def test_one_that_is_there_already_stays(self):
        with self.request() as root:
            former = root[directory.ROOT_KEY]["c"]
            for number in range(40):
                former.new(f"{number}")["from"] = f"{number}, former"
        with self.container() as container:
            for number in range(20):
                container.new(f"{number}")["from"] = f"{number}, new"
        with travel(minutes=61), self.request() as root:
            former = root[directory.ROOT_KEY]["c"]
            for number in range(10, 40):
                former.new_or_existing(f"{number}")["from"] = f"{number}, former"
            manager = _Manager(root._p_jar)
            container = manager.container()
            for number in range(10):
                container.new_or_existing(f"{number}")["from"] = f"{number}, new"
            transaction.commit()
            self.assertEqual(relocate(manager, commit).sessions, 30)
            for number in range(300):
                container.new(f"visitor {number}")["from"] = f"{number}, new"
            transaction.commit()
        self.reopen(*self.names)
        with travel(minutes=61), self.container() as container:
            for number in range(40):
                kept = "new" if number < 10 else "former"
                self.assertEqual(
                    container.get(f"{number}")["from"], f"{number}, {kept}"
                )
            for number in range(300):
                session = container.get(f"visitor {number}")
                self.assertEqual(session["from"], f"{number}, new")
            self.assertEqual(len(container), 340)

    def test_an_interrupted_move_goes_on(self):
        self.put_former(100)
        calls = []

        def interrupted(work):
            calls.append(work)
            if len(calls) == 4:
                raise KeyboardInterrupt
            return commit(work)

        transaction.begin()
        connection = self.databases["main"].open()
        with self.assertRaises(KeyboardInterrupt):
            relocate(_Manager(connection), interrupted)
        transaction.abort()
        connection.close()
        with self.container() as container:
            # Ended meanwhile, for good.
            session, *_rest = container.values()
            number = session["number"]
            session.invalidate()
            already = len(container)
        self.assertGreater(already, 0)
        self.assertEqual(self.move().sessions, 99 - already)
        with self.container() as container:
            self.assertEqual(len(container), 99)
            self.assertNotIn(f"{number}", container)
        self.assertEqual(self.move().sessions, 0)
