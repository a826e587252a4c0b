"""A text as the taxonomy reads it: its words, the keywords found, and how each stands there."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace

from .text import normalise, without_accents

# How a keyword stands in its text, from what it is to what it is only near to.
TESTA = "testa"  # the service itself, or one of several side by side
UNITA = "unita"  # joined to another by «e», «con»: both may be there
ACCOSTO = "accosto"  # set beside the head by a dash or in brackets ("primaria - istituto Besta")
DUBBIA = "dubbia"  # of something no keyword names ("residenza del parco"), or an "ex"
COMPLEMENTO = "complemento"  # it tells where or whose the head is ("biblioteca del politecnico")

_SEPARATORS = re.compile(r"(\s+[-–—]+\s*|\s*[-–—]+\s+|[/;:,()\[\]|*+&\"«»“”]+)")
_LISTS = frozenset("/,;+&")
_QUOTES = frozenset('"«»“”')
_CARE_OF = re.compile(r"\bc\s?[/.]\s?o\b\.?")
# A full stop after a word too long to be cut short: "Università di Milano. Biblioteca".
_SENTENCE_WORD = 5
_SENTENCE = re.compile(rf"([0-9a-z]{{{_SENTENCE_WORD},}})\.\s+")
_WORDS = re.compile(r"[0-9a-z]+\.?")
_LONG_WORDS = re.compile(r"[0-9A-Za-z]{2,}")
# Stand for every word that no list of the pack holds, long enough to end a sentence or not.
_STRANGER, _SHORT_STRANGER = "00000000", "0000"
_ORDINALS = {ord("º"): " ", ord("ª"): " ", ord("°"): " "}


@dataclass(frozen=True)
class Keyword:
    """A keyword or anti-keyword: ``=`` the whole value, ``^`` its beginning, ``*`` a root."""

    text: str  # normalised, without signs
    written: str
    whole: bool
    root: bool
    opening: bool
    tokens: tuple

    @property
    def punteggio(self) -> int:
        """Its length, what keywords compete by (DATO_RESTITUZIONE §9)."""
        return len(self.text)


def keyword(written: str) -> Keyword | None:
    """Return a keyword of the pack, None where nothing of it can be compared."""
    text = normalise(written)
    if not text:
        return None
    return Keyword(
        text,
        written,
        written.startswith("="),
        written.endswith("*"),
        written.startswith("^"),
        tuple(text.split()),
    )


@dataclass(frozen=True)
class Found:
    """A keyword in a text: whose it is, for or against, where, how it stands.

    Attributes:
        lead: how many words that name no service come before every keyword.
        of_body: one of them is what a body is called ("fondazione").
        named: a name follows it ("Arena Po"), not where it is ("Arena di via Po").
        aside: it stands in brackets, after something else ("Locate (Stazione)").
    """

    keyword: Keyword
    owner: str
    speaks_for: bool
    start: int
    end: int
    standing: str = TESTA
    lead: int = 0
    of_body: bool = False
    named: bool = False
    aside: bool = False


@dataclass(frozen=True)
class Reading:
    """A text that was read.

    Attributes:
        words: its words as compared, abbreviations spelt out. found: tuple of Found.
        empty: the words that name no service.
    """

    words: tuple
    found: tuple
    empty: frozenset

    def covered_by(self, one: Found) -> bool:
        """Whether the keyword is all the text says, but for words that name no service."""
        rest = (*self.words[: one.start], *self.words[one.end :])
        return self.empty.issuperset(rest)

    @property
    def text(self) -> str:
        """The words, with a space on either side."""
        return f" {' '.join(self.words)} "


class Lexicon:
    """Every keyword of a pack, found in one pass over the words of a text."""

    def __init__(self, pack):
        self.by_first: dict = {}  # first word → [(keyword, owner, for or against)]
        self.roots: list = []  # keywords whose first word is a root
        self.wholes: dict = {}  # whole text → [(keyword, owner, for or against)]
        words = pack.lessico
        self.short = _abbreviations(words.get("abbreviazione", ()))
        listed = [one for forms in self.short.values() for one in forms]
        self.cut = {form[-1] for form, _, long in listed if form[-1] not in long}
        self.empty = frozenset(normalise(one.forma) for one in words.get("vuota", ()))
        self.odonyms = frozenset(one.forma for one in words.get("strada", ()))
        self.streets = self.odonyms | {one.forma for one in words.get("zona", ())}
        self.links = frozenset(one.forma for one in words.get("legame", ()))
        self.joins = frozenset(one.forma for one in words.get("unione", ()))
        self.inside = frozenset(one.forma for one in words.get("presso", ()))
        self.articles = frozenset(one.forma for one in words.get("articolo", ()))
        self.titles = frozenset(one.forma for one in words.get("persona", ()))
        self.shops = frozenset(one.forma for one in words.get("negozio", ()))
        self.others = self.shops | {one.forma for one in words.get("altro", ())}
        self.adjectives = frozenset(one.forma for one in words.get("aggettivo", ()))
        self.places = frozenset(normalise(one.forma) for one in words.get("luogo", ()))
        self.sure = frozenset(normalise(one.forma) for one in words.get("certa", ()))
        self.vague = frozenset(normalise(one.forma) for one in words.get("incerta", ()))
        self.bodies = frozenset(one.forma for one in words.get("ente", ()))
        self.gone = frozenset(one.forma for one in words.get("cessato", ()))
        self.little = self.links | self.joins | self.articles
        self.initials = frozenset(f"{word}." for word in self.little if len(word) == 1)
        self.fillers = self.empty | self.little
        # What a keyword asks for elsewhere in the text.
        self.required = frozenset(normalise(one.richiede) for one in pack.parole_ambigue)
        for code, category in pack.categorie.items():
            for written in category.parole_chiave:
                self._add(keyword(written), code, True)
            # A field that holds the taxonomy's own name of a category says it outright.
            if normalise(category.categoria) not in map(normalise, category.parole_chiave):
                self._add(keyword("=" + category.categoria), code, True)
            for written in category.anti_parole_chiave:
                self._add(keyword(written), code, False)
        for written in pack.esclusioni:
            self._add(keyword(written), "GEN.00", False)
        self.read = functools.lru_cache(maxsize=65536)(self._read)
        self._outline_words()

    def _outline_words(self):
        """Note the words that lists hold and the beginnings that roots look for."""
        entries = [*self.roots, *(e for found in self.by_first.values() for e in found)]
        entries += [e for found in self.wholes.values() for e in found]
        texts = [text for one, _, _ in entries for text in (one.text, *one.tokens)]
        for forms in self.short.values():
            texts += [word for form, _, long in forms for word in (*form, *long)]
        for group in (self.empty, self.streets, self.little, self.inside, self.titles):
            texts += group
        for group in (self.others, self.adjectives, self.gone, self.required, self.bodies):
            texts += group
        self._listed = {word for text in texts for word in text.lower().split()}
        self._begun = tuple({one.tokens[-1] for one, _, _ in entries if one.root})
        numbers = [f"{word}(?![0-9A-Za-z])" for word in sorted(self._listed) if word.isdigit()]
        numbers += [word for word in self._begun if word[0].isdigit()]
        not_these = f"(?!{'|'.join(numbers)})" if numbers else ""
        self._number = re.compile(f"(?<![0-9A-Za-z]){not_these}[0-9]{{2,}}(?![0-9A-Za-z])")
        # A pack that lists the sign itself has its texts read as they are.
        self._plain = any(
            sign in self._listed or sign.startswith(self._begun)
            for sign in (_STRANGER, _SHORT_STRANGER)
        )
        self._outlined = functools.lru_cache(maxsize=65536)(self._without_strangers)

    def outlines(self, texts) -> list:
        """Return texts that read the same, with one sign for every word of no list.

        "Biblioteca San Carlo 12" and "Biblioteca San Biagio 7351" need be read once.
        """
        if self._plain:
            return list(texts)
        # Accents, and signs that become letters, would move the ends of words.
        plain = list(filter(str.isascii, texts))
        # The end of a line ends a word as the end of a text does.
        numbered = self._number.sub(_stranger, "\n".join(plain)).split("\n")
        if len(numbered) != len(plain):
            numbered = [self._number.sub(_stranger, text) for text in plain]
        made = map(self._outlined, numbered)
        return [next(made) if text.isascii() else text for text in texts]

    def _without_strangers(self, text: str) -> str:
        def shown(found):
            word = found.group().lower()
            known = word in self._listed or word.startswith(self._begun)
            return found.group() if known else _stranger(found)

        return _LONG_WORDS.sub(shown, text)

    def _add(self, one, owner, speaks_for):
        if one is None:
            return
        entry = (one, owner, speaks_for)
        # Texts are read with abbreviations spelt out: the keyword must be too.
        spelt = tuple(self._spelt_out(list(one.tokens), [(0, 0)] * len(one.tokens))[0])
        if spelt != one.tokens and not one.whole:
            long = (replace(one, tokens=spelt), owner, speaks_for)
            self.by_first.setdefault(spelt[0], []).append(long)
        if one.whole:
            self.wholes.setdefault(one.text, []).append(entry)
        elif one.root and len(one.tokens) == 1:
            self.roots.append(entry)
        else:
            self.by_first.setdefault(one.tokens[0], []).append(entry)

    def _read(self, text: str) -> Reading:
        words, segments, quoted, aside = self.words_of(text)
        found = [
            Found(one, owner, speaks_for, 0, len(words))
            for whole in dict.fromkeys((normalise(text), " ".join(words)))
            for one, owner, speaks_for in self.wholes.get(whole, ())
        ]
        opening = next((place for place, word in enumerate(words) if word not in self.empty), 0)
        present = set(words)
        for place, word in enumerate(words):
            for one, owner, speaks_for in self.by_first.get(word, ()):
                if one.opening and place not in (0, opening):
                    continue
                if one.tokens[-1] not in present and not one.root:
                    continue
                end = self._end_of(one, words, segments, place)
                if end:
                    found.append(Found(one, owner, speaks_for, place, end))
            for one, owner, speaks_for in self.roots:
                if word.startswith(one.text):
                    found.append(Found(one, owner, speaks_for, place, place + 1))
        found = [
            one
            for one in found
            if not (one.speaks_for and self._names_a_place(one, words, segments))
        ]
        standing = tuple(self._standing(found, words, segments, (quoted, aside), opening))
        return Reading(tuple(words), standing, self.fillers)

    # --- words ---------------------------------------------------------------------------

    def words_of(self, text: str) -> tuple:
        """Return (words, segments, groups in quotes, in brackets), abbreviations spelt out.

        A segment is (group, item): a dash or a bracket begins a group, a comma an item.
        """
        plain = without_accents(text.translate(_ORDINALS)).lower()
        plain = _CARE_OF.sub(" presso ", plain)
        plain = _SENTENCE.sub(self._sentence, plain)
        words: list = []
        segments: list = []
        group, item, inside, depth = 0, 0, False, 0
        quoted, aside = set(), set()
        for number, piece in enumerate(_SEPARATORS.split(plain)):
            if number % 2:
                if _LISTS.issuperset(piece):
                    item += 1
                else:
                    group, item = group + 1, 0
                inside = inside != (len(_QUOTES.intersection(piece)) == 1)
                if inside:
                    quoted.add(group)
                depth = max(depth + _nesting(piece), 0)
                if depth:
                    aside.add(group)
                continue
            own = self._joined(_WORDS.findall(piece))
            words.extend(own)
            segments.extend([(group, item)] * len(own))
        words, segments = self._spelt_out(words, segments)
        return words, segments, quoted, aside

    def _sentence(self, found) -> str:
        """Return the end of a sentence as a separator; a word the pack lists as cut stays so."""
        return found[0] if found[1] in self.cut else f"{found[1]} - "

    def _joined(self, written: list) -> list:
        """Join lone letters ("i t i s" → "itis"), but not those of the name that follows."""
        joined: list = []
        run: list = []
        for word in [*written, ""]:
            bare = word.rstrip(".")
            if len(bare) == 1 and bare.isalpha():
                run.append(word)
                continue
            joined.extend(self._of_run(run))
            run = []
            if bare:
                joined.append(bare)
        return joined

    def _of_run(self, run: list) -> list:
        if len(run) == 1 and run[0] in self.initials:
            return [run[0][0].upper()]  # "A. Chiesa": an initial, no preposition
        if len(run) == 2 and "e" in run:
            return [letter[0] for letter in run]  # "stazione S e parcheggio"
        run = [letter[0] for letter in run]
        whole = "".join(run)
        if len(run) < 3 or self._known(whole):
            return [whole] if whole else []
        # "I.C. A. Manzoni": the letters of an acronym, then an initial.
        for size in range(len(run) - 1, 1, -1):
            if self._known(whole[:size]):
                return [whole[:size], *run[size:]]
        return [whole]

    def _known(self, word: str) -> bool:
        return (
            word in self.by_first
            or word in self.wholes
            or any(form == (word,) for form, _, _ in self.short.get(word, ()))
        )

    def _spelt_out(self, words: list, segments: list) -> tuple:
        out: list = []
        places: list = []
        place = 0
        while place < len(words):
            size, long = self._long_form(words, place)
            out.extend(long)
            places.extend([segments[place]] * len(long))
            place += size
        return out, places

    def _long_form(self, words, place):
        for form, where, long in self.short.get(words[place].lower(), ()):
            if tuple(word.lower() for word in words[place : place + len(form)]) != form:
                continue
            if where == "^" and any(word not in self.empty for word in words[:place]):
                continue
            if where == "=" and len(words) != len(form):
                continue
            return len(form), long
        return 1, (words[place],)

    def _end_of(self, one: Keyword, words: list, segments: list, place: int) -> int:
        """Return where a keyword that begins at a place ends, 0 where it isn't there.

        An adjective may stand between its words: "scuola comunale dell'infanzia".
        """
        end = place
        for number, token in enumerate(one.tokens):
            while number and end < len(words) and words[end] != token:
                if words[end] not in self.adjectives:
                    break
                end += 1
            if end == len(words):
                return 0
            last = one.root and number == len(one.tokens) - 1
            if not (words[end].startswith(token) if last else words[end] == token):
                return 0
            end += 1
        return end if segments[place][0] == segments[end - 1][0] else 0

    # --- how a keyword stands ------------------------------------------------------------

    def _names_a_place(self, one: Found, words, segments) -> bool:
        """Whether a keyword is part of a street's or of a person's name."""
        if one.keyword.whole:
            return False
        if one.keyword.text.isdigit():
            # A house number or that of a list: "viale Zara, 118", "118 Otto Novembre".
            if any(word in self.streets for word in words[: one.start]):
                return True
            if not one.start and any(word not in self.fillers for word in words[one.end :]):
                return True
        alone = one.end - one.start == 1
        before = one.start - 1
        if alone and before >= 0 and len(words[before]) == 1:
            return words[before].isalpha() and words[before] not in self.links | self.joins
        if alone and before >= 0 and words[before] in self.titles:
            return True
        while before >= 0 and words[before] in self.links | self.articles:
            before -= 1
        # "via alla Chiesa", "piazzale Damiano Chiesa"
        near = range(before, max(before - (3 if alone else 1), -1), -1)
        return any(
            words[place] in self.streets for place in near if segments[place] == segments[one.start]
        )

    def accompanies(self, anti: Found, own: list, words) -> bool:
        """Whether an anti-keyword is only joined to the service ("parco con parcheggio")."""
        before = anti.start - 1
        while before >= 0 and words[before] in self.articles:
            before -= 1
        if before < 0 or words[before] not in self.joins:
            return False
        return any(one.end <= before for one in own)

    def _standing(self, found: list, words, segments, marked, opening):
        """Yield what was found, each keyword with its standing."""
        own = [one for one in found if one.speaks_for]
        first = min((one.start for one in own), default=0)
        quoted, aside = marked
        head = self._another_head(own, words)
        for one in found:
            if not one.speaks_for or one.keyword.whole:
                yield one
            elif any(_inside(one, other) for other in own):
                yield replace(one, standing=COMPLEMENTO)
            elif (
                self._is_no_more(one, words, segments)
                or self._is_headed(one, head, words, segments, aside)
                or self._has_a_shop_behind(one, words, segments)
            ):
                yield replace(one, standing=DUBBIA)
            elif one.start > first:
                standing = self._beside(one, own, words, segments, opening)
                yield self._placed(one, standing, first, words, segments, aside)
            elif self._of_something(one, words, segments, quoted):
                yield replace(one, standing=DUBBIA)
            else:
                yield self._placed(one, TESTA, first, words, segments, aside)

    def _placed(self, one: Found, standing, first, words, segments, aside) -> Found:
        """Return a keyword with its standing, what comes before all keywords, what follows it."""
        before = words[:first]
        lead = sum(word not in self.fillers for word in before)
        return replace(
            one,
            standing=standing,
            lead=lead,
            of_body=not self.bodies.isdisjoint(before),
            named=self._is_named(one, words),
            aside=bool(lead) and segments[one.start][0] in aside,
        )

    def _is_no_more(self, one: Found, words, segments) -> bool:
        """Whether an "ex" comes before a keyword: "ex museo", "ex sede del museo"."""
        before = one.start - 1
        group = segments[one.start][0]
        while before >= 0 and segments[before][0] == group and words[before] in self.fillers:
            before -= 1
        return before >= 0 and segments[before][0] == group and words[before] in self.gone

    def _another_head(self, own: list, words):
        """Return the place of the first word that may head the text, None where a keyword does."""
        for place, word in enumerate(words):
            if word not in self.articles and (word not in self.empty or word in self.others):
                return None if any(one.start <= place < one.end for one in own) else place
        return None

    def _is_headed(self, one: Found, head, words, segments, aside) -> bool:
        """Whether a text that begins with a shop or a street is that, and not the keyword.

        After a dash a service may follow the street it stands in: "Via Verdi - biblioteca".
        """
        if head is None or head > one.start:
            return False
        group = segments[one.start][0]
        near = segments[head][0] == group
        if words[head] in self.odonyms:
            return near or group in aside
        joined = not self.joins.isdisjoint(words[: one.start])
        return words[head] in self.others and near and not joined

    def _has_a_shop_behind(self, one: Found, words, segments) -> bool:
        """Whether the last word tells what the text is, as in English: "Arena Bar"."""
        last = len(words) - 1
        return (
            last >= one.end
            and words[last] in self.shops
            and segments[last] == segments[one.start]
            and words[last - 1] not in self.little
            and self.joins.isdisjoint(words[one.end : last])
        )

    def _is_named(self, one: Found, words) -> bool:
        after = one.end
        while after < len(words) and words[after] in self.little:
            after += 1
        return after < len(words) and words[after] not in self.empty | self.streets | self.inside

    def _of_something(self, one: Found, words, segments, quoted) -> bool:
        """Whether a first keyword is of something that no keyword names."""
        before = one.start - 1
        if before < 0:
            return False
        group = segments[one.start][0]
        while before >= 0 and segments[before][0] == group and words[before] in self.articles:
            before -= 1
        if before < 0:
            return False
        if segments[before][0] != group:
            # A proper name: «Istituto "Il giardino"», not «Fondazione "Casa di riposo"».
            return group in quoted and self.bodies.isdisjoint(words[: one.start])
        if words[before] not in self.links | self.inside:
            return False
        heads = [
            words[place]
            for place in range(before)
            if segments[place][0] == group and words[place] not in self.little | self.inside
        ]
        return not heads or not self.empty.issuperset(heads)

    def _beside(self, one: Found, own: list, words, segments, opening) -> str:
        """Return how a keyword stands that has others before it."""
        earlier = [other for other in own if other.end <= one.start]
        if not earlier:
            return TESTA  # one overlaps the other: their length decides
        nearest = max(other.end for other in earlier)
        between = words[nearest : one.start]
        if any(word in self.inside for word in between):
            return COMPLEMENTO
        tail = [word for word in between if word not in self.articles]
        if tail and tail[-1] in self.links:
            return COMPLEMENTO
        # "museo e nuova biblioteca"
        named = (word for word in reversed(tail) if word not in self.empty)
        joined = next(named, "") in self.joins
        (group, item), (own_group, own_item) = segments[nearest - 1], segments[one.start]
        if group == own_group and (joined or item != own_item):
            return UNITA
        if min(other.start for other in earlier) > opening:
            return TESTA
        # "Farmacia Stazione", "Scuola primaria Parco dei fiori": what follows is a name.
        return COMPLEMENTO if group == own_group else ACCOSTO


def _nesting(piece: str) -> int:
    return sum((sign in "([") - (sign in ")]") for sign in piece)


def _stranger(found) -> str:
    return _STRANGER if len(found.group()) >= _SENTENCE_WORD else _SHORT_STRANGER


def _inside(one: Found, other: Found) -> bool:
    """Whether a keyword lies inside a longer one."""
    return (
        other.start <= one.start
        and one.end <= other.end
        and other.keyword.punteggio > one.keyword.punteggio
    )


def _abbreviations(written) -> dict:
    """Return {first word: [(words, "" | "^" | "=", long words)]}, the longest first."""
    found: dict = {}
    for one in written:
        where = one.forma[0] if one.forma[0] in "^=" else ""
        form = tuple(normalise(one.forma).split())
        found.setdefault(form[0], []).append((form, where, tuple(normalise(one.estesa).split())))
    for forms in found.values():
        forms.sort(key=lambda form: -len(form[0]))
    return found
