"""Configuration of ``make docs``, which makes HTML; warnings are errors."""

from importlib.metadata import version as version_of
from pathlib import Path

import sys

# The local extension; and the benchmark, which formats numbers.
sys.path[:0] = [str(Path(__file__).parent / "_ext"), str(Path(__file__).parents[1])]

project = "collective.sessiondata"
author = "collective.sessiondata contributors"
project_copyright = author
release = version = version_of(project)

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosectionlabel",
    "repoze.sphinx.autointerface",
    "from_code",
]
exclude_patterns = ["_build", "_ext"]

# A name without a page is a mistake, unless it belongs to another package.
nitpicky = True
nitpick_ignore_regex = [
    (r"py:.*", r"(builtins|datetime|plone|Products|persistent|ZODB|zope)\..*"),
    (r"py:class", r"(object|Persistent|ValueError|LookupError|Exception)"),
]

# Titles of sections are labels, such as in :ref:`sessions:Tests`.
autosectionlabel_prefix_document = True
# Only a label that is used has to be unique: otherwise it is an error.
suppress_warnings = ["autosectionlabel.*"]

autodoc_member_order = "bysource"
# The docstrings describe the types.
autodoc_typehints = "none"
highlight_language = "none"

html_theme = "furo"
html_title = f"{project} {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#0b5c8f",
        "color-brand-content": "#0b5c8f",
    },
    "dark_css_variables": {
        "color-brand-primary": "#6db6e8",
        "color-brand-content": "#6db6e8",
    },
}
