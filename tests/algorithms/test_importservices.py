"""Any table or layer → the service layer: what is repaired, refused, logged and counted."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.algorithms.intake_runs import LAT, LON, RHO, X, Y, lines, made_id, refusal, square

# The whole of it ---------------------------------------------------------------------------


def test_a_table_of_the_comune_becomes_services(importer, table):
    path = table(
        "COD_SERV;DENOMINAZIONE;TIPOLOGIA;STATO;LIVELLO;CAP_MAX;GESTORE;X;Y\n"
        f"S1;Biblioteca Villa Burba;biblioteca;esistente;sovracomunale;120 posti;Comune;{X};{Y}\n"
        f"S2;Liceo Majorana;liceo scientifico;previsto;locale;0;;{X + 100};{Y}\n"
    )

    found = importer(path, SOURCE_DATE="31/12/2024")

    assert {
        name: found[name] for name in ("READ", "WRITTEN", "REJECTED_COUNT", "UNCLASSIFIED")
    } == {"READ": 2, "WRITTEN": 2, "REJECTED_COUNT": 0, "UNCLASSIFIED": 0}
    library, school = found["OUTPUT"]
    assert library["id_servizio"] == made_id("k|pds di rho|S1")
    assert library["denominazione"] == "Biblioteca Villa Burba"
    assert (library["istat"], library["comune"]) == (RHO, "Rho")
    assert (library["codice_sttm"], library["categoria"]) == ("CUL.01", "Biblioteche")
    assert library["macrocategoria"] == "CULTURALI"
    assert 0.8 <= library["confidenza"] <= 1
    assert (library["stato"], library["valenza_dichiarata"]) == ("esistente", "sovracomunale")
    assert (library["capacita"], library["capacita_um"]) == (120.0, "posti")
    assert (library["gestore"], library["fonte"]) == ("Comune", "PdS di Rho 2024")
    assert (library["fonte_id"], library["lettura"]) == ("S1", 1)
    assert library["data_rif"].toString("yyyy-MM-dd") == "2024-12-31"
    assert library["wkt"] == f"Point ({X} {Y})"
    assert json.loads(library["attributi_origine"])["CAP_MAX"] == "120 posti"
    assert (school["codice_sttm"], school["stato"], school["capacita"]) == (
        "IST.01",
        "previsto",
        None,
    )
    assert lines(found, "D35", 2)[0]["gravita"] == "R"  # 0 that means unknown
    assert found["OUTPUT_LAYER"].crs().authid() == "EPSG:32632"


def test_the_log_has_the_head_and_the_counts_of_the_contract(importer, table):
    found = importer(table(f"nome;comune;x;y\nAsilo nido;15182;{X};{Y}\nTeatro;15146;1;1\n"))

    log = found["log"]
    assert log["schema"] == "sttm.log/1"
    assert log["algoritmo"] == "sttm:importservices"
    assert set(log["criteri"]) == {"id", "versione", "sha256"}
    assert (log["letti"], log["scritti"], log["scartati"], log["riparati"]) == (2, 1, 1, 1)
    (line,) = lines(found, "D25", 1)
    assert line == {
        "layer": "servizi",
        "fid": 1,
        "id_servizio": found["OUTPUT"][0]["id_servizio"],
        "difetto": "D25",
        "regola": "istat_riparato",
        "gravita": "R",
        "prima": "15182",
        "dopo": RHO,
        "deciso_da": "regola",
    }


def test_shuffled_rows_get_the_same_ids(importer, table):
    rows = [
        f"Scuola;{X};{Y}",
        f"Scuola;{X + 300};{Y}",
        f";{X};{Y + 50}",
        f"Campo;{X};{Y}",
        f"Campo;{X};{Y}",
    ]

    first = importer(table("nome;x;y\n" + "\n".join(rows)))
    second = importer(table("nome;x;y\n" + "\n".join(reversed(rows))))

    def ids(found):
        return sorted((row["denominazione"] or "", row["id_servizio"]) for row in found["OUTPUT"])

    assert ids(first) == ids(second)
    assert len(set(ids(first))) == 5


def test_the_same_run_twice_gives_the_same_bytes(importer, table, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    path = table(f"nome;tipo;x;y\nMuseo;museo;{X};{Y}\nX;?;{X};{Y}\n")

    importer(path)
    first = [(tmp_path / name).read_bytes() for name in ("registro.json", "profilo.json")]
    importer(path)

    assert first == [(tmp_path / name).read_bytes() for name in ("registro.json", "profilo.json")]


def test_an_empty_table_is_a_success(importer, table):
    found = importer(table("nome;x;y\n"))

    assert (found["READ"], found["WRITTEN"], found["OUTPUT"]) == (0, 0, [])


def test_the_source_is_not_touched(importer, table):
    path = table(f"nome;x;y\nMuseo;{X};{Y}\n")
    before = (path.read_bytes(), path.stat().st_mtime_ns)

    importer(path)

    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


# Where things are --------------------------------------------------------------------------


def test_swapped_axes_with_decimal_commas_are_put_right(importer, table):
    text = f'nome,X,Y\nMuseo,"{LAT}","{LON}"\n'.replace(".", ",")

    found = importer(table(text))

    assert found["OUTPUT"][0]["wkt"] == f"Point ({X} {Y})"
    (swap,) = lines(found, "D05")
    assert (swap["fid"], swap["gravita"]) == (None, "R")
    assert "assi scambiati" in swap["dopo"]
    assert lines(found, "D37", None)


def test_gauss_boaga_declared_as_utm_is_recognised(importer, plan):
    made = plan([("POINT (1501214.1 5042453.6)", {"nome": "Museo civico"})])

    found = importer(made)

    x, y = found["OUTPUT"][0]["wkt"][7:-1].split()
    assert abs(float(x) - X) < 8 and abs(float(y) - Y) < 8
    assert "EPSG:3003" in lines(found, "D04")[0]["dopo"]
    assert "EPSG:23032" not in lines(found, "D04")[0]["dopo"]


def test_a_layer_without_crs_is_recognised_from_the_comune(importer, plan):
    found = importer(plan([(f"POINT ({LON} {LAT})", {"nome": "Museo"})], crs=""))

    assert found["OUTPUT"][0]["wkt"] == f"Point ({X} {Y})"
    assert lines(found, "D03")[0]["dopo"] == "EPSG:4326"


def test_coordinates_that_fit_nowhere_stop_with_the_candidates(importer, plan):
    message = refusal(importer, plan([("POINT (11.3 43.3)", {"nome": "Duomo"})], crs=""))

    assert "non hanno un sistema di riferimento" in message
    assert "Gauss-Boaga" in message
    assert "Traceback" not in message


def test_text_pairs_and_wkt_are_positions(importer, table):
    pair = importer(table(f'nome;location\nMuseo;"({LAT}, {LON})"\n'))
    wkt = importer(table(f"nome;dove\nMuseo;POINT ({LON} {LAT})\n"), X_FIELD="dove")

    assert pair["OUTPUT"][0]["wkt"] == wkt["OUTPUT"][0]["wkt"] == f"Point ({X} {Y})"


def test_wrong_coordinate_columns_are_named_with_those_found(importer, table):
    path = table("nome;est\nMuseo;1\n")

    message = refusal(importer, path, X_FIELD="lon", Y_FIELD="lat")

    assert "«lon» (X_FIELD)" in message
    assert "nome, est" in message


def test_near_records_are_kept_and_far_ones_rejected(importer, plan, shared_data):
    borders = str(shared_data / "confini" / "limits_P_15_municipalities.geojson")
    made = plan(
        [
            (f"POINT ({X} {Y})", {"nome": "Dentro"}),
            ("POINT (503000 5036500)", {"nome": "Vicino"}),
            ("POINT (515002 5034526)", {"nome": "Duomo"}),
            ("POINT (0 0)", {"nome": "Ignoto"}),
        ]
    )

    found = importer(made, BOUNDARIES=borders)

    assert [row["denominazione"] for row in found["OUTPUT"]] == ["Dentro", "Vicino"]
    assert [line["regola"] for line in lines(found, "D09", 2)] == ["fuori_confine"]
    assert [(row["motivo"], row["difetto"]) for row in found["REJECTED"]] == [
        ("fuori_area", "D09"),
        ("coordinate_non_valide", "D09"),
    ]
    assert found["REJECTED"][0]["geometria_wkt"] == "POINT (515002 5034526)"
    assert json.loads(found["REJECTED"][0]["attributi_origine"]) == {"nome": "Duomo"}


def test_records_without_position_are_unplaced_or_rejected(importer, table):
    path = table(f"nome;x;y\nMuseo;{X};{Y}\nTeatro;;\nCinema;boh;{Y}\n")

    kept = importer(path)
    left = importer(path, UNPLACED=None)

    assert [row["denominazione"] for row in kept["UNPLACED"]] == ["Teatro", "Cinema"]
    assert kept["WRITTEN"] == 3
    assert [(row["motivo"], row["difetto"]) for row in left["REJECTED"]] == [
        ("senza_posizione", "D13"),
        ("coordinate_non_valide", "D09"),
    ]
    assert left["WRITTEN"] == 1


def test_a_shelter_does_not_say_that_it_shares_its_place(importer, table):
    path = table(
        f"id;nome;x;y\n1;Casa rifugio;{X};{Y}\n2;Museo;{X};{Y}\n3;Teatro;{X + 9};{Y}\n"
        f"4;Biblioteca;{X + 9};{Y}\n"
    )

    found = importer(path)

    # Three records at one place, one of them hidden, would tell where it is.
    assert [(line["fid"], line["prima"]) for line in lines(found, "D43")] == [
        (3, "2 servizi"),
        (4, "2 servizi"),
    ]


def test_shelters_are_never_located(importer, table):
    path = table(
        f"id;nome;indirizzo;x;y\n1;Casa rifugio;via Segreta 3;{X};{Y}\n"
        f"2;Centro antiviolenza;via Nota 4;{X};{Y}\n3;Museo;via Arte 5;{X};{Y}\n"
    )

    kept = importer(path)
    left = importer(path, UNPLACED=None)

    assert [row["denominazione"] for row in kept["UNPLACED"]] == [
        "Casa rifugio",
        "Centro antiviolenza",
    ]
    everything = json.dumps([kept["UNPLACED"], kept["log"]], default=str)
    assert "Segreta" not in everything
    assert str(X) not in everything
    assert [row["motivo"] for row in left["REJECTED"]] == ["senza_posizione"] * 2
    assert "Segreta" not in json.dumps(left["REJECTED"], default=str)
    assert [row["denominazione"] for row in left["OUTPUT"]] == ["Museo"]


def test_a_shelter_of_another_comune_is_not_located_among_the_rejected_either(importer, table):
    path = table(
        f"nome;comune;indirizzo;x;y\nCasa rifugio;Milano;via Segreta 3;{X};{Y}\n"
        f"Museo;Rho;via Arte 5;{X};{Y}\n"
    )

    found = importer(path)

    (left,) = found["REJECTED"]
    assert (left["motivo"], left["geometria_wkt"]) == ("altro_comune", None)
    assert "Segreta" not in left["attributi_origine"]
    assert str(X) not in json.dumps([left, lines(found, "D28")])


# Of which comune ----------------------------------------------------------------------------


def test_records_of_other_comuni_are_rejected_by_name(importer, table):
    path = table(
        f"nome;comune;x;y\nMuseo;RHO;{X};{Y}\nTeatro;Milano;{X};{Y}\nCinema;F205;{X};{Y}\n"
        f"Villa;Rho (MI);{X};{Y}\n"
    )

    found = importer(path)

    assert [row["denominazione"] for row in found["OUTPUT"]] == ["Museo", "Villa"]
    assert [(row["motivo"], row["difetto"]) for row in found["REJECTED"]] == [
        ("altro_comune", "D28"),
        ("altro_comune", "D28"),
    ]
    assert "Milano" in found["REJECTED"][1]["messaggio"]


def test_without_comune_the_column_says_it(importer, table):
    path = table(
        f"nome;COD_ISTAT;x;y\nMuseo;15182;{X};{Y}\nTeatro;15.146;515002;5034526\n"
        "Arena;17029;515002;5034526\n"
    )

    found = importer(path, COMUNE=None)

    assert [(row["istat"], row["comune"]) for row in found["OUTPUT"]] == [
        ("015182", "Rho"),
        ("015146", "Milano"),
    ]
    assert [row["motivo"] for row in found["REJECTED"]] == ["altro_comune"]


def test_without_comune_and_column_the_boundaries_say_it(importer, table, shared_data):
    path = table(f"nome;x;y\nMuseo;{X};{Y}\nTeatro;515002;5034526\n")
    borders = str(shared_data / "confini" / "limits_P_15_municipalities.geojson")

    found = importer(path, COMUNE=None, BOUNDARIES=borders)

    assert [row["istat"] for row in found["OUTPUT"]] == ["015182", "015146"]
    assert "COMUNE" in refusal(importer, path, COMUNE=None)


def test_a_suppressed_code_becomes_its_successor(importer, table):
    found = importer(table("nome;istat;x;y\nMuseo;015235;498500;5026000\n"), COMUNE=None)

    assert found["OUTPUT"][0]["istat"] == "015251"
    assert lines(found, "D27", 1)[0]["prima"] == "015235"


# What shapes --------------------------------------------------------------------------------


def test_areas_and_points_of_a_mixed_layer_go_to_their_outputs(importer, tmp_path):
    features = [
        {
            "type": "Feature",
            "properties": {"nome": "Parco pubblico"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [[9.01, 45.53], [9.012, 45.53], [9.012, 45.532], [9.01, 45.532], [9.01, 45.53]]
                ],
            },
        },
        {
            "type": "Feature",
            "properties": {"nome": "Museo"},
            "geometry": {"type": "Point", "coordinates": [LON, LAT]},
        },
    ]
    path = tmp_path / "misto.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))

    both = importer(path)
    areas = importer(path, OUTPUT_POINTS=None)

    assert [row["denominazione"] for row in both["OUTPUT"]] == ["Parco pubblico"]
    assert [row["denominazione"] for row in both["OUTPUT_POINTS"]] == ["Museo"]
    assert both["OUTPUT"][0]["codice_sttm"] == "VER.01"
    assert 34000 < both["OUTPUT"][0]["superficie_mq"] < 35500
    assert both["OUTPUT_POINTS"][0]["superficie_mq"] is None
    assert [row["motivo"] for row in areas["REJECTED"]] == ["geometria_mista"]


def test_bad_areas_are_repaired_or_refused_and_lines_too(importer, plan):
    bow = f"POLYGON (({X} {Y}, {X + 100} {Y + 100}, {X + 100} {Y}, {X} {Y + 100}, {X} {Y}))"
    flat = f"POLYGON (({X} {Y}, {X + 10} {Y}, {X + 5} {Y}, {X} {Y}))"

    found = importer(plan([(bow, {"nome": "Parco"}), (flat, {"nome": "Filo"})], kind="Polygon"))
    ring = square(100).replace("POLYGON ((", "LINESTRING (").replace("))", ")")
    drawn = importer(
        plan(
            [
                (ring, {"nome": "P"}),
                (f"LINESTRING ({X} {Y}, {X + 9} {Y})", {"nome": "L"}),
            ],
            kind="LineString",
        )
    )

    assert round(found["OUTPUT"][0]["superficie_mq"], 2) == 5000.0
    assert lines(found, "D11", 1)[0]["gravita"] == "R"
    assert found["REPAIRED"] == 1
    assert [(row["motivo"], row["difetto"]) for row in found["REJECTED"]] == [
        ("geometria_irreparabile", "D12")
    ]
    assert round(drawn["OUTPUT"][0]["superficie_mq"], 2) == 10000.0
    assert [row["motivo"] for row in drawn["REJECTED"]] == ["geometria_lineare"]


def test_multipoints_give_their_first_part(importer, plan):
    wkt = f"MULTIPOINT (({X} {Y}), ({X + 50} {Y}))"

    found = importer(plan([(wkt, {"nome": "Museo"})], kind="MultiPoint"))

    assert found["OUTPUT"][0]["wkt"] == f"Point ({X} {Y})"
    assert lines(found, "D18", 1)[0]["gravita"] == "R"


def test_an_area_unlike_what_is_declared_names_the_factor(importer, plan):
    found = importer(plan([(square(100), {"nome": "Parco", "SUP_MQ": "1"})], kind="Polygon"))

    row = found["OUTPUT"][0]
    assert (row["superficie_mq"], row["superficie_dichiarata_mq"]) == (pytest.approx(10000), 1.0)
    assert "fattore 0.0001" in lines(found, "D38", 1)[0]["dopo"]


def test_areas_on_the_same_ground_are_named_with_the_net_sum(importer, plan):
    found = importer(
        plan(
            [(square(100), {"nome": "Parco"}), (square(100, X + 50), {"nome": "Campo sportivo"})],
            kind="Polygon",
        )
    )

    assert "5000.0 m²" in lines(found, "D16", 1)[0]["prima"]
    assert lines(found, "D16", 1)[0]["dopo"] == found["OUTPUT"][1]["id_servizio"]
    net = lines(found, "D16", None)[0]
    assert ("lorda 20000 m²" in net["prima"], net["dopo"]) == (True, "somma netta 15000 m²")


def test_the_area_decides_between_park_and_garden(importer, plan):
    found = importer(
        plan(
            [
                (square(50), {"nome": "Parco pubblico"}),
                (square(100, X + 500), {"nome": "Parco pubblico"}),
            ],
            kind="Polygon",
        )
    )

    assert [row["codice_sttm"] for row in found["OUTPUT"]] == ["LOC.07", "VER.01"]


# What values --------------------------------------------------------------------------------


def test_states_and_valenze_not_clear_stay_empty(importer, table):
    path = table(
        "nome;stato;livello\n"
        "A;esistente;metropolitano\nB;in ampliamento;locale\nC;chiuso;alto\nD;in costruzione;\n"
        "E;previsto;locale\n"
    )

    found = importer(path)

    assert [
        (row["stato"], row["fase_progetto"], row["valenza_dichiarata"]) for row in found["UNPLACED"]
    ] == [
        ("esistente", None, "metropolitana"),
        ("esistente", "cantiere", "locale"),
        (None, None, None),
        ("in_corso", None, None),
        ("previsto", None, "locale"),
    ]
    assert [line["regola"] for line in lines(found, "D29", 3)] == ["stato_non_chiaro"]


def test_numbers_dates_and_tokens_are_read_as_written(importer, table):
    path = table(
        "nome;superficie;posti_letto;data inizio validita;gestore\n"
        'A;"1.234,50 mq";1.200;31/12/99;-\n'
        "B;0,3 ha;85;00/00/0000;Non Disponibile\n"
        "C;9999;n.d.;20240131;boh\n"
    )

    found = importer(path, NULL_TOKENS="boh")

    rows = found["UNPLACED"]
    assert [row["superficie_dichiarata_mq"] for row in rows] == [1234.5, 3000.0, None]
    assert [row["capacita"] for row in rows] == [1200.0, 85.0, None]
    assert rows[0]["capacita_um"] == "posti letto"
    assert [row["gestore"] for row in rows] == [None, None, None]
    days = [row["data_inizio_validita"] for row in rows]
    assert [day and day.toString("yyyy-MM-dd") for day in days] == [
        "1999-12-31",
        None,
        "2024-01-31",
    ]
    assert len(lines(found, "D36", 3)) == 3


def test_an_ambiguous_number_format_stops_only_when_asked(importer, table):
    path = table("nome;superficie\nParco;1.234\nPrato;2.500\n")

    message = refusal(importer, path, ON_DOUBT=0)
    best = importer(path)
    point = importer(path, DECIMAL=1)

    assert "1.234 o 1234" in message
    assert [row["superficie_dichiarata_mq"] for row in best["UNPLACED"]] == [1234.0, 2500.0]
    assert [row["superficie_dichiarata_mq"] for row in point["UNPLACED"]] == [1.234, 2.5]


def test_texts_in_other_encodings_are_decoded_from_the_file(importer, table):
    latin = importer(table("nome;tipo\nUniversità Città;ateneo\n", codec="cp1252"))
    broken = importer(table("nome;tipo\nFabrizio De AndrÃÂ¨;liceo\n"))
    wrong = refusal(importer, table("nome\nCittà\n", codec="cp1252"), ENCODING="UTF-8")

    assert latin["UNPLACED"][0]["denominazione"] == "Università Città"
    assert latin["profile"]["source"]["encoding"] == "cp1252"
    assert broken["UNPLACED"][0]["denominazione"] == "Fabrizio De Andrè"
    assert json.loads(broken["UNPLACED"][0]["attributi_origine"])["nome"] == "Fabrizio De AndrÃÂ¨"
    assert lines(broken, "D23", 1)[0]["gravita"] == "R"
    assert "non è in UTF-8" in wrong


def test_the_header_row_is_chosen_and_totals_are_no_services(importer, table):
    path = table(
        "Elenco dei servizi 2024;;\nnome;tipo;posti\n"
        "Biblioteca;biblioteca;40\nTeatro;teatro;300\nCinema;cinema;100\nTOTALE;;440\n"
    )

    found = importer(path, HEADER_ROW=2)

    assert [row["denominazione"] for row in found["UNPLACED"]] == ["Biblioteca", "Teatro", "Cinema"]
    assert [(row["motivo"], row["difetto"]) for row in found["REJECTED"]] == [
        ("riga_totale", "D44")
    ]


def test_a_row_that_does_not_fit_its_columns_is_rejected(importer, table):
    found = importer(table("nome;tipo\nMuseo;museo\nTeatro;teatro;di troppo\n"))

    assert [row["motivo"] for row in found["REJECTED"]] == ["illeggibile"]
    assert found["READ"] == 2


def test_keys_ruined_by_a_spreadsheet_stop_with_what_to_do(importer, table):
    message = refusal(importer, table("codice;nome\n1,23E+11;Museo\n1,24E+11;Teatro\n"))

    assert "1,23E+11" in message
    assert "testo" in message


def test_a_repeated_key_is_no_key(importer, table):
    found = importer(
        table(
            "fonte_id;nome\n7;Museo\n8;Teatro\n8;Cinema\n"
            + "".join(f"{n};Scuola {n}\n" for n in range(100, 240))
        )
    )

    by_name = {row["denominazione"]: row for row in found["UNPLACED"]}
    assert by_name["Museo"]["id_servizio"] == made_id("k|pds di rho|7")
    assert by_name["Cinema"]["id_servizio"] == made_id(f"n|{RHO}|cinema")
    assert lines(found, "D40", 2)[0]["regola"] == "chiave_ripetuta"


def test_generic_and_unknown_categories_stay_to_be_classified(importer, table):
    found = importer(
        table("nome;tipo\nCaserma;caserma\nXyzzy;qwerty\nFarmacia Stazione;farmacia\n")
    )

    assert [row["codice_sttm"] for row in found["UNPLACED"]] == [None, None, "LOC.05"]
    assert found["UNCLASSIFIED"] == 2
    assert len(lines(found, "D34")) == 2


def test_official_codes_are_kept_with_their_register(importer, table):
    found = importer(table("CODICESCUOLA;DENOMINAZIONESCUOLA\nMIPS01000A;Volta\nMIEE8BV01P;Toti\n"))

    assert [(row["codice_fonte"], row["codice_sttm"]) for row in found["UNPLACED"]] == [
        ("MIM:MIPS01000A", "IST.01"),
        ("MIM:MIEE8BV01P", "LOC.03"),
    ]


def test_attributes_the_rules_read_are_gathered_with_unit_and_source(importer, table):
    found = importer(table("nome;tipo;n_schermi;note\nMultisala Rho;multisala;8;ok\n"))

    attributes = json.loads(found["UNPLACED"][0]["attributi"])
    assert attributes == {
        "n_schermi": {
            "valore": 8.0,
            "unita": "schermi",
            "natura": "dichiarato",
            "fonte": "PdS di Rho 2024",
        }
    }


def test_exact_duplicates_are_kept_and_flagged(importer, table):
    found = importer(table(f"nome;x;y\nMuseo;{X};{Y}\nMuseo;{X};{Y}\nTeatro;{X};{Y}\n"))

    assert found["WRITTEN"] == 3
    assert len({row["id_servizio"] for row in found["OUTPUT"]}) == 3
    assert [line["fid"] for line in lines(found, "D14")] == [1, 2]
    assert [line["fid"] for line in lines(found, "D43")] == [1, 2, 3]


def test_personal_data_are_pointed_out(importer, table):
    found = importer(table("nome;referente\nMuseo;RSSMRA80A01F205X\n"))

    assert "codice fiscale" in lines(found, "D48", None)[0]["dopo"]


# Profiles, earlier layers, doubts -----------------------------------------------------------


def profile_file(tmp_path, **content):
    path = tmp_path / "mio_profilo.json"
    content = {"profile_version": 1, "name": "Prova", **content}
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def test_a_profile_decides_columns_and_values(importer, table, tmp_path):
    path = table("A;B;C\nVilla Burba;SCUOLE PER L'INFANZIA;SERV. ESIST.\nZeta;altro;boh\n")
    profile = profile_file(
        tmp_path,
        columns={
            "denominazione": {"field": "A"},
            "codice_sttm": {
                "field": "B",
                "map": {"scuole per l'infanzia": "LOC.02"},
                "unmapped": "ask",
            },
            "stato": {"field": "C", "map": {"Serv. esist.": "esistente"}, "unmapped": "ask"},
            "istat": {"constant": RHO},
            "gestore": {"expression": 'upper("A")'},
        },
    )

    found = importer(path, PROFILE=profile, COMUNE=None)
    message = refusal(importer, path, PROFILE=profile, COMUNE=None, ON_DOUBT=0)

    first, second = found["UNPLACED"]
    assert (first["codice_sttm"], first["confidenza"]) == ("LOC.02", 1.0)
    assert (first["stato"], first["istat"]) == ("esistente", RHO)
    assert first["gestore"] == "VILLA BURBA"
    assert (second["codice_sttm"], second["stato"]) == (None, None)
    assert "boh" in message or "altro" in message


def test_a_profile_saved_gives_the_same_services_again(importer, table, tmp_path):
    path = table(
        "COD;DENOMINAZ;TIPOLOGIA;STATO;coorX;coorY\n"
        f'1;Museo;museo;E;"{LON}";"{LAT}"\n2;Teatro;teatro;P;"{LON}";"{LAT}"\n'
    )

    first = importer(path)
    kept = tmp_path / "tenuto.json"
    shutil.copy(tmp_path / "profilo.json", kept)
    second = importer(path, PROFILE=str(kept), SOURCE=None)

    assert second["OUTPUT"] == first["OUTPUT"]
    assert first["profile"]["schema"] == "sttm.profilo/1"
    assert first["profile"]["columns"]["stato"]["map"] == {"E": "esistente", "P": "previsto"}


def test_a_profile_that_does_not_fit_is_refused_naming_the_column(importer, table, tmp_path):
    path = table("nome\nMuseo\n")
    lost = profile_file(tmp_path, columns={"denominazione": {"field": "DENOM"}})
    assert "«DENOM»" in refusal(importer, path, PROFILE=lost)
    newer = profile_file(
        tmp_path, columns={"denominazione": {"field": "nome"}}, made_with={"taxonomy": "99.1"}
    )
    assert "99.1" in refusal(importer, path, PROFILE=newer)
    alien = profile_file(tmp_path, columns={"colore": {"field": "nome"}})
    assert "«colore»" in refusal(importer, path, PROFILE=alien)


def test_an_earlier_layer_keeps_the_ids(importer, table):
    first = importer(table(f"nome;x;y\nMuseo civico;{X};{Y}\n"), SOURCE="Uno")
    moved = table(f"codice;nome;x;y\nM1;Museo Civico;{X + 10};{Y}\n", name="due.csv")

    kept = importer(moved, SOURCE="Due", PREVIOUS=first["OUTPUT_LAYER"])
    alone = importer(moved, SOURCE="Due")

    assert kept["OUTPUT"][0]["id_servizio"] == first["OUTPUT"][0]["id_servizio"]
    assert alone["OUTPUT"][0]["id_servizio"] == made_id("k|due|M1")


def test_a_service_layer_imported_again_is_itself(importer, table):
    first = importer(
        table(f"cod_serv;nome;tipo;stato;x;y\nA;Museo;museo;previsto;{X};{Y}\n"), SOURCE="Uno"
    )

    again = importer(first["OUTPUT_LAYER"], SOURCE="Uno")

    skip = {"attributi_origine", "confidenza"}

    def rows(found):
        return [{k: v for k, v in row.items() if k not in skip} for row in found["OUTPUT"]]

    assert rows(again) == rows(first)


def test_two_columns_for_the_name_stop_when_asked(importer, table):
    path = table("NOME;NOMINATIVO\nMuseo A;Teatro B\nCinema C;Scuola D\n")

    message = refusal(importer, path, ON_DOUBT=0)

    assert "«NOME»" in message and "«NOMINATIVO»" in message


def test_a_cancelled_run_leaves_nothing(sttm_provider, table, tmp_path):
    from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback

    class Impatient(QgsProcessingFeedback):
        """Stops the run as soon as the second stage begins."""

        def setProgressText(self, text):  # noqa: N802
            if text.startswith("2 di 3"):
                self.cancel()

    algorithm = QgsApplication.processingRegistry().createAlgorithmById("sttm:importservices")
    output, log = tmp_path / "servizi.gpkg", tmp_path / "registro.json"
    parameters = {
        "INPUT": str(table(f"nome;x;y\nMuseo;{X};{Y}\n")),
        "COMUNE": RHO,
        "OUTPUT": str(output),
        "LOG": str(log),
    }

    results, _ = algorithm.run(parameters, QgsProcessingContext(), Impatient())

    assert results == {}
    assert not output.exists() and not log.exists()


# Files --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("piano.dwg", b"AC1027", "DXF"),
        ("piano.pdf", b"%PDF", "stampato"),
        ("vuoto.gpkg", b"", "non si apre"),
        ("vuoto.json", b"[1,2]", "non si apre"),
    ],
)
def test_files_that_cannot_be_read_are_refused_with_what_to_do(
    importer, tmp_path, name, content, sentence
):
    path = tmp_path / name
    path.write_bytes(content)

    assert sentence in refusal(importer, path)


def test_a_missing_file_is_said(importer, tmp_path):
    assert "non esiste" in refusal(importer, tmp_path / "nulla.csv")


def test_a_shapefile_without_attributes_lists_what_is_there(importer, tmp_path):
    (tmp_path / "x.shp").write_bytes(b"")
    (tmp_path / "x.shx").write_bytes(b"")

    message = refusal(importer, tmp_path / "x.shp")

    assert "x.dbf" in message and "x.shx" in message


@pytest.fixture
def shapefile(plan, tmp_path):
    """A shapefile of one library in Rho, its texts in cp1252."""
    from qgis.core import QgsProject, QgsVectorFileWriter

    made = plan([(f"POINT ({X} {Y})", {"DENOMINAZ": "Biblioteca della Città"})])
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "ESRI Shapefile"
    options.fileEncoding = "cp1252"
    folder = tmp_path / "shp"
    folder.mkdir()
    path = folder / "servizi.shp"
    QgsVectorFileWriter.writeAsVectorFormatV3(
        made, str(path), QgsProject.instance().transformContext(), options
    )
    return path


def test_a_shapefile_is_decoded_from_its_dbf(importer, shapefile):
    shapefile.with_suffix(".cpg").write_text("UTF-8")

    found = importer(shapefile)

    assert found["OUTPUT"][0]["denominazione"] == "Biblioteca della Città"
    assert lines(found, "D24", None)[0]["dopo"].startswith("cp1252")
    assert "cp1252" in refusal(importer, shapefile, ON_DOUBT=0)


def test_a_shapefile_without_index_is_read_from_a_copy(importer, shapefile):
    shapefile.with_suffix(".shx").unlink()
    before = sorted(path.name for path in shapefile.parent.iterdir())

    found = importer(shapefile)

    assert found["WRITTEN"] == 1
    assert lines(found, "D01", None)[0]["regola"] == "indice_ricostruito"
    assert sorted(path.name for path in shapefile.parent.iterdir()) == before


def test_a_zip_in_a_zip_is_opened_one_level(importer, shapefile, tmp_path):
    import zipfile

    inner, outer = tmp_path / "dentro.zip", tmp_path / "fuori.zip"
    with zipfile.ZipFile(inner, "w") as archive:
        for part in shapefile.parent.iterdir():
            archive.write(part, f"cartella/{part.name}")
    with zipfile.ZipFile(outer, "w") as archive:
        archive.write(inner, "dentro.zip")

    found = importer(outer)

    assert found["OUTPUT"][0]["denominazione"] == "Biblioteca della Città"
    assert lines(found, "D47", None)


def test_a_container_with_several_layers_is_not_guessed(importer, plan, tmp_path):
    from qgis.core import QgsProject, QgsVectorFileWriter

    path = tmp_path / "piano.gpkg"
    for number, name in enumerate(("servizi", "strade")):
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.layerName = name
        if number:
            options.actionOnExistingFile = (
                QgsVectorFileWriter.ActionOnExistingFile.CreateOrOverwriteLayer
            )
        made = plan([(f"POINT ({X} {Y})", {"nome": f"Museo {name}"})])
        QgsVectorFileWriter.writeAsVectorFormatV3(
            made, str(path), QgsProject.instance().transformContext(), options
        )

    assert "servizi, strade" in refusal(importer, path)
    found = importer(f"{path}|layername=servizi")
    assert found["OUTPUT"][0]["denominazione"] == "Museo servizi"


def test_a_selection_is_respected_and_said(importer, plan):
    from qgis.core import QgsProcessingFeatureSourceDefinition, QgsProject

    made = plan([(f"POINT ({X} {Y})", {"nome": name}) for name in ("Museo", "Teatro")])
    QgsProject.instance().addMapLayer(made)
    made.selectByIds([2])

    found = importer(QgsProcessingFeatureSourceDefinition(made.id(), selectedFeaturesOnly=True))
    QgsProject.instance().removeMapLayer(made.id())

    assert [row["denominazione"] for row in found["OUTPUT"]] == ["Teatro"]
    assert "1 di 2" in lines(found, "D50", None)[0]["dopo"]


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        ({"COMUNE": "Atlantide"}, "Atlantide"),
        ({"CRS": "EPSG:4326"}, "metri"),
        ({"SOURCE_DATE": "ieri"}, "«ieri»"),
        ({"ENCODING": "klingon"}, "«klingon»"),
        ({"OUTPUT": "esito.shp"}, "GeoPackage"),
        ({"HEADER_ROW": 7}, "riga di intestazione 7"),
    ],
)
def test_wrong_parameters_are_refused_with_a_sentence(importer, table, others, sentence):
    message = refusal(importer, table(f"nome;x;y\nMuseo;{X};{Y}\n"), **others)

    assert sentence in message
    assert "Traceback" not in message


def test_another_analysis_crs_moves_shapes_and_keeps_ids(importer, table):
    path = table(f"nome;x;y\nScuola;{X};{Y}\nScuola;{X + 500};{Y}\n")

    utm = importer(path, SOURCE_CRS="EPSG:32632")
    boaga = importer(path, SOURCE_CRS="EPSG:32632", CRS="EPSG:3003")

    assert [row["id_servizio"] for row in utm["OUTPUT"]] == [
        row["id_servizio"] for row in boaga["OUTPUT"]
    ]
    x, _ = boaga["OUTPUT"][0]["wkt"][7:-1].split()
    assert abs(float(x) - 1501214) < 10


# Real files ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "comune", "counts"),
    [
        ("servizi/Anagrafe_Scuole_20260215_MI.csv", "Rho", (1343, 35)),
        ("servizi/Anagrafe_Scuole_Lombarde_20260215_MI.csv", "015209", (1419, 48)),
        ("servizi/Georeferenziazione_strutture_20260215.csv", "Milano", (212, 38)),
        ("servizi/Elenco_Completo_Farmacie_20260215_MI.csv", "15182", (921, 15)),
        ("servizi/SCUANAGRAFEPAR20232420230901_MI.csv", "H264", (709, 11)),
        ("servizi/centri_sportivi_2016.geojson", "Sesto San Giovanni", (186, 26)),
        ("pgt/milano_catalogo_servizi_nidi_campione.geojson", "Milano", (1, 1)),
        ("pgt/milano_catalogo_servizi_scuole_infanzia_campione.geojson", "Milano", (1, 1)),
    ],
)
def test_real_files_give_the_services_of_one_comune(importer, shared_data, file, comune, counts):
    found = importer(shared_data / file, COMUNE=comune)

    assert (found["READ"], found["WRITTEN"]) == counts
    istat = {row["istat"] for row in found["OUTPUT"] + found["UNPLACED"]}
    assert len(istat) == 1
    ids = [row["id_servizio"] for row in found["OUTPUT"] + found["UNPLACED"]]
    assert len(set(ids)) == counts[1]


def test_the_regional_hospitals_have_their_axes_put_right(importer, shared_data):
    found = importer(
        shared_data / "servizi" / "Georeferenziazione_strutture_20260215.csv", COMUNE="Milano"
    )

    assert {row["codice_sttm"] for row in found["OUTPUT"]} == {"SAN.01"}
    assert len(lines(found, "D05", None)) == 1
    buzzi = next(row for row in found["OUTPUT"] if "BUZZI" in row["denominazione"])
    assert buzzi["codice_fonte"] == "HSP:030056-00"
    assert buzzi["wkt"] == "Point (513058.8 5037014.5)"


def test_the_catalogue_of_milano_is_placed_from_gauss_boaga_columns(importer, shared_data):
    name = "milano_catalogo_servizi_scuole_infanzia_campione.geojson"

    found = importer(shared_data / "pgt" / name, COMUNE="Milano")

    (school,) = found["OUTPUT"]
    assert (school["codice_sttm"], school["stato"]) == ("LOC.02", "esistente")
    assert school["capacita"] is None  # CAP_MAX = 0 means unknown
    x, y = (float(part) for part in school["wkt"][7:-1].split())
    assert abs(x - 513918) < 10 and abs(y - 5033453) < 10
    assert lines(found, "D03", None)[0]["dopo"].startswith("EPSG:3003")


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("sporchi/Centri_Storici_senza_prj/Centri_Storici.shp", "Centri_Storici.dbf"),
        ("sporchi/siena_coordinate_scambiate.geojson", "nessun candidato"),
        ("sporchi/ds522_AreeVerdi.json", "non si apre"),
    ],
)
def test_hopeless_real_files_stop_with_a_sentence(importer, shared_data, file, sentence):
    assert sentence in refusal(importer, shared_data / file, COMUNE="Milano")


# What the technician decided -----------------------------------------------------------------


def test_a_decision_on_a_value_is_remembered_for_equal_values(importer, table, tmp_path):
    choices = {"Caserma": "SIC.03", "Area a servizi": None}
    columns = {"denominazione": "nome", "codice_sttm": {"field": "tipo", "map": choices}}
    decided = profile_file(tmp_path, columns=columns)
    first = table("nome;tipo\nRho centro;Caserma\nVia Roma;Area a servizi\n")
    asked = importer(first)
    assert [row["codice_sttm"] for row in asked["UNPLACED"]] == [None, None]

    # Next year: other records, other spelling, one value never seen.
    later = table(
        "nome;tipo\nRho nord;CASERMA \nMuseo;area à servizi\nPiazza X;Biblioteca\n", "dopo.csv"
    )
    found = importer(later, PROFILE=decided)

    assert {row["denominazione"]: row["codice_sttm"] for row in found["UNPLACED"]} == {
        "Rho nord": "SIC.03",
        "Museo": None,  # the value was looked at: the name no longer speaks
        "Piazza X": "CUL.01",
    }
    assert {row["denominazione"]: row["confidenza"] for row in found["UNPLACED"]} == {
        "Rho nord": 1.0,
        "Museo": None,
        "Piazza X": 0.95,
    }
    assert found["UNCLASSIFIED"] == 1
    assert lines(found, "D34", None)[0]["prima"] == "«Biblioteca» (1)"
    left = next(line for line in found["log"]["righe"] if line["regola"] == "da_classificare")
    assert (left["deciso_da"], left["dopo"]) == (
        "profilo",
        "nessuna categoria, per decisione del tecnico",
    )
    message = refusal(importer, later, PROFILE=decided, ON_DOUBT=0)
    assert "«Biblioteca»" in message
    assert "Caserma" not in message
