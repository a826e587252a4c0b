"""QML styles, found beside the package in the source tree and inside it once deployed."""

from __future__ import annotations

from pathlib import Path

from ..core.errors import SttmError
from ..core.schema import SERVICES
from .attributeforms import dress

_PACKAGE_DIR = Path(__file__).resolve().parent.parent

# Outputs that look like a table of the workspace.
_SAME_AS = {"servizi": "servizi_punti", "servizi_aree": "servizi_poligoni"}
_SERVICES = ("servizi_punti", "servizi_poligoni", "servizi_senza_localizzazione")


def styles_folder() -> Path:
    """Return the folder that holds the QML files."""
    inside = _PACKAGE_DIR / "styles"
    return inside if inside.is_dir() else _PACKAGE_DIR.parent / "styles"


def style_path(name: str) -> Path:
    """Return the QML file of a style by its name, which is that of its output."""
    return styles_folder() / f"{_SAME_AS.get(name, name)}.qml"


def style_texts(names) -> dict:
    """Return {name: QML} of those that have a style, for a ``layer_styles`` table."""
    paths = {name: style_path(name) for name in names}
    return {name: path.read_text("utf-8") for name, path in paths.items() if path.is_file()}


def apply_style(layer, name: str) -> None:
    """Give a layer a style of ours.

    Raises:
        SttmError: there is no such style, or QGIS can't read it.
    """
    path = style_path(name)
    if not path.is_file():
        raise SttmError(f"Lo stile «{name}» non c'è: il layer resta con lo stile predefinito.")
    message, loaded = layer.loadNamedStyle(str(path))
    if not loaded:
        raise SttmError(f"Lo stile «{name}» non si carica ({message}).")
    # Editing a service is guided wherever its layer comes from, not only in a workspace.
    if path.stem in _SERVICES:
        dress(layer, SERVICES)
    layer.triggerRepaint()
