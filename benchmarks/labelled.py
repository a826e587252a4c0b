"""The labelled set: real open data, each record with the category its own source gives it.

Nothing of the data is kept here: ``labels/fonti.json`` says from which column of which file the
label comes, and ``labels/a_mano.csv`` holds what a person read in a text, under its fingerprint.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path

from sttm_plugin.core.pack import load_pack
from sttm_plugin.core.taxonomy import category_of_code
from sttm_plugin.core.text import normalise

LABELS = Path(__file__).resolve().parent / "labels"
DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
UNSAID = "-"


@dataclass(frozen=True)
class Labelled:
    """One distinct text of a source.

    Attributes:
        fonte, parte: the source's id; ``taratura`` or ``riserva`` (never looked at to tune).
        testi: name first, then what the source says of the kind. area_mq: or None.
        codice: the category the source gives, None for what the taxonomy doesn't hold.
        detto: whether a reader of the texts alone could tell it.
    """

    fonte: str
    parte: str
    testi: tuple
    area_mq: float | None
    codice: str | None
    detto: bool

    @property
    def impronta(self) -> str:
        """Return what stands for the texts in the file of the labels read by hand."""
        return fingerprint(self.fonte, self.testi)


def fingerprint(fonte: str, testi) -> str:
    """Return twelve signs that stand for the texts of a source."""
    said = "|".join(normalise(text) for text in testi)
    return hashlib.sha256(f"{fonte}|{said}".encode()).hexdigest()[:12]


def sources() -> list:
    """Return the sources, as ``fonti.json`` describes them."""
    return json.loads((LABELS / "fonti.json").read_text(encoding="utf-8"))


def load(data: Path = DATA, parte: str | None = None, hand: bool = True) -> list:
    """Return every labelled text, in the order of ``fonti.json``.

    A text that one source gives two categories doesn't say which. The reserved texts that
    also occur in a source used for tuning are left out; a source that came later
    (``"aggiunta"``) gives up those of the reserve instead, which so stays as it was.
    """
    by_hand = _by_hand() if hand else {}
    found, known, reserved = [], set(), set()
    for source in sorted(sources(), key=_turn):
        items = _of_source(source, data, by_hand)
        if source.get("aggiunta"):
            items = [item for item in items if _key(item) not in reserved]
        elif source["parte"] == "taratura":
            known.update(_key(item) for item in items)
        else:
            items = [item for item in items if _key(item) not in known]
            reserved.update(_key(item) for item in items)
        if parte in (None, source["parte"]):
            found.extend(items)
    return found


def _turn(source: dict) -> int:
    """Those for tuning first, then the reserve, told apart whatever the order of the file."""
    return 2 if source.get("aggiunta") else int(source["parte"] != "taratura")


def _key(item: Labelled) -> tuple:
    return tuple(normalise(text) for text in item.testi)


def _by_hand() -> dict:
    with open(LABELS / "a_mano.csv", encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream)
        return {(row["fonte"], row["impronta"]): row["codice"] for row in rows}


def _of_source(source: dict, data: Path, by_hand: dict) -> list:
    pack = load_pack()
    distinct: dict = {}
    for record in _records(data / source["file"]):
        if any(record.get(name) not in kept for name, kept in source.get("solo", {}).items()):
            continue
        texts = tuple(str(record.get(name) or "") for name in (source["nome"], *source["tipi"]))
        if not normalise(texts[0]):
            continue
        area = record.get("area_mq") if source.get("area") else None
        code = _label(source["etichetta"], record, area, pack)
        name = source.get("come", source["id"])
        item = Labelled(name, source["parte"], texts, area, code, code is not None)
        key = (item.impronta, area is not None and area > 5000)
        if key not in distinct:
            distinct[key] = item
        elif distinct[key].codice != code:
            distinct[key] = replace(distinct[key], detto=False)
    items = sorted(distinct.values(), key=lambda item: item.impronta)
    first = source.get("salta", 0)
    items = items[first : first + source.get("campione", len(items))]
    if "meta" in source:  # one of two halves, told apart by the fingerprint
        items = [item for item in items if int(item.impronta, 16) % 2 == source["meta"]]
    items = [_read_by_hand(item, by_hand) for item in items]
    return [replace(item, fonte=source["id"]) for item in items]


def _read_by_hand(item: Labelled, by_hand: dict) -> Labelled:
    read = by_hand.get((item.fonte, item.impronta))
    if read == UNSAID:
        return replace(item, detto=False)
    if read:
        return replace(item, codice=read, detto=True)
    return item


def _label(rule: dict, record: dict, area, pack):
    if "meccanografico" in rule:
        said = category_of_code("MIM:" + str(record[rule["meccanografico"]]), pack)
        return said[0] if said else None
    if "colonna" in rule:
        return rule["mappa"].get(record.get(rule["colonna"]))
    if "verde" in rule:
        return "VER.01" if area > rule["verde"] else "LOC.07"
    return rule.get("tutti")


def _records(path: Path) -> list:
    if path.suffix == ".gpkg":
        return _of_geopackage(path)
    if path.suffix == ".dbf":
        import geopandas as gpd

        return gpd.read_file(path, ignore_geometry=True, encoding="utf-8").to_dict("records")
    if path.suffix in (".geojson", ".json"):
        content = json.loads(path.read_bytes())
        if "items" in content:
            return content["items"]
        return [_with_tags(feature["properties"]) for feature in content["features"]]
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    first = text.partition("\n")[0]
    delimiter = max("\t;,", key=first.count)
    csv.field_size_limit(2**24)
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def _with_tags(record: dict) -> dict:
    """Return a record with the tags of OpenStreetMap that GDAL puts in one column."""
    tags = re.findall(r'"([^"]+)"=>"([^"]*)"', record.get("other_tags") or "")
    return {**dict(tags), **record}


def _of_geopackage(path: Path) -> list:
    with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as base:
        table = base.execute("SELECT table_name FROM gpkg_contents").fetchone()[0]
        cursor = base.execute('SELECT * FROM "' + table.replace('"', '""') + '"')  # noqa: S608
        names = [column[0] for column in cursor.description]
        records = [dict(zip(names, row)) for row in cursor]
    for record in records:
        record["area_mq"] = float(record["area_ha"]) * 10000
    return records
