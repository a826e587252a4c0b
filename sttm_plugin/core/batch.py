"""A list of comuni to verify one after the other: what each needs, read from a table."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from .errors import SttmError
from .reference import resolve_comune
from .text import normalise
from .values import parse_number

# Column of the table → parameter of ``verifica_completa``.
COLUMNS = {
    "servizi": "INPUT",
    "confini": "COMUNI",
    "nodi": "STOPS",
    "rete": "NETWORK",
    "popolazione": "POPULATION",
    "campo_abitanti": "POP_FIELD",
    "giustificazioni": "WAIVERS",
    "perimetri": "LUM_PERIMETERS",
    "lettura2": "READING2",
    "contermini": "NEIGHBOURS",
    "orari": "GTFS",
    "aree_protette": "PROTECTED",
    "rigenerazione": "REGENERATION",
    "finanziamenti": "FUNDING",
    "origini": "ORIGINS",
    "abitanti_da_insediare": "SETTLERS",
}
_PATHS = tuple(name for name in COLUMNS if name not in ("campo_abitanti", "abitanti_da_insediare"))


class Job(NamedTuple):
    """One comune: what it is, what its run is given, or why it can't run."""

    comune: object  # core.reference.Comune, None when unknown
    text: str
    parameters: dict
    fault: str


def read_jobs(fields, rows, folder) -> list[Job]:
    """Return the jobs of a table, in its order.

    Args:
        fields: names of its columns: ``comune`` and ``servizi``, the other COLUMNS optional.
        rows: dicts by column. folder: what relative paths start from.

    Raises:
        SttmError: a needed column is missing, or there is no row. What is wrong with one comune
            is its job's ``fault``: the others go on.
    """
    by_lower = {str(name).strip().lower(): name for name in fields}
    missing = [name for name in ("comune", "servizi") if name not in by_lower]
    if missing:
        raise SttmError(
            f"L'elenco dei comuni non ha la colonna {' e '.join(missing)} (trovate: "
            f"{', '.join(map(str, fields)) or 'nessuna'}). Servono comune e servizi; si leggono "
            f"anche {', '.join(name for name in COLUMNS if name != 'servizi')}."
        )
    jobs, seen = [], set()
    for row in rows:
        values = {name: _text(row.get(by_lower[name])) for name in by_lower}
        if not any(values.values()):
            continue
        jobs.append(_job(values, Path(folder), seen))
    if not jobs:
        raise SttmError("L'elenco dei comuni è vuoto: serve almeno una riga con comune e servizi.")
    return jobs


def _job(values, folder, seen):
    text, comune, fault, parameters = values["comune"], None, "", {}
    try:
        if not text:
            raise SttmError("Manca il comune: codice ISTAT o nome.")
        # A spreadsheet takes the leading zero off 015146.
        comune = resolve_comune(text[:-2] if text.endswith(".0") else text)
        if comune.istat in seen:
            raise SttmError(f"{comune.nome} è già nell'elenco: un comune si verifica una volta.")
        seen.add(comune.istat)
        if not values["servizi"]:
            raise SttmError("Manca il file dei servizi (colonna servizi).")
        for name, parameter in COLUMNS.items():
            value = values.get(name)
            if value:
                if name == "abitanti_da_insediare":
                    value = _people(value)
                parameters[parameter] = _found(value, name, folder) if name in _PATHS else value
    except SttmError as error:
        fault = str(error)
    return Job(comune, text, parameters, fault)


def _people(value) -> float:
    number = parse_number(value)
    if number is None or number.value < 0:
        raise SttmError(f"Colonna abitanti_da_insediare: «{value}» non è un numero di abitanti.")
    return number.value


def _found(value, name, folder):
    """Return a source with its path whole; ``file.gpkg|layername=x`` keeps its layer."""
    path, bar, rest = value.partition("|")
    whole = Path(path) if Path(path).is_absolute() else folder / path
    if not whole.exists():
        raise SttmError(
            f"Il file «{path}» (colonna {name}) non esiste: i percorsi partono da «{folder}»."
        )
    return f"{whole}{bar}{rest}"


def folder_name(comune) -> str:
    """Return the name of a comune's folder: "015108_gorgonzola"."""
    return f"{comune.istat}_{normalise(comune.nome).replace(' ', '_')}"


def _text(value) -> str:
    return "" if value is None or value != value else str(value).strip()
