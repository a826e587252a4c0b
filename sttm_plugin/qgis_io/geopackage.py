"""GeoPackages written whole: many tables, in one go, with styles and a project where asked."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path

from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsFeatureSink,
    QgsLayerTreeLayer,
    QgsProject,
    QgsReferencedRectangle,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ..core import schema
from ..core.documents import WholeFile, write_error
from ..core.errors import SttmError
from .attributeforms import dress
from .fields import make_fields
from .frames import features_of
from .layers import layers_in
from .styles import apply_style, style_path

PROJECT_NAME = "verifica_sttm2"

_TYPES = {
    None: QgsWkbTypes.Type.NoGeometry,
    "Point": QgsWkbTypes.Type.Point,
    "MultiPolygon": QgsWkbTypes.Type.MultiPolygon,
}
# What the tree of the workspace's project shows, top to bottom.
_GROUPS = (
    ("Verifica", ("rilievi", "controlli", "deroghe", "assegnazioni", "rilievi_storico")),
    ("Servizi", ("servizi_punti", "servizi_poligoni", "servizi_senza_localizzazione", "coppie")),
    ("LUM", ("lum_perimetri", "lum")),
    ("Territorio", ("popolazione",)),
    ("Criteri", ("criteri",)),
)
_TITLES = {
    "rilievi": "Rilievi",
    "controlli": "Controlli",
    "rilievi_storico": "Storico delle verifiche",
    "deroghe": "Giustificazioni (deroghe)",
    "assegnazioni": "Rilievi assegnati",
    "servizi_punti": "Servizi puntuali",
    "servizi_poligoni": "Servizi areali",
    "servizi_senza_localizzazione": "Servizi senza localizzazione",
    "coppie": "Coppie fra le letture",
    "lum_perimetri": "Perimetri dei LUM",
    "lum": "Bacini dei LUM",
    "popolazione": "Popolazione",
    "criteri": "Criteri usati",
}
_BATCH = 2048


def write_tables(path, tables, crs, feedback=None, plain=False) -> None:
    """Write a GeoPackage with the tables given, in their order.

    Args:
        path: file to make; what is there is replaced.
        tables: {name: (geometry, core.schema fields, frame or None)}; geometry is None, "Point"
            or "MultiPolygon"; a frame of None is an empty table.
        crs: QgsCoordinateReferenceSystem of every geometry.
        plain: no spatial index, no counters: nothing that comes with triggers.

    Raises:
        SttmError: a table can't be made or a row is refused.
    """
    first = True
    for name, (geometry, fields, frame) in tables.items():
        if feedback is not None and feedback.isCanceled():
            return
        writer = _writer(path, name, _TYPES[geometry], fields, crs, first, plain)
        first = False
        count = 0 if frame is None else len(frame)
        for start in range(0, count, _BATCH):
            batch = list(features_of(frame, fields, _TYPES[geometry], start, start + _BATCH))
            if not writer.addFeatures(batch, QgsFeatureSink.Flag.FastInsert):
                raise SttmError(_refused(path, name, writer.errorMessage()))
        # QgsVectorFileWriter closes the file only when it goes away, and can't say it failed.
        if not writer.flushBuffer() and writer.hasError():
            raise SttmError(_refused(path, name, writer.errorMessage()))
        del writer
        if count and _rows_of(path, name) != count:
            raise SttmError(_refused(path, name, "disco pieno o file bloccato"))


def _writer(path, name, wkb_type, fields, crs, first, plain):
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.fileEncoding = "UTF-8"
    options.layerName = name
    options.layerOptions = ["GEOMETRY_NAME=geom", "FID=fid"]
    if plain:
        options.datasourceOptions = ["ADD_GPKG_OGR_CONTENTS=NO"]
        options.layerOptions = [*options.layerOptions, "SPATIAL_INDEX=NO"]
    action = QgsVectorFileWriter.ActionOnExistingFile
    options.actionOnExistingFile = (
        action.CreateOrOverwriteFile if first else action.CreateOrOverwriteLayer
    )
    if wkb_type == QgsWkbTypes.Type.NoGeometry:
        crs = QgsCoordinateReferenceSystem()
    writer = QgsVectorFileWriter.create(
        str(path), make_fields(fields), wkb_type, crs, QgsCoordinateTransformContext(), options
    )
    if writer.hasError() != QgsVectorFileWriter.WriterError.NoError:
        raise SttmError(_refused(path, name, writer.errorMessage()))
    return writer


def _refused(path, name, reason):
    return (
        f"La tabella «{name}» di «{Path(path).name}» non è stata scritta "
        f"({reason or 'disco pieno o file bloccato'}): controllare spazio e permessi della "
        "cartella."
    )


def _rows_of(path, name) -> int:
    return int(QgsVectorLayer(f"{path}|layername={name}", name, "ogr").featureCount())


def settle(path, moment: str) -> None:
    """Make a GeoPackage depend on its content alone: one moment, no journal, packed pages.

    The tile tables that GDAL always makes, with their triggers, go: the standard wants them
    only where there are tiles.

    Args:
        moment: ISO 8601 time in UTC with milliseconds, written as the last change of each table.

    Raises:
        SttmError: the file can't be written.
    """
    try:
        connection = sqlite3.connect(str(path), isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=DELETE")
            if not connection.execute(
                "SELECT count(*) FROM gpkg_contents WHERE data_type LIKE '%tile%'"
            ).fetchone()[0]:
                connection.execute("DROP TABLE IF EXISTS gpkg_tile_matrix")
                connection.execute("DROP TABLE IF EXISTS gpkg_tile_matrix_set")
            connection.execute("UPDATE gpkg_contents SET last_change = ?", (moment,))
            connection.execute("VACUUM")
        finally:
            connection.close()
        with open(path, "r+b") as stream:
            # How many times the file was written: SQLite only wants the two to be the same.
            for offset in (24, 92):
                stream.seek(offset)
                stream.write(b"\x00\x00\x00\x01")
    except (sqlite3.Error, OSError) as error:
        raise SttmError(_refused(path, "gpkg_contents", str(error))) from error


def rows_in(path) -> dict:
    """Return {table: rows} of every table of a GeoPackage.

    Raises:
        SttmError: not a GeoPackage that can be read, or it holds tiles.
    """
    try:
        connection = sqlite3.connect(Path(path).resolve().as_uri() + "?mode=ro", uri=True)
        try:
            kinds = dict(connection.execute("SELECT table_name, data_type FROM gpkg_contents"))
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise SttmError(
            f"«{Path(path).name}» esiste già e non è un GeoPackage leggibile ({error}): scegliere "
            "un altro nome."
        ) from error
    if any(kind not in ("features", "attributes", "aspatial") for kind in kinds.values()):
        raise SttmError(
            f"«{Path(path).name}» esiste già e contiene immagini: scegliere un altro nome."
        )
    return {name: _rows_of(path, name) for name in layers_in(str(path))}


def create_workspace(path, crs, title, extent, istat, feedback=None) -> list[str]:
    """Write an empty workspace: every table, its styles, and a styled project inside.

    Args:
        path: .gpkg; one that is there must be an empty GeoPackage.
        crs: analysis CRS. extent: QgsRectangle in it, what the project opens on.
        title: of the project. istat: comune the panel opens on.

    Returns:
        Sentences about styles that did not load.

    Raises:
        SttmError: it holds data, is no GeoPackage, or can't be written.
    """
    path = Path(path)
    if path.exists():
        held = {name: count for name, count in rows_in(path).items() if count}
        if held:
            listed = ", ".join(f"{name} ({count})" for name, count in held.items())
            raise SttmError(
                f"«{path.name}» esiste già e contiene dati: {listed}. Non viene sovrascritto: "
                "scegliere un altro nome o spostare il file."
            )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Same name in a folder of its own: the project inside points at "./<name>".
        folder = Path(tempfile.mkdtemp(prefix=f".{path.stem}-", dir=path.parent))
    except OSError as error:
        raise write_error(path, error) from error
    try:
        made = folder / path.name
        tables = {
            name: (geometry, fields, None) for name, (geometry, fields) in schema.WORKSPACE.items()
        }
        write_tables(made, tables, crs, feedback)
        if feedback is not None and feedback.isCanceled():
            return []
        warnings = _store_project(made, crs, title, extent, istat)
        _close_journal(made)
        # Copied, not moved: QGIS keeps the file open for a while, and Windows can't move it then.
        with WholeFile(path) as temporary:
            shutil.copyfile(made, temporary)
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return warnings


def _save_style(layer, name, description) -> str:
    """Save a layer's style beside it as its default; return what went wrong, "" if nothing did."""
    # QGIS 3.44 renamed it; 3.22 has the old name alone.
    if hasattr(layer, "saveStyleToDatabaseV2"):
        return layer.saveStyleToDatabaseV2(name, description, True, "")[1]
    return layer.saveStyleToDatabase(name, description, True, "")


def _close_journal(path):
    """Fold the journal QGIS leaves beside a file it edited back into it."""
    try:
        connection = sqlite3.connect(str(path), isolation_level=None)
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode=DELETE")
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise SttmError(_refused(path, "qgis_projects", str(error))) from error


def _store_project(path, crs, title, extent, istat):
    """Style every table, keep its style in layer_styles, and store a project in the file."""
    warnings = []
    project = QgsProject()
    project.setCrs(crs)
    project.setTitle(title)
    project.writeEntry("sttm", "comune", istat)
    root = project.layerTreeRoot()
    for heading, names in _GROUPS:
        group = root.addGroup(heading)
        for name in names:
            layer = QgsVectorLayer(f"{path}|layername={name}", _TITLES[name], "ogr")
            if style_path(name).is_file():
                try:
                    apply_style(layer, name)
                except SttmError as error:
                    warnings.append(str(error))
            dress(layer, schema.WORKSPACE[name][1], istat)
            message = _save_style(layer, name, f"STTM 2: {_TITLES[name]}")
            if message:
                warnings.append(f"Stile di «{name}» non salvato nel GeoPackage: {message}")
            project.addMapLayer(layer, False)
            group.addChildNode(QgsLayerTreeLayer(layer))
    project.viewSettings().setDefaultViewExtent(QgsReferencedRectangle(extent, crs))
    # Closing the layers GDAL looks for the extent of empty tables in a file that is closing too,
    # and complains on the terminal; nothing is lost.
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        written = project.write(f"geopackage:{path}?projectName={PROJECT_NAME}")
        error = project.error()
        project.clear()
    finally:
        gdal.PopErrorHandler()
    if not written:
        raise SttmError(
            f"Il progetto non è stato salvato in «{path.name}» ({error}): controllare spazio e "
            "permessi della cartella."
        )
    return warnings
