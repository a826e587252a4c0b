"""Over messy files made at random: nothing is lost, each repair is told, ids stay what they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.algorithms.intake_runs import RHO, X, Y

_SETTINGS = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    # A whole import each: a failing file is shown as it is, not made smaller for minutes.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

text = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00\r\n"), max_size=12
)
place = st.one_of(
    st.tuples(
        st.floats(0, 900).map(lambda d: f"{X + d:.1f}"),
        st.floats(0, 900).map(lambda d: f"{Y + d:.1f}"),
    ),
    st.sampled_from(
        [("", ""), ("0", "0"), ("boh", "5"), ("n.d.", "-"), ("515002.1", "5034526"), ("1e999", "1")]
    ),
)
record = st.tuples(
    st.one_of(st.sampled_from(["Museo", "Biblioteca civica", "Totale", "-", ""]), text),
    st.sampled_from(["museo", "MUSEO ", "zzz", "", "n.d."]),
    st.sampled_from(["esistente", "boh", "", "IN ESERCIZIO"]),
    st.sampled_from(["12", "1.234,5 mq", "0", "9999", "x", "", "0,3 ha", "-"]),
    st.sampled_from([RHO, "15182", "H264", "Rho", "015146", "Atlantide", ""]),
    st.sampled_from(["31/12/2020", "00/00/0000", "2021-01-01", ""]),
    place,
)


@pytest.fixture
def run(sttm_provider, tmp_path):
    """Import a file; return (results, log, {output: rows as dicts})."""
    from qgis import processing

    from tests.algorithms.intake_runs import as_dict

    def imported(source, **others):
        log = tmp_path / "registro.json"
        found = processing.run(
            "sttm:importservices",
            {
                "INPUT": str(source),
                "COMUNE": RHO,
                "SOURCE": "Prova",
                "OUTPUT": "TEMPORARY_OUTPUT",
                "OUTPUT_POINTS": "TEMPORARY_OUTPUT",
                "UNPLACED": "TEMPORARY_OUTPUT",
                "REJECTED": "TEMPORARY_OUTPUT",
                "LOG": str(log),
                "PROFILE_OUT": str(tmp_path / "profilo.json"),
                **others,
            },
        )
        rows = {
            name: [as_dict(feature) for feature in found[name].getFeatures()]
            for name in ("OUTPUT", "OUTPUT_POINTS", "UNPLACED", "REJECTED")
        }
        return found, json.loads(log.read_text(encoding="utf-8")), rows

    return imported


def _hold(found, log, rows, count):
    profile = json.loads(Path(found["PROFILE_OUT"]).read_text(encoding="utf-8"))
    mapped = profile["columns"]
    written = sum(len(rows[name]) for name in ("OUTPUT", "OUTPUT_POINTS", "UNPLACED"))
    assert found["READ"] == count == written + len(rows["REJECTED"])
    assert (found["WRITTEN"], found["REJECTED_COUNT"]) == (written, len(rows["REJECTED"]))
    certificate = log["certificato"]
    assert certificate["elementi"]["torna"] and certificate["superfici_mq"]["torna"]
    told = {row["fid"] for row in log["righe"] if row["gravita"] == "Q"}
    assert told == {row["fid_origine"] for row in rows["REJECTED"]}
    repaired = {row["fid"] for row in log["righe"] if row["gravita"] == "R"} - {None}
    assert len(repaired) == found["REPAIRED"] == log["riparati"]
    ids = [
        row["id_servizio"] for name in ("OUTPUT", "OUTPUT_POINTS", "UNPLACED") for row in rows[name]
    ]
    assert None not in ids and len(set(ids)) == len(ids)
    # What came in differs from what came out only where the log says so.
    changed = {}
    for line in log["righe"]:
        changed.setdefault(line["id_servizio"], set()).add(line["difetto"])
    for name in ("OUTPUT", "UNPLACED"):
        for row in rows[name]:
            origin = json.loads(row["attributi_origine"])
            said = changed.get(row["id_servizio"], set())
            if "istat" in mapped and origin.get("cod_istat") in ("15182", "H264", "Rho"):
                assert said & {"D25", "D26"}
            if "superficie_dichiarata_mq" in mapped and origin.get("superficie"):
                assert row["superficie_dichiarata_mq"] or said & {"D35", "D36", "D37"}
            if "data_rif" in mapped and origin.get("data_rif") == "00/00/0000":
                assert "D42" in said


@_SETTINGS
@given(
    records=st.lists(record, min_size=1, max_size=12),
    sign=st.sampled_from([";", ",", "\t", "|"]),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_of_any_table_nothing_is_lost_and_each_repair_is_told(run, tmp_path, records, sign, codec):
    path = tmp_path / "tabella.csv"
    names = ["nome", "tipologia", "stato", "superficie", "cod_istat", "data_rif", "x", "y"]
    lines = [names] + [[*cells, *where] for *cells, where in records]
    quoted = "\n".join(
        sign.join('"' + str(cell).replace('"', '""') + '"' for cell in line) for line in lines
    )
    path.write_bytes(quoted.encode(codec))
    before = path.read_bytes()

    found, log, rows = run(path)

    _hold(found, log, rows, len(records))
    assert path.read_bytes() == before


corner = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda c: [X + c[0], Y + c[1]])
ring = st.lists(corner, min_size=3, max_size=6).map(lambda corners: [*corners, corners[0]])
geometry = st.one_of(
    st.none(),
    corner.map(lambda c: {"type": "Point", "coordinates": c}),
    st.lists(corner, min_size=1, max_size=3).map(
        lambda c: {"type": "MultiPoint", "coordinates": c}
    ),
    st.lists(ring, min_size=1, max_size=2).map(lambda r: {"type": "Polygon", "coordinates": r}),
    st.lists(ring, min_size=1, max_size=3).map(
        lambda r: {"type": "MultiPolygon", "coordinates": [[one] for one in r]}
    ),
    ring.map(lambda r: {"type": "LineString", "coordinates": r}),
)


@_SETTINGS
@given(
    shapes=st.lists(geometry, min_size=1, max_size=10),
    ending=st.sampled_from(["geojson", "gpkg"]),
)
def test_of_any_geometry_nothing_is_lost_in_number_or_in_square_metres(
    run, tmp_path, shapes, ending
):
    from osgeo import gdal

    features = [
        {"type": "Feature", "properties": {"nome": f"Parco {n}"}, "geometry": shape}
        for n, shape in enumerate(shapes)
    ]
    path = tmp_path / "forme.geojson"
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}}
    collection = {"type": "FeatureCollection", "crs": crs, "features": features}
    path.write_text(json.dumps(collection))
    if ending == "gpkg":
        target = tmp_path / "forme.gpkg"
        target.unlink(missing_ok=True)
        gdal.VectorTranslate(str(target), str(path), format="GPKG")
        path = target

    found, log, rows = run(path)

    _hold(found, log, rows, len(shapes))
    areas = sum(row["superficie_mq"] for row in rows["OUTPUT"] if row["superficie_mq"])
    assert log["certificato"]["superfici_mq"]["scritte"] == pytest.approx(areas, abs=1e-3)
    assert log["certificato"]["suolo_mq"]["netto"] <= areas + 1e-6


named = st.lists(
    st.tuples(
        st.sampled_from(["Museo", "Biblioteca", "Scuola", "Campo", ""]),
        st.integers(0, 30).map(lambda d: X + 7.0 * d),
    ),
    min_size=2,
    max_size=8,
)


@settings(_SETTINGS, max_examples=4)
@given(rows=named, order=st.randoms(use_true_random=False), keyed=st.booleans())
def test_ids_are_the_same_in_any_order_under_any_name_and_in_any_format(
    run, tmp_path, rows, order, keyed
):
    from osgeo import gdal

    records = [
        {"chiave": f"K{n}", "nome": name, "x": f"{x:.1f}", "y": f"{Y:.1f}"}
        for n, (name, x) in enumerate(rows)
    ]
    for record in records:
        if not keyed:
            del record["chiave"]

    def written(records, names, stem):
        path = tmp_path / f"{stem}.csv"
        lines = [";".join(names.get(name, name) for name in records[0])]
        lines += [";".join(record.values()) for record in records]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def ids(found):
        return sorted(
            (row["denominazione"] or "", row["id_servizio"])
            for name in ("OUTPUT", "UNPLACED")
            for row in found[2][name]
        )

    original = {"chiave": "codice", "nome": "denominazione"}
    first = written(records, original, "prima")
    before = run(first, SOURCE_CRS="EPSG:32632")
    profile = json.loads((tmp_path / "profilo.json").read_text(encoding="utf-8"))
    expected = ids(before)
    assert len(set(expected)) == len(records)

    shuffled = list(records)
    order.shuffle(shuffled)
    assert ids(run(written(shuffled, original, "mescolata"), SOURCE_CRS="EPSG:32632")) == expected

    renamed = {"chiave": "campo_k", "nome": "campo_n"}
    kept = {
        target: {"field": {"codice": "campo_k", "denominazione": "campo_n"}[rule["field"]]}
        for target, rule in profile["columns"].items()
        if rule.get("field") in ("codice", "denominazione")
    }
    other = {**profile, "columns": kept}
    other["fingerprint"] = {
        **profile["fingerprint"],
        "fields": [
            one.replace("codice:", "campo_k:").replace("denominazione:", "campo_n:")
            for one in profile["fingerprint"]["fields"]
        ],
    }
    (tmp_path / "altro.json").write_text(json.dumps(other), encoding="utf-8")
    path = written(records, renamed, "rinominata")
    again = run(path, SOURCE_CRS="EPSG:32632", PROFILE=str(tmp_path / "altro.json"))
    assert ids(again) == expected

    for ending, driver in (("gpkg", "GPKG"), ("shp", "ESRI Shapefile"), ("geojson", "GeoJSON")):
        target = tmp_path / f"altra.{ending}"
        for old in tmp_path.glob("altra.*"):
            old.unlink()
        gdal.VectorTranslate(
            str(target),
            gdal.OpenEx(
                str(first),
                gdal.OF_VECTOR,
                open_options=["X_POSSIBLE_NAMES=x", "Y_POSSIBLE_NAMES=y", "KEEP_GEOM_COLUMNS=NO"],
            ),
            format=driver,
            dstSRS="EPSG:32632",
            srcSRS="EPSG:32632",
            layerCreationOptions=["RFC7946=NO"] if ending == "geojson" else [],
        )
        assert ids(run(target, PROFILE=_plain_profile(tmp_path, target, profile))) == expected


def _plain_profile(tmp_path, target, profile):
    """The same decisions for the file in another format: a shapefile cuts names to ten."""
    cut = 10 if target.suffix == ".shp" else 99
    columns = {
        name: {"field": rule["field"][:cut]}
        for name, rule in profile["columns"].items()
        if rule.get("field") in ("codice", "denominazione")
    }
    fields = [f"{rule['field']}:String" for rule in columns.values()]
    made = {
        **profile,
        "columns": columns,
        "fingerprint": {"fields": fields, "geometry": "Point"},
        "source": {**profile["source"], "x_field": "", "y_field": "", "crs": ""},
    }
    path = tmp_path / "formato.json"
    path.write_text(json.dumps(made), encoding="utf-8")
    return str(path)
