"""Real comuni and the open data that describe them (../shared/data, see its SOURCES.md)."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import NamedTuple

from demo.inputs import Inputs
from sttm_plugin.core.shapes import union_of

PROJECT_ROOT = Path(__file__).resolve().parent.parent
SHARED = PROJECT_ROOT.parent / "shared"
DATA = SHARED / "data"

SERVICES = {
    "scuole": "servizi/Anagrafe_Scuole_20260215_MI.csv",
    "ospedali": "servizi/Georeferenziazione_strutture_20260215.csv",
    "biblioteche": "servizi/Centrale_biblioteche_015.csv",
    "sport": "servizi/centri_sportivi_2016.geojson",
    "verde": "servizi/osm_parchi_milano.gpkg",
}
CONFINI = "confini/limits_P_15_municipalities.geojson"
POPOLAZIONE = "popolazione/griglia_500m_istat2021_cmm.geojson"
RETE_MILANO = "rete/osm_milano_centro_pedonale.geojson"
METRO = "trasporti/tpl_metrofermate_2026.geojson"


class Place(NamedTuple):
    """A comune to try, the layers of services it has, and whether there is a real network."""

    istat: str
    name: str
    services: tuple = ("scuole", "ospedali", "biblioteche", "sport")
    network: bool = False


PLACES = (
    Place("015209", "Sesto San Giovanni"),
    Place("015182", "Rho"),
    Place("015108", "Gorgonzola", ("scuole", "biblioteche", "sport")),
    Place("015146", "Milano (rete del centro)", tuple(SERVICES), network=True),
)


def missing_data() -> str:
    """Return the sentence that says why nothing can be tried here, "" when all is there."""
    if not DATA.is_dir():
        return "dati aperti non presenti accanto al progetto (../shared/data): prove saltate"
    wanted = [*SERVICES.values(), CONFINI, POPOLAZIONE, RETE_MILANO]
    absent = [name for name in wanted if not (DATA / name).is_file()]
    return f"mancano {', '.join(absent)}: prove saltate" if absent else ""


def inputs_of(place: Place, folder: Path) -> Inputs:
    """Return the layers of a place; what must be cut to the comune is written into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    return Inputs(
        comune=place.istat,
        servizi=[str(DATA / SERVICES[name]) for name in place.services],
        lum=_stations(place, folder),
        rete=str(DATA / RETE_MILANO) if place.network else None,
        popolazione=_population(place, folder),
        confini=str(DATA / CONFINI),
    )


def boundary(istat: str):
    """Return the polygon of a comune, in degrees."""
    import geopandas as gpd

    comuni = gpd.read_file(DATA / CONFINI)
    return comuni.loc[comuni["com_istat_code"] == istat].iloc[0].geometry


def _population(place, folder):
    """The cells whose middle is in the comune, or on the network where there is one."""
    import geopandas as gpd

    cells = gpd.read_file(DATA / POPOLAZIONE)
    ground = gpd.GeoSeries([boundary(place.istat)], crs="EPSG:4326").to_crs(cells.crs).iloc[0]
    if place.network:
        network = gpd.read_file(DATA / RETE_MILANO).to_crs(cells.crs)
        ground = union_of(network.geometry).convex_hull.buffer(100)
    inside = cells[cells.centroid.within(ground)]
    path = folder / "popolazione.gpkg"
    path.unlink(missing_ok=True)
    inside.to_file(path, layer="popolazione", driver="GPKG")
    return str(path)


def _stations(place, folder):
    """The stations that could be LUM nodes; candidates, not the list of the PTM."""
    path = folder / "lum.geojson"
    features = _metro(place) if place.network else _candidates(place)
    if not features:
        return None
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False),
        encoding="utf-8",
    )
    return str(path)


def _candidates(place):
    table = SHARED / "domain" / "stazioni_candidate_lum.csv"
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["istat"] == place.istat]
    return [
        _stop(row["nome"], row["tipo"], row["linee"], float(row["lon"]), float(row["lat"]))
        for row in rows
    ]


def _metro(place):
    import geopandas as gpd

    stops = gpd.read_file(DATA / METRO).to_crs("EPSG:4326")
    hull = union_of(gpd.read_file(DATA / RETE_MILANO).geometry).convex_hull
    stops = stops[stops.within(hull)]
    name = next(column for column in ("nome", "NOME", "name") if column in stops.columns)
    lines = next((column for column in ("linee", "LINEE") if column in stops.columns), None)
    return [
        _stop(row[name], "metropolitana", str(row[lines]) if lines else "", shape.x, shape.y)
        for (_, row), shape in zip(stops.iterrows(), stops.geometry)
    ]


def _stop(name, kind, lines, lon, lat):
    return {
        "type": "Feature",
        "properties": {"id_lum": name, "nome": name, "tipo": kind, "linee": lines,
                       "stato": "esistente"},
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
    }  # fmt: skip
