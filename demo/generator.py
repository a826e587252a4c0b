"""Makes the demonstration comune: a town between two LUM, as a comune would hand it in.

Everything is invented. The plan borrows the ISTAT code and the place of a real comune
(Gorgonzola, 015108) only so that codes, envelope and neighbours resolve; streets, services,
inhabitants and boundaries do not describe it. The same seed gives the same files.
"""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from shapely.geometry import MultiPolygon, Point, Polygon, box, mapping
from shapely.ops import unary_union

SEED = 20240228
ISTAT = "015108"
COMUNE = "Gorgonzola"
CENTRE = (531650.0, 5041850.0)
POPOLAZIONE = 21092

# The comuni around, each with the sector (degrees, anticlockwise from east) it takes.
NEIGHBOURS = (
    ("015016", "Bellinzago Lombardo", -25, 25),
    ("015106", "Gessate", 25, 75),
    ("015172", "Pessano con Bornago", 75, 125),
    ("015040", "Bussero", 125, 165),
    ("015060", "Cassina de' Pecchi", 165, 225),
    ("015142", "Melzo", 225, 295),
    ("015178", "Pozzuolo Martesana", 295, 335),
)

LUM_WEST = (CENTRE[0] - 1700.0, CENTRE[1] + 60.0)
LUM_EAST = (CENTRE[0] + 1350.0, CENTRE[1] - 180.0)

GRID = 32
STEP_M = 108.0


class Fault(NamedTuple):
    """A fault planted in the data, and what must be said of it.

    ``record`` is the source's own key; ``expected`` a check (STTM2-…), a reason of rejection, a
    defect of the log (D..), or the output the record must be in.
    """

    record: str
    what: str
    expected: str


class Punto(NamedTuple):
    """A row of the register of services, in the comune's own words."""

    codice: str
    denominazione: str
    tipologia: str
    stato: str
    livello: str
    est: float | None
    nord: float | None
    gestore: str
    capacita: str = ""
    unita: str = ""
    note: str = ""
    istat: str = "15108"


class Area(NamedTuple):
    """An area of the plan's map of services."""

    codice: str
    denominazione: str
    categoria: str
    stato: str
    valenza: str
    geometry: object
    superficie: str = ""
    note: str = ""


def generate(folder, seed: int = SEED) -> list[Fault]:
    """Write the demonstration comune into ``folder`` and return the faults planted in it."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    comune = _boundary()
    (folder / "COMUNE.txt").write_text(
        f"COMUNE={ISTAT}\n# Dati di fantasia: non descrivono il comune reale di questo codice.\n",
        encoding="utf-8",
    )
    _write_boundaries(folder, comune)
    _write_network(folder, rng)
    _write_stops(folder)
    _write_population(folder, comune)
    _write_regeneration(folder)
    point_faults = _write_points(folder, rng)
    area_faults = _write_areas(folder, rng)
    planned_faults = _write_planned(folder)
    _write_other_sources(folder)
    return [*point_faults, *area_faults, *planned_faults, *_lum_faults()]


# Territory ----------------------------------------------------------------------------


def _ring(radius_of):
    """Return a ring around the centre; ``radius_of`` gives metres for an angle in degrees."""
    angles = np.arange(0, 360, 5)
    return [
        (
            CENTRE[0] + radius_of(a) * math.cos(math.radians(a)),
            CENTRE[1] + radius_of(a) * math.sin(math.radians(a)),
        )
        for a in angles
    ]


def _radius(angle):
    a = math.radians(angle)
    return 1830.0 + 160.0 * math.cos(2 * a) + 70.0 * math.sin(3 * a)


def _boundary():
    return Polygon(_ring(_radius))


def _write_boundaries(folder, comune):
    features = [_feature(comune, PRO_COM_T=ISTAT, COMUNE=COMUNE)]
    for istat, name, start, end in NEIGHBOURS:
        angles = np.arange(start, end + 1, 5)
        inner = [_at(a, _radius(a % 360)) for a in angles]
        outer = [_at(a, 4600.0) for a in angles[::-1]]
        features.append(_feature(Polygon(inner + outer), PRO_COM_T=istat, COMUNE=name))
    _write_geojson(folder / "confini.geojson", features)


def _at(angle, radius):
    a = math.radians(angle)
    return (CENTRE[0] + radius * math.cos(a), CENTRE[1] + radius * math.sin(a))


def _write_network(folder, rng):
    """About 2,000 street edges: a bent grid with gaps, two diagonals, and an isolated lane."""
    half = (GRID - 1) / 2
    turn = math.radians(12)
    nodes = {}
    for i in range(GRID):
        for j in range(GRID):
            x, y = (i - half) * STEP_M * 1.18, (j - half) * STEP_M * 0.98
            x, y = x + rng.uniform(-18, 18), y + rng.uniform(-18, 18)
            nodes[i, j] = (
                round(CENTRE[0] + x * math.cos(turn) - y * math.sin(turn), 2),
                round(CENTRE[1] + x * math.sin(turn) + y * math.cos(turn), 2),
            )
    edges = [((i, j), (i + 1, j)) for i in range(GRID - 1) for j in range(GRID)]
    edges += [((i, j), (i, j + 1)) for i in range(GRID) for j in range(GRID - 1)]
    edges += [((i, i), (i + 1, i + 1)) for i in range(GRID - 1)]
    edges += [((i, GRID - 1 - i), (i + 1, GRID - 2 - i)) for i in range(GRID - 1)]
    degree = dict.fromkeys(nodes, 0)
    for start, end in edges:
        degree[start] += 1
        degree[end] += 1
    features = []
    for number, (start, end) in enumerate(edges):
        gap = rng.random() < 0.06
        if gap and degree[start] > 2 and degree[end] > 2:
            degree[start] -= 1
            degree[end] -= 1
            continue
        main = start[1] == end[1] == GRID // 2
        features.append(
            _line(
                [nodes[start], _bend(nodes[start], nodes[end], rng), nodes[end]],
                nome="Via Milano" if main else f"Via {number:04d}",
                tipo="principale" if main else "locale",
            )
        )
    # A lane that touches nothing: what lies there reaches only what is there too.
    x, y = CENTRE[0] - 900.0, CENTRE[1] + 2150.0
    lane = [(x + 60.0 * k, y + 8.0 * (k % 2)) for k in range(5)]
    features += [_line(lane[k : k + 2], nome="Via Isolata", tipo="locale") for k in range(4)]
    _write_geojson(folder / "rete.geojson", features)


def _bend(start, end, rng):
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    shift = rng.uniform(-6, 6)
    length = math.dist(start, end) or 1.0
    return (
        round(middle[0] - (end[1] - start[1]) / length * shift, 2),
        round(middle[1] + (end[0] - start[0]) / length * shift, 2),
    )


def _write_stops(folder):
    """Two LUM nodes, their perimeters (only the west one, and wrong) and the bus stops."""
    _write_geojson(
        folder / "lum.geojson",
        [
            _feature(
                Point(LUM_WEST),
                id_lum="LUM-OVEST",
                nome="Porta Ovest",
                rango="metropolitano",
                stato="esistente",
                linee="M2",
            ),
            _feature(
                Point(LUM_EAST),
                id_lum="LUM-EST",
                nome="Porta Est",
                rango="sovracomunale",
                stato="previsto",
                linee="S5",
            ),
        ],
    )
    # Too small, and drawn beside the station: the node falls outside.
    west = Point(LUM_WEST[0] + 330.0, LUM_WEST[1] + 60.0).buffer(230.0, 16)
    _write_geojson(
        folder / "perimetri_lum.geojson",
        [
            _feature(
                MultiPolygon([west]),
                id_lum="LUM-OVEST",
                nome="Porta Ovest",
                rango="metropolitano",
                stato="esistente",
                istat=ISTAT,
                atto_perimetrazione="Delibera di prova 1/2024",
            )
        ],
    )
    stops = []
    for number in range(18):
        x = CENTRE[0] - 1700.0 + 190.0 * number
        y = CENTRE[1] + 130.0 * math.sin(number / 2.2)
        stops.append(
            _feature(Point(round(x, 1), round(y, 1)), id=f"F{number:03d}", nome=f"Fermata {number}")
        )
    _write_geojson(folder / "fermate.geojson", stops)


def _write_population(folder, comune):
    """Census-like sections: cells of 250 m cut to the comune, people thinning out outwards."""
    cells = []
    size = 250.0
    west, south, east, north = comune.bounds
    for i in range(int((east - west) / size) + 1):
        for j in range(int((north - south) / size) + 1):
            cell = box(
                west + i * size, south + j * size, west + (i + 1) * size, south + (j + 1) * size
            ).intersection(comune)
            if cell.area < 500:
                continue
            away = math.dist((cell.centroid.x, cell.centroid.y), CENTRE)
            weight = cell.area * math.exp(-((away / 900.0) ** 2)) if away < 1650 else 0.0
            cells.append((cell, weight))
    total = sum(weight for _, weight in cells)
    shares = [POPOLAZIONE * weight / total for _, weight in cells]
    people = [int(share) for share in shares]
    # Largest remainders, so that the sections sum to the comune.
    order = sorted(range(len(cells)), key=lambda k: (people[k] - shares[k], k))
    for k in order[: POPOLAZIONE - sum(people)]:
        people[k] += 1
    features = [
        _feature(cell, SEZ21_ID=f"15108{k + 1:07d}", PRO_COM=15108, POP21=count)
        for k, ((cell, _), count) in enumerate(zip(cells, people))
    ]
    _write_geojson(folder / "popolazione.geojson", features)


def _write_regeneration(folder):
    areas = (
        ("RIG-1", "Ex filatura", LUM_WEST[0] + 260, LUM_WEST[1] - 190, 150, 110),
        ("RIG-2", "Scalo dismesso", LUM_EAST[0] - 120, LUM_EAST[1] + 60, 210, 70),
        ("RIG-3", "Area ex consorzio", CENTRE[0] + 120, CENTRE[1] - 980, 90, 80),
    )
    _write_geojson(
        folder / "rigenerazione.geojson",
        [
            _feature(_block(x, y, w, h), id_area=code, nome=name, tipo="dismessa")
            for code, name, x, y, w, h in areas
        ],
    )


def _lum_faults():
    return [
        Fault("LUM-OVEST", "perimetro che lascia fuori il nodo", "STTM2-503"),
        Fault("LUM-OVEST", "perimetro troppo piccolo rispetto al cerchio", "STTM2-502"),
        Fault("LUM-EST", "perimetro comunale assente", "STTM2-501"),
    ]


# Services -----------------------------------------------------------------------------

# (number, name, type in the comune's words, level, operator, capacity, unit)
_POINTS = (
    (1, "Liceo scientifico «Aurora»", "Scuola secondaria di II grado", "sovracomunale", "Stato",
     "1.250", "iscritti"),
    (1, "Istituto tecnico «Le Rogge»", "Scuola secondaria di II grado", "sovracomunale", "Stato",
     "640", "iscritti"),
    (3, "Scuola secondaria di I grado «Martesana»", "Scuola media", "locale", "Stato", "420",
     "iscritti"),
    (4, "Scuola primaria «Gelso»", "Scuola primaria", "locale", "Stato", "310", "iscritti"),
    (5, "Scuola dell'infanzia «Girasole»", "Scuola dell'infanzia", "locale", "Comune", "120",
     "iscritti"),
    (4, "Asilo nido «Papavero»", "Asilo nido", "locale", "Cooperativa Nido", "45", "posti"),
    (1, "Biblioteca civica «Naviglio»", "Biblioteca", "sovracomunale", "Comune", "", ""),
    (1, "Teatro comunale «Argento»", "Teatro", "sovracomunale", "Fondazione Argento", "480",
     "posti a sedere"),
    (1, "Cinema multisala «Lanterna»", "Cinema", "sovracomunale", "Lanterna srl", "1.100",
     "posti a sedere"),
    (1, "Museo civico della seta", "Museo", "sovracomunale", "Comune", "", ""),
    (1, "Presidio ospedaliero «San Bruno»", "Ospedale", "sovracomunale", "ASST", "215,0",
     "posti letto"),
    (2, "RSA «Il Glicine»", "RSA", "sovracomunale", "Fondazione Glicine", "98", "posti letto"),
    (4, "Farmacia comunale", "Farmacia", "locale", "Azienda speciale", "", ""),
    (3, "Ambulatorio di quartiere", "Ambulatorio", "locale", "ASST", "", ""),
    (1, "Stazione Carabinieri", "Carabinieri", "sovracomunale", "Ministero", "", ""),
    (1, "Distaccamento Vigili del Fuoco", "Vigili del fuoco", "sovracomunale", "Ministero", "",
     ""),
    (1, "Comando di Polizia locale", "Polizia locale", "locale", "Comune", "", ""),
    (1, "Guardia di Finanza", "Caserma Guardia di Finanza", "sovracomunale", "Ministero", "", ""),
    (2, "Ufficio postale", "Ufficio postale", "locale", "Poste", "", ""),
    (1, "Municipio", "Municipio", "locale", "Comune", "", ""),
    (4, "Chiesa parrocchiale", "Edificio di culto", "locale", "Parrocchia", "", ""),
    (2, "Centro anziani", "Centro anziani", "locale", "Comune", "", ""),
    (2, "Parcheggio pubblico", "Parcheggio", "locale", "Comune", "85", "posti auto"),
    (1, "Centro per l'impiego", "Centro per l'impiego", "sovracomunale", "AFOL", "", ""),
    (1, "Palazzetto dello sport «Gorgona»", "Palazzetto dello sport", "sovracomunale",
     "Polisportiva", "2.100", "posti a sedere"),
)  # fmt: skip

# What the comune knows of its larger services: share of users from elsewhere, comuni served,
# inhabitants of the catchment, specific type.
_KNOWN = {
    "Presidio ospedaliero «San Bruno»": ("0,61", "24", "310000", "DEA_II"),
    "Liceo scientifico «Aurora»": ("0,42", "9", "61000", ""),
    "Istituto tecnico «Le Rogge»": ("0,48", "11", "74000", ""),
    "Biblioteca civica «Naviglio»": ("0,31", "5", "34000", "centro_sistema"),
    "Teatro comunale «Argento»": ("0,35", "6", "45000", ""),
    "Palazzetto dello sport «Gorgona»": ("0,08", "2", "14000", ""),
    "Museo civico della seta": ("0,05", "1", "9000", ""),
}

_STATES = ("Esistente", "esist.", "E", "Attuato", "in esercizio")


def _write_points(folder, rng):
    rows, faults = [], []
    number = 0
    for count, name, kind, level, operator, capacity, unit in _POINTS:
        for copy in range(count):
            number += 1
            x, y = _somewhere(rng)
            title = name if count == 1 else f"{name} {copy + 1}"
            state = _STATES[number % len(_STATES)]
            rows.append(
                Punto(f"P{number:03d}", title, kind, state, level, x, y, operator, capacity, unit)
            )

    def add(row, what, *expected):
        rows.append(row)
        faults.extend(Fault(row.codice, what, answer) for answer in expected)

    x, y = CENTRE
    add(
        Punto(
            "P101",
            "Farmacia Centrale",
            "Farmacia",
            "Esistente",
            "sovracomunale",
            x + 120,
            y + 60,
            "Farmacia srl",
        ),
        "farmacia dichiarata sovracomunale",
        "STTM2-304",
    )
    add(
        Punto(
            "P102",
            "Scuola media «Ponti»",
            "Scuola media",
            "Esistente",
            "intercomunale",
            x - 340,
            y + 210,
            "Stato",
            "380",
            "iscritti",
        ),
        "scuola media dichiarata intercomunale",
        "STTM2-304",
    )
    add(
        Punto(
            "P103",
            "Ex ospedale vecchio",
            "Ospedale",
            "Esistente",
            "sovracomunale",
            x - 90,
            y - 260,
            "ASST",
        ),
        "ex ospedale ancora in elenco",
        "STTM2-208",
    )
    add(
        Punto(
            "P104",
            "Stazione di servizio Est",
            "Impianto",
            "Esistente",
            "locale",
            x + 800,
            y - 40,
            "Carburanti srl",
        ),
        "stazione di servizio, non stazione",
        "non TRA.01",
    )
    add(
        Punto("P105", "Caserma", "n.d.", "Esistente", "sovracomunale", x + 410, y + 330, "-"),
        "nome generico, categoria da scegliere",
        "STTM2-201",
    )
    add(
        Punto(
            "P106",
            "Centro antiviolenza",
            "Servizio sociale d'ambito",
            "Esistente",
            "sovracomunale",
            x + 15,
            y + 480,
            "Ambito",
        ),
        "struttura da non localizzare",
        "UNPLACED",
    )
    add(
        Punto(
            "P107",
            "Ambulatorio veterinario",
            "Ambulatorio",
            "?",
            "locale",
            x - 620,
            y - 300,
            "Privato",
        ),
        "stato illeggibile",
        "stato NULL",
    )
    add(
        Punto("P108", "Sala civica", "Centro civico", "", "locale", x + 240, y + 610, "Comune"),
        "stato mancante",
        "stato NULL",
    )
    add(
        Punto(
            "P109",
            "Piscina intercomunale",
            "Piscina",
            "Esistente",
            "intercomunale",
            None,
            None,
            "Consorzio",
            "900",
            "utenti/giorno",
        ),
        "senza coordinate",
        "senza_posizione",
    )
    add(
        Punto(
            "P110",
            "Centro sportivo «Le Vigne»",
            "Centro sportivo",
            "Esistente",
            "locale",
            0.0,
            0.0,
            "Comune",
        ),
        "coordinate 0,0",
        "coordinate_non_valide",
    )
    add(
        Punto(
            "P111",
            "Impianto di depurazione «Molgora»",
            "Depuratore",
            "Esistente",
            "sovracomunale",
            x + 3100,
            y - 300,
            "Gestore unico",
            "180.000",
            "AE",
        ),
        "posto in un comune contermine",
        "STTM2-108",
    )
    add(
        Punto(
            "P112",
            "Biblioteca civica «Naviglio»",
            "Biblioteca",
            "Esistente",
            "sovracomunale",
            rows[_index(rows, "Biblioteca civica «Naviglio»")].est + 9,
            rows[_index(rows, "Biblioteca civica «Naviglio»")].nord + 4,
            "Comune",
        ),
        "stesso servizio inserito due volte",
        "STTM2-110",
    )
    add(
        Punto(
            "P113",
            "Ludoteca comunale",
            "Ludoteca",
            "Esistente",
            "locale",
            x - 210,
            y + 700,
            "Comune",
            note="referente: 333 1234567",
        ),
        "recapito personale nelle note",
        "STTM2-941",
    )
    add(
        Punto(
            "P114",
            "Museo della CittÃ\xa0",
            "Museo",
            "Esistente",
            "sovracomunale",
            x - 480,
            y + 90,
            "Comune",
        ),
        "testo con doppia codifica",
        "STTM2-119",
    )
    add(
        Punto(
            "P115",
            "Capolinea autolinee Porta Ovest",
            "Capolinea autobus",
            "Esistente",
            "sovracomunale",
            LUM_WEST[0] + 70,
            LUM_WEST[1] - 40,
            "Agenzia TPL",
        ),
        "capolinea nel LUM",
        "in LUM-OVEST",
    )
    add(
        Punto(
            "P001",
            "Scuola primaria «Salice»",
            "Scuola primaria",
            "Esistente",
            "locale",
            x - 700,
            y + 420,
            "Stato",
            "n.d.",
            "",
        ),
        "chiave della fonte ripetuta",
        "D40",
    )
    total = Punto("", "TOTALE SERVIZI", "", "", "", None, None, "", str(len(rows)), istat="")
    add(total, "riga di totale", "riga_totale")

    # As a municipal spreadsheet is saved: semicolons, decimal commas, Windows encoding.
    with (folder / "servizi_puntuali.csv").open("w", newline="", encoding="cp1252") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(
            "COD_SERV DENOMINAZIONE TIPOLOGIA STATO LIVELLO COD_ISTAT GESTORE CAPACITA UM X Y "
            "QUOTA_UTENTI_ESTERNI N_COMUNI_SERVITI BACINO_EFFETTIVO_AB TIPO_SPECIFICO NOTE".split()
        )
        for row in rows:
            writer.writerow([
                row.codice, row.denominazione, row.tipologia, row.stato, row.livello, row.istat,
                row.gestore or "NULL", row.capacita, row.unita, _comma(row.est), _comma(row.nord),
                *_KNOWN.get(row.denominazione, ("", "", "", "")), row.note or "-",
            ])  # fmt: skip
    return faults


def _index(rows, name):
    return next(k for k, row in enumerate(rows) if row.denominazione == name)


def _somewhere(rng):
    """Return a place in town, denser towards the centre."""
    angle, radius = rng.uniform(0, 2 * math.pi), 1250.0 * rng.uniform(0.05, 1) ** 0.8
    return (
        round(CENTRE[0] + radius * math.cos(angle), 2),
        round(CENTRE[1] + 0.8 * radius * math.sin(angle), 2),
    )


def _comma(value):
    return "" if value is None else f"{value:.2f}".replace(".", ",")


def _write_areas(folder, rng):
    rows, faults = [], []

    def add(row, what="", *expected):
        rows.append(row)
        faults.extend(Fault(row.codice, what, answer) for answer in expected)

    x, y = CENTRE
    slots = _slots(rng)
    parks = (("Parco delle Rogge", 190, 130), ("Parco urbano Est", 150, 110),
             ("Parco del Bosco", 240, 170), ("Verde pubblico Nord", 120, 90))  # fmt: skip
    for k, (name, width, height) in enumerate(parks):
        add(_area(f"A{k + 1:03d}", name, "VERDE", "E", "sovracomunale", next(slots), width, height))
    for k in range(9):
        add(
            _area(
                f"A{k + 11:03d}",
                f"Giardino di via {k + 1}",
                "VERDE",
                "E",
                "locale",
                next(slots),
                40 + 3 * k,
                35,
            )
        )
    add(
        _area("A021", "Parco Piccolo", "VERDE", "E", "sovracomunale", (x - 520, y - 610), 60, 45),
        "verde sotto 5.000 mq dichiarato sovracomunale",
        "STTM2-205",
    )
    for k in range(3):
        add(
            _area(
                f"A03{k}",
                f"Aiuola Lunga {k + 1}",
                "VERDE",
                "E",
                "locale",
                (x + 560 + 62 * k, y + 820),
                56,
                40,
            ),
            *(("verde contiguo che insieme supera la soglia", "STTM2-206") if k == 0 else ()),
        )
    add(
        _area(
            "A041",
            "Centro sportivo comunale «Stadio»",
            "SPORT",
            "E",
            "sovracomunale",
            (x - 1050, y - 420),
            230,
            180,
            "4,1 ha",
        )
    )
    add(
        _area(
            "A042", "Campo singolo di via Prati", "SPORT", "E", "locale", (x + 940, y + 380), 70, 45
        )
    )
    add(
        Area(
            "A043",
            "Area sportiva «Farfalla»",
            "SPORT",
            "E",
            "locale",
            _bow_tie(x + 330, y - 760, 90, 70),
        ),
        "poligono che si autointerseca",
        "D11",
    )
    add(
        Area(
            "A044",
            "Residuo di digitalizzazione",
            "VERDE",
            "E",
            "locale",
            _block(x - 850, y + 640, 4.0, 3.0),
        ),
        "poligono di scarto",
        "STTM2-112",
    )
    add(_area("A045", "Cimitero", "CIMITERO", "E", "locale", (x + 1180, y + 700), 170, 140))
    add(
        _area(
            "A046", "Piattaforma ecologica", "IMPIANTI", "E", "locale", (x - 1250, y + 520), 80, 60
        )
    )
    add(
        _area(
            "A047",
            "Centrale di teleriscaldamento",
            "IMPIANTI",
            "E",
            "sovracomunale",
            (x + 1150, y - 760),
            110,
            80,
        )
    )
    add(
        _area(
            "A048",
            "Parcheggio di interscambio Porta Ovest",
            "PARCHEGGI",
            "E",
            "sovracomunale",
            (LUM_WEST[0] + 130, LUM_WEST[1] + 120),
            100,
            70,
        )
    )
    add(
        _area(
            "A049",
            "Polo scolastico «Le Rogge»",
            "ISTRUZIONE",
            "E",
            "sovracomunale",
            (x + 620, y - 240),
            150,
            110,
            "16500",
        )
    )
    add(
        _area(
            "A050", "Verde del polo scolastico", "VERDE", "E", "locale", (x + 660, y - 215), 110, 90
        ),
        "aree a servizi sovrapposte",
        "STTM2-111",
    )
    add(
        _area(
            "A051",
            "Area feste",
            "CULTURA",
            "E",
            "sovracomunale",
            (x - 150, y + 1120),
            120,
            90,
            "1.080,00",
        ),
        "superficie dichiarata dieci volte minore",
        "D38",
    )
    for k in range(10):
        add(
            _area(
                f"A06{k}",
                f"Parcheggio {k + 1}",
                "PARCHEGGI",
                "E" if k % 4 else "P",
                "locale",
                next(slots),
                45,
                28,
            )
        )
    add(
        _area(
            "A071",
            "Nuovo centro sportivo Est",
            "SPORT",
            "P",
            "sovracomunale",
            (LUM_EAST[0] + 60, LUM_EAST[1] - 120),
            140,
            110,
        )
    )
    add(
        _area(
            "A072",
            "Ampliamento Parco delle Rogge",
            "VERDE",
            "P",
            "sovracomunale",
            (x - 200, y - 1320),
            200,
            140,
        )
    )

    import geopandas as gpd

    frame = gpd.GeoDataFrame(
        {
            "COD_AREA": [row.codice for row in rows],
            "DENOMINAZI": [row.denominazione for row in rows],
            "CATEGORIA": [row.categoria for row in rows],
            "STATO": [row.stato for row in rows],
            "VALENZA": [row.valenza for row in rows],
            "COD_ISTAT": [15108] * len(rows),
            "SUP_DICH": [row.superficie for row in rows],
        },
        geometry=[row.geometry for row in rows],
        crs="EPSG:32632",
    )
    frame.to_file(folder / "servizi_aree.shp", driver="ESRI Shapefile", encoding="cp1252")
    # As CAD programs leave it: no .cpg beside the DBF.
    (folder / "servizi_aree.cpg").unlink(missing_ok=True)
    return faults


def _slots(rng):
    """Yield places for small areas that don't overlap the ones placed by hand."""
    x, y = CENTRE
    places = [(x - 1000 + 250 * i, y + 40 + 250 * j) for i in range(9) for j in (-4, 2, 4)]
    for k in rng.permutation(len(places)):
        yield places[k]


def _area(code, name, category, state, valenza, place, width, height, declared=None):
    geometry = _block(*place, float(width), float(height))
    if declared is None:
        declared = f"{geometry.area:.2f}".replace(".", ",")
    return Area(code, name, category, state, valenza, geometry, declared)


def _write_planned(folder):
    """What the plan foresees, as points in degrees: another office, another file."""
    x, y = CENTRE
    rows = (
        ("N01", "Nuovo teatro di Porta Est", "Teatro", "metropolitana", LUM_EAST, 60.0, -30.0),
        ("N02", "Nuovo ospedale di Porta Est", "Ospedale", "metropolitana", LUM_EAST, -80.0, 40.0),
        ("N03", "Nuova sede universitaria", "Università", "metropolitana", (x, y), 150.0, 1250.0),
        ("N04", "Casa della comunità", "Casa della comunità", "sovracomunale", (x, y), -60, -420),
        ("N05", "Distaccamento Vigili del Fuoco Est", "Vigili del fuoco", "intercomunale",
         LUM_EAST, 120.0, 160.0),
        ("N06", "Nuova RSA «La Magnolia»", "RSA", "sovracomunale", (x, y), 480.0, 300.0),
    )  # fmt: skip
    features = [
        _feature(
            Point(_degrees(place[0] + dx, place[1] + dy)),
            ID=code,
            NOME=name,
            TIPO=kind,
            STATO="previsto",
            FASE="progetto" if code != "N04" else "",
            LIVELLO=level,
            COD_COMUNE=ISTAT,
        )
        for code, name, kind, level, place, dx, dy in rows
    ]
    _write_geojson(folder / "servizi_previsti.geojson", features, crs=None)
    return [
        Fault("N02", "ospedale previsto in un LUM che non lo ammette", "STTM2-505"),
        Fault("N03", "servizio metropolitano previsto lontano dai LUM", "STTM2-507"),
    ]


def _write_other_sources(folder):
    """A second reading from other sources: some services agree, some are only there."""
    x, y = CENTRE
    rows = (
        ("R1", "Stazione dei Carabinieri di prova", "Carabinieri", x + 640.0, y - 700.0),
        ("R2", "Centro sportivo comunale Stadio", "Centro sportivo", x - 935.0, y - 330.0),
        ("R3", "Museo delle acque", "Museo", x + 75.0, y - 520.0),
        ("R4", "Parco delle Rogge", "Parco urbano", x - 100.0, y + 300.0),
    )
    _write_geojson(
        folder / "lettura2_altre_fonti.geojson",
        [
            _feature(Point(_degrees(e, n)), codice=code, denominazione=name, tipologia=kind)
            for code, name, kind, e, n in rows
        ],
        crs=None,
    )


def _block(x, y, width, height):
    turn = math.radians(12)
    corners = [(0, 0), (width, 0), (width, height), (0, height)]
    return Polygon(
        [
            (
                round(x + a * math.cos(turn) - b * math.sin(turn), 2),
                round(y + a * math.sin(turn) + b * math.cos(turn), 2),
            )
            for a, b in corners
        ]
    )


def _bow_tie(x, y, width, height):
    return Polygon([(x, y), (x + width, y + height), (x + width, y), (x, y + height)])


# Writing ------------------------------------------------------------------------------


def _degrees(east, north):
    """Return longitude and latitude of a UTM 32N place (pyproj comes with geopandas)."""
    from pyproj import Transformer

    transformer = Transformer.from_crs("EPSG:32632", "EPSG:4326", always_xy=True)
    longitude, latitude = transformer.transform(east, north)
    return round(longitude, 7), round(latitude, 7)


def _feature(geometry, **properties):
    return {"type": "Feature", "properties": properties, "geometry": mapping(geometry)}


def _line(points, **properties):
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "LineString", "coordinates": [list(point) for point in points]},
    }


def _write_geojson(path, features, crs="urn:ogc:def:crs:EPSG::32632"):
    document = {"type": "FeatureCollection", "name": path.stem, "features": features}
    if crs:
        document["crs"] = {"type": "name", "properties": {"name": crs}}
    path.write_text(json.dumps(document, ensure_ascii=False) + "\n", encoding="utf-8")


def territory():
    """Return the polygon of the comune and of all the ground of the demonstration."""
    comune = _boundary()
    return comune, unary_union([comune, comune.buffer(2700)])
