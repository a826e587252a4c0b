"""A plan of Rho with one defect for each check, on known objects; and the same plan without."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
from shapely.geometry import MultiPolygon, Point, Polygon, box

from sttm_plugin.core.pack import load_pack
from sttm_plugin.core.reference import comuni as all_comuni
from sttm_plugin.core.reference import resolve_comune

from ..core.every_check import attributes, category_with
from ..core.timetables import every, gtfs

X, Y = 502000.0, 5042000.0
RHO, MILAN = "015182", "015146"
PEOPLE = resolve_comune(RHO).popolazione
WHOLE = {
    "istat": RHO,
    "comune": "Rho",
    "codice_sttm": "CUL.01",
    "stato": "esistente",
    "lettura": 1,
    "fonte": "PGT",
    "gestore": "Comune di Rho",
    "data_rif": "2025-12-31",
    "data_inizio_validita": "2020-01-01",
    # An area not known could only add to the endowment: nobody could say that it is too little.
    "superficie_dichiarata_mq": 10.0,
}
PLANNED = {"stato": "previsto", "fase_progetto": "progetto", "anno_previsto": 2028.0}
ELSEWHERE = {"istat": MILAN, "valenza_dichiarata": "metropolitana"}
TODAY = "1767225600"  # 1 January 2026, as SOURCE_DATE_EPOCH


def at(dx, dy=0.0):
    return Point(X + dx, Y + dy)


def square(dx, dy, side, height=None):
    height = side if height is None else height
    return MultiPolygon([box(X + dx, Y + dy, X + dx + side, Y + dy + height)])


def _frame(rows):
    frame = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs="EPSG:32632")
    return frame


def _service(key, name, shape, **more):
    return {"id_servizio": key, "denominazione": name, "geometry": shape, **WHOLE, **more}


def _clean():
    """Services without an error: what the plan must have, far from one another."""
    green = {"codice_sttm": "VER.01", "computo_dotazione": "locale"}
    side = (19.0 * PEOPLE) ** 0.5
    return [
        _service("c1", "Biblioteca di via Roma", at(-1500, -1500), **attributes(cod_zo="NOV")),
        _service("c2", "Parco urbano", square(-3000, 400, side), **green),
        _service("c3", "Museo civico", at(1500, -1500), codice_sttm="CUL.03"),
        _service(
            "c4", "Teatro comunale", at(-2500, -2500), codice_sttm="CUL.02",
            valenza_dichiarata="intercomunale", valenza_calcolata="intercomunale", copertura=0.9,
            **attributes(popolazione_gravitante=9000),
        ),
    ]  # fmt: skip


def _planted():
    """Return the rows with a defect, and {code: the object it must be found on}."""
    rows, found = [], {}

    def add(code, key, name, shape, **more):
        rows.append(_service(key, name, shape, **more))
        found.setdefault(code, key)

    def south(number):
        return at(-2900 + 150 * number, -900)

    over = {"valenza_dichiarata": "metropolitana", "valenza_calcolata": "locale", "copertura": 0.9}
    add("STTM2-103", "d103", "Archivio uno", south(0))
    add("STTM2-103", "d103", "Archivio due", south(0.3))
    add("STTM2-105", "d105", "Sala senza luogo", None)
    add("STTM2-106", "d106", "Campo storto", MultiPolygon([Polygon(
        [(X, Y - 2000), (X + 40, Y - 1960), (X + 40, Y - 2000), (X, Y - 1960)])]))  # fmt: skip
    add("STTM2-108", "d108", "Deposito lontano", at(3500))
    add("STTM2-109", "d109", "Bosco puntuale", south(1), codice_sttm="VER.01")
    add("STTM2-110", "d110", "Centro culturale Aldo Moro", south(2))
    add("STTM2-110", "d110b", "Centro culturale Aldo Moro", south(2.1))
    add("STTM2-111", "d111", "Area mista", square(0, -2400, 60))
    add("STTM2-111", "d111b", "Area sportiva", square(30, -2400, 60), codice_sttm="SPO.01")
    add("STTM2-112", "d112", "Aiuola", square(300, -2400, 4), codice_sttm="LOC.07")
    add("STTM2-114", "d114", "Sala civica", south(3), stato="aperto")
    add("STTM2-115", "d115", "Area astride", square(2990, -2900, 100))
    add("STTM2-116", "d116", "Sala vecchia", south(4), data_fine_validita="2010-01-01")
    add("STTM2-117", "d117", "Sala datata", south(5), data_rif="2015-01-01")
    add("STTM2-118", "d118", "Sala enorme", south(6), utenti_fuori_comune=7.0)
    add("STTM2-119", "d119", "CittÃ\u00a0 dei libri", south(7))
    add("STTM2-201", "d201", "Cosa ignota", south(8), codice_sttm=None)
    add("STTM2-202", "d202", "Cinema e teatro Roma", south(9), confidenza=0.5)
    add("STTM2-203", "d203", "Farmacia ospedale maggiore", south(10), codice_sttm="LOC.05")
    add("STTM2-204", "d204", "Sala letture", south(11), macrocategoria="Sanità")
    add(
        "STTM2-205", "d205", "Giardinetto", square(600, -2400, 40), codice_sttm="VER.01",
        valenza_dichiarata="metropolitana",
    )  # fmt: skip
    add("STTM2-206", "d206", "Prato est", square(900, -2400, 60), codice_sttm="LOC.07")
    add("STTM2-206", "d206b", "Prato ovest", square(965, -2400, 60), codice_sttm="LOC.07")
    add("STTM2-207", "d207", "Casa di comunità", south(12), codice_sttm="EXT.01")
    add("STTM2-208", "d208", "Ex macello", south(13))
    add("STTM2-301", "d301", "Lettura grande", south(14), **over)
    add(
        "STTM2-302", "d302", "Lettura media", south(15), valenza_dichiarata="metropolitana",
        valenza_calcolata="intercomunale", copertura=0.9,
    )  # fmt: skip
    add(
        "STTM2-303", "d303", "Lettura piccola", south(16), valenza_dichiarata="locale",
        valenza_calcolata="metropolitana", copertura=0.9,
    )  # fmt: skip
    add(
        "STTM2-304",
        "d304",
        "Nido",
        south(17),
        codice_sttm="LOC.05",
        valenza_dichiarata="intercomunale",
    )
    add(
        "STTM2-305", "d305", "Lettura incerta", south(18), valenza_calcolata="non_determinabile",
        copertura=0.1,
    )  # fmt: skip
    add("STTM2-306", "d306", "Lettura muta", south(19), **over)
    add("STTM2-307", "d307", "Lettura detta", south(20), giustificazione="Serve l'intera zona.")
    add("STTM2-308", "d308", "Lettura atto", south(21), riconoscimento_art10_ptm="sovracomunale")
    add(
        "STTM2-309", "d309", "Arena futura", south(22), valenza_calcolata="metropolitana",
        copertura=0.9, **PLANNED,
    )  # fmt: skip
    near = {"n_comuni_serviti": 3, "bacino_effettivo_ab": 29000, "pop_2km_altri_comuni_ab": 4500}
    rows.append(
        _service(
            "d310", "Verde in bilico", square(1500, -2400, 212.2), codice_sttm="VER.01",
            utenti_fuori_comune=0.24,
            **attributes(**{n: {"valore": v, "natura": "rilevato"} for n, v in near.items()}),
        )
    )  # fmt: skip
    add("STTM2-404", "d404", "Quota locale", square(1200, -2900, 30), computo_dotazione="locale")
    add(
        "STTM2-404",
        "d404b",
        "Quota zona",
        square(1210, -2900, 30),
        computo_dotazione="sovracomunale",
    )
    add("STTM2-407", "d407", "Sala di Alfa", south(23), gestore="Alfa S.r.l.")
    add("STTM2-505", "d505", "Nel nodo", at(30), codice_sttm=category_with("N"), **PLANNED)
    add("STTM2-506", "d506", "A condizione", at(60), codice_sttm=category_with("C"), **PLANNED)
    add("STTM2-507", "d507", "Lontano dal nodo", at(-2800, 2800), valenza_calcolata="metropolitana",
        copertura=0.9, **PLANNED)  # fmt: skip
    add("STTM2-509", "d509", "Nei campi", square(2000, 2000, 30), codice_sttm="SPO.01", **PLANNED)
    add("STTM2-601", "d601", "Isolata a piedi", at(-2900, -2900))
    add("STTM2-602", "d602", "Isolata in bici", at(-2950, 2950))
    add("STTM2-604", "d604", "Senza fermata", at(-2900, 2900), valenza_dichiarata="metropolitana",
        valenza_calcolata="metropolitana", copertura=0.9)  # fmt: skip
    add("STTM2-605", "d605", "Poco servita", at(2500), valenza_dichiarata="metropolitana",
        valenza_calcolata="metropolitana", copertura=0.9)  # fmt: skip
    found["STTM2-603"] = "d605"
    small = {"codice_sttm": "SPO.02", "capacita_um": "posti"}
    for number, (key, seats) in enumerate(
        (("d702", 10), ("d702b", 10), ("d702c", 900), ("d702d", 900))
    ):
        add(
            "STTM2-702",
            key,
            f"Palazzetto {key}",
            at(-500 + 250 * number, 1500),
            capacita=float(seats),
            **small,
        )
    for number in range(8):
        rows.append(
            _service(
                f"d704{number}",
                f"Caserma {number}",
                at(1800 + 60 * number, 1500),
                codice_sttm="SIC.03",
            )
        )
    add("STTM2-801", "d801", "Biblioteca assente altrove", south(24))
    add("STTM2-803", "d803", "Biblioteca da confermare", south(25))
    add("STTM2-804", "d804", "Biblioteca discorde", south(26), capacita=100.0, capacita_um="posti")
    add("STTM2-805", "d805", "Biblioteca molteplice", south(27))
    add("STTM2-901", "d901", "Arena contesa", south(28), valenza_dichiarata="locale")
    add("STTM2-902", "d902", "Arena servente", south(29), **attributes(comuni_serviti=[MILAN]))
    add("STTM2-903", "d903", "Polo doppio", south(30), codice_sttm="LOC.15", **PLANNED)
    add("STTM2-904", "d904", "Sala di un'altra zona", south(31), **attributes(cod_zo="SUE"))
    add("STTM2-905", "d905", "Presso il parco", at(2700, 900), **PLANNED)
    add("STTM2-922", "d922", "Già cantiere", south(32), **{**PLANNED, "fase_progetto": "cantiere"})
    add("STTM2-924", "d924", "In ritardo", south(33), fonte_id="A11B22000010006",
        **{**PLANNED, "stato": "in_corso", "fase_progetto": "cantiere"})  # fmt: skip
    add("STTM2-941", "d941", "Sportello", south(34), gestore="mario.rossi@comune.rho.mi.it")
    add("STTM2-942", "d942", "Sala contata", south(35), **attributes(utenti_per_comune={MILAN: 2}))
    add("STTM2-943", "d943", "Casa rifugio", south(36), codice_sttm="EXT.07")
    add(
        "STTM2-944",
        "d944",
        "Carcere",
        south(37),
        codice_sttm="SIC.02",
        **attributes(planimetria="a"),
    )
    add("STTM2-945", "d945", "Dato altrui", south(38), fonte="Portale", lettura=2)
    for code in (113, 310, 401, 402, 403, 405, 606, 607, 701, 703, 704, 806, 921, 945):
        found[f"STTM2-{code}"] = RHO
    for code in (501, 508, 510, 511):
        found[f"STTM2-{code}"] = "L2" if code == 511 else "L1"
    found.update({"STTM2-502": "L3", "STTM2-503": "L3", "STTM2-504": "L4", "STTM2-923": "L1"})
    found["STTM2-802"] = "r802"
    return rows, found


def _others(park):
    """Return a service of each category in every comune of the zone and around, but CUL.04."""
    zone = resolve_comune(RHO).zona_omogenea
    inside = {one.istat for one in all_comuni().values() if one.zona_omogenea == zone} - {RHO}
    around = set().union(*(all_comuni()[code].contermini for code in inside | {RHO})) | inside
    kinds = [c for c, one in load_pack().categorie.items() if one.tipo_riga == "categoria"]
    rows = []
    for code in sorted(around - {RHO}):
        for kind in kinds:
            if kind == "CUL.04":
                continue
            area = park if kind == "VER.01" and code in inside else 10.0
            rows.append(
                _service(
                    f"n{code}{kind}", f"{kind} di {code}", at(20_000 + int(code[3:])), istat=code,
                    codice_sttm=kind, superficie_mq=area, valenza_dichiarata="intercomunale",
                )
            )  # fmt: skip
    return rows, sorted(inside)


def make(folder, planted):
    """Return (the layers of checkplan as frames, {code: object}), with or without defects."""
    own, found = _clean(), {}
    neighbours, inside = _others(1e9 if not planted else 10.0)
    if planted:
        rows, found = _planted()
        own = own[:1] + own[2:3] + rows
        rows[0]["fonte"] = None
        own += [_service("d405", "Arena nota", at(-100, 2000), valenza_dichiarata="metropolitana",
                         valenza_calcolata="metropolitana", copertura=0.9,
                         **attributes(popolazione_gravitante=0))]  # fmt: skip
        own += [_service("d511", "Dal nodo", at(-2300, 2000), id_lum="L2")]
        theirs = next(row for row in rows if row["id_servizio"] == "d901")
        neighbours += [
            {**theirs, **ELSEWHERE, "id_servizio": "n901"},
            _service("n903", "Polo gemello", at(-2900 + 150 * 30, -880), istat=inside[0],
                     codice_sttm="LOC.15", **PLANNED),
        ]  # fmt: skip
    homes = [{"popolazione": 100.0, "istat": RHO, "geometry": at(1600, -900)}]
    if planted:
        # Some live in a LUM, where no service for more than the comune is, and many far away.
        homes += [{"popolazione": 100.0, "istat": RHO, "geometry": at(0)}]
        homes += [{"popolazione": 900.0, "istat": RHO, "geometry": at(9000, 9000)}]
    homes += [
        {"popolazione": 100.0, "istat": code, "geometry": at(20_000 + int(code[3:]))}
        for code in inside
    ]
    circle = Point(X, Y).buffer(500, 32)
    layers = {
        "SERVICES": _frame(own),
        "COMUNI": _frame(
            [
                {"istat": RHO, "geometry": square(-3000, -3000, 6000)},
                {"istat": MILAN, "geometry": square(3000, -3000, 6000)},
            ]
        ),
        "POPULATION": _frame(homes),
        "NEIGHBOURS": _frame(neighbours),
    }  # fmt: skip
    if not planted:
        return layers, found
    lum = {"rango": "sovracomunale", "stato": "esistente", "raggio_m": 350.0,
           "contesto": "periurbano", "livello_servizio": 10.0, "metodo": "rete"}  # fmt: skip
    layers["LUM"] = _frame(
        [
            {"id_lum": "L1", "nome": "Rho", **lum, "geometry": MultiPolygon([circle])},
            {
                "id_lum": "L2", "nome": "Futuro", **{**lum, "stato": "previsto"},
                "geometry": square(-2500, 1800, 300),
            },
            {"id_lum": "L3", "nome": "Rho Sud", **lum, "geometry": square(-2000, -200, 400)},
            {"id_lum": "L4", "nome": "Confine", **lum, "geometry": square(2800, 200, 400)},
        ]
    )  # fmt: skip
    layers["LUM_PERIMETERS"] = _frame(
        [
            {"id_lum": "L3", "istat": RHO, "geometry": square(-2000, -200, 50)},
            {"id_lum": "L4", "istat": RHO, "geometry": square(2800, 200, 50)},
            {"id_lum": "L4", "istat": MILAN, "geometry": square(3100, 200, 50)},
        ]
    )
    layers["STOPS"] = _frame(
        [
            {"tipo": "bus", "id_lum": None, "geometry": at(2500, 100)},
            {"tipo": "ferrovia", "id_lum": "L3", "geometry": at(-1700, -50)},
        ]
    )
    layers["REGENERATION"] = _frame([{"nome": "Ex scalo", "geometry": square(-200, -200, 60)}])
    layers["LANDUSE"] = _frame([{"COD_TOT": "2111", "geometry": square(1900, 1900, 400)}])
    layers["PROTECTED"] = _frame([{"nome": "Parco", "geometry": square(2800, 900, 100)}])
    project = {"istat": RHO, "data_fine_prevista": "2020-01-01"}
    layers["FUNDING"] = _frame(
        [
            {**project, "cup": "A11B22000010006", "geometry": at(-2950, 1000)},
            {**project, "cup": "Z99B22000010006", "geometry": at(0, 2900)},
        ]
    )  # fmt: skip
    two = {row["id_servizio"]: row for row in own if str(row["id_servizio"]).startswith("d80")}
    second = [
        ("r803", "d803", 120, {}), ("r804", "d804", 0, {"capacita": 300.0}),
        ("r805", "d805", 0, {}), ("r805b", "d805", 5, {}),
    ]  # fmt: skip
    layers["READING2"] = _frame(
        [
            {**two[key], "id_servizio": new, "lettura": 2, "fonte": "MIM", **more,
             "geometry": Point(two[key]["geometry"].x, two[key]["geometry"].y + away)}
            for new, key, away, more in second
        ]
        + [_service("r802", "Sala mai vista", at(0, -2700), lettura=2, fonte="MIM")]
    )  # fmt: skip
    stops = {"a": (X + 2500, Y + 50), "b": (X + 2500, Y + 9000)}
    path = folder / "orari.zip"
    gtfs(path, stops, every(120, ["b", "a"]) + every(120, ["a", "b"]))
    layers["GTFS"] = str(path)
    return layers, found
