"""The tables of the import assistant: columns, values, reference systems, repairs."""

from __future__ import annotations

import json

from qgis.PyQt.QtCore import QCoreApplication, Qt, pyqtSignal
from qgis.PyQt.QtGui import QFont, QIcon
from qgis.PyQt.QtWidgets import QComboBox, QStyledItemDelegate

from ..processing_algorithms import icon_path
from ..processing_algorithms.choices import service_fields, value_key
from .category_choice import known_categories
from .explanation import number
from .import_preview import GRAVITIES
from .import_profile import CATEGORY
from .rows_model import RowsModel

# What may be read from several columns.
_SEVERAL = (CATEGORY,)
# Below this a proposal asks to be looked at (the algorithm's own ``spuntata`` says the same).
_BY_HAND = "tecnico"


def field_titles() -> dict:
    """Return {field: title} of what a column may be."""
    titles = {name: title for name, title, _ in service_fields()}
    titles["posizione_x"] = _tr("Coordinata X (est, longitudine)")
    titles["posizione_y"] = _tr("Coordinata Y (nord, latitudine)")
    titles["posizione_wkt"] = _tr("Geometria in WKT")
    titles["posizione_testo"] = _tr("Coordinate in un testo")
    titles[CATEGORY] = _tr("Tipo di servizio (dà la categoria)")
    return titles


class ColumnsModel(RowsModel):
    """Rows of ``suggestmapping``, OUTPUT; the column "Campo" is edited."""

    edited = pyqtSignal(str)

    COLUMN, SAMPLES, FIELD, SCORE, REASON = range(5)

    def __init__(self, parent=None):
        super().__init__(
            [
                ("colonna", _tr("Colonna")),
                ("esempi", _tr("Valori di esempio")),
                ("campo", _tr("Va nel campo")),
                ("punteggio", _tr("Punteggio")),
                ("motivo", _tr("Perché")),
            ],
            parent,
        )
        self._titles: dict = {}
        self._sure = QIcon(icon_path("stato_risolto"))
        self._unsure = QIcon(icon_path("severita_avviso"))

    def titles(self):
        """Return {field: title}, read once."""
        if not self._titles:
            self._titles = field_titles()
        return self._titles

    def title(self, campo) -> str:
        """Return what a field or several are called."""
        pieces = [piece for piece in str(campo or "").split(";") if piece]
        return " + ".join(self.titles().get(piece) or _attribute(piece) for piece in pieces)

    def options(self, number_of_row) -> list:
        """Return [(field, title)] a column may go to: its own alternatives first."""
        row = self.rows[number_of_row]
        found = [("", _tr("(non usare)"))]
        if row["campo"]:
            found.append((row["campo"], self.title(row["campo"])))
        for other in json.loads(row["alternative"] or "[]"):
            score = f"{other['punteggio']:.2f}".replace(".", ",")
            found.append((other["campo"], f"{self.title(other['campo'])} – {score}"))
        both = f"denominazione;{CATEGORY}"
        found.append((both, self.title(both)))
        found.extend(
            (name, title)
            for name, title in self.titles().items()
            if name not in ("posizione_wkt", "posizione_testo")
        )
        seen: dict = {}
        for name, title in found:
            seen.setdefault(name, title)
        return list(seen.items())

    def to_confirm(self) -> int:
        """Return how many proposals are not sure and nobody looked at."""
        return sum(1 for row in self.rows if _is_unsure(row))

    def data(self, index, role=Qt.ItemDataRole.DisplayRole):
        if index.isValid():
            row, at = self.rows[index.row()], index.column()
            if role == Qt.ItemDataRole.DecorationRole and at == self.FIELD and row["campo"]:
                return self._unsure if _is_unsure(row) else self._sure
            if role == Qt.ItemDataRole.EditRole and at == self.FIELD:
                return row["campo"] or ""
            if role == Qt.ItemDataRole.FontRole:
                font = QFont()
                font.setBold(at == self.FIELD and row["deciso_da"] == _BY_HAND)
                font.setItalic(at == self.FIELD and not row["campo"])
                return font
        return super().data(index, role)

    def shown(self, row, key):
        if key == "colonna" and row["colonna"].startswith("="):
            return _tr("(calcolata dal profilo: {})").format(row["colonna"][1:])
        if key == "campo":
            return self.title(row["campo"]) or _tr("(non usata)")
        if key == "punteggio":
            score = row["punteggio"]
            if score is None:
                return ""
            return f"{score:.2f}".replace(".", ",")
        if key == "motivo":
            said = [_tr("da confermare") if _is_unsure(row) else "", row["motivo"], row["dubbio"]]
            if row["dati_personali"]:
                said.append(_tr("dati personali: {}").format(row["dati_personali"]))
            if row["n_vuoti"]:
                said.append(
                    _tr("{} vuoti su {}").format(
                        number(row["n_vuoti"]), number(row["n_vuoti"] + row["n_valori"])
                    )
                )
            return "; ".join(filter(None, said))
        return super().shown(row, key)

    def flags(self, index):
        flags = super().flags(index)
        if index.column() == self.FIELD:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def setData(self, index, value, role=Qt.ItemDataRole.EditRole):  # noqa: N802
        if role != Qt.ItemDataRole.EditRole or index.column() != self.FIELD:
            return False
        row = self.rows[index.row()]
        value = value or None
        if value == row["campo"] and row["deciso_da"] != "proposta":
            return False
        taken = self._take_from_others(index.row(), value)
        row.update(
            campo=value,
            punteggio=1.0 if value else None,
            motivo=_tr("scelta di chi importa"),
            dubbio=None,
            deciso_da=_BY_HAND,
            spuntata=bool(value),
        )
        self.changed(index.row())
        self.edited.emit(taken)
        return True

    def _take_from_others(self, number_of_row, value):
        """A field has one column: return the sentence on the one that lost it."""
        wanted = {piece for piece in str(value or "").split(";") if piece and piece not in _SEVERAL}
        said = []
        for other, row in enumerate(self.rows):
            had = [piece for piece in str(row["campo"] or "").split(";") if piece]
            lost = [piece for piece in had if piece in wanted]
            if other == number_of_row or not lost:
                continue
            row["campo"] = ";".join(piece for piece in had if piece not in wanted) or None
            row.update(
                motivo=_tr("il campo è passato a un'altra colonna"),
                deciso_da=_BY_HAND,
                punteggio=1.0 if row["campo"] else None,
                spuntata=bool(row["campo"]),
            )
            self.changed(other)
            said.append(
                _tr("«{}» non va più in «{}».").format(row["colonna"], self.title(";".join(lost)))
            )
        return " ".join(said)


def _attribute(piece):
    """An attribute the rules read has no field of its own: its name says what it is."""
    return _tr("Attributo: {}").format(piece.partition(".")[2].replace("_", " ") or piece)


def _is_unsure(row):
    return bool(row["campo"]) and not row["spuntata"]


class FieldDelegate(QStyledItemDelegate):
    """A combo box while a field is chosen, nothing before and after."""

    def __init__(self, proxy, parent=None):
        super().__init__(parent)
        self._proxy = proxy

    def createEditor(self, parent, _option, index):  # noqa: N802
        source = self._proxy.mapToSource(index)
        combo = QComboBox(parent)
        for name, title in source.model().options(source.row()):
            combo.addItem(title, name)
        combo.activated.connect(lambda *_: self._done(combo))
        return combo

    def _done(self, combo):
        self.commitData.emit(combo)
        self.closeEditor.emit(combo)

    def setEditorData(self, editor, index):  # noqa: N802
        value = index.data(Qt.ItemDataRole.EditRole) or ""
        editor.setCurrentIndex(max(editor.findData(value), 0))

    def setModelData(self, editor, model, index):  # noqa: N802
        if editor.currentData() != (index.data(Qt.ItemDataRole.EditRole) or ""):
            model.setData(index, editor.currentData(), Qt.ItemDataRole.EditRole)


class ValuesModel(RowsModel):
    """Rows of ``suggestmapping``, VALUES, with what a person decided of them."""

    edited = pyqtSignal()

    VALUE, COUNT, FIELD, MEANT, CONFIDENCE, REASON = range(6)

    def __init__(self, parent=None):
        super().__init__(
            [
                ("valore", _tr("Valore")),
                ("n", _tr("Record")),
                ("campo", _tr("Campo")),
                ("proposto", _tr("Diventa")),
                ("confidenza", _tr("Confidenza")),
                ("motivo", _tr("Perché")),
            ],
            parent,
        )
        self.decisions: dict = {}
        self._categories: dict = {}
        self._titles: dict = {}
        self._sure = QIcon(icon_path("stato_risolto"))
        self._open = QIcon(icon_path("severita_avviso"))

    def categories(self) -> dict:
        """Return {code: (category, macrocategoria)}, read once."""
        if not self._categories:
            self._categories = known_categories()
        return self._categories

    def set_rows(self, rows):
        """Show new rows; what was decided of a value that is still there stays."""
        present = {self._key(row): row for row in rows}
        kept = {}
        for key, meant in self.decisions.items():
            if key in present:
                kept[key] = meant
                self._write(present[key], meant)
        self.decisions = kept
        # What waits for a person comes first, then the categories, the least sure before.
        super().set_rows(
            sorted(
                rows,
                key=lambda row: (
                    not is_open(row),
                    row["campo"] != CATEGORY,
                    row["confidenza"] or 0,
                    -row["n"],
                ),
            )
        )

    def forget(self):
        """Forget every decision: another source is read, maybe with other criteria."""
        self.decisions, self._categories = {}, {}

    def decided(self) -> dict:
        """Return {(campo, columns, value): what it becomes}."""
        return {
            (campo, tuple(names.split(", ")), value): meant
            for (campo, names, value), meant in self.decisions.items()
        }

    def to_decide(self) -> int:
        """Return how many values have no meaning and were not looked at."""
        return sum(1 for row in self.rows if is_open(row))

    def decide(self, rows, meant) -> int:
        """Give rows a meaning, and the equal values of the same field; return how many changed.

        Case, accents and spaces don't make another value.
        """
        wanted = {(row["campo"], value_key(row["valore"])) for row in rows}
        count = 0
        for at, row in enumerate(self.rows):
            if (row["campo"], value_key(row["valore"])) in wanted:
                self.decisions[self._key(row)] = meant
                self._write(row, meant)
                self.changed(at)
                count += 1
        if count:
            self.edited.emit()
        return count

    def options(self, campo, row=None) -> list:
        """Return [(value, label)] that a field which isn't a category may have."""
        if row is None or campo == CATEGORY:
            return []
        found = [one for one in str(row["alternative"] or "").split(";") if one]
        if row["proposto"] and row["proposto"] not in found:
            found.insert(0, row["proposto"])
        return [(one, one.replace("_", " ")) for one in found]

    def label(self, campo, meant) -> str:
        """Return what a value becomes, as it is read."""
        if not meant:
            return ""
        if campo == CATEGORY and meant in self.categories():
            return f"{meant} {self.categories()[meant][0]}"
        return str(meant).replace("_", " ")

    def data(self, index, role=Qt.ItemDataRole.DisplayRole):
        if index.isValid():
            row, at = self.rows[index.row()], index.column()
            if role == Qt.ItemDataRole.DecorationRole and at == self.MEANT:
                return self._open if is_open(row) else self._sure
            if role == Qt.ItemDataRole.FontRole:
                font = QFont()
                font.setBold(at == self.MEANT and row["deciso_da"] == _BY_HAND)
                font.setItalic(at == self.MEANT and not row["proposto"])
                return font
        return super().data(index, role)

    def shown(self, row, key):
        if key == "campo":
            if not self._titles:
                self._titles = field_titles()
            if row["campo"] == CATEGORY:
                return _tr("Categoria")
            return self._titles.get(row["campo"], row["campo"])
        if key == "proposto":
            if row["proposto"]:
                if row["campo"] in (CATEGORY, "istat"):
                    return f"{row['proposto']} {row['etichetta'] or ''}".strip()
                return (row["etichetta"] or row["proposto"]).replace("_", " ")
            return _tr("(lasciato vuoto)") if row["deciso_da"] == _BY_HAND else _tr("da decidere")
        if key == "confidenza":
            return "" if row[key] is None else f"{row[key]:.2f}".replace(".", ",")
        return super().shown(row, key)

    @staticmethod
    def _key(row):
        return row["campo"], row["colonna"] or "", row["valore"]

    def _write(self, row, meant):
        name = self.categories().get(meant, ("",))[0] if row["campo"] == CATEGORY else meant
        row.update(
            proposto=meant or None,
            etichetta=name or None,
            confidenza=1.0 if meant else None,
            motivo=_tr("scelta di chi importa"),
            deciso_da=_BY_HAND,
        )


class CrsModel(RowsModel):
    """Rows of ``diagnosecrs``: shares as percentages, the one that fits told by its icon."""

    def __init__(self, parent=None):
        super().__init__(
            [
                ("nome", _tr("Sistema")),
                ("quota_comune", _tr("Nel comune")),
                ("quota_dintorni", _tr("Nei dintorni")),
                ("scarto_medio_m", _tr("Scarto medio (m)")),
                ("nota", ""),
            ],
            parent,
        )
        self._found = QIcon(icon_path("stato_risolto"))

    def shown(self, row, key):
        if key.startswith("quota"):
            return "" if row[key] is None else f"{number(round(100 * row[key]))} %"
        if key == "scarto_medio_m":
            # How far a system is that doesn't fit says nothing.
            near = row["adatto"] and row[key] is not None
            return number(round(row[key], 1)) if near else ""
        if key == "nota":
            said = [
                _tr("dichiarato") if row["dichiarato"] else "",
                _tr("trovato") if row["trovato"] else "",
            ]
            return ", ".join(filter(None, said))
        return super().shown(row, key)

    def data(self, index, role=Qt.ItemDataRole.DisplayRole):
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0:
            return self._found if self.rows[index.row()]["trovato"] else None
        return super().data(index, role)


class RepairsModel(RowsModel):
    """Lines of the log, with their gravity in words."""

    def __init__(self, parent=None):
        super().__init__(
            [
                ("fid", _tr("Record")),
                ("gravita", _tr("Esito")),
                ("regola", _tr("Che cosa")),
                ("prima", _tr("Era")),
                ("dopo", _tr("Diventa")),
                ("difetto", _tr("Difetto")),
            ],
            parent,
        )

    def shown(self, row, key):
        if key == "gravita":
            return GRAVITIES[row[key]]
        if key == "regola":
            return str(row[key] or "").replace("_", " ")
        return super().shown(row, key)


def is_open(row):
    return not row["proposto"] and row["deciso_da"] != _BY_HAND


def _tr(text):
    return QCoreApplication.translate("ImportModels", text)
