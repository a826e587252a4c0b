"""The criteria pack: taxonomy, valenza rules, checks, LUM model, texts, validated on load."""

from __future__ import annotations

import bisect
import csv
import dataclasses
import functools
import hashlib
import io
import json
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from . import expressions
from .errors import SttmError
from .text import normalise

BUNDLED = (
    Path(__file__).resolve().parent.parent / "resources" / "criteri" / "sttm2" / "pacchetto.json"
)
SCHEMA = "sttm.criteri/1"

VERIFIED = "riscontrato su fonte consultata"
GENERAL = "*"
_A_CATEGORY = "un codice della tassonomia"
EXCLUSIONS = "GEN.00"

# A folder's tables are a few hundred kilobytes: more is not a pack.
_MAX_MEMBER = 20 * 1024 * 1024
_MAX_TOTAL = 60 * 1024 * 1024
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")

PROVENIENZE = ("norma", "letteratura", "proposta")
SEVERITA = ("blocco", "errore", "avviso", "info")
TIPI_RIGA = ("regola_globale", "categoria", "locale", "fuori_tassonomia")
TIPI_REGOLA = (
    "parametro",
    "necessaria",
    "sufficiente",
    "graduata",
    "residuale",
    "informativa",
)
VALENZE_REGOLA = ("parametro", "ingresso", "locale", "intercomunale", "metropolitana")
OPERATORI = ("=", ">", ">=", "<", "<=", "in")
LESSICO = (
    "abbreviazione",
    "vuota",
    "generica",
    "legame",
    "articolo",
    "unione",
    "presso",
    "strada",
    "zona",
    "cessato",
    "persona",
    "altro",
    "negozio",
    "aggettivo",
    "luogo",
    "certa",
    "incerta",
    "ente",
)
LETTERE = ("P", "A", "C", "N")
COLONNE_MATRICE = ("MU", "MP", "SU", "SP")
RANGHI = ("metropolitano", "sovracomunale", "locale")
CONTESTI = ("urbano", "suburbano", "periurbano")

# "una regola di categoria con stesso attributo, stessa valenza e tipo non inferiore le
# sostituisce" (DATO_RESTITUZIONE §9). Our reading of "non inferiore": a rule that decides
# alone (necessaria, sufficiente) stands above one that only scores (graduata), which stands
# above one that only informs (informativa, residuale).
RANGO_TIPO = {
    "necessaria": 2,
    "sufficiente": 2,
    "graduata": 1,
    "informativa": 0,
    "residuale": 0,
}


@dataclass(frozen=True)
class Categoria:
    """One row of the taxonomy; keywords as written, split at ``;``."""

    codice: str
    tipo_riga: str
    codice_macro: str
    macrocategoria: str
    categoria: str
    descrizione: str
    geometria_attesa: str
    criterio_ingresso: str
    attributo_criterio: str
    operatore: str
    soglia: float | str | None
    unita: str
    provenienza: str
    riferimento: str
    stato_riscontro: str
    valenza_predefinita: str
    parole_chiave: tuple
    anti_parole_chiave: tuple
    tag_osm: tuple
    codifiche_esterne: str
    fonti_lettura_2: str
    note: str

    @property
    def verificato(self) -> bool:
        """Whether the reference was read."""
        return self.stato_riscontro == VERIFIED


@dataclass(frozen=True)
class Regola:
    """One rule of valenza.

    Attributes:
        codice_categoria: code of the taxonomy, or ``*`` for all.
        soglia: a number; a text for codes and booleans ("si"); a tuple of texts for ``in``.
        soglia_max, tempo_max_min: numbers or None.
        verificato: the reference was read.
    """

    codice_regola: str
    codice_categoria: str
    categoria: str
    valenza: str
    dimensione: str
    tipo_regola: str
    attributo: str
    natura_attributo: str
    operatore: str
    soglia: float | str | tuple
    soglia_max: float | None
    unita: str
    modo: str
    tempo_max_min: float | None
    peso: float
    severita: str
    se_dato_manca: str
    provenienza: str
    riferimento: str
    stato_riscontro: str
    motivazione: str
    formula: str

    @property
    def verificato(self) -> bool:
        """Whether the reference was read."""
        return self.stato_riscontro == VERIFIED


@dataclass(frozen=True)
class Controllo:
    """One check: what it says, and what the engine needs to run it.

    Attributes:
        dati: what it needs: names of input parameters ("LUM") and "campo:<name>".
        campi: attributes it reads, for the impronta. legge_geometria: reads the geometry too.
        prova: name of its test in core/checks; "" = not executable yet.
        parametri: {name: number, text or list}.
    """

    codice: str
    gruppo: str
    titolo: str
    cosa_verifica: str
    severita: str
    bloccante: bool
    ammette_giustificazione: bool
    dati_richiesti: str
    parametri_predefiniti: str
    formula: str
    se_non_calcolabile: str
    messaggio: str
    suggerimento: str
    provenienza: str
    riferimento: str
    stato_riscontro: str
    prova: str = ""
    dati: tuple = ()
    campi: tuple = ()
    legge_geometria: bool = False
    parametri: dict = field(default_factory=dict, hash=False)

    @property
    def verificato(self) -> bool:
        """Whether the reference was read."""
        return self.stato_riscontro == VERIFIED


@dataclass(frozen=True)
class Parametro:
    """A value of the pack with where it comes from."""

    nome: str
    valore: float
    unita: str
    provenienza: str
    riferimento: str
    stato_riscontro: str
    descrizione: str

    @property
    def verificato(self) -> bool:
        """Whether the reference was read."""
        return self.stato_riscontro == VERIFIED


@dataclass(frozen=True)
class Intervallo:
    """Plausible values of ``superficie_mq`` or ``capacita`` for a category (STTM2-118)."""

    codice_categoria: str
    campo: str
    capacita_um: str
    minimo: float
    massimo: float
    unita: str
    provenienza: str
    riferimento: str


@dataclass(frozen=True)
class TipoSpecifico:
    """A value of ``tipo_specifico``, with the attribute of the rules it gives, if any."""

    codice_categoria: str
    tipo_specifico: str
    attributo: str
    valore: str
    etichetta: str


@dataclass(frozen=True)
class CodiceUfficiale:
    """What an official code says of the category: ``valore`` ``*`` is any code of the system."""

    sistema: str
    valore: str
    codice_categoria: str
    nota: str


@dataclass(frozen=True)
class ParolaAmbigua:
    """A keyword that counts only where a text of the record holds ``richiede``."""

    categoria: str
    parola: str
    richiede: str
    motivo: str


@dataclass(frozen=True)
class VoceLessico:
    """A word of the lexicon: what it is for (LESSICO), and for an abbreviation its long form."""

    forma: str
    estesa: str


@dataclass(frozen=True)
class SuperficieDecide:
    """The pair of categories that a measured area tells apart: above the limit, up to it."""

    sopra: str
    fino_a: str
    soglia_mq: float


@dataclass(frozen=True)
class CellaMatrice:
    """A cell of the LUM matrix: the letter and what it depends on, or why not."""

    lettera: str
    testo: str
    provenienza: str


@dataclass(frozen=True, eq=False)
class Pack:
    """A loaded, validated pack.

    Attributes:
        sha256: of every file of the pack, names included, line ends apart.
        categorie: {code: Categoria} in the taxonomy's order, without GEN.00, whose words are
            ``esclusioni``.
        regole, controlli: tuples of Regola and of Controllo (checks by code).
        parametri: {name: number}; those among the rules also under their code (GEN-R01).
        parametri_descritti: {name: Parametro}, with unit and provenance.
        lum: the LUM model as read from lum.json. matrice: {code: {column: CellaMatrice}}.
        tipi_specifici: {code: tuple of TipoSpecifico}.
        lessico: {use: tuple of VoceLessico}, the words that help to read a text.
        superficie_decide: the categories an area tells apart, or None.
        testi: the pack's texts.
    """

    id: str
    versione: str
    titolo: str
    stato: str
    avvertenza: str
    sha256: str
    categorie: dict
    esclusioni: tuple
    regole: tuple
    parametri: dict
    parametri_descritti: dict
    controlli: tuple
    lum: dict
    matrice: dict
    intervalli: tuple
    tipi_specifici: dict
    codici: tuple
    parole_ambigue: tuple
    lessico: dict
    superficie_decide: SuperficieDecide | None
    testi: dict
    _rules: dict = field(default_factory=dict, repr=False, compare=False, hash=False)

    def rules_for(self, codice: str) -> tuple:
        """Return the rules a category is judged by, general ones first.

        A general rule is left out where the category has one with the same attribute, the
        same valenza and a type not lower (RANGO_TIPO). ``LOC`` categories keep no graded
        rule. Parameters are not rules. A code that the taxonomy lacks has none.

        Source: DATO_RESTITUZIONE §9, Criteri.
        """
        if codice not in self._rules:
            self._rules[codice] = self._select_rules(codice)
        return self._rules[codice]

    def _select_rules(self, codice: str) -> tuple:
        categoria = self.categorie.get(codice)
        if categoria is None:
            return ()
        own = [rule for rule in self.regole if rule.codice_categoria == codice]
        general = [
            rule
            for rule in self.regole
            if rule.codice_categoria == GENERAL
            and rule.tipo_regola != "parametro"
            and not any(_replaces(one, rule) for one in own)
        ]
        rules = general + own
        if categoria.tipo_riga == "locale":
            rules = [rule for rule in rules if rule.tipo_regola != "graduata"]
        return tuple(rules)

    @property
    def area_twins(self) -> tuple:
        """The two categories that only the area tells apart, () where the pack has none."""
        rule = self.superficie_decide
        return () if rule is None else (rule.sopra, rule.fino_a)

    def check(self, codice: str) -> Controllo:
        """Return a check by its code."""
        for controllo in self.controlli:
            if controllo.codice == codice:
                return controllo
        raise SttmError(f"Il pacchetto criteri «{self.id}» non ha il controllo {codice}.")

    def cell(self, codice: str, rango: str, contesto: str):
        """Return the cell of the LUM matrix for a category, a rank and a context, or None."""
        column = self.lum.get("colonne_matrice", {}).get(rango, {}).get(contesto)
        return self.matrice.get(codice, {}).get(column)

    def as_reference(self) -> dict:
        """Return what every file we write says of the criteria."""
        return {"id": self.id, "versione": self.versione, "sha256": self.sha256}


def _replaces(own: Regola, general: Regola) -> bool:
    return (
        own.attributo == general.attributo
        and own.valenza == general.valenza
        and RANGO_TIPO.get(own.tipo_regola, 0) >= RANGO_TIPO.get(general.tipo_regola, 0)
    )


def provenance_text(provenienza: str, verificato: bool) -> str:
    """Return a provenance as it is shown: a source nobody read says «da riscontrare»."""
    if provenienza in ("norma", "letteratura") and not verificato:
        return f"{provenienza} – da riscontrare"
    return provenienza


# --- loading -----------------------------------------------------------------


def load_pack(path=None) -> Pack:
    """Return a criteria pack.

    Args:
        path: its ``pacchetto.json``, with the tables beside it, or a ``.zip`` of the folder
            (read in memory, never extracted); None or "" is the bundled pack.

    Raises:
        SttmError: not there, not readable, or not sound; the sentence names file, line and
            key, and where several things are wrong it gives the first ten.
    """
    source = Path(path) if path not in (None, "") else BUNDLED
    members = _members(source)
    return _pack_of(tuple(sorted(members.items())))


@functools.lru_cache(maxsize=8)
def _pack_of(members: tuple) -> Pack:
    return _Loader(dict(members)).pack()


def forget_packs() -> None:
    """Judge every pack anew: who evaluates expressions has changed."""
    _pack_of.cache_clear()


def read_members(path=None) -> dict:
    """Return {file name: bytes} of a pack: the manifest and the tables it names.

    A table that isn't there is left out: ``faults_of`` says so.

    Raises:
        SttmError: the pack is not there or not readable.
    """
    return _members(Path(path) if path not in (None, "") else BUNDLED)


def _members(source: Path) -> dict:
    if source.is_dir():
        source = source / "pacchetto.json"
    if not source.is_file():
        raise SttmError(
            f"Pacchetto criteri «{source.name}» non trovato: indicare il file pacchetto.json "
            "(con le tabelle accanto) o lo zip della cartella."
        )
    try:
        if source.suffix.lower() == ".zip":
            return _zip_members(source)
        manifest = _limited(source.read_bytes(), source.name)
        members = {"pacchetto.json": manifest}
        for name in _table_names(manifest):
            table = source.parent / name
            if table.is_file():
                members[name] = _limited(table.read_bytes(), name)
        return members
    except OSError as error:
        raise SttmError(
            f"Pacchetto criteri «{source.name}» illeggibile ({error.strerror or error}): "
            "controllare il percorso e i permessi."
        ) from error


def _zip_members(source: Path) -> dict:
    try:
        with zipfile.ZipFile(source) as archive:
            return _archive_members(archive, source.name)
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        EOFError,
        ValueError,
    ) as error:
        raise SttmError(
            f"Pacchetto criteri «{source.name}»: lo zip è danneggiato o protetto. Rifare lo zip "
            "della cartella del pacchetto."
        ) from error


def _archive_members(archive, name: str) -> dict:
    entries: dict = {}
    for entry in archive.infolist():
        if entry.filename in entries:
            raise SttmError(f"Pacchetto criteri «{name}»: «{entry.filename}» è presente due volte.")
        entries[entry.filename] = entry
    found = [path for path in entries if path.rsplit("/", 1)[-1] == "pacchetto.json"]
    shallow = [path for path in found if path.count("/") <= 1]
    if len(shallow) != 1:
        raise SttmError(
            f"Pacchetto criteri «{name}»: nello zip serve un solo pacchetto.json, alla radice o "
            f"in una cartella (trovati: {len(found)})."
        )
    folder = shallow[0][: -len("pacchetto.json")]

    def read(member):
        entry = entries[folder + member]
        if entry.file_size > _MAX_MEMBER:
            raise SttmError(_too_big(member))
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise SttmError(f"Pacchetto criteri «{name}»: «{member}» è compresso in modo insolito.")
        with archive.open(entry) as stream:
            # One byte more than allowed: the size a zip declares may be false.
            return _limited(stream.read(_MAX_MEMBER + 1), member)

    members = {"pacchetto.json": read("pacchetto.json")}
    for table in _table_names(members["pacchetto.json"]):
        if folder + table in entries:
            members[table] = read(table)
        if sum(len(content) for content in members.values()) > _MAX_TOTAL:
            raise SttmError(_too_big(name))
    return members


def _limited(content: bytes, name: str) -> bytes:
    if len(content) > _MAX_MEMBER:
        raise SttmError(_too_big(name))
    return content


def _too_big(name: str) -> str:
    return f"Pacchetto criteri: «{name}» è troppo grande (oltre {_MAX_MEMBER // 1048576} MB)."


TABLES = (
    "tassonomia",
    "dizionario",
    "lessico",
    "valenza",
    "controlli",
    "controlli_motore",
    "espressioni",
    "lum",
    "lum_matrice",
    "parametri",
    "intervalli",
    "tipi_specifici",
    "codici",
    "testi",
)
# What a strategy may do without: a pack that lacks them names no file for them.
OPTIONAL_TABLES = (
    "dizionario",
    "lessico",
    "espressioni",
    "lum",
    "lum_matrice",
    "intervalli",
    "tipi_specifici",
    "codici",
)


def _table_names(manifest: bytes) -> list:
    """Return the files a manifest names, as far as it can be read: ``_manifest`` judges it."""
    try:
        tables = _json(manifest, "pacchetto.json").get("tabelle")
    except _UnreadableError:
        return []
    found = [tables.get(table) for table in TABLES] if isinstance(tables, dict) else []
    return [name for name in found if isinstance(name, str) and _PLAIN_NAME.fullmatch(name)]


def _manifest(content: bytes) -> dict:
    data = _json(content, "pacchetto.json")
    wrong = _manifest_faults(data)
    if wrong:
        raise SttmError("\n".join(str(fault) for fault in wrong[:10]))
    return data


def _manifest_faults(data) -> list:
    """Return what is wrong in a manifest, as ``Fault``."""
    found = []

    def fault(key, message, allowed=""):
        value = _inner(data, key)
        text = "" if value is None else str(value)
        found.append(Fault("pacchetto.json", 0, key, message, text, allowed))

    for key in ("schema", "id", "versione", "titolo", "stato"):
        if not isinstance(data.get(key), str) or not data[key].strip():
            fault(key, "serve un testo non vuoto")
        elif key == "schema" and data[key] != SCHEMA:
            message = f"«{data[key]}» non è riconosciuto; questa versione legge «{SCHEMA}»"
            fault(key, message, SCHEMA)
    tables = data.get("tabelle")
    if not isinstance(tables, dict):
        fault("tabelle", "serve un elenco nome → file")
        return found
    for table in TABLES:
        name = tables.get(table)
        if name is None and table in OPTIONAL_TABLES:
            continue
        if not isinstance(name, str) or not _PLAIN_NAME.fullmatch(name):
            fault(
                f"tabelle.{table}",
                "serve il nome di un file accanto a pacchetto.json, senza cartelle; trovato "
                f"{name!r}",
            )
    return found


@dataclass(frozen=True)
class Fault:
    """Something wrong in a pack.

    Attributes:
        file: name. riga: line, 0 where it isn't one's. chiave: column or path. messaggio: Italian,
            no full stop. valore: what is there. ammessi: what is accepted. gravita: errore, avviso.
    """

    file: str
    riga: int
    chiave: str
    messaggio: str
    valore: str = ""
    ammessi: str = ""
    gravita: str = "errore"

    def __str__(self):
        where = f"{self.file}, riga {self.riga}" if self.riga else self.file
        key = f", chiave «{self.chiave}»" if self.chiave else ""
        return f"{where}{key}: {self.messaggio}."


class _UnreadableError(SttmError):
    """A table of which nothing can be read: what it would have said is not held against others."""

    def __str__(self):
        return self.args[0]


def faults_of(members: dict) -> tuple:
    """Return (faults, pack): everything wrong in a pack at once; the pack is None with any.

    Args:
        members: ``read_members``.
    """
    manifest = members["pacchetto.json"]
    try:
        wrong = _manifest_faults(_json(manifest, "pacchetto.json"))
    except _UnreadableError as error:
        return [error.args[1]], None
    if wrong:
        lines = json_lines(manifest.decode("utf-8-sig"))
        return [dataclasses.replace(one, riga=lines.get(one.chiave, 0)) for one in wrong], None
    loader = _Loader(members)
    pack = loader.read()
    return loader.faults, None if loader.faults else pack


def reference_of(members: dict) -> dict:
    """Return what a pack is known by (``Pack.as_reference``), sound or not.

    Raises:
        SttmError: its manifest isn't sound.
    """
    manifest = _manifest(members["pacchetto.json"])
    return {name: manifest[name] for name in ("id", "versione")} | {"sha256": _digest(members)}


def pack_of(members: dict) -> Pack:
    """Return the pack some members make, as ``load_pack`` does."""
    return _pack_of(tuple(sorted(members.items())))


def _json(content: bytes, name: str):
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(name, 0, f"il testo non è UTF-8 (byte {error.start})") from error
    try:
        data = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        message = f"JSON non leggibile ({getattr(error, 'msg', error)}): controllare virgole, "
        message += "virgolette e parentesi"
        raise _unreadable(name, getattr(error, "lineno", 1), message) from error
    if not isinstance(data, dict):
        raise _unreadable(name, 0, "serve un oggetto JSON {…}")
    return data


def _unreadable(name, line, message, key="") -> _UnreadableError:
    fault = Fault(name, line, key, message)
    return _UnreadableError(str(fault), fault)


def json_lines(text: str) -> dict:
    """Return {dotted path of a key: the line it stands on} of a JSON text that can be read.

    Items of a list are numbered: ``parole_ambigue[0].parola``.
    """
    starts = [at for at, sign in enumerate(text) if sign == "\n"]
    found: dict = {}
    read = json.JSONDecoder().raw_decode

    def blank(at):
        while text[at] in " \t\r\n":
            at += 1
        return at

    def value(at, path):
        at = blank(at)
        if text[at] not in "{[":
            return read(text, at)[1]
        closing, number = "}" if text[at] == "{" else "]", 0
        at = blank(at + 1)
        while text[at] != closing:
            here = f"{path}[{number}]"
            found[here] = bisect.bisect_left(starts, at) + 1
            if closing == "}":
                del found[here]
                key, end = read(text, at)
                here = f"{path}.{key}" if path else key
                found[here] = bisect.bisect_left(starts, at) + 1
                at = blank(end) + 1
            at = blank(value(at, here))
            at = blank(at + 1) if text[at] == "," else at
            number += 1
        return at + 1

    try:
        value(0, "")
    except RecursionError:
        return {}
    return found


def _no_constant(name):
    """Refuse NaN and Infinity: no threshold is one."""
    raise ValueError(f"{name} non è un numero ammesso")


def _digest(members: dict) -> str:
    """SHA-256 of names and contents; line ends don't count: git may change them on Windows."""
    digest = hashlib.sha256()
    for name in sorted(members):
        content = members[name].replace(b"\r\n", b"\n")
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


class _Row:
    """A row of a table, that knows where it stands; its faults are gathered by the loader."""

    def __init__(self, loader, table, line, values):
        self._loader, self._table, self._line, self._values = loader, table, line, values

    def fault(self, key, message, allowed=""):
        self._loader.fault(self._table, self._line, key, message, self._values.get(key), allowed)

    def text(self, key, needed=False):
        value = self._values[key].strip()
        if needed and not value:
            self.fault(key, "valore mancante")
        return value

    def one_of(self, key, allowed, empty=False):
        value = self.text(key)
        if value in allowed or (empty and not value):
            return value
        accepted = ", ".join(allowed)
        self.fault(key, f"«{value}» non è ammesso; valori ammessi: {accepted}", accepted)
        return value

    def flag(self, key):
        return self.one_of(key, ("si", "no")) == "si"

    def number(self, key, empty=False):
        value = self.text(key)
        if empty and not value:
            return None
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if number != number or number in (float("inf"), float("-inf")):
            message = f"«{value}» non è un numero (decimali con il punto)"
            self.fault(key, message, "un numero con il punto decimale")
            return 0.0
        return number

    def words(self, key, separator=";"):
        pieces = (piece.strip() for piece in self._values[key].split(separator))
        return tuple(piece for piece in pieces if piece)

    def json(self, key):
        value = self.text(key)
        if not value:
            return {}
        try:
            data = json.loads(value, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            self.fault(key, f"JSON non leggibile ({getattr(error, 'msg', error)})")
            return {}
        if not isinstance(data, dict):
            self.fault(key, "serve un oggetto JSON {…}")
            return {}
        return data


class _Anything(dict):
    """The codes of a table that can't be read: nothing is held against them."""

    def __contains__(self, key):
        return True


class _Loader:
    """Reads the tables of a pack and gathers every fault."""

    def __init__(self, members: dict):
        self.members = members
        self.manifest = _manifest(members["pacchetto.json"])
        self.faults: list = []
        self.broken: set = set()
        self._lines: dict = {}

    def fault(self, table, line, key, message, value=None, allowed=""):
        # The manifest itself is not among its tables: its faults carry its own name.
        name = self.manifest["tabelle"].get(table, "pacchetto.json")
        if not line and name.endswith(".json"):
            line = self._line_of(name, key)
            value = _inner(_json(self.members[name], name), key) if value is None else value
        text = "" if value is None else str(value)
        self.faults.append(Fault(name, line, key, message, text, allowed))

    def _line_of(self, name, path):
        """Return the line of a JSON path, or of the nearest one above it that is there."""
        if name not in self._lines:
            self._lines[name] = json_lines(self.members[name].decode("utf-8-sig"))
        while path and path not in self._lines[name]:
            path = path.rpartition(".")[0]
        return self._lines[name].get(path, 0)

    def pack(self) -> Pack:
        """Return the pack, or raise with the first ten faults."""
        pack = self.read()
        if not self.faults:
            return pack
        more = len(self.faults) - 10
        text = "Pacchetto criteri non valido.\n" + "\n".join(map(str, self.faults[:10]))
        if more > 0:
            text += f"\n… e altri {more} errori."
        raise SttmError(text)

    def part(self, empty, read, *given):
        """Return what a method reads, ``empty`` where its table can't be read at all."""
        try:
            return read(*given)
        except _UnreadableError as error:
            self.faults.append(error.args[1])
            return empty

    def read(self) -> Pack:
        categories, exclusions = self.part((_Anything(), ()), self.taxonomy)
        exclusions += self.part((), self.dictionary, categories)
        rules = self.part((), self.rules, categories)
        described = self.part({}, self.parameters)
        checks = self.part((), self.checks)
        values = self.values(rules, described)
        checks += self.part((), self.expressions, checks, described)
        return Pack(
            id=self.manifest["id"],
            versione=self.manifest["versione"],
            titolo=self.manifest["titolo"],
            stato=self.manifest["stato"],
            avvertenza=str(self.manifest.get("avvertenza", "")),
            sha256=_digest(self.members),
            categorie=categories,
            esclusioni=exclusions,
            regole=rules,
            parametri=values,
            parametri_descritti=described,
            controlli=tuple(sorted(checks, key=lambda check: check.codice)),
            lum=self.part({}, self.lum),
            matrice=self.part({}, self.matrix, categories),
            intervalli=self.part((), self.ranges, categories),
            tipi_specifici=self.part({}, self.specific_types, categories, rules),
            codici=self.part((), self.official_codes, categories),
            parole_ambigue=self.ambiguous_words(categories),
            lessico=self.part({}, self.lexicon),
            superficie_decide=self.area_rule(categories, described),
            testi=self.part({}, self.texts),
        )

    def content(self, table) -> bytes:
        """Return the bytes of a table; one that isn't there stops its reading."""
        name = self.manifest["tabelle"][table]
        if name in self.members:
            return self.members[name]
        self.broken.add(table)
        raise _UnreadableError(
            "",
            Fault(
                "pacchetto.json",
                self._line_of("pacchetto.json", f"tabelle.{table}"),
                f"tabelle.{table}",
                f"manca la tabella «{name}», nominata in pacchetto.json: rimetterla accanto o "
                "correggere la chiave",
                name,
            ),
        )

    def json_table(self, table):
        """Return the object of a JSON table."""
        content = self.content(table)
        try:
            return _json(content, self.manifest["tabelle"][table])
        except _UnreadableError:
            self.broken.add(table)
            raise

    def rows(self, table, columns) -> list:
        """Return the rows of a CSV, none of a table the pack has not.

        A missing column or an unreadable file stops its reading.
        """
        if table not in self.manifest["tabelle"]:
            return []
        try:
            return self._rows(table, columns, self.content(table))
        except _UnreadableError:
            self.broken.add(table)
            raise

    def _rows(self, table, columns, content):
        name = self.manifest["tabelle"][table]
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            message = "il testo non è UTF-8. Salvarlo in UTF-8"
            raise _unreadable(name, line, message) from error
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            header = [column.strip() for column in next(reader, [])]
            missing = [column for column in columns if column not in header]
            if missing:
                hint = ""
                if len(header) == 1 and ";" in header[0]:
                    hint = ". Il separatore dev'essere la virgola"
                what = "colonna mancante" if len(missing) == 1 else "colonne mancanti"
                raise _unreadable(name, 1, f"{what}{hint}", "», «".join(missing))
            if len(set(header)) != len(header):
                raise _unreadable(name, 1, "una colonna è ripetuta")
            rows = []
            start = reader.line_num + 1
            for cells in reader:
                line, start = start, reader.line_num + 1
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) != len(header):
                    self.fault(
                        table,
                        line,
                        header[min(len(cells), len(header) - 1)],
                        f"{len(cells)} valori invece di {len(header)}: controllare virgole e "
                        "virgolette",
                    )
                    continue
                rows.append(_Row(self, table, line, dict(zip(header, cells))))
            return rows
        except csv.Error as error:
            raise _unreadable(name, reader.line_num, f"CSV non leggibile ({error})") from error

    def unique(self, row, key, value, seen):
        if value in seen:
            row.fault(key, f"«{value}» è ripetuto")
        seen.add(value)

    def provenance(self, row):
        return {
            "provenienza": row.one_of("provenienza", PROVENIENZE),
            "riferimento": row.text("riferimento"),
            "stato_riscontro": row.text("stato_riscontro"),
        }

    def taxonomy(self):
        texts = (
            "codice_macro macrocategoria categoria descrizione geometria_attesa criterio_ingresso "
            "attributo_criterio unita valenza_predefinita codifiche_esterne fonti_lettura_2 note"
        ).split()
        special = (
            "codice tipo_riga operatore soglia provenienza riferimento stato_riscontro "
            "parole_chiave anti_parole_chiave tag_osm"
        ).split()
        categories: dict = {}
        exclusions: tuple = ()
        seen: set = set()
        for row in self.rows("tassonomia", texts + special):
            code = row.text("codice", needed=True)
            self.unique(row, "codice", code, seen)
            kind = row.one_of("tipo_riga", TIPI_RIGA)
            if kind == "regola_globale":
                exclusions += row.words("anti_parole_chiave")
                continue
            if not re.fullmatch(r"[A-Z]{3}\.\d\d", code):
                row.fault("codice", f"«{code}» non è nella forma AAA.00")
            words = row.words("parole_chiave")
            if not words:
                row.fault("parole_chiave", "serve almeno una parola chiave")
            row.text("categoria", needed=True)
            row.text("macrocategoria", needed=True)
            operator = row.one_of("operatore", OPERATORI, empty=True)
            categories[code] = Categoria(
                codice=code,
                tipo_riga=kind,
                operatore=operator,
                soglia=self.threshold(row, operator, row.text("unita")) if operator else None,
                parole_chiave=words,
                anti_parole_chiave=row.words("anti_parole_chiave"),
                tag_osm=row.words("tag_osm"),
                **{name: row.text(name) for name in texts},
                **self.provenance(row),
            )
        return categories, exclusions

    def dictionary(self, categories):
        """Add to the taxonomy the words of the dictionary: the table a comune may extend.

        Returns:
            The words it adds to the exclusions that hold for every category.
        """
        added: dict = {}
        more: list = []
        seen: set = set()
        for row in self.rows("dizionario", "codice_categoria segno parola provenienza".split()):
            code = row.text("codice_categoria", needed=True)
            sign = row.one_of("segno", ("+", "-"))
            word = row.text("parola", needed=True)
            row.one_of("provenienza", PROVENIENZE)
            self.unique(row, "parola", f"{code} {sign} {word}", seen)
            if code == EXCLUSIONS and sign == "-":
                more.append(word)
                continue
            if code not in categories:
                row.fault("codice_categoria", f"«{code}» non è nella tassonomia", _A_CATEGORY)
                continue
            added.setdefault((code, sign), []).append(word)
        for (code, sign), words in added.items():
            if "tassonomia" in self.broken:
                break
            key = "parole_chiave" if sign == "+" else "anti_parole_chiave"
            now = getattr(categories[code], key)
            categories[code] = dataclasses.replace(categories[code], **{key: (*now, *words)})
        return tuple(more)

    def threshold(self, row, operator, unit):
        if operator == "in":
            values = row.words("soglia", "|")
            if not values:
                row.fault("soglia", "serve almeno un valore, separati da |")
            return values
        if operator == "=" and unit in ("booleano", "codice", ""):
            return row.text("soglia", needed=True)
        return row.number("soglia")

    def rules(self, categories):
        texts = (
            "categoria dimensione natura_attributo unita modo se_dato_manca motivazione formula"
        ).split()
        special = (
            "codice_regola codice_categoria valenza tipo_regola attributo operatore soglia "
            "soglia_max tempo_max_min peso severita provenienza riferimento stato_riscontro"
        ).split()
        rules = []
        seen: set = set()
        for row in self.rows("valenza", texts + special):
            code = row.text("codice_regola", needed=True)
            self.unique(row, "codice_regola", code, seen)
            category = row.text("codice_categoria", needed=True)
            if category != GENERAL and category not in categories:
                row.fault("codice_categoria", f"«{category}» non è nella tassonomia", _A_CATEGORY)
            operator = row.one_of("operatore", OPERATORI)
            weight = row.number("peso")
            if weight < 0:
                row.fault("peso", "un peso non può essere negativo")
            rules.append(
                Regola(
                    codice_regola=code,
                    codice_categoria=category,
                    valenza=row.one_of("valenza", VALENZE_REGOLA),
                    tipo_regola=row.one_of("tipo_regola", TIPI_REGOLA),
                    attributo=row.text("attributo", needed=True),
                    operatore=operator,
                    soglia=self.threshold(row, operator, row.text("unita")),
                    soglia_max=row.number("soglia_max", empty=True),
                    tempo_max_min=row.number("tempo_max_min", empty=True),
                    peso=weight,
                    severita=row.one_of("severita", SEVERITA),
                    **{name: row.text(name) for name in texts},
                    **self.provenance(row),
                )
            )
        return tuple(rules)

    def parameters(self):
        texts = "unita descrizione".split()
        described: dict = {}
        seen: set = set()
        needed = [*texts, "nome", "valore", "provenienza", "riferimento", "stato_riscontro"]
        for row in self.rows("parametri", needed):
            name = row.text("nome", needed=True)
            self.unique(row, "nome", name, seen)
            described[name] = Parametro(
                nome=name,
                valore=row.number("valore"),
                **{key: row.text(key) for key in texts},
                **self.provenance(row),
            )
        return described

    def values(self, rules, described):
        """Return every parameter by name; those among the rules also by their code."""
        values = {}
        for rule in rules:
            if rule.tipo_regola == "parametro":
                values[rule.codice_regola] = rule.soglia
                values[rule.attributo] = rule.soglia
                described[rule.attributo] = Parametro(
                    nome=rule.attributo,
                    valore=rule.soglia,
                    unita=rule.unita,
                    provenienza=rule.provenienza,
                    riferimento=rule.riferimento,
                    stato_riscontro=rule.stato_riscontro,
                    descrizione=rule.motivazione,
                )
        for name in NEEDED_PARAMETERS:
            if name not in described and not self.broken & {"valenza", "parametri"}:
                self.fault("valenza", 0, name, "manca il parametro che il modello richiede")
        values.update({name: one.valore for name, one in described.items()})
        return values

    def checks(self):
        texts = (
            "cosa_verifica dati_richiesti parametri_predefiniti formula se_non_calcolabile "
            "suggerimento"
        ).split()
        special = (
            "codice gruppo titolo severita bloccante ammette_giustificazione messaggio "
            "provenienza riferimento stato_riscontro"
        ).split()
        engine = self.part({}, self.engine)
        checks = []
        seen: set = set()
        for row in self.rows("controlli", texts + special):
            code = row.text("codice", needed=True)
            self.unique(row, "codice", code, seen)
            severity = row.one_of("severita", SEVERITA)
            blocking = row.flag("bloccante")
            if blocking != (severity == "blocco"):
                row.fault("bloccante", "va «si» se e solo se la severità è «blocco»")
            justified = row.flag("ammette_giustificazione")
            if blocking and justified:
                row.fault("ammette_giustificazione", "un blocco non si giustifica")
            message = row.text("messaggio", needed=True)
            for fault in expressions.message_faults(message):
                row.fault("messaggio", fault)
            checks.append(
                Controllo(
                    codice=code,
                    gruppo=row.text("gruppo", needed=True),
                    titolo=row.text("titolo", needed=True),
                    severita=severity,
                    bloccante=blocking,
                    ammette_giustificazione=justified,
                    messaggio=message,
                    **{name: row.text(name) for name in texts},
                    **self.provenance(row),
                    **engine.pop(code, (None, {}))[1],
                )
            )
        for code, (row, _) in engine.items():
            row.fault("codice", f"«{code}» non è nella tabella dei controlli")
        return tuple(checks)

    def expressions(self, checks, parameters):
        """Return the checks written as QGIS expressions, none where the pack has no such table."""
        seen = {check.codice for check in checks}
        found = []
        allowed = {"severita": SEVERITA}
        rows = self.rows("espressioni", expressions.COLUMNS)
        for row, values in expressions.read_rows(rows, parameters, self.provenance, allowed):
            self.unique(row, "codice", values["codice"], seen)
            found.append(Controllo(**values))
        return tuple(found)

    def engine(self):
        """What the engine needs of each check: a table of its own, that compiling never touches."""
        found: dict = {}
        seen: set = set()
        columns = "codice prova dati campi legge_geometria parametri".split()
        for row in self.rows("controlli_motore", columns):
            code = row.text("codice", needed=True)
            self.unique(row, "codice", code, seen)
            found[code] = (
                row,
                {
                    "prova": row.text("prova"),
                    "dati": row.words("dati"),
                    "campi": row.words("campi"),
                    "legge_geometria": row.flag("legge_geometria"),
                    "parametri": row.json("parametri"),
                },
            )
        return found

    def lum(self):
        if "lum" not in self.manifest["tabelle"]:
            return {}
        data = self.json_table("lum")

        def number(path, low=0.0):
            value = _inner(data, path)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or value < low:
                message = f"serve un numero di almeno {low:g}; trovato {value!r}"
                self.fault("lum", 0, path, message, value, f"un numero di almeno {low:g}")
                return low
            return float(value)

        for rank in RANGHI:
            radius = number(f"ranghi.{rank}.raggio_m")
            low, high = number(f"ranghi.{rank}.minimo_m"), number(f"ranghi.{rank}.massimo_m")
            if not low <= radius <= high:
                self.fault(
                    "lum",
                    0,
                    f"ranghi.{rank}.raggio_m",
                    f"{radius:g} è fuori dall'intervallo ammesso {low:g}–{high:g}",
                )
        for path in LUM_NUMBERS:
            number(path)
        for path, keys in (("iu.pesi", "adn"), ("ils.pesi", "DTQ"), ("ida.pesi", "OVAM")):
            total = sum(number(f"{path}.{key}") for key in keys)
            if abs(total - 1) > 1e-9:
                self.fault("lum", 0, path, f"i pesi devono sommare a 1; sommano a {total:g}")
        for rank in RANGHI[:2]:
            for context in CONTESTI:
                key = f"colonne_matrice.{rank}.{context}"
                column = _inner(data, key)
                if column not in COLONNE_MATRICE:
                    self.fault("lum", 0, key, f"«{column}» non è una colonna della matrice")
        for path in LUM_TEXTS:
            value = _inner(data, path)
            if not isinstance(value, str) or not value.strip():
                self.fault("lum", 0, path, "serve un testo non vuoto")
        self.lum_provenance(data, "")
        return data

    def lum_provenance(self, part, path):
        """Check that each provenance written in the LUM model is one of the three."""
        for key, value in part.items():
            here = f"{path}.{key}" if path else key
            if key == "provenienza" and value not in PROVENIENZE:
                self.fault("lum", 0, here, f"«{value}» non è ammesso: {', '.join(PROVENIENZE)}")
            elif isinstance(value, dict):
                self.lum_provenance(value, here)

    def matrix(self, categories):
        cells: dict = {}
        columns = ["codice_categoria", *COLONNE_MATRICE, "condizione_c", "ragione_n", "provenienza"]
        for row in self.rows("lum_matrice", columns):
            code = row.text("codice_categoria", needed=True)
            if code not in categories:
                row.fault("codice_categoria", f"«{code}» non è nella tassonomia", _A_CATEGORY)
            self.unique(row, "codice_categoria", code, set(cells))
            source = row.one_of("provenienza", PROVENIENZE)
            cells[code] = {}
            for column in COLONNE_MATRICE:
                letter = row.one_of(column, LETTERE)
                text = {"C": row.text("condizione_c"), "N": row.text("ragione_n")}.get(letter, "")
                if letter == "C" and not text:
                    row.fault("condizione_c", f"la lettera C di {column} richiede una condizione")
                cells[code][column] = CellaMatrice(letter, text, source)
        return cells

    def ranges(self, categories):
        columns = (
            "codice_categoria campo capacita_um minimo massimo unita provenienza riferimento"
        ).split()
        found = []
        for row in self.rows("intervalli", columns):
            code = row.text("codice_categoria", needed=True)
            if code not in categories:
                row.fault("codice_categoria", f"«{code}» non è nella tassonomia", _A_CATEGORY)
            low, high = row.number("minimo"), row.number("massimo")
            if low > high:
                row.fault("minimo", f"{low:g} supera il massimo {high:g}")
            found.append(
                Intervallo(
                    codice_categoria=code,
                    campo=row.one_of("campo", ("superficie_mq", "capacita")),
                    capacita_um=row.text("capacita_um"),
                    minimo=low,
                    massimo=high,
                    unita=row.text("unita"),
                    provenienza=row.one_of("provenienza", PROVENIENZE),
                    riferimento=row.text("riferimento"),
                )
            )
        return tuple(found)

    def specific_types(self, categories, rules):
        vocabulary = None if "valenza" in self.broken else _vocabulary(rules)
        found: dict = {}
        columns = "codice_categoria tipo_specifico attributo valore etichetta".split()
        for row in self.rows("tipi_specifici", columns):
            values = {column: row.text(column) for column in columns}
            one = TipoSpecifico(**values)
            if one.codice_categoria not in categories:
                row.fault(
                    "codice_categoria",
                    f"«{one.codice_categoria}» non è nella tassonomia",
                    _A_CATEGORY,
                )
            if one.attributo and vocabulary is not None:
                known = vocabulary.get((one.codice_categoria, one.attributo), ())
                if one.valore not in known:
                    row.fault("valore", f"«{one.valore}» non è fra i valori delle regole")
            found.setdefault(one.codice_categoria, []).append(one)
        return {code: tuple(types) for code, types in found.items()}

    def official_codes(self, categories):
        found = []
        columns = "sistema valore codice_categoria nota".split()
        for row in self.rows("codici", columns):
            one = CodiceUfficiale(**{column: row.text(column) for column in columns})
            if one.codice_categoria not in categories:
                row.fault(
                    "codice_categoria",
                    f"«{one.codice_categoria}» non è nella tassonomia",
                    _A_CATEGORY,
                )
            found.append(one)
        return tuple(found)

    def lexicon(self):
        """Return {use: tuple of VoceLessico}, empty where the pack has no such table."""
        found: dict = {}
        seen: set = set()
        for row in self.rows("lessico", "uso forma estesa provenienza".split()):
            use = row.one_of("uso", LESSICO)
            form, long = row.text("forma", needed=True), row.text("estesa")
            row.one_of("provenienza", PROVENIENZE)
            self.unique(row, "forma", f"{use} {form}", seen)
            if not normalise(form):
                row.fault("forma", f"«{form}» non contiene lettere né cifre")
                continue
            if (use == "abbreviazione") != bool(normalise(long)):
                row.fault("estesa", "va scritta per le abbreviazioni, e solo per loro")
                continue
            found.setdefault(use, []).append(VoceLessico(form, long))
        return {use: tuple(words) for use, words in found.items()}

    def ambiguous_words(self, categories):
        found = []
        items = self.manifest.get("parole_ambigue", [])
        if not isinstance(items, list):
            self.fault("pacchetto", 0, "parole_ambigue", "serve un elenco JSON […]")
            items = []
        for position, item in enumerate(items):
            key = f"parole_ambigue[{position}]"
            names = ("categoria", "parola", "richiede", "motivo")
            if not isinstance(item, dict) or any(
                not isinstance(item.get(name), str) for name in names
            ):
                self.fault("pacchetto", 0, key, f"servono i testi {', '.join(names)}")
                continue
            if item["categoria"] not in categories:
                self.fault("pacchetto", 0, key, f"«{item['categoria']}» non è nella tassonomia")
            found.append(ParolaAmbigua(**{name: item[name] for name in names}))
        return tuple(found)

    def texts(self):
        data = self.json_table("testi")
        for key in NEEDED_TEXTS:
            value = _inner(data, key)
            if not isinstance(value, str) or not value.strip():
                self.fault("testi", 0, key, "serve un testo non vuoto")
        return data

    def area_rule(self, categories, described):
        """Return the two categories that an area tells apart, None where the pack has none."""
        rule = self.manifest.get("superficie_decide")
        if rule is None:
            return None
        names = ("sopra", "fino_a", "parametro")
        if not isinstance(rule, dict) or any(not isinstance(rule.get(name), str) for name in names):
            text = f"servono i testi {', '.join(names)}"
            self.fault("pacchetto", 0, "superficie_decide", text)
            return None
        for key in ("sopra", "fino_a"):
            if rule.get(key) not in categories:
                text = f"«{rule.get(key)}» non è nella tassonomia"
                self.fault("pacchetto", 0, f"superficie_decide.{key}", text)
        parameter = described.get(rule.get("parametro"))
        if parameter is None and self.broken & {"valenza", "parametri"}:
            return None
        if parameter is None:
            text = f"«{rule.get('parametro')}» non è fra i parametri"
            self.fault("pacchetto", 0, "superficie_decide.parametro", text)
            return None
        return SuperficieDecide(rule.get("sopra"), rule.get("fino_a"), parameter.valore)


# What the aggregation model cannot do without, besides what the rules give.
NEEDED_PARAMETERS = (
    "punteggio_minimo_valenza",
    "copertura_minima_dati",
    "peso_dato_stimato",
    "margine_zona_grigia",
    "tortuosita",
    "velocita_piedi_kmh",
    "verde_soglia_mq",
    "confidenza_minima",
    "scarto_ambiguita",
    "sensibilita",
    # Read by the attributes computed from the layers around (core.attributes).
    "esponente_decadimento_distanza",
    "soglia_minima_comune_servito",
    "velocita_auto_kmh",
    "quota_popolazione_in_rete",
    "quota_zo_servita",
    "quota_area_comune",
    "quota_area_comune_servito",
    "raggio_parchi_m",
)

# What the report opens with, and the words for its severities.
NEEDED_TEXTS = ("avvertenza_rapporto", *(f"severita.{name}" for name in SEVERITA))

LUM_NUMBERS = (
    "quota_comune.valore",
    "tolleranza_area.valore",
    "rango_derivato.linee_ferroviarie_minime",
    "contesto.urbano.a_minimo",
    "contesto.urbano.d_minimo_ab_ha",
    "contesto.periurbano.a_massimo",
    "contesto.periurbano.d_massimo_ab_ha",
    "contesto.margine_limite.valore",
    "iu.riferimenti.a",
    "iu.riferimenti.d",
    "iu.riferimenti.n",
    "ils.categorie_riferimento.metropolitano",
    "ils.categorie_riferimento.sovracomunale",
    "ils.modi_riferimento",
    "ils.permeabilita_riferimento",
    "ils.soglie.metropolitano",
    "ils.soglie.sovracomunale",
    "ida.quota_opportunita",
    "ida.popolazione_tpl_riferimento.metropolitano",
    "ida.popolazione_tpl_riferimento.sovracomunale",
    "ida.soglia",
    "opportunita.area_minima_mq",
)


LUM_TEXTS = (
    "lettura.ils_alto_ida_alto",
    "lettura.ils_alto_ida_basso",
    "lettura.ils_basso_ida_alto",
    "lettura.ils_basso_ida_basso",
    "lettura.previsto",
)


def _inner(data, path: str):
    """Return what a JSON object holds at a dotted path, or None."""
    for piece in path.split("."):
        data = data.get(piece) if isinstance(data, dict) else None
    return data


def _vocabulary(rules) -> dict:
    """Return {(category, attribute): values} of the rules that read codes."""
    found: dict = {}
    for rule in rules:
        if rule.unita == "codice" and rule.operatore in ("in", "="):
            values = rule.soglia if isinstance(rule.soglia, tuple) else (rule.soglia,)
            found.setdefault((rule.codice_categoria, rule.attributo), []).extend(values)
    return found
