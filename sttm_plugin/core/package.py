"""The submission package as files: manifest, writing, and opening one that comes from outside."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from . import layout
from .archive import MAX_FILE, read_member, vet_archive
from .cms import DetachedSignatureError, unwrap
from .documents import bytes_sha256, canonical_json, file_sha256, head, write_zip
from .errors import SttmError
from .gpkgschema import Problem, check_schema, vet_geopackage

SCHEMA = "sttm.consegna/1"
PACKAGE = "PACCHETTO"  # code of what no check of the pack names

_NAME = re.compile(r"sttm2_pds_(\d{6})_(\d{8})_v(\d+)\.(?:zip|zip\.p7m|gpkg)", re.IGNORECASE)
_SIGNATURES = (".p7m", ".p7s")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def make_manifest(files, *, istat, tipo, numero, precedente, conteggi, criteri) -> bytes:
    """Return manifest.json.

    Args:
        files: {name: bytes or path} of every other member.
        precedente: SHA-256 of the package before this one, None for the first.
        conteggi: {what: how many}.
        criteri: ``Pack.as_reference()``.
    """
    listed = []
    for name in sorted(files):
        content = files[name]
        if isinstance(content, bytes):
            size, digest = len(content), bytes_sha256(content)
        else:
            size, digest = Path(content).stat().st_size, file_sha256(content)
        listed.append({"nome": name, "byte": size, "sha256": digest})
    return canonical_json(
        {
            **head(SCHEMA, "exportcompatibility", criteri),
            "istat": istat,
            "tipo": tipo,
            "numero": numero,
            "precedente": precedente,
            "versione_schema": layout.VERSIONE_SCHEMA,
            "conteggi": conteggi,
            "file": listed,
        }
    )


def write_package(path, files, **manifest) -> None:
    """Write the zip: the files and the manifest that names them, whole or not at all.

    Raises:
        SttmError: a file of the package is missing, or the zip can't be written.
    """
    wanted = set(layout.MEMBERS) - {layout.MANIFEST_FILE}
    if set(files) != wanted:
        raise SttmError(f"Il pacchetto deve contenere {', '.join(sorted(wanted))}.")
    members = {**files, layout.MANIFEST_FILE: make_manifest(files, **manifest)}
    write_zip(path, members)


@dataclass
class Opened:
    """A package that was looked at.

    Attributes:
        problems: what the package and schema stages found.
        refused: the file is hostile or damaged and was left unopened.
        manifest: as read, None without one.
        geopackage: path of the vetted copy, None where there is none to open.
        rilievi: content of rilievi.json, None without one.
        sha256: of the zip itself, out of its envelope.
        signed, signers: it came signed, and ``core.cms.Signer`` of each who did.
        bare: it is a .gpkg alone.
    """

    problems: list = field(default_factory=list)
    refused: bool = False
    manifest: dict | None = None
    geopackage: Path | None = None
    rilievi: dict | None = None
    sha256: str = ""
    signed: bool = False
    signers: tuple = ()
    bare: bool = False

    def add(self, gravita, messaggio, codice=PACKAGE, tabella=""):
        """Note a problem."""
        self.problems.append(Problem(gravita, codice, messaggio, tabella))

    @property
    def sound(self) -> bool:
        """Whether no error was found so far."""
        return not any(problem.gravita == "errore" for problem in self.problems)


def open_package(path, folder) -> Opened:
    """Vet a package and put its GeoPackage into a folder of ours, under our own name.

    Whatever is wrong becomes a problem: nothing is raised for a bad package.

    Args:
        path: .zip, .zip.p7m or .gpkg, told by content and not by name.
        folder: an empty folder; only ``restituzione.gpkg`` is written into it.

    Raises:
        SttmError: the file isn't there or can't be read.
    """
    path, folder = Path(path), Path(folder)
    opened = Opened()
    try:
        size = path.stat().st_size
        with open(path, "rb") as stream:
            start = stream.read(16)
    except OSError as error:
        raise SttmError(
            f"Il file «{path.name}» non si apre ({error.strerror or error}): controllare che "
            "esista e che sia leggibile."
        ) from error
    if size > MAX_FILE:
        opened.refused = True
        opened.add("errore", f"Il file è di {size >> 20} MB: troppo grande per un pacchetto.")
        return opened
    if start.startswith(b"SQLite format 3"):
        _open_bare(opened, path, folder)
        return opened
    if start.startswith(b"PK"):
        if path.suffix.lower() == ".p7m":
            opened.add("avviso", "Il file si chiama .p7m ma non è una busta firmata: è uno zip.")
        _signature_beside(opened, path)
        opened.sha256 = file_sha256(path)
        with open(path, "rb") as stream:
            _open_zip(opened, stream, folder)
    else:
        content = path.read_bytes()
        if path.suffix.lower() == ".p7m" or start[:1] == b"\x30" or start[:5] == b"-----":
            try:
                content = _unwrapped(opened, path, content)
            except SttmError as error:
                _refuse(opened, [str(error)])
                return opened
        opened.sha256 = bytes_sha256(content)
        _open_zip(opened, io.BytesIO(content), folder)
    if opened.manifest is not None:
        _check_name(opened, path.name)
    return opened


def _unwrapped(opened, path, content) -> bytes:
    """Return the zip a signed file holds, or the one beside a signature alone."""
    try:
        return _signed(opened, unwrap(content))
    except DetachedSignatureError:
        beside = path.with_suffix("")
        if not beside.is_file() or beside.stat().st_size > MAX_FILE:
            raise
        return _signed(opened, unwrap(content, beside.read_bytes()))


def _signature_beside(opened, path):
    """Read the signature that lies beside a zip, under its name and .p7m or .p7s."""
    for ending in _SIGNATURES:
        beside = path.with_name(path.name + ending)
        if not beside.is_file() or beside.stat().st_size > MAX_FILE:
            continue
        content = path.read_bytes()
        try:
            envelope = unwrap(beside.read_bytes(), content)
        except SttmError:
            opened.add("avviso", f"La firma accanto al pacchetto («{beside.name}») non si legge.")
            continue
        if envelope.content != content:
            text = f"«{beside.name}» firma un altro file, non questo pacchetto."
            opened.add("errore", text)
            continue
        _signed(opened, envelope)


def _signed(opened, envelope) -> bytes:
    opened.signed, opened.signers = True, envelope.signers
    if envelope.intact is False:
        opened.add("errore", "Il contenuto non è quello che è stato firmato.")
    return envelope.content


def _open_bare(opened, path, folder):
    opened.bare = True
    opened.add(
        "avviso",
        "GeoPackage da solo, senza manifest: la sua integrità non è dimostrata. Consegnare lo zip "
        "prodotto da «Esporta la consegna».",
    )
    faults = vet_geopackage(path, bare=True)
    if any((path.parent / f"{path.name}{tail}").exists() for tail in ("-wal", "-journal")):
        faults.append("Accanto al GeoPackage c'è un file di giornale: chiuderlo e riprovare.")
    if faults:
        _refuse(opened, faults)
        return
    opened.geopackage = folder / layout.GEOPACKAGE
    shutil.copyfile(path, opened.geopackage)
    opened.problems.extend(check_schema(opened.geopackage))


def _refuse(opened, faults):
    opened.refused = True
    for fault in faults:
        opened.add("errore", fault)


def _open_zip(opened, stream, folder):
    faults = vet_archive(stream)
    if faults:
        _refuse(opened, faults)
        return
    texts: dict = {}
    copy = folder / layout.GEOPACKAGE
    sizes, digests = {}, {}
    with zipfile.ZipFile(stream) as archive:
        for name in layout.MEMBERS:
            try:
                if name == layout.GEOPACKAGE:
                    with open(copy, "wb") as target:
                        read_member(archive, name, target.write)
                    sizes[name], digests[name] = copy.stat().st_size, file_sha256(copy)
                else:
                    pieces: list = []
                    read_member(archive, name, pieces.append)
                    texts[name] = b"".join(pieces)
                    sizes[name] = len(texts[name])
                    digests[name] = bytes_sha256(texts[name])
            except SttmError as error:
                _refuse(opened, [str(error)])
                return
    opened.manifest = _json(opened, layout.MANIFEST_FILE, texts[layout.MANIFEST_FILE])
    if opened.manifest is None or not _check_manifest(opened, sizes, digests):
        # What the manifest doesn't vouch for is not opened.
        opened.refused = True
        return
    opened.rilievi = _json(opened, layout.FINDINGS_FILE, texts[layout.FINDINGS_FILE])
    if opened.rilievi is not None and opened.rilievi.get("schema") != "sttm.rilievi/1":
        opened.add("errore", "rilievi.json non ha lo schema sttm.rilievi/1.")
    if not texts[layout.PDF_FILE].startswith(b"%PDF-"):
        opened.add("errore", "rapporto.pdf non è un PDF.")
    faults = vet_geopackage(copy)
    if faults:
        _refuse(opened, faults)
        return
    opened.geopackage = copy
    opened.problems.extend(check_schema(copy))


def _json(opened, name, content):
    """The object a JSON member holds, None (and a problem) where it holds none."""
    try:
        value = json.loads(content.decode("utf-8"), object_pairs_hook=_no_doubles)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        opened.add("errore", f"{name} non è un JSON leggibile ({error}).")
        return None
    if not isinstance(value, dict):
        opened.add("errore", f"{name} non contiene un oggetto JSON.")
        return None
    return value


def _no_doubles(pairs):
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("una chiave è ripetuta")
    return made


def _check_manifest(opened, sizes, digests) -> bool:
    """Check the manifest and the hashes; False when the files are not those it names."""
    manifest = opened.manifest
    if manifest.get("schema") != SCHEMA:
        opened.add("errore", f"manifest.json: schema «{manifest.get('schema')}», atteso {SCHEMA}.")
        return False
    istat = manifest.get("istat")
    if not (isinstance(istat, str) and re.fullmatch(r"\d{6}", istat)):
        opened.add("errore", "manifest.json: manca il codice ISTAT del comune (sei cifre).")
    if manifest.get("tipo") not in layout.KINDS:
        opened.add("errore", f"manifest.json: tipo «{manifest.get('tipo')}» non previsto.")
    number = manifest.get("numero")
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        opened.add("errore", "manifest.json: il numero della consegna non è un intero positivo.")
    if manifest.get("tipo") in layout.KINDS[1:] and not manifest.get("precedente"):
        opened.add("errore", "manifest.json: aggiornamenti e rettifiche nominano la precedente.")
    if manifest.get("versione_schema") != layout.VERSIONE_SCHEMA:
        opened.add(
            "errore",
            f"manifest.json: versione dello schema «{manifest.get('versione_schema')}», qui si "
            f"legge {layout.VERSIONE_SCHEMA}.",
        )
    criteri = manifest.get("criteri")
    if not isinstance(criteri, dict) or not _SHA256.fullmatch(str(criteri.get("sha256") or "")):
        opened.add(
            "errore", "manifest.json: manca la versione dei criteri o la sua impronta.", "STTM2-947"
        )
    return _check_files(opened, manifest.get("file"), sizes, digests)


def _check_files(opened, listed, sizes, digests) -> bool:
    wanted = set(layout.MEMBERS) - {layout.MANIFEST_FILE}
    entries = listed if isinstance(listed, list) else []
    entries = [entry for entry in entries if isinstance(entry, dict)]
    names = [str(entry.get("nome")) for entry in entries]
    if sorted(names) != sorted(wanted):
        opened.add("errore", "manifest.json: l'elenco dei file non è quello del pacchetto.")
        return False
    same = True
    for entry in entries:
        name = entry["nome"]
        if entry.get("sha256") != digests[name] or entry.get("byte") != sizes[name]:
            opened.add(
                "errore", f"{name}: dimensione o impronta SHA-256 diverse da quelle del manifest."
            )
            same = False
    return same


def _check_name(opened, name):
    match = _NAME.fullmatch(name)
    istat, number = opened.manifest.get("istat"), opened.manifest.get("numero")
    if match is None:
        opened.add(
            "avviso",
            f"Nome del file «{name}»: il nome previsto è sttm2_pds_<istat>_<aaaammgg>_v<n>.zip.",
        )
    elif match.group(1) != istat or match.group(3) != str(number):
        opened.add(
            "avviso",
            f"Nome del file «{name}»: il manifest dice comune {istat} e consegna numero {number}.",
        )
