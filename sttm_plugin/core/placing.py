"""A place a person gives to a service that had none."""

from __future__ import annotations

import json

from .errors import SttmError
from .pack import load_pack
from .places import SURROUNDINGS_M
from .unlocated import unlocated_of


def check_place(row, places, shape) -> str:
    """Return what is to be told of a place, "" where nothing is.

    Args:
        row: dict of the service: denominazione, codice_sttm, istat, attributi_origine.
        places: ``core.places.Places`` in the analysis CRS. shape: shapely Point, same CRS.

    Raises:
        SttmError: the service must have no place on a map; the point is not in its comune's
            surroundings.
    """
    name = row.get("denominazione") or row.get("id_servizio")
    unlocated = unlocated_of(load_pack())
    if row.get("codice_sttm") in unlocated.categorie or unlocated.told_by(_words(row)):
        raise SttmError(
            f"«{name}» è un servizio da non localizzare (case rifugio, centri antiviolenza): la "
            "sua posizione non si scrive in nessun layer."
        )
    istat = row.get("istat")
    if not istat or not places.knows(istat):
        return ""
    away = places.distance(istat, shape)
    comune = places.name_of(istat)
    if away > SURROUNDINGS_M:
        far = f"{away / 1000:.1f}".replace(".", ",")
        raise SttmError(
            f"Il punto è a {far} km da {comune}, il comune di «{name}»: oltre "
            f"{SURROUNDINGS_M / 1000:g} km non è accettato. Controllare il punto, o il codice "
            "ISTAT del servizio."
        )
    return f"Il punto è fuori da {comune}, a {away:.0f} m." if away > 0 else ""


def _words(row):
    """Return every text that may say what the service is."""
    try:
        original = json.loads(row.get("attributi_origine") or "{}")
    except ValueError:
        original = {}
    values = original.values() if isinstance(original, dict) else ()
    return [row.get("denominazione"), row.get("tipo_specifico"), *values]
