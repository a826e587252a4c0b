"""Checks that a pack writes as QGIS expressions: read from its table, judged, evaluated.

This room knows no QGIS: whoever has one lends it (``lend``). Without it an expression is neither
judged nor tried, and its check is not verifiable.
"""

from __future__ import annotations

import datetime
import re
import string
from dataclasses import dataclass, field
from typing import Protocol

from .layout import TABLES
from .schema import LUM, SERVICES
from .valenza_values import stored_attributes

# The tests of core.checks.espressioni: object by object, and on the plan as a whole.
EACH, WHOLE = "espressione", "espressione_sul_piano"
PLAN = "piano"
# What an expression may be about: the input it needs, and the fields it may read.
LAYERS = {
    "servizi": ("", SERVICES),
    PLAN: ("", SERVICES),
    "lum": ("LUM", LUM),
    "lum_perimetri": ("LUM_PERIMETERS", TABLES["lum_perimetri"].fields),
}
# ``attributi.posti_letto`` reads one entry of ``attributi``.
ENTRY = "attributi."
OPERATORS = (">=", ">", "<=", "<")
# What of the plan an expression may ask for; the pack's parameters come besides.
VARIABLES = (
    "soglia", "comune", "istat", "zona_omogenea", "codice_zo", "polo", "citta_centrale", "abitanti",
    "superficie_km2", "oggi",
)  # fmt: skip
PLACEHOLDERS = ("nome", "valore", "soglia", "unita", "comune", "zona_omogenea")
COLUMNS = (
    "codice gruppo titolo cosa_verifica severita ammette_giustificazione layer filtro espressione "
    "operatore soglia unita messaggio suggerimento provenienza riferimento stato_riscontro"
).split()
# What is missing when the expression itself can't be evaluated.
LACKS = "ESPRESSIONE"

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,39}")
# Longer than any sentence one reads; a bound on what a hostile pack can make us parse.
MOST_CHARACTERS = 2000


@dataclass(frozen=True)
class Parsed:
    """What an expression is made of.

    Attributes:
        faults: sentences without full stop, none if it may be used. columns, variables: as
            written. geometry: whether it reads the geometry.
    """

    faults: tuple = ()
    columns: tuple = ()
    variables: tuple = ()
    geometry: bool = False


@dataclass
class Rows:
    """Objects to evaluate on.

    Attributes:
        columns: {name as the expression writes it: (kind of ``schema.Field``, values)}; None =
            NULL. shapes: shapely geometries, or None where no expression reads them.
        count: how many.
    """

    columns: dict
    shapes: object
    count: int
    crs: str = ""
    variables: dict = field(default_factory=dict)


class Evaluator(Protocol):
    """Whoever can read and evaluate expressions."""

    def parse(self, text: str, whole: bool) -> Parsed:
        """Say what an expression is made of, and what in it isn't allowed.

        Args:
            whole: it is about the plan: columns only inside aggregates, which are not allowed
                otherwise.
        """

    def each(self, text: str, rows: Rows, going) -> list:
        """Return its value for each object: bool, number, text, None.

        Args:
            going: called now and then; what it raises stops the evaluation.
        """

    def whole(self, text: str, rows: Rows, going):
        """Return its one value, aggregates over all the objects."""


_lent: list = [None]


def lend(evaluator) -> None:
    """Let the packs read from now on be judged and tried with an evaluator; None takes it back."""
    from .pack import forget_packs

    _lent[0] = evaluator
    forget_packs()


def evaluator():
    """Return the evaluator lent to this process, None without one."""
    return _lent[0]


# The pack's table ---------------------------------------------------------------------------


def read_rows(rows, parameters, provenance, one_of) -> list:
    """Return the arguments of a ``core.pack.Controllo`` for each row of the table.

    Args:
        rows: ``core.pack`` rows, which gather their own faults. parameters: names of the pack's.
        provenance: row → the three fields of where it comes from.
        one_of: {column: values it may have}.
    """
    found = []
    for row in rows:
        code = row.text("codice", needed=True)
        if code and not _CODE.fullmatch(code):
            row.fault("codice", f"«{code}»: servono da 2 a 40 lettere, cifre, punti o trattini")
        severity = row.one_of("severita", one_of["severita"])
        justified = row.flag("ammette_giustificazione")
        if severity == "blocco" and justified:
            row.fault("ammette_giustificazione", "un blocco non si giustifica")
        layer = row.one_of("layer", tuple(LAYERS))
        operator = row.one_of("operatore", OPERATORS, empty=True)
        limit = row.number("soglia", empty=True)
        if operator and limit is None:
            row.fault("soglia", "con un operatore serve una soglia", "un numero")
        texts = {name: row.text(name) for name in ("filtro", "espressione")}
        if not texts["espressione"]:
            row.fault("espressione", "valore mancante")
        parsed = {
            name: _judged(row, name, text, layer, parameters)
            for name, text in texts.items()
            if text and layer in LAYERS
        }
        if layer == PLAN and texts["filtro"]:
            row.fault("filtro", "su «piano» il filtro sta dentro l'aggregato (filter:=…)")
        message = row.text("messaggio", needed=True)
        for fault in message_faults(message, PLACEHOLDERS):
            row.fault("messaggio", fault, ", ".join(f"{{{one}}}" for one in PLACEHOLDERS))
        columns = dict.fromkeys(
            stored_name(name) for one in parsed.values() for name in one.columns
        )
        source = LAYERS.get(layer, ("", ()))[0]
        found.append(
            (
                row,
                dict(
                    codice=code,
                    gruppo=row.text("gruppo", needed=True),
                    titolo=row.text("titolo", needed=True),
                    cosa_verifica=row.text("cosa_verifica"),
                    severita=severity,
                    bloccante=severity == "blocco",
                    ammette_giustificazione=justified,
                    dati_richiesti="; ".join(filter(None, (source, *columns))),
                    parametri_predefiniti="" if limit is None else f"{limit:.15g}",
                    formula=" ".join(filter(None, (texts["espressione"], operator))),
                    se_non_calcolabile="",
                    messaggio=message,
                    suggerimento=row.text("suggerimento"),
                    prova=WHOLE if layer == PLAN else EACH,
                    dati=(source,) if source else (),
                    campi=tuple(columns),
                    legge_geometria=any(one.geometry for one in parsed.values()),
                    parametri={
                        **texts,
                        "layer": layer,
                        "operatore": operator,
                        "soglia": limit,
                        "unita": row.text("unita"),
                        "colonne": {name: one.columns for name, one in parsed.items()},
                    },
                    **provenance(row),
                ),
            )
        )
    return found


def _judged(row, key, text, layer, parameters) -> Parsed:
    """Return what an expression is made of; what is wrong in it is a fault of its row."""
    if len(text) > MOST_CHARACTERS:
        row.fault(key, f"{len(text)} caratteri: al massimo {MOST_CHARACTERS}")
        return Parsed()
    if any(ord(sign) < 32 and sign not in "\n\r\t" for sign in text):
        row.fault(key, "contiene caratteri di controllo")
        return Parsed()
    if evaluator() is None:
        return Parsed()
    parsed = evaluator().parse(text, layer == PLAN)
    for fault in parsed.faults:
        row.fault(key, fault)
    known = {one.name for one in LAYERS[layer][1]}
    for name in parsed.columns:
        if not _is_known(name, known, layer):
            allowed = ", ".join(sorted(known))
            row.fault(key, f"la colonna «{name}» non c'è in {layer}", allowed)
    variables = {*VARIABLES, *parameters}
    for name in parsed.variables:
        if name not in variables:
            shown = ", ".join(f"@{one}" for one in VARIABLES)
            row.fault(key, f"la variabile «@{name}» non c'è: {shown}, i parametri del pacchetto")
    return parsed


def _is_known(name, known, layer) -> bool:
    lower = name.lower()
    entry = lower.startswith(ENTRY) and len(lower) > len(ENTRY) and "attributi" in known
    return lower in known or entry


def stored_name(name) -> str:
    """Return the stored field an expression's column reads."""
    lower = name.lower()
    return "attributi" if lower.startswith(ENTRY) else lower


def message_faults(message, allowed=None) -> list:
    """Return what is wrong in a message's placeholders: {nome}, plain names, nothing more."""
    try:
        pieces = list(string.Formatter().parse(message))
    except ValueError:
        return ["le graffe non sono in coppia: scrivere {nome}, oppure {{ e }} per una graffa"]
    found = []
    for _, name, spec, conversion in pieces:
        if name is None:
            continue
        if not name.isidentifier() or spec or conversion:
            found.append(f"«{{{name}}}» non è un segnaposto: va solo il nome fra graffe")
        elif allowed is not None and name not in allowed:
            found.append(f"il segnaposto «{{{name}}}» non c'è")
    return found


# What it is evaluated on --------------------------------------------------------------------


def variables_of(plan, limit) -> dict:
    """Return {name: value} of what an expression may ask for."""
    comune = plan.comune
    own = {
        "soglia": limit,
        "comune": comune.nome,
        "istat": comune.istat,
        "zona_omogenea": comune.zona_omogenea,
        "codice_zo": comune.codice_zo,
        "polo": comune.polo or None,
        "citta_centrale": bool(comune.citta_centrale),
        "abitanti": comune.popolazione,
        "superficie_km2": comune.superficie_km2,
        "oggi": plan.oggi,
    }
    parameters = {name: one.valore for name, one in plan.pack.parametri_descritti.items()}
    return {**parameters, **own}


def rows_of(frame, columns, layer, crs, with_shapes, variables) -> Rows:
    """Return the objects of a frame as an evaluator takes them; a column it lacks is all NULL."""
    kinds = {one.name: one.kind for one in LAYERS[layer][1]}
    read, stored = {}, None
    for name in columns:
        lower = name.lower()
        if lower.startswith(ENTRY) and "attributi" in frame.columns:
            stored = stored_attributes(frame["attributi"]) if stored is None else stored
            entries = {key.lower(): values for key, (values, _) in stored.items()}
            values = entries.get(lower[len(ENTRY) :])
            read[name] = _entry(values, len(frame))
        elif lower in frame.columns:
            kind = kinds.get(lower, "text")
            read[name] = (kind, [_plain(value, kind) for value in frame[lower].tolist()])
        else:
            read[name] = (kinds.get(lower, "text"), [None] * len(frame))
    shapes = list(frame.geometry) if with_shapes else None
    return Rows(read, shapes, len(frame), crs, variables)


def _entry(values, count):
    """Return one entry of ``attributi``: numbers where all of them are, else texts."""
    if values is None:
        return "real", [None] * count
    values = list(values)
    if all(value is None or isinstance(value, float) for value in values):
        return "real", values
    return "text", [None if value is None else _as_text(value) for value in values]


def _as_text(value):
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _plain(value, kind):
    if value is None or value != value or value == "":
        return None
    if kind == "date":
        try:
            return datetime.date.fromisoformat(str(value)[:10])
        except ValueError:
            return None
    if kind in ("text", "json"):
        return str(value)
    return bool(value) if kind == "bool" else float(value)
