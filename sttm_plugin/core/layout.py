"""Tables of the submission package: names, geometry, fields, domains (DATO_RESTITUZIONE §2-§6)."""

from __future__ import annotations

from typing import NamedTuple

from .schema import DOMAINS, SERVICES, Field

VERSIONE_SCHEMA = "sttm2.restituzione/1"
GEOPACKAGE = "restituzione.gpkg"
FINDINGS_FILE = "rilievi.json"
REPORT_FILE = "rapporto.html"
PDF_FILE = "rapporto.pdf"
MANIFEST_FILE = "manifest.json"
MEMBERS = (MANIFEST_FILE, PDF_FILE, REPORT_FILE, FINDINGS_FILE, GEOPACKAGE)

# EPSG codes a package may be written in; stored x = E.
CRS_CODES = (32632, 25832, 6707, 7791)

KINDS = ("prima", "aggiornamento", "rettifica")
EVENTS = ("nascita", "modifica", "fusione", "divisione", "dismissione", "riattivazione")
# Role of servizi_enti: the field of the service layer it comes from.
ROLES = {
    "gestore": "gestore",
    "proprietario": "proprietario",
    "programmatore": "ente_pianificatore",
}


class Table(NamedTuple):
    """A table of the package; ``geometry`` is None for one without."""

    geometry: str | None
    fields: tuple[Field, ...]
    required: bool
    needed: tuple[str, ...]


def _texts(names: str) -> tuple[Field, ...]:
    return tuple(Field(name) for name in names.split())


# Kept out of the package: they become rows of servizi_enti and of valutazioni, or may hold
# whatever the source wrote in them, names of people included.
_ELSEWHERE = (*ROLES.values(), "motivazione", "attributi_origine")
_ADDED_AFTER = {
    "comune": (Field("cod_zo", "text", 3, "Zona omogenea"),),
    "codice_fonte": (Field("indirizzo", alias="Indirizzo"),),
    "capacita_um": (Field("utenti_anno", "int", alias="Utenti in un anno"),),
    "utenti_fuori_comune": (
        Field("natura_quota", alias="Natura della quota"),
        Field("n_comuni_serviti", "int", alias="Comuni serviti"),
    ),
    "riconoscimento_art10_ptm": (Field("polo_ptm", alias="Polo del PTM"),),
}


def _service_fields() -> tuple[Field, ...]:
    fields: list[Field] = []
    for field in SERVICES:
        if field.name not in _ELSEWHERE:
            fields.append(field)
        fields.extend(_ADDED_AFTER.get(field.name, ()))
    return (*fields, Field("note", alias="Note"))


SERVICE_FIELDS = _service_fields()
_SERVICE_NEEDED = (
    "id_servizio",
    "istat",
    "cod_zo",
    "denominazione",
    "codice_sttm",
    "stato",
    "valenza_dichiarata",
    "valenza_calcolata",
    "titolo_servizio",
    "data_inizio_validita",
    "data_rif",
    "validato_da",
)

TABLES = {
    "servizi_punti": Table("Point", SERVICE_FIELDS, False, _SERVICE_NEEDED),
    "servizi_poligoni": Table(
        "MultiPolygon", SERVICE_FIELDS, False, (*_SERVICE_NEEDED, "superficie_mq")
    ),
    "servizi_senza_localizzazione": Table(None, SERVICE_FIELDS, False, _SERVICE_NEEDED),
    "lum_perimetri": Table(
        "MultiPolygon",
        (
            *_texts("id_lum nome rango stato contesto"),
            Field("raggio_m", "real"),
            Field("rango_derivato", "bool"),
            Field("istat"),
            Field("quota_cerchio", "real"),
            Field("atto_perimetrazione"),
            Field("data_inizio_validita", "date"),
            Field("livello_servizio", "real"),
            Field("disponibilita", "real"),
        ),
        False,
        ("id_lum", "nome"),
    ),
    "aree_opportunita": Table(
        "MultiPolygon",
        (
            Field("id_area", "text", 36),
            Field("tipo"),
            Field("superficie_mq", "real"),
            *_texts("proprieta vincoli funzione_prevista id_lum atto"),
            Field("data", "date"),
        ),
        False,
        ("id_area",),
    ),
    "servizi_enti": Table(
        None,
        (
            Field("id_servizio", "text", 36),
            *_texts("ruolo ente codice_ente natura_ente ambito_competenza"),
            Field("data_inizio", "date"),
            Field("data_fine", "date"),
        ),
        True,
        ("id_servizio", "ruolo", "ente"),
    ),
    "servizi_bacino": Table(
        None,
        (
            Field("id_servizio", "text", 36),
            Field("cod_istat_origine"),
            Field("utenti", "int"),
            Field("anno", "int"),
            Field("natura_valore"),
            Field("fonte"),
        ),
        False,
        ("id_servizio", "cod_istat_origine", "utenti", "anno"),
    ),
    "servizi_fonti": Table(
        None,
        (
            Field("id_servizio", "text", 36),
            *_texts("campo fonte dataset licenza"),
            Field("data_fonte", "date"),
            *_texts("metodo affidabilita"),
            Field("lettura", "int"),
        ),
        True,
        ("id_servizio", "campo"),
    ),
    "finanziamenti": Table(
        None,
        (
            *_texts("id_fin cup bando missione progetto"),
            Field("importo_totale", "real"),
            Field("importo_finanziato", "real"),
            Field("importo_pagato", "real"),
            Field("data_fine_prevista", "date"),
            *_texts("id_servizio id_area ente_attuatore"),
        ),
        False,
        ("id_fin",),
    ),
    "valutazioni": Table(
        None,
        (
            Field("id_servizio", "text", 36),
            *_texts("codice_regola esito valore soglia"),
            Field("peso_efficace", "real"),
            Field("natura_valore"),
            Field("punteggio_intercomunale", "real"),
            Field("punteggio_metropolitana", "real"),
            Field("copertura", "real"),
            Field("versione_criteri"),
            Field("data", "date"),
        ),
        True,
        ("id_servizio", "codice_regola", "esito"),
    ),
    "esiti_controlli": Table(
        None,
        (
            Field("id_rilievo", "text", 36),
            *_texts("codice id_oggetto layer severita descrizione stato giustificazione"),
            Field("data", "date"),
        ),
        True,
        ("codice", "severita", "stato"),
    ),
    "metadati_consegna": Table(
        None,
        (
            *_texts("versione_schema criteri versione_criteri impronta_criteri"),
            *_texts("istat cod_zo ente ufficio ruolo_responsabile autore"),
            Field("data_consegna", "date"),
            Field("tipo"),
            Field("numero", "int"),
            Field("id_consegna_precedente"),
            Field("copertura", "real"),
            Field("note"),
        ),
        True,
        ("versione_schema", "versione_criteri", "impronta_criteri", "ente", "data_consegna"),
    ),
    "storico": Table(
        None,
        (
            Field("data", "date"),
            Field("evento"),
            Field("id_servizio", "text", 36),
            Field("id_precedente"),
            Field("descrizione"),
        ),
        True,
        ("data", "evento", "id_servizio"),
    ),
}

SERVICE_TABLES = ("servizi_punti", "servizi_poligoni", "servizi_senza_localizzazione")
# Tables whose id_servizio must be that of a service of the package. Not storico: it also tells
# of services that are no longer there.
CHILD_TABLES = ("servizi_enti", "servizi_bacino", "servizi_fonti", "valutazioni")

NATURE_ENTE = (
    "comune",
    "unione_consorzio",
    "citta_metropolitana",
    "regione_ats_asst",
    "stato",
    "privato",
    "terzo_settore",
)

# Controlled lists of the package, by (table or "", field).
PACKAGE_DOMAINS = {
    "stato": DOMAINS["stato"],
    "fase_progetto": DOMAINS["fase_progetto"],
    "valenza_dichiarata": (*DOMAINS["valenza_dichiarata"], "non_dichiarata"),
    "valenza_calcolata": DOMAINS["valenza_calcolata"],
    "valenza_confermata": DOMAINS["valenza_confermata"],
    "tipo_giustificazione": DOMAINS["tipo_giustificazione"],
    "titolo_servizio": (*DOMAINS["titolo_servizio"], "non_noto"),
    "computo_dotazione": DOMAINS["computo_dotazione"],
    "ruolo_rete": DOMAINS["ruolo_rete"],
    "riconoscimento_art10_ptm": DOMAINS["riconoscimento_art10_ptm"],
    "validato_da": DOMAINS["validato_da"],
    "polo_ptm": ("nessuno", "sovracomunale", "metropolitano"),
    "natura_quota": ("rilevato", "stimato"),
    "esito": DOMAINS["esito"],
}
TABLE_DOMAINS = {
    ("servizi_enti", "ruolo"): (*ROLES, "finanziatore", "titolare_dato"),
    ("servizi_enti", "natura_ente"): NATURE_ENTE,
    ("valutazioni", "esito"): ("soddisfatta", "non_soddisfatta", "non_valutabile"),
    ("metadati_consegna", "tipo"): KINDS,
    ("storico", "evento"): EVENTS,
    ("lum_perimetri", "rango"): ("metropolitano", "sovracomunale", "locale"),
    ("lum_perimetri", "stato"): ("esistente", "previsto"),
}


def proposed_name(istat: str, day, numero: int) -> str:
    """Return the name a package is proposed under: sttm2_pds_<istat>_<yyyymmdd>_v<n>.zip."""
    return f"sttm2_pds_{istat}_{day:%Y%m%d}_v{numero}.zip"
