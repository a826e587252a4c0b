"""Pairs between readings of the same real services, against what their official codes say.

    make benchmark-reconciliation       (writes benchmarks/RECONCILIATION.md)

Truth: a code both sources give to one record each. The matcher never sees it: codes are taken out
of the records and of their names before it starts. A pair whose records have no code in common
with the other source, on either side, can't be judged by code: it is counted apart.
"""

from __future__ import annotations

import csv
import itertools
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sttm_plugin.core.text import normalise

from .labelled import LABELS, fingerprint

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data" / "servizi"
_SCHOOL = re.compile(r"\b(?=[A-Z]*\d)[A-Z]{4}[0-9A-Z]{6}(?:-[0-9A-Z]+)*\b")


@dataclass
class Source:
    """One edition of one publisher: ``code`` is the truth, kept from the matcher."""

    name: str
    code: list
    frame: object


def _number(text):
    try:
        return float(str(text).replace(",", "."))
    except ValueError:
        return float("nan")


def _table(name, delimiter=","):
    with open(DATA / name, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def _features(name):
    content = json.loads((DATA / name).read_text(encoding="utf-8"))
    found = []
    for feature in content["features"]:
        at = (feature.get("geometry") or {}).get("coordinates") or (float("nan"),) * 2
        found.append({**feature["properties"], "_x": at[0], "_y": at[1]})
    return found


def _source(name, rows, code, title, kind, x, y, comune, address=None, capacity=None):
    """Return rows as a services frame; the address goes where an import keeps it."""
    import geopandas as gpd
    import pandas as pd

    from sttm_plugin.core import schema
    from sttm_plugin.core.pack import load_pack
    from sttm_plugin.core.reference import find_comune
    from sttm_plugin.core.taxonomy import classify_text

    def get(row, what):
        return what(row) if callable(what) else (row.get(what) if what else None)

    titles = [_SCHOOL.sub(" ", str(get(row, title) or "")).strip() or None for row in rows]
    kinds = [get(row, kind) for row in rows]
    pack = load_pack(None)
    matches = classify_text([[title_, kind_] for title_, kind_ in zip(titles, kinds)], pack)
    # As an import does: only a kind written as the pack writes it is a specific type.
    listed = {
        normalise(item.etichetta): item.tipo_specifico
        for items in pack.tipi_specifici.values()
        for item in items
    }
    comuni = [find_comune(str(get(row, comune) or "")) for row in rows]
    places = gpd.points_from_xy(
        [_number(get(row, x)) for row in rows], [_number(get(row, y)) for row in rows]
    )
    shapes = gpd.GeoSeries(places, crs="EPSG:4326")
    shapes[shapes.is_empty] = None
    frame = pd.DataFrame(
        {
            "id_servizio": [f"{name}-{at:05d}" for at in range(len(rows))],
            "denominazione": titles,
            "codice_sttm": [match.codice for match in matches],
            "tipo_specifico": [listed.get(normalise(kind_)) for kind_ in kinds],
            "istat": [None if one is None else one.istat for one in comuni],
            "capacita": [_number(get(row, capacity)) for row in rows],
            "fonte": name,
            "attributi_origine": [
                json.dumps({"indirizzo": get(row, address), "tipo": get(row, kind)}) for row in rows
            ],
        }
    )
    frame = gpd.GeoDataFrame(frame, geometry=shapes.to_crs("EPSG:32632"), crs="EPSG:32632")
    codes = [str(get(row, code) or "").strip().upper() or None if code else None for row in rows]
    return Source(name, codes, schema.conform_services(frame))


def _hospital(code) -> str:
    """Return the code both publishers write: "321-30363-" and "030363-00" → "30363-0"."""
    pieces = str(code).split("-")
    number, site = pieces[-2], pieces[-1]
    return f"{number.lstrip('0')}-{int(site or 0)}"


# Hospitals that moved to another company between the editions, their code with them: the same
# name, address and place, looked at one by one.
SAME_HOSPITAL = {
    "30084-0": "30072-2",  # Zappatoni, Cassano d'Adda
    "30075-0": "30074-2",  # Cantù, Abbiategrasso
    "30077-0": "30085-2",  # Crotta Oltrocchi, Vaprio d'Adda
    "30085-0": "30085-1",  # Uboldo, Cernusco sul Naviglio
    "30072-0": "30072-1",  # Vizzolo Predabissi
    "30074-0": "30074-1",  # Fornaroli, Magenta
}


def _regional_hospital(code) -> str:
    code = _hospital(code)
    return SAME_HOSPITAL.get(code, code)


def sources() -> dict:
    """Return every source by name."""
    made = [
        _source(
            "Anagrafe regionale 2026", _table("Anagrafe_Scuole_20260215_MI.csv"), "Codice",
            "Denominazione", "Tipologia", "coorX", "coorY", "Comune",
            lambda row: f"{row['Indirizzo']} {row['Civico']}", "Organico Sede",
        ),
        _source(
            "Scuole lombarde 2026", _table("Anagrafe_Scuole_Lombarde_20260215_MI.csv"),
            "COD_MECCANOGRAFICO_SEDE", "DENOM_SEDE",
            lambda row: f"{row['MACROTIPOLOGIA_SEDE']} {row['TIPOLOGIA_SEDE']}", "coorX", "coorY",
            "COMUNE_SEDE", lambda row: f"{row['INDIRIZZO_SEDE']} {row['CIVICO_SEDE']}",
            "ALLIEVI_SEDE",
        ),
        _source(
            "MIUR Milano 2016/17", _table("Milano_anagrafica_scuole_geoloc.csv", ";"),
            "CODICESCUOLA", "DENOMINAZIONESCUOLA", "DESCRIZIONETIPOLOGIAGRADOISTRUZIONESCUOLA",
            "Long", "Lat", "DESCRIZIONECOMUNE", "INDIRIZZOSCUOLA",
        ),
        _source(
            "Milano ds1305 2020/21",
            _features("ds1305_elenco_scuole_statali_as2020_21.geojson"), "CODICESCUOLA",
            "DENOMINAZIONESCUOLA", "DESCRIZIONETIPOLOGIAGRADOISTRUZIONESCUOLA", "_x", "_y",
            lambda row: "Milano", "INDIRIZZOSCUOLA",
        ),
        _source(
            "Strutture di ricovero 2026",
            [
                row
                for row in _table("Georeferenziazione_strutture_20260215.csv")
                if "MILANO" in row["ATS STRUTTURA"]
            ],
            lambda row: _regional_hospital(row["CODICE STRUTTURA DI RICOVERO"]),
            "DESCRIZIONE STRUTTURA DI RICOVERO", lambda row: "ospedale",
            "COORDINATA GEOGRAFICA Y", "COORDINATA GEOGRAFICA X", "LOCALITA", "INDIRIZZO",
        ),
        _source(
            "Eurostat ospedali 2020", _table("gisco_healthcare_015.csv"),
            lambda row: _hospital(row["id"]), "hospital_name", lambda row: "ospedale", "lon",
            "lat", "city", "street", "cap_beds",
        ),
        _source(
            "ICCU provincia 2018", _table("Centrale_biblioteche_015.csv", ";"),
            "codici-identificativi.isil", "denominazioni.ufficiale", lambda row: "biblioteca",
            "Long", "Lat", None, "indirizzo.via-piazza",
        ),
        _source(
            "Biblioteche Milano 2018", _features("Milano_biblioteche.geojson"), "codiceIsil",
            "denominazioni.ufficiale", lambda row: "biblioteca", "_x", "_y", "comune",
            "indirizzo.via-piazza",
        ),
    ]  # fmt: skip
    made.append(_without_offices(made[3]))
    return {source.name: source for source in (*made, *_parks())}


# Nobody gives a code to parks: which is which was read by a person, names and map together.
ABSENT = "-"
_PARK = ("parco", "giardino", "giardini")


def _parks() -> list:
    """Return the parks of OpenStreetMap and of two lists of the comune, these in two halves.

    A park in several pieces is one record. The truth is ``labels/parchi.csv``: fingerprints of
    the names, ABSENT where the other source has no such park, nothing where it is two.
    """
    import geopandas as gpd

    dogs = gpd.read_file(DATA / "ds52_aree_fruizione_cani.geojson").rename(columns={"PARCO": "n"})
    rows = gpd.read_file(DATA / "ds632_street_sport_gennaio.geojson")
    kind = rows["VIA"].fillna("").str.strip()
    rows = rows[kind.str.split().str[0].isin(_PARK)]
    rows = rows.assign(n=(kind + " " + rows["LOCALITA"].fillna("")).str.strip())
    osm = gpd.read_file(DATA / "osm_parchi_milano.gpkg").rename(columns={"name": "n"})
    with open(LABELS / "parchi.csv", encoding="utf-8", newline="") as file:
        read = {(row["fonte"], row["impronta"]): row["parco"] for row in csv.DictReader(file)}
    made = [_park_source("OSM parchi", osm, lambda name: fingerprint("parchi_osm", (name,)))]
    for title, key, frame in (
        ("Parchi delle aree cani", "parchi_dei_cani", dogs),
        ("Sport nei parchi", "sport_nei_parchi", rows),
    ):
        codes = {name: read[key, fingerprint(key, (name,))] for name in _named(frame)}
        whole = _park_source(title, frame, codes.get)
        for half in (0, 1):
            kept = [
                at
                for at, name in enumerate(whole.frame["denominazione"])
                if int(fingerprint(key, (name,)), 16) % 2 == half
            ]
            part = whole.frame.iloc[kept].reset_index(drop=True)
            made.append(Source(f"{title}, metà {half + 1}", [whole.code[at] for at in kept], part))
    return made


def _named(frame):
    return sorted({name for name in frame["n"].dropna() if name.strip()})


def _park_source(title, frame, code_of) -> Source:
    import geopandas as gpd
    import pandas as pd

    from sttm_plugin.core import schema
    from sttm_plugin.core.pack import load_pack
    from sttm_plugin.core.taxonomy import classify_text

    frame = frame[frame["n"].fillna("").str.strip() != ""].to_crs("EPSG:32632")
    frame = frame.dissolve("n").reset_index().sort_values("n").reset_index(drop=True)
    areal = frame.geometry.geom_type.str.endswith("Polygon")
    shapes = frame.geometry.where(areal, frame.geometry.centroid)
    # The area of a dogs' run is not that of the park.
    areas = shapes.area if title.startswith("OSM") else [None] * len(frame)
    matches = classify_text([[name] for name in frame["n"]], load_pack(None), area_mq=areas)
    services = pd.DataFrame(
        {
            "id_servizio": [f"{title}-{at:05d}" for at in range(len(frame))],
            "denominazione": frame["n"],
            "codice_sttm": [match.codice for match in matches],
            "istat": "015146",
            "fonte": title,
            "attributi_origine": json.dumps({"tipo": None}),
        }
    )
    services = gpd.GeoDataFrame(services, geometry=shapes.values, crs="EPSG:32632")
    codes = [code_of(name) or None for name in frame["n"]]
    return Source(title, codes, schema.conform_services(services))


def is_institute(code: str) -> bool:
    """Tell whether a code of the ministry is an institute's or a directorate's, of primary schools.

    Province, kind, three signs of the institute, two of the school in it ("00" none), one to
    check. A liceo that stands alone has "00" too, and is a school.
    """
    return code[2:4] in ("IC", "IS") or (code[2:4] == "EE" and code[7:9] == "00")


def _without_offices(source):
    """Leave out the records of institutes: they run schools, and are none.

    They share name and place with their schools, and only the code tells them apart.
    """
    kept = [at for at, code in enumerate(source.code) if code is None or not is_institute(code)]
    codes = [source.code[at] for at in kept]
    return Source(
        f"{source.name}, solo sedi", codes, source.frame.iloc[kept].reset_index(drop=True)
    )


# Where the matcher was tuned, and what it was not.
TUNING = (
    ("Anagrafe regionale 2026", "MIUR Milano 2016/17"),
    ("Anagrafe regionale 2026", "Scuole lombarde 2026"),
    ("Anagrafe regionale 2026", "Milano ds1305 2020/21"),
    ("Scuole lombarde 2026", "Milano ds1305 2020/21"),
    ("MIUR Milano 2016/17", "Milano ds1305 2020/21"),
    ("Anagrafe regionale 2026", "Milano ds1305 2020/21, solo sedi"),
    ("Scuole lombarde 2026", "Milano ds1305 2020/21, solo sedi"),
    ("MIUR Milano 2016/17", "Milano ds1305 2020/21, solo sedi"),
    ("OSM parchi", "Parchi delle aree cani, metà 1"),
    ("OSM parchi", "Sport nei parchi, metà 1"),
)
HELD_OUT = (
    ("Scuole lombarde 2026", "MIUR Milano 2016/17"),
    ("Strutture di ricovero 2026", "Eurostat ospedali 2020"),
    ("ICCU provincia 2018", "Biblioteche Milano 2018"),
    ("OSM parchi", "Parchi delle aree cani, metà 2"),
    ("OSM parchi", "Sport nei parchi, metà 2"),
)
MOST_M, LEAST, MATCHED = 150.0, 0.60, 0.80


@dataclass
class Judged:
    """How the pairs of two sources compare with their codes.

    Attributes:
        right, wrong: pairs the codes confirm or deny. untold: pairs whose codes are both unknown
            to the other source. within: true pairs at most MOST_M apart. found: those of them
            that were paired. truth: all true pairs. wrong_pairs, missed: ids.
    """

    right: int
    wrong: int
    untold: int
    within: int
    found: int
    truth: int
    wrong_pairs: list
    missed: list

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else float("nan")

    @property
    def recall(self) -> float:
        return self.found / self.within if self.within else float("nan")


def pair(one, two):
    """Return the pairs the plugin proposes for two sources."""
    from sttm_plugin.core.pack import load_pack
    from sttm_plugin.core.reconciliation import reconcile

    twins = load_pack(None).area_twins
    return reconcile(one.frame, two.frame, [], MOST_M, LEAST, 50.0, 0.85, alike=twins).pairs


def judge(one, two, pairs, least) -> Judged:
    """Compare the pairs of at least a score with the codes.

    Records of one source with the same name, kind and place (a school and its evening courses)
    can't be told apart without their codes: a pair with any of them is right.
    """
    known = [_codes(source) for source in (one, two)]
    single = [{c: ids[0] for c, ids in codes.items() if len(ids) == 1} for codes in known]
    truth = {(single[0][code], single[1][code]) for code in single[0].keys() & single[1].keys()}
    places = [dict(zip(s.frame["id_servizio"], s.frame.geometry)) for s in (one, two)]
    within = set()
    for first, second in truth:
        a, b = places[0][first], places[1][second]
        if a is not None and b is not None and a.distance(b) <= MOST_M:
            within.add((first, second))
    code_of = [dict(zip(s.frame["id_servizio"], s.code)) for s in (one, two)]
    kept = pairs[pairs["punteggio"] >= least - 1e-9]
    right, wrong, untold = set(), [], 0
    twins = [_twins(source) for source in (one, two)]
    for first, second in zip(kept["id_1"], kept["id_2"]):
        alike = [
            pair_
            for pair_ in itertools.product(twins[0][first], twins[1][second])
            if pair_ in truth and pair_ not in right
        ]
        if (first, second) in truth:
            right.add((first, second))
        elif alike:
            right.add(min(alike))
        elif (
            ABSENT in (code_of[0][first], code_of[1][second])
            or code_of[0][first] in known[1]
            or code_of[1][second] in known[0]
        ):
            wrong.append((first, second))
        else:
            untold += 1
    return Judged(
        len(right), len(wrong), untold, len(within), len(right & within), len(truth), wrong,
        sorted(within - right),
    )  # fmt: skip


def _twins(source) -> dict:
    """Return for each record those that only their codes tell from it, itself included."""
    groups: dict = {}
    frame = source.frame
    for identifier, title, origin, shape in zip(
        frame["id_servizio"], frame["denominazione"], frame["attributi_origine"], frame.geometry
    ):
        key = normalise(title), json.loads(origin)["tipo"]
        groups.setdefault(key, []).append((identifier, shape))
    return {
        identifier: [
            other
            for other, place in members
            if other == identifier
            or (shape is not None and place is not None and shape.distance(place) <= MOST_M)
        ]
        for members in groups.values()
        for identifier, shape in members
    }


def _codes(source) -> dict:
    found: dict = {}
    for code, identifier in zip(source.code, source.frame["id_servizio"]):
        if code:
            found.setdefault(code, []).append(identifier)
    return found


# --- time ------------------------------------------------------------------------------------


def made_up(count, seed, shift=0.0, side=40_000.0):
    """Return a services frame of as many records, spread over a square, for the clock."""
    import geopandas as gpd
    import pandas as pd

    from sttm_plugin.core import schema

    rng = np.random.default_rng(seed)
    words = [f"{a}{b}{c}" for a in "bcdfglmnprst" for b in "aeiou" for c in ("rri", "nti", "lla")]
    kinds = ("Scuola primaria", "Liceo", "Biblioteca", "Parco", "Palestra", "Asilo nido")
    codes = ("LOC.03", "IST.01", "CUL.01", "VER.01", "SPO.01", None)
    kind = rng.integers(0, len(kinds), count)
    picked = rng.integers(0, len(words), (count, 2))
    places = rng.uniform(0, side, (count, 2)) + [500_000.0, 5_020_000.0]
    places += np.random.default_rng(seed + 7).normal(0, 1, (count, 2)) * shift
    frame = pd.DataFrame(
        {
            "id_servizio": [f"{shift:g}-{at}" for at in range(count)],
            "denominazione": [
                f"{kinds[k]} {words[a]} {words[b]}" for k, (a, b) in zip(kind, picked)
            ],
            "codice_sttm": [codes[k] for k in kind],
            "istat": "015146",
        }
    )
    shapes = gpd.GeoSeries(gpd.points_from_xy(*places.T), crs="EPSG:32632")
    return schema.conform_services(gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:32632"))


def seconds(count) -> tuple:
    """Return the seconds and the processor's seconds two readings take, and their pairs."""
    from sttm_plugin.core.reconciliation import reconcile

    one, two = made_up(count, 1), made_up(count, 1, 20.0)
    start = time.perf_counter(), time.process_time()
    found = reconcile(one, two, [], MOST_M, LEAST, 50.0, 0.85)
    took = time.perf_counter() - start[0], time.process_time() - start[1]
    return (*took, len(found.pairs))


# --- report ----------------------------------------------------------------------------------

_HEAD = """# Riconciliazione delle letture: misure

Scritto da `make benchmark-reconciliation` sui dati di `../shared/data` (fonti e licenze in
`SOURCES.md`). La verità sono i codici ufficiali che due fonti danno allo stesso servizio: il
programma non li vede (tolti dai record e dai nomi). Una coppia è *sbagliata* se uno dei suoi due
codici sta nell'altra fonte su un altro record; *non giudicabile* se nessuno dei due vi sta (le
scuole cambiano codice quando cambiano istituto). Precisione = giuste / (giuste + sbagliate).
Richiamo = coppie vere trovate / coppie vere entro {most:g} m: oltre quella distanza nessuna
coppia si propone, e quante sono lo dice la colonna «vere». I record con lo stesso nome, tipo e
posto, che solo il codice distingue (una scuola e il suo corso serale), valgono l'uno per l'altro.

Sei ospedali hanno cambiato azienda, e con essa il codice, fra le due edizioni: le corrispondenze
sono state guardate a mano e sono scritte nello script (`SAME_HOSPITAL`).

*Taratura*: le fonti su cui si sono scelti i pesi, le parole e la regola delle uniche candidate.
*A parte*: le coppie di fonti che non sono servite a scegliere; le due fonti scolastiche compaiono
però, abbinate ad altre, nella taratura, e gli errori di queste coppie sono stati letti una volta
(per correggere la verità degli ospedali, non i pesi). Le due fonti di biblioteche hanno la stessa
origine: un caso facile. Le coppie non giudicabili non sono state controllate a mano.
«ds1305» contiene anche i record degli istituti (codici IC, IS, e EE senza plesso: direzioni), con
lo stesso nome e posto delle loro scuole: è misurata con e senza. Prima «solo sedi» toglieva per
errore anche i licei autonomi e teneva le direzioni didattiche.

I parchi non hanno un codice comune: quale parco di OpenStreetMap sia ognuno dei due elenchi del
Comune di Milano (aree cani, sport nei parchi) è stato letto a mano, nome e carta insieme, prima di
abbinarli (`labels/parchi.csv`, impronte dei nomi; «-» dove l'altra fonte non ha quel parco). I
nomi sono divisi in due metà dall'impronta: la prima per la taratura, la seconda a parte. Con
l'area in mano un parco è VER.01, senza un giardino è LOC.07: sono la stessa cosa.

Farmacie e uffici postali **non sono misurati**: nei dati c'è un solo elenco di ciascuno (Regione
per le farmacie, Comune di Milano per le poste) e gli estratti di OpenStreetMap del posto non ne
hanno. La sola altra fonte con farmacie e poste è Bari, che non ha un secondo editore.
"""

_WHY = """
## Che cosa cambia rispetto alla formula di partenza

Punteggio = 0,5 nome + 0,3 (1 − d / distanza massima) + 0,2 categoria, come nel contratto. In più,
perché misurato:

- la categoria che manca a uno dei due record è la stessa se lo dicono le parole dei nomi;
- due servizi della stessa categoria che sono gli unici a portata l'uno dell'altro guadagnano 0,55
  di ciò che manca al nome, fino a 0,79: si propongono, non si abbinano da soli; non se hanno
  indirizzi diversi;
- lo stesso guadagno hanno gli unici due di una categoria allo stesso numero civico, se a quel
  numero nessun altro ha un nome più simile;
- i settori degli istituti professionali (servizi, industria e artigianato) e i centri per gli
  adulti (CTP, CPIA) sono tipi di scuola come gli altri;
- la direzione di un istituto (tipo «istituto comprensivo», «istituto superiore») viene dopo le
  sue scuole;
- due categorie che solo la superficie distingue (VER.01, LOC.07) sono la stessa;
- a parità decide il tipo (liceo, tecnico, serale) e poi la capacità;
- codici ufficiali uguali: 1.

Senza la regola delle uniche candidate:

| fonti | precisione | richiamo |
|---|---:|---:|
"""


def main():
    """Measure and write the report."""
    from sttm_plugin.core import reconciliation

    made = sources()
    lines = [_HEAD.format(most=MOST_M)]
    for title, chosen in (("Taratura", TUNING), ("A parte", HELD_OUT)):
        lines.append(
            f"\n## {title}\n\n| fonti | soglia | giuste | sbagliate | non giudicabili | vere entro "
            "| vere | precisione | richiamo |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|"
        )
        for names in chosen:
            one, two = (made[name] for name in names)
            pairs = pair(one, two)
            for least in (LEAST, MATCHED):
                found = judge(one, two, pairs, least)
                lines.append(
                    f"| {names[0]} × {names[1]} | {_it(least, 2)} | {found.right} | {found.wrong} "
                    f"| {found.untold} | {found.within} | {found.truth} "
                    f"| {_it(100 * found.precision, 1)} % | {_it(100 * found.recall, 1)} % |"
                )
            print(lines[-2])
    lines.append(_WHY.rstrip("\n"))
    share, reconciliation.ALONE = reconciliation.ALONE, 0.0
    for names in (*TUNING, *HELD_OUT):
        found = judge(*(made[name] for name in names), pair(*(made[name] for name in names)), LEAST)
        lines.append(
            f"| {names[0]} × {names[1]} | {_it(100 * found.precision, 1)} % "
            f"| {_it(100 * found.recall, 1)} % |"
        )
    reconciliation.ALONE = share
    lines.append(
        "\n## Tempo\n\nRecord inventati, sparsi su 40 × 40 km, due letture spostate di 20 m.\n"
    )
    lines.append("| record per lettura | coppie | secondi | di processore |\n|---:|---:|---:|---:|")
    for count in (2_500, 50_000):
        took, busy, number = seconds(count)
        lines.append(f"| {count} | {number} | {_it(took, 1)} | {_it(busy, 1)} |")
        print(lines[-1])
    target = Path(__file__).with_name("RECONCILIATION.md")
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"benchmarks/{target.name}")


def _it(number, digits) -> str:
    return f"{number:.{digits}f}".replace(".", ",")


if __name__ == "__main__":
    main()
