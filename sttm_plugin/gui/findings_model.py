"""Findings as a tree: severity, group, finding. Twenty thousand stay responsive."""

from __future__ import annotations

from dataclasses import dataclass, field

from qgis.core import NULL, QgsFeatureRequest
from qgis.PyQt.QtCore import QAbstractItemModel, QCoreApplication, QDate, QModelIndex, Qt
from qgis.PyQt.QtGui import QFont, QIcon

from ..processing_algorithms import icon_path

SEVERITIES = ("blocco", "errore", "avviso", "info")
STATES = ("nuovo", "aperto", "giustificazione_scaduta", "giustificato", "risolto")
# Whose findings are shown: nobody's, anybody's, or PERSON followed by a name.
NOBODY, SOMEBODY, PERSON = "non_assegnati", "assegnati", "a:"
# Still to be answered for.
OPEN_STATES = ("nuovo", "aperto", "giustificazione_scaduta")

_FIELDS = (
    "id_rilievo codice gruppo severita titolo descrizione istat zona_omogenea id_oggetto "
    "altri_oggetti layer valore soglia unita margine riferimento provenienza verificato "
    "suggerimento ammette_giustificazione stato giustificazione autore data impronta cambiato"
).split()


class Finding:
    """One row of the findings layer, by the names of its fields."""

    __slots__ = (*_FIELDS, "fid", "searched", "parent", "row", "assigned")

    def is_open(self) -> bool:
        """Tell whether it still waits for an answer."""
        return self.stato in OPEN_STATES

    @property
    def assignee(self) -> str:
        """Return who answers for it, "" for nobody; ``assigned`` is the whole row or None."""
        return (self.assigned or {}).get("assegnato_a") or ""


@dataclass
class Branch:
    """A severity or a group of the tree."""

    key: str
    parent: Branch | None = None
    row: int = 0
    children: list = field(default_factory=list)
    total: int = 0


def read_findings(layer) -> list[Finding]:
    """Return the findings of a layer, in its order."""
    position = [(name, layer.fields().lookupField(name)) for name in _FIELDS]
    request = QgsFeatureRequest()
    request.setFlags(QgsFeatureRequest.Flag.NoGeometry)
    findings = []
    for feature in layer.getFeatures(request):
        attributes = feature.attributes()
        finding = Finding()
        finding.fid = feature.id()
        for name, at in position:
            setattr(finding, name, _plain(attributes[at]) if at >= 0 else None)
        finding.searched = " ".join(
            str(value)
            for value in (
                finding.codice,
                finding.titolo,
                finding.descrizione,
                finding.id_oggetto,
                finding.layer,
            )
            if value
        ).casefold()
        findings.append(finding)
    return findings


def _plain(value):
    if value is None or value == NULL:
        return None
    if isinstance(value, QDate):
        return value.toString(Qt.DateFormat.ISODate)
    return value


class FindingsModel(QAbstractItemModel):
    """Severity ▸ group ▸ finding, filtered by text, severity, state and person."""

    FindingRole = Qt.ItemDataRole.UserRole + 1

    TITLE, STATE, PERSON = range(3)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._findings: list[Finding] = []
        self._roots: list[Branch] = []
        self._text = self._severity = self._state = self._person = ""
        self._icons = {name: QIcon(icon_path(f"severita_{name}")) for name in SEVERITIES}
        self._state_icons = {
            name: QIcon(icon_path(f"stato_{name}")) for name in ("nuovo", "risolto")
        }
        self._bold = QFont()
        self._bold.setBold(True)

    # What is shown ---------------------------------------------------------------------

    def set_findings(self, findings, assignments=None):
        """Show these findings; ``assignments`` is {id_rilievo: row of ``assegnazioni``}."""
        self._findings = list(findings)
        for finding in self._findings:
            finding.assigned = (assignments or {}).get(finding.id_rilievo)
        self._rebuild()

    def people(self) -> dict:
        """Return {name: how many findings} of those who answer for some, by name."""
        counted: dict = {}
        for finding in self._findings:
            if finding.assignee:
                counted[finding.assignee] = counted.get(finding.assignee, 0) + 1
        return {name: counted[name] for name in sorted(counted, key=str.casefold)}

    def findings(self) -> list[Finding]:
        """Return every finding, filtered or not."""
        return self._findings

    def set_filter(self, text="", severity="", state="", person=""):
        """Keep the findings that have all the words, the severity, the state and the person.

        ``state`` may be "da_trattare": all that still waits for an answer. ``person`` is NOBODY,
        SOMEBODY, or PERSON and a name.
        """
        wanted = (text.casefold().strip(), severity, state, person)
        if wanted == (self._text, self._severity, self._state, self._person):
            return
        self._text, self._severity, self._state, self._person = wanted
        self._rebuild()

    def shown(self) -> int:
        """Return how many findings pass the filter."""
        return sum(root.total for root in self._roots)

    def index_of(self, id_rilievo) -> QModelIndex:
        """Return where a finding is, an invalid index when it isn't shown."""
        for root in self._roots:
            for group in root.children:
                for finding in group.children:
                    if finding.id_rilievo == id_rilievo:
                        return self.createIndex(finding.row, 0, finding)
        return QModelIndex()

    def first_finding(self) -> QModelIndex:
        """Return the first finding shown."""
        if not self._roots:
            return QModelIndex()
        first = self._roots[0].children[0].children[0]
        return self.createIndex(first.row, 0, first)

    def finding(self, index) -> Finding | None:
        """Return the finding of an index, None for a severity or a group."""
        item = index.internalPointer() if index.isValid() else None
        return item if isinstance(item, Finding) else None

    def findings_under(self, index) -> list[Finding]:
        """Return the finding of an index, or all those under a severity or a group."""
        if not index.isValid():
            return []
        item = index.internalPointer()
        if isinstance(item, Finding):
            return [item]
        found = []
        for child in item.children:
            found.extend([child] if isinstance(child, Finding) else child.children)
        return found

    def equal_to(self, finding) -> list[Finding]:
        """Return the findings shown of the same check, in the order of the tree."""
        return [one for one in self.shown_findings() if one.codice == finding.codice]

    def index_of_finding(self, finding) -> QModelIndex:
        """Return the index of a finding that is shown."""
        return self.createIndex(finding.row, 0, finding)

    def shown_findings(self) -> list[Finding]:
        """Return the findings that pass the filter, in the order of the tree."""
        return [one for root in self._roots for group in root.children for one in group.children]

    def _rebuild(self):
        words = self._text.split()
        self.beginResetModel()
        branches: dict = {}
        for finding in self._findings:
            if self._severity and finding.severita != self._severity:
                continue
            if self._state == "da_trattare":
                if not finding.is_open():
                    continue
            elif self._state and finding.stato != self._state:
                continue
            if self._person and not _is_of(finding, self._person):
                continue
            if words and not all(word in finding.searched for word in words):
                continue
            key = (finding.severita or "", finding.gruppo or "")
            branches.setdefault(key, []).append(finding)
        self._roots = []
        order = {name: at for at, name in enumerate(SEVERITIES)}
        roots: dict = {}
        for severity, group in sorted(
            branches, key=lambda key: (order.get(key[0], len(order)), key[1])
        ):
            root = roots.get(severity)
            if root is None:
                root = roots[severity] = Branch(severity, None, len(self._roots))
                self._roots.append(root)
            branch = Branch(group, root, len(root.children), branches[severity, group])
            branch.total = len(branch.children)
            root.total += branch.total
            root.children.append(branch)
            for row, finding in enumerate(branch.children):
                finding.parent = branch
                finding.row = row
        self.endResetModel()

    # What a view asks -------------------------------------------------------------------

    def columnCount(self, parent=None):  # noqa: N802
        return 3

    def rowCount(self, parent=None):  # noqa: N802
        if parent is None or not parent.isValid():
            return len(self._roots)
        item = parent.internalPointer()
        if parent.column() != 0 or isinstance(item, Finding):
            return 0
        return len(item.children)

    def index(self, row, column, parent=None):
        children = (
            self._roots
            if parent is None or not parent.isValid()
            else getattr(parent.internalPointer(), "children", ())
        )
        if not 0 <= row < len(children) or not 0 <= column < 3:
            return QModelIndex()
        return self.createIndex(row, column, children[row])

    def parent(self, index):
        above = index.internalPointer().parent if index.isValid() else None
        return QModelIndex() if above is None else self.createIndex(above.row, 0, above)

    def headerData(self, section, orientation, role=Qt.ItemDataRole.DisplayRole):  # noqa: N802
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (_tr("Rilievo"), _tr("Stato"), _tr("Assegnato a"))[section]
        return None

    def data(self, index, role=Qt.ItemDataRole.DisplayRole):
        if not index.isValid():
            return None
        item = index.internalPointer()
        if isinstance(item, Branch):
            return self._branch_data(item, index.column(), role)
        if role == Qt.ItemDataRole.DisplayRole:
            if index.column() == self.STATE:
                return state_label(item.stato)
            if index.column() == self.PERSON:
                return item.assignee
            return f"{short_code(item.codice)}  {item.descrizione or item.titolo or ''}"
        if role == Qt.ItemDataRole.DecorationRole and index.column() == self.STATE:
            return self._state_icons.get(item.stato)
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == self.PERSON:
            return assignment_label(item.assigned).replace("<", "‹") if item.assignee else None
        if role == Qt.ItemDataRole.ToolTipRole:
            # Plain text: a name that looks like HTML must not become HTML.
            return f"\u200b{item.codice} · {item.titolo or ''}".replace("<", "‹")
        if role == self.FindingRole:
            return item
        if role == Qt.ItemDataRole.FontRole and item.stato == "risolto":
            font = QFont()
            font.setStrikeOut(True)
            return font
        return None

    def _branch_data(self, branch, column, role):
        if column == self.PERSON:
            return None
        if column == self.STATE:
            return str(branch.total) if role == Qt.ItemDataRole.DisplayRole else None
        if role == Qt.ItemDataRole.DisplayRole:
            label = severity_label(branch.key) if branch.parent is None else group_label(branch.key)
            return f"{label} ({branch.total})"
        if role == Qt.ItemDataRole.DecorationRole and branch.parent is None:
            return self._icons.get(branch.key)
        if role == Qt.ItemDataRole.FontRole and branch.parent is None:
            return self._bold
        return None


_COPIED = (
    ("codice", "Controllo"),
    ("severita", "Severità"),
    ("stato", "Stato"),
    ("titolo", "Titolo"),
    ("descrizione", "Descrizione"),
    ("id_oggetto", "Oggetto"),
    ("layer", "Layer"),
    ("valore", "Valore"),
    ("soglia", "Soglia"),
    ("unita", "Unità"),
    ("riferimento", "Riferimento"),
    ("provenienza", "Provenienza"),
    ("giustificazione", "Giustificazione"),
    ("autore", "Autore"),
    ("data", "Data"),
    ("cambiato", "Che cosa è cambiato"),
    ("assignee", "Assegnato a"),
)


def as_table_text(findings) -> str:
    """Return findings as a table to paste in a spreadsheet: tabs between, one line each."""
    lines = ["\t".join(_tr(label) for _, label in _COPIED)]
    lines += ["\t".join(_cell(getattr(one, name)) for name, _ in _COPIED) for one in findings]
    return "\n".join(lines) + "\n"


def _cell(value):
    text = " ".join(str("" if value is None else value).split())
    try:
        float(text)
    except ValueError:
        # A name that begins so would be run as a formula by the spreadsheet.
        return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
    return text


def _is_of(finding, person) -> bool:
    if person in (NOBODY, SOMEBODY):
        return bool(finding.assignee) == (person == SOMEBODY)
    return finding.assignee == person[len(PERSON) :]


def assignment_label(row) -> str:
    """Return who answers for a finding, since when, by whose decision, and the note."""
    day = QDate.fromString(str(row["data"] or "")[:10], Qt.DateFormat.ISODate)
    told = _tr("Assegnato a {}, il {}, da {}").format(
        row["assegnato_a"], day.toString("dd/MM/yyyy"), row["assegnato_da"]
    )
    return f"{told}: {row['nota']}" if row.get("nota") else told


def short_code(codice) -> str:
    """Return the number of a check: "STTM2-301" → "301"."""
    return str(codice or "").rpartition("-")[2]


def severity_label(severita) -> str:
    """Return a severity as the window writes it, in the plural."""
    labels = {
        "blocco": _tr("Blocchi"),
        "errore": _tr("Errori"),
        "avviso": _tr("Avvisi"),
        "info": _tr("Informazioni"),
    }
    return labels.get(severita, severita or _tr("Senza severità"))


def state_label(stato) -> str:
    """Return a state as the window writes it."""
    labels = {
        "nuovo": _tr("nuovo"),
        "aperto": _tr("aperto"),
        "giustificazione_scaduta": _tr("giustificazione scaduta"),
        "giustificato": _tr("giustificato"),
        "risolto": _tr("risolto"),
    }
    return labels.get(stato, stato or "")


def group_label(gruppo) -> str:
    """Return a group as the window writes it: its first letter in capitals."""
    return gruppo[:1].upper() + gruppo[1:] if gruppo else _tr("Senza gruppo")


def _tr(text):
    return QCoreApplication.translate("FindingsModel", text)
