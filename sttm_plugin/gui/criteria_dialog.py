"""The criteria editor: a pack as tables; changes judged, tried, saved, versions compared."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from qgis.core import QgsProcessingUtils
from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import QCoreApplication, Qt, QTimer, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices, QIcon, QKeySequence
from qgis.PyQt.QtWidgets import (
    QDialog,
    QFileDialog,
    QListWidgetItem,
    QMessageBox,
    QShortcut,
)

from ..processing_algorithms import icon_path
from ..processing_algorithms.choices import (
    bundled_packs,
    next_version,
    pack_rows,
    pack_tables,
)
from .criteria_edits import PackEdits
from .criteria_model import (
    KEY,
    REMOVED,
    SOURCE,
    UNREAD,
    CellEditor,
    PackTable,
    PackTableModel,
    source_label,
    tables_of,
)
from .criteria_row_dialog import CriteriaRowDialog
from .forms import confirming, form
from .manual_page import open_manual
from .rows_model import FilteredRows, RowsProxy, layer_of, plain, rows_of, set_up_table
from .run_bar import RunBar

VALUES, FAULTS, FLIPS, COMPARE = range(4)
_PAUSE_MS = 250
_PACKS = "Pacchetto dei criteri (*.json *.zip)"
# Of what the panel has chosen, what ``whatif`` asks for.
_AROUND = ("SERVICES", "COMUNI", "POPULATION", "POP_FIELD", "NETWORK", "LUM")


class CriteriaDialog(QDialog, form("criteria_dialog")):
    """Sees and changes a criteria pack; nothing is written but as a new version."""

    saved = pyqtSignal(str, bool)

    def __init__(self, inputs, folder, author="", parent=None):
        """
        Args:
            inputs: a function that gives the parameters of ``checkplan`` chosen in the panel.
            folder: a function that gives where files are proposed. author: as remembered.
        """
        super().__init__(parent)
        self.setupUi(self)
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint, True)
        self._inputs, self._folder, self._author = inputs, folder, author
        self._path = self._report = ""
        self._tables: dict = {}
        self._judged: dict = {}
        self._rows: dict = {}
        self._edits = PackEdits()
        self._made = self._edits.now
        self._errors = 0
        self._after_check = None
        self._wanted_table = ""
        self.runs = RunBar(self)
        # Shown and hidden at each change: the rest must not move.
        kept = self.runs.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.runs.setSizePolicy(kept)
        self.dialog_layout.insertWidget(3, self.runs)
        self._set_up_values()
        self._set_up_lists()
        self._set_up_buttons()
        # A check for a row of changes, not one for each.
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self.check)
        self.resize(1120, 600)

    # Set up -----------------------------------------------------------------------------

    def _set_up_values(self):
        self.model = PackTableModel(self)
        self.proxy = RowsProxy(self.model, self)
        set_up_table(self.values, self.proxy, (), None)
        self.values.setSelectionBehavior(self.values.SelectionBehavior.SelectItems)
        # The keys stay in sight when the table is scrolled.
        self.values.verticalHeader().show()
        self.values.verticalHeader().setMaximumWidth(260)
        self.values.setItemDelegate(CellEditor(self.model, self.values))
        self.model.edited.connect(self.edit)
        self.values.selectionModel().currentChanged.connect(self._tell_value)
        self.tables.currentItemChanged.connect(lambda *_: self._show_table())
        for title, source in (
            (self.tr("Ogni provenienza"), ""),
            (self.tr("norma"), "norma"),
            (self.tr("letteratura"), "letteratura"),
            (self.tr("proposta, non ufficiale"), "proposta"),
            (self.tr("da riscontrare"), UNREAD),
        ):
            self.filter_source.addItem(title, source)
        self.filter_text.textChanged.connect(self._filter)
        self.filter_source.currentIndexChanged.connect(self._filter)
        self.only_changed.toggled.connect(self._filter)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 4)
        self.splitter.setSizes([260, 830])

    def _set_up_lists(self):
        self.faults_model = self._list(
            self.faults,
            [
                ("gravita", self.tr("Gravità")),
                ("file", self.tr("File")),
                ("riga", self.tr("Riga")),
                ("chiave", self.tr("Chiave")),
                ("valore", self.tr("Valore")),
                ("messaggio", self.tr("Che cosa non va")),
                ("ammessi", self.tr("Ammessi")),
            ],
            (8, 16, 5, 13, 12, 40, 22),
            5,
        )
        self.flips_model = self._list(
            self.flips,
            [
                ("denominazione", self.tr("Servizio")),
                ("comune", self.tr("Comune")),
                ("codice_sttm", self.tr("Codice")),
                ("valenza_dichiarata", self.tr("Dichiarata")),
                ("prima", self.tr("Prima")),
                ("dopo", self.tr("Dopo")),
                ("regola_prima", self.tr("Decideva")),
                ("regola_dopo", self.tr("Decide")),
            ],
            (40, 13, 8, 13, 14, 14, 11, 11),
            0,
        )
        self.differences_model = self._list(
            self.differences,
            [
                ("tabella", self.tr("Tabella")),
                ("chiave", self.tr("Chiave")),
                ("campo", self.tr("Campo")),
                ("tipo", self.tr("Che cosa")),
                ("prima", self.tr("Prima")),
                ("dopo", self.tr("Dopo")),
                ("provenienza_prima", self.tr("Veniva da")),
                ("provenienza_dopo", self.tr("Viene da")),
            ],
            (13, 22, 13, 9, 20, 26, 15, 15),
            5,
        )
        self.faults.clicked.connect(self._on_fault)
        self.faults.activated.connect(self._on_fault)

    def _list(self, view, columns, widths, stretch):
        model = FilteredRows(columns, self)
        set_up_table(view, model, widths, stretch)
        return model

    def _set_up_buttons(self):
        for path, title in bundled_packs():
            self.pack.addItem(title, path)
            self.other.addItem(title, path)
        self.pack.setCurrentIndex(-1)
        self.pack.activated.connect(lambda _: self._on_pack())
        for button, action in (
            (self.open_pack, self.ask_pack),
            (self.choose_other, self._ask_other),
            (self.compare, self.run_comparison),
            (self.compare_report, self._open_report),
            (self.try_out, self.run_whatif),
            (self.validate, self.reread),
            (self.save, self.ask_save),
            (self.undo, self.undo_edit),
            (self.redo, self.redo_edit),
            (self.restore, self.restore_value),
            (self.add_row, self.ask_row),
            (self.remove_row, self.take_row_off),
            (self.close_button, self.reject),
            (self.help, self.open_manual),
        ):
            button.clicked.connect(lambda _checked=False, action=action: action())
        self.help.setIcon(QIcon(":/images/themes/default/mActionHelpContents.svg"))
        self.setWindowIcon(QIcon(icon_path("savecriteria")))
        self.undo.setEnabled(False)
        self.redo.setEnabled(False)
        self.compare_report.setEnabled(False)
        for key, action in (
            ("Ctrl+O", self.ask_pack),
            ("Ctrl+S", self.ask_save),
            ("Ctrl+Z", self.undo_edit),
            ("Ctrl+Shift+Z", self.redo_edit),
            ("Ctrl+E", self.run_whatif),
            ("Ctrl+N", self.ask_row),
            ("Ctrl+Del", self.take_row_off),
            ("Ctrl+F", self._to_filter),
            ("F1", self.open_manual),
            ("F5", self.reread),
            *((f"Ctrl+{page + 1}", self._page(page)) for page in range(self.tabs.count())),
        ):
            QShortcut(QKeySequence(key), self, activated=action)
        remove = QShortcut(QKeySequence("Del"), self.values, activated=self.restore_value)
        remove.setContext(Qt.ShortcutContext.WidgetShortcut)
        self.runs.busy_changed.connect(self._on_busy)
        self.runs.failed.connect(self._on_failed)

    def _page(self, page):
        return lambda: self.tabs.setCurrentIndex(page)

    # The pack ---------------------------------------------------------------------------

    def open_path(self, path="", table=""):
        """Show a pack, the bundled one without a path; a folder is that of ``pacchetto.json``."""
        path = path or self.pack.itemData(0)
        if Path(path).is_dir():
            path = str(Path(path) / "pacchetto.json")
        at = self._offer(self.pack, path)
        self._offer(self.other, path)
        self.pack.setCurrentIndex(at)
        self._path, self._tables, self._judged = path, {}, {}
        self._wanted_table = table or self._table_name()
        self._edits.begin({})
        self._made = self._edits.now
        self._allow_undo()
        self.flips_model.set_rows([])
        self.flips_told.setText(self._flips_hint())
        self.about_pack.setText(self.tr("Lettura del pacchetto…"))
        self.check()

    def is_bundled(self) -> bool:
        """Tell whether the pack shown came with the plugin."""
        return self._path in [path for path, _ in bundled_packs()]

    def edits(self) -> list:
        """Return the changes made, as the algorithms take them in JSON."""
        return self._edits.now.changes()

    def _offer(self, combo, path):
        at = combo.findData(path)
        if at < 0:
            named = Path(path)
            shown = named.parent.name if named.name == "pacchetto.json" else named.name
            combo.addItem(shown, path)
            at = combo.count() - 1
            combo.setItemData(at, plain(path), Qt.ItemDataRole.ToolTipRole)
        return at

    def _on_pack(self):
        path = self.pack.currentData()
        if path != self._path and self._may_discard():
            self.open_path(path)
        self.pack.setCurrentIndex(self.pack.findData(self._path))

    def ask_pack(self):
        """Ask for the file of a pack."""
        path, _ = QFileDialog.getOpenFileName(
            self, self.tr("Apri un pacchetto dei criteri"), self._folder(), self.tr(_PACKS)
        )
        if path and self._may_discard():
            self.open_path(path)

    def _may_discard(self) -> bool:
        count = self._edits.now.count()
        if not count:
            return True
        asked = QMessageBox.question(
            self,
            self.tr("Modifiche non salvate"),
            self.tr("Ci sono {} modifiche non salvate. Lasciarle andare?").format(count),
        )
        return asked == QMessageBox.StandardButton.Yes

    # Check ------------------------------------------------------------------------------

    def reread(self):
        """Read the files again, and judge them with the changes."""
        self._pause.stop()
        self.check()

    def check(self):
        """Run ``sttm:validatecriteria`` on the pack with its changes."""
        if not self._path:
            return
        if self.runs.is_running():
            # One at a time: the next begins when this one has ended.
            self._pause.start()
            return
        made = self._edits.now
        given = {
            "CRITERIA": self._path,
            "ALL_VALUES": True,
            "OUTPUT": "TEMPORARY_OUTPUT",
            "VALUES": "TEMPORARY_OUTPUT",
        }
        if made.count():
            given["CHANGES"] = json.dumps(made.changes(), ensure_ascii=False)
        self.runs.start(
            "sttm:validatecriteria",
            given,
            lambda run, results: self._on_checked(run, results, made),
        )

    def _on_checked(self, run, results, made):
        values = rows_of(layer_of(run, results["VALUES"]))
        faults = rows_of(layer_of(run, results["OUTPUT"]))
        self._judged, self._made = tables_of(values), made
        if not made.count():
            self._rows = pack_rows(self._path)
            self._edits.before = self._with_empty(tables_of(values))
        self._show_tables()
        self._show_faults(faults, results)
        self._tell_pack()
        if made != self._edits.now:
            self._pause.start()
        after, self._after_check = self._after_check, None
        if after is not None:
            after()

    def _with_empty(self, tables) -> dict:
        """Return the tables in order, those without a row among them: rows may be added."""
        found = {}
        for name, _title, _hint in pack_tables():
            if name in tables:
                found[name] = tables[name]
            elif name in self._rows:
                file, keys, columns = self._rows[name]
                found[name] = PackTable(name, file, [one for one in columns if one not in keys])
        return found

    def _show_tables(self):
        self._tables = self._edits.shown(self._judged, self._made)
        named = {name: title for name, title, _ in pack_tables()}
        hints = {name: hint for name, _, hint in pack_tables()}
        if [self.tables.item(at).data(_NAME) for at in range(self.tables.count())] != list(
            self._tables
        ):
            self.tables.blockSignals(True)
            self.tables.clear()
            for name in self._tables:
                item = QListWidgetItem()
                item.setData(_NAME, name)
                item.setToolTip(plain(hints.get(name, "")))
                self.tables.addItem(item)
            self.tables.blockSignals(False)
            self._choose_table(self._wanted_table or "valenza")
        for at in range(self.tables.count()):
            item = self.tables.item(at)
            name = item.data(_NAME)
            changed = self._edits.now.count(name)
            text = f"{named.get(name, name)} ({len(self._tables[name].cells)})"
            item.setText(f"{text} • {changed}" if changed else text)
        self._show_table()

    def _choose_table(self, name):
        for at in range(self.tables.count()):
            if self.tables.item(at).data(_NAME) == name:
                self.tables.setCurrentRow(at)
                return
        self.tables.setCurrentRow(0)

    def _table_name(self) -> str:
        item = self.tables.currentItem()
        return "" if item is None else item.data(_NAME)

    def _show_table(self):
        name = self._table_name()
        table = self._tables.get(name)
        shown = self.model.table
        if table is not None and shown is not None and shown.name == name:
            same = list(shown.cells) == list(table.cells) and shown.columns == table.columns
            if same:
                self.model.table, self.model._before = table, self._edits.before.get(name)
                self.model.renew()
                self._tell_value()
                return
        self.model.show_table(table, self._edits.before.get(name))
        self.values.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        character = self.values.fontMetrics().averageCharWidth()
        for column, (name, title) in enumerate(self.model.columns):
            longest = max(
                [len(title) + 3, *(len(row.get(name, "")) for row in self.model.rows[:200])]
            )
            self.values.setColumnWidth(column, min(max(longest, 6), 34) * character + 16)
        self._filter()
        first = self.proxy.index(0, min(1, self.proxy.columnCount() - 1))
        if first.isValid():
            self.values.setCurrentIndex(first)
        self._tell_value()

    def _show_faults(self, faults, results):
        self.faults_model.set_rows(faults)
        errors, warnings = int(results["ERRORS"]), int(results["WARNINGS"])
        self.tabs.setTabText(
            FAULTS,
            self.tr("&Errori e avvisi ({})").format(errors + warnings)
            if faults
            else self.tr("&Errori e avvisi"),
        )
        self.faults_told.setText(
            self.tr("Errori: {}, avvisi: {}. Con gli errori non si può usare né salvare.").format(
                errors, warnings
            )
            if errors
            else self.tr("Nessun errore, avvisi: {}. Il pacchetto si può usare.").format(warnings)
        )
        self._errors = errors
        self._on_busy(False)

    def _tell_pack(self):
        values = self._tables["pacchetto"].cells if "pacchetto" in self._tables else {}

        def said(key):
            return values.get(key, {}).get("valore", "")

        pieces = [
            self.tr("{} – versione {}, stato: {}.").format(
                said("titolo") or Path(self._path).name,
                said("versione") or "?",
                said("stato") or "?",
            )
        ]
        if said("autore"):
            pieces.append(
                self.tr("Di {}, {}: {}.").format(said("autore"), said("data"), said("motivo"))
            )
        if self.is_bundled():
            pieces.append(
                self.tr(
                    "Fornito con il plugin: proposta del progetto, non ufficiale; si salva "
                    "soltanto come nuova versione."
                )
            )
        elif said("avvertenza"):
            pieces.append(said("avvertenza"))
        self.about_pack.setText(" ".join(pieces))

    # Values -----------------------------------------------------------------------------

    def edit(self, table, key, column, value):
        """Give a cell a value, so that it can be undone."""
        self._edits.set(table, key, column, value)
        self._show_edit((table, key, column))

    def undo_edit(self):
        """Take back the last change."""
        self._show_edit(self._edits.undo())

    def redo_edit(self):
        """Make again the change that was taken back last."""
        self._show_edit(self._edits.redo())

    def _allow_undo(self):
        self.undo.setEnabled(self._edits.can_undo())
        self.redo.setEnabled(self._edits.can_redo())

    def _show_edit(self, place):
        """Show what a change did; it is judged when the changes pause."""
        if place is None:
            return
        table, key, column = place
        if table != self._table_name():
            self._choose_table(table)
        self._show_tables()
        self._show(key, column)
        self._allow_undo()
        self._on_busy(self.runs.is_running())
        self._pause.start()

    # Rows -------------------------------------------------------------------------------

    def ask_row(self):
        """Ask for a new row of the table shown, which begins as the one under the cursor."""
        name = self._table_name()
        if name not in self._rows or name not in self._tables:
            return
        self.tabs.setCurrentIndex(VALUES)
        _file, keys, columns = self._rows[name]
        table, key = self._tables[name], self._key()
        like = dict(table.cells.get(key, {}))
        like.update(zip(keys, key.split("|") if key else ()))
        taken = [one for one in table.cells if table.states.get(one) != REMOVED]
        titles = {one: title for one, title, _ in pack_tables()}
        dialog = CriteriaRowDialog(name, titles[name], keys, columns, taken, like, self)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self._edits.add(name, dialog.key(), dialog.values())
            self._show_edit((name, dialog.key(), ""))

    def take_row_off(self):
        """Take off the row under the cursor, or have it again when it was taken off."""
        name, key = self._table_name(), self._key()
        if name not in self._rows or not key:
            return
        gone = self._edits.state(name, key) == REMOVED
        (self._edits.put_back if gone else self._edits.remove)(name, key)
        self._show_edit((name, key, ""))

    def _key(self) -> str:
        row = self.proxy.row(self.values.currentIndex())
        return "" if row is None else row[KEY]

    def _allow_rows(self):
        name, key = self._table_name(), self._key()
        self.add_row.setEnabled(name in self._rows)
        self.remove_row.setEnabled(name in self._rows and bool(key))
        gone = self._edits.state(name, key) == REMOVED
        self.remove_row.setText(self.tr("Rime&tti riga") if gone else self.tr("Tog&li riga"))

    def restore_value(self):
        """Put back what was in the cell under the cursor when the pack was opened."""
        place = self._place()
        table = self._table_name()
        if place is None or self._edits.state(table, place[0]):
            return
        original = self.model.before(*place)
        if self._tables[table].cells[place[0]][place[1]] != original:
            self.edit(table, *place, original)

    def _place(self):
        index = self.values.currentIndex()
        return self.model.place(self.proxy.mapToSource(index)) if index.isValid() else None

    def _show(self, key, column="") -> bool:
        """Bring a cell under the cursor, out of the filter if need be."""
        row = self.model.row_of(key)
        if row < 0:
            return False
        at = self.model.column_of(column)
        first = min(1, len(self.model.columns) - 1)  # the one before says where a row comes from
        place = self.model.index(row, at if at >= 0 else first)
        index = self.proxy.mapFromSource(place)
        if not index.isValid():
            self.filter_text.clear()
            self.filter_source.setCurrentIndex(0)
            self.only_changed.setChecked(False)
            index = self.proxy.mapFromSource(place)
        self.values.setCurrentIndex(index)
        self.values.scrollTo(index)
        return True

    def _filter(self, *_):
        words = self.filter_text.text().casefold().split()
        source = self.filter_source.currentData() or ""
        shown_as = source_label(source)
        only = self.only_changed.isChecked()

        def accepts(row):
            if only and not row["_cambiati"] and not row["_riga"]:
                return False
            if source and shown_as not in row[SOURCE]:
                return False
            text = " ".join(
                str(value) for name, value in row.items() if name not in ("_cambiati", "_riga")
            ).casefold()
            return all(word in text for word in words)

        self.proxy.set_filter(accepts if words or source or only else None)

    def _tell_value(self, *_):
        place = self._place()
        self._allow_rows()
        self.restore.setEnabled(False)
        if place is None:
            name = self._table_name()
            hints = {one: hint for one, _, hint in pack_tables()}
            self.about.setHtml(f"<p>{escape(hints.get(name, ''))}</p>")
            return
        source = self.proxy.mapToSource(self.values.currentIndex())
        key, column = place
        what = self.model.described(source)
        row = self.model.rows[source.row()]
        now, before = row.get(column, ""), self.model.before(key, column)
        pieces = [
            f"<p><b>{escape(key)}, {escape(what.titolo)}</b>: {escape(now) or '–'}</p>",
            f"<p>{escape(what.aiuto)}</p>",
        ]
        if what.ammessi:
            allowed = what.ammessi.replace("|", ", ") if what.tipo == "elenco" else what.ammessi
            pieces.append(f"<p><i>{escape(self.tr('Ammessi'))}</i>: {escape(allowed)}</p>")
        origin = " – ".join(part for part in (row[SOURCE], row.get("riferimento", "")) if part)
        if origin:
            pieces.append(f"<p><i>{escape(self.tr('Da dove viene'))}</i>: {escape(origin)}</p>")
        state = self._edits.state(self._table_name(), key)
        if state:
            pieces.append(f"<p><i>{escape(self.tr('Riga {}').format(state))}</i></p>")
        elif now != before:
            said = self.tr("Prima")
            pieces.append(f"<p><i>{escape(said)}</i>: {escape(before) or '–'}</p>")
        self.about.setHtml("".join(pieces))
        self.restore.setEnabled(now != before and not state and not self.runs.is_running())

    def _on_fault(self, index):
        row = self.faults_model.row(index)
        if row is not None:
            self.go_to(row)

    def go_to(self, fault) -> bool:
        """Bring the cell of a fault under the cursor; False where only its table is known."""
        for name, table in self._tables.items():
            if table.file != fault["file"]:
                continue
            self.tabs.setCurrentIndex(VALUES)
            self._choose_table(name)
            self.values.setFocus()
            if fault["riga"]:
                of_line = [key for key, line in table.lines.items() if line == fault["riga"]]
                if of_line:
                    column = fault["chiave"] if fault["chiave"] in table.columns else "valore"
                    return self._show(of_line[0], column)
            return self._show(fault["chiave"], "valore")
        return False

    # Try, compare, save -----------------------------------------------------------------

    def _flips_hint(self):
        return self.tr(
            "Cambiare uno o più valori e premere «Prova sui servizi»: si vede quali servizi della "
            "verifica cambierebbero valenza. Nulla viene salvato."
        )

    def run_whatif(self):
        """Run ``sttm:whatif`` on the services of the panel, with the changes."""
        if self.runs.is_running():
            return
        self.tabs.setCurrentIndex(FLIPS)
        chosen = self._inputs()
        if not self._edits.now.count():
            self.flips_told.setText(self._flips_hint())
            return
        if not chosen.get("SERVICES"):
            self.flips_told.setText(
                self.tr(
                    "Servono i servizi: spuntarli nella scheda Dati del pannello «Verifica STTM 2»."
                )
            )
            return
        given = {name: chosen[name] for name in _AROUND if name in chosen}
        given.update(
            CRITERIA=self._path,
            CHANGES=json.dumps(self.edits(), ensure_ascii=False),
            OUTPUT="TEMPORARY_OUTPUT",
        )
        self.runs.start("sttm:whatif", given, self._on_tried, self._on_not_tried)

    def _on_tried(self, run, results):
        flips = rows_of(layer_of(run, results["OUTPUT"]))
        for row in flips:
            for name in ("valenza_dichiarata", "prima", "dopo"):
                row[name] = (row[name] or "").replace("_", " ")
        self.flips_model.set_rows(flips)
        count, every = int(results["FLIPPED"]), int(results["SERVICES_COUNT"])
        raised, lowered = int(results["RAISED"]), int(results["LOWERED"])
        self.flips_told.setText(
            self.tr(
                "Cambierebbero valenza {} servizi su {}: {} salgono, {} scendono, {} passano da "
                "o a una incerta. La prova guarda la valenza; i controlli si rifanno con la "
                "verifica."
            ).format(count, every, raised, lowered, count - raised - lowered)
        )

    def _on_not_tried(self, sentence):
        self.flips_model.set_rows([])
        self.flips_told.setText(sentence)

    def _ask_other(self):
        path, _ = QFileDialog.getOpenFileName(
            self, self.tr("Apri un pacchetto dei criteri"), self._folder(), self.tr(_PACKS)
        )
        if path:
            self.other.setCurrentIndex(self._offer(self.other, path))

    def run_comparison(self):
        """Run ``sttm:comparecriteria``: the other pack before, the one shown after."""
        if self.runs.is_running() or not self._path:
            return
        report = QgsProcessingUtils.generateTempFilename("confronto.html")
        given = {
            "CRITERIA_A": self.other.currentData(),
            "CRITERIA_B": self._path,
            "OUTPUT": "TEMPORARY_OUTPUT",
            "REPORT_HTML": report,
        }
        self.runs.start("sttm:comparecriteria", given, self._on_compared, self._on_not_compared)

    def _on_compared(self, run, results):
        rows = rows_of(layer_of(run, results["OUTPUT"]))
        for row in rows:
            for name in ("provenienza_prima", "provenienza_dopo"):
                row[name] = source_label(row[name] or "")
        self.differences_model.set_rows(rows)
        self._report = results["REPORT_HTML"]
        self.compare_report.setEnabled(True)
        text = self.tr("{} valori diversi: {} cambiati, {} aggiunti, {} tolti.").format(
            *(int(results[name]) for name in ("DIFFERENCES", "CHANGED", "ADDED", "REMOVED"))
        )
        if self._edits.now.count():
            text += self.tr(" Le modifiche non salvate non ci sono.")
        self.compare_told.setText(text)

    def _on_not_compared(self, sentence):
        self.differences_model.set_rows([])
        self.compare_report.setEnabled(False)
        self.compare_told.setText(sentence)

    def _open_report(self):
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._report))

    def ask_save(self):
        """Ask version, author and reason, and run ``sttm:savecriteria``."""
        count = self._edits.now.count()
        if self.runs.is_running() or not count or self._errors:
            return
        values = self._tables["pacchetto"].cells
        known = {key: values.get(key, {}).get("valore", "") for key in ("id", "versione")}
        dialog = SaveCriteriaDialog(known, count, self._folder(), self._author, self)
        if dialog.exec() != QDialog.DialogCode.Accepted:
            return
        given = dialog.values()
        self._author = given["AUTHOR"]
        use = dialog.use.isChecked()
        given.update(CRITERIA=self._path, CHANGES=json.dumps(self.edits(), ensure_ascii=False))

        def on_saved(_run, results):
            self.open_path(results["OUTPUT"])
            self._after_check = lambda: self.about_pack.setText(
                self.tr("Salvata: {}. ").format(Path(results["OUTPUT"]).name)
                + self.about_pack.text()
            )
            self.saved.emit(results["OUTPUT"], use)

        self.runs.start("sttm:savecriteria", given, on_saved)

    # State ------------------------------------------------------------------------------

    def _on_busy(self, busy):
        edited = bool(self._edits.now.count())
        self.save.setEnabled(not busy and edited and not self._errors)
        self.try_out.setEnabled(not busy and edited)
        for button in (self.compare, self.validate):
            button.setEnabled(not busy)

    def _on_failed(self, sentence):
        self.about_pack.setText(sentence)

    def _to_filter(self):
        self.tabs.setCurrentIndex(VALUES)
        self.filter_text.setFocus()
        self.filter_text.selectAll()

    def open_manual(self):
        """Open the page of the manual on the editor."""
        problem = open_manual("criteri")
        if problem:
            self.about_pack.setText(problem)

    def reject(self):
        """Stop what runs; else close, asking where changes would be lost."""
        if self.runs.is_running():
            self.runs.cancel()
        elif self._may_discard():
            super().reject()

    def done(self, result):
        """Let go of any run before going."""
        self._pause.stop()
        self.runs.close_down()
        super().done(result)

    def tr(self, text):
        return QCoreApplication.translate("CriteriaDialog", text)


class SaveCriteriaDialog(QDialog, form("save_criteria_dialog")):
    """Asks what a new version needs: number, author, reason, where."""

    def __init__(self, known, changes, folder, author="", parent=None):
        """``known``: id and versione of the pack it comes from."""
        super().__init__(parent)
        self.setupUi(self)
        self._from = known["versione"]
        self.what.setText(
            self.tr("{} modifiche rispetto alla versione {}, che resta com'è.").format(
                changes, self._from
            )
        )
        self.version.setText(next_version(self._from))
        self.author.setText(author)
        self.output.setStorageMode(QgsFileWidget.StorageMode.SaveFile)
        self.output.setFilter(self.tr("Pacchetto dei criteri (*.zip)"))
        self._folder, self._id = folder, known["id"]
        self._propose()
        self.version.textEdited.connect(self._propose)
        for signal in (
            self.version.textChanged,
            self.author.textChanged,
            self.reason.textChanged,
            self.output.fileChanged,
        ):
            signal.connect(self._judge)
        self._ok = confirming(self, self.tr("Salva"))
        self._judge()
        self.reason.setFocus()

    def values(self) -> dict:
        """Return the parameters of ``sttm:savecriteria`` that were filled in."""
        return {
            "VERSION": self.version.text().strip(),
            "AUTHOR": self.author.text().strip(),
            "REASON": " ".join(self.reason.toPlainText().split()),
            "OUTPUT": self.output.filePath().strip(),
        }

    def _propose(self, *_):
        name = f"criteri_{self._id}_{self.version.text().strip()}.zip"
        kept = "".join(sign if sign.isalnum() or sign in "._-" else "_" for sign in name)
        self.output.setFilePath(str(Path(self._folder) / kept))

    def _judge(self, *_):
        given = self.values()
        problem = ""
        if not given["VERSION"] or given["VERSION"] == self._from:
            problem = self.tr("Dare alla nuova versione un numero suo, diverso da {}.").format(
                self._from
            )
        elif not given["AUTHOR"]:
            problem = self.tr("Manca l'autore.")
        elif not given["REASON"]:
            problem = self.tr("Manca il motivo: perché i valori cambiano.")
        elif not given["OUTPUT"].lower().endswith((".zip", "pacchetto.json")):
            problem = self.tr("Indicare un file .zip, oppure pacchetto.json in una cartella nuova.")
        elif Path(given["OUTPUT"]).exists():
            problem = self.tr("«{}» c'è già: una versione salvata non si sovrascrive.").format(
                Path(given["OUTPUT"]).name
            )
        self.problem.setText(problem)
        self._ok.setEnabled(not problem)

    def tr(self, text):
        return QCoreApplication.translate("SaveCriteriaDialog", text)


_NAME = Qt.ItemDataRole.UserRole
