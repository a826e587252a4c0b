"""The pairs between the readings as a table, and two records side by side."""

from __future__ import annotations

import json
from html import escape

from qgis.core import NULL, QgsExpression, QgsFeatureRequest, QgsGeometry, QgsWkbTypes
from qgis.PyQt.QtCore import QCoreApplication, QDate, Qt
from qgis.PyQt.QtGui import QFont, QIcon

from ..processing_algorithms import icon_path
from .explanation import number
from .rows_model import SORT_ROLE, RowsModel, plain

_AREA = QgsWkbTypes.GeometryType.PolygonGeometry
STATES = ("proposto", "confermato", "respinto")
# What is compared, in this order.
_COMPARED = (
    "denominazione codice_sttm categoria tipo_specifico stato valenza_dichiarata comune "
    "codice_fonte capacita capacita_um superficie_mq ente_pianificatore proprietario gestore "
    "fonte fonte_id data_rif"
).split()


class PairsModel(RowsModel):
    """Rows of ``reconcilereadings``, PAIRS; what waits to be written is told."""

    FIRST, SECOND, SCORE, DISTANCE, STATE, DAY = range(6)

    def __init__(self, parent=None):
        super().__init__(
            [
                ("nome_1", _tr("Lettura 1")),
                ("nome_2", _tr("Lettura 2")),
                ("punteggio", _tr("Punteggio")),
                ("distanza_m", _tr("Distanza (m)")),
                ("stato", _tr("Stato")),
                ("data", _tr("Deciso il")),
            ],
            parent,
        )
        self._icons = {
            "confermato": QIcon(icon_path("stato_risolto")),
            "respinto": QIcon(icon_path("severita_errore")),
            "ambigua": QIcon(icon_path("severita_avviso")),
        }

    def place_of(self, id_coppia) -> int:
        """Return the number of the row of a pair, -1 where there is none."""
        for at, row in enumerate(self.rows):
            if row["id_coppia"] == id_coppia:
                return at
        return -1

    def data(self, index, role=Qt.ItemDataRole.DisplayRole):
        if index.isValid() and index.column() == self.STATE:
            row = self.rows[index.row()]
            if role == Qt.ItemDataRole.DecorationRole:
                return self._icons.get("ambigua" if row["ambigua"] else row["stato"])
            if role == Qt.ItemDataRole.FontRole:
                font = QFont()
                font.setItalic(bool(row.get("in_attesa")))
                return font
            if role == Qt.ItemDataRole.ToolTipRole and row["autore"]:
                return plain(f"{self.shown(row, 'stato')}, {row['autore']}")
        if role == SORT_ROLE and index.column() == self.DAY:
            day = self.rows[index.row()]["data"]
            return day.toString(Qt.DateFormat.ISODate) if isinstance(day, QDate) else str(day or "")
        return super().data(index, role)

    def shown(self, row, key):
        if key == "punteggio":
            return "" if row[key] is None else f"{row[key]:.2f}".replace(".", ",")
        if key == "distanza_m":
            return "" if row[key] is None else number(round(row[key]))
        if key == "stato":
            if row.get("in_attesa"):
                return _tr("si scrive…")
            if row["ambigua"]:
                return _tr("proposta, ambigua")
            return state_label(row)
        if key == "data":
            return day_of(row["data"])
        return super().shown(row, key)


def state_label(row) -> str:
    """Return the state of a pair as it is read."""
    if row.get("prevale"):
        first = row["prevale"] == row["id_1"]
        return _tr("unita, prevale la 1") if first else _tr("unita, prevale la 2")
    return {
        "proposto": _tr("proposta"),
        "confermato": _tr("confermata"),
        "respinto": _tr("respinta"),
    }.get(row["stato"], row["stato"] or "")


def day_of(value) -> str:
    """Return a date as Italians write it."""
    return value.toString("dd/MM/yyyy") if isinstance(value, QDate) else str(value or "")


def record_of(layers, id_servizio):
    """Return (attributes, geometry, CRS) of a service, the area before the point; None if none."""
    found = None
    for layer in layers:
        if layer.fields().lookupField("id_servizio") < 0:
            continue
        wanted = f'"id_servizio" = {QgsExpression.quotedValue(id_servizio)}'
        for feature in layer.getFeatures(QgsFeatureRequest().setFilterExpression(wanted)):
            values = {
                name: None if value is None or value == NULL else value
                for name, value in zip(layer.fields().names(), feature.attributes())
            }
            shape = QgsGeometry(feature.geometry()) if feature.hasGeometry() else None
            if found is None or (shape is not None and shape.type() == _AREA):
                found = (values, shape, layer.crs())
    return found


def comparison_html(row, first, second) -> str:
    """Return two records side by side, what differs marked; every value is escaped.

    Args:
        row: of PairsModel. first, second: attributes, None where a record is gone.
    """
    lines = []
    for name in _COMPARED:
        one, other = (_text(name, (record or {}).get(name)) for record in (first, second))
        if not one and not other:
            continue
        differs = bool(one and other) and one.casefold() != other.casefold()
        mark = "≠" if differs else "=" if one and other else ""
        cells = [escape(one) or "–", escape(other) or "–"]
        if differs:
            cells = [f"<b>{cell}</b>" for cell in cells]
        lines.append(
            f"<tr><td><small>{escape(_label(name))}</small></td><td>{cells[0]}</td>"
            f"<td>{mark}</td><td>{cells[1]}</td></tr>"
        )
    score = "" if row["punteggio"] is None else f"{row['punteggio']:.2f}".replace(".", ",")
    head = " · ".join(filter(None, (score and _tr("punteggio {}").format(score), _why(row))))
    signed = ", ".join(filter(None, (row["autore"], day_of(row["data"]))))
    state = state_label(row)
    decided = state[:1].upper() + state[1:] + (f" ({signed})" if signed else "")
    pieces = [
        f"<p><b>{escape(decided)}</b><br><small>{escape(head)}</small></p>",
        "<table width='100%' cellspacing='0' cellpadding='2'>",
        f"<tr><td width='20%'></td><td width='38%'><b>{_tr('Lettura 1')}</b></td>"
        f"<td width='4%'></td><td width='38%'><b>{_tr('Lettura 2')}</b></td></tr>",
        *lines,
        "</table>",
    ]
    if row["nota"]:
        pieces.append(f"<p>{escape(row['nota'])}</p>")
    others = json.loads(row["candidati"] or "[]")
    if others and row["stato"] == "proposto":
        named = ", ".join(
            f"<a href='coppia:{escape(one['id_coppia'])}'>"
            + escape(f"{one['punteggio']:.2f}".replace(".", ","))
            + "</a>"
            for one in others
        )
        said = _tr("Quasi pari con altre coppie degli stessi record:")
        pieces.append(f"<p><small>{said} {named}</small></p>")
    return "".join(pieces)


def _why(row) -> str:
    reasons = json.loads(row["motivo"] or "{}")
    if "deciso" in reasons:
        return str(reasons["deciso"])
    said = [
        _tr("nomi simili {}").format(f"{reasons.get('nome', 0):.2f}".replace(".", ",")),
        "" if row["distanza_m"] is None else _tr("a {} m").format(number(round(row["distanza_m"]))),
        _tr("stessa categoria") if reasons.get("stessa_categoria") else _tr("categorie diverse"),
        _tr("stesso codice ufficiale") if reasons.get("codice_ufficiale") else "",
        _tr("unica candidata") if reasons.get("unica_candidata") else "",
        _tr("stesso indirizzo") if reasons.get("stesso_indirizzo") else "",
        _tr("capacità concorde") if reasons.get("capacita_concorde") else "",
        _tr("senza posizione") if reasons.get("senza_posizione") else "",
    ]
    return " · ".join(filter(None, said))


def _text(name, value) -> str:
    if value is None:
        return ""
    if isinstance(value, QDate):
        return day_of(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(value)
    return str(value).replace("_", " ") if name in ("stato", "valenza_dichiarata") else str(value)


def _label(name) -> str:
    return {
        "denominazione": _tr("Denominazione"),
        "codice_sttm": _tr("Codice"),
        "categoria": _tr("Categoria"),
        "tipo_specifico": _tr("Tipo"),
        "stato": _tr("Stato"),
        "valenza_dichiarata": _tr("Valenza dichiarata"),
        "comune": _tr("Comune"),
        "codice_fonte": _tr("Codice ufficiale"),
        "capacita": _tr("Capacità"),
        "capacita_um": _tr("Unità"),
        "superficie_mq": _tr("Superficie (m²)"),
        "ente_pianificatore": _tr("Ente"),
        "proprietario": _tr("Proprietario"),
        "gestore": _tr("Gestore"),
        "fonte": _tr("Fonte"),
        "fonte_id": _tr("Chiave"),
        "data_rif": _tr("Data"),
    }.get(name, name)


def _tr(text):
    return QCoreApplication.translate("PairsModel", text)
