"""Fields of the contract as QGIS fields, on Qt 5 and Qt 6."""

from __future__ import annotations

from qgis.core import Qgis, QgsField, QgsFields
from qgis.PyQt.QtCore import QMetaType

if Qgis.QGIS_VERSION_INT >= 33800:
    _TYPES = {
        "text": QMetaType.Type.QString,
        "json": QMetaType.Type.QString,
        "int": QMetaType.Type.LongLong,
        "real": QMetaType.Type.Double,
        "bool": QMetaType.Type.Bool,
        "date": QMetaType.Type.QDate,
    }
else:
    from qgis.PyQt.QtCore import QVariant

    _TYPES = {
        "text": QVariant.Type.String,
        "json": QVariant.Type.String,
        "int": QVariant.Type.LongLong,
        "real": QVariant.Type.Double,
        "bool": QVariant.Type.Bool,
        "date": QVariant.Type.Date,
    }

# What a field holds; the numbers of QVariant.Type, which is gone in Qt 6, are these.
_KINDS = {
    QMetaType.Type.Int: "int",
    QMetaType.Type.UInt: "int",
    QMetaType.Type.LongLong: "int",
    QMetaType.Type.ULongLong: "int",
    QMetaType.Type.Double: "real",
    QMetaType.Type.QDate: "date",
    QMetaType.Type.QDateTime: "date",
    QMetaType.Type.Bool: "bool",
}

_PLAIN = (
    QMetaType.Type.QString,
    QMetaType.Type.Int,
    QMetaType.Type.LongLong,
    QMetaType.Type.Double,
)

# Never copied from an input: the output's own provider makes them.
KEY_FIELDS = ("fid", "ogc_fid", "ogr_fid")


def kind_of(field) -> str:
    """Return what a QGIS field holds: int, real, date, bool, else text."""
    return _KINDS.get(field.type(), "text")


def is_dated(field) -> bool:
    """Tell whether a QGIS field holds texts, numbers, days or yes and no, and nothing else."""
    return field.type() in (*_PLAIN, QMetaType.Type.QDate, QMetaType.Type.Bool)


def make_field(field) -> QgsField:
    """Return the QGIS field of a ``core.schema.Field``."""
    made = QgsField(field.name, _TYPES[field.kind], "", field.length)
    if field.alias:
        made.setAlias(field.alias)
    return made


def make_fields(fields) -> QgsFields:
    """Return the QGIS fields of a tuple of ``core.schema.Field``."""
    made = QgsFields()
    for field in fields:
        made.append(make_field(field))
    return made


def with_original(ours, originals, original_first=False) -> QgsFields:
    """Return our fields and those of an input; one named as ours gets ``_orig``."""
    taken = {field.name().lower() for field in ours}
    renamed = []
    for original in originals:
        field = QgsField(original)
        while field.name().lower() in taken:
            field.setName(f"{field.name()}_orig")
        taken.add(field.name().lower())
        renamed.append(field)
    made = QgsFields()
    for field in [*renamed, *ours] if original_first else [*ours, *renamed]:
        made.append(field)
    return made
