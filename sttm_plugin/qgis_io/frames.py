"""QGIS layers to frames and back: one pass over the features, geometries as WKB."""

from __future__ import annotations

import json
import math
import struct

from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeature,
    QgsFeatureRequest,
    QgsFeatureSink,
    QgsGeometry,
    QgsProcessingException,
    QgsProcessingFeatureSource,
    QgsProject,
    QgsVectorLayer,
    QgsVectorLayerUtils,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QByteArray, QDate, QDateTime, Qt, QTime

from ..core.errors import SttmError
from ..core.progress import ask, asking
from ..core.shapes import series_of
from .fields import KEY_FIELDS, is_dated, kind_of, make_fields

_CANCEL_EVERY = 512


_AS_IT_IS = frozenset((str, int, float, bool, type(None)))
_VARIANT = type(NULL)


def plain_value(value):
    """Return an attribute as Python holds it: NULL as None, dates as ISO text, lists as JSON."""
    kind = type(value)
    if kind in _AS_IT_IS:
        return value
    # Asking a NULL whether it is one is much faster than comparing it with NULL.
    if kind is _VARIANT and value.isNull():
        return None
    if isinstance(value, QDate):
        return value.toString(Qt.DateFormat.ISODate) or None
    if isinstance(value, (QDateTime, QTime)):
        return value.toString(Qt.DateFormat.ISODate) or None
    if isinstance(value, QByteArray):
        return bytes(value).hex()
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return str(value)


def iter_features(source, request=None):
    """Yield the features of a source or layer, geometry checks off.

    Processing's default stops at the first invalid geometry, before we can repair or
    reject it.
    """
    request = request or QgsFeatureRequest()
    if isinstance(source, QgsProcessingFeatureSource):
        flag = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
        return source.getFeatures(request, flag)
    request.setInvalidGeometryCheck(QgsFeatureRequest.InvalidGeometryCheck.GeometryNoCheck)
    return source.getFeatures(request)


def source_crs(source) -> QgsCoordinateReferenceSystem:
    """Return the CRS a source or layer declares."""
    return source.sourceCrs() if hasattr(source, "sourceCrs") else source.crs()


def source_name(source) -> str:
    """Return the name of a source or layer."""
    return source.sourceName() if hasattr(source, "sourceName") else source.name()


def transform_to(source, crs, context=None) -> QgsCoordinateTransform | None:
    """Return the transform from a source to the analysis CRS, None when there is nothing to do.

    Raises:
        SttmError: the source has geometry but no CRS.
    """
    declared = source_crs(source)
    wkb_type = source.wkbType()
    if (
        wkb_type in (QgsWkbTypes.Type.NoGeometry, QgsWkbTypes.Type.Unknown)
        and not declared.isValid()
    ):
        return None
    if not declared.isValid():
        raise SttmError(
            f"Il layer «{source_name(source)}» non ha un sistema di riferimento: assegnarlo "
            "in QGIS (Imposta SR del layer) prima di usarlo, oppure importarlo con «Importa "
            "servizi», che lo riconosce dalla posizione del comune."
        )
    if declared == crs:
        return None
    transform_context = (
        context.transformContext() if context else QgsProject.instance().transformContext()
    )
    return QgsCoordinateTransform(declared, crs, transform_context)


def read_frame(source, crs, context=None, feedback=None, fields=None):
    """Return a source as a GeoDataFrame in the analysis CRS, in one pass.

    Args:
        source: QgsFeatureSource of an algorithm, or QgsVectorLayer; with or without geometry.
        crs: QgsCoordinateReferenceSystem of the analysis.
        fields: names to read; None is all of them but fid, ogc_fid, ogr_fid.

    Returns:
        GeoDataFrame: the fields (text as object with None, numbers as they are, dates as ISO
        text), ``_layer`` (name), ``_fid`` (int), ``_spatial`` (False for a table), ``geometry``
        (shapely, curves segmented, Z and M dropped; None where NULL). None when cancelled.

    Raises:
        SttmError: no CRS, a coordinate that can't be transformed, a read that broke off.
    """
    import geopandas as gpd
    import numpy as np
    import pandas as pd

    transform = transform_to(source, crs, context)
    kept = [
        (position, field.name())
        for position, field in enumerate(source.fields())
        if field.name().lower() not in KEY_FIELDS and (fields is None or field.name() in fields)
    ]
    name = source_name(source)
    read = columns_at_once(source, kept, transform, feedback)
    if read is None:
        read = _read_features(source, kept, transform, feedback)
    if read is None:
        return None
    columns, fids, blobs = read
    series = {field: _column(values) for (_, field), values in asking(zip(kept, columns), 1)}
    frame = pd.DataFrame(series)
    del series
    ask()
    frame["_layer"] = pd.Series([name] * len(fids), dtype=object)
    frame["_fid"] = np.asarray(fids, dtype=np.int64)
    # A row of a table has no geometry by design, one of a layer lacks it.
    frame["_spatial"] = source.wkbType() != QgsWkbTypes.Type.NoGeometry
    return gpd.GeoDataFrame(frame, geometry=series_of(shapes_from_wkb(blobs), crs_name(crs)))


# The WKB of the kinds read in columns: their code, and the least bytes of one that isn't empty.
_WKB_CODES = {
    QgsWkbTypes.Type.Point: (1, 21),
    QgsWkbTypes.Type.Polygon: (3, 77),
    QgsWkbTypes.Type.MultiPolygon: (6, 86),
}


_MULTI_POLYGON, _POLYGON = 6, struct.pack("<BI", 1, 3)


def columns_at_once(source, kept, transform=None, feedback=None):
    """Return (columns, fids, blobs) of a plain layer in the analysis CRS, None of any other.

    Args:
        kept: (position, name) of the fields to read.
    """
    import numpy as np

    from .bulk import read_columns

    kind = source.wkbType()
    moved = transform is not None and not transform.isShortCircuited()
    if not isinstance(source, QgsVectorLayer) or kind not in _WKB_CODES or moved:
        return None
    if not all(is_dated(source.fields().at(position)) for position, _ in kept):
        return None
    names = [name for _, name in kept]
    yes_no = [name for at, name in kept if kind_of(source.fields().at(at)) == "bool"]
    read = read_columns(
        source, [name for name in names if name not in yes_no], feedback, areas=True
    )
    if read is None:
        return None
    for name in yes_no:
        values, _ = QgsVectorLayerUtils.getValues(source, name)
        if len(values) != len(read.blobs):
            return None
        read.columns[name] = list(map(plain_value, values))
    code, least = _WKB_CODES[kind]
    head = struct.pack("<BI", 1, code)
    # What is empty, or of another kind than the layer says, QGIS has to look at.
    blobs = read.blobs
    if code == _MULTI_POLYGON:
        # As QGIS reads the areas of a shapefile: all are of several parts, were it one.
        blobs = [
            head + b"\1\0\0\0" + blob if blob is not None and blob[:5] == _POLYGON else blob
            for blob in blobs
        ]
    if not all(blob is None or (blob[:5] == head and len(blob) >= least) for blob in blobs):
        return None
    if code == 1:
        known = b"".join([blob[5:21] for blob in blobs if blob is not None])
        if not np.isfinite(np.frombuffer(known, dtype="<f8")).all():
            return None
    return [read.columns[name] for name in names], read.fids, blobs


def _read_features(source, kept, transform, feedback):
    """Return (columns, fids, blobs) of a source, read feature by feature; None when cancelled."""
    columns = [[] for _ in kept]
    fids, blobs = [], []
    name = source_name(source)
    total = source.featureCount() if hasattr(source, "featureCount") else -1
    for number, feature in enumerate(iter_features(source)):
        if number % _CANCEL_EVERY == 0 and feedback is not None and feedback.isCanceled():
            return None
        attributes = feature.attributes()
        for column, (position, _) in zip(columns, kept):
            value = attributes[position]
            column.append(value if type(value) in _AS_IT_IS else plain_value(value))
        fids.append(feature.id())
        blobs.append(_wkb(feature, transform, name))
    if total > 0 and len(fids) < total and _complete(source):
        raise SttmError(
            f"La lettura di «{name}» si è interrotta alla riga {len(fids)} di {total}: il file è "
            "troncato o bloccato. Aprirlo in QGIS, salvarne una copia e riprovare."
        )
    return columns, fids, blobs


def _complete(source) -> bool:
    """Tell whether featureCount is exact: a selection or a subset may make it an estimate."""
    return isinstance(source, QgsVectorLayer) and source.dataProvider().name() == "ogr"


def plain_geometry(feature, transform, name):
    """Return a feature's geometry in the analysis CRS, curves segmented, without Z and M.

    Args:
        transform: of ``transform_to``, None where the CRS is already that of the analysis.
        name: of the layer, for the sentence.

    Returns:
        QgsGeometry, None where there is none.

    Raises:
        SttmError: a coordinate can't be transformed.
    """
    geometry = feature.geometry()
    if geometry.isNull() or geometry.isEmpty():
        return None
    if QgsWkbTypes.isCurvedType(geometry.wkbType()):
        geometry = QgsGeometry(geometry.constGet().segmentize())
    kind = geometry.wkbType()
    if QgsWkbTypes.hasZ(kind) or QgsWkbTypes.hasM(kind):
        flat = geometry.get()
        flat.dropZValue()
        flat.dropMValue()
    if transform is not None:
        try:
            geometry.transform(transform)
        except QgsCsException as error:
            raise SttmError(
                f"Le coordinate dell'elemento {feature.id()} di «{name}» non si possono "
                "trasformare nel sistema di analisi: controllare il sistema di riferimento del "
                "layer."
            ) from error
    return geometry


def _wkb(feature, transform, name):
    geometry = plain_geometry(feature, transform, name)
    return None if geometry is None else geometry.asWkb().data()


_SHAPES_AT_ONCE = 10_000


def shapes_from_wkb(blobs):
    """Return shapely geometries from WKB bytes, None where there is none or it can't be read."""
    import numpy as np
    import shapely
    import shapely.wkb

    shapes = np.empty(len(blobs), dtype=object)
    if hasattr(shapely, "from_wkb"):  # shapely 2
        for first in range(0, len(blobs), _SHAPES_AT_ONCE):
            ask()
            part = slice(first, first + _SHAPES_AT_ONCE)
            with np.errstate(invalid="ignore"):
                read = shapely.from_wkb(np.array(blobs[part], dtype=object), on_invalid="ignore")
            shapes[part] = read
        return shapes
    for number, blob in enumerate(asking(blobs)):
        if blob is not None:
            try:
                shapes[number] = shapely.wkb.loads(blob)
            except shapely.errors.WKBReadingError:
                shapes[number] = None
    return shapes


def crs_name(crs) -> str:
    """Return a CRS as geopandas takes it."""
    return crs.authid() or crs.toWkt()


def _column(values):
    import pandas as pd

    numbers = _numbers(values)
    if numbers is None:
        return pd.Series(values, dtype=object)
    return pd.Series(numbers)


def _numbers(values):
    """Return the values as floats when all are numbers or None, and at least one is a number."""
    found = False
    for value in values:
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        found = True
    if not found:
        return None
    if any(value is None or isinstance(value, float) for value in values):
        return [math.nan if value is None else float(value) for value in values]
    return values


def field_values(column, kind):
    """Return a column of a frame as a list of attributes QGIS takes, None as NULL."""
    values = column.tolist()
    if column.isna().all():
        return [None] * len(values)
    if kind == "int":
        return [None if value is None or value != value else int(value) for value in values]
    if kind == "real":
        return [None if value is None or value != value else float(value) for value in values]
    if kind == "bool":
        return [None if value is None or value != value else bool(value) for value in values]
    if kind == "date":
        return [
            QDate.fromString(str(value)[:10], Qt.DateFormat.ISODate) if value else None
            for value in values
        ]
    return [None if value is None or value != value else str(value) for value in values]


def stored_values(column, kind):
    """Return a column of a frame as a GeoPackage stores it: dates as ISO text, None as NULL."""
    if kind != "date" or column.isna().all():
        return field_values(column, kind)
    values = column.tolist()
    written = {}
    for value in dict.fromkeys(values):
        date = QDate.fromString(str(value)[:10], Qt.DateFormat.ISODate) if value else QDate()
        written[value] = date.toString(Qt.DateFormat.ISODate) or None
    return [written[value] for value in values]


def features_of(frame, fields, wkb_type=QgsWkbTypes.Type.NoGeometry, start=0, stop=None):
    """Yield the QGIS features of a frame, in order, for the ``core.schema`` fields given."""
    part = frame.iloc[start:stop]
    qgis_fields = make_fields(fields)
    columns = [field_values(part[field.name], field.kind) for field in fields]
    shapes = [None] * len(part)
    if wkb_type != QgsWkbTypes.Type.NoGeometry and "geometry" in part.columns:
        shapes = part["geometry"].tolist()
        if "_wkb" in part.columns:
            shapes = part["_wkb"].tolist()
    multi = QgsWkbTypes.isMultiType(wkb_type)
    rows = zip(*columns) if columns else ([] for _ in range(len(part)))
    for attributes, shape in asking(zip(rows, shapes)):
        feature = QgsFeature(qgis_fields)
        feature.setAttributes(list(attributes))
        if isinstance(shape, bytes) or (shape is not None and not shape.is_empty):
            geometry = QgsGeometry()
            geometry.fromWkb(shape if isinstance(shape, bytes) else shape.wkb)
            if multi:
                geometry.convertToMultiType()
            feature.setGeometry(geometry)
        yield feature


def write_frame(sink, frame, fields, wkb_type=QgsWkbTypes.Type.NoGeometry, feedback=None) -> int:
    """Write a frame into an open sink and return how many rows were written.

    Raises:
        QgsProcessingException: the sink refused a row.
    """
    written = 0
    for feature in features_of(frame, fields, wkb_type):
        if not sink.addFeature(feature, QgsFeatureSink.Flag.FastInsert):
            reason = sink.lastError() if hasattr(sink, "lastError") else ""
            raise QgsProcessingException(
                f"La riga {written + 1} non è stata scritta: "
                f"{reason or 'disco pieno o file bloccato'}."
            )
        written += 1
    return written


def memory_layer(frame, fields, name, wkb_type, crs) -> QgsVectorLayer:
    """Return a frame as a memory layer, for rendering and for tests."""
    kind = QgsWkbTypes.displayString(wkb_type)
    layer = QgsVectorLayer("None" if kind == "NoGeometry" else kind, name, "memory")
    if kind != "NoGeometry":
        layer.setCrs(crs)
    provider = layer.dataProvider()
    provider.addAttributes(list(make_fields(fields)))
    layer.updateFields()
    provider.addFeatures(list(features_of(frame, fields, wkb_type)))
    layer.updateExtents()
    return layer


def read_services(layers, crs, context=None, feedback=None):
    """Return layers and tables of services as one services frame; the same id twice: the area wins.

    Args:
        layers: QgsVectorLayer list, points and areas and tables mixed.

    Returns:
        The services frame of ``core.schema.conform_services``, ordered by ``id_servizio``; None
        when cancelled. ``frame.attrs["doppi"]`` lists the ids whose second record was left out.

    Raises:
        SttmError: a needed field is missing; no layer.
    """
    import numpy as np
    import pandas as pd

    from ..core import schema

    frames = []
    for layer in layers:
        present = {field.name().lower() for field in layer.fields()}
        missing = [name for name in schema.SERVICES_NEEDED if name not in present]
        if missing:
            found = ", ".join(field.name() for field in layer.fields())
            raise SttmError(
                f"Il layer «{layer.name()}» non è un layer di servizi: manca il campo "
                f"{', '.join(missing)} (trovati: {found or 'nessuno'}). Importarlo prima con "
                "«Importa servizi»."
            )
        frame = read_frame(layer, crs, context, feedback)
        if frame is None:
            return None
        frame = frame.rename(columns={name: name.lower() for name in frame.columns})
        frame = schema.conform_services(frame)
        padded = _pad_codes(frame)
        if padded and feedback is not None:
            feedback.pushInfo(
                f"Layer «{layer.name()}»: {padded} codici ISTAT senza lo zero iniziale, completati "
                "a sei cifre."
            )
        frames.append(frame)
    if not frames:
        raise SttmError("Nessun layer di servizi indicato: sceglierne almeno uno.")
    joined = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    point = np.array(
        [
            shape is None or shape.geom_type not in ("Polygon", "MultiPolygon")
            for shape in asking(joined["geometry"].to_numpy())
        ],
        dtype=bool,
    )
    keys = joined[["id_servizio", "_layer", "_fid"]].assign(_point=point)
    keys = keys.sort_values(
        ["id_servizio", "_point", "_layer", "_fid"], kind="stable", na_position="last"
    )
    doubled = keys["id_servizio"].notna() & keys.duplicated("id_servizio", keep="first")
    leave = doubled & keys["_point"]
    if leave.any():
        # Only a point beside its area is the same record twice: two points, or two areas, with one
        # id are a fault of the data, which check STTM2-103 reports.
        leave &= keys["_point"].groupby(keys["id_servizio"]).transform("nunique") == 2
    result = joined.loc[keys.index[~leave]].reset_index(drop=True)
    measured = _measure_areas(result)
    if measured and feedback is not None:
        feedback.pushInfo(
            f"Superficie misurata dal poligono per {measured} aree che non l'avevano."
        )
    result.attrs["doppi"] = sorted(keys.loc[leave, "id_servizio"].unique())
    return result


def _measure_areas(frame) -> int:
    """Give the valid areas without ``superficie_mq`` that of their shape; return how many."""
    kinds = frame.geometry.geom_type.isin(("Polygon", "MultiPolygon"))
    shapes = frame.geometry[frame["superficie_mq"].isna() & kinds]
    shapes = shapes[shapes.is_valid]
    # Fingerprints read it: further decimals change with the analysis CRS.
    frame.loc[shapes.index, "superficie_mq"] = shapes.area.round(3)
    return len(shapes)


def _pad_codes(frame) -> int:
    """Give ``istat`` its six digits where a number column lost the zero; return how many rows."""
    from ..core.reference import istat_code

    short = {
        code: code.partition(".")[0].zfill(6)
        for code in frame["istat"].dropna().unique()
        if len(code.partition(".")[0]) == 5 and istat_code(code) is not None
    }
    rows = frame["istat"].isin(list(short))
    if short:
        frame.loc[rows, "istat"] = frame.loc[rows, "istat"].map(short)
    return int(rows.sum())
