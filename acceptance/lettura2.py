"""Builds the Lettura 2 of the province from the open data beside the project.

python3 -m acceptance.lettura2 [--output build/lettura2]

Of each theme the latest edition is Lettura 2 itself (``ruolo`` principale); the others, kept
apart, are what it can be compared with.
"""

from __future__ import annotations

import argparse
import csv
import re
import time
from collections import Counter
from pathlib import Path

from demo.run import leave, start_qgis

from .places import CONFINI, DATA, PROJECT_ROOT
from .run import table

SOURCES_FILE = Path(__file__).with_name("fonti_lettura2.csv")
PROVINCE = "015"
# The boundaries are generalised: a point that nobody assigns to a comune may lie so far outside.
_BOUNDARY_SLACK_M = 500.0
_BY_POSITION = re.compile(r"^(\d+) m fuori$")
_KINDS = (("punti", "Point"), ("poligoni", "MultiPolygon"), ("senza_localizzazione", None))


def sources() -> list[dict]:
    """Return the rows of fonti_lettura2.csv, in order."""
    with SOURCES_FILE.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def missing_data() -> str:
    """Return why nothing can be built here, "" when all is there."""
    if not DATA.is_dir():
        return "dati aperti non presenti accanto al progetto (../shared/data)"
    absent = [row["file"] for row in sources() if not (DATA / row["file"]).is_file()]
    return f"mancano {', '.join(absent)}" if absent else ""


def import_source(row, folder: Path) -> dict:
    """Import one source through the profile its columns name; return frames and figures."""
    import json

    from qgis import processing
    from qgis.core import QgsCoordinateReferenceSystem, QgsProcessingFeedback

    from sttm_plugin.qgis_io.frames import read_frame, read_services

    log, profile = folder / "registro.json", folder / "profilo.json"
    started = time.perf_counter()
    found = processing.run(
        "sttm:importservices",
        {
            "INPUT": str(DATA / row["file"]),
            "BOUNDARIES": str(DATA / CONFINI),
            "READING": 1,
            "SOURCE_DATE": row["data"],
            **{
                name: "TEMPORARY_OUTPUT"
                for name in ("OUTPUT", "OUTPUT_POINTS", "UNPLACED", "REJECTED")
            },
            "LOG": str(log),
            "PROFILE_OUT": str(profile),
        },
        feedback=QgsProcessingFeedback(False),
    )
    utm = QgsCoordinateReferenceSystem("EPSG:32632")
    lines = json.loads(log.read_text(encoding="utf-8"))["righe"]
    recognised = [line["dopo"] for line in lines if line["regola"] == "profilo_riconosciuto"]
    services = read_services([found[name] for name in ("OUTPUT", "OUTPUT_POINTS", "UNPLACED")], utm)
    rejected = read_frame(found["REJECTED"], utm)
    outside = {
        line["id_servizio"]: line["prima"]
        for line in lines
        if line["regola"] == "fuori_confine"
        and (far := _BY_POSITION.match(line["prima"] or ""))
        and int(far[1]) > _BOUNDARY_SLACK_M
    }
    services, rejected = _leave_out(services, rejected, outside)
    return {
        "services": services,
        "rejected": rejected,
        "read": found["READ"],
        "repaired": found["REPAIRED"],
        "profile": recognised[0].partition(" ")[0] if recognised else "",
        "doubts": sum(1 for line in lines if line["gravita"] in ("R", "W")),
        "seconds": time.perf_counter() - started,
    }


def _leave_out(services, rejected, outside):
    """Move to the rejected what only its position assigned to a comune it doesn't lie in."""
    import pandas as pd

    gone = services["id_servizio"].isin(list(outside)) | ~services["istat"].fillna(
        PROVINCE
    ).str.startswith(PROVINCE)
    if not gone.any():
        return services, rejected
    moved = pd.DataFrame(
        {
            "layer": services.loc[gone, "_layer"],
            "fid_origine": services.loc[gone, "_fid"],
            "motivo": "fuori_area",
            "difetto": "D09",
            "messaggio": [
                f"Nessuno dice di quale comune sia, e la posizione è {outside.get(own, 'altrove')}."
                for own in services.loc[gone, "id_servizio"]
            ],
            "attributi_origine": services.loc[gone, "attributi_origine"],
            "geometria_wkt": services.loc[gone, "geometry"].map(lambda shape: shape.wkt),
        }
    )
    return services[~gone], pd.concat([rejected, moved], ignore_index=True)


def build(output: Path, say=print) -> dict:
    """Build the whole Lettura 2 into ``output``; return the figures by source."""
    import pandas as pd
    from qgis.core import QgsCoordinateReferenceSystem

    from sttm_plugin.core import schema
    from sttm_plugin.qgis_io.geopackage import write_tables

    output.mkdir(parents=True, exist_ok=True)
    figures, frames, rejected = [], {"principale": [], "confronto": []}, []
    known: set = set()
    for row in sources():
        found = import_source(row, output)
        services = found["services"]
        again = services["id_servizio"].isin(known) | services["id_servizio"].duplicated()
        known.update(services["id_servizio"])
        kept = services[~again]
        main = kept.iloc[:0]
        if row["ruolo"] == "principale":
            wanted = row["categorie"].split(";") if row["categorie"] else None
            chosen = kept["codice_sttm"].isin(wanted) if wanted else kept["id_servizio"].notna()
            main = kept[chosen]
            frames["confronto"].append(kept[~chosen])
        else:
            frames["confronto"].append(kept)
        frames["principale"].append(main)
        rejected.append(found["rejected"].assign(fonte=row["file"]))
        figures.append(
            {
                "fonte": Path(row["file"]).name,
                "profilo": found["profile"],
                "tema": row["tema"],
                "ruolo": row["ruolo"],
                "letti": found["read"],
                "scritti": len(services),
                "scartati": len(found["rejected"]),
                "riparati": found["repaired"],
                "da_classificare": int(services["codice_sttm"].isna().sum()),
                "gia_in_altra_edizione": int(again.sum()),
                "in_lettura2": len(main),
                "comuni": int(main["istat"].nunique()),
            }
        )
        line = figures[-1]
        say(
            f"{line['fonte'][:58]:58} {line['letti']:5} letti {line['scritti']:5} scritti "
            f"{line['scartati']:5} scartati {line['in_lettura2']:5} in Lettura 2 "
            f"({found['seconds']:.1f} s)"
        )
    joined = {role: pd.concat(parts, ignore_index=True) for role, parts in frames.items()}
    fields = (schema.Field("fonte"), *schema.REJECTED)
    tables = {}
    for role, prefix in (("principale", "servizi"), ("confronto", "confronto")):
        for name, kind in _KINDS:
            part = joined[role][_kind_of(joined[role]) == name].reset_index(drop=True)
            tables[f"{prefix}_{name}"] = (kind, schema.SERVICES, part)
    left = pd.concat(rejected, ignore_index=True)
    tables["scartati"] = (None, fields, schema.conform(left, fields))
    by_source = pd.DataFrame(figures)
    by_comune, by_category = _counts(joined["principale"])
    for name, frame in (
        ("conteggi_fonte", by_source),
        ("conteggi_comune", by_comune),
        ("conteggi_categoria", by_category),
    ):
        tables[name] = (None, _fields_of(frame), schema.conform(frame, _fields_of(frame)))
    write_tables(output / "lettura2.gpkg", tables, QgsCoordinateReferenceSystem("EPSG:32632"))
    text = _report(by_source, by_comune, by_category)
    (output / "conteggi.md").write_text(text, encoding="utf-8")
    for name in ("registro.json", "profilo.json"):
        (output / name).unlink(missing_ok=True)
    say("")
    say(text)
    return {"fonti": figures, "frame": joined["principale"], "rejected": left}


def _kind_of(frame):
    return frame["geometry"].map(
        lambda shape: (
            "senza_localizzazione"
            if shape is None or shape.is_empty
            else "punti"
            if shape.geom_type == "Point"
            else "poligoni"
        )
    )


def _fields_of(frame):
    from sttm_plugin.core.schema import Field

    return tuple(
        Field(name, "int" if frame[name].dtype.kind in "iu" else "text") for name in frame.columns
    )


def _counts(services):
    """Return the counts by comune and macrocategoria, and by category."""
    import pandas as pd

    from sttm_plugin.core.reference import comuni

    group = services["macrocategoria"].fillna("DA CLASSIFICARE")
    wide = pd.crosstab(services["istat"], group)
    wide = wide.reindex(sorted(istat for istat in comuni())).fillna(0).astype("int64")
    wide.insert(0, "totale", wide.sum(axis=1))
    wide.insert(0, "comune", [comuni()[istat].nome for istat in wide.index])
    by_comune = wide.rename_axis("istat").reset_index()
    codes = Counter(
        zip(services["codice_sttm"].fillna(""), services["categoria"].fillna("Da classificare"))
    )
    located = Counter(services.loc[services["geometry"].notna(), "codice_sttm"].fillna("").tolist())
    by_category = pd.DataFrame(
        [
            {"codice_sttm": code, "categoria": name, "n": n, "con_posizione": located[code]}
            for (code, name), n in sorted(codes.items())
        ]
    )
    return by_comune, by_category


def _report(by_source, by_comune, by_category) -> str:
    numbers = ["letti", "scritti", "scartati", "riparati", "da_classificare", "in_lettura2"]
    totals = {name: int(by_source[name].sum()) for name in numbers}
    parts = [
        "# Lettura 2 della provincia 015\n",
        f"{totals['letti']} record letti = {totals['scritti']} scritti + {totals['scartati']} "
        f"scartati; {totals['in_lettura2']} nella Lettura 2, in "
        f"{int((by_comune['totale'] > 0).sum())} comuni su {len(by_comune)}.\n",
        "## Per fonte\n",
        table(by_source.to_dict("records")) + "\n",
        "## Per categoria\n",
        table(by_category.to_dict("records")) + "\n",
        "## Per comune\n",
        table(by_comune.to_dict("records")) + "\n",
    ]
    return "\n".join(parts)


def main(arguments=None) -> int:
    """Build it and print the counts; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=PROJECT_ROOT / "build" / "lettura2")
    options = parser.parse_args(arguments)
    reason = missing_data()
    if reason:
        print(f"Lettura 2: {reason}.")
        return 1
    keep = start_qgis()
    build(options.output)
    print(f"Scritto in {options.output / 'lettura2.gpkg'}")
    del keep
    return 0


if __name__ == "__main__":
    leave(main)
