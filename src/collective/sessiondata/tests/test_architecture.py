"""The layout of the package: imports point down, and what is private stays private."""

from pathlib import Path
from unittest import TestCase

import ast
import collective.sessiondata

PACKAGE = Path(collective.sessiondata.__file__).parent

# Modules and folders of the package root. A line may import the lines below it, and modules
# of its own folder. Nothing else is in the root.
LAYERS = (
    ("plone", "zmi", "command", "demo"),
    ("api", "testing", "subscribers", "pas"),
    ("manager", "operations"),
    ("database",),
    ("container", "browserid"),
    ("settings",),
    ("storage", "http"),
    ("session", "events", "slots"),
    ("values",),
    ("interfaces", "publication", "clock", "units", "i18n"),
)
LEVELS = {name: level for level, names in enumerate(LAYERS) for name in names}

# The lowest line: its modules may import each other.
BASE = len(LAYERS) - 1

# Private names of Zope and the ZODB that other products have to use, and those of ZEO.
FOREIGN = {
    "_getOb",
    "_setObject",
    "_delObject",
    "_script",
    "_resetURLS",
    "_oids",
    "_connection_generation",
}


def modules():
    """Yield the path of each module but the tests, and its syntax tree."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if "tests" not in path.relative_to(PACKAGE).parts:
            yield path.relative_to(PACKAGE), ast.parse(path.read_text("utf-8"))


def imports(path, tree):
    """Yield the line and the root name of each import from this package."""
    folder = list(path.parts[:-1])
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            parts = folder[: len(folder) + 1 - node.level]
            parts += (node.module or node.names[0].name).split(".")
            yield node.lineno, parts[0]


def own_names(tree):
    """Return the names that a module's own classes and functions define."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in ("self", "cls", "base"):
                names.add(node.attr)
    return names


class ArchitectureTest(TestCase):
    def test_the_root_has_the_modules_of_the_layers_only(self):
        found = {
            path.stem
            for path in PACKAGE.iterdir()
            if path.suffix == ".py" or (path / "__init__.py").exists()
        }
        self.assertEqual(found - {"__init__", "tests"}, set(LEVELS))

    def test_imports_point_down(self):
        wrong = []
        for path, tree in modules():
            name = path.parts[0].removesuffix(".py")
            if name == "__init__":
                continue
            for line, target in imports(path, tree):
                down = LEVELS[target] > LEVELS[name]
                if not (down or target == name or LEVELS[name] == BASE):
                    wrong.append(f"{path}:{line} imports {target}")
        self.assertEqual(wrong, [])

    def test_no_module_reads_a_private_attribute_of_another(self):
        wrong = []
        for path, tree in modules():
            allowed = own_names(tree) | FOREIGN
            for node in ast.walk(tree):
                if not isinstance(node, ast.Attribute):
                    continue
                name = node.attr
                is_private = name.startswith("_") and not name.startswith(("_p_", "__"))
                if is_private and name not in allowed:
                    wrong.append(f"{path}:{node.lineno} reads {name}")
        self.assertEqual(wrong, [])

    def test_no_class_is_longer_than_300_lines(self):
        long = [
            f"{path}: {node.name}"
            for path, tree in modules()
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef) and node.end_lineno - node.lineno > 300
        ]
        self.assertEqual(long, [])

    def test_only_the_edges_import_plone(self):
        wrong = []
        for path, tree in modules():
            if path.parts[0] in ("plone", "demo", "testing.py"):
                continue
            for node in ast.walk(tree):
                names = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    names = [node.module]
                wrong += [
                    f"{path}:{node.lineno} imports {name}"
                    for name in names
                    if name.split(".")[0] in ("plone", "Products")
                    and not name.startswith(
                        (
                            "Products.Sessions",
                            "Products.Transience",
                            "Products.Five",
                            "Products.PageTemplates",
                        )
                    )
                ]
        self.assertEqual(wrong, [])

    def test_the_tests_folder_has_tests_only(self):
        tests = PACKAGE / "tests"
        other = [
            path.name
            for path in tests.iterdir()
            if path.suffix in (".py", ".zcml", ".pt")
            and not path.name.startswith("test_")
        ]
        self.assertEqual(other, ["__init__.py"])
