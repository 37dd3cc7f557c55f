"""How ``make docs`` makes HTML of these pages; warnings are errors there."""

from importlib.metadata import version as version_of
from pathlib import Path

import sys

# What is local; and the benchmark, for how it writes numbers.
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

# Names that no page tells of are mistakes; what other packages have, none can tell.
nitpicky = True
nitpick_ignore_regex = [
    (r"py:.*", r"(builtins|datetime|plone|Products|persistent|ZODB|zope)\..*"),
    (r"py:class", r"(object|Persistent|ValueError|LookupError|Exception)"),
]

# Titles of sections are labels, as in :ref:`sessions:Tests`.
autosectionlabel_prefix_document = True
# Only one that is used has to be the only one of its name: then it is an error.
suppress_warnings = ["autosectionlabel.*"]

autodoc_member_order = "bysource"
# The docstrings say it.
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
