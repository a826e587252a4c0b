"""Foreign files and layers as plain tables: texts from their own bytes, shapes untransformed."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import struct
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeature,
    QgsFields,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QUrl, QUrlQuery

from ..core import tabletext
from ..core.coded import Coded, Coder
from ..core.errors import SttmError
from ..core.intake_model import SourceTable
from ..core.shapes import PointsAt
from .bulk import places_of
from .fields import KEY_FIELDS, kind_of
from .frames import (
    columns_at_once,
    crs_name,
    iter_features,
    plain_value,
    shapes_from_wkb,
    source_crs,
    source_name,
)
from .layers import layers_in

_CANCEL_EVERY = 512
# PDS_SCHEMA §2.6: how far a segment may leave its curve.
_CURVE_TOLERANCE = 0.05
_TEXT_ENDINGS = (".csv", ".tsv", ".txt")
_SHEET_ENDINGS = (".xlsx", ".ods")
_REFUSED = {
    ".dwg": "chiedere un DXF o, meglio, un GeoPackage o uno shapefile",
    ".pdf": "chiedere i dati da cui è stato stampato (GeoPackage, shapefile o tabella)",
    ".tif": "un'immagine non contiene servizi: chiedere i dati vettoriali",
    ".jpg": "un'immagine non contiene servizi: chiedere i dati vettoriali",
    ".xls": "salvarlo come .xlsx o .csv",
    ".doc": "chiedere una tabella .xlsx o .csv",
    ".docx": "chiedere una tabella .xlsx o .csv",
}
_SHAPE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_IN_ARCHIVE = "/vsizip/"
_ARCHIVE = re.compile(r"(.*?\.(?:zip|kmz))(/.*|)$", re.IGNORECASE)
_MAX_UNPACKED = 2 * 1024**3
_MAX_MEMBERS = 2000


class Opened:
    """A file made readable: where to read it, its layer if it was opened, and what was done.

    The copies lie in a folder of their own, which goes away with this object.
    """

    def __init__(self, path):
        self.path = path
        self.layer = None
        self.notes: list = []
        self._folder = None

    def folder(self) -> Path:
        """Return a folder for copies, made on first use."""
        if self._folder is None:
            self._folder = tempfile.mkdtemp(prefix="sttm-")
        return Path(self._folder)

    def close(self):
        """Remove the copies, and let go of the layer, which would keep them open."""
        self.layer = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def open_file(path: str) -> Opened:
    """Return a file as a driver can open it; the source's folder is never touched.

    A zip is unpacked, one inside it too (D47); a shapefile whose endings are written in other
    cases, or that lacks its index, is copied (D01).

    Args:
        path: as the user gave it, perhaps with ``|layername=`` behind.

    Raises:
        SttmError: not there, a format we can't read, a part of a shapefile is missing (D02).
    """
    bare, bar, rest = path.partition("|")
    opened = Opened(path)
    inside = ""
    if bare.startswith(_IN_ARCHIVE):
        bare, inside = _archive_of(bare)
    if not os.path.exists(bare):
        raise SttmError(f"Il file «{Path(bare).name}» non esiste: controllare il percorso.")
    ending = Path(bare).suffix.lower()
    if ending in _REFUSED:
        raise SttmError(
            f"«{Path(bare).name}»: il formato {ending} non si legge; {_REFUSED[ending]}."
        )
    try:
        # GDAL reads a KMZ without the columns of its KML.
        if ending in (".zip", ".kmz"):
            bare = _unpack(Path(bare), opened, 0, inside)
            ending = Path(bare).suffix.lower()
            opened.path = bare + bar + rest
        if ending == ".shp":
            opened.path = _shapefile(Path(bare), opened) + bar + rest
        if ending == ".dbf" and bare == path:
            _dbf_alone(Path(bare), opened)
    except SttmError:
        opened.close()
        raise
    return opened


def _archive_of(path) -> tuple[str, str]:
    """Return (the zip, the file in it or "") of a path as GDAL and QGIS write it."""
    whole = path[len(_IN_ARCHIVE) :]
    if whole.startswith("{"):
        archive, _, inside = whole[1:].partition("}")
    else:
        found = _ARCHIVE.match(whole)
        archive, inside = found.groups() if found else (whole, "")
    # /vsizip//home/… on Linux, /vsizip/C:/… on Windows; /vsizip/home/… is said of the first too.
    if not os.path.exists(archive) and os.path.exists(f"/{archive}"):
        archive = f"/{archive}"
    return archive, inside.strip("/")


def _unpack(archive: Path, opened: Opened, level: int, wanted: str = "") -> str:
    folder = opened.folder() / f"livello{level}"
    folder.mkdir()
    try:
        with zipfile.ZipFile(archive) as content:
            members = [info for info in content.infolist() if not info.is_dir()]
            total = sum(info.file_size for info in members)
            if len(members) > _MAX_MEMBERS or total > _MAX_UNPACKED:
                raise SttmError(f"L'archivio «{archive.name}» è troppo grande: estrarlo a mano.")
            dated = dict(filter(None, (_extract(content, i, folder, opened) for i in members)))
    except (zipfile.BadZipFile, RuntimeError, OSError) as error:
        raise SttmError(f"L'archivio «{archive.name}» non si apre ({error}).") from error
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower()
        in (".shp", ".gpkg", ".geojson", ".json", ".kml", ".gml", ".fgb", ".tab", ".mif")
        + _TEXT_ENDINGS
        + _SHEET_ENDINGS
    )
    if wanted:
        found = [path for path in found if dated[path][0] == wanted]
        if not found:
            raise SttmError(f"Nell'archivio «{archive.name}» non c'è «{wanted}».")
    inner = sorted(folder.rglob("*.[zZ][iI][pP]"))
    if not found and len(inner) == 1:
        if level:
            raise SttmError(
                f"«{archive.name}»: archivi dentro archivi dentro archivi. Estrarli a mano (D47)."
            )
        opened.notes.append(
            ("D47", "archivio_in_archivio", "R", inner[0].name, "aperto di un livello", "regola")
        )
        return _unpack(inner[0], opened, level + 1)
    if len(found) != 1:
        names = "; ".join(_described(path, dated.get(path)) for path in found) or "nessuno"
        raise SttmError(
            f"L'archivio «{archive.name}» deve contenere un solo layer; trovati: {names}. "
            "Estrarlo e scegliere il file (D46)."
        )
    return str(found[0])


def _described(path, member) -> str:
    """Return a layer of an archive as a person chooses it: where, when, how many, how far."""
    where, when = member or (path.name, "")
    said = f"{where}{', ' + when if when else ''}"
    layer = None if is_text(str(path)) else QgsVectorLayer(str(path), "", "ogr")
    if layer is None or not layer.isValid():
        return said
    said += f", {layer.featureCount()} elementi"
    box = layer.extent()
    if layer.isSpatial() and not box.isNull():
        said += f", tra {box.xMinimum():.0f} {box.yMinimum():.0f} e "
        said += f"{box.xMaximum():.0f} {box.yMaximum():.0f}"
    return said


def _extract(content, info, folder, opened):
    """Extract a member; return (its copy, (its name in the archive, its date)) or None."""
    # Only the last part of a name: no member leaves the folder.
    inside, _, name = info.filename.replace("\\", "/").rpartition("/")
    if not info.flag_bits & 0x800 and not name.isascii():
        # zipfile decodes old names as cp437; Windows in Italy wrote cp850 or cp1252.
        decoded = name.encode("cp437", "replace").decode("cp850", "replace")
        opened.notes.append(("D47", "nome_nel_zip", "R", name, decoded, "regola"))
        name = decoded
    if not name or name.startswith("."):
        return None
    # Files of one name in two folders of the archive are two files (D46): a folder for each of
    # those folders, whatever it is called.
    place = folder / hashlib.sha256(inside.encode("utf-8", "replace")).hexdigest()[:12]
    place.mkdir(exist_ok=True)
    with content.open(info) as stream, open(place / name, "wb") as target:
        shutil.copyfileobj(stream, target)
    when = "{2:02d}/{1:02d}/{0}".format(*info.date_time)
    return place / name, (f"{inside}/{name}" if inside else name, when)


def _shapefile(path: Path, opened: Opened) -> str:
    stem = path.stem.lower()
    beside = {
        other.suffix.lower(): other
        for other in sorted(path.parent.iterdir())
        if other.stem.lower() == stem and other.suffix.lower() in _SHAPE_PARTS
    }
    if ".dbf" not in beside:
        found = ", ".join(other.name for other in beside.values())
        raise SttmError(
            f"Lo shapefile «{path.name}» non ha gli attributi: manca «{path.stem}.dbf» (D02). "
            f"File trovati: {found}. Servono .shp, .shx e .dbf con lo stesso nome."
        )
    plain = all(
        other.suffix in (ending, ending.upper()) and other.stem == path.stem
        for ending, other in beside.items()
    )
    same_case = len({other.suffix.isupper() for other in beside.values()}) == 1
    if plain and same_case and ".shx" in beside:
        return str(path)
    for ending, other in beside.items():
        shutil.copyfile(other, opened.folder() / f"{path.stem}{ending}")
    if ".shx" not in beside:
        _rebuild_index(opened.folder() / f"{path.stem}.shp")
        opened.notes.append(
            (
                "D01",
                "indice_ricostruito",
                "R",
                f"manca {path.stem}.shx",
                "copia temporanea",
                "regola",
            )
        )
    else:
        names = ", ".join(sorted(other.name for other in beside.values()))
        opened.notes.append(
            ("D01", "estensioni_uniformate", "R", names, "copia temporanea", "regola")
        )
    return str(opened.folder() / f"{path.stem}.shp")


def _rebuild_index(path: Path):
    """Write the .shx of a shapefile from the lengths of its records."""
    content = path.read_bytes()
    entries = bytearray()
    position = 100
    while position + 8 <= len(content):
        length = int.from_bytes(content[position + 4 : position + 8], "big")
        entries += (position // 2).to_bytes(4, "big") + length.to_bytes(4, "big")
        position += 8 + length * 2
    if position != len(content):
        raise SttmError(f"Lo shapefile «{path.name}» è troncato: chiederne una copia integra.")
    head = bytearray(content[:100])
    head[24:28] = ((100 + len(entries)) // 2).to_bytes(4, "big")
    path.with_suffix(".shx").write_bytes(bytes(head) + bytes(entries))


def _dbf_alone(path: Path, opened: Opened):
    shape = [other for other in path.parent.iterdir() if other.stem == path.stem]
    if any(other.suffix.lower() == ".shx" for other in shape) and not any(
        other.suffix.lower() == ".shp" for other in shape
    ):
        opened.notes.append(
            (
                "D02",
                "geometrie_assenti",
                "W",
                f"manca {path.stem}.shp",
                "letti i soli attributi",
                "regola",
            )
        )


def is_text(path: str) -> bool:
    """Tell whether a file is a table of text, read from its own bytes."""
    return path.lower().endswith(_TEXT_ENDINGS)


def is_geojson(path: str) -> bool:
    """Tell whether a file is a GeoJSON, which GDAL reads whole to open it."""
    return path.partition("|")[0].lower().endswith((".geojson", ".json"))


def single_layer(path: str) -> str:
    """Return the one layer to read in a file that may hold several.

    Raises:
        SttmError: it holds several: they are listed, none is chosen.
    """
    bare, _, rest = path.partition("|")
    named = re.search(r"(?:^|\|)layername=([^|]*)", rest)
    if named and Path(bare).suffix.lower() == ".gpkg":
        names = layers_in(bare)
        if names and named[1] not in names:
            raise SttmError(
                f"In «{Path(bare).name}» non c'è il layer «{named[1]}». Layer presenti: "
                f"{', '.join(names)}."
            )
    # Files of one layer; GDAL reads a whole GeoJSON to say so.
    if rest or Path(bare).suffix.lower() in (*_TEXT_ENDINGS, ".shp", ".dbf", ".geojson"):
        return path
    names = layers_in(bare)
    if len(names) > 1:
        raise SttmError(
            f"«{Path(bare).name}» contiene più layer: {', '.join(names)}. Indicare quale, per "
            f"esempio {Path(bare).name}|layername={names[0]}."
        )
    return path


# Reading -----------------------------------------------------------------------------------


def read_table(
    source,
    layer=None,
    selected=False,
    path="",
    encoding="",
    header_row=1,
    notes=(),
    feedback=None,
    name="",
    whole=False,
):
    """Return a layer or table as a SourceTable, in its own coordinates.

    Args:
        source: QgsProcessingFeatureSource or QgsVectorLayer.
        layer: the QgsVectorLayer behind it, None where nobody knows. selected: only its
            selected features are read.
        path: the file it comes from, "" where it has none: CSV and DBF are decoded from it.
        encoding: chosen by the user, "" to find it.
        header_row: for CSV and sheets, the row that names the columns, from 1.
        notes: lines for the log from opening the file.
        name: name of the layer, where the source's own is that of a copy.
        whole: every feature of the layer is meant, in its own order.

    Returns:
        SourceTable; None when cancelled.

    Raises:
        SttmError: truncated, wrong encoding, no such header row.
    """
    bare = path.partition("|")[0]
    # What GDAL opens in an archive has no bytes of its own to read.
    ending = "" if bare.startswith("/vsi") else Path(bare).suffix.lower()
    title = name or source_name(source)
    total = _whole_count(layer, selected)
    if ending in _TEXT_ENDINGS:
        table = _csv_table(source, bare, title, encoding, header_row, total, feedback)
    elif ending in _SHEET_ENDINGS:
        table = _sheet_table(path, title, header_row, feedback)
    else:
        # The attributes of a shapefile come from its own bytes.
        shp = whole and ending == ".shp"
        if ending == ".shp":
            _check_whole(Path(bare))
        table = _layer_table(source, title, feedback, layer if whole else None, shp)
        if table is not None:
            _check_complete(layer, selected, title, table.count)
            table.geojson = _is_geojson_layer(layer)
            if not table.crs and path and table.geometry != "None":
                table.crs = _crs_of_kinds(path)
            if total is not None and total != table.count:
                table.notes.append(_filter_note(table.count, total))
        if table is not None and ending in (".shp", ".dbf"):
            decoded = _decode_dbf(table, Path(bare).with_suffix(".dbf"), encoding)
            if shp and not decoded:
                values = _layer_table(source, title, feedback)
                if values is None:
                    return None
                table.columns = values.columns
        elif table is not None and header_row > 1:
            raise SttmError(
                "La riga di intestazione si sceglie solo per CSV e fogli di calcolo: lasciare 1."
            )
    if table is None:
        return None
    table.file = Path(bare).name if bare else ""
    table.notes = [*notes, *table.notes]
    return table


def _text_table(text, title, file_kind):
    doubts, notes = [], []
    notes.append(
        (
            "D24" if text.encoding.contradicts else "",
            "codifica",
            "A",
            f"dichiarata {text.encoding.contradicts}" if text.encoding.contradicts else file_kind,
            f"{text.encoding.name}: {text.encoding.evidence}",
            "utente" if text.encoding.evidence.startswith("scelta") else "regola",
        )
    )
    if text.encoding.contradicts:
        doubts.append(
            f"Il file dichiara la codifica {text.encoding.contradicts} ma il contenuto è "
            f"{text.encoding.name} (D24)."
        )
    if text.guessed_header:
        sentence = (
            f"La prima riga non ha i nomi delle colonne: sembrano nella {text.guessed_header} "
            "(indicarla in HEADER_ROW)"
        )
        doubts.append(f"{sentence} (D44).")
        notes.append(("D44", "intestazione", "A", sentence, f"riga {text.guessed_header}"))
    elif text.skipped:
        notes.append(
            (
                "D44",
                "righe_prima_dell_intestazione",
                "A",
                f"{text.skipped} righe",
                "saltate",
                "utente",
            )
        )
    return SourceTable(
        layer=title,
        file="",
        names=text.names,
        kinds=text.kinds,
        widths=text.widths,
        columns=text.columns,
        fids=text.numbers,
        shapes=[None] * len(text.numbers),
        broken=dict(text.broken),
        notes=notes,
        encoding=text.encoding.name.replace("utf-8-sig", "utf-8"),
        delimiter=text.delimiter,
        header_row=text.skipped + 1,
        doubts=doubts,
    )


def _csv_table(source, bare, title, encoding, header_row, total, feedback):
    csvt_cpg = Path(bare).with_suffix(".cpg")
    declared = _first_line(csvt_cpg) if csvt_cpg.is_file() else ""
    going = None if feedback is None else lambda: not feedback.isCanceled()
    text = tabletext.read_csv(_bytes_of(bare), encoding, declared, header_row, going)
    if text is None:
        return None
    table = _text_table(text, title, "CSV")
    if total is not None:
        # A filter or a selection is on: the same rows, by their number in the file.
        chosen = [feature.id() for feature in iter_features(source)]
        keep = np.flatnonzero(np.isin(table.fids, np.array(chosen, dtype=np.int64)))
        table.notes.append(_filter_note(len(keep), total))
        table = table.only(keep)
    return table


def _filter_note(read, total):
    return (
        "D50",
        "filtro_attivo",
        "W",
        f"{total} elementi",
        f"importati {read} di {total}",
        "utente",
    )


def _whole_count(layer, selected):
    """Return how many features the layer has without the filter in force, None without one."""
    if layer is None or layer.dataProvider() is None:
        return None
    if selected and not layer.subsetString():
        return layer.featureCount()
    if layer.subsetString():
        whole = QgsVectorLayer(layer.source().partition("|subset=")[0], "", layer.providerType())
        return whole.featureCount() if whole.isValid() else -1
    return None


def _bytes_of(path) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise SttmError(
            f"Il file «{Path(path).name}» non si legge ({error.strerror}): controllare che non sia "
            "aperto in un altro programma."
        ) from error


def _first_line(path) -> str:
    return Path(path).read_text(encoding="ascii", errors="replace").strip().splitlines()[0][:40]


def _sheet_table(path, title, header_row, feedback):
    """Read a sheet as texts, its header row like any other, so that HEADER_ROW can choose it."""
    bare, _, rest = path.partition("|")
    layer_part = f"|{rest}" if rest else ""
    uri = f"{bare}{layer_part}|option:HEADERS=DISABLE|option:FIELD_TYPES=STRING"
    layer = QgsVectorLayer(uri, title, "ogr")
    if not layer.isValid():
        raise SttmError(f"Il foglio «{Path(bare).name}» non si apre: salvarlo come .xlsx o .csv.")
    lines = []
    for number, feature in enumerate(layer.getFeatures()):
        if number % _CANCEL_EVERY == 0 and feedback is not None and feedback.isCanceled():
            return None
        lines.append([plain_value(value) for value in feature.attributes()])
    encoding = tabletext.Encoding("utf-8", "foglio di calcolo")
    # A driver may still take the first row as names when every cell is a text.
    names = [field.name() for field in layer.fields()]
    if not all(name.startswith("Field") for name in names):
        lines.insert(0, names)
    return _text_table(tabletext.table_from_rows(lines, header_row, encoding), title, "foglio")


def _layer_table(source, title, feedback, whole=None, only_shapes=False):
    fields = source.fields()
    kept = [
        (place, field)
        for place, field in enumerate(fields)
        if field.name().lower() not in KEY_FIELDS
    ]
    curved, lost, flat, places = set(), {}, False, None
    found = _at_once(whole, [] if only_shapes else kept, feedback)
    if found is not None:
        columns, fids, places, shapes = found
        if only_shapes:
            columns = [Coded.constant(None, len(fids)) for _ in kept]
    else:
        coders, waiting = [Coder() for _ in kept], []
        fids, blobs = [], []
        for number, feature in enumerate(iter_features(source)):
            if number % _CANCEL_EVERY == 0 and feedback is not None and feedback.isCanceled():
                return None
            attributes = feature.attributes()
            waiting.append([plain_value(attributes[place]) for place, _ in kept])
            if len(waiting) == _ROWS_AT_ONCE:
                _code(coders, waiting)
                waiting = []
            fids.append(feature.id())
            blob, was_curved, had_z = _blob(feature.geometry())
            if was_curved:
                curved.add(number)
            flat = flat or had_z
            blobs.append(blob)
            if blob is not None:
                lost[number] = feature.geometry()
        _code(coders, waiting)
        columns, fids = [coder.column() for coder in coders], np.array(fids, dtype=np.int64)
        shapes = list(shapes_from_wkb(blobs))
    unreadable = {
        number: geometry.asWkt(3) for number, geometry in lost.items() if shapes[number] is None
    }
    crs = source_crs(source)
    return SourceTable(
        layer=title,
        file="",
        names=[field.name() for _, field in kept],
        kinds=[kind_of(field) for _, field in kept],
        widths=[field.length() if kind_of(field) == "text" else 0 for _, field in kept],
        columns=columns,
        fids=fids,
        shapes=shapes,
        places=places,
        geometry=_geometry_kind(source.wkbType(), shapes),
        crs=crs_name(crs) if crs.isValid() else "",
        flattened=flat,
        unreadable=unreadable,
        curved=curved,
    )


_ROWS_AT_ONCE = 20_000


def _code(coders, rows):
    """Add some rows to the columns in the making."""
    for coder, values in zip(coders, zip(*rows)):
        coder.add(values)


def _at_once(layer, kept, feedback):
    """Return (columns, fids, places, shapes) of a whole plain layer, None of any other."""
    if layer is None:
        return None
    kept = [(place, field.name()) for place, field in kept]
    read = columns_at_once(layer, kept, None, feedback)
    if read is None:
        return None
    columns, fids, blobs = read
    places = shapes = None
    if layer.wkbType() == QgsWkbTypes.Type.Point:
        places = places_of(blobs)
        shapes = None if places is None else PointsAt(places)
    else:
        shapes = list(shapes_from_wkb(blobs))
        # What no library reads is told as QGIS writes it.
        if any(shape is None and blob is not None for shape, blob in zip(shapes, blobs)):
            return None
    return None if shapes is None else ([Coded.of(c) for c in columns], fids, places, shapes)


def _check_complete(layer, selected, title, read):
    if layer is None or layer.providerType() != "ogr" or selected:
        return
    total = layer.featureCount()
    if total > read:
        raise SttmError(
            f"La lettura di «{title}» si è interrotta alla riga {read} di {total}: il file è "
            "troncato o bloccato (D49). Nulla è stato importato; chiederne una copia integra."
        )


def _check_whole(path):
    """Refuse a .shp that is shorter than it says of itself (D49)."""
    if not path.is_file():
        return
    with open(path, "rb") as stream:
        head = stream.read(100)
    said = 2 * int.from_bytes(head[24:28], "big")
    there = path.stat().st_size
    if len(head) == 100 and said <= there:
        return
    where, index = "", path.with_suffix(".shx")
    if index.is_file():
        entries = index.read_bytes()[100:]
        words = np.frombuffer(entries[: len(entries) // 8 * 8], ">i4").reshape(-1, 2)
        cut = 2 * words.astype(np.int64).sum(axis=1) + 8 > there
        where = f" al record {int(np.argmax(cut)) + 1}" if cut.any() else ""
    raise SttmError(
        f"Lo shapefile «{path.name}» è troncato{where}: {there} byte invece di {said} (D49). "
        "Nulla è stato importato; chiederne una copia integra."
    )


def _crs_of_kinds(path) -> str:
    """Return the CRS of a file of several kinds of geometry, which QGIS gives to each kind only."""
    for kind in ("Point", "Polygon", "LineString", "GeometryCollection"):
        layer = QgsVectorLayer(f"{path}|geometrytype={kind}", "", "ogr")
        if layer.isValid() and layer.crs().isValid():
            return crs_name(layer.crs())
    return ""


def _blob(geometry):
    """Return (WKB without curves, Z and M, or None; had curves; had Z or M)."""
    if geometry.isNull() or geometry.isEmpty():
        return None, False, False
    curved = QgsWkbTypes.isCurvedType(geometry.wkbType())
    if curved:
        part = geometry.constGet()
        geometry = QgsGeometry(part.segmentize(_CURVE_TOLERANCE, _maximum_difference()))
    wkb_type = geometry.wkbType()
    deep = QgsWkbTypes.hasZ(wkb_type) or QgsWkbTypes.hasM(wkb_type)
    if deep:
        geometry = QgsGeometry(geometry)
        flat = geometry.get()
        flat.dropZValue()
        flat.dropMValue()
    return geometry.asWkb().data(), curved, deep


def _maximum_difference():
    from qgis.core import QgsAbstractGeometry

    return QgsAbstractGeometry.SegmentationToleranceType.MaximumDifference


def _geometry_kind(wkb_type, shapes):
    kinds = {
        QgsWkbTypes.GeometryType.PointGeometry: "Point",
        QgsWkbTypes.GeometryType.LineGeometry: "LineString",
        QgsWkbTypes.GeometryType.PolygonGeometry: "Polygon",
    }
    kind = kinds.get(QgsWkbTypes.geometryType(wkb_type))
    if kind:
        return kind
    return "Mixed" if any(shape is not None for shape in shapes) else "None"


def _is_geojson_layer(layer) -> bool:
    return layer is not None and layer.providerType() == "ogr" and is_geojson(layer.source())


def _decode_dbf(table, path, encoding) -> bool:
    """Put the values of the DBF itself in the place of those the driver decoded, if it can be."""
    if not path.is_file():
        return False
    cpg = path.with_suffix(".cpg")
    declared = _first_line(cpg) if cpg.is_file() and cpg.stat().st_size else ""
    text = tabletext.read_dbf(_bytes_of(path), encoding, declared)
    place = np.searchsorted(text.numbers, table.fids)
    known = place < len(text.numbers)
    known[known] = text.numbers[place[known]] == table.fids[known]
    if len(text.names) != len(table.names) or not known.all():
        table.notes.append(
            (
                "D24",
                "dbf_non_riletto",
                "W",
                path.name,
                "righe diverse da quelle del layer",
                "regola",
            )
        )
        return False
    made = _text_table(text, table.layer, "DBF")
    table.names, table.kinds, table.widths = text.names, text.kinds, text.widths
    table.columns = [column.at(place) for column in text.columns]
    table.encoding = made.encoding
    table.notes += made.notes
    table.doubts += made.doubts
    return True


def source_path(layer) -> str:
    """Return the file a layer comes from, "" where it comes from none."""
    if layer is None or layer.dataProvider() is None:
        return ""
    if layer.providerType() == "delimitedtext":
        return QUrl(layer.source().partition("?")[0]).toLocalFile()
    if layer.providerType() != "ogr":
        return ""
    return layer.source().partition("|subset=")[0]


def position_of_text_layer(layer) -> tuple[str, str, str]:
    """Return (x field, y field, CRS) that a delimited-text layer was opened with, "" for none."""
    if layer is None or layer.providerType() != "delimitedtext":
        return "", "", ""
    query = QUrlQuery(QUrl(layer.source()))
    x, y = query.queryItemValue("xField"), query.queryItemValue("yField")
    wkt = query.queryItemValue("wktField")
    crs = layer.crs()
    return x or wkt, y, crs_name(crs) if crs.isValid() and (x or wkt) else ""


def add_expressions(table, expressions):
    """Add a column ``=<field>`` for each expression of a profile, evaluated on every record.

    Raises:
        SttmError: an expression isn't valid.
    """
    if not expressions:
        return
    fields = QgsFields()
    from ..core.schema import Field
    from .fields import make_field

    kinds = {"int": "int", "real": "real", "bool": "bool"}
    for name, kind in zip(table.names, table.kinds):
        fields.append(make_field(Field(name, kinds.get(kind, "text"))))
    scope = QgsExpressionContext()
    scope.appendScope(QgsExpressionContextUtils.globalScope())
    rows = [list(cells) for cells in zip(*table.columns)]
    for target, text in sorted(expressions.items()):
        expression = QgsExpression(text)
        if expression.hasParserError():
            raise SttmError(
                f"Profilo, campo «{target}»: l'espressione «{text}» non è valida "
                f"({expression.parserErrorString().strip()})."
            )
        values = []
        for row in rows:
            feature = QgsFeature(fields)
            feature.setAttributes(row)
            scope.setFeature(feature)
            scope.setFields(fields)
            values.append(plain_value(expression.evaluate(scope)))
            if expression.hasEvalError():
                raise SttmError(
                    f"Profilo, campo «{target}»: l'espressione «{text}» non si calcola "
                    f"({expression.evalErrorString().strip()})."
                )
        table.names = [*table.names, f"={target}"]
        table.computed.add(f"={target}")
        table.kinds = [*table.kinds, "text"]
        table.widths = [*table.widths, 0]
        table.columns = [*table.columns, Coded.of(values)]


class Projector:
    """Coordinates to the analysis CRS, in bulk, as QGIS transforms them."""

    def __init__(self, crs, context=None):
        self._target = crs
        self._context = context.transformContext() if context else None
        self._context = self._context or QgsProject.instance().transformContext()
        self._made: dict = {}
        self.crs = crs_name(crs)

    def _transform(self, name):
        if name not in self._made:
            crs = _crs(name)
            self._made[name] = QgsCoordinateTransform(crs, self._target, self._context)
        return self._made[name]

    def points(self, crs, xs, ys, as_shapes=False):
        """Return (xs, ys) in the analysis CRS; NaN where a point can't be transformed.

        Args:
            as_shapes: the points are of a layer: degrees out of range are the transformation's
                to refuse.
        """
        transform = self._transform(crs)
        geographic = transform.sourceCrs().isGeographic()
        usable = np.isfinite(xs) & np.isfinite(ys)
        if transform.isShortCircuited() and (as_shapes or not geographic):
            return np.where(usable, xs, np.nan), np.where(usable, ys, np.nan)
        if geographic and not as_shapes:
            with np.errstate(invalid="ignore"):
                usable &= (np.abs(xs) <= 180) & (np.abs(ys) <= 90)
        east, north = np.full(len(xs), np.nan), np.full(len(xs), np.nan)
        places = np.flatnonzero(usable)
        for first in range(0, len(places), _POINTS_AT_ONCE):
            part = places[first : first + _POINTS_AT_ONCE]
            moved = _moved(transform, xs[part], ys[part])
            east[part], north[part] = moved.T
        return east, north

    def shapes(self, crs, shapes, swap=False):
        """Return shapes in the analysis CRS, None where one can't be transformed."""
        transform = self._transform(crs)
        if transform.isShortCircuited() and not swap:
            return list(shapes)
        blobs = []
        for shape in shapes:
            geometry = QgsGeometry()
            geometry.fromWkb(shape.wkb)
            if swap:
                geometry.get().swapXy()
            try:
                geometry.transform(transform)
            except QgsCsException:
                blobs.append(None)
                continue
            blobs.append(geometry.asWkb().data())
        return list(shapes_from_wkb(blobs))

    def to_utm32(self, xs, ys):
        """Return points of the analysis CRS in EPSG:32632, float64 (n,) each; NaN stays NaN."""
        if "utm" not in self._made:
            utm = QgsCoordinateReferenceSystem("EPSG:32632")
            made = QgsCoordinateTransform(self._target, utm, self._context)
            self._made["utm"] = None if made.isShortCircuited() else made
        known = np.isfinite(xs) & np.isfinite(ys)
        if self._made["utm"] is None or not known.any():
            return xs, ys
        east, north = xs.copy(), ys.copy()
        east[known], north[known] = _moved(self._made["utm"], xs[known], ys[known]).T
        return east, north

    def operation(self, crs) -> str:
        """Return the transformation used from a CRS, with its accuracy where it is known."""
        details = self._transform(crs).instantiatedCoordinateOperationDetails()
        if not details.name:
            return ""
        accuracy = f", precisione {details.accuracy:g} m" if details.accuracy >= 0 else ""
        return f"{details.name}{accuracy}"


_POINTS_AT_ONCE = 20_000


def _moved(transform, xs, ys):
    """Return transformed places, float64 (n, 2); NaN where one can't be."""
    if len(xs) > 1:
        line = QgsGeometry()
        places = np.column_stack((xs, ys)).astype("<f8")
        line.fromWkb(struct.pack("<BII", 1, 2, len(places)) + places.tobytes())
        # One place that fails takes the others with it, or to another operation.
        try:
            line.transform(transform)
        except QgsCsException:
            line = None
        if line is not None and not transform.fallbackOperationOccurred():
            moved = np.frombuffer(line.asWkb().data(), dtype="<f8", offset=9).reshape(-1, 2)
            if len(moved) == len(places) and np.isfinite(moved).all():
                return moved
    moved = np.full((len(xs), 2), np.nan)
    for place, (x, y) in enumerate(zip(xs.tolist(), ys.tolist())):
        try:
            point = transform.transform(QgsPointXY(x, y))
        except QgsCsException:
            continue
        moved[place] = point.x(), point.y()
    return moved


def _crs(name) -> QgsCoordinateReferenceSystem:
    if name.upper().startswith(("EPSG:", "ESRI:", "OGC:", "IGNF:", "USER:")):
        return QgsCoordinateReferenceSystem(name)
    return QgsCoordinateReferenceSystem.fromWkt(name)
