"""Rows of a criteria pack added and taken off in the editor: asked, judged, undone, saved."""

from __future__ import annotations

import json

import pytest

from .test_criteria_dialog import HOSTILE, answered, choose, click, dialog, keys, settle

__all__ = ["dialog"]  # the fixture of the editor

WORD = {
    "codice_categoria": "CUL.01",
    "segno": "+",
    "parola": "sala; lettura",
    "provenienza": "proposta",
    "riferimento": "uso del comune",
}


@pytest.fixture
def asked(monkeypatch):
    """A function that says with what the dialog for a new row is filled in, None to cancel."""
    from qgis.PyQt.QtWidgets import QComboBox, QDialog, QPlainTextEdit

    from sttm_plugin.gui import criteria_dialog

    def fill(given):
        class Answered(criteria_dialog.CriteriaRowDialog):
            def exec(self):
                Answered.begun = self.values()
                if given is None:
                    return QDialog.DialogCode.Rejected
                for name, text in given.items():
                    widget = self.widgets[name]
                    if isinstance(widget, QComboBox):
                        widget.setCurrentIndex(widget.findData(text))
                    else:
                        long = isinstance(widget, QPlainTextEdit)
                        (widget.setPlainText if long else widget.setText)(text)
                assert self._ok.isEnabled(), self.problem.text()
                return QDialog.DialogCode.Accepted

        monkeypatch.setattr(criteria_dialog, "CriteriaRowDialog", Answered)
        return Answered

    return fill


def fonts(dialog):
    from qgis.PyQt.QtCore import Qt

    index = dialog.values.currentIndex()
    font = index.data(Qt.ItemDataRole.FontRole)
    return font is not None and font.strikeOut()


def test_a_row_is_asked_shown_judged_undone_and_redone(qtbot, dialog, asked):
    from qgis.PyQt.QtCore import Qt

    choose(dialog, "dizionario", "IST.01|+|scuola sec secondo grado", "riferimento")
    before = len(dialog._tables["dizionario"].cells)
    filled = asked(WORD)
    qtbot.keyClick(dialog, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    settle(qtbot, dialog)

    # It begins as the row chosen, but where it comes from is asked anew.
    assert filled.begun["codice_categoria"] == "IST.01"
    assert (filled.begun["provenienza"], filled.begun["riferimento"]) == ("", "")
    assert dialog.edits() == [{"tabella": "dizionario", "azione": "aggiungi", "valori": WORD}]
    assert keys(dialog)[-1] == "+ CUL.01|+|sala; lettura"
    assert dialog._key() == "CUL.01|+|sala; lettura"
    assert dialog.tables.currentItem().text() == f"Dizionario ({before + 1}) • 1"
    assert dialog.save.isEnabled()
    dialog.only_changed.setChecked(True)
    assert keys(dialog) == ["+ CUL.01|+|sala; lettura"]
    click(qtbot, dialog.undo)
    settle(qtbot, dialog)
    assert dialog.edits() == []
    assert len(dialog._tables["dizionario"].cells) == before
    click(qtbot, dialog.redo)
    settle(qtbot, dialog)
    assert [one["azione"] for one in dialog.edits()] == ["aggiungi"]
    # Taken off again, it is as if it had never been.
    click(qtbot, dialog.remove_row)
    settle(qtbot, dialog)
    assert dialog.edits() == []


def test_a_cell_of_a_new_row_is_edited_as_any_other(qtbot, dialog, asked):
    from qgis.PyQt.QtCore import Qt

    choose(dialog, "parametri", "tortuosita", "valore")
    asked({"nome": "mio_parametro", "provenienza": "proposta", "valore": "1,5"})
    dialog.ask_row()
    settle(qtbot, dialog)
    index = choose(dialog, "parametri", "mio_parametro", "valore")
    assert index.data() == "1.5"
    dialog.proxy.setData(index, "1,75", Qt.ItemDataRole.EditRole)
    settle(qtbot, dialog)
    [added] = dialog.edits()
    assert (added["valori"]["nome"], added["valori"]["valore"]) == ("mio_parametro", "1.75")
    assert added["valori"]["stato_riscontro"] == "non applicabile"


def test_a_row_taken_off_stays_in_sight_struck_out_and_may_be_put_back(qtbot, dialog):
    from qgis.PyQt.QtCore import Qt

    index = choose(dialog, "codici", "MIM|PS", "nota")
    dialog.proxy.setData(index, "un'altra nota", Qt.ItemDataRole.EditRole)
    qtbot.keyClick(dialog, Qt.Key.Key_Delete, Qt.KeyboardModifier.ControlModifier)
    settle(qtbot, dialog)

    # What was changed in it goes with it.
    assert dialog.edits() == [{"tabella": "codici", "azione": "togli", "chiave": "MIM|PS"}]
    assert dialog._key() == "MIM|PS"
    assert "− MIM|PS" in keys(dialog)
    assert fonts(dialog)
    assert not dialog.values.currentIndex().flags() & Qt.ItemFlag.ItemIsEditable
    assert dialog.remove_row.text() == "Rime&tti riga"
    click(qtbot, dialog.remove_row)
    settle(qtbot, dialog)
    assert dialog.edits() == []
    assert "MIM|PS" in keys(dialog)
    assert not fonts(dialog)
    click(qtbot, dialog.undo)
    click(qtbot, dialog.undo)
    settle(qtbot, dialog)
    assert [one["valore"] for one in dialog.edits()] == ["un'altra nota"]


def test_a_row_that_breaks_the_pack_is_said_and_not_saved(qtbot, dialog):
    choose(dialog, "tassonomia", "CUL.01", "categoria")
    click(qtbot, dialog.remove_row)
    settle(qtbot, dialog)
    assert any(row["gravita"] == "errore" for row in dialog.faults_model.rows)
    assert not dialog.save.isEnabled()
    click(qtbot, dialog.undo)
    settle(qtbot, dialog)
    assert all(row["gravita"] == "avviso" for row in dialog.faults_model.rows)


def test_a_table_without_rows_takes_its_first(qtbot, dialog, asked):
    dialog._choose_table("espressioni")
    assert dialog.proxy.rowCount() == 0
    assert dialog.tables.currentItem().text().endswith("(0)")
    asked(
        {
            "codice": "RHO-01",
            "gruppo": "controlli del comune",
            "titolo": "Capienza",
            "cosa_verifica": "se la capienza è detta",
            "severita": "avviso",
            "ammette_giustificazione": "si",
            "layer": "servizi",
            "espressione": '"capacita"',
            "operatore": ">=",
            "soglia": "10",
            "unita": "posti",
            "messaggio": "Pochi posti",
            "suggerimento": "Scrivere la capienza",
            "provenienza": "proposta",
            "riferimento": "ufficio",
        }
    )
    dialog.ask_row()
    settle(qtbot, dialog)
    errors = [row for row in dialog.faults_model.rows if row["gravita"] == "errore"]
    assert errors == []
    assert keys(dialog) == ["+ RHO-01"]


def test_saved_rows_are_in_the_new_version_and_in_the_comparison(qtbot, dialog, asked, monkeypatch):
    from sttm_plugin.core.pack import load_pack

    answered(monkeypatch)
    choose(dialog, "dizionario", "IST.01|+|scuola sec secondo grado", "riferimento")
    asked({**WORD, "riferimento": HOSTILE})
    dialog.ask_row()
    choose(dialog, "codici", "MIM|PS", "nota")
    dialog.take_row_off()
    settle(qtbot, dialog)
    with qtbot.waitSignal(dialog.saved, timeout=60000) as saved:
        click(qtbot, dialog.save)
    settle(qtbot, dialog)

    assert load_pack(saved.args[0]).categorie["CUL.01"].parole_chiave[-1] == "sala; lettura"
    dialog.tabs.setCurrentIndex(3)
    dialog.other.setCurrentIndex(0)
    click(qtbot, dialog.compare)
    settle(qtbot, dialog)
    found = {
        (row["tabella"], row["chiave"], row["tipo"])
        for row in dialog.differences_model.rows
        if row["tabella"] != "pacchetto"
    }
    assert found == {
        ("codici", "MIM|PS", "tolto"),
        ("dizionario", "CUL.01|+|sala; lettura", "aggiunto"),
    }
    assert dialog.compare_told.text().endswith("2 tolti.")
    assert HOSTILE in [row["dopo"] for row in dialog.differences_model.rows]


def test_a_new_row_needs_a_new_key_and_says_where_it_comes_from(qtbot, qgis_app):
    from sttm_plugin.gui.criteria_row_dialog import CriteriaRowDialog

    columns = ("nome", "valore", "unita", "provenienza", "riferimento", "stato_riscontro")
    made = CriteriaRowDialog(
        "parametri", "Parametri", ("nome",), columns, ["tortuosita"], {"nome": "tortuosita"}
    )
    qtbot.addWidget(made)
    assert made.problem.text() == "«tortuosita» c'è già: la chiave deve essere nuova."
    made.widgets["nome"].setText(" ")
    assert made.problem.text() == "Manca: Nome."
    made.widgets["nome"].setText("mio")
    assert made.problem.text().startswith("Dire da dove viene")
    made.widgets["provenienza"].setCurrentIndex(made.widgets["provenienza"].findData("norma"))
    assert "chiede il riferimento" in made.problem.text()
    assert not made._ok.isEnabled()
    made.widgets["riferimento"].setText("l.r. 12/2005, art. 9")
    assert made._ok.isEnabled()
    # Nobody has read the source by adding a row.
    assert made.values()["stato_riscontro"] == "da riscontrare sul testo vigente"
    texts = [made.widgets["provenienza"].itemText(at) for at in range(4)]
    assert "proposta, non ufficiale" in texts
    assert "proposta" not in texts
    made.widgets["valore"].setText("1.234,5")
    assert json.dumps(made.values()["valore"]) == '"1234.5"'


def test_the_dialog_for_a_row_fits_a_small_screen(qtbot, dialog, asked, monkeypatch):
    from sttm_plugin.gui import criteria_dialog

    sizes = []

    class Measured(criteria_dialog.CriteriaRowDialog):
        def exec(self):
            self.show()
            sizes.append((self.width(), self.height()))
            return 0

    monkeypatch.setattr(criteria_dialog, "CriteriaRowDialog", Measured)
    choose(dialog, "valenza", "SAN.01-R03", "peso")
    dialog.ask_row()
    assert sizes[0][0] <= 700
    assert sizes[0][1] <= 600
