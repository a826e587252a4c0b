"""The optional tables of a package, from what the comune has: origins, opportunities, funding."""

from __future__ import annotations

import json
from types import SimpleNamespace

from . import layout, schema
from .checks.rigenerazione import Projects, text_of
from .context import column_of, meeting, of_comune
from .documents import compact_json
from .ids import id_of, valid_uuid
from .origins import cells_of, grouped, origins_of, small_cells
from .personal import without_personal
from .reference import istat_code
from .text import normalise
from .values import parse_date, parse_number

# Why a number of users is not told by itself.
SMALL = "sotto la soglia di divulgazione"
# Words of a layer's own texts → domain of the package (DATO_RESTITUZIONE §5).
_KINDS = (
    ("non attuat", "previsione_non_attuata"),
    ("rigener", "rigenerazione"),
    ("degrad", "degradata"),
    ("dismess", "dismessa"),
    ("abbandonat", "dismessa"),
)
_OWNERS = (("mist", "mista"), ("pubblic", "pubblica"), ("privat", "privata"))
_PROGRAMMES = (
    ("pinqua", "PINQuA"),
    ("periferie", "Bando_Periferie"),
    ("pnrr", "PNRR"),
    ("fesr", "FESR"),
    ("region", "regionale"),
    ("comun", "comunale"),
)
# Columns of the layers that feed a table, the first one found.
_AREA = {
    "proprieta": ("proprieta", "proprietà"),
    "tipo": ("tipo", "tipologia", "stato"),
    "vincoli": ("vincoli", "vincolo"),
    "funzione_prevista": ("funzione_prevista", "funzioni_preferibili", "destinazione"),
    "id_lum": ("id_lum",),
    "atto": ("atto", "riferimento"),
    "data": ("data", "data_rif"),
}
_PROJECT = {
    "cup": ("cup", "codice_cup", "cup_progetto"),
    "bando": ("bando", "programma", "piano"),
    "missione": ("missione", "misura"),
    "progetto": ("progetto", "titolo_progetto", "titolo", "denominazione"),
    "data_fine_prevista": ("data_fine_prevista", "data_fine", "fine_prevista", "scadenza"),
    "ente_attuatore": ("ente_attuatore", "soggetto_attuatore", "attuatore"),
}
_AMOUNTS = {
    "importo_totale": ("importo_totale", "finanz_totale", "costo_totale"),
    "importo_finanziato": ("importo_finanziato", "finanziamento_pnrr", "finanziamento_pnc"),
    "importo_pagato": ("importo_pagato", "pagamenti"),
}


class Origins:
    """The users of each service by comune of origin, ready to be delivered.

    Attributes:
        rows: of ``servizi_bacino``. omitted: what was grouped, as ``Delivery.omitted``.
        moved: {id_servizio: ``attributi`` without what went into the table}.
    """

    def __init__(self, own, given, pack, keep_personal=False):
        self.rows, self.omitted, self.moved = [], [], {}
        self._name, self._least = origins_of(pack)
        self._plain = (lambda text: text) if keep_personal else without_personal
        told = self._from_table(given, set(own["id_servizio"].dropna()))
        columns = ("id_servizio", "attributi", "data_rif", "fonte")
        for ids, text, day, source in zip(*(own[name] for name in columns)):
            entry = self._entry(ids, text)
            if entry is None or ids in told:
                continue
            nature = entry.get("natura")
            more = {
                "anno": _year(day),
                "natura_valore": "stimato" if nature == "stimato" else "rilevato",
                "fonte": text_of(entry.get("fonte")) or text_of(source) or None,
            }
            self._add(ids, cells_of(entry.get("valore")), more)

    def _entry(self, ids, text):
        """Return the entry of one ``attributi``, which leaves it; None without one."""
        try:
            content = json.loads(text or "{}")
        except (ValueError, RecursionError):
            return None
        names = [] if not isinstance(content, dict) else list(content)
        name = next((one for one in names if one.lower() == self._name.lower()), None)
        if name is None:
            return None
        entry = content.pop(name)
        self.moved[ids] = compact_json(content) if content else None
        return entry if isinstance(entry, dict) and "valore" in entry else {"valore": entry}

    def _from_table(self, given, wanted) -> set:
        """Add the rows of a table of origins; return the services it tells of."""
        if given is None or not len(given):
            return set()
        names = ("id_servizio", "cod_istat_origine", "utenti", "anno", "natura_valore", "fonte")
        columns = [column_of(given, name) for name in names]
        empty = [None] * len(given)
        cells: dict = {}
        for ids, code, users, year, nature, source in zip(
            *(empty if column is None else column for column in columns)
        ):
            number, year = parse_number(users), parse_number(year)
            if ids not in wanted or number is None:
                continue
            key = (ids, None if year is None else int(year.value))
            more, found = cells.setdefault(key, ({}, {}))
            more.update(
                anno=key[1],
                natura_valore=_nature(nature),
                fonte=self._plain(text_of(source)) or None,
            )
            code = istat_code(code) or text_of(code)
            found[code] = found.get(code, 0.0) + number.value
        for (ids, _), (more, found) in sorted(cells.items(), key=str):
            self._add(ids, found, more)
        return {ids for ids, _ in cells}

    def _add(self, ids, cells, more):
        small = small_cells(cells, self._least)
        if small:
            self.omitted.append(
                {
                    "id_servizio": ids,
                    "campo": self._name,
                    "tipo": SMALL,
                    "prima": compact_json(dict(sorted(small.items()))),
                    "dopo": None,
                }
            )
        for code, users in sorted(grouped(cells, self._least).items()):
            row = {"id_servizio": ids, "cod_istat_origine": istat_code(code) or code, **more}
            self.rows.append({**row, "utenti": users})


def _nature(value):
    return "stimato" if normalise(text_of(value)).startswith("stim") else "rilevato"


def _year(day):
    text = text_of(day)[:4]
    return int(text) if text.isdigit() else None


def opportunity_areas(given, comune, boundary, crs, keep_personal=False):
    """Return (rows of ``aree_opportunita`` with geometry, sentences on what isn't there).

    Those of the comune: by the layer's ISTAT code, else by a point of the area in ``boundary``.
    """
    import geopandas as gpd
    from shapely.geometry import MultiPolygon

    fields = layout.TABLES["aree_opportunita"].fields
    if given is None or not len(given):
        return schema.empty_frame(fields, crs), []
    notes = []
    frame = given[of_comune(given, comune, boundary)].reset_index(drop=True)
    areal = frame.geometry.geom_type.isin(("Polygon", "MultiPolygon")).to_numpy()
    if not areal.all():
        notes.append(
            f"{int((~areal).sum())} aree di rigenerazione senza un poligono non si consegnano: la "
            "tabella aree_opportunita tiene superfici."
        )
    frame = frame[areal].reset_index(drop=True)
    texts = _texts(frame, _AREA, keep_personal)
    names = column_of(frame, "id_area", "uuid", "id", "codice", "nome", "denominazione")
    rows, seen = [], set()
    for row, shape in enumerate(frame.geometry):
        name = "" if names is None else text_of(names.iloc[row])
        key = name if valid_uuid(name) else id_of(f"a|{comune.istat}|{name or shape.wkb_hex}")
        if key in seen:
            key = id_of(f"a|{comune.istat}|{name}|{shape.wkb_hex}")
        if key in seen:
            notes.append("Un'area di rigenerazione ripetuta si consegna una volta sola.")
            continue
        seen.add(key)
        said = {column: values[row] for column, values in texts.items()}
        said["tipo"] = _told(said["tipo"], _KINDS)
        said["proprieta"] = _told(said["proprieta"], _OWNERS)
        said["data"] = parse_date(said["data"])
        whole = MultiPolygon([shape]) if shape.geom_type == "Polygon" else shape
        rows.append({"id_area": key, "superficie_mq": shape.area, **said, "geometry": whole})
    rows.sort(key=lambda row: row["id_area"])
    columns = [*schema.names(fields), "geometry"]
    made = gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=crs)
    return schema.conform(made, fields), notes


def funding(given, own, comune, boundary, areas, distance, keep_personal=False):
    """Return (rows of ``finanziamenti``, sentences): a row for each project and service of it.

    The service is the one with the project's CUP, else those within ``distance``, as STTM2-921
    has it; without one, the area it lies in.
    """
    import pandas as pd

    fields = layout.TABLES["finanziamenti"].fields
    if given is None or not len(given):
        return schema.empty_frame(fields), []
    plan = SimpleNamespace(funding=given, comune=comune, boundary=boundary, own=own)
    projects = Projects(plan, distance)
    frame = projects.frame
    texts = _texts(frame, _PROJECT, keep_personal)
    amounts = {name: column_of(frame, *columns) for name, columns in _AMOUNTS.items()}
    keys = column_of(frame, "id_fin")
    inside = dict(zip(*(found.tolist() for found in meeting(frame.geometry, areas.geometry))))
    rows, taken = [], {}
    for row in range(len(frame)):
        said = {column: values[row] for column, values in texts.items()}
        for name, column in amounts.items():
            number = None if column is None else parse_number(column.iloc[row])
            said[name] = None if number is None else number.value
        said["data_fine_prevista"] = parse_date(said["data_fine_prevista"])
        programme = said["bando"]
        said["bando"] = _told(programme, _PROGRAMMES) or ("altro" if programme else None)
        name = "" if keys is None else text_of(keys.iloc[row])
        name = name or said["cup"] or id_of(f"f|{comune.istat}|{compact_json(said)}")
        area = areas["id_area"].iloc[inside[row]] if row in inside else None
        for service in projects.services.get(row) or [None]:
            taken[name] = taken.get(name, 0) + 1
            number = taken[name]
            ids = None if service is None else own["id_servizio"].iloc[service]
            key = name if number == 1 else f"{name}|{number}"
            rows.append({"id_fin": key, **said, "id_servizio": ids, "id_area": area})
    rows.sort(key=lambda row: row["id_fin"])
    outside = len(given) - len(frame)
    notes = []
    if outside:
        notes.append(f"{outside} interventi finanziati di altri comuni non si consegnano.")
    made = pd.DataFrame(rows, columns=schema.names(fields))
    return schema.conform(made, fields), notes


def _texts(frame, wanted, keep_personal) -> dict:
    """Return {field: texts}, None where nothing is said; what may be personal is left out."""
    found = {}
    for name, columns in wanted.items():
        column = column_of(frame, *columns)
        values = [None] * len(frame) if column is None else [text_of(one) or None for one in column]
        if not keep_personal:
            values = [None if one is None else without_personal(one) for one in values]
        found[name] = values
    return found


def _told(text, words):
    said = normalise(text or "").replace("_", " ")
    return next((value for word, value in words if word in said), None)


# Of each table a comune may leave empty: what was not given, what in it wasn't found.
_ABSENT = {
    "lum_perimetri": (
        "non è indicato un layer dei perimetri dei LUM",
        "nessun perimetro del comune nel layer indicato",
    ),
    "aree_opportunita": (
        "non è indicato un layer delle aree di rigenerazione",
        "nessuna area del comune nel layer indicato",
    ),
    "servizi_bacino": (
        "non è indicata una tabella degli utenti per comune di origine, e nessun servizio li dice "
        "in attributi",
        "nessun utente dei servizi consegnati nella tabella indicata",
    ),
    "finanziamenti": (
        "non è indicata una tabella degli interventi finanziati",
        "nessun intervento del comune nella tabella indicata",
    ),
}


def absent_tables(tables, **given) -> dict:
    """Return {table without rows: why}, of those a comune may leave empty."""
    return {
        name: _ABSENT[name][0 if layer is None else 1]
        for name, layer in given.items()
        if not len(tables[name])
    }
