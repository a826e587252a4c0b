"""The algorithms of the provider: one module each, named after the algorithm's id."""

from __future__ import annotations

import sys
from pathlib import Path

# In the order of the job; the module is the id, the class is found by its NAME.
ALGORITHMS = (
    "createworkspace",
    "diagnosecrs",
    "suggestmapping",
    "importservices",
    "findunclassified",
    "assigncategory",
    "placeservice",
    "reconcilereadings",
    "decidepairs",
    "classifyservices",
    "readingsbyzone",
    "whatif",
    "preparenetwork",
    "lumcatchment",
    "lumservices",
    "accessibility",
    "checkplan",
    "justifyfindings",
    "assignfindings",
    "exchangewaivers",
    "checkdelivery",
    "exportcompatibility",
    "validatesubmission",
    "validatecriteria",
    "comparecriteria",
    "savecriteria",
    "verifica_completa",
    "verificacomuni",
)


def algorithm_classes() -> list[type]:
    """Return the class of each algorithm, in the order of the job."""
    classes = []
    for name in ALGORITHMS:
        # As the statement does, and not by importlib: what QGIS doesn't see imported stays behind
        # when the plugin is loaded again, an older version with it.
        __import__(f"{__name__}.{name}")
        classes.append(
            next(
                member
                for member in vars(sys.modules[f"{__name__}.{name}"]).values()
                if isinstance(member, type) and getattr(member, "NAME", "") == name
            )
        )
    return classes


def icon_path(name: str) -> str:
    """Return the icon of an algorithm, or the plugin's where it has none."""
    from .. import __file__ as package_file

    icons = Path(package_file).resolve().parent / "resources" / "icone"
    own = icons / f"{name}.svg"
    return str(own if own.is_file() else icons / "sttm.svg")
