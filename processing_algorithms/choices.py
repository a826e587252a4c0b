"""What a panel or a dialog offers to choose from, told without opening the core to it."""

from __future__ import annotations

# The order is part of the contract of ``justifyfindings``: REASON_TYPE is a position in it.
REASON_TYPES = (
    ("atto", "Atto o convenzione"),
    ("dato_utenza", "Dato di utenza"),
    ("previsione", "Previsione di piano"),
    ("ruolo_storico", "Ruolo storico"),
    ("altro", "Altro"),
)

# Shortest reason that is a justification (INTERFACE, createworkspace: deroghe).
REASON_LENGTH = 40

# DECISION of decidepairs, in order.
PAIR_DECISIONS = (
    ("confermato", "Conferma: sono lo stesso servizio"),
    ("respinto", "Respingi: sono servizi diversi"),
    ("unito", "Unisci: sono lo stesso servizio, prevale un record"),
    ("proposto", "Annulla la decisione"),
)
# KEEP of decidepairs, in order.
PAIR_KEEP = ("Record della Lettura 1", "Record della Lettura 2")

# DIRECTION of exchangewaivers, in order.
EXCHANGES = ("Esporta in un file", "Importa da un file")

# KIND of exportcompatibility, in order.
DELIVERY_KINDS = ("Prima consegna", "Aggiornamento", "Rettifica")


def comuni() -> list[tuple[str, str, str]]:
    """Return (ISTAT code, name, zona omogenea) of the 133 comuni, by name."""
    from ..core.reference import comuni as reference
    from ..core.text import normalise

    known = reference().values()
    return [
        (comune.istat, comune.nome, comune.zona_omogenea)
        for comune in sorted(known, key=lambda comune: normalise(comune.nome))
    ]


def service_fields() -> list[tuple[str, str, bool]]:
    """Return (name, title, needed) of the fields a column may go to, in their order."""
    from ..core import schema
    from ..core.mapping import SYNONYMS

    fields = {field.name: field.alias for field in schema.SERVICES}
    # What a service is comes from one or more columns of words.
    targets = {*SYNONYMS, "codice_sttm"}
    return [
        (name, fields[name], name in schema.SERVICES_NEEDED and name != "id_servizio")
        for name in schema.names(schema.SERVICES)
        if name in targets
    ]


def profiles() -> list[tuple[str, str]]:
    """Return (name to write in PROFILE, title) of the profiles that come with the plugin."""
    from ..core.profile import bundled_names

    return sorted(bundled_names(), key=lambda item: item[1])


def categories(criteria="") -> list[tuple[str, str, str]]:
    """Return (code, category, macrocategoria) of a criteria pack, the bundled one by default."""
    return [
        (code, category.categoria, category.macrocategoria)
        for code, category in _pack(criteria).categorie.items()
    ]


def found_categories(query, criteria="") -> list[str]:
    """Return the codes of the categories that a search finds, the best first."""
    from ..core.proposals import search

    return search(query, _pack(criteria))


def _pack(criteria):
    """Return a pack to choose from; the bundled one where it can't be used.

    What is wrong in it is said by the algorithm that is run with it.
    """
    from ..core.errors import SttmError
    from ..core.pack import load_pack

    try:
        return load_pack(criteria)
    except SttmError:
        return load_pack()


def data_told(name, criteria="") -> tuple[str, str]:
    """Return (what a check's missing input or field is called, where it is found)."""
    try:
        from ..core.checks.engine import data_text
    except ImportError:
        return name, ""  # a QGIS without GeoPandas: nothing was checked here
    pack = _pack(criteria)
    found = (data_text(pack, name, "nome"), data_text(pack, name, "dove_trovarlo"))
    return found[0], "" if found[1] == name else found[1]


def bundled_packs() -> list[tuple[str, str]]:
    """Return (path, title) of the criteria packs that come with the plugin, STTM 2 first."""
    from ..core.pack import BUNDLED, load_pack

    others = sorted(BUNDLED.parent.parent.glob("*/pacchetto.json"))
    paths = [BUNDLED, *(path for path in others if path != BUNDLED)]
    return [(str(path), load_pack(path).titolo) for path in paths]


def next_version(version) -> str:
    """Return the version to propose for a changed pack."""
    from ..core.pack_tables import next_version as following

    return following(version)


def pack_tables() -> list[tuple[str, str, str]]:
    """Return (name, title, what it holds) of the tables of a criteria pack."""
    from ..core.pack_tables import described_tables

    return [(name, one.titolo, one.aiuto) for name, one in described_tables()]


def pack_column(table, column, key=""):
    """Return what a value of a pack is: ``titolo``, ``tipo``, ``ammessi``, ``aiuto``."""
    from ..core.pack_tables import described

    return described(table, column, key)


def pack_rows(criteria) -> dict:
    """Return {table: (file, its key columns, all its columns)} of a pack's tables of rows.

    None of them where the pack can't be read: what is wrong in it is told elsewhere.
    """
    from ..core.errors import SttmError
    from ..core.pack_tables import open_draft, row_tables

    try:
        return row_tables(open_draft(criteria, sound=False))
    except SttmError:
        return {}


def pack_row_key(table, values) -> str:
    """Return the key of a row of a table of a pack."""
    from ..core.pack_tables import row_key

    return row_key(table, values)


def value_key(text) -> str:
    """Return a value as the maps of a profile compare it: case, accents, spaces don't count."""
    from ..core.profile import comparable

    return comparable(text)
