"""STTM 2: supra-municipal services of the Città metropolitana di Milano, inside QGIS."""

from pathlib import Path

_PACKAGE_DIR = Path(__file__).resolve().parent

# In the source tree processing_algorithms/ is a sibling of this package; once
# deployed it lies inside it.  Either way it is sttm_plugin.processing_algorithms.
if not (_PACKAGE_DIR / "processing_algorithms").is_dir():
    __path__.append(str(_PACKAGE_DIR.parent))


def classFactory(iface):  # noqa: N802
    """Return the plugin object QGIS works with."""
    from .plugin import SttmPlugin

    return SttmPlugin(iface)
