"""Small tables as plain rows: read, write, and update in place whole or not at all."""

from __future__ import annotations

from qgis.core import (
    QgsFeature,
    QgsFeatureSink,
    QgsGeometry,
    QgsProcessingException,
    QgsVectorDataProvider,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QDate, Qt

from ..core.errors import SttmError
from ..core.progress import asking
from .fields import make_fields
from .frames import iter_features, plain_value, source_name

_CANCEL_EVERY = 512


def read_rows(source, fields, feedback=None, key="id_rilievo"):
    """Return the rows of a source as dicts, one key for each field of the schema.

    Args:
        source: QgsFeatureSource of an algorithm, or QgsVectorLayer.
        fields: ``core.schema.Field`` tuple; a missing field gives None.
        key: the field the rows are known by.

    Returns:
        list of dicts, with ``_fid`` (int) and ``_geometry`` (WKB bytes or None); None when
        cancelled.

    Raises:
        SttmError: the source lacks the key.
    """
    position = {field.name().lower(): at for at, field in enumerate(source.fields())}
    if key not in position:
        found = ", ".join(field.name() for field in source.fields())
        raise SttmError(
            f"«{source_name(source)}» non ha il campo {key} (trovati: {found or 'nessuno'}): "
            "scegliere la tabella giusta."
        )
    rows = []
    for number, feature in enumerate(iter_features(source)):
        if number % _CANCEL_EVERY == 0 and feedback is not None and feedback.isCanceled():
            return None
        attributes = feature.attributes()
        row = {
            field.name: _of_kind(plain_value(attributes[position[field.name]]), field.kind)
            if field.name in position
            else None
            for field in fields
        }
        row["_fid"] = feature.id()
        geometry = feature.geometry()
        row["_geometry"] = None if geometry.isNull() else geometry.asWkb().data()
        rows.append(row)
    return rows


def write_rows(sink, rows, fields) -> None:
    """Write rows into an open sink.

    Raises:
        QgsProcessingException: the sink refused a row.
    """
    qgis_fields = make_fields(fields)
    for number, row in enumerate(asking(rows)):
        if not sink.addFeature(_feature(row, fields, qgis_fields), QgsFeatureSink.Flag.FastInsert):
            reason = sink.lastError() if hasattr(sink, "lastError") else ""
            raise QgsProcessingException(
                f"La riga {number + 1} non è stata scritta: "
                f"{reason or 'disco pieno o file bloccato'}."
            )


def update_rows(layer, before, after, fields) -> None:
    """Bring a table from the rows it had to those it must have, in one operation.

    Args:
        layer: QgsVectorLayer the rows ``before`` were read from.
        before: rows with ``_fid``. after: the same rows in the same order, some changed, then
            new ones.

    Raises:
        SttmError: the table can't be written, or is being edited.
    """
    own = _free_layer(layer)
    provider = own.dataProvider()
    position = {field.name().lower(): at for at, field in enumerate(provider.fields())}
    changes = {}
    for old, new in zip(before, after):
        changed = {
            position[field.name]: _attribute(new[field.name], field.kind)
            for field in fields
            if field.name in position and old[field.name] != new[field.name]
        }
        if changed:
            changes[old["_fid"]] = changed
    added = []
    for row in after[len(before) :]:
        feature = QgsFeature(provider.fields())
        for field in fields:
            if field.name in position:
                feature.setAttribute(position[field.name], _attribute(row[field.name], field.kind))
        added.append(feature)
    wanted = QgsVectorDataProvider.Capability.AddFeatures if added else None
    if changes:
        wanted = QgsVectorDataProvider.Capability.ChangeAttributeValues
    if wanted is None:
        return
    done = bool(provider.capabilities() & wanted)
    # Each call is one transaction of the provider, and a run either adds or changes.
    if done and changes:
        done = provider.changeAttributeValues(changes)
    if done and added:
        done = provider.addFeatures(added)[0]
    if not done:
        raise _unwritable(layer, provider)


def update_tables(changes, fields) -> None:
    """Do ``update_rows`` on several tables, all of them or none.

    Args:
        changes: (layer, before, after) of each; no row is added.

    Raises:
        SttmError: one can't be written: the others are as they were.
    """
    done = []
    try:
        for layer, before, after in changes:
            update_rows(layer, before, after, fields)
            done.append((layer, after, before))
    except SttmError:
        for layer, now, then in reversed(done):
            update_rows(layer, now, then, fields)
        raise


def move_row(source, row, target, geometry, fields) -> None:
    """Move a row from a table to a layer, with a geometry; the row stays where it was if it fails.

    Args:
        source, target: QgsVectorLayer. row: with ``_fid``, as ``read_rows`` gave it.
        geometry: QgsGeometry in the CRS of the target.

    Raises:
        SttmError: one of them is being edited, can't be written, or the target has no place for
            the geometry or for a value.
    """
    ours = _free_layer(source), _free_layer(target)
    leaving, arriving = (layer.dataProvider() for layer in ours)
    feature = QgsFeature(arriving.fields())
    names = {field.name().lower(): at for at, field in enumerate(arriving.fields())}
    lost = [
        field.name for field in fields if row[field.name] is not None and field.name not in names
    ]
    if lost:
        raise SttmError(
            f"Il layer «{target.name()}» non ha i campi {', '.join(lost)}, e il servizio li "
            "perderebbe: scegliere un layer con lo schema dei servizi. Nulla è stato spostato."
        )
    if QgsWkbTypes.geometryType(arriving.wkbType()) != geometry.type():
        raise SttmError(
            f"Il layer «{target.name()}» non è di punti: scegliere il layer dei servizi puntuali. "
            "Nulla è stato spostato."
        )
    for field in fields:
        if field.name in names:
            feature.setAttribute(names[field.name], _attribute(row[field.name], field.kind))
    feature.setGeometry(geometry)
    done, added = arriving.addFeatures([feature])
    if not done:
        raise _unwritable(target, arriving)
    if not leaving.deleteFeatures([row["_fid"]]):
        arriving.deleteFeatures([added[0].id()])
        raise _unwritable(source, leaving)


def _free_layer(layer):
    """Return a layer to write through.

    Raises:
        SttmError: it is being edited.
    """
    if layer.isEditable():
        raise SttmError(
            f"La tabella «{layer.name()}» è in modifica: salvare o annullare le modifiche, poi "
            "riprovare."
        )
    if layer.providerType() == "memory":
        return layer
    # The layer may belong to the project, that is to another thread: open our own.
    return QgsVectorLayer(layer.source(), layer.name(), layer.providerType())


def _unwritable(layer, provider):
    reason = provider.lastError() if hasattr(provider, "lastError") else ""
    return SttmError(
        f"La tabella «{layer.name()}» non si scrive: {reason or 'sola lettura o bloccata'}. "
        "Nulla è stato salvato."
    )


def _of_kind(value, kind):
    if value is not None and kind == "bool":
        # A GeoPackage from outside may hold 0/1 or "true".
        return str(value).strip().lower() in ("1", "true", "t", "si", "sì")
    if value is not None and kind == "text" and not isinstance(value, str):
        return str(value)
    return value


def _attribute(value, kind):
    if value is None:
        return None
    if kind == "date":
        return QDate.fromString(str(value)[:10], Qt.DateFormat.ISODate)
    return value


def _feature(row, fields, qgis_fields):
    feature = QgsFeature(qgis_fields)
    feature.setAttributes([_attribute(row[field.name], field.kind) for field in fields])
    if row.get("_geometry") is not None:
        geometry = QgsGeometry()
        geometry.fromWkb(row["_geometry"])
        feature.setGeometry(geometry)
    return feature
