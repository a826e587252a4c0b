"""What the tests of the import share: where Rho is, and how a run is read."""

from __future__ import annotations

import uuid

import pytest

NS = uuid.uuid5(uuid.NAMESPACE_OID, "sttm2")
RHO = "015182"
# Inside Rho, EPSG:32632 and degrees.
X, Y = 501186.1, 5042433.6
LON, LAT = 9.01519082, 45.53543747


def as_dict(feature):
    from qgis.core import NULL

    row = {name: feature[name] for name in feature.fields().names()}
    row = {name: None if value == NULL else value for name, value in row.items()}
    row["wkt"] = feature.geometry().asWkt(1) if feature.hasGeometry() else None
    return row


def lines(found, difetto, fid="*"):
    return [
        line
        for line in found["log"]["righe"]
        if line["difetto"] == difetto and (fid == "*" or line["fid"] == fid)
    ]


def refusal(importer, source, **others):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException) as error:
        importer(source, **others)
    return str(error.value)


def made_id(text):
    return str(uuid.uuid5(NS, text))


def square(side, x=X, y=Y):
    return f"POLYGON (({x} {y}, {x + side} {y}, {x + side} {y + side}, {x} {y + side}, {x} {y}))"


def save_layer(layer, path, encoding="UTF-8"):
    """Write a layer as a file of the format its ending says; return its path."""
    from qgis.core import QgsProject, QgsVectorFileWriter

    drivers = {".shp": "ESRI Shapefile", ".gpkg": "GPKG", ".geojson": "GeoJSON", ".kml": "KML"}
    path.parent.mkdir(parents=True, exist_ok=True)
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.fileEncoding = drivers[path.suffix], encoding
    context = QgsProject.instance().transformContext()
    done = QgsVectorFileWriter.writeAsVectorFormatV3(layer, str(path), context, options)
    assert done[0] == QgsVectorFileWriter.WriterError.NoError
    return path
