"""Classification into the taxonomy, measured on real texts: precision, recall, confidence, speed.

    make benchmark-classification      (or: python3 -m benchmarks.classification)

Writes ``benchmarks/CLASSIFICATION.md``. What is measured, and on what, is said there.
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from sttm_plugin.core import taxonomy
from sttm_plugin.core.pack import load_pack
from sttm_plugin.core.taxonomy import classify_text
from sttm_plugin.core.text import normalise

from .labelled import DATA, load, sources

REPORT = Path(__file__).resolve().parent / "CLASSIFICATION.md"
PARTS = ("taratura", "riserva")
BINS = (0.0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 1.0001)
RECORDS = 200_000


@dataclass
class Score:
    """Counts of one group of texts."""

    testi: int = 0
    detti: int = 0
    classificati: int = 0
    giusti: int = 0
    giusti_detti: int = 0

    def add(self, item, code):
        """Count one text and the category it got, None for none."""
        self.testi += 1
        self.detti += item.detto
        self.classificati += code is not None
        right = code is not None and code == item.codice
        self.giusti += right
        self.giusti_detti += right and item.detto

    @property
    def precisione(self) -> float:
        """Share of right ones among those classified."""
        return self.giusti / self.classificati if self.classificati else float("nan")

    @property
    def richiamo(self) -> float:
        """Share of right ones among those whose text tells."""
        return self.giusti_detti / self.detti if self.detti else float("nan")

    @property
    def astensione(self) -> float:
        """Share left to a person."""
        return 1 - self.classificati / self.testi if self.testi else float("nan")


def measure(items, pack=None) -> list:
    """Return (item, match, the category taken or None) of each labelled text."""
    pack = pack or load_pack()
    matches = classify_text(
        [item.testi for item in items], pack, area_mq=[item.area_mq for item in items]
    )
    least = pack.parametri["confidenza_minima"]
    return [
        (item, match, match.codice if match.confidenza >= least else None)
        for item, match in zip(items, matches)
    ]


def overall(measured) -> Score:
    """Return the Score of all of them."""
    score = Score()
    for item, _, code in measured:
        score.add(item, code)
    return score


def by_source(measured) -> dict:
    """Return {source: Score}."""
    scores: dict = defaultdict(Score)
    for item, _, code in measured:
        scores[item.fonte].add(item, code)
    return dict(scores)


def by_category(measured) -> dict:
    """Return {category: (testi detti, classificati così, giusti, giusti fra i detti)}."""
    said, taken, right, found = Counter(), Counter(), Counter(), Counter()
    for item, _, code in measured:
        said[item.codice] += item.detto
        taken[code] += 1
        right[code] += code == item.codice
        found[item.codice] += item.detto and code == item.codice
    codes = sorted(code for code in {*said, *taken} if code and (said[code] or taken[code]))
    return {code: (said[code], taken[code], right[code], found[code]) for code in codes}


def calibration(measured) -> list:
    """Return (from, to, number, mean confidence, measured reliability) of each bin."""
    rows = []
    for low, high in zip(BINS, BINS[1:]):
        inside = [
            (match.confidenza, match.codice == item.codice)
            for item, match, _ in measured
            if match.codice is not None and low <= match.confidenza < high
        ]
        if inside:
            number = len(inside)
            mean = sum(confidence for confidence, _ in inside) / number
            rows.append((low, min(high, 1.0), number, mean, sum(ok for _, ok in inside) / number))
    return rows


def speed(items, pack, number=RECORDS):
    """Return (distinct texts, seconds of pandas, seconds of ours) for that many records.

    Pandas finds the distinct values of the same column, makes each comparable and puts the
    results back: what any classification by distinct values has to do.
    """
    import pandas as pd

    texts = [item.testi[0] for item in items]
    column = pd.Series([texts[position % len(texts)] for position in range(number)])
    start = time.perf_counter()
    codes, distinct = pd.factorize(column)
    comparable = pd.Series([normalise(text) for text in distinct])
    comparable.to_numpy()[codes]
    pandas_s = time.perf_counter() - start
    rows = [(text,) for text in column]
    # What was read before must not count; the lexicon itself is built once a pack.
    taxonomy._LEXICONS.clear()
    classify_text([("",)], pack)
    start = time.perf_counter()
    classify_text(rows, pack)
    ours_s = time.perf_counter() - start
    return len(distinct), pandas_s, ours_s


def _percent(value: float) -> str:
    return "–" if value != value else f"{100 * value:.1f} %".replace(".", ",")


def _table(header, rows) -> list:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]


def report(measured, timing) -> str:
    """Return the text of CLASSIFICATION.md."""
    parts = {part: [one for one in measured if one[0].parte == part] for part in PARTS}
    described = {one["id"]: one for one in sources()}
    lines = [(Path(__file__).parent / "labels" / "metodo.md").read_text(encoding="utf-8").rstrip()]
    lines += ["", "## Insieme", ""]
    header = ["parte", "testi", "che lo dicono", "classificati", "precisione", "richiamo"]
    rows = []
    for part in PARTS:
        score = overall(parts[part])
        rows.append([part, *_cells(score)])
    for part in PARTS:
        score = overall([one for one in parts[part] if one[0].codice is not None])
        rows.append([f"{part}, solo testi di servizi della tassonomia", *_cells(score)])
    lines += _table([*header, "lasciati alla scelta"], rows)
    for part in PARTS:
        lines += ["", f"## Fonti: {part}", ""]
        rows = [
            [f"`{described[name]['file']}`", described[name]["nome"].strip(), *_cells(score)]
            for name, score in by_source(parts[part]).items()
        ]
        columns = ["file", "nome da", *header[1:], "lasciati alla scelta"]
        lines += _table(columns, rows)
        lines += ["", f"## Categorie: {part}", ""]
        rows = []
        for code, (said, taken, right, found) in by_category(parts[part]).items():
            precision = right / taken if taken else float("nan")
            recall = found / said if said else float("nan")
            rows.append([code, said, taken, _percent(precision), _percent(recall)])
        lines += _table(["categoria", "testi", "classificati così", "precisione", "richiamo"], rows)
    lines += ["", "## Confidenza dichiarata e affidabilità misurata", ""]
    rows = []
    for part in PARTS:
        for low, high, number, mean, ok in calibration(parts[part]):
            span = f"{low:.2f}–{high:.2f}".replace(".", ",")
            rows.append([part, span, number, f"{mean:.2f}".replace(".", ","), _percent(ok)])
    lines += _table(["parte", "confidenza", "testi", "media", "giusti"], rows)
    distinct, pandas_s, ours_s = timing
    lines += ["", "## Velocità", ""]
    ours, theirs, ratio = (
        f"{value:.1f}".replace(".", ",") for value in (ours_s, pandas_s, ours_s / pandas_s)
    )
    lines.append(
        f"{RECORDS} record con {distinct} testi distinti, stesso processo: {ours} s; pandas "
        "(distinti, testo reso confrontabile, risultato rimesso in colonna): "
        f"{theirs} s; rapporto {ratio}."
    )
    return "\n".join(lines) + "\n"


def _cells(score: Score) -> list:
    return [
        score.testi,
        score.detti,
        score.classificati,
        _percent(score.precisione),
        _percent(score.richiamo),
        _percent(score.astensione),
    ]


def main() -> int:
    """Measure, write the report, print the totals; return the exit code."""
    if not DATA.is_dir():
        print(f"Dati aperti non trovati in {DATA}.", file=sys.stderr)
        return 2
    pack = load_pack()
    items = load(DATA)
    measured = measure(items, pack)
    text = report(measured, speed(items, pack))
    REPORT.write_text(text, encoding="utf-8")
    for part in PARTS:
        score = overall([one for one in measured if one[0].parte == part])
        print(
            f"{part}: {score.testi} testi, precisione {_percent(score.precisione)}, "
            f"richiamo {_percent(score.richiamo)}"
        )
    print(text.splitlines()[-1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
