"""Rows the tests of the window start from."""

from __future__ import annotations

SERVICE_ID = "11111111-1111-5111-8111-111111111111"

FINDING = {
    "id_rilievo": "r1",
    "codice": "STTM2-301",
    "gruppo": "valenza",
    "severita": "avviso",
    "titolo": "Sovra-dichiarazione rispetto ai criteri",
    "descrizione": "Biblioteca: dichiarato metropolitana, i criteri indicano locale",
    "istat": "015146",
    "id_oggetto": SERVICE_ID,
    "layer": "servizi",
    "valore": "12",
    "soglia": "40",
    "unita": "punti",
    "margine": -28.0,
    "riferimento": "PTM NdA art. 8",
    "provenienza": "norma",
    "verificato": False,
    "suggerimento": "Declassare o motivare",
    "ammette_giustificazione": True,
    "stato": "aperto",
    "impronta": "aaaa",
}


def a_finding(number=1, **changed):
    """Return the attributes of a finding; its id is r<number>."""
    return {**FINDING, "id_rilievo": f"r{number}", **changed}
