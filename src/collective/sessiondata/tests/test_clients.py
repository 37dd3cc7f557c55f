"""Code that exists and uses sessions: Plone's, PluggableAuthService's, add-ons'."""

from ..testing import data_of
from .test_site import SiteTestCase
from importlib.util import find_spec
from importlib.util import module_from_spec
from plone.app.testing import TEST_USER_NAME
from plone.app.testing import TEST_USER_PASSWORD
from Products.CMFCore.utils import getToolByName
from Products.PluggableAuthService.interfaces import plugins
from Products.PluggableAuthService.plugins.SessionAuthHelper import (
    manage_addSessionAuthHelper,
)
from urllib.parse import urlencode
from zExceptions import Forbidden

import transaction

SCRIPT = """\
session = {session}
if "name" in context.REQUEST.form:
    session.set("name", context.REQUEST.form["name"])
return session.get("name", "nobody")
"""


class ClientsTest(SiteTestCase):
    def script(self, id, body, params=""):
        self.portal.manage_addProduct["PythonScripts"].manage_addPythonScript(id)
        self.portal[id].ZPythonScript_edit(params, body)
        transaction.commit()
        return f"{self.portal.absolute_url()}/{id}"

    def check_name_is_kept(self, url):
        for browser, name in ((self.alice, "Alice"), (self.bob, "Bob")):
            browser.open(url)
            self.assertEqual(browser.contents, "nobody")
            browser.open(url, urlencode({"name": name}))
        for browser, name in ((self.alice, "Alice"), (self.bob, "Bob")):
            browser.open(url)
            self.assertEqual(browser.contents, name)

    def test_python_scripts(self):
        for number, session in enumerate(
            (
                "context.REQUEST.SESSION",
                "context.REQUEST['SESSION']",
                "context.session_data_manager.getSessionData(create=True)",
                "container.session_data_manager.getSessionData()",
            )
        ):
            with self.subTest(session):
                self.alice, self.bob = self.browser(), self.browser()
                self.check_name_is_kept(
                    self.script(f"script{number}", SCRIPT.format(session=session))
                )

    def test_templates(self):
        self.portal.manage_addProduct["PageTemplates"].manage_addPageTemplate("page")
        self.portal.page.pt_edit(
            '<p tal:define="session request/SESSION; name request/form/name|nothing">'
            "<tal:set define=\"x python:name and session.set('name', name)\" />"
            "<b tal:content=\"python:session.get('name', 'nobody')\" /></p>",
            "text/html",
        )
        transaction.commit()
        url = f"{self.portal.absolute_url()}/page"
        self.alice.open(url, urlencode({"name": "Alice"}))
        self.alice.open(url)
        self.assertIn("<b>Alice</b>", self.alice.contents)
        self.bob.open(url)
        self.assertIn("<b>nobody</b>", self.bob.contents)

    def test_the_session_as_a_parameter(self):
        # The publisher fills it in, as it does for methods that handle forms.
        url = self.script(
            "handler",
            "SESSION.set('items', SESSION.get('items', []) + [item])\n"
            "return ' '.join(SESSION['items'])",
            "item, SESSION",
        )
        for item in ("tea", "milk"):
            self.alice.open(url, urlencode({"item": item}))
        self.assertEqual(self.alice.contents, "tea milk")

    def test_has_key_and_what_else_scripts_call(self):
        url = self.script(
            "old",
            "s = context.session_data_manager.getSessionData(create=True)\n"
            "s.set('a', 1)\n"
            "s['b'] = 2\n"
            "assert s.has_key('a') and 'b' in s and not s.has_key('c')\n"
            "s.delete('a')\n"
            "del s['b']\n"
            "s.update({'d': 4})\n"
            "return s.items()",
        )
        self.alice.open(url)
        self.assertEqual(data_of(self.alice, self.portal), {"d": 4})

    def test_get_tool_by_name(self):
        manager = getToolByName(self.portal, "session_data_manager")
        self.assertEqual(manager.aq_base, self.portal.session_data_manager.aq_base)

    def test_a_session_by_the_id_of_its_browser(self):
        url = self.script("page", SCRIPT.format(session="context.REQUEST.SESSION"))
        self.alice.open(url, urlencode({"name": "Alice"}))
        browser_id = self.alice.cookies["_sessiondata_id"]
        transaction.begin()
        manager = self.portal.session_data_manager
        self.assertEqual(manager.getSessionDataByKey(browser_id)["name"], "Alice")

    def test_the_session_auth_helper(self):
        users = self.portal.acl_users
        manage_addSessionAuthHelper(users, "session_auth")
        users.plugins.activatePlugin(plugins.IExtractionPlugin, "session_auth")
        for id, _plugin in users.plugins.listPlugins(plugins.IExtractionPlugin):
            if id != "session_auth":
                users.plugins.deactivatePlugin(plugins.IExtractionPlugin, id)
        url = self.script(
            "whoami",
            "return context.portal_membership.getAuthenticatedMember().getId()",
        )
        self.alice.addHeader(
            "Authorization", f"Basic {TEST_USER_NAME}:{TEST_USER_PASSWORD}"
        )
        self.alice.open(url)
        user = self.alice.contents
        # From now on the session says who it is.
        self.assertEqual(data_of(self.alice, self.portal)["__ac_name"], TEST_USER_NAME)
        same_browser = self.browser()
        browser_id = self.alice.cookies["_sessiondata_id"]
        same_browser.addHeader("Cookie", f"_sessiondata_id={browser_id}")
        same_browser.open(url)
        self.assertEqual(same_browser.contents, user)
        self.bob.open(url)
        self.assertNotEqual(self.bob.contents, user)

    def test_csrf_tokens(self):
        # Plone replaces these functions; here they are as they were.
        spec = find_spec("Products.PluggableAuthService.utils")
        utils = module_from_spec(spec)
        spec.loader.exec_module(utils)
        request = self.layer["request"].clone()
        request.set_lazy(
            "SESSION", lambda: self.portal.session_data_manager.getSessionData()
        )
        token = utils.getCSRFToken(request)
        self.assertEqual(utils.getCSRFToken(request), token)
        request.form["csrf_token"] = token
        self.assertTrue(utils.checkCSRFToken(request))
        request.form["csrf_token"] = "made up"
        with self.assertRaises(Forbidden):
            utils.checkCSRFToken(request)
        self.assertFalse(utils.checkCSRFToken(request, raises=False))
