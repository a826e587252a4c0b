"""The findings as a document for machines (rilievi.json) and for people (rapporto.html)."""

from __future__ import annotations

import functools
from pathlib import Path

from . import schema
from .checks.engine import NOT_YET, OPEN, data_text, written
from .documents import canonical_json, generated_at, head, plugin_version
from .doubles import without_doubles
from .pack import provenance_text
from .progress import ask, asking

SCHEMA = "sttm.rilievi/1"


def rilievi_document(result, plan) -> bytes:
    """Return rilievi.json (INTERFACE §4): counts, verdicts, findings, what lacks.

    Args:
        result: ``core.checks.engine.CheckResult``. plan: its ``Plan``.
    """
    comune = plan.comune
    return canonical_json(
        {
            **head(SCHEMA, "checkplan", plan.pack.as_reference()),
            "comune": {
                "istat": comune.istat,
                "nome": comune.nome,
                "zona_omogenea": comune.zona_omogenea,
            },
            "conteggi": result.counts,
            **rilievi_of(result),
            "scenari": result.scenari,
            "bacini": result.bacini,
        }
    )


def rilievi_of(result) -> dict:
    """Return the verdicts, the findings and what lacks as plain lists; empty without a result."""
    if result is None:
        return {"controlli": [], "rilievi": [], "mancanze": []}
    return {
        "controlli": _records(result.checks, schema.CHECKS),
        # What a check read stays with the comune: it is there to explain a lapse.
        "rilievi": _records(
            result.findings, [field for field in schema.FINDINGS if field.name != "letto"]
        ),
        "mancanze": result.mancanze,
    }


def _records(frame, fields) -> list:
    """Return the rows of a frame as plain dicts, missing values as None, counts as int."""
    columns = {}
    for field in fields:
        ask()
        values = frame[field.name].tolist()
        kind = {"int": int, "real": float, "bool": bool}.get(field.kind, str)
        columns[field.name] = [
            None if value is None or value != value else kind(value) for value in values
        ]
    return [dict(zip(columns, row)) for row in asking(zip(*columns.values()))]


def report_html(result, plan, certificate=None, delivery=None) -> str:
    """Return the report for people: one HTML page, no script, nothing fetched.

    What must be corrected comes first; the rest by severity. Texts from the data are escaped.

    Args:
        result, plan: as in ``rilievi_document``.
        certificate: what the log of the import certifies (``core.certificate.read_log``), or None.
        delivery: what ``core.deliverypage.delivery_sections`` says of a package, or None.
    """
    pack, counts = plan.pack, result.counts
    return render(
        "rapporto.html.j2",
        avvertenza=pack.testi["avvertenza_rapporto"],
        comune=plan.comune,
        giorno=_day(generated_at()),
        criteri=pack,
        plugin=plugin_version(),
        esito_buono=not (counts["BLOCKING"] or counts["ERRORS"] or counts["WARNINGS"]),
        frase=_verdict(counts),
        sintesi=_summary(result, plan),
        conteggi=[
            ("Blocchi", counts["BLOCKING"]),
            ("Errori", counts["ERRORS"]),
            ("Avvisi", counts["WARNINGS"]),
            ("Informazioni", counts["INFOS"]),
            ("Giustificati", counts["JUSTIFIED"]),
        ],
        sezioni=_sections(result.findings, plan),
        esiti=[label for _, label in _OUTCOMES],
        servizi=_services(without_doubles(plan.own)),
        mancanze=[
            {
                "nome": data_text(pack, row["dato"], "nome"),
                "numero": len(row["controlli"]),
                "dove": row["dove_trovarlo"],
                "controlli": ", ".join(row["controlli"]),
            }
            for row in result.mancanze
        ],
        controlli=_checks(result.checks, pack),
        certificato=certificate,
        scenari=_scenarios(result, pack),
        bacini=_catchments(result.bacini),
        altri_bacini=max(len(result.bacini) - _SHOWN, 0),
        consegna=delivery,
    )


def render(name, **values) -> str:
    """Return a bundled page filled with some values, all of them escaped, on the report's style."""
    ask()
    return _pages().get_template(name).render(**values)


@functools.lru_cache(maxsize=1)
def _pages():
    """Return the bundled pages, read and compiled once: a plan may have thousands of drafts."""
    from jinja2 import DictLoader, Environment

    texts = {path.name: path.read_text(encoding="utf-8") for path in _PAGES.glob("*.j2")}
    # Autoescape by itself: names and notes come from files.
    return Environment(
        loader=DictLoader(texts), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )


_PAGES = Path(__file__).resolve().parent.parent / "resources" / "modelli"
# Rows of one check shown on the page; the others are in the layer and in rilievi.json.
_SHOWN = 100
_STATES = {
    "aperto": "aperto",
    "nuovo": "nuovo",
    "giustificazione_scaduta": "giustificazione scaduta: l'oggetto è cambiato",
    "giustificato": "giustificato",
    "risolto": "risolto",
}
_SEVERITIES = ("blocco", "errore", "avviso", "info")
_VERDICTS = {
    "soddisfatto": "soddisfatto",
    "non_soddisfatto": "non soddisfatto",
    "non_verificabile": "non verificabile",
    "non_applicabile": "non applicabile",
}
_OUTCOMES = (
    ("coerente", "Coerenti"),
    ("sovradichiarato", "Sovradichiarati"),
    ("sottodichiarato", "Sottodichiarati"),
    ("da_verificare", "Da verificare"),
)


def _day(moment) -> str:
    year, month, day = moment[:10].split("-")
    return f"{day}/{month}/{year}"


def _many(number, one, more) -> str:
    return f"{written(number)} {one if number == 1 else more}"


def _verdict(counts) -> str:
    if counts["BLOCKING"]:
        number = _many(counts["BLOCKING"], "rilievo blocca", "rilievi bloccano")
        mended = "va corretto" if counts["BLOCKING"] == 1 else "vanno corretti"
        return f"{number} la consegna: {mended} prima di esportarla."
    if counts["ERRORS"]:
        number = _many(counts["ERRORS"], "errore", "errori")
        return f"La consegna è possibile, ma ci sono {number} da correggere o giustificare."
    if counts["WARNINGS"]:
        number = _many(counts["WARNINGS"], "avviso", "avvisi")
        return f"Nessun errore: ci sono {number} da valutare, e da giustificare se si confermano."
    return "Nessun errore e nessun avviso fra i controlli che è stato possibile eseguire."


def _summary(result, plan):
    own, counts = without_doubles(plan.own), result.counts
    total = len(own)
    doubles = len(plan.own) - total
    outcome = own["esito"].value_counts()
    lines = [f"Il piano ha {_many(total, 'servizio', 'servizi')}."]
    if total:
        lines[0] += " " + (
            f"La valenza dichiarata è coerente con i criteri per "
            f"{written(int(outcome.get('coerente', 0)))}, più alta per "
            f"{written(int(outcome.get('sovradichiarato', 0)))}, più bassa per "
            f"{written(int(outcome.get('sottodichiarato', 0)))}; per "
            f"{written(int(outcome.get('da_verificare', 0)))} i dati non bastano a dirlo."
        )
    if doubles:
        lines.append(
            f"{_many(doubles, 'record', 'record')} in più: doppioni di un servizio contato una "
            "volta sola (campo doppione_di)."
        )
    lines.append(
        f"Su {len(result.checks)} controlli, {counts['CHECKS_RUN']} sono stati eseguiti, "
        f"{counts['NOT_RUN']} non erano verificabili con i dati indicati, "
        f"{counts['NOT_APPLICABLE']} non riguardano questo piano."
    )
    if result.mancanze:
        first = result.mancanze[0]
        name = data_text(plan.pack, first["dato"], "nome")
        number = _many(len(first["controlli"]), "altro controllo", "altri controlli")
        lines.append(f"Il dato più utile da aggiungere: {name} (permette {number}).")
    return lines


def _sections(findings, plan):
    """Return the sections of findings that have any."""
    still = findings["stato"].isin(OPEN)
    hard = (findings["severita"] == "blocco") | ~findings["ammette_giustificazione"].astype(bool)
    light = findings["severita"] == "info"
    parts = (
        (
            "Da correggere",
            still & hard & ~light,
            "Non si giustificano: vanno corretti nei dati. I blocchi fermano la consegna.",
        ),
        (
            "Da correggere o giustificare",
            still & ~hard & ~light,
            "Si correggono oppure si confermano, con il motivo e chi lo firma: i criteri guidano, "
            "non impongono.",
        ),
        ("Informazioni", still & light, "Letture utili: non chiedono una risposta."),
        (
            "Giustificati",
            findings["stato"] == "giustificato",
            "Scelte confermate dal comune, con il loro motivo.",
        ),
        (
            "Risolti",
            findings["stato"] == "risolto",
            "C'erano nella verifica precedente, ora non più.",
        ),
    )
    names = dict(zip(plan.own["id_servizio"], plan.own["denominazione"]))
    found = []
    for title, mask, explanation in parts:
        rows = findings[mask]
        if len(rows):
            found.append(
                {
                    "titolo": title,
                    "numero": written(len(rows)),
                    "spiegazione": explanation,
                    "controlli": _groups(rows, plan.pack, names),
                }
            )
    return found


def _groups(rows, pack, names):
    """Return the rows of each check, the gravest first."""
    rank = rows["severita"].map(_SEVERITIES.index)
    found = []
    for (_, code), part in asking(
        rows.assign(_rank=rank).groupby(["_rank", "codice"], sort=True), 1
    ):
        first = part.iloc[0]
        shown = [_row(row, names) for row in part.head(_SHOWN).to_dict("records")]
        found.append(
            {
                "codice": code,
                "titolo": first["titolo"],
                "severita": pack.testi["severita"][first["severita"]],
                "suggerimento": first["suggerimento"],
                "fonte": source_text(first),
                # Columns that say nothing are left out.
                "misure": any(row["valore"] or row["soglia"] or row["margine"] for row in shown),
                "stati": any(row["stato"] != _STATES["aperto"] for row in shown),
                "righe": shown,
                "altri": max(len(part) - _SHOWN, 0),
            }
        )
    return found


def source_text(one) -> str:
    """Return where a threshold comes from, in one sentence; ours is never taken for a norm."""
    get = one.get if hasattr(one, "get") else lambda name: getattr(one, name)
    reference = str(get("riferimento") or "")
    if get("provenienza") == "proposta":
        rest = reference.partition("proposta di progetto")[2].strip(" ;,.")
        rest = rest if "proposta di progetto" in reference else reference
        return f"Soglia proposta da questo progetto, non ufficiale{': ' + rest if rest else ''}."
    shown = provenance_text(get("provenienza"), bool(get("verificato")))
    return f"{shown.capitalize()}: {reference}."


def _row(row, names):
    unit = f" {row['unita']}" if row["unita"] else ""
    name = names.get(row["id_oggetto"])
    margin = row["margine"]
    return {
        "descrizione": row["descrizione"],
        "nome": "" if name is None or name in row["descrizione"] else name,
        "valore": _measure(row["valore"]) + (unit if row["valore"] else ""),
        "soglia": _measure(row["soglia"]),
        "margine": "" if margin is None or margin != margin else written(float(margin)),
        "stato": _STATES.get(row["stato"], row["stato"]),
        "giustificazione": row["giustificazione"] if row["stato"] == "giustificato" else "",
        "cambiato": row["cambiato"] if row["stato"] == "giustificazione_scaduta" else "",
        "autore": row["autore"],
        "data": _day(row["data"]) if row["data"] else "",
    }


def _measure(text) -> str:
    """Return a stored value as people write it: numbers the Italian way."""
    if text is None or text != text:
        return ""
    try:
        return written(float(text))
    except ValueError:
        return str(text)


def _services(own):
    """Return how many services of each macrocategoria have each outcome."""
    found = []
    names = own["macrocategoria"].fillna("Senza categoria")
    for name, part in own.groupby(names, sort=True):
        outcome = part["esito"].value_counts()
        found.append(
            {
                "nome": name,
                "totale": len(part),
                "esiti": [int(outcome.get(key, 0)) for key, _ in _OUTCOMES],
            }
        )
    return found


def _checks(checks, pack):
    """Return the verdicts by group, in the pack's order."""
    found: dict = {}
    known = {one.codice: one for one in pack.controlli}
    for row in checks.to_dict("records"):
        lacking = [text for text in (row["dati_mancanti"] or "").split(";") if text]
        found.setdefault(row["gruppo"], []).append(
            {
                "codice": row["codice"],
                "titolo": row["titolo"],
                "provenienza": _provenance(known.get(row["codice"])),
                "verdetto": _VERDICTS[row["verdetto"]],
                "mancano": ", ".join(_lacking(pack, name) for name in lacking),
                "provati": written(int(row["oggetti_provati"])),
                "non_conformi": written(int(row["oggetti_non_conformi"])),
            }
        )
    titles = pack.testi.get("gruppi", {})
    return [{"nome": titles.get(name, name), "righe": rows} for name, rows in found.items()]


def _scenarios(result, pack):
    """Return the checks that count otherwise once what is planned is there."""
    titles = dict(zip(result.checks["codice"], result.checks["titolo"]))
    return [
        {
            "codice": row["codice"],
            "titolo": titles[row["codice"]],
            "oggi": written(row["oggi"]),
            "previsto": written(row["previsto"]),
            "differenza": ("+" if row["differenza"] > 0 else "−") + written(abs(row["differenza"])),
        }
        for row in result.scenari
        if row["differenza"]
    ]


def _catchments(rows):
    """Return the services whose public from other comuni is known, the largest share first."""

    def share(row):
        known = [
            row[name]
            for name in ("quota_utenti_fuori_comune", "quota_bacino_fuori_comune")
            if row[name] is not None
        ]
        return (-max(known, default=-1.0), str(row["id_servizio"]))

    def percent(value):
        return "non noto" if value is None else f"{round(100 * value)}%"

    return [
        {
            "nome": row["denominazione"] or "servizio senza nome",
            "stato": row["stato"],
            "bacino": "non noto" if row["bacino_ab"] is None else written(round(row["bacino_ab"])),
            "fuori": percent(row["quota_bacino_fuori_comune"]),
            "utenti": percent(row["quota_utenti_fuori_comune"]),
            "natura": row["natura_quota_utenti"] or "",
        }
        for row in sorted(rows, key=share)[:_SHOWN]
    ]


def _provenance(controllo) -> str:
    if controllo is None:
        return ""
    return provenance_text(controllo.provenienza, controllo.verificato)


def _lacking(pack, name) -> str:
    return name if name == NOT_YET else f"manca {data_text(pack, name, 'nome')}"
