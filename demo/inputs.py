"""Finds a comune's layers in a folder by the beginning of their names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

# Kinds of layers, by how their file names begin; the first that fits wins.
PREFIXES = {
    "perimetri": ("perimetri", "lum_perimetri", "perimetro"),
    "lum": ("lum",),
    "fermate": ("fermate", "stazioni"),
    "servizi": ("servizi", "pds"),
    "lettura2": ("lettura2", "altre_fonti"),
    "rete": ("rete", "strade", "grafo"),
    "popolazione": ("popolazione", "sezioni", "griglia"),
    "confini": ("confini", "comuni", "limiti"),
    "contermini": ("contermini",),
    "rigenerazione": ("rigenerazione", "dismesse"),
    "deroghe": ("deroghe",),
    "criteri": ("pacchetto", "criteri"),
}
_LAYERS = (".gpkg", ".shp", ".geojson", ".json", ".csv", ".tab", ".fgb", ".xlsx", ".ods")
_SEVERAL = ("servizi", "lettura2", "contermini")

# Names a count of people goes by, in order of preference (ISTAT's first).
POPULATION_FIELDS = (
    "popolazione",
    "pop21",
    "pop_tot",
    "poptot",
    "p1",
    "pop",
    "residenti",
    "abitanti",
    "population",
)


@dataclass
class Inputs:
    """The layers of one comune: paths as text, None or empty where there is none."""

    comune: str
    servizi: list = field(default_factory=list)
    lettura2: list = field(default_factory=list)
    contermini: list = field(default_factory=list)
    lum: str | None = None
    perimetri: str | None = None
    fermate: str | None = None
    rete: str | None = None
    popolazione: str | None = None
    confini: str | None = None
    rigenerazione: str | None = None
    deroghe: str | None = None
    criteri: str | None = None


class InputError(Exception):
    """The folder can't be used; the sentence says what is missing."""


def kind_of(name: str) -> str | None:
    """Return the kind of layer a file name begins with, None when it is none of ours."""
    stem = name.lower()
    for kind, beginnings in PREFIXES.items():
        if stem.startswith(beginnings):
            return kind
    return None


def find_inputs(folder, comune: str = "") -> Inputs:
    """Return the layers of a folder.

    Args:
        folder: where the layers are (not its subfolders).
        comune: ISTAT code or name; empty: the line ``COMUNE=…`` of a text file in the folder.

    Raises:
        InputError: no folder, no layer of services, no comune.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"La cartella «{folder}» non c'è.")
    comune = comune or _written_comune(folder)
    if not comune:
        raise InputError(
            f"Manca il comune: scrivere COMUNE=<codice ISTAT> in {folder / 'COMUNE.txt'}, oppure "
            "make demo INPUT=<cartella> COMUNE=<codice ISTAT>."
        )
    found = Inputs(comune=comune)
    for path in sorted(folder.iterdir()):
        kind = kind_of(path.name)
        is_pack = kind == "criteri" and path.suffix.lower() in (".json", ".zip")
        if kind is None or not (is_pack or path.suffix.lower() in _LAYERS):
            continue
        if kind in _SEVERAL:
            getattr(found, kind).append(str(path))
        elif getattr(found, kind) is None:
            setattr(found, kind, str(path))
    if not found.servizi:
        raise InputError(
            f"In «{folder}» non c'è nessun layer di servizi: il nome del file deve cominciare con "
            "«servizi» (per esempio servizi_aree.shp, servizi_puntuali.csv)."
        )
    return found


def population_field(names) -> str | None:
    """Return the field that counts people, None when no name is known."""
    by_lower = {name.lower(): name for name in names}
    for wanted in POPULATION_FIELDS:
        if wanted in by_lower:
            return by_lower[wanted]
    return None


def _written_comune(folder):
    for path in sorted(folder.glob("*.txt")):
        found = re.search(r"^\s*COMUNE\s*=\s*(.+?)\s*$", path.read_text("utf-8", "replace"), re.M)
        if found:
            return found.group(1)
    return ""
