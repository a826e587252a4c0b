"""Which column of a foreign table feeds which field of ours: names, values and their pairs."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .assignment import assign
from .coded import Coded
from .reference import istat_code
from .text import normalise, without_accents
from .values import (
    OPERATING_WORDS,
    SCIENTIFIC,
    SHEET_DATE,
    all_said,
    clean,
    cleaned,
    official_code,
    parse_date,
    parse_number,
    parse_pair,
    parse_stato,
    parse_valenza,
)
from .values import looks_like_wkt as _is_wkt

# PDS_SCHEMA §2.3: ticked from 0.80, shown from 0.55; name 0.5, values 0.4, X/DX pair 0.1.
TICKED = 0.80
SHOWN = 0.55
NAME_WEIGHT, VALUE_WEIGHT, PAIR_WEIGHT = 0.5, 0.4, 0.1
SAMPLE = 2000
_TIE = 0.02
_DBF_NAME = 10

# A column whose values alone speak is shown, never ticked.
VALUES_ALONE = 0.60


def _read_synonyms():
    path = Path(__file__).resolve().parent.parent / "resources" / "riferimento" / "sinonimi.json"
    return json.loads(path.read_text(encoding="utf-8"))


# Names seen or expected (PDS_SCHEMA §2.3 and the open data met so far), without separators.
_WORDS = _read_synonyms()
SYNONYMS = _WORDS["campi"]
# Columns whose text says what a service is, the most specific first.
TYPE_SYNONYMS = _WORDS["tipo"]
# What a name says of another place or body than the service itself.
_ELSEWHERE = frozenset(_WORDS["altrove"])
# Names that say what a column is, whatever its values look like.
_SURELY = {target: frozenset(names.split()) for target, names in _WORDS["sicuri"].items()}
# Units a capacity's column names by itself; as the rules write them.
CAPACITY_UNITS = tuple(
    (tuple(marks.split()), unit) for marks, unit in _WORDS["unita_capacita"].items()
)

# Ours alone: no foreign column comes near them by likeness.
_EXACT = frozenset(
    "attributi giustificazione tipo_giustificazione riferimento_giustificazione fonte "
    "codice_fonte capacita_um validato_da titolo_servizio computo_dotazione ruolo_rete "
    "atto_gestione_associata riconoscimento_art10_ptm id_complesso utenti_fuori_comune "
    "valenza_confermata codice_sttm tipo_specifico fase_progetto doppione_di".split()
)
# Columns that place or reach a service: left out of what is kept of a service not to be located.
ADDRESS = re.compile(
    r"indirizz|address|\bvia\b|civico|barrato|\bcap\b|localit|location|ubicaz|street|frazione|"
    r"coord|\blat|\blon|\blng|wgs84|geom|wkt|\bx\b|\by\b|telefon|\btel\b|\bfax\b|mail|\bpec\b|"
    r"\bnil\b|municipio|\bzona\b|piazza|quartiere|cod via|combo|mappale|foglio|particella|catast",
)

# Words that begin an address, in a text of any column ("vicino al bar di via Roma").
STREET = re.compile(
    r"\b(?:via|viale|v\.le|vicolo|vic\.|piazza|piazzale|p\.?za|p\.?le|corso|c\.so|largo|alzaia|"
    r"strada)\s+\w",
    re.IGNORECASE,
)


@dataclass
class Column:
    """A column to be judged: name, kind and a sample of its values (blanks left out).

    ``aligned`` is the same few records of every column, blanks as None, to compare columns.
    ``said`` is the name without what the layer's own name puts before it.
    """

    name: str
    kind: str = "text"
    values: list = field(default_factory=list)
    filled: int = 0
    rows: int = 0
    distinct: int = 0
    aligned: list = field(default_factory=list)
    said: str = ""

    def __post_init__(self):
        self.said = self.said or self.name


@dataclass(frozen=True)
class Suggestion:
    """A column proposed for a field, with why and five of its values."""

    target: str
    field: str
    score: float
    name_score: float
    value_score: float
    reason: str
    samples: tuple


@dataclass
class Mapping:
    """What was chosen, and everything that was weighed.

    Attributes:
        columns: {field of ours: column}. types: columns that say what a service is, the most
            specific first. x, y, wkt, pair: columns that hold a position, "" for none.
        codes: columns that may hold an official code.
        suggestions: {field: suggestions by falling score}.
        doubts: [(field, sentence)]: ties, and scores between SHOWN and TICKED.
    """

    columns: dict = field(default_factory=dict)
    types: list = field(default_factory=list)
    codes: list = field(default_factory=list)
    x: str = ""
    y: str = ""
    wkt: str = ""
    pair: str = ""
    suggestions: dict = field(default_factory=dict)
    doubts: list = field(default_factory=list)


def make_column(name, kind, values, tokens=frozenset(), layer="", texts=None) -> Column:
    """Return a Column from every value of it, blanks and null tokens left out of the sample.

    Args:
        values: a sequence, or core.coded.Coded. texts: its Coded of cleaned texts, if it is known.
    """
    column = values if isinstance(values, Coded) else Coded.of(values)
    texts = texts or Coded(column.codes, cleaned(column.values))
    if all_said(texts.values, tokens):
        filled = np.arange(len(column))
    else:
        said = [text is not None and text.casefold() not in tokens for text in texts.values]
        filled = np.flatnonzero(np.array(said, dtype=bool)[texts.codes])
    step = max(len(filled) // SAMPLE, 1)
    few = [clean(value) for value in aligned(column)]
    different = texts.at(filled).different()
    return Column(
        name,
        kind,
        list(texts.at(filled[::step][:SAMPLE])),
        len(filled),
        len(column),
        different,
        few,
        without_prefix(name, layer),
    )


def aligned(values) -> list:
    """Return the few records that are compared across columns."""
    return [values[row] for row in range(0, len(values), max(len(values) // 300, 1))[:300]]


def without_prefix(name, layer) -> str:
    """Return a column's name without the layer's own name before it ("servizi_nome")."""
    start, words = name_words(layer), name_words(name)
    if start and len(words) > len(start) and words[: len(start)] == start:
        return " ".join(words[len(start) :])
    return name


def joined_name(name) -> str:
    """Return a column's name as synonyms are compared: "Cod. Comune" → "codcomune"."""
    return "".join(name_words(name))


def name_words(name) -> list:
    """Return the words of a column's name: separators and camel case split, ``o_`` dropped."""
    text = re.sub(r"^o_", "", str(name))
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", without_accents(text))
    return re.sub(r"[^0-9a-z]+", " ", text.lower()).split()


def name_score(name, synonyms) -> float:
    """Return how well a column's name fits a target's synonyms, 0-1 (``name_match``)."""
    return name_match(name, synonyms)[0]


def name_match(name, synonyms) -> tuple:
    """Return (how well a column's name fits a target's synonyms, 0-1; how it does).

    1 exact; 0.9 cut at ten characters (DBF), 0.88 cut and numbered (``TIPOLOGI_1``); 0.85 one
    begins with the other; 0.75 a letter apart. A name that speaks of another body (autonomia,
    direttivo) counts half.
    """
    words = name_words(name)
    joined = "".join(words)
    if not joined:
        return 0.0, ""
    numbered = _NUMBERED.match(str(name)) if len(str(name)) == _DBF_NAME else None
    stem = joined_name(numbered[1]) if numbered else ""
    best, how, second = 0.0, "", 0.0
    for rank, synonym in enumerate(synonyms):
        if synonym == "|":
            # What follows is of the same matter, but not the thing itself.
            second = 0.1
            continue
        if joined == synonym:
            score, said = 1.0, "nome noto"
        elif len(str(name)) == _DBF_NAME and len(joined) >= 8 and synonym.startswith(joined):
            score, said = 0.9, f"nome tagliato a 10 caratteri ({synonym})"
        elif len(stem) >= 6 and synonym.startswith(stem):
            score, said = 0.88, f"nome tagliato e numerato ({synonym})"
        elif len(synonym) >= 6 and joined.startswith(synonym):
            score, said = 0.85, f"il nome comincia per «{synonym}»"
        elif len(joined) >= 6 and synonym.startswith(joined):
            score, said = 0.8, f"nome abbreviato ({synonym})"
        elif len(synonym) >= 5 and len(words) > 1 and synonym in words:
            score, said = 0.75, f"nel nome c'è «{synonym}»"
        elif min(len(joined), len(synonym)) >= 6 and _near(joined, synonym):
            score, said = 0.75, f"nome quasi uguale a «{synonym}»"
        else:
            continue
        score -= second + 0.0005 * rank
        if score > best:
            best, how = score, said
    if best and _ELSEWHERE & set(words):
        best *= 0.5
        how += ", ma di un'altra sede o ente"
    return best, how


_NUMBERED = re.compile(r"^(.+)_\d$")


def _near(first: str, second: str) -> bool:
    if abs(len(first) - len(second)) > 1:
        return False
    return difflib.SequenceMatcher(None, first, second).ratio() >= 0.9


def suggest(
    columns, *, which_comune=None, knows_type=None, categories=frozenset(), attributes=(), areas=()
):
    """Return the mapping of a table's columns to our fields (PDS_SCHEMA §2.3).

    Args:
        columns: Column list.
        which_comune: text → ISTAT code of the comune of the area it names, or None.
        knows_type: text → bool, whether the taxonomy finds a category in it.
        categories: the codes of the taxonomy.
        attributes: names of the attributes the rules read; a column of that name feeds them.
        areas: measured area of the records of ``Column.aligned``, None where there is none.
    """
    weigh = _Weigher(columns, which_comune, knows_type, categories, areas)
    mapping = Mapping()
    _position(columns, mapping)
    placed = {mapping.x, mapping.y, mapping.wkt, mapping.pair}
    for target, names in SYNONYMS.items():
        synonyms = (target.replace("_", ""), *names.split())
        found = []
        for column in columns:
            if column.name in placed and target != "fonte_id":
                continue
            suggestion = weigh.suggestion(target, synonyms, column)
            if suggestion is not None and suggestion.score >= SHOWN:
                found.append(suggestion)
        found.sort(key=lambda item: -item.score)
        mapping.suggestions[target] = found
    taken: dict = {}
    chosen = _assigned(columns, mapping.suggestions)
    for suggestion in chosen:
        mapping.columns[suggestion.target] = suggestion.field
        taken[suggestion.field] = suggestion.target
    for suggestion in chosen:
        rivals = [
            other
            for other in mapping.suggestions[suggestion.target]
            if other.field != suggestion.field
            and other.field not in taken
            and suggestion.score - other.score < _TIE
            and not weigh.same_values(suggestion.target, other.field, suggestion.field)
        ]
        if rivals or (suggestion.score < TICKED and suggestion.samples):
            named = ", ".join(
                f"«{item.field}» ({item.score:.2f}; per esempio {'; '.join(item.samples[:2])})"
                for item in (suggestion, *rivals)
            )
            mapping.doubts.append((suggestion.target, named))
    mapping.types = weigh.types(set(taken) | placed)
    mapping.codes = weigh.codes()
    _attributes(columns, attributes, mapping, taken)
    return mapping


def _assigned(columns, suggestions) -> list:
    """Return the suggestions of the one assignment that is worth most, by falling score.

    What counts of a pair is how far it stands above what isn't shown: two weak ones are no
    reason to give up a sure one.
    """
    targets = list(suggestions)
    places = {column.name: place for place, column in enumerate(columns)}
    worth = np.zeros((len(targets), len(columns)))
    cells = {}
    for row, target in enumerate(targets):
        for suggestion in suggestions[target]:
            place = places[suggestion.field]
            worth[row, place] = suggestion.score - SHOWN + 0.01
            cells[row, place] = suggestion
    chosen = [cells[pair] for pair in assign(worth)]
    return sorted(chosen, key=lambda item: (-item.score, item.target))


def _attributes(columns, attributes, mapping, taken):
    """Give each attribute of the rules the column of its very name."""
    by_name = {joined_name(name): name for name in attributes}
    for column in columns:
        attribute = by_name.get(joined_name(column.name))
        if attribute and taken.get(column.name, "capacita") == "capacita":
            mapping.columns.setdefault(f"attributi.{attribute}", column.name)


class _Weigher:
    """Scores of names and values, each value test run once a column."""

    def __init__(self, columns, which_comune, knows_type, categories, areas=()):
        self.columns = columns
        self.areas = list(areas)
        self.by_name = {column.name: column for column in columns}
        self.joined = {joined_name(column.said) for column in columns}
        self.which_comune = which_comune or (lambda text: None)
        self.knows_type = knows_type or (lambda text: False)
        self.categories = categories
        self._types: dict = {}

    def suggestion(self, target, synonyms, column):
        by_name, how = name_match(column.said, synonyms)
        if by_name == 0.0 or (target in _EXACT and joined_name(column.said) not in synonyms):
            return self.by_values_alone(target, column) if by_name == 0.0 else None
        by_values, why = self.value_score(target, column)
        if by_values == 0.0:
            return None
        pair = self.pair(column)
        score = NAME_WEIGHT * by_name + VALUE_WEIGHT * by_values + PAIR_WEIGHT * pair
        if by_name >= 1.0 and by_values >= 1.0:
            score = max(score, 0.9)
        reason = f"{how} ({by_name:.2f}); valori: {why} ({by_values:.2f})"
        if pair:
            reason += "; è il testo di una coppia codice/descrizione"
        return self._made(target, column, round(score, 4), by_name, by_values, reason)

    def by_values_alone(self, target, column):
        """Return a suggestion for a column whose name says nothing, where its values must."""
        if target not in _SPEAKING or _ELSEWHERE & set(name_words(column.said)):
            return None
        distinct = set(column.values)
        if len(column.values) < 5 or any(len(text) < 4 for text in distinct):
            return None
        by_values, why = self.value_score(target, column)
        if by_values < 0.9:
            return None
        reason = f"il nome non dice nulla; valori: {why} ({by_values:.2f})"
        return self._made(target, column, VALUES_ALONE, 0.0, by_values, reason)

    @staticmethod
    def _made(target, column, score, by_name, by_values, reason):
        samples = tuple(dict.fromkeys(column.values[:50]))[:5]
        return Suggestion(target, column.name, score, by_name, by_values, reason, samples)

    def pair(self, column) -> float:
        """1 for the text of a code/description pair X, DX."""
        joined = joined_name(column.said)
        return float(joined.startswith("d") and joined[1:] in self.joined)

    def same_values(self, target, first, second) -> bool:
        """Tell whether two columns say the same: then there is nothing to choose."""
        pairs = list(zip(self.by_name[first].aligned, self.by_name[second].aligned))
        if target == "istat":
            pairs = [(self.which_comune(one), self.which_comune(two)) for one, two in pairs]
            both = [(one, two) for one, two in pairs if one and two]
            return bool(both) and sum(one == two for one, two in both) >= 0.95 * len(both)
        return all(one == two for one, two in pairs)

    def value_score(self, target, column):
        """Return (how well the values fit a target, why); 0 forbids it."""
        if not column.values:
            return (
                (0.5, "vuota") if target not in ("fonte_id", "istat", "stato") else (0.0, "vuota")
            )
        judge = getattr(self, f"_{target}", None)
        if judge is not None:
            return judge(column)
        if target.startswith("data_"):
            return self._share(column, lambda text: parse_date(text) is not None, "date")
        return 0.75, "testo"

    def _share(self, column, test, what, least=0.3):
        distinct = list(dict.fromkeys(column.values))
        share = sum(1 for text in distinct if test(text)) / len(distinct)
        return (share if share >= least else 0.0), f"{share:.0%} {what}"

    def _id_servizio(self, column):
        from .ids import valid_uuid

        return self._share(column, valid_uuid, "UUID", least=0.5)

    def _denominazione(self, column):
        texts = column.values
        ratio = column.distinct / max(column.filled, 1)
        letters = sum(1 for text in texts if re.search(r"[^\W\d_]{3}", text)) / len(texts)
        codes = sum(1 for text in texts if official_code(text)) / len(texts)
        if codes > 0.5:
            return 0.0, "non sono nomi"
        if letters < 0.5:
            # "A1", "x": a column called the name holds the names, however short they are.
            lettered = sum(1 for text in texts if re.search(r"[^\W\d_]", text)) / len(texts)
            if lettered >= 0.5 and joined_name(column.said) in _SURELY["denominazione"]:
                return 0.8, "testi brevi"
            return 0.0, "non sono nomi"
        if ratio >= 0.5 or column.distinct == column.rows:
            return 1.0, "testi quasi tutti diversi"
        return (0.75, "testi ripetuti") if ratio >= 0.1 else (0.4, "pochi valori diversi")

    def _stato(self, column):
        if all(normalise(text) in OPERATING_WORDS for text in column.values):
            return 0.6, "stato di esercizio, non di piano"
        return self._share(column, lambda text: parse_stato(text).stato is not None, "stati noti")

    def _fase_progetto(self, column):
        from .schema import DOMAINS

        phases = DOMAINS["fase_progetto"]
        return self._share(column, lambda text: normalise(text) in phases, "fasi note")

    def _istat(self, column):
        value, why = self._share(column, self.which_comune, "comuni riconosciuti", least=0.05)
        coded = sum(1 for text in column.values if istat_code(text)) / len(column.values)
        if coded >= 0.9 and "istat" in joined_name(column.said):
            # Codes of other provinces are codes all the same: their records are of elsewhere.
            value = max(value, 0.75)
        elif value:
            # A file of the whole Region names many comuni that are not of the area.
            value = max(value, 0.7)
        # A code says more surely than a name which comune it is.
        return (value if coded >= 0.9 or value == 0.0 else value * 0.96), why

    def _fonte_id(self, column):
        ratio = column.distinct / max(column.filled, 1)
        spaces = sum(1 for text in column.values if len(text.split()) > 3)
        gaps = column.filled != column.rows and column.filled < 0.98 * column.rows
        if gaps or ratio < 0.98 or spaces > len(column.values) / 2:
            # One key twice, or missing, takes no key from the others (D40).
            sure = joined_name(column.said) in _SURELY["fonte_id"]
            whole = min(ratio, column.filled / max(column.rows, 1))
            if sure and whole >= 0.5 and spaces <= len(column.values) / 2:
                return 0.8, "chiave che si ripete o manca"
            return 0.0, "celle vuote" if gaps else "valori ripetuti"
        official = sum(1 for text in column.values if official_code(text, column.name))
        if ratio == 1.0 and official == len(column.values):
            return 1.0, "codici ufficiali tutti diversi"
        return (0.95, "tutti diversi") if ratio == 1.0 else (0.7, "quasi tutti diversi")

    def _numbers(self, column, what):
        return self._share(column, lambda text: parse_number(text) is not None, what, least=0.5)

    def _superficie_dichiarata_mq(self, column):
        value, why = self._numbers(column, "numeri")
        ratios = [
            number.value / area
            for number, area in zip(map(parse_number, column.aligned), self.areas)
            if number is not None and number.value > 0 and area
        ]
        if len(ratios) >= 3:
            for factor, unit in ((1.0, ""), (0.0001, " in ettari"), (0.000001, " in km²")):
                near = sum(1 for ratio in ratios if 0.8 <= ratio / factor <= 1.25)
                if near * 2 >= len(ratios):
                    return 1.0, f"{near} su {len(ratios)} come le aree misurate{unit}"
        # "AREA" alone may be the number of an area; "AREA_MQ" isn't.
        return (min(value, 0.5 if joined_name(column.said) == "area" else 0.9), why)

    def _capacita(self, column):
        return self._numbers(column, "numeri")

    def _utenti_fuori_comune(self, column):
        return self._numbers(column, "numeri")

    def _anno_previsto(self, column):
        def year(text):
            number = parse_number(text, ".")
            return number is not None and 1900 <= number.value <= 2100

        return self._share(column, year, "anni")

    def _valenza_dichiarata(self, column):
        return self._share(column, lambda text: parse_valenza(text) is not None, "valenze note")

    def _valenza_confermata(self, column):
        return self._share(column, lambda text: parse_valenza(text) is not None, "valenze note")

    def _codice_sttm(self, column):
        return self._share(column, lambda text: text.upper() in self.categories, "codici", 0.5)

    def _codice_fonte(self, column):
        return self._share(column, lambda text: official_code(text) is not None, "codici", 0.5)

    def _proprietario(self, column):
        words = sum(
            1
            for text in column.values
            if re.search(r"[^\W\d_]{3}", text) and normalise(text) not in ("true", "false")
        )
        return (0.75, "testo") if words * 2 >= len(column.values) else (0.0, "non è testo")

    _gestore = _ente_pianificatore = _proprietario

    def types(self, taken) -> list:
        """Return the columns that say what a service is, the most specific first."""
        found = []
        for level, names in enumerate(TYPE_SYNONYMS):
            synonyms = names.split()
            for order, column in enumerate(self.columns):
                score = name_score(column.said, synonyms)
                if score < 0.75 or column.name in taken or not column.values:
                    continue
                if any(column.name == other for *_, other in found):
                    continue
                if not any(re.search(r"[^\W\d_]", text) for text in column.values):
                    continue
                known = self.type_share(column)
                found.append((level, -score, -known, order, column.name))
        codes = {joined_name(name) for *_, name in found}
        found = [
            item
            for item in found
            # Of a code and its description (X, DX) the description says it in words.
            if f"d{joined_name(item[-1])}" not in codes
        ]
        # Where a table tells the seat from the body it belongs to, the seat is the service.
        seats = [name for *_, name in found if "sede" in name_words(name)]
        kept = []
        for *_, name in sorted(found):
            words = name_words(name)
            joined = joined_name(name)
            rival = f"{joined}autonomia" not in self.joined and any(
                joined == joined_name(seat).replace("sede", "") for seat in seats
            )
            if not rival and not (_ELSEWHERE & set(words)):
                kept.append(name)
        return kept[:4]

    def type_share(self, column) -> float:
        if column.name not in self._types:
            distinct = list(dict.fromkeys(column.values))[:200]
            hits = sum(1 for text in distinct if self.knows_type(text))
            self._types[column.name] = hits / len(distinct) if distinct else 0.0
        return self._types[column.name]

    def codes(self) -> list:
        """Return the columns that hold official codes of the service itself, the best first."""
        found = []
        for order, column in enumerate(self.columns):
            if not column.values or _ELSEWHERE & set(name_words(column.name)):
                continue
            share = sum(1 for text in column.values if official_code(text, column.name))
            share /= len(column.values)
            distinct = column.distinct / max(column.filled, 1)
            if share >= 0.3 and distinct > 0.9:
                found.append((-share * distinct, order, column.name))
        return [name for *_, name in sorted(found)]


# Fields whose words or codes are nobody else's: they may be told without the column's name.
_SPEAKING = frozenset(("stato", "valenza_dichiarata", "istat", "codice_sttm", "id_servizio"))

# Positions -----------------------------------------------------------------------------------

_X_WORDS = {"x", "lon", "long", "lng", "longitude", "longitudine", "est", "easting", "coorx"}
_Y_WORDS = {"y", "lat", "latitude", "latitudine", "nord", "northing", "coory"}
_GLUED = re.compile(r"^(coord|coor|utm|wgs84|gb|p|punto|centroid)?(x|y)(coord)?$")


def axis_of(name) -> tuple[str, tuple]:
    """Return ("x" or "y" or "", the other words of the name) of a column."""
    words = name_words(name)
    for place, word in enumerate(words):
        glued = _GLUED.match(word)
        axis = "x" if word in _X_WORDS else "y" if word in _Y_WORDS else glued[2] if glued else ""
        if axis:
            return axis, tuple(words[:place] + words[place + 1 :])
    return "", ()


def _position(columns, mapping):
    """Find the columns that hold a position: a pair of numbers, a WKT, a "(lat, lon)" text."""
    axes: dict = {}
    for order, column in enumerate(columns):
        axis, rest = axis_of(column.name)
        if not axis or not column.values:
            continue
        share = sum(1 for text in column.values if _coordinate(text)) / len(column.values)
        if share >= 0.5:
            axes.setdefault(rest, {}).setdefault(axis, (order, column.name))
    pairs = [
        (len(_ELSEWHERE & set(rest)), max(found["x"][0], found["y"][0]), rest, found)
        for rest, found in axes.items()
        if {"x", "y"} <= set(found)
    ]
    if not pairs:
        loose_x = [found["x"] for found in axes.values() if "x" in found]
        loose_y = [found["y"] for found in axes.values() if "y" in found]
        if len(loose_x) == 1 and len(loose_y) == 1:
            # LONG_X with LAT_Y, X_COORD with COORDY: the one pair there can be.
            pairs = [(0, 0, (), {"x": loose_x[0], "y": loose_y[0]})]
    if pairs:
        pairs.sort(key=lambda pair: pair[:2])
        found = pairs[0][3]
        mapping.x, mapping.y = found["x"][1], found["y"][1]
        if len(pairs) > 1:
            named = ", ".join(f"«{p[3]['x'][1]}»/«{p[3]['y'][1]}»" for p in pairs)
            mapping.doubts.append(("posizione", named))
    for column in columns:
        if not column.values:
            continue
        sample = column.values[:200]
        if not mapping.wkt and sum(map(_is_wkt, sample)) >= 0.5 * len(sample):
            mapping.wkt = column.name
        elif not mapping.pair and sum(1 for text in sample if _degrees(text)) >= 0.5 * len(sample):
            mapping.pair = column.name


def _coordinate(text) -> bool:
    number = parse_number(text, ".")
    if number is None or number.unit:
        number = parse_number(text, ",")
    return number is not None and not number.unit


def _degrees(text) -> bool:
    pair = parse_pair(text)
    return pair is not None and all(1 < abs(value) <= 180 for value in pair)


def capacity_unit(name) -> str | None:
    """Return the unit a capacity's column names by itself ("POSTI LETTO" → "posti letto")."""
    words = name_words(name)
    joined = "".join(words)
    for marks, unit in CAPACITY_UNITS:
        for mark in marks:
            if mark in words or (len(mark) >= 4 and mark in joined):
                return unit
    return None


def scientific_keys(column) -> list:
    """Return the values of a key column that a spreadsheet ruined (D45).

    1,23E+11 in place of a long number; a date in place of "1-2", among keys that are none.
    """
    dated = [text for text in column.values if SHEET_DATE.match(text)]
    if len(dated) == len(column.values):
        dated = []  # keys that are all dates are what they are
    return [text for text in column.values if SCIENTIFIC.match(text)] + dated
