"""The profile of a data producer: what was decided once, so that it is decided the same again."""

from __future__ import annotations

import difflib
import functools
import json
import re
from collections import Counter
from pathlib import Path

from .documents import head, plugin_version
from .errors import SttmError
from .text import normalise, without_accents
from .values import clean

PROFILE_VERSION = 1
# Names of PDS_SCHEMA §2.2 → ours.
_ALIASES = {
    "pds_id": "fonte_id",
    "cod_istat": "istat",
    "tipo_comune": "codice_sttm",
    "livello": "valenza_dichiarata",
    "sup_fondiaria_m2": "superficie_dichiarata_mq",
    "proprieta": "proprietario",
    "gestione": "gestore",
    "capacita_unita": "capacita_um",
}
_KEYS = {"field", "fields", "constant", "expression", "map", "unmapped", "unit"}
_KINDS = ("String", "Integer", "Real", "Date", "Boolean")
_BUNDLED = Path(__file__).resolve().parent.parent / "resources" / "profili"
# Written in the place of a profile: none, not even one of ours.
NO_PROFILE = "nessuno"
_DBF_NAME = 10


class Profile:
    """A profile as read.

    Attributes:
        columns: {field of ours: {"field"/"fields"/"constant"/"expression", "map", "unmapped"}}.
        source: encoding, crs, decimal, header_row, null_tokens, zero_is_null, x_field, y_field,
            position_field, fonte; only: {column: texts of the records that are services}.
        fingerprint: {"fields": [...], "geometry": "...", "match": "exact" or "contains"}.
        values: {column: texts seen when it was made}, to tell the new ones.
        bundled: it comes with the plugin.
    """

    def __init__(self, content: dict, file_name: str):
        self.file_name = file_name
        self.name = content.get("name", "")
        self.columns = content.get("columns", {})
        self.source = content.get("source", {})
        self.fingerprint = content.get("fingerprint", {})
        self.made_with = content.get("made_with", {})
        self.values = content.get("values", {})
        self.bundled = False

    def renamed(self, names) -> tuple[dict, list]:
        """Return ({column of the profile: column of the source}, [(old, new) that differ]).

        A column is found under its own name; else by the name without case, accents and
        separators; else cut at ten characters, as a shapefile leaves it.
        """
        wanted = [split_field(field)[0] for field in self.fingerprint.get("fields", [])]
        for rule in self.columns.values():
            wanted.extend(rule_fields(rule))
        for key in ("x_field", "y_field"):
            if self.source.get(key):
                wanted.append(self.source[key])
        wanted.extend(self.source.get("only", {}))
        return match_columns(list(dict.fromkeys(wanted)), names)

    def adapted(self, names):
        """Return (this profile with the columns as the source now calls them, [(old, new)])."""
        found, changed = self.renamed(names)
        if not changed:
            return self, []
        new = dict(changed)
        content = json.loads(json.dumps(vars(self)))
        for rule in content["columns"].values():
            if "field" in rule:
                rule["field"] = new.get(rule["field"], rule["field"])
            elif "fields" in rule:
                rule["fields"] = [new.get(name, name) for name in rule["fields"]]
        for key in ("x_field", "y_field"):
            if key in content["source"]:
                content["source"][key] = new.get(content["source"][key], content["source"][key])
        if "only" in content["source"]:
            only = content["source"]["only"]
            content["source"]["only"] = {new.get(name, name): only[name] for name in only}
        content["values"] = {new.get(name, name): seen for name, seen in self.values.items()}
        content["fingerprint"]["fields"] = [
            join_field(new.get(name, name), kind)
            for name, kind in map(split_field, self.fingerprint.get("fields", []))
        ]
        made = Profile(content, self.file_name)
        made.bundled = self.bundled
        return made, changed

    def decided(self, column) -> set:
        """Return the comparable forms of the values of a column that the profile knows."""
        known = {comparable(value) for value in self.values.get(column, [])}
        for rule in self.columns.values():
            if column in rule_fields(rule):
                known.update(map(comparable, rule.get("map", {})))
        return known


def split_field(field) -> tuple[str, str]:
    """Return (name, kind) of a field of a fingerprint: names may hold ``:`` themselves."""
    name, _, kind = field.rpartition(":")
    return (name, kind) if name and kind in _KINDS else (field, "")


def join_field(name, kind) -> str:
    """Return a name and its kind as a fingerprint has them."""
    return f"{name}:{kind}" if kind else name


def comparable(text) -> str:
    """Return a value as value maps compare it."""
    return normalise(clean(text)) or (clean(text) or "").casefold()


def match_columns(wanted, names) -> tuple[dict, list]:
    """Return ({wanted: name of the source}, [(wanted, name) that are written otherwise])."""
    present = set(names)
    found = {name: name for name in wanted if name in present}
    free = [name for name in names if name not in found]
    for how in (_bare, lambda name: name[:_DBF_NAME].casefold()):
        by_form: dict = {}
        for name in free:
            by_form.setdefault(how(name), []).append(name)
        lacking = Counter(how(name) for name in wanted if name not in found)
        for name in wanted:
            same = by_form.get(how(name), [])
            cut = len(same) == 1 and (how is _bare or len(same[0]) == _DBF_NAME)
            if name not in found and cut and how(name) and lacking[how(name)] == 1:
                found[name] = same[0]
        free = [name for name in free if name not in found.values()]
    return found, [(old, new) for old, new in found.items() if old != new]


def _bare(name) -> str:
    return re.sub(r"[^0-9a-z]+", "", without_accents(str(name)).lower())


def read_profile(path, taxonomy: str, known_fields) -> Profile:
    """Return the profile in a file, validated.

    Args:
        path: the JSON file, or the name of one that comes with the plugin.
        taxonomy: version of the criteria pack in use.
        known_fields: names of the service layer's fields.

    Raises:
        SttmError: it can't be read, isn't a profile, names a field we don't have, or was made
            for a newer taxonomy.
    """
    bundled = _BUNDLED / f"{path}.json"
    is_ours = re.fullmatch(r"[a-z0-9_]+", str(path)) is not None and bundled.is_file()
    path = bundled if is_ours else Path(path)
    name = path.name
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        bundled = [file.stem for file in sorted(_BUNDLED.glob("*.json"))]
        near = difflib.get_close_matches(Path(name).stem, bundled, 3, 0.0)
        raise SttmError(
            f"Il profilo «{name}» non c'è: indicare un file .json, o uno dei {len(bundled)} "
            f"forniti con il plugin. I nomi più simili: {', '.join(near)}."
        ) from error
    except OSError as error:
        raise SttmError(f"Il profilo «{name}» non si legge: {error.strerror}.") from error
    except ValueError as error:
        raise SttmError(f"Il profilo «{name}» non è un JSON valido: {error}.") from error
    if not isinstance(content, dict) or not isinstance(content.get("columns"), dict):
        raise SttmError(f"«{name}» non è un profilo: manca la sezione «columns».")
    version = content.get("profile_version", PROFILE_VERSION)
    if version != PROFILE_VERSION:
        raise SttmError(
            f"Il profilo «{name}» ha versione {version}; questo plugin legge la {PROFILE_VERSION}."
        )
    made_for = str(content.get("made_with", {}).get("taxonomy", ""))
    if made_for and _version(made_for) > _version(taxonomy):
        raise SttmError(
            f"Il profilo «{name}» è stato fatto per la tassonomia {made_for}, più recente di "
            f"quella in uso ({taxonomy}): aggiornare il pacchetto dei criteri."
        )
    content["columns"] = _checked(content["columns"], name, set(known_fields))
    for section in ("source", "fingerprint", "values"):
        if not isinstance(content.get(section, {}), dict):
            raise SttmError(f"Profilo «{name}»: la sezione «{section}» non è un oggetto.")
    only = content.get("source", {}).get("only", {})
    if not isinstance(only, dict) or not all(isinstance(texts, list) for texts in only.values()):
        raise SttmError(f"Profilo «{name}»: «only» deve dare per ogni colonna un elenco di valori.")
    made = Profile(content, name)
    made.bundled = path.parent == _BUNDLED
    return made


@functools.lru_cache(maxsize=1)
def bundled_names() -> tuple:
    """Return (id, title) of the profiles that come with the plugin, by id."""
    found = []
    for path in sorted(_BUNDLED.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        found.append((path.stem, content["name"]))
    return tuple(found)


def recognise(fields, geometry, taxonomy, known_fields) -> list:
    """Return the bundled profiles whose fingerprint is that of a source: one is certain.

    An exact fingerprint asks for the very same columns, whatever their kinds (a CSV has
    none); one that is only contained, for all of its own. The exact ones come before.

    Args:
        fields: "NAME:Kind" of the source. geometry: as in ``compare_fingerprint``.
    """
    names = {split_field(field)[0] for field in fields if not field.startswith("=")}
    exact, contained = [], []
    for stem, _ in bundled_names():
        profile = read_profile(stem, taxonomy, known_fields)
        wanted = {split_field(field)[0] for field in profile.fingerprint.get("fields", [])}
        was = profile.fingerprint.get("geometry", "")
        if was and geometry != was:
            continue
        if wanted == names:
            exact.append(profile)
        elif profile.fingerprint.get("match") == "contains" and wanted <= names:
            contained.append(profile)
    return exact or contained


def _checked(columns, name, known):
    checked = {}
    for target, rule in columns.items():
        ours = _ALIASES.get(target, target)
        if ours not in known and not ours.startswith("attributi."):
            raise SttmError(f"Profilo «{name}»: «{target}» non è un campo del layer dei servizi.")
        if isinstance(rule, str):
            rule = {"field": rule}
        if not isinstance(rule, dict) or not set(rule) <= _KEYS:
            raise SttmError(
                f"Profilo «{name}», campo «{target}»: sono ammesse solo le chiavi "
                f"{', '.join(sorted(_KEYS))}."
            )
        if not {"field", "fields", "constant", "expression"} & set(rule):
            raise SttmError(f"Profilo «{name}», campo «{target}»: manca «field» o «constant».")
        if not isinstance(rule.get("map", {}), dict):
            raise SttmError(f"Profilo «{name}», campo «{target}»: «map» non è un oggetto.")
        checked[ours] = rule
    return checked


def _version(text: str) -> tuple:
    return tuple(int(piece) for piece in re.findall(r"\d+", text))


def rule_fields(rule: dict) -> list:
    """Return the columns a rule reads."""
    if "field" in rule:
        return [rule["field"]]
    return list(rule.get("fields", []))


def rule_columns(target, rule) -> list:
    """Return the columns a rule reads, the one that its expression makes among them."""
    return [f"={target}"] if "expression" in rule else rule_fields(rule)


def compare_fingerprint(profile: Profile, fields, geometry: str) -> tuple[list, list]:
    """Return (faults, notes): what the source lost or changed, and what it has more.

    Args:
        fields: "NAME:Kind" of the source. geometry: "Point", "Polygon", "LineString", "None".
    """
    names = dict(map(split_field, fields))
    before = dict(map(split_field, profile.fingerprint.get("fields", [])))
    faults, notes = [], []
    for target, rule in sorted(profile.columns.items()):
        for column in rule_fields(rule):
            if column not in names:
                faults.append(f"manca la colonna «{column}» usata per «{target}»")
            elif column in before and before[column] and before[column] != names[column]:
                notes.append(f"la colonna «{column}» era {before[column]} ed è {names[column]}")
    if before:
        added = sorted(set(names) - set(before))
        if added:
            notes.append("colonne nuove: " + ", ".join(added))
        was = profile.fingerprint.get("geometry", "")
        if was and geometry and was != geometry:
            notes.append(f"la geometria era {was} ed è {geometry}")
    return faults, notes


def drift(profile: Profile, fields, geometry: str, counts) -> list:
    """Return what changed since a profile was made, the worst first.

    Args:
        profile: as read. fields, geometry: as in ``compare_fingerprint``.
        counts: {column: {value: how many records}} of the source, of the columns whose values
            the profile knows.

    Returns:
        Rows of ``oggetto`` (colonna, valore, geometria), ``nome``, ``campo``, ``evento`` (nuova,
        persa, rinominata, cambiata), ``prima``, ``dopo``, ``n``, ``grave``, ``cosa_fare``.
    """
    now = dict(map(split_field, fields))
    before = dict(map(split_field, profile.fingerprint.get("fields", [])))
    found, changed = profile.renamed(list(now))
    used: dict = {}
    for target, rule in sorted(profile.columns.items()):
        for column in rule_fields(rule):
            used.setdefault(column, []).append(target)
    for key in ("x_field", "y_field"):
        if profile.source.get(key):
            used.setdefault(profile.source[key], []).append("posizione")
    rows = []

    def add(oggetto, nome, campo, evento, prima, dopo, n, grave, cosa_fare):
        names = ("oggetto", "nome", "campo", "evento", "prima", "dopo", "n", "grave", "cosa_fare")
        line = (oggetto, nome, campo, evento, prima, dopo, n, grave, cosa_fare)
        rows.append(dict(zip(names, line)))

    for column in dict.fromkeys([*before, *used]):
        campo = ";".join(used.get(column, [])) or None
        if column not in found:
            what = "scegliere un'altra colonna" if campo else "nulla: non era usata"
            add("colonna", column, campo, "persa", column, None, None, bool(campo), what)
            continue
        new = found[column]
        if new != column:
            what = "controllare che sia la stessa: il profilo la usa con il nuovo nome"
            add("colonna", column, campo, "rinominata", column, new, None, False, what)
        if before.get(column) and before[column] != now[new]:
            what = "controllare i valori" if campo else "nulla: non era usata"
            was, now_is = before[column], now[new]
            add("colonna", new, campo, "cambiata", was, now_is, None, False, what)
    known = set(found.values())
    if before:
        for column in now:
            if column not in known and not column.startswith("="):
                what = "decidere se serve: per ora resta tra gli attributi di origine"
                add("colonna", column, None, "nuova", None, column, None, False, what)
    was = profile.fingerprint.get("geometry", "")
    if was and geometry and was != geometry:
        what = "controllare che sia il layer giusto"
        add("geometria", geometry, None, "cambiata", was, geometry, None, True, what)
    columns = [column for column in used if profile.decided(column)]
    columns += [column for column in profile.values if column not in used]
    for column in columns:
        seen = counts.get(found.get(column), None)
        if seen is None:
            continue
        decided = profile.decided(column)
        campo = ";".join(used.get(column, [])) or None
        present = set()
        for value, n in sorted(seen.items(), key=lambda item: (-item[1], item[0])):
            present.add(comparable(value))
            if comparable(value) not in decided:
                what = "decidere a quale valore corrisponde"
                add("valore", found[column], campo, "nuova", None, value, n, bool(campo), what)
        listed = [*profile.values.get(column, [])]
        for target in used.get(column, []):
            listed.extend(profile.columns.get(target, {}).get("map", {}))
        for value in dict.fromkeys(listed):
            if comparable(value) not in present:
                present.add(comparable(value))
                what = "nulla: il profilo continua a conoscerlo"
                add("valore", found[column], campo, "persa", value, None, 0, False, what)
    order = {"geometria": 0, "colonna": 1, "valore": 2}
    return sorted(rows, key=lambda row: (not row["grave"], order[row["oggetto"]]))


def make_profile(
    pack, name, fields, geometry, source, columns, values=None, algoritmo="importservices"
) -> dict:
    """Return the content of a profile file: its head, then what PDS_SCHEMA §2.4 asks."""
    content = head("sttm.profilo/1", algoritmo, pack.as_reference())
    content.update(
        {
            "profile_version": PROFILE_VERSION,
            "name": name,
            "made_with": {"plugin": plugin_version(), "taxonomy": pack.versione},
            "fingerprint": {"fields": sorted(fields), "geometry": geometry},
            "source": source,
            "columns": columns,
            "values": values or {},
            "repairs": {"make_valid": "structure", "accept": []},
            "confirmed_by": "",
            "confirmed_on": "",
        }
    )
    return content
