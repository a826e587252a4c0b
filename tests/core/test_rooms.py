"""The import directions of the house: gui → processing_algorithms → qgis_io → core."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

ROOMS = {
    "core": ROOT / "sttm_plugin" / "core",
    "qgis_io": ROOT / "sttm_plugin" / "qgis_io",
    "processing_algorithms": ROOT / "processing_algorithms",
    "gui": ROOT / "sttm_plugin" / "gui",
}
MUST_NOT = {
    "core": {"qgis_io", "processing_algorithms", "gui", "qgis", "PyQt5", "PyQt6", "osgeo"},
    "qgis_io": {"processing_algorithms", "gui", "PyQt5", "PyQt6"},
    "processing_algorithms": {"gui", "PyQt5", "PyQt6"},
    "gui": {"core", "qgis_io", "PyQt5", "PyQt6"},
}


def imported_rooms(path: Path) -> set[str]:
    """Return the rooms and packages a module imports, relative imports resolved."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
            if not node.module or node.module == "sttm_plugin":
                names += [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            found.add(parts[0])
            if parts[0] == "sttm_plugin" and len(parts) > 1:
                found.add(parts[1])
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_lies_below_it(room):
    modules = sorted(ROOMS[room].rglob("*.py"))
    assert modules, f"the room {room} is empty"

    wrong = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules
        for name in imported_rooms(path) & MUST_NOT[room]
    }

    assert wrong == set()


def test_a_forbidden_import_is_seen(tmp_path):
    module = tmp_path / "wrong.py"
    module.write_text("from qgis.core import QgsField\nfrom ..gui import dock\n", encoding="utf-8")

    assert imported_rooms(module) == {"qgis", "gui"}


def test_plugin_imports_gui_only_when_the_window_is_there():
    tree = ast.parse((ROOT / "sttm_plugin" / "plugin.py").read_text(encoding="utf-8"))
    at_module_level = {
        node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.module
    }

    assert not any(name.split(".")[0] == "gui" for name in at_module_level)


# Names that newer QGIS or GeoPandas deprecate, and the one place that chooses between them.
DEPRECATED = {
    "parameterAsFields": "processing_algorithms/base.py",
    "unary_union": None,
    "setMinimal": None,
    "saveStyleToDatabase": "sttm_plugin/qgis_io/geopackage.py",
    "setFontColor": "demo/maps.py",
    "setFont": "demo/maps.py",
}
# Widgets and painters of Qt have a setFont of their own.
_QT_FONTS = ("sttm_plugin/gui/", "sttm_plugin/qgis_io/pdf.py", "sttm_plugin/qgis_io/mapimage.py")


def deprecated_in(code: str, place: str) -> set[str]:
    """Return the deprecated names that a module uses and isn't the one to use."""
    # Shapely keeps the name that GeoPandas gives up.
    found = {
        node.attr
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) != "shapely"
    }
    used = {name for name in found & set(DEPRECATED) if DEPRECATED[name] != place}
    return used - ({"setFont"} if place.startswith(_QT_FONTS) else set())


def test_names_that_newer_versions_deprecate_are_used_in_one_place():
    wrong = {}
    for room in ("sttm_plugin", "processing_algorithms", "demo", "acceptance"):
        for path in sorted((ROOT / room).rglob("*.py")):
            place = path.relative_to(ROOT).as_posix()
            names = deprecated_in(path.read_text(encoding="utf-8"), place)
            if names:
                wrong[place] = names

    assert wrong == {}
    assert deprecated_in("frame.geometry.unary_union.area", "x.py") == {"unary_union"}
    assert deprecated_in("self.parameterAsFields(a, b, c)", "x.py") == {"parameterAsFields"}
    assert deprecated_in("from shapely.ops import unary_union\nunary_union([])", "x.py") == set()
