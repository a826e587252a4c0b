"""What the report of a package says of the package itself, beside its findings."""

from __future__ import annotations

import base64
from collections import Counter

from . import layout, schema
from .checks.engine import written
from .gpkgextras import dictionary

# How a map shows a service: (what, its colour). Shapes are told apart in grey too.
MAP_CLASSES = (
    ("metropolitana", "Valenza metropolitana", "#7b3294"),
    ("intercomunale", "Valenza intercomunale", "#2166ac"),
    ("locale", "Valenza locale", "#8fbf6f"),
    ("altro", "Al limite, non determinabile o da classificare", "#f4c20d"),
)
PERIMETER = ("Perimetri dei LUM", "#c0392b")
BOUNDARY = ("Confine del comune (tratteggiato)", "#666666")
_KINDS = {"prima": "Prima consegna", "aggiornamento": "Aggiornamento", "rettifica": "Rettifica"}
_EVENTS = {
    "nascita": "nuovo",
    "modifica": "modificato",
    "dismissione": "dismesso",
    "riattivazione": "riattivato",
    "fusione": "fuso",
    "divisione": "diviso",
}
_SHOWN = 100
_ALIASES = {field.name: field.alias or field.name for field in schema.SERVICES}


def map_class(valenza_calcolata, valenza_confermata) -> str:
    """Return the class of MAP_CLASSES a service is drawn in."""
    valenza = valenza_confermata or valenza_calcolata
    return valenza if valenza in schema.VALENZE else "altro"


def delivery_sections(delivery, comune, pack, picture: bytes = b"", boundary: bool = False) -> dict:
    """Return the sections of a package for the report's page.

    Args:
        delivery: ``core.delivery.Delivery``, its tables complete.
        picture: PNG of the map, b"" without one. boundary: the comune's is drawn on it.
    """
    from .delivery import own_counts

    meta = delivery.tables["metadati_consegna"].iloc[0]
    counts, sound = own_counts(delivery)
    kinds = Counter(
        map_class(*pair)
        for pair in zip(
            delivery.services["valenza_calcolata"], delivery.services["valenza_confermata"]
        )
    )
    drawn = [PERIMETER] if len(delivery.tables["lum_perimetri"]) else []
    drawn += [BOUNDARY] if boundary else []
    return {
        "dati": _data(meta, delivery),
        "firma": "La firma digitale si appone dopo, attorno al file .zip (.zip.p7m) o accanto, con "
        "lo stesso nome (.zip.p7m o .zip.p7s): non fa parte del pacchetto. Le impronte SHA-256 "
        "dei file sono in manifest.json.",
        "mappa": _picture(picture),
        "legenda": [
            {"nome": label, "colore": colour, "numero": written(kinds[name])}
            for name, label, colour in MAP_CLASSES
        ]
        + [{"nome": name, "colore": colour, "numero": ""} for name, colour in drawn],
        "fonte_mappa": f"Elaborazione dai dati della consegna ({comune.nome}, "
        f"{_day(meta['data_consegna'])}); valenza confermata dove c'è, altrimenti calcolata. I "
        "servizi da non localizzare non sono sulla mappa.",
        "cambia": _changes(delivery, meta["tipo"]),
        "conti": [(label, written(number)) for label, number in counts],
        "torna": sound,
        "frase_conti": "I conti tornano: ogni servizio letto è consegnato oppure se ne dice il "
        "motivo."
        if sound
        else "I conti non tornano: rifare la consegna.",
        "tolti": _omitted(delivery.omitted),
        "tabelle": [
            {
                "nome": name,
                "titolo": dictionary()[name, ""][0],
                "righe": written(len(delivery.tables[name])),
            }
            for name in layout.TABLES
        ],
        "vuote": [
            f"{dictionary()[name, ''][0]}: {reason}."
            for name, reason in sorted(delivery.absent.items())
        ],
        **_rules(delivery.tables["valutazioni"], pack),
    }


def _day(text) -> str:
    year, month, day = str(text)[:10].split("-")
    return f"{day}/{month}/{year}"


def _picture(png):
    return "data:image/png;base64," + base64.b64encode(png).decode() if png else ""


def _data(meta, delivery):
    rows = [
        ("Tipo", f"{_KINDS[meta['tipo']]}, numero {delivery.numero}"),
        ("Data", _day(meta["data_consegna"])),
        ("Ente", meta["ente"]),
        ("Ufficio", meta["ufficio"]),
        ("Ruolo del responsabile", meta["ruolo_responsabile"]),
        ("Autore", meta["autore"]),
        ("Note", meta["note"]),
    ]
    if delivery.precedente:
        rows.append(("Consegna precedente", f"impronta {delivery.precedente[:12]}…"))
    return [(name, value) for name, value in rows if value]


def _changes(delivery, kind):
    if kind == "prima":
        return None
    counts = delivery.conteggi
    words = ("nuovi", "modificati", "chiusi", "invariati")
    story = delivery.tables["storico"]
    names = dict(zip(delivery.whole["id_servizio"], delivery.whole["denominazione"]))
    absent = counts.get("assenti", 0)
    return {
        "frase": "Servizi " + ", ".join(f"{word}: {written(counts[word])}" for word in words) + ".",
        "righe": [
            {
                "nome": names.get(row["id_servizio"]) or row["id_servizio"],
                "evento": _EVENTS.get(row["evento"], row["evento"]),
                "descrizione": _fields(row["descrizione"]),
                "data": _day(row["data"]),
            }
            for row in story.head(_SHOWN).to_dict("records")
        ],
        "altri": max(len(story) - _SHOWN, 0),
        "assenti": f"Assenti senza essere stati chiusi: {written(absent)}. Chi riceve li tiene "
        "come sono: per chiuderli servono stato dismesso e data di fine validità."
        if absent
        else "",
    }


def _fields(text):
    """Return the description of an event with the names of the fields as people read them."""
    head, found, rest = str(text or "").partition("Campi: ")
    if not found:
        return text
    return head + "campi " + ", ".join(_ALIASES.get(name, name) for name in rest.split(", "))


def _omitted(omitted):
    counted = Counter((one["campo"], one["tipo"]) for one in omitted)
    return [
        {
            "campo": _ALIASES.get(name, name.replace("_", " ").capitalize()),
            "tipo": kind,
            "numero": written(number),
        }
        for (name, kind), number in sorted(counted.items())
    ]


def _rules(valuations, pack):
    """Return the rules that had a value, with how many services and where they come from."""
    from .report import source_text

    # What is local by its category has no threshold.
    graded = {one.codice_regola for one in pack.regole if one.attributo != "codice_categoria"}
    valuations = valuations[valuations["codice_regola"].isin(graded)]
    had = valuations["esito"] != "non_valutabile"
    applied = Counter(valuations.loc[had, "codice_regola"])
    without = set(valuations["codice_regola"]) - set(applied)
    rules = {rule.codice_regola: rule for rule in pack.regole}
    labels = pack.testi.get("attributi", {})
    rows, kinds = [], Counter()
    for code in sorted(code for code in applied if code in rules):
        rule = rules[code]
        kinds[rule.provenienza] += 1
        rows.append(
            {
                "codice": code,
                "legge": labels.get(rule.attributo) or str(rule.attributo).replace("_", " "),
                "soglia": _threshold(rule),
                "servizi": written(applied[code]),
                "fonte": source_text(rule),
            }
        )
    total = sum(kinds.values())
    sentence = (
        f"Sui servizi consegnati {written(total)} regole avevano un dato: "
        f"{written(kinds['norma'])} riprendono una norma, {written(kinds['letteratura'])} un testo "
        f"tecnico, {written(kinds['proposta'])} sono proposte da questo progetto e non sono "
        f"ufficiali. Altre {written(len(without))} regole non avevano un dato: sono nella tabella "
        "valutazioni."
    )
    return {"regole": rows, "frase_regole": sentence}


def _threshold(rule):
    value = rule.soglia
    if isinstance(value, (tuple, list)):
        return ", ".join(str(one).replace("_", " ") for one in value)
    if isinstance(value, str):
        return value.replace("_", " ")
    unit = "" if rule.unita in (None, "", "codice", "booleano") else f" {rule.unita}"
    sign = {"=": "", ">=": "≥ ", "<=": "≤ ", ">": "> ", "<": "< "}.get(rule.operatore, "")
    return f"{sign}{written(value)}{unit}"
