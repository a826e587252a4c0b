"""Attributes computed from the layers around the services: values worked by hand."""

from __future__ import annotations

import pytest

pytest.importorskip("geopandas")

import json

from shapely.geometry import MultiPolygon, Point, box

from sttm_plugin.core import attributes, context
from sttm_plugin.core.errors import SttmError
from sttm_plugin.core.pack import load_pack
from sttm_plugin.core.reference import comuni, resolve_comune

from .plans import CENTRE, CRS, ISTAT, layer, services

X, Y = CENTRE
# A comune of the metropolitan city that is neither polo nor città centrale.
SMALL = next(one.istat for one in comuni().values() if not one.polo and not one.citta_centrale)


def computed(frame, **around):
    return attributes.compute_attributes(frame, load_pack(), **around)


def square(x, y, side):
    return MultiPolygon([box(x, y, x + side, y + side)])


def lum(*rows):
    return layer(*({"stato": "esistente", "rango": "metropolitano", **row} for row in rows))


def test_a_point_on_the_edge_of_a_lum_is_inside_and_one_beyond_is_not():
    frame = services(
        {"istat": SMALL, "geometry": Point(X + 100, Y)},
        {"istat": SMALL, "geometry": Point(X + 100.01, Y)},
        {"istat": SMALL, "geometry": None},
    )
    found = computed(frame, lum=lum({"id_lum": "L1", "geometry": box(X, Y - 50, X + 100, Y + 50)}))
    assert list(found["id_lum"]) == ["L1", None, None]
    assert list(found["rango_lum"]) == ["metropolitano", "nessuno", None]
    assert list(found["in_lum_polo_o_citta_centrale"]) == ["si", "no", None]


def test_an_area_lies_in_the_lum_that_holds_most_of_it():
    frame = services({"geometry": square(X, Y, 100)})
    found = computed(
        frame,
        lum=lum(
            {"id_lum": "A", "geometry": box(X, Y, X + 30, Y + 100)},
            {"id_lum": "B", "rango": "sovracomunale", "geometry": box(X + 30, Y, X + 100, Y + 100)},
        ),
    )
    assert list(found["id_lum"]) == ["B"]
    assert list(found["rango_lum"]) == ["sovracomunale"]


def test_a_planned_lum_holds_only_planned_services():
    frame = services(
        {"stato": "esistente", "geometry": Point(X, Y)},
        {"stato": "previsto", "geometry": Point(X, Y)},
    )
    planned = lum({"id_lum": "L", "stato": "previsto", "geometry": box(X - 9, Y - 9, X + 9, Y + 9)})
    assert list(computed(frame, lum=planned)["id_lum"]) == [None, "L"]


def test_without_lum_only_a_polo_or_a_central_town_can_be_told():
    frame = services({"istat": ISTAT}, {"istat": SMALL}, {"istat": "015146"})
    assert resolve_comune(ISTAT).polo
    assert resolve_comune("015146").citta_centrale
    found = computed(frame)
    assert list(found["in_lum_polo_o_citta_centrale"]) == ["si", None, "si"]
    assert "id_lum" not in found


@pytest.mark.parametrize(
    ("body", "above"),
    [
        ("ATS della Città Metropolitana di Milano", "si"),
        ("Ministero dell'Istruzione", "si"),
        ("Comune di Rho", "no"),
        ("Fondazione Rossi", None),
        ("Atsara s.r.l.", None),
        (None, None),
    ],
)
def test_the_name_of_the_body_that_plans_tells_whether_it_is_above_the_comune(body, above):
    found = computed(services({"ente_pianificatore": body}))
    assert list(found["ente_programmatore_sovracomunale"]) == [above]


def test_similar_services_count_only_when_every_neighbour_has_records():
    near = resolve_comune(ISTAT).contermini
    rows = [{"istat": ISTAT, "codice_sttm": "CUL.01"}]
    rows += [{"istat": code, "codice_sttm": "SAN.01"} for code in near]
    rows += [
        {"istat": near[0], "codice_sttm": "CUL.01"},
        {"istat": near[0], "codice_sttm": "CUL.01", "stato": "previsto"},
        {"istat": near[1], "codice_sttm": "CUL.01", "stato": None},
    ]
    found = computed(services(*rows))["n_simili_comuni_contermini"]
    assert found[0] == 2
    rows[3]["istat"] = ISTAT  # the third neighbour has no record any more
    assert computed(services(*rows))["n_simili_comuni_contermini"][0] is None


def test_the_sites_of_a_complex_are_one_and_two_readings_are_not_added():
    near = resolve_comune(ISTAT).contermini
    rows = [{"istat": ISTAT}, *({"istat": code, "codice_sttm": "SAN.01"} for code in near)]
    rows += [
        {"istat": near[0], "id_complesso": "c1", "lettura": 1},
        {"istat": near[0], "id_complesso": "c1", "lettura": 1},
        {"istat": near[0], "lettura": 2},
    ]
    assert computed(services(*rows))["n_simili_comuni_contermini"][0] == 1


def test_rare_in_the_metropolitan_city_needs_every_comune():
    rows = [{"istat": code, "codice_sttm": "SAN.01"} for code in sorted(comuni())]
    rows += [
        {"istat": ISTAT, "codice_sttm": "CUL.02", "tipo_specifico": "teatro"},
        {"istat": SMALL, "codice_sttm": "CUL.02", "tipo_specifico": "teatro"},
        {"istat": SMALL, "codice_sttm": "CUL.02", "tipo_specifico": "cineteatro"},
    ]
    assert list(computed(services(*rows))["n_simili_cmm"][-3:]) == [2, 2, 1]
    assert computed(services(*rows[1:]))["n_simili_cmm"][-1] is None


def test_capacity_over_the_need_of_the_residents():
    people = resolve_comune(ISTAT).popolazione
    volumes = json.dumps({"patrimonio_volumi": {"valore": 4 * people, "natura": "rilevato"}})
    frame = services(
        {"codice_sttm": "SAN.01", "capacita": 0.0037 * people * 3, "capacita_um": "posti letto"},
        {"codice_sttm": "SAN.01", "capacita": 100.0, "capacita_um": "mq"},
        {"codice_sttm": "CUL.01", "attributi": volumes},
        {"codice_sttm": "CUL.01", "attributi": "{non json"},
    )
    found = computed(frame)["eccedenza_capacita"]
    assert found[0] == pytest.approx(3.0)
    assert found[1] is None
    assert found[2] == pytest.approx(2.0)
    assert found[3] is None


def two_comuni(at=X):
    """ISTAT to the west of ``at``, SMALL to its east."""
    return context.comuni_frame(
        layer(
            {"PRO_COM": int(ISTAT), "geometry": box(at - 5000, Y - 5000, at, Y + 5000)},
            {"PRO_COM": int(SMALL), "geometry": box(at, Y - 5000, at + 5000, Y + 5000)},
        )
    )


@pytest.mark.parametrize(("inside", "crosses"), [(10, "si"), (9.9, "no"), (90, "si"), (90.1, "no")])
def test_a_park_crosses_when_a_tenth_is_on_the_other_side(inside, crosses):
    frame = services({"codice_sttm": "VER.01", "geometry": square(X - inside, Y, 100)})
    found = computed(frame, comuni=two_comuni())["attraversa_confine_comunale"]
    assert list(found) == [crosses]


def test_outside_every_comune_crossing_is_not_known():
    frame = services({"codice_sttm": "VER.01", "geometry": square(X + 50000, Y, 100)})
    assert list(computed(frame, comuni=two_comuni())["attraversa_confine_comunale"]) == [None]


def people(*rows):
    frame, _ = context.population_frame(layer(*rows), "popolazione")
    return frame


def neighbours_with(code, **first):
    """A population of one row in every neighbour, far away, and one more."""
    far = [
        {"istat": one, "popolazione": 7.0, "geometry": Point(X + 40000, Y)}
        for one in resolve_comune(code).contermini
    ]
    return [*far, {"popolazione": 1000.0, **first}]


@pytest.mark.parametrize(("away", "counted"), [(1538.4, 1000.0), (1538.5, 0.0)])
def test_residents_of_other_comuni_within_two_kilometres_of_path(away, counted):
    # 2000 m / 1.3 = 1538.46 m in a straight line from the edge of the park.
    other = resolve_comune(ISTAT).contermini[0]
    rows = neighbours_with(ISTAT, istat=other, geometry=Point(X + 100 + away, Y + 50))
    frame = services({"codice_sttm": "VER.01", "geometry": square(X, Y, 100)})
    found = computed(frame, population=people(*rows))["pop_2km_altri_comuni_ab"]
    assert list(found) == [counted]


def test_own_residents_do_not_count_and_a_partial_population_tells_nothing():
    rows = neighbours_with(ISTAT, istat=ISTAT, geometry=Point(X + 150, Y + 50))
    frame = services(
        {"codice_sttm": "VER.01", "geometry": square(X, Y, 100)}, {"codice_sttm": "CUL.01"}
    )
    found = computed(frame, population=people(*rows))["pop_2km_altri_comuni_ab"]
    assert list(found) == [0.0, None]
    found = computed(frame, population=people(*rows[1:]))["pop_2km_altri_comuni_ab"]
    assert list(found) == [None, None]


def test_the_lum_row_of_its_ranks_radius_is_kept():
    frame = layer(
        {"id_lum": "B", "rango": "sovracomunale", "raggio_m": 350.0, "geometry": None},
        {"id_lum": "A", "rango": "metropolitano", "raggio_m": 800.0, "geometry": Point(0, 0)},
        {"id_lum": "A", "rango": "metropolitano", "raggio_m": 500.0, "geometry": Point(1, 1)},
        {"id_lum": "B", "rango": "sovracomunale", "raggio_m": 200.0, "geometry": Point(2, 2)},
    )
    kept = context.lum_frame(frame, load_pack())
    assert list(zip(kept["id_lum"], kept["raggio_m"])) == [("A", 500.0), ("B", 200.0)]


def test_a_population_without_numbers_is_refused_naming_the_field():
    with pytest.raises(SttmError, match="manca il campo «abitanti» \\(trovati: pop\\)"):
        context.population_frame(layer({"pop": 1, "geometry": Point(0, 0)}), "abitanti")
    with pytest.raises(SttmError, match="«pop» deve contenere numeri"):
        context.population_frame(layer({"pop": "molti", "geometry": Point(0, 0)}), "POP")
    frame, wrong = context.population_frame(
        layer({"pop": -1, "geometry": Point(0, 0)}, {"pop": 5, "geometry": Point(0, 0)}), "pop"
    )
    assert (list(frame["popolazione"]), wrong) == ([0.0, 5.0], 1)


def test_the_comune_of_a_row_comes_from_its_code_else_from_where_it_lies():
    frame = layer(
        {"PRO_COM": 15146, "geometry": Point(X - 1, Y)},
        {"PRO_COM": None, "geometry": Point(X + 1, Y)},
        {"PRO_COM": None, "geometry": Point(X + 90000, Y)},
    )
    assert frame.crs == CRS
    assert list(context.istat_of_rows(frame, two_comuni())) == ["015146", SMALL, None]


def test_progress_can_stop_the_run():
    rows = neighbours_with(ISTAT, istat=ISTAT, geometry=Point(X, Y))
    frame = services({"codice_sttm": "VER.01", "geometry": square(X, Y, 100)})
    stopped = computed(frame, population=people(*rows), on_progress=lambda share: False)
    assert stopped is None
