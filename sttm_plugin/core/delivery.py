"""What is handed in: the service layer turned into the tables of the package, and back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

from . import layout, schema
from .delivery_tables import SMALL, Origins, absent_tables, opportunity_areas
from .delivery_tables import funding as funding_rows
from .documents import canonical_json, compact_json, head
from .errors import SttmError
from .personal import PERSONAL, kinds_in, without_personal
from .progress import asking
from .reference import own_rows
from .text import normalise
from .unlocated import unlocated_of

# First words or whole words of an ente's name → natura_ente, the more telling first.
_NATURE = (
    ("citta_metropolitana", ("citta metropolitana",)),
    ("unione_consorzio", ("unione", "consorzio", "azienda consortile", "azienda speciale")),
    ("regione_ats_asst", ("regione", "ats", "asst", "asl", "irccs", "areu")),
    ("stato", ("ministero", "stato", "demanio", "prefettura", "agenzia delle entrate")),
    (
        "terzo_settore",
        ("onlus", "cooperativa", "coop", "associazione", "fondazione", "parrocchia", "ets", "asd"),
    ),
    ("privato", ("srl", "spa", "snc", "sas", "societa", "privato")),
    ("comune", ("comune",)),
)
_COMPETENCE = {
    "comune": "comunale",
    "unione_consorzio": "intercomunale",
    "citta_metropolitana": "metropolitano",
    "regione_ats_asst": "regionale",
    "stato": "nazionale",
}
_METHODS = {"rilevato": "rilevato", "stimato": "stimato", "dichiarato": "acquisito"}
# How the explanation of a rule ends, as the table says it.
_RULE_RESULTS = {
    "soddisfatta": "soddisfatta",
    "soddisfatto": "soddisfatta",
    "non_soddisfatta": "non_soddisfatta",
    "non_soddisfatto": "non_soddisfatta",
}


@dataclass
class Previous:
    """The package before this one: its manifest, its services as delivered, its SHA-256."""

    manifest: dict
    services: object
    sha256: str


@dataclass
class Declaration:
    """What the person who hands in says.

    Attributes:
        tipo: one of ``layout.KINDS``. giorno: date of delivery.
    """

    autore: str = ""
    ufficio: str = ""
    ruolo: str = ""
    tipo: str = "prima"
    note: str = ""
    giorno: object = None


@dataclass
class Delivery:
    """A package to write.

    Attributes:
        tables: {name: frame}, all of ``layout.TABLES``.
        services: the services frame of what is written, for the checks.
        conteggi: {what: how many}.
        numero, precedente: of the manifest.
        notes: sentences for the log.
        omitted: {"id_servizio", "campo", "tipo", "prima", "dopo"} of each value left out.
        whole: the services frame before an update leaves out what didn't change.
        read, others: services given, and those of other comuni among them.
        absent: {optional table without rows: why, in Italian}.
    """

    tables: dict
    services: object
    conteggi: dict
    numero: int
    precedente: str | None
    notes: list = field(default_factory=list)
    omitted: list = field(default_factory=list)
    whole: object = None
    read: int = 0
    others: int = 0
    absent: dict = field(default_factory=dict)


# Names of somebody: with a tax code beside, the name itself is personal, and all of it goes.
_NAMES = (*layout.ROLES.values(), "validato_da", "fonte", "fonte_id", "codice_fonte")


def leave_out_personal(own, pack):
    """Return (services without what may be personal, what was left out).

    Of a text only the piece found goes; of a name of a body, of a code and of an entry of
    ``attributi`` the whole. The comune's own layers are not touched.
    """
    own, omitted = own.copy(), []
    # Never delivered, so nothing in it is to be told.
    own["attributi_origine"] = None
    # The same fields the check reads: the digits of an identifier are no telephone number.
    for name in asking(pack.check("STTM2-941").campi, 1):
        if name == "attributi_origine" or name not in own.columns:
            continue
        column = own[name]
        texts = column[column.notna()].astype(str)
        found = set()
        for pattern in PERSONAL.values():
            found |= set(texts.index[texts.str.contains(pattern)])
        for row in asking(sorted(found)):
            before = texts[row]
            if name == "attributi":
                after = _without_personal_entries(before)
            else:
                after = None if name in _NAMES else without_personal(before)
            own.at[row, name] = after
            omitted.append(
                {
                    "id_servizio": own.at[row, "id_servizio"],
                    "campo": name,
                    "tipo": ", ".join(kinds_in(before)),
                    "prima": before,
                    "dopo": after,
                }
            )
    return own, omitted


def _without_personal_entries(text):
    kept = {
        name: entry
        for name, entry in _object(text).items()
        if not kinds_in(compact_json(entry)) and not kinds_in(name)
    }
    return compact_json(kept) if kept else None


def plain_declaration(declaration):
    """Return a declaration whose notes and names hold no tax code, address or mobile phone."""
    texts = ("autore", "ufficio", "ruolo", "note")
    return replace(
        declaration, **{name: without_personal(getattr(declaration, name)) for name in texts}
    )


def not_to_be_located(services, pack) -> list[bool]:
    """Tell which services must have no position: shelters, protected structures.

    By category, and by the words of the name, of the specific type or of the key (STTM2-943).
    """
    codes, known = unlocated_of(pack)
    words = [f" {word}" for word in known]
    columns = [services[name] for name in ("denominazione", "tipo_specifico", "fonte_id")]
    return [
        code in codes
        or any(word in " " + normalise(" ".join(str(t) for t in texts if t)) for word in words)
        for code, *texts in asking(zip(services["codice_sttm"], *columns))
    ]


def own_services(services, istat):
    """Return (services of the comune, how many belong to others): ``reference.own_rows``."""
    ours = own_rows(services["istat"].tolist(), istat)
    kept = services[ours].reset_index(drop=True)
    kept["istat"] = istat
    return kept, ours.count(False)


def build_delivery(
    services,
    *,
    comune,
    pack,
    declaration,
    perimeters=None,
    lum=None,
    previous=None,
    keep_personal=False,
    boundary=None,
    origins=None,
    regeneration=None,
    funding=None,
) -> Delivery:
    """Turn the classified services of a comune into the tables of the package.

    Args:
        services: services frame, classified, of any comuni; only those of ``comune`` are
            delivered. Analysis CRS.
        comune: ``core.reference.Comune``.
        perimeters: GeoDataFrame of the comune's own LUM perimeters, or None.
        lum: GeoDataFrame of ``lumcatchment``'s OUTPUT, or None: it gives rank and radius.
        previous: ``Previous``, needed for an update or a correction.
        keep_personal: leave in what is found to be personal.
        boundary: polygon of the comune, or None.
        origins: rows of ``servizi_bacino``; what they don't tell is read from ``attributi``.
        regeneration, funding: layers for ``aree_opportunita`` and ``finanziamenti``, or None.

    Returns:
        Delivery without ``esiti_controlli`` (see ``findings_table``): the checks run on it.

    Raises:
        SttmError: nothing to deliver, previous package missing or of another comune.
    """
    number, before = _sequence(declaration, previous, comune)
    own, others = own_services(services, comune.istat)
    if own.empty:
        raise SttmError(
            f"Nessun servizio del comune di {comune.nome} ({comune.istat}) da consegnare: "
            "controllare i layer dei servizi e il comune indicato."
        )
    notes = []
    if others:
        notes.append(f"{others} servizi di altri comuni non fanno parte della consegna.")
    own = own.sort_values("id_servizio", kind="stable", na_position="last").reset_index(drop=True)
    own, omitted = (own, []) if keep_personal else leave_out_personal(own, pack)
    if omitted:
        notes.append(
            f"{len(omitted)} valori con possibili dati personali non si consegnano: quali, di "
            "quale servizio e in quale campo lo dice il registro. Nei layer del comune restano."
        )
    users = Origins(own, origins, pack, keep_personal)
    own["attributi"] = [
        users.moved.get(ids, text)
        for ids, text in asking(zip(own["id_servizio"], own["attributi"]))
    ]
    omitted += users.omitted
    if users.omitted:
        notes.append(
            f"{len(users.omitted)} servizi con origini degli utenti sotto la soglia di "
            "divulgazione: raggruppate in «altri comuni» (999999)."
        )
    hidden = not_to_be_located(own, pack)
    taken = sum(
        1 for hide, shape in asking(zip(hidden, own.geometry)) if hide and shape is not None
    )
    if taken:
        notes.append(f"{taken} servizi da non localizzare: geometria e indirizzo tolti.")
    omitted += [
        {
            "id_servizio": ids,
            "campo": "geometria",
            "tipo": "da non localizzare",
            "prima": shape.wkt,
            "dopo": None,
        }
        for ids, hide, shape in asking(zip(own["id_servizio"], hidden, own.geometry))
        if hide and shape is not None
    ]
    own = _without_place(own, hidden, pack)
    rows = _service_rows(own, hidden, comune)
    own["geometry"] = [None if hide else shape for hide, shape in asking(zip(hidden, own.geometry))]
    own = own.set_geometry("geometry", crs=services.crs)

    whole = own
    story, counts, keep = _history(rows, own, previous, declaration, notes)
    if declaration.tipo == "aggiornamento":
        own = own[keep].reset_index(drop=True)
        rows = rows[keep].reset_index(drop=True)
        if own.empty:
            notes.append("Nessun servizio è cambiato rispetto alla consegna precedente.")
    kinds = own.geometry.map(_kind)
    areas, told = opportunity_areas(regeneration, comune, boundary, services.crs, keep_personal)
    notes += told
    near = pack.check("STTM2-921").parametri["distanza_m"]
    projects, told = funding_rows(funding, own, comune, boundary, areas, near, keep_personal)
    notes += told
    delivered = set(own["id_servizio"])
    tables = {
        "servizi_punti": _with_shapes(rows, own, kinds == "point"),
        "servizi_poligoni": _with_shapes(rows, own, kinds == "area"),
        "servizi_senza_localizzazione": _with_shapes(rows, own, kinds == ""),
        "lum_perimetri": _perimeters(perimeters, lum, comune, services.crs),
        "aree_opportunita": areas,
        "servizi_enti": _bodies(own),
        "servizi_bacino": _frame(
            "servizi_bacino", [row for row in users.rows if row["id_servizio"] in delivered]
        ),
        "servizi_fonti": _sources(own),
        "finanziamenti": projects,
        "valutazioni": _valuations(own, pack, declaration.giorno),
        "esiti_controlli": _empty("esiti_controlli"),
        "metadati_consegna": _metadata(own, comune, pack, declaration, number, before),
        "storico": story,
    }
    counts.update({name: len(frame) for name, frame in tables.items()})
    return Delivery(
        tables,
        own,
        counts,
        number,
        before,
        notes,
        omitted=omitted,
        whole=whole,
        read=len(services),
        others=others,
        absent=absent_tables(
            tables,
            lum_perimetri=perimeters,
            aree_opportunita=regeneration,
            finanziamenti=funding,
            servizi_bacino=origins,
        ),
    )


def own_counts(delivery):
    """Return ([(what, how many)], whether they add up): every service read is accounted for."""
    tables = [len(delivery.tables[name]) for name in layout.SERVICE_TABLES]
    unchanged = len(delivery.whole) - len(delivery.services)
    rows = [
        ("Letti", delivery.read),
        ("Di altri comuni, non consegnati", delivery.others),
        ("Invariati, non ripetuti nell'aggiornamento", unchanged),
        ("Consegnati come punti", tables[0]),
        ("Consegnati come aree", tables[1]),
        ("Consegnati senza localizzazione", tables[2]),
    ]
    return rows, delivery.read == delivery.others + unchanged + sum(tables)


# What is left out by another rule than that on personal data, by its kind.
_RULE_OF = {"da non localizzare": "STTM2-943", SMALL: "STTM2-942"}


def omissions_log(delivery, pack) -> bytes:
    """Return the comune's own record of what was not delivered (``sttm.log/1``).

    It holds the values themselves: it stays in the comune, and is never part of the package.
    """
    rows = [
        {
            "layer": "servizi",
            "fid": None,
            "id_servizio": one["id_servizio"],
            "difetto": None,
            "regola": _RULE_OF.get(one["tipo"], "STTM2-941"),
            "gravita": "avviso",
            "campo": one["campo"],
            "tipo": one["tipo"],
            "prima": one["prima"],
            "dopo": one["dopo"],
            "deciso_da": "regola",
        }
        for one in delivery.omitted
    ]
    written = len(delivery.services)
    return canonical_json(
        {
            **head("sttm.log/1", "exportcompatibility", pack.as_reference()),
            "letti": delivery.read,
            "scritti": written,
            "scartati": delivery.read - written,
            "riparati": len({one["id_servizio"] for one in delivery.omitted}),
            "righe": rows,
        }
    )


def _sequence(declaration, previous, comune):
    """Return (number of this delivery, SHA-256 of the one before or None)."""
    if declaration.tipo == "prima":
        return 1, None
    if previous is None:
        raise SttmError(
            f"Per una consegna di tipo «{declaration.tipo}» serve il pacchetto precedente "
            "(PREVIOUS_PACKAGE): indicarlo, oppure scegliere «prima consegna»."
        )
    istat = previous.manifest.get("istat")
    if istat != comune.istat:
        raise SttmError(
            f"Il pacchetto precedente è del comune {istat}, la consegna di {comune.istat} "
            f"({comune.nome}): indicare il pacchetto giusto."
        )
    return int(previous.manifest["numero"]) + 1, previous.sha256


def _without_place(own, hidden, pack):
    """Return the services where those not to be located no longer say where they are: in which
    LUM, and what the rules on the position found."""
    own = own.copy()
    near = {rule.codice_regola for rule in pack.regole if rule.dimensione == "localizzazione"}
    for row in asking(own.index[hidden]):
        own.at[row, "id_lum"], own.at[row, "in_lum"] = None, None
        kept = [
            one for one in _rules(own.at[row, "motivazione"]) if one.get("criterio") not in near
        ]
        own.at[row, "motivazione"] = compact_json(kept) if kept else None
    return own


def _kind(shape):
    if shape is None or shape.is_empty:
        return ""
    # A line never gets here through the intake; were it to, it is no place either.
    return {"Point": "point", "Polygon": "area", "MultiPolygon": "area"}.get(shape.geom_type, "")


def _service_rows(own, hidden, comune):
    """Return the delivered fields of each service, in ``layout.SERVICE_FIELDS`` order."""
    import numpy as np

    rows = own.drop(columns="geometry").copy()
    rows["istat"] = comune.istat
    rows["comune"] = comune.nome
    rows["cod_zo"] = comune.codice_zo
    rows["polo_ptm"] = comune.polo or "nessuno"
    rows["valenza_dichiarata"] = rows["valenza_dichiarata"].where(
        rows["valenza_dichiarata"].notna(), "non_dichiarata"
    )
    rows["superficie_mq"] = [
        float(shape.area) if _kind(shape) == "area" and not hide else np.nan
        for shape, hide in asking(zip(own.geometry, hidden))
    ]
    attributes = [_object(text) for text in asking(own["attributi"])]
    rows["indirizzo"] = [
        None if hide else _text(_value(found, "indirizzo"))
        for found, hide in asking(zip(attributes, hidden))
    ]
    rows["attributi"] = [
        _without_address(found) if hide else text
        for found, hide, text in asking(zip(attributes, hidden, own["attributi"]))
    ]
    rows["utenti_anno"] = [_number(_value(found, "utenti_anno")) for found in asking(attributes)]
    rows["n_comuni_serviti"] = [
        _number(_value(found, "n_comuni_serviti")) for found in asking(attributes)
    ]
    rows["natura_quota"] = [
        _share_nature(found) if share == share and share is not None else None
        for found, share in asking(zip(attributes, own["utenti_fuori_comune"]))
    ]
    return schema.conform(rows, layout.SERVICE_FIELDS)[schema.names(layout.SERVICE_FIELDS)]


def _share_nature(attributes):
    entry = attributes.get("utenti_fuori_comune")
    nature = entry.get("natura") if isinstance(entry, dict) else None
    return nature if nature in ("rilevato", "stimato") else "rilevato"


def _without_address(attributes):
    kept = {
        name: entry
        for name, entry in attributes.items()
        if not normalise(name).startswith(("indirizzo", "via", "civico", "telefono"))
    }
    return compact_json(kept) if kept else None


def _object(text) -> dict:
    try:
        value = json.loads(text) if text else {}
    except (TypeError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _value(attributes, name):
    entry = attributes.get(name)
    return entry.get("valore") if isinstance(entry, dict) else entry


def _number(value):
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _text(value):
    text = "" if value is None or value != value else str(value).strip()
    return text or None


def _with_shapes(rows, own, chosen):
    import geopandas as gpd

    part = rows[chosen].reset_index(drop=True)
    shapes = own.loc[chosen, "geometry"].reset_index(drop=True)
    return gpd.GeoDataFrame(part, geometry=shapes, crs=own.crs)


def _frame(name, rows):
    """Return rows (dicts) as a frame with the fields of a table of the package."""
    import pandas as pd

    fields = layout.TABLES[name].fields
    names = schema.names(fields)
    # By columns: pandas reads many dicts in one piece, which can't be stopped.
    columns = {
        name: pd.Series([row.get(name) for row in asking(rows)], dtype=object) for name in names
    }
    return schema.conform(pd.DataFrame(columns, columns=names), fields)


def _empty(name, crs=None):
    table = layout.TABLES[name]
    return schema.empty_frame(table.fields, crs if table.geometry else None)


def nature_of(ente) -> str | None:
    """Return the natura_ente a name tells by its own words, None where it doesn't."""
    said = f" {normalise(ente)} "
    for nature, words in _NATURE:
        if any(f" {word} " in said for word in words):
            return nature
    return None


def _bodies(own):
    rows = []
    for ids, *names in asking(
        zip(own["id_servizio"], *(own[column] for column in layout.ROLES.values()))
    ):
        for role, written in zip(layout.ROLES, names):
            for name in dict.fromkeys(piece.strip() for piece in (written or "").split(";")):
                if not name:
                    continue
                nature = nature_of(name)
                rows.append(
                    {
                        "id_servizio": ids,
                        "ruolo": role,
                        "ente": name,
                        "natura_ente": nature,
                        "ambito_competenza": _COMPETENCE.get(nature),
                    }
                )
    return _frame("servizi_enti", rows)


def _sources(own):
    rows = []
    columns = ("id_servizio", "fonte", "data_rif", "lettura", "attributi")
    for ids, source, day, reading, attributes in asking(zip(*(own[name] for name in columns))):
        main = {
            "id_servizio": ids,
            "campo": "*",
            "fonte": source,
            "data_fonte": day,
            "metodo": "acquisito",
            "lettura": reading,
        }
        rows.append(main)
        for name, entry in sorted(_object(attributes).items()):
            if isinstance(entry, dict) and entry.get("fonte") and entry["fonte"] != source:
                rows.append(
                    {
                        **main,
                        "campo": name,
                        "fonte": str(entry["fonte"]),
                        "data_fonte": None,
                        "metodo": _METHODS.get(entry.get("natura"), "acquisito"),
                    }
                )
    return _frame("servizi_fonti", rows)


def _valuations(own, pack, day):
    rows = []
    columns = (
        "id_servizio",
        "motivazione",
        "punteggio_intercomunale",
        "punteggio_metropolitana",
        "copertura",
    )
    for ids, text, inter, metro, coverage in asking(zip(*(own[name] for name in columns))):
        for rule in _rules(text):
            rows.append(
                {
                    "id_servizio": ids,
                    "codice_regola": _text(rule.get("criterio")),
                    "esito": _RULE_RESULTS.get(str(rule.get("esito")), "non_valutabile"),
                    "valore": _shown(rule.get("valore")),
                    "soglia": _shown(rule.get("soglia")),
                    "peso_efficace": _number(rule.get("peso")),
                    "natura_valore": _text(rule.get("natura")),
                    "punteggio_intercomunale": inter,
                    "punteggio_metropolitana": metro,
                    "copertura": coverage,
                    "versione_criteri": pack.versione,
                    "data": day.isoformat(),
                }
            )
    return _frame("valutazioni", rows)


def _rules(text):
    try:
        value = json.loads(text) if text else []
    except (TypeError, ValueError):
        return []
    return [rule for rule in value if isinstance(rule, dict)] if isinstance(value, list) else []


def _shown(value):
    """A value or threshold as text: numbers without useless zeros, lists as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "si" if value else "no"
    if isinstance(value, (int, float)):
        return f"{round(value, 6):.10g}"
    return compact_json(value)


def _perimeters(perimeters, lum, comune, crs):
    """Return the comune's LUM perimeters; rank and radius come from the LUM where they lack."""
    import geopandas as gpd

    fields = layout.TABLES["lum_perimetri"].fields
    if perimeters is None or not len(perimeters):
        return _empty("lum_perimetri", crs)
    frame = perimeters.rename(columns={name: name.lower() for name in perimeters.columns})
    frame = schema.conform(frame, fields)
    for name in ("nome", "atto_perimetrazione"):
        frame[name] = [None if text is None else without_personal(text) for text in frame[name]]
    ours = frame["istat"].isna() | (frame["istat"] == comune.istat)
    frame = frame[ours].reset_index(drop=True)
    frame["istat"] = comune.istat
    if lum is not None and len(lum):
        known = lum.rename(columns={name: name.lower() for name in lum.columns})
        known = schema.conform(known, schema.LUM).drop_duplicates("id_lum").set_index("id_lum")
        for name in ("nome", "rango", "stato", "raggio_m", "rango_derivato"):
            found = frame["id_lum"].map(known[name])
            frame[name] = frame[name].where(frame[name].notna(), found)
        frame["quota_cerchio"] = frame["quota_cerchio"].where(
            frame["quota_cerchio"].notna(),
            [
                _number(_object(known["quote_comuni"].get(ids)).get(comune.istat))
                for ids in frame["id_lum"]
            ],
        )
    frame = schema.conform(frame, fields)
    frame = frame.sort_values("id_lum", kind="stable").reset_index(drop=True)
    columns = [*schema.names(fields), "geometry"]
    return gpd.GeoDataFrame(frame[columns], geometry="geometry", crs=crs)


def _metadata(own, comune, pack, declaration, number, before):
    validated = own["validato_da"].isin(("comune", "ente_gestore"))
    return _frame(
        "metadati_consegna",
        [
            {
                "versione_schema": layout.VERSIONE_SCHEMA,
                "criteri": pack.id,
                "versione_criteri": pack.versione,
                "impronta_criteri": pack.sha256,
                "istat": comune.istat,
                "cod_zo": comune.codice_zo,
                "ente": f"Comune di {comune.nome}",
                "ufficio": _text(declaration.ufficio),
                "ruolo_responsabile": _text(declaration.ruolo),
                "autore": _text(declaration.autore),
                "data_consegna": declaration.giorno.isoformat(),
                "tipo": declaration.tipo,
                "numero": number,
                "id_consegna_precedente": before,
                "copertura": round(float(validated.mean()), 6) if len(own) else None,
                "note": _text(declaration.note),
            }
        ],
    )


def metadata_of(delivery, comune, pack, crs: str) -> dict:
    """Return what the GeoPackage says of itself (``core.gpkgextras.describe``)."""
    row = delivery.tables["metadati_consegna"].iloc[0]
    kind = {"prima": "Prima consegna", "aggiornamento": "Aggiornamento", "rettifica": "Rettifica"}
    return {
        "titolo": f"Piano dei Servizi di {comune.nome}: restituzione alla STTM 2",
        "riassunto": f"{kind[row['tipo']]} n. {delivery.numero}, schema "
        f"{layout.VERSIONE_SCHEMA}. Formato e criteri proposti, non ufficiali. Nessun dato "
        "personale; i servizi da non localizzare sono senza geometria.",
        "ente": row["ente"],
        "ufficio": row["ufficio"],
        "ruolo": row["ruolo_responsabile"],
        "storia": [
            f"Prodotto il {row['data_consegna']} con i criteri {pack.id} {pack.versione} "
            f"(SHA-256 {pack.sha256}).",
            *([f"Consegna precedente: {delivery.precedente}."] if delivery.precedente else []),
        ],
        "crs": crs,
    }


# --- against the package before ----------------------------------------------

# Computed anew by each run: alone they don't make a service a changed one.
_COMPUTED = (
    "confidenza",
    "valenza_calcolata",
    "punteggio",
    "punteggio_intercomunale",
    "punteggio_metropolitana",
    "copertura",
    "indicazione",
    "esito",
    "id_lum",
    "in_lum",
)


def _history(rows, own, previous, declaration, notes):
    """Return (storico, counts, which services an update carries).

    Without a package before, every service is born today.
    """
    import numpy as np

    today = declaration.giorno.isoformat()
    first = previous is None or declaration.tipo == "prima"
    whole = first or previous.manifest.get("tipo") != "aggiornamento"
    old = {} if first else _signatures(previous.services, previous.services.geometry)
    new = _signatures(rows, own.geometry, roles=own)
    events, keep = [], []
    counts = {"nuovi": 0, "modificati": 0, "chiusi": 0, "invariati": 0, "assenti": 0}

    def event(ids, kind, day, text):
        events.append({"data": day, "evento": kind, "id_servizio": ids, "descrizione": text})

    for position, ids in enumerate(asking(rows["id_servizio"])):
        state, ended = rows["stato"].iloc[position], rows["data_fine_validita"].iloc[position]
        before, now = old.get(ids), new.get(ids)
        keep.append(before is None or before != now)
        if before is None:
            counts["nuovi"] += 1
            text = "Prima consegna" if first else "Nuovo rispetto alla consegna precedente"
            if whole:
                event(ids, "nascita", today, text)
            else:
                event(ids, "modifica", today, "Assente dall'aggiornamento precedente")
            if state == "dismesso":
                event(ids, "dismissione", ended or today, "Servizio dismesso")
            continue
        if before == now:
            counts["invariati"] += 1
            continue
        changed = sorted(name for name in now if now[name] != before.get(name))
        if state == "dismesso" and before.get("stato") != "dismesso":
            counts["chiusi"] += 1
            event(ids, "dismissione", ended or today, "Servizio dismesso")
        elif before.get("stato") == "dismesso" and state != "dismesso":
            counts["modificati"] += 1
            event(ids, "riattivazione", today, "Servizio riattivato")
        else:
            counts["modificati"] += 1
            event(ids, "modifica", today, "Campi: " + ", ".join(changed))
    gone = sorted(str(ids) for ids in set(old) - set(rows["id_servizio"]))
    gone = [ids for ids in gone if old[ids].get("stato") != "dismesso"]
    counts["assenti"] = len(gone)
    if gone:
        shown = ", ".join(gone[:5]) + ("…" if len(gone) > 5 else "")
        notes.append(
            f"{len(gone)} servizi della consegna precedente non ci sono più e non risultano chiusi "
            f"({shown}): per chiuderli indicare stato dismesso e data di fine validità."
        )
    events.sort(key=lambda row: (str(row["id_servizio"]), row["data"], row["evento"]))
    return _frame("storico", events), counts, np.asarray(keep, dtype=bool)


def _signatures(rows, shapes, roles=None):
    """Return {id_servizio: {field: value}} of what tells a changed service from an unchanged one.

    Geometries count to the centimetre; roles are read from ``roles`` or from the rows.
    """
    from shapely import wkb

    # What a package read back still has: the other fields follow from the comune or from these.
    kept = set(schema.names(schema.SERVICES)) - set(_COMPUTED)
    names = [name for name in schema.names(layout.SERVICE_FIELDS) if name in kept]
    roles = rows if roles is None else roles
    bodies = [name for name in layout.ROLES.values() if name in roles.columns]
    found = {}
    columns = [rows[name] if name in rows.columns else [None] * len(rows) for name in names]
    columns += [roles[name] for name in bodies]
    for ids, shape, *values in asking(zip(rows["id_servizio"], shapes, *columns)):
        signature = {name: _comparable(value) for name, value in zip([*names, *bodies], values)}
        signature["geometria"] = None if shape is None else wkb.dumps(_rounded(shape), hex=True)
        # Rings may begin anywhere, and the area follows the geometry.
        signature.pop("superficie_mq")
        found[ids] = signature
    return found


def _rounded(shape):
    import numpy as np
    import shapely
    from shapely.geometry import MultiPolygon

    whole = MultiPolygon([shape]) if shape.geom_type == "Polygon" else shape
    if hasattr(shapely, "transform"):
        return shapely.transform(whole, lambda xy: np.round(xy, 2)).normalize()
    from shapely.ops import transform

    # Shapely 1.8 has this one alone, and changes the geometry itself.
    rounded = transform(_to_centimetres, whole)
    return rounded.normalize() or rounded


def _to_centimetres(xs, ys, zs=None):
    import numpy as np

    return np.round(xs, 2), np.round(ys, 2)


def _comparable(value):
    if value is None or value != value or value == "non_dichiarata":
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return round(float(value), 6)
    return str(value)


# --- findings of the package --------------------------------------------------


def findings_table(findings, day):
    """Return esiti_controlli from findings (schema FINDINGS), resolved ones included."""
    rows = []
    columns = ("id_rilievo", "codice", "id_oggetto", "layer", "severita", "descrizione")
    for values in asking(zip(
        *(findings[name] for name in columns), findings["stato"], findings["giustificazione"],
        findings["data"],
    )):  # fmt: skip
        row = dict(zip((*columns, "stato", "giustificazione", "data"), values))
        row["data"] = row["data"] or day.isoformat()
        rows.append(row)
    return _frame("esiti_controlli", rows)


def merge_findings(again, given, codes):
    """Return the findings of the package: those of the checks run again, then the given ones.

    Args:
        again: findings of the checks ``codes`` run on what is written.
        given: findings the user brought, or None. Rows of ``codes`` are left out: what they
            say was just tried again; they only keep their status where it is the same finding.
    """
    import pandas as pd

    names = [*schema.names(schema.FINDINGS), "geometry"]
    again = again[names]
    if given is None or not len(given):
        joined = again
    else:
        given = schema.conform(given, schema.FINDINGS)
        known = given.drop_duplicates("id_rilievo").set_index("id_rilievo")
        again = again.copy()
        # A justification given after that run counts: its findings don't know of it yet.
        answered = again["stato"].isin(("giustificato", "giustificazione_scaduta"))
        told = again["id_rilievo"].isin(known.index) & ~answered
        for column in ("stato", "giustificazione", "autore", "data", "cambiato"):
            again[column] = [
                known[column].get(ids) if from_run else value
                for ids, value, from_run in asking(zip(again["id_rilievo"], again[column], told))
            ]
        # A justification holds until its object changes.
        before = again["id_rilievo"].map(known["impronta"])
        lapsed = told & (again["stato"] == "giustificato") & (before != again["impronta"])
        again.loc[lapsed, "stato"] = "giustificazione_scaduta"
        others = given[~given["codice"].isin(codes)]
        joined = pd.concat([again, others[names]], ignore_index=True)
    joined = joined.drop_duplicates("id_rilievo", keep="first")
    joined = joined.sort_values(["codice", "id_rilievo"], kind="stable").reset_index(drop=True)
    return schema.conform(joined, schema.FINDINGS)


# --- the package read back ----------------------------------------------------


def services_of(tables, crs):
    """Return the services frame a package describes: roles and main sources put back.

    Args:
        tables: {name: GeoDataFrame} as read from the package.
    """
    import geopandas as gpd
    import pandas as pd

    parts = []
    for name in layout.SERVICE_TABLES:
        frame = tables.get(name)
        if frame is not None and len(frame):
            # Columns empty in one of the tables don't decide the type of the joined ones.
            part = pd.DataFrame(frame).astype(object)
            part["_layer"] = name
            parts.append(part)
    if not parts:
        return schema.empty_services(crs)
    joined = pd.concat(parts, ignore_index=True)
    if "cod_zo" in joined.columns:
        joined["_cod_zo"] = joined["cod_zo"].where(joined["cod_zo"].notna(), None)
    declared = joined.get("valenza_dichiarata")
    if declared is not None:
        joined["valenza_dichiarata"] = declared.where(declared != "non_dichiarata", None)
    bodies = tables.get("servizi_enti")
    for role, column in layout.ROLES.items():
        names: dict = {}
        if bodies is not None and {"id_servizio", "ruolo", "ente"} <= set(bodies.columns):
            chosen = bodies[bodies["ruolo"] == role]
            for ids, ente in asking(zip(chosen["id_servizio"], chosen["ente"])):
                if ente:
                    names.setdefault(ids, []).append(str(ente))
        joined[column] = [
            ";".join(names[ids]) if ids in names else None for ids in asking(joined["id_servizio"])
        ]
    return schema.conform_services(gpd.GeoDataFrame(joined, geometry="geometry", crs=crs))
