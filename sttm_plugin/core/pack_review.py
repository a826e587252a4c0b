"""What is wrong, or doubtful, in a criteria pack, all at once; and the pages that say it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .documents import generated_at, plugin_version
from .errors import SttmError
from .expressions import EACH, WHOLE
from .pack import BUNDLED, Fault, faults_of, load_pack, read_members
from .pack_tables import Draft, apply_changes, values_of
from .report import render
from .schema import SERVICES, names
from .text import normalise, written
from .valenza_decision import LEVELS
from .valenza_tried import COMPUTED_FROM, FIELD_OF

_SOURCED = ("norma", "letteratura")
_HIGHER = (">", ">=")


@dataclass
class Review:
    """What a pack's review found.

    Attributes:
        name: of the file. pack: ``Pack``, None where it isn't sound. faults: list of ``Fault``,
            errors first, then by file and line. values: rows of PACK_VALUES; of a pack that isn't
            sound those of the tables that can be read.
    """

    name: str
    pack: object
    faults: list
    values: list

    def count(self, gravita) -> int:
        """Return how many faults have a gravity."""
        return sum(fault.gravita == gravita for fault in self.faults)

    @property
    def valid(self) -> bool:
        """Whether the pack can be used."""
        return self.pack is not None and not self.count("errore")


def review(path=None, changes=()) -> Review:
    """Return everything wrong or doubtful in a pack: a bad pack is a result, not an exception.

    Args:
        path: as in ``load_pack``.
        changes: ``core.pack_tables.Change`` to make first: what a version with them would be.

    Raises:
        SttmError: a change has no place.
    """
    name = Path(path).name if path not in (None, "") else BUNDLED.name
    try:
        members = read_members(path)
    except SttmError as error:
        return Review(name, None, [Fault(name, 0, "", str(error).rstrip("."))], [])
    draft = Draft(dict(members), {})
    apply_changes(draft, changes)
    faults, pack = faults_of(draft.members)
    if pack is not None:
        faults = doubts(pack, draft)
    try:
        values = values_of(draft)
    except (ValueError, KeyError, TypeError, AttributeError):
        values = []  # The manifest itself can't be read: its fault says so.
    order = {"errore": 0, "avviso": 1}
    faults = sorted(faults, key=lambda one: (order[one.gravita], one.file, one.riga))
    return Review(name, pack, faults, values)


def doubts(pack, draft) -> list:
    """Return what a sound pack may not have meant, as ``Fault`` of gravity ``avviso``."""
    found: list = []
    rules, parameters = draft.table("valenza"), draft.table("parametri")

    def doubt(table, key, column, message):
        value = table.rows.get(key, {}).get(column, "")
        line = table.lines.get(key, 0)
        found.append(Fault(table.file, line, column, message, value, gravita="avviso"))

    for rule in pack.regole:
        for column, message in _doubts_of_rule(rule, pack):
            doubt(rules, rule.codice_regola, column, f"{rule.codice_regola}: {message}")
    for easier, harder in _upside_down(pack.regole):
        message = (
            f"{easier.codice_regola}: la soglia della valenza metropolitana è più facile di quella "
            f"intercomunale ({harder.codice_regola}, {written(harder.soglia)})"
        )
        doubt(rules, easier.codice_regola, "soglia", message)
    for name, one in pack.parametri_descritti.items():
        share = one.unita.startswith("quota 0-1") and name in parameters.rows
        if share and not 0 <= one.valore <= 1:
            doubt(parameters, name, "valore", f"{name}: una quota va fra 0 e 1")
    for code, category in pack.categorie.items():
        # The dictionary may take a word of the taxonomy back: only what one row says twice counts.
        row = draft.table("tassonomia").rows[code]
        words, against = (
            set(map(normalise, row[column].split(";"))) - {""}
            for column in ("parole_chiave", "anti_parole_chiave")
        )
        for word in sorted(words & against):
            message = f"{code}: «{word}» è insieme parola chiave e anti-parola"
            doubt(draft.table("tassonomia"), code, "parole_chiave", message)
        own = [rule for rule in pack.regole if rule.codice_categoria == code]
        if category.tipo_riga == "categoria" and not own:
            doubt(draft.table("tassonomia"), code, "codice", f"{code}: nessuna regola propria")
    for check in pack.controlli:
        if check.prova and check.prova not in _known_checks():
            message = f"{check.codice}: la prova «{check.prova}» non c'è in questa versione"
            doubt(draft.table("controlli_motore"), check.codice, "prova", message)
        for column, message in _doubts_of_expression(check):
            doubt(draft.table("espressioni"), check.codice, column, f"{check.codice}: {message}")
    found += _to_confirm(pack, draft)
    found += _same_version(pack)
    return found


def _doubts_of_rule(rule, pack):
    """Yield (column, message) for what a rule may not have meant."""
    if rule.tipo_regola == "graduata" and rule.valenza in LEVELS and not rule.peso:
        yield "peso", "una regola graduata di peso 0 non conta mai"
    if rule.tipo_regola == "graduata" and rule.valenza == "locale" and rule.peso:
        yield "peso", "il peso di una regola locale non entra in alcun punteggio"
    number = rule.soglia if isinstance(rule.soglia, float) else None
    if number is not None and rule.unita.startswith("quota") and not 0 <= number <= 1:
        yield "soglia", "una quota va fra 0 e 1"
    if rule.soglia_max is not None and number is not None and rule.soglia_max < number:
        yield "soglia_max", f"è sotto la soglia {written(number)}"
    if rule.provenienza in _SOURCED and not rule.riferimento:
        yield "riferimento", f"una provenienza «{rule.provenienza}» chiede un riferimento"
    if rule.tipo_regola in ("parametro", "residuale"):
        return
    read = FIELD_OF.get(rule.attributo, rule.attributo)
    known = {*names(SERVICES), *COMPUTED_FROM, *pack.testi.get("attributi", {})}
    if read not in known and rule.attributo not in known:
        yield (
            "attributo",
            f"«{rule.attributo}» non è un campo, non si calcola e non ha un nome in testi.json: si "
            "leggerà soltanto da attributi",
        )


def _doubts_of_expression(check):
    """Yield (column, message) for what a check written as an expression may not have meant."""
    if check.prova not in (EACH, WHOLE):
        return
    said = check.parametri
    if said["soglia"] is not None and not said["operatore"] and "@soglia" not in check.formula:
        yield "soglia", "senza operatore conta solo dove l'espressione dice @soglia"
    if check.provenienza in _SOURCED and not check.riferimento:
        yield "riferimento", f"una provenienza «{check.provenienza}» chiede un riferimento"
    if not check.suggerimento:
        yield "suggerimento", "nessuno: chi legge il rilievo non sa che cosa fare"


def _upside_down(rules):
    """Yield (metropolitana, intercomunale) where the higher valenza asks for less."""
    for high in rules:
        for low in rules:
            if (
                (high.valenza, low.valenza) == ("metropolitana", "intercomunale")
                and high.codice_categoria == low.codice_categoria
                and high.attributo == low.attributo
                and isinstance(high.soglia, float)
                and isinstance(low.soglia, float)
                and high.operatore in _HIGHER
                and low.operatore in _HIGHER
                and high.soglia < low.soglia
            ):
                yield high, low


def _to_confirm(pack, draft):
    """Say for each table how many values rest on a text nobody read."""
    written_so = [check for check in pack.controlli if check.prova in (EACH, WHOLE)]
    for name, rows in (
        ("tassonomia", pack.categorie.values()),
        ("valenza", pack.regole),
        ("controlli", [check for check in pack.controlli if check not in written_so]),
        ("espressioni", written_so),
        ("parametri", pack.parametri_descritti.values()),
    ):
        count = sum(row.provenienza in _SOURCED and not row.verificato for row in rows)
        if count:
            message = (
                "valori di norma o di letteratura da riscontrare sul testo vigente prima di "
                f"presentarli a terzi: {count}"
            )
            file = draft.table(name).file
            yield Fault(file, 0, "stato_riscontro", message, gravita="avviso")


def _same_version(pack):
    bundled = load_pack()
    same = (pack.id, pack.versione) == (bundled.id, bundled.versione)
    if same and pack.sha256 != bundled.sha256:
        message = "stesso nome e versione del pacchetto fornito, ma contenuto diverso: cambiarla"
        yield Fault("pacchetto.json", 0, "versione", message, pack.versione, gravita="avviso")


def _known_checks():
    from .checks.engine import tests

    return tests()


def validation_html(result: Review) -> str:
    """Return the page that says what a review found."""
    return render(
        "pacchetto.html.j2",
        nome=result.name,
        pacchetto=result.pack,
        valido=result.valid,
        errori=result.count("errore"),
        avvisi=result.count("avviso"),
        righe=result.faults,
        giorno=_today(),
        plugin=plugin_version(),
    )


def _today():
    return "/".join(reversed(generated_at()[:10].split("-")))


def comparison_html(one, other, rows) -> str:
    """Return the page that says what differs between two packs.

    Args:
        one, other: ``Pack``. rows: ``core.pack_tables.differences``.
    """
    tables: dict = {}
    for row in rows:
        tables.setdefault(row["file"], []).append(row)
    return render(
        "confronto.html.j2",
        prima=one,
        dopo=other,
        tabelle=tables,
        numero=len(rows),
        giorno=_today(),
        plugin=plugin_version(),
    )
