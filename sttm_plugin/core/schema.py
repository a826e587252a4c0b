"""Tables of the contract: names, kinds and domains of every field (INTERFACE §2-§5)."""

from __future__ import annotations

from typing import NamedTuple

from .errors import SttmError
from .progress import ask, asking
from .values import all_texts


class Field(NamedTuple):
    """A field: ``kind`` is text, json, int, real, bool or date; ``length`` 0 is no limit."""

    name: str
    kind: str = "text"
    length: int = 0
    alias: str = ""


def _fields(kind: str, names: str) -> tuple[Field, ...]:
    return tuple(Field(name, kind) for name in names.split())


SERVICES = (
    Field("id_servizio", "text", 36, "Identificativo"),
    Field("istat", alias="Codice ISTAT"),
    Field("comune", alias="Comune"),
    Field("denominazione", alias="Denominazione"),
    Field("codice_sttm", alias="Codice STTM 2"),
    Field("macrocategoria", alias="Macrocategoria"),
    Field("categoria", alias="Categoria"),
    Field("tipo_specifico", alias="Tipo specifico"),
    Field("confidenza", "real", alias="Confidenza della classificazione"),
    Field("stato", alias="Stato"),
    Field("fase_progetto", alias="Fase del progetto"),
    Field("anno_previsto", "int", alias="Anno previsto"),
    Field("lettura", "int", alias="Lettura"),
    Field("fonte", alias="Fonte"),
    Field("fonte_id", alias="Chiave nella fonte"),
    Field("codice_fonte", alias="Codice ufficiale"),
    Field("data_rif", "date", alias="Data di riferimento"),
    Field("data_inizio_validita", "date", alias="Inizio validità"),
    Field("data_fine_validita", "date", alias="Fine validità"),
    Field("data_verifica", "date", alias="Data di verifica"),
    Field("ente_pianificatore", alias="Ente che programma"),
    Field("proprietario", alias="Proprietario"),
    Field("gestore", alias="Gestore"),
    Field("titolo_servizio", alias="Titolo del servizio"),
    Field("computo_dotazione", alias="Computo nella dotazione"),
    Field("ruolo_rete", alias="Ruolo nella rete"),
    Field("atto_gestione_associata", alias="Atto di gestione associata"),
    Field("riconoscimento_art10_ptm", alias="Riconoscimento art. 10 PTM"),
    Field("validato_da", alias="Validato da"),
    Field("id_complesso", alias="Complesso"),
    Field("superficie_mq", "real", alias="Superficie misurata (m²)"),
    Field("superficie_dichiarata_mq", "real", alias="Superficie dichiarata (m²)"),
    Field("capacita", "real", alias="Capacità"),
    Field("capacita_um", alias="Unità della capacità"),
    Field("utenti_fuori_comune", "real", alias="Quota di utenti di altri comuni"),
    Field("attributi", "json", alias="Altri attributi"),
    Field("valenza_dichiarata", alias="Valenza dichiarata"),
    Field("valenza_calcolata", alias="Valenza calcolata"),
    Field("valenza_confermata", alias="Valenza confermata"),
    Field("punteggio", "real", alias="Punteggio"),
    Field("punteggio_intercomunale", "real", alias="Punteggio intercomunale"),
    Field("punteggio_metropolitana", "real", alias="Punteggio metropolitana"),
    Field("copertura", "real", alias="Copertura dei dati"),
    Field("indicazione", alias="Indicazione (dal solo punteggio)"),
    Field("motivazione", "json", alias="Motivazione del calcolo"),
    Field("giustificazione", alias="Giustificazione"),
    Field("tipo_giustificazione", alias="Tipo di giustificazione"),
    Field("riferimento_giustificazione", alias="Riferimento della giustificazione"),
    Field("esito", alias="Esito"),
    Field("id_lum", alias="LUM"),
    Field("in_lum", "bool", alias="In un LUM"),
    Field("attributi_origine", "json", alias="Attributi di origine"),
    # Not in the contract: the record that counts in its place (core.doubles).
    Field("doppione_di", "text", 36, "Doppione di"),
)

# What a layer must have to be read as services (INTERFACE §1 SERVICES).
SERVICES_NEEDED = ("id_servizio", "denominazione", "codice_sttm")

REJECTED = (
    Field("layer"),
    Field("fid_origine", "int"),
    Field("motivo"),
    Field("difetto"),
    Field("messaggio"),
    Field("attributi_origine", "json"),
    Field("geometria_wkt"),
)

REJECTED_REASONS = (
    "senza_posizione",
    "geometria_mista",
    "geometria_lineare",
    "geometria_irreparabile",
    "coordinate_non_valide",
    "fuori_area",
    "altro_comune",
    "riga_totale",
    "illeggibile",
    # A layer of a plan holds more than services: what a profile's ``only`` leaves out.
    "non_servizio",
)

FINDINGS = (
    Field("id_rilievo", "text", 36),
    *_fields("text", "codice gruppo severita titolo descrizione istat zona_omogenea id_oggetto"),
    *_fields("text", "altri_oggetti layer"),
    # Values and thresholds are not always numbers (a domain, a date): text keeps them all.
    *_fields("text", "valore soglia unita"),
    Field("margine", "real"),
    *_fields("text", "riferimento provenienza"),
    Field("verificato", "bool"),
    Field("suggerimento"),
    Field("ammette_giustificazione", "bool"),
    *_fields("text", "stato giustificazione autore"),
    Field("data", "date"),
    Field("impronta"),
    Field("cambiato", alias="Che cosa è cambiato dopo la giustificazione"),
    Field("letto", "json", alias="Che cosa ha letto il controllo"),
)

CHECKS = (
    *_fields("text", "codice gruppo titolo verdetto"),
    *_fields("int", "oggetti_provati oggetti_non_conformi"),
    Field("dati_mancanti"),
)

WAIVERS = (
    Field("id_deroga", "text", 36),
    Field("id_rilievo", "text", 36),
    *_fields("text", "codice id_oggetto impronta giustificazione tipo_giustificazione"),
    *_fields("text", "riferimento_giustificazione autore"),
    Field("data", "date"),
    Field("documento"),
    Field("revocata_il", "date"),
    Field("letto", "json"),
)

# assegnazioni: who answers for a finding, one row a finding
ASSIGNMENTS = (
    Field("id_rilievo", "text", 36),
    *_fields("text", "codice id_oggetto assegnato_a assegnato_da"),
    Field("data", "date"),
    *_fields("text", "momento nota"),
)

# rilievi_storico: a row for each run of checkplan
HISTORY = (
    *_fields("text", "id_verifica momento istat criteri criteri_versione criteri_sha256"),
    *_fields("int", "servizi bloccanti errori avvisi informazioni giustificati"),
    *_fields("int", "eseguiti non_verificabili non_applicabili nuovi risolti scadute"),
    Field("cambiamenti", "json"),
)

# checkdelivery, OUTPUT
READINESS = _fields("text", "voce gravita codice testo che_fare id_oggetto id_rilievo")

# validatesubmission, OUTPUT
SUBMISSION_PROBLEMS = _fields("text", "fase esito gravita codice messaggio dove")

# verificacomuni, OUTPUT
BATCH = (
    *_fields("text", "istat comune zona_omogenea esito"),
    *_fields("int", "bloccanti errori avvisi informazioni"),
    *_fields("text", "messaggio cartella consegna"),
)

# exchangewaivers, CONFLICTS
CONFLICTS = _fields(
    "text",
    "tipo id_deroga id_rilievo codice campi vale non_vale provenienza_non_vale nota",
)

PAIRS = (
    *_fields("text", "id_coppia id_1 id_2 stato autore"),
    Field("data", "date"),
    Field("nota"),
    Field("prevale"),
)

# reconcilereadings, PAIRS, ONLY1 and ONLY2 (after the fields of the services), DUPLICATES
PAIR_LINES = (
    *_fields("text", "id_coppia id_1 id_2"),
    *_fields("real", "punteggio distanza_m similarita_nome"),
    *_fields("text", "stato autore"),
    Field("data", "date"),
    *_fields("text", "nota prevale nome_1 nome_2"),
    Field("ambigua", "bool"),
    *_fields("json", "candidati motivo"),
)
UNPAIRED = (
    *SERVICES,
    *_fields("text", "esito_riconciliazione miglior_candidato"),
    Field("miglior_punteggio", "real"),
)
DUPLICATES = (*_fields("text", "gruppo id_servizio"), Field("lettura", "int"))

# readingsbyzone, OUTPUT
READINGS = (
    *_fields("text", "livello zona_omogenea istat comune macrocategoria"),
    Field("lettura", "int"),
    *_fields("text", "situazione valenza_dichiarata"),
    *_fields("int", "n n_valutati n_sovradichiarati"),
    Field("quota_sovradichiarata", "real"),
    *_fields("int", "n_abbinati n_solo"),
)

POPULATION = (
    *_fields("text", "id_sezione istat"),
    Field("popolazione", "real"),
    Field("anno", "int"),
)

CRITERIA_TABLE = (*_fields("text", "id versione sha256"), Field("data", "date"))

# suggestmapping, OUTPUT, VALUES and DRIFT
COLUMNS = (
    Field("ordine", "int"),
    *_fields("text", "colonna tipo campo"),
    Field("punteggio", "real"),
    Field("spuntata", "bool"),
    *_fields("text", "deciso_da motivo esempi"),
    *_fields("int", "n_valori n_vuoti n_distinti n_zero"),
    Field("alternative", "json"),
    *_fields("text", "dubbio dati_personali"),
)
VALUES = (
    *_fields("text", "campo colonna valore"),
    Field("n", "int"),
    *_fields("text", "proposto etichetta"),
    Field("confidenza", "real"),
    *_fields("text", "motivo alternative deciso_da"),
    Field("noto", "bool"),
)
DRIFT = (
    *_fields("text", "oggetto nome campo evento prima dopo"),
    Field("n", "int"),
    Field("grave", "bool"),
    Field("cosa_fare"),
)

# findunclassified, OUTPUT
WORDINGS = (
    *_fields("text", "testo colonna"),
    Field("n", "int"),
    *_fields("text", "esempi proposto etichetta"),
    Field("confidenza", "real"),
    *_fields("text", "motivo alternative"),
)

# diagnosecrs, OUTPUT
CRS_CANDIDATES = (
    Field("ordine", "int"),
    *_fields("text", "epsg nome"),
    *_fields("bool", "assi_scambiati dichiarato trovato adatto"),
    Field("n", "int"),
    *_fields("real", "quota_comune quota_dintorni"),
    *_fields("real", "scarto_medio_m scarto_est_m scarto_nord_m distanza_confine_m"),
    *_fields("real", "x_centro y_centro"),
    Field("frase"),
)

# lumcatchment, OUTPUT and EDGES
LUM = (
    *_fields("text", "id_lum nome rango"),
    Field("rango_derivato", "bool"),
    Field("stato"),
    Field("raggio_m", "real"),
    *_fields("text", "metodo poligono"),
    *_fields("real", "area_mq lunghezza_rete_m popolazione"),
    Field("comuni"),
    Field("quote_comuni", "json"),
    Field("n_comuni", "int"),
    Field("distanza_aggancio_m", "real"),
)
EDGES = (Field("id_lum"), *_fields("real", "raggio_m costo_da costo_a"))

# lumservices, OUTPUT and REACHED
LUM_SERVICES = (
    *_fields("text", "id_lum nome rango stato contesto"),
    *_fields("real", "raggio_m popolazione"),
    *_fields("int", "n_servizi n_previsti n_categorie n_mancanti"),
    *_fields("text", "categorie_ammesse categorie_presenti categorie_mancanti"),
    *_fields("text", "categorie_non_preferite ospita manca"),
)
LUM_REACHED = (
    *_fields("text", "id_lum id_servizio denominazione codice_sttm categoria stato giudizio"),
    Field("quota", "real"),
)

# preparenetwork, OUTPUT (before the original fields) and ISSUES
NETWORK = (
    *_fields("int", "fid_origine da_nodo a_nodo"),
    Field("lunghezza_m", "real"),
    Field("componente", "int"),
)
NETWORK_ISSUES = (
    Field("tipo"),
    Field("fid_origine", "int"),
    Field("distanza_m", "real"),
    Field("azione"),
)

LUM_PERIMETERS = (
    *_fields("text", "id_lum nome rango stato contesto"),
    Field("raggio_m", "real"),
    Field("rango_derivato", "bool"),
    Field("istat"),
    Field("quota_cerchio", "real"),
    Field("atto_perimetrazione"),
    Field("data_inizio_validita", "date"),
)

# classifyservices, SUMMARY
VALENZA_SUMMARY = (
    *_fields("text", "istat comune zona_omogenea macrocategoria"),
    Field("lettura", "int"),
    *_fields("text", "stato valenza_dichiarata valenza_calcolata esito"),
    Field("n", "int"),
    Field("superficie_mq", "real"),
)

# classifyservices, after the fields of SERVICES: what decided, and how far it is from changing
VALENZA_EXPLAINED = (
    Field("regola_decisiva", alias="Regola che decide"),
    Field("spiegazione", alias="Spiegazione"),
    Field("regola_vicina", alias="Prova più vicina al verdetto opposto"),
    Field("margine", "real", alias="Margine (positivo: soddisfatta)"),
    Field("margine_um", alias="Unità del margine"),
    Field("valenza_oltre", alias="Valenza oltre il margine"),
    Field("fragile", "bool", alias="Fragile"),
    Field("fragile_per", alias="Soglie che la cambiano"),
    Field("intercomunale_min", "real", alias="Punteggio intercomunale minimo"),
    Field("intercomunale_max", "real", alias="Punteggio intercomunale massimo"),
    Field("metropolitana_min", "real", alias="Punteggio metropolitana minimo"),
    Field("metropolitana_max", "real", alias="Punteggio metropolitana massimo"),
    Field("valenza_min", alias="Valenza se i dati mancanti fossero contrari"),
    Field("valenza_max", alias="Valenza se i dati mancanti fossero favorevoli"),
)

# classifyservices, MISMATCHES
VALENZA_MISMATCHES = (
    *_fields("text", "zona_omogenea istat comune esito id_servizio denominazione codice_sttm"),
    *_fields("text", "categoria stato valenza_dichiarata valenza_calcolata regola_decisiva"),
    *_fields("real", "punteggio copertura"),
    Field("fragile", "bool"),
    *_fields("text", "spiegazione giustificazione"),
)

# classifyservices, RULES
VALENZA_RULES = (
    *_fields("text", "codice_regola codice_categoria valenza tipo_regola attributo soglia unita"),
    *_fields("int", "servizi valutate soddisfatte non_soddisfatte senza_dato"),
    *_fields("text", "da_dove provenienza"),
)

# whatif, OUTPUT and SUMMARY
FLIPS = (
    *_fields("text", "id_servizio denominazione istat comune zona_omogenea codice_sttm categoria"),
    *_fields("text", "valenza_dichiarata prima dopo regola_prima regola_dopo esito_prima"),
    *_fields("text", "esito_dopo"),
    *_fields("real", "punteggio_prima punteggio_dopo copertura"),
)
FLIPS_SUMMARY = (*_fields("text", "livello codice nome prima dopo"), Field("n", "int"))

# validatecriteria, OUTPUT and VALUES
PACK_FAULTS = (
    *_fields("text", "gravita file"),
    Field("riga", "int"),
    *_fields("text", "chiave valore messaggio ammessi"),
)
PACK_VALUES = (
    *_fields("text", "tabella file"),
    Field("riga", "int"),
    *_fields("text", "chiave campo valore provenienza"),
)

# comparecriteria, OUTPUT
PACK_DIFFERENCES = (
    *_fields("text", "tabella file chiave campo tipo prima dopo provenienza_prima"),
    Field("provenienza_dopo"),
    *_fields("int", "riga_prima riga_dopo"),
)

# savecriteria, OUTPUT_CHANGES
PACK_CHANGES = (*_fields("text", "tabella chiave campo prima dopo"),)

# accessibility, SUMMARY
ACCESSIBILITY_SUMMARY = (
    *_fields("text", "livello nome codice categoria"),
    *_fields("real", "soglia popolazione popolazione_servita quota gini rapporto_90_10"),
)

# The workspace's tables (createworkspace): name → (geometry or None, fields).
WORKSPACE = {
    "servizi_punti": ("Point", SERVICES),
    "servizi_poligoni": ("MultiPolygon", SERVICES),
    "servizi_senza_localizzazione": (None, SERVICES),
    "lum": ("MultiPolygon", LUM),
    "lum_perimetri": ("MultiPolygon", LUM_PERIMETERS),
    "popolazione": ("MultiPolygon", POPULATION),
    "rilievi": ("Point", FINDINGS),
    "controlli": (None, CHECKS),
    "rilievi_storico": (None, HISTORY),
    "deroghe": (None, WAIVERS),
    "assegnazioni": (None, ASSIGNMENTS),
    "coppie": (None, PAIRS),
    "criteri": (None, CRITERIA_TABLE),
}

VALENZE = ("locale", "intercomunale", "metropolitana")

DOMAINS = {
    "stato": ("esistente", "previsto", "in_corso", "sospeso", "dismesso"),
    "fase_progetto": ("idea", "fattibilita", "progetto", "gara", "cantiere", "collaudo"),
    "lettura": (1, 2),
    "titolo_servizio": (
        "pubblico",
        "privato_convenzionato",
        "privato_accreditato",
        "privato_asservito",
        "nn",
    ),
    "computo_dotazione": ("locale", "sovracomunale", "ripartito", "non_computato"),
    # centro_sistema: the value rule CUL.01-R01 reads, beside the list of DATO_RESTITUZIONE §3.
    "ruolo_rete": ("nessuno", "nodo", "capofila", "sede_di_sistema", "centro_sistema"),
    "riconoscimento_art10_ptm": ("nessuno", "sovracomunale", "metropolitana", "in_corso"),
    "validato_da": ("comune", "ente_gestore", "non_validato"),
    "valenza_dichiarata": ("locale", "intercomunale", "metropolitana", "sovracomunale"),
    "valenza_calcolata": (
        "locale",
        "intercomunale",
        "metropolitana",
        "al_limite",
        "non_determinabile",
        "fuori_tassonomia",
    ),
    "valenza_confermata": VALENZE,
    "tipo_giustificazione": ("atto", "dato_utenza", "previsione", "ruolo_storico", "altro"),
    "esito": ("coerente", "sovradichiarato", "sottodichiarato", "da_verificare"),
}


def names(fields) -> list[str]:
    """Return the names of some fields, in order."""
    return [field.name for field in fields]


def conform(frame, fields):
    """Return a frame with exactly the fields given, typed, then its private and geometry columns.

    Missing fields are empty. Text that is blank becomes None; numbers and years become
    float64 with NaN; bool stays object with None. Columns beginning with ``_`` and the
    geometry are kept.

    Raises:
        SttmError: a field that must be a number holds text.
    """
    import pandas as pd

    columns = {}
    for field in asking(fields, 1):
        if field.name in frame.columns:
            columns[field.name] = typed(frame[field.name], field)
        else:
            columns[field.name] = _empty(field, frame.index)
    for name in frame.columns:
        if name not in columns and (name.startswith("_") or name == "geometry"):
            columns[name] = frame[name]
    ask()
    result = pd.DataFrame(columns, index=frame.index).reset_index(drop=True)
    ask()
    if "geometry" not in result.columns:
        return result
    import geopandas as gpd

    return gpd.GeoDataFrame(result, geometry="geometry", crs=getattr(frame, "crs", None))


def conform_services(frame):
    """Return a services frame: every field of SERVICES, typed (see ``conform``)."""
    return conform(frame, SERVICES)


def empty_frame(fields, crs=None):
    """Return a frame without rows; with ``crs`` a GeoDataFrame."""
    import geopandas as gpd
    import pandas as pd

    columns = {field.name: _empty(field, pd.RangeIndex(0)) for field in fields}
    frame = pd.DataFrame(columns)
    if crs is None:
        return frame
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([], crs=crs), crs=crs)


def empty_services(crs):
    """Return a services frame without rows."""
    return empty_frame(SERVICES, crs)


def _empty(field, index):
    import numpy as np
    import pandas as pd

    if field.kind in ("int", "real"):
        return pd.Series(np.nan, index=index, dtype=np.float64)
    return pd.Series([None] * len(index), index=index, dtype=object)


def typed(column, field):
    """Return a column with the kind of a field, as ``conform`` makes it."""
    import numpy as np
    import pandas as pd

    if field.kind in ("int", "real"):
        try:
            return pd.to_numeric(column).astype(np.float64)
        except (TypeError, ValueError) as error:
            raise SttmError(
                f"Il campo «{field.name}» deve contenere numeri, e non "
                f"{first_not_a_number(column)}. Correggere i valori o "
                "reimportare il layer con l'algoritmo «Importa servizi»."
            ) from error
    plain = _as_bool if field.kind == "bool" else _as_text
    values = trimmed(column) if field.kind != "bool" else None
    if values is None:
        missing = column.isna()
        values = [None if none else plain(value) for value, none in zip(column, missing)]
    # The kind is said: pandas 3 would make of text a kind whose missing value is NaN.
    return pd.Series(values, index=column.index, dtype=object)


def trimmed(values):
    """Return texts without blanks around them, blank as None; None where a value is no text."""
    if all_texts(values):
        found = list(map(str.strip, values))
        return [value or None for value in found] if "" in found else found
    if not _TEXT_OR_NONE.issuperset(map(type, values)):
        return None
    return [(value.strip() or None) if value else None for value in values]


def first_not_a_number(column) -> str:
    """Return the first value of a column that is no number, in quotes, with its row from 1."""
    import pandas as pd

    wrong = pd.to_numeric(column, errors="coerce").isna() & column.notna()
    if not wrong.any():
        return "altro"
    row = int(wrong.to_numpy().argmax())
    return f"«{column.iloc[row]}» (riga {row + 1})"


_TEXT_OR_NONE = frozenset((str, type(None)))


def _as_text(value):
    if value is None or value != value:
        return None
    text = value.strip() if isinstance(value, str) else str(value)
    return text or None


def _as_bool(value):
    if value is None or value != value:
        return None
    if isinstance(value, str):
        return value.strip().lower() in ("1", "t", "true", "si", "sì", "vero", "yes")
    return bool(value)
