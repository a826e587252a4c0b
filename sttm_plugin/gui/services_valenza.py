"""Page "Valenza": classify the services, and try other criteria."""

from __future__ import annotations

from pathlib import Path

from qgis.PyQt.QtCore import QCoreApplication, QObject, pyqtSignal

from .explanation import number
from .project_state import recall, remember
from .rows_model import FilteredRows, layer_of, rows_of, select_row, set_up_table
from .services_table import COMPUTED_ROLES
from .shared_inputs import criteria_parameters, layer_parameters

_AROUND = ("COMUNI", "POPULATION", "NETWORK", "LUM")


class Valenza(QObject):
    """Runs ``classifyservices`` and ``whatif`` with the layers the panels know."""

    classified = pyqtSignal()
    wanted = pyqtSignal(str)

    def __init__(self, dock, sources):
        super().__init__(dock)
        self.dock, self.panel, self._sources = dock, dock.panel, sources
        self.model = FilteredRows(
            [
                ("denominazione", _tr("Servizio")),
                ("prima", _tr("Ora")),
                ("dopo", _tr("Diventerebbe")),
                ("regola_dopo", _tr("Per la regola")),
            ],
            self,
        )
        panel = self.panel
        set_up_table(panel.flips, self.model, (24, 13, 13, 14))
        panel.classify.clicked.connect(self.classify)
        panel.try_changes.clicked.connect(self.try_changes)
        panel.changes.returnPressed.connect(self.try_changes)
        panel.flips.activated.connect(
            lambda index: self.wanted.emit(self.model.row(index)["id_servizio"])
        )
        self.restore()

    def restore(self):
        """Show what the project remembers."""
        self.panel.changes.setText(recall("prova"))
        self.panel.valenza_summary.setText(recall("esito_valenza"))
        self.panel.whatif_hint.setText(
            _tr(
                "Nulla è salvato nei criteri. Più modifiche si separano con «;»: chiave=valore, "
                "oppure regola.campo=valore."
            )
        )
        self.model.set_rows([])
        self.tell()

    def tell(self):
        """Say which layers around the services are used."""
        known = layer_parameters(_AROUND)
        names = {
            "COMUNI": _tr("confini"),
            "POPULATION": _tr("popolazione"),
            "NETWORK": _tr("rete"),
            "LUM": _tr("LUM"),
        }
        have = ", ".join(title for name, title in names.items() if name in known)
        lack = ", ".join(title for name, title in names.items() if name not in known)
        said = _tr("Con i servizi si usano: {}.").format(have) if have else ""
        if lack:
            said += " " + _tr("Mancano: {}; con essi si valutano altre regole.").format(lack)
        said += " " + _tr(
            "Si scelgono nei pannelli «LUM e accessibilità» e «Verifica». I criteri sono proposti, "
            "non ufficiali."
        )
        self.panel.valenza_hint.setText(said.strip())

    def allow(self):
        """Allow what can be done now."""
        for button in (self.panel.classify, self.panel.try_changes):
            button.setEnabled(not self.dock.is_running())

    def _parameters(self):
        around = {**layer_parameters(_AROUND), **criteria_parameters()}
        return {"SERVICES": self._sources(), **around}

    def classify(self):
        """Run ``sttm:classifyservices``."""
        if self.dock.is_running() or not self.dock.has_services():
            return
        parameters = self._parameters()
        for name, role in zip(("OUTPUT_POINTS", "OUTPUT_AREAS"), COMPUTED_ROLES):
            parameters[name] = self._destination(role)

        def on_classified(run, results):
            for name, role, title in zip(
                ("OUTPUT_POINTS", "OUTPUT_AREAS"),
                COMPUTED_ROLES,
                (_tr("Valenza calcolata (punti)"), _tr("Valenza calcolata (aree)")),
            ):
                self.dock.take(run, results.get(name), role, title)
            counts = {name: number(int(results[name])) for name in _COUNTS}
            said = _tr(
                "{CONSISTENT} coerenti, {OVERDECLARED} sovradichiarati, {UNDERDECLARED} "
                "sottodichiarati, {TO_VERIFY} da verificare; {FRAGILE} con valenza fragile."
            ).format(**counts)
            remember("esito_valenza", said)
            self.panel.valenza_summary.setText(said)
            self.dock.praise(said)
            self.classified.emit()

        self.dock.start("sttm:classifyservices", parameters, on_classified)

    def _destination(self, role):
        """Return where the classified services go: a file beside the workspace, not in it.

        In the workspace they would be services of the plan, each of them twice.
        """
        workspace = self.dock.workspace()
        if not workspace:
            return "TEMPORARY_OUTPUT"
        path = Path(workspace).with_name(f"{Path(workspace).stem}_{role}.gpkg")
        if not path.is_file():
            return str(path)
        # A file that is open can't be replaced everywhere: its table can.
        return self.dock.destination(path.stem, "(geom)", str(path))

    def try_changes(self):
        """Run ``sttm:whatif``."""
        if self.dock.is_running() or not self.dock.has_services():
            return
        changes = self.panel.changes.text().strip()
        if not changes:
            self.dock.warn(_tr("Scrivere che cosa provare, per esempio GEN-R01=0.55."))
            self.panel.changes.setFocus()
            return
        remember("prova", changes)
        parameters = {**self._parameters(), "CHANGES": changes, "OUTPUT": "TEMPORARY_OUTPUT"}

        def on_tried(run, results):
            rows = rows_of(layer_of(run, results["OUTPUT"]))
            for row in rows:
                for name in ("prima", "dopo"):
                    row[name] = str(row[name] or "").replace("_", " ")
            self.model.set_rows(rows)
            self.panel.whatif_hint.setText(
                _tr("{} servizi su {} cambierebbero: {} salgono, {} scendono.").format(
                    *(
                        number(int(results[name]))
                        for name in ("FLIPPED", "SERVICES_COUNT", "RAISED", "LOWERED")
                    )
                )
            )
            if rows:
                select_row(self.panel.flips, 0)
                self.panel.flips.setFocus()

        self.dock.start("sttm:whatif", parameters, on_tried)


_COUNTS = ("CONSISTENT", "OVERDECLARED", "UNDERDECLARED", "TO_VERIFY", "FRAGILE")


def _tr(text):
    return QCoreApplication.translate("Valenza", text)
