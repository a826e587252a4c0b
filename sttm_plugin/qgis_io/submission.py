"""The GeoPackage of a package read into frames: only after it was vetted."""

from __future__ import annotations

from qgis.core import QgsCoordinateReferenceSystem, QgsVectorLayer

from ..core import layout
from ..core.delivery import services_of
from ..core.errors import SttmError
from .frames import crs_name, read_frame
from .layers import layers_in


def read_package(path, crs=None, context=None, feedback=None):
    """Return ({table: GeoDataFrame}, CRS) of a vetted GeoPackage.

    Args:
        crs: analysis CRS; None is that of the package's own layers.

    Raises:
        SttmError: a table can't be read.
    """
    present = set(layers_in(str(path)))
    # The styles of a foreign file are not loaded.
    options = QgsVectorLayer.LayerOptions()
    options.loadDefaultStyle = False
    layers = {
        name: QgsVectorLayer(f"{path}|layername={name}", name, "ogr", options)
        for name in layout.TABLES
        if name in present
    }
    for name, layer in layers.items():
        if not layer.isValid():
            raise SttmError(f"La tabella «{name}» del pacchetto non si legge.")
    if crs is None:
        crs = next(
            (layer.crs() for layer in layers.values() if layer.crs().isValid()),
            QgsCoordinateReferenceSystem("EPSG:32632"),
        )
    tables = {}
    for name, layer in layers.items():
        frame = read_frame(layer, crs, context, feedback)
        if frame is None:
            return None, crs
        tables[name] = frame.rename(columns={column: column.lower() for column in frame.columns})
    return tables, crs


def read_package_services(path, crs, context=None, feedback=None):
    """Return the services frame of a vetted GeoPackage, in the analysis CRS."""
    tables, crs = read_package(path, crs, context, feedback)
    return None if tables is None else services_of(tables, crs_name(crs))
