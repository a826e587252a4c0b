"""What the panels offer to choose from."""

from __future__ import annotations


def test_the_import_assistant_has_fields_categories_and_profiles(qgis_processing):
    from sttm_plugin.processing_algorithms import choices

    fields = {name: (title, needed) for name, title, needed in choices.service_fields()}
    categories = {code: (name, macro) for code, name, macro in choices.categories()}

    assert fields["denominazione"] == ("Denominazione", True)
    assert fields["codice_sttm"] == ("Codice STTM 2", True)
    assert fields["gestore"] == ("Gestore", False)
    # Computed by us, never by a column.
    assert not {"valenza_calcolata", "punteggio", "motivazione", "attributi_origine"} & set(fields)
    assert categories["CUL.01"] == ("Biblioteche", "CULTURALI")
    assert choices.found_categories("bibliot")[0] == "CUL.01"
    assert ("regione_farmacie", "Regione Lombardia, farmacie") in choices.profiles()
