"""The pages speak the language of their readers."""

from ..i18n import _
from .test_pages import PagesTestCase
from lxml import html
from plone import api as plone_api
from zope.i18n import translate

import transaction

TITLES = {
    "de": "Sitzungen",
    "es": "Sesiones",
    "fr": "Sessions",
    "it": "Sessioni",
    "nl": "Sessies",
    "pt_BR": "Sessões",
}


class TranslationsTest(PagesTestCase):
    def use(self, language):
        """Let the site speak ``language``; return how Plone writes that."""
        language = language.lower().replace("_", "-")
        plone_api.portal.set_registry_record(
            "plone.available_languages", ["en", language]
        )
        plone_api.portal.set_registry_record("plone.default_language", language)
        transaction.commit()
        return language

    def test_every_language_is_there(self):
        for language, title in TITLES.items():
            with self.subTest(language):
                found = translate(_("Sessions"), target_language=language)
                self.assertEqual(found, title)
                message = _("Sessions ended: ${count}.", mapping={"count": 3})
                found = translate(message, target_language=language)
                self.assertIn("3", found)
                self.assertNotIn("ended", found)

    def test_pages_are_in_the_language_of_the_site(self):
        self.put(self.basic("anna"), "tea")
        for catalogue, title in TITLES.items():
            language = self.use(catalogue)
            for page in (
                "sessions-controlpanel",
                "sessions-overview",
                "sessions-end?all=1",
                "my-sessions",
            ):
                with self.subTest(language=language, page=page):
                    found = self.see(self.boss, page)
                    self.assertEqual(found.get("lang").lower(), language)
                    text = found.get_element_by_id("content").text_content()
                    for english in (
                        "Overview",
                        "session ends",
                        "Where ",
                        " are ",
                        "The ",
                    ):
                        self.assertNotIn(english, text)
            self.see(self.boss, "sessions-controlpanel")
            (heading,) = html.fromstring(self.boss.contents).xpath("//h1")
            self.assertEqual(heading.text_content(), title)

    def test_messages_and_warnings_are_translated(self):
        self.use("de")
        self.see(self.boss, "sessions-controlpanel")
        self.boss.getControl(name="form.widgets.timeout_minutes").value = "0"
        self.boss.getControl(name="form.widgets.cookie_domain").value = "org"
        self.boss.getControl(name="form.buttons.save").click()
        self.assertIn("Punkten, etwa", self.beside("cookie_domain"))
        self.boss.getControl(name="form.widgets.cookie_domain").value = ""
        self.boss.getControl(name="form.buttons.save").click()
        self.assertIn("Warnung:", self.boss.contents)
