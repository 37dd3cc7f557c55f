from pathlib import Path
from setuptools import find_namespace_packages
from setuptools import setup

HERE = Path(__file__).parent
URL = "https://github.com/collective/collective.sessiondata"

# At PyPI there is no checkout in which to find the pages and pictures.
LONG_DESCRIPTION = "\n\n".join(
    (HERE / name).read_text(encoding="utf-8") for name in ("README.rst", "CHANGES.rst")
)
LONG_DESCRIPTION = LONG_DESCRIPTION.replace("<docs/", f"<{URL}/blob/HEAD/docs/")
LONG_DESCRIPTION = LONG_DESCRIPTION.replace(":: docs/", f":: {URL}/raw/HEAD/docs/")


setup(
    name="collective.sessiondata",
    version="1.0.0a1.dev0",
    description="Server-side sessions for Plone: a session_data_manager that works",
    long_description=LONG_DESCRIPTION,
    long_description_content_type="text/x-rst",
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Environment :: Web Environment",
        "Framework :: Plone",
        "Framework :: Plone :: 6.2",
        "Framework :: Plone :: Addon",
        "Framework :: Zope :: 6",
        "Operating System :: OS Independent",
        "Programming Language :: Python",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Internet :: WWW/HTTP :: Session",
    ],
    keywords="Plone Zope session ZODB",
    author="collective.sessiondata contributors",
    author_email="collective@plone.org",
    url=URL,
    project_urls={
        "Changelog": f"{URL}/blob/HEAD/CHANGES.rst",
        "Documentation": f"{URL}/tree/HEAD/docs",
        "Issues": f"{URL}/issues",
        "Source": URL,
    },
    license="GPL-2.0-only",
    packages=find_namespace_packages("src", include=["collective.*"]),
    package_dir={"": "src"},
    include_package_data=True,
    zip_safe=False,
    python_requires=">=3.10",
    install_requires=[
        "AccessControl",
        "Acquisition",
        "BTrees",
        "persistent",
        "Persistence",
        "Products.Sessions",
        "tqdm",
        "transaction",
        "zExceptions",
        "ZODB",
        "Zope",
        "zope.component",
        "zope.event",
        "zope.globalrequest",
        "zope.i18nmessageid",
        "zope.interface",
        "zope.lifecycleevent",
        "zope.processlifetime",
        "zope.publisher",
    ],
    extras_require={
        # What is used in a Plone site, and comes with Plone; Zope alone needs none.
        "plone": [
            "plone.app.registry",
            "plone.app.theming",
            "plone.app.z3cform",
            "plone.autoform",
            "plone.base",
            "plone.batching",
            "plone.browserlayer",
            "plone.memoize",
            "plone.protect",
            "plone.registry",
            "plone.schema",
            "plone.supermodel",
            "plone.transformchain",
            "plone.z3cform",
            "Products.CMFCore",
            "Products.CMFPlone",
            "Products.GenericSetup",
            "Products.statusmessages",
            "z3c.form",
            "zope.schema",
        ],
        # What collective.sessiondata.testing needs.
        "testing": [
            "collective.sessiondata[plone]",
            "plone.app.testing",
        ],
        "test": [
            "collective.sessiondata[testing]",
            "docutils",
            "hypothesis",
            "lxml",
            "packaging",
            "plone.api",
            "plone.restapi",
            "plone.subrequest",
            "plone.testing",
            "Products.mcdutils",
            "Products.PythonScripts",
            "Products.TemporaryFolder",
            "RelStorage",
            "requests",
            "tempstorage",
            "waitress",
            "ZEO",
            "zope.testbrowser",
            "zope.testrunner",
        ],
    },
    entry_points={
        "z3c.autoinclude.plugin": ["target = plone"],
        "zopectl.command": ["sessions = collective.sessiondata.command:sessions"],
    },
)
