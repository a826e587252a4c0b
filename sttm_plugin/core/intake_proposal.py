"""What an import would do with a table, column by column and value by value, before it is run."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace

import numpy as np

from .coded import Marks
from .documents import compact_json
from .intake import _Run, _Stopped
from .intake_categories import LEAST_CONFIDENCE
from .intake_model import AREA, bare
from .intake_positions import GEOMETRY, WKT
from .mapping import SHOWN, TICKED, TYPE_SYNONYMS, name_score
from .personal import personal_kind
from .profile import comparable, drift, rule_columns, rule_fields, split_field
from .proposals import alternatives
from .schema import DOMAINS
from .taxonomy import classify_text
from .values import clean, parse_number, parse_stato, parse_valenza

# More distinct values than these are names, not a vocabulary: the rest is counted.
MOST_VALUES = 2000
# Columns and values are judged on so many records, spread over the whole; they are counted on all.
MOST_ROWS = 5_000
_SAMPLES = 5
_LONGEST = 120


@dataclass
class Proposal:
    """What is proposed: rows of the three tables, the profile, the sentences for the log.

    Attributes:
        columns, values, drift: rows of schema.COLUMNS, VALUES, DRIFT; drift is None without a
            profile. profile: content of PROFILE_OUT. counts: the Results. notes: (what, found,
            done) of everything chosen on the way.
    """

    columns: list
    values: list
    drift: list | None
    profile: dict
    counts: dict
    notes: list


def propose(table, settings, pack, places, projector, on_progress=None):
    """Return how a table would be imported, None when stopped (``_propose``)."""
    try:
        return _propose(table, settings, pack, places, projector, on_progress)
    except _Stopped:
        return None


def _propose(table, settings, pack, places, projector, on_progress):
    """Return how a table would be imported: its columns, its values, what changed.

    Args:
        as ``core.intake.import_services``; the settings' profile is compared with the table,
        its choices come before ours, and a fault in it doesn't stop.

    Returns:
        Proposal; None when stopped.
    """
    profile = settings.profile
    # A proposal decides nothing: what an import would ask is shown.
    plain = replace(settings, profile=None, on_doubt=1)
    few = thinned(table, MOST_ROWS)
    run = _Run(few, plain, pack, places, projector, None, _going(on_progress))
    run.step_share = (0.0, 0.3)
    run.open()
    run.map_columns()
    run.step_share = (0.3, 0.3)
    own = dict(run.rules)
    sure = {target: "proposta" for target in own}
    if profile is not None:
        profile, _ = profile.adapted(table.names)
        run.settings = replace(plain, profile=profile)
        _keep_decisions(run, profile, own, sure)
    run.fonte = settings.source or (profile.source.get("fonte") if profile else "") or table.layer
    _lay_down(run, projector)
    run.read_values()
    run.classify()
    if on_progress is not None and not on_progress(0.6):
        return None
    counts = []
    for place, column in enumerate(table.columns):
        counts.append(_Count(column))
        if on_progress is not None and not on_progress(0.6 + 0.3 * place / len(table.names)):
            return None
    counted = dict(zip(table.names, counts))
    values = _value_rows(run, profile, table, counted)
    columns = _column_rows(run, sure, counted)
    changed = None
    if settings.profile is not None:
        changed = _drift_rows(table, settings, counted)
    run.table = table
    counts = {
        "COLUMNS": len(columns),
        "MAPPED": sum(1 for row in columns if row["campo"]),
        "UNMAPPED": sum(1 for row in columns if not row["campo"]),
        "TO_CONFIRM": sum(1 for row in columns if row["campo"] and not row["spuntata"]),
        "VALUES_COUNT": len(values),
        "VALUES_TO_DECIDE": sum(1 for row in values if row["proposto"] is None),
        "DRIFTED": len(changed or ()),
        "DRIFTED_SERIOUS": sum(1 for row in changed or () if row["grave"]),
    }
    notes = [line[:5] for line in run.journal.of_file]
    return Proposal(columns, values, changed, run.profile("suggestmapping"), counts, notes)


def thinned(table, most):
    """Return a table of at most so many records, spread over the whole."""
    if table.count <= most:
        return table
    return table.only(np.arange(0, table.count, -(-table.count // most)))


class _Count:
    """How often each text occurs in a column: each distinct value is cleaned once."""

    def __init__(self, values):
        self.texts: Counter = Counter()
        self.total = 0
        for value, times in zip(values.values, values.counts().tolist()):
            self.total += times
            text = clean(value)
            if text is not None:
                self.texts[text] += times
        self.texts = +self.texts  # values of no record

    def ordered(self, tokens=frozenset()) -> list:
        """Return [(text, how many)], the most frequent first, without those read as NULL."""
        found = [item for item in self.texts.items() if item[0].casefold() not in tokens]
        return sorted(found, key=lambda item: (-item[1], item[0]))


def _going(on_progress):
    return on_progress or (lambda share: True)


def _keep_decisions(run, profile, own, sure):
    """Put the profile's choices before ours; to columns it never saw ours may go."""
    present = set(run.table.names)
    known = {split_field(field)[0] for field in profile.fingerprint.get("fields", [])}
    rules, taken = {}, set()
    for target, rule in profile.columns.items():
        needed = rule_columns(target, rule)
        if set(needed) <= present:
            rules[target] = dict(rule)
            taken.update(needed)
            sure[target] = "profilo"
    for target, rule in own.items():
        new = [name for name in rule_fields(rule) if name not in known and name not in taken]
        lost = target in profile.columns
        if target not in rules and new and (known or lost):
            rules[target] = rule
    chosen = rules.pop("codice_sttm", None)
    if chosen is not None:
        run.types = rule_fields(chosen)
        if "constant" in chosen or chosen.get("map"):
            rules["codice_sttm"] = chosen
    run.rules = dict(sorted(rules.items()))
    for key, place in (("x_field", "x"), ("y_field", "y")):
        if profile.source.get(key) in present:
            setattr(run.suggested, place, profile.source[key])


def _lay_down(run, projector):
    """Give the areas their size, for what the size decides; nothing is placed."""
    table = run.table
    run.kind, run.shapes = np.zeros(run.count, dtype=np.int8), {}
    rows = [
        row
        for row, shape in enumerate(table.shapes)
        if shape is not None and "Polygon" in shape.geom_type
    ]
    if rows and table.crs:
        moved = projector.shapes(table.crs, [table.shapes[row] for row in rows])
        for row, shape in zip(rows, moved):
            if shape is not None:
                run.shapes[row], run.kind[row] = shape, AREA


# Columns -------------------------------------------------------------------------------------


def _column_rows(run, sure, counted):
    fields: dict = defaultdict(list)
    for target, rule in run.rules.items():
        for name in rule_columns(target, rule):
            if target != "codice_sttm":
                fields[name].append(target)
    for name in run.types or rule_fields(run.rules.get("codice_sttm", {})):
        fields[name].append("codice_sttm")
    positions = {
        run.suggested.x: "posizione_x",
        run.suggested.y: "posizione_y",
        run.suggested.wkt: "posizione_wkt",
        run.suggested.pair: "posizione_testo",
    }
    rivals: dict = defaultdict(list)
    for found in run.suggested.suggestions.values():
        for suggestion in found:
            rivals[suggestion.field].append(suggestion)
    doubts: dict = defaultdict(list)
    for target, said in run.suggested.doubts:
        doubts[target].append(said)
    rows = []
    for order, column in enumerate(run.columns, start=1):
        name = column.name
        targets = fields.get(name, [])
        position = positions.get(name, "")
        campo = ";".join([*targets, *([position] if position else [])]) or None
        first = next((target for target in targets if target != "codice_sttm"), None)
        score, reason = _why(run, column, first, targets, position, rivals[name])
        decided_by = None
        if campo:
            by = {sure.get(target, "proposta") for target in targets} or {"proposta"}
            decided_by = "profilo" if by == {"profilo"} else "proposta"
        if decided_by == "profilo":
            score, reason = 1.0, "scelta nel profilo"
        others = [
            {"campo": item.target, "punteggio": item.score, "motivo": item.reason}
            for item in sorted(rivals[name], key=lambda item: -item.score)
            if item.target not in targets
        ]
        kinds = {kind for kind in map(personal_kind, column.values) if kind}
        count = counted[name]
        tokens = run.settings.tokens
        filled = {
            text: times for text, times in count.texts.items() if text.casefold() not in tokens
        }
        zeros = sum(times for text, times in filled.items() if _is_zero(text))
        rows.append(
            {
                "ordine": order,
                "colonna": name,
                "tipo": column.kind,
                "campo": campo,
                "punteggio": score,
                "spuntata": bool(campo) and score is not None and score >= TICKED,
                "deciso_da": decided_by,
                "motivo": reason,
                "esempi": " · ".join(_samples(column)) or None,
                "n_valori": sum(filled.values()),
                "n_vuoti": count.total - sum(filled.values()),
                "n_distinti": len(filled),
                "n_zero": zeros,
                "alternative": compact_json(others) if others else None,
                "dubbio": " ".join(
                    said for target in targets or [position] for said in doubts.get(target, ())
                )
                or None,
                "dati_personali": ", ".join(sorted(kinds)) or None,
            }
        )
    return rows


def _why(run, column, first, targets, position, rivals):
    """Return (score, reason) of what a column was taken for, or of why it wasn't."""
    for suggestion in rivals:
        if suggestion.target == first:
            return suggestion.score, suggestion.reason
    if first and first.startswith("attributi."):
        return 1.0, "è il nome di un attributo delle regole"
    if first:
        return 1.0, "scelta nel profilo"
    if position:
        return 0.9, "contiene le coordinate"
    if "codice_sttm" in targets:
        by_name = max(name_score(column.said, words.split()) for words in TYPE_SYNONYMS)
        known = sum(1 for text in set(column.values) if run._knows_type(text))
        share = known / max(len(set(column.values)), 1)
        reason = f"dice che cosa è il servizio: {known} valori diversi noti alla tassonomia"
        return round(min(1.0, 0.5 * by_name + 0.1 + 0.4 * max(share, 0.5)), 4), reason
    if not column.values:
        return None, "vuota"
    if rivals:
        best = max(rivals, key=lambda item: item.score)
        holder = run.suggested.columns.get(best.target, "")
        return None, f"per «{best.target}» è migliore «{holder}»" if holder else "non scelta"
    return None, f"nessun campo con punteggio di almeno {SHOWN:g}: resta tra quelli di origine"


def _samples(column):
    found = []
    for text in dict.fromkeys(column.values):
        found.append(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")
        if len(found) == _SAMPLES:
            break
    return found


def _is_zero(text) -> bool:
    if not text.startswith(("0", "+0", "-0")):
        return False
    number = parse_number(text, ".")
    return number is not None and number.value == 0


# Values --------------------------------------------------------------------------------------


def _value_rows(run, profile, table, counted):
    rows = []
    for target in ("stato", "valenza_dichiarata", *_WORDED):
        rule = run.rules.get(target)
        if rule is not None:
            rows.extend(_worded_rows(run, target, rule, profile, counted))
    rows.extend(_category_rows(run, profile, table))
    if "istat" in run.rules:
        rows.extend(_worded_rows(run, "istat", run.rules["istat"], profile, counted))
    return rows


_WORDED = (
    "fase_progetto titolo_servizio computo_dotazione ruolo_rete riconoscimento_art10_ptm "
    "validato_da valenza_confermata tipo_giustificazione"
).split()


def _worded_rows(run, target, rule, profile, counted):
    """Rows of the values of a field whose words have one meaning each."""
    if "constant" in rule:
        return []
    texts = _texts_of(run, target, rule, counted)
    mapped = {comparable(key): value for key, value in rule.get("map", {}).items()}
    name = ", ".join(rule_fields(rule)) or f"={target}"
    seen = _seen_before(profile, rule)
    rows = []
    for value, n in texts[:MOST_VALUES]:
        given = mapped.get(comparable(value))
        label, reason, others = None, "", ""
        if given is not None:
            meant, reason = str(given), "deciso nel profilo"
        else:
            meant, label, reason, others = _meaning(run, target, value)
        rows.append(
            _value_row(
                target,
                name,
                value,
                n,
                meant,
                label or (run.places.name_of(meant) if target == "istat" and meant else meant),
                1.0 if meant else None,
                reason,
                others,
                "profilo" if given is not None else "regola",
                seen and comparable(value) in seen,
            )
        )
    return rows


def _meaning(run, target, value):
    """Return (value of ours, label, why, alternatives) a word stands for."""
    allowed = ";".join(map(str, DOMAINS.get(target, ())))
    if target == "istat":
        code, how = run.places.resolve(bare(value))
        if code is None:
            said = (
                "comune di un'altra area" if how == "altrove" else "nessun comune con questo nome"
            )
            return None, None, said, ""
        said = {
            "uguale": "codice ISTAT",
            "zeri": "codice ISTAT senza gli zeri",
            "catastale": "codice catastale",
            "nome": "nome del comune",
            "soppresso": "comune soppresso, sostituito",
        }
        return code, run.places.name_of(code), said.get(how, how), ""
    if target == "stato":
        found, phase = parse_stato(value)
        label = f"{found}, fase_progetto {phase}" if phase else found
        return found, label, "dicitura nota" if found else "dicitura non chiara", allowed
    if target == "valenza_dichiarata":
        found = parse_valenza(value)
        return found, found, "dicitura nota" if found else "dicitura non chiara", allowed
    plain = comparable(value).replace(" ", "_")
    if plain in DOMAINS[target]:
        return plain, plain, "valore del dominio", allowed
    return None, None, "fuori dal dominio", allowed


def _category_rows(run, profile, table):
    """Rows of the values that say what a service is, with the category each would get."""
    rule = run.rules.get("codice_sttm") or {"fields": list(run.types)}
    if "constant" in rule:
        return []
    names = rule_fields(rule)
    by_name = not names
    if by_name:
        names = rule_columns("denominazione", run.rules.get("denominazione", {}))
    if not names:
        return []
    groups: dict = defaultdict(list)
    tokens = run.settings.tokens
    whole = Counter(_first_values(table, names, tokens))
    whole.pop(None, None)
    first = _first_values(run.table, names, tokens)
    for row in run.live().tolist():
        groups[first[row]].append(row)
    mapped = {comparable(key): value for key, value in rule.get("map", {}).items()}
    seen = _seen_before(profile, rule)
    codes, confidences = run.values["codice_sttm"], run.values["confidenza"]
    ordered = sorted(whole.items(), key=lambda item: (-item[1], item[0]))[:MOST_VALUES]
    alone = classify_text([[value] for value, _ in ordered], run.pack)
    rows = []
    for (value, n), match in zip(ordered, alone):
        members = groups.get(value, ())
        given = mapped.get(comparable(value))
        got = Counter(codes[row] for row in members)
        best = [code for code, _ in got.most_common() if code is not None]
        others = best + list(alternatives(match, run.pack))
        by, confidence = "regola", None
        if given is not None:
            code, confidence, reason, by = str(given), 1.0, "deciso nel profilo", "profilo"
        elif match.codice is not None and match.confidenza >= LEAST_CONFIDENCE:
            code, confidence, reason = match.codice, float(match.confidenza), match.motivo
        elif best and got[best[0]] >= LEAST_CONFIDENCE * len(members):
            code = best[0]
            of_them = [confidences[row] for row in members if codes[row] == code]
            confidence = min(of_them) * got[code] / len(members)
            reason = f"non dal valore ma dagli altri testi: {got[code]} record su {len(members)}"
        else:
            code = None
            reason = match.motivo or "nessuna parola della tassonomia"
            if best:
                named = ", ".join(f"{one or 'da classificare'} {n}" for one, n in got.most_common())
                reason = f"record per record: {named}"
        if by_name and code is not None and given is None and n == 1:
            # A name told by itself needs no decision, and there are as many as services.
            continue
        others = ";".join(dict.fromkeys(one for one in others if one != code))
        category = run.pack.categorie.get(code) if code else None
        rows.append(
            _value_row(
                "codice_sttm",
                ", ".join(names),
                value,
                n,
                code,
                category.categoria if category else None,
                confidence,
                reason,
                others,
                by,
                seen and comparable(value) in seen,
            )
        )
    return rows


def _value_row(campo, colonna, valore, n, proposto, etichetta, confidenza, motivo, altri, da, noto):
    return {
        "campo": campo,
        "colonna": colonna,
        "valore": valore,
        "n": n,
        "proposto": proposto,
        "etichetta": etichetta,
        "confidenza": confidenza,
        "motivo": motivo or None,
        "alternative": altri or None,
        "deciso_da": da,
        "noto": None if noto is None else bool(noto),
    }


def _seen_before(profile, rule):
    """Return the values a profile knows of the columns of a rule, None without a profile."""
    if profile is None:
        return None
    known = set()
    for name in rule_fields(rule):
        known |= profile.decided(name)
    return known or None


def _first_values(table, names, tokens):
    """Return the first filled text of some columns for each record, None where there is none."""
    first = Marks(table.count)
    for name in names:
        texts = table.texts(name)
        said = texts.mapped(lambda text: text if text and text.casefold() not in tokens else None)
        first.put_column(np.flatnonzero(first.empty() & said.true()), said)
    return list(first.column())


def _texts_of(run, target, rule, counted):
    """Return [(text, how many records)] of a field's values, the most frequent first."""
    names = rule_fields(rule)
    if len(names) == 1:
        return counted[names[0]].ordered(run.settings.tokens)
    return _Count(run._rule_column(target, rule)).ordered(run.settings.tokens)


# Drift ---------------------------------------------------------------------------------------


def _drift_rows(table, settings, counted):
    profile = settings.profile
    found, _ = profile.renamed(table.names)
    used = {name for rule in profile.columns.values() for name in rule_fields(rule)}
    counts = {
        found[column]: dict(counted[found[column]].ordered(settings.tokens))
        for column in {*used, *profile.values}
        if column in found and profile.decided(column)
    }
    return drift(profile, table.fingerprint(), table.found_geometry, counts)


# Positions -----------------------------------------------------------------------------------


def positions_of(table, settings, pack, places, projector, most, united):
    """Return (xs, ys, outline, declared CRS) of a table as written, None without positions.

    Args:
        most: positions to take, spread over the whole. united: the most areas whose union,
            the outline, is worth making.
    """
    from shapely.ops import unary_union

    few = table if table.count <= united else thinned(table, most)
    run = _Run(few, replace(settings, on_doubt=1), pack, places, projector, None, _going(None))
    run.step_share = (0.0, 1.0)
    run.open()
    run.map_columns()
    run.read_positions()
    kinds = Counter(run.from_what[run.from_what > 0].tolist())
    if not kinds:
        return None
    what = kinds.most_common(1)[0][0]
    rows = np.flatnonzero(run.from_what == what)
    outline = None
    shapes = []
    if what == GEOMETRY and few.places is None:
        shapes = [few.shapes[row] for row in rows.tolist()]
    if what == WKT:
        shapes = [run.read_shape[row] for row in rows.tolist()]
    areas = [shape for shape in shapes if "Polygon" in shape.geom_type]
    if areas and few is table:
        outline = unary_union([shape if shape.is_valid else shape.buffer(0) for shape in areas])
    rows = rows[:: max(len(rows) // most, 1)][:most]
    return run.xs[rows], run.ys[rows], outline, run._declared(what)[0]
