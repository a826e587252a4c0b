"""Drafts of the scheda di riconoscimento (PTM, NdA art. 10) of the planned services."""

from __future__ import annotations

import json

from . import schema
from .checks.engine import written
from .documents import generated_at
from .pack import provenance_text
from .personal import without_personal
from .progress import asking
from .report import render
from .text import normalise

_PLANNED = ("previsto", "in_corso")
_ABOVE = ("intercomunale", "metropolitana", "sovracomunale")
_ALIASES = {field.name: field.alias or field.name for field in schema.SERVICES}
# What a draft needs of the plan's own, and why: (field, what it is for).
_NEEDED = (
    ("fase_progetto", "a che punto è il progetto"),
    ("anno_previsto", "quando il servizio entrerà in funzione"),
    ("ente_pianificatore", "chi programma il servizio"),
    ("proprietario", "di chi è l'area o l'edificio"),
    ("gestore", "chi gestirà il servizio"),
    ("titolo_servizio", "se è pubblico, convenzionato, accreditato o asservito"),
    ("capacita", "quanto è grande, nella sua unità"),
    ("utenti_fuori_comune", "quanta parte degli utenti verrà da altri comuni"),
    ("atto_gestione_associata", "l'atto con gli altri comuni, se c'è"),
)
_STATES = {"esistente": "esistente", "previsto": "previsto", "in_corso": "in corso"}


def planned_of_relevance(services):
    """Return the planned services that may matter beyond their comune.

    Those whose valenza, confirmed, declared or computed, is above locale; that are at the limit;
    or whose score alone points above locale.
    """
    planned = services["stato"].isin(_PLANNED)
    above = services["valenza_calcolata"] == "al_limite"
    for name in (
        "valenza_confermata", "valenza_dichiarata", "valenza_calcolata", "indicazione",
    ):  # fmt: skip
        above = above | services[name].isin(_ABOVE)
    # The comune has decided: it is local.
    return services[planned & above & (services["valenza_confermata"] != "locale")]


def recognition_sheets(services, comune, pack) -> dict:
    """Return {file name: HTML} of the drafts and of their index; empty without such services.

    Args:
        services: services frame of the comune, classified, as delivered: what must not be
            located has no geometry.
    """
    chosen = planned_of_relevance(services)
    if chosen.empty:
        return {}
    rules = {rule.codice_regola: rule for rule in pack.regole}
    files, listed = {}, []
    shared = {
        "avvertenza": pack.testi["avvertenza_rapporto"],
        "comune": comune,
        "criteri": pack,
        "giorno": _day(generated_at()),
    }
    for row in asking(chosen.sort_values("id_servizio").to_dict("records"), 20):
        name = _file_name(row)
        values = _sheet(row, rules, pack)
        files[name] = render("scheda_riconoscimento.html.j2", **shared, **values)
        listed.append({"file": name, "nome": values["nome"], "manca": len(values["manca"])})
    files["indice.html"] = render("schede_riconoscimento.html.j2", **shared, schede=listed)
    return files


def _file_name(row) -> str:
    plain = "_".join(normalise(row["denominazione"] or "servizio").split())[:40].strip("_")
    return f"scheda_{plain or 'servizio'}_{str(row['id_servizio'])[:8]}.html"


def _day(moment) -> str:
    year, month, day = moment[:10].split("-")
    return f"{day}/{month}/{year}"


def _sheet(row, rules, pack):
    measured, unknown = _criteria(row, rules, pack.testi.get("attributi", {}))
    lacking = [
        {"nome": _ALIASES[name], "perche": why} for name, why in _NEEDED if _empty(row[name])
    ]
    if row["geometry"] is None:
        lacking.append({"nome": "Posizione", "perche": "dove sorgerà (se si può localizzare)"})
    lacking += [{"nome": name, "perche": how} for name, how in unknown]
    return {
        "nome": without_personal(row["denominazione"] or "Servizio senza nome"),
        "dati": [(label, value) for label, value in _facts(row) if value],
        "valenze": [
            ("Dichiarata nel piano", _said(row["valenza_dichiarata"]) or "non dichiarata"),
            ("Calcolata con i criteri proposti", _said(row["valenza_calcolata"])),
            ("Confermata dal comune", _said(row["valenza_confermata"]) or "non ancora"),
            ("Indicazione dal solo punteggio", _said(row["indicazione"])),
            (
                "Dati disponibili",
                "" if _empty(row["copertura"]) else f"{round(100 * row['copertura'])}% del peso",
            ),
        ],
        "giustificazione": without_personal(row["giustificazione"] or ""),
        "criteri_letti": measured,
        "manca": lacking,
        "riconoscimento": _said(row["riconoscimento_art10_ptm"]) or "nessuno",
    }


def _facts(row):
    shape = row["geometry"]
    place = None if shape is None else shape.representative_point()
    capacity = ""
    if not _empty(row["capacita"]):
        capacity = f"{written(float(row['capacita']))} {row['capacita_um'] or ''}".strip()
    return (
        ("Identificativo", row["id_servizio"]),
        ("Categoria", " – ".join(t for t in (row["codice_sttm"], row["categoria"]) if t)),
        ("Tipo specifico", _said(row["tipo_specifico"])),
        ("Stato", _STATES.get(row["stato"], row["stato"])),
        ("Fase del progetto", _said(row["fase_progetto"])),
        (
            "Anno previsto",
            "" if _empty(row["anno_previsto"]) else str(int(row["anno_previsto"])),
        ),
        ("Capacità", capacity),
        (
            "Superficie",
            "" if shape is None or shape.area == 0 else f"{written(round(shape.area))} m²",
        ),
        (
            "Posizione (E, N)",
            "" if place is None else f"{place.x:.0f}, {place.y:.0f}",
        ),
        ("LUM", "in un LUM" if row["in_lum"] else ""),
        ("Ente che programma", row["ente_pianificatore"]),
        ("Proprietario", row["proprietario"]),
        ("Gestore", row["gestore"]),
        ("Atto di gestione associata", row["atto_gestione_associata"]),
    )


def _criteria(row, rules, labels):
    """Return (rules that had a value, [(what the others read, how it is found)])."""
    try:
        found = json.loads(row["motivazione"] or "[]")
    except ValueError:
        found = []
    measured, unknown = [], {}
    for one in found if isinstance(found, list) else []:
        rule = rules.get(one.get("criterio"))
        # Formal acts come after the recognition, and parameters are not of the service.
        if rule is None or rule.tipo_regola in ("parametro", "informativa"):
            continue
        label = labels.get(rule.attributo) or str(rule.attributo).replace("_", " ")
        label = label[:1].upper() + label[1:]
        if one.get("esito") == "non_valutabile":
            if rule.tipo_regola != "sufficiente":
                unknown.setdefault(label, f"{rule.dimensione}: {rule.formula}".rstrip(": "))
            continue
        measured.append(
            {
                "codice": rule.codice_regola,
                "legge": label,
                "valore": _shown(one.get("valore")),
                "soglia": _shown(one.get("soglia")),
                "esito": "soddisfatta"
                if str(one.get("esito")).startswith("soddisfatt")
                else "non soddisfatta",
                "provenienza": provenance_text(rule.provenienza, rule.verificato),
            }
        )
    return measured, sorted(unknown.items())


def _shown(value) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(_said(one) for one in value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return written(float(value))
    return _said(value)


def _said(value) -> str:
    return "" if _empty(value) else str(value).replace("_", " ")


def _empty(value) -> bool:
    return value is None or value != value or value == ""
