"""The profile of a data producer: what was decided once, so that it is decided the same again."""

from __future__ import annotations

import json
import re
from pathlib import Path

from .documents import head, plugin_version
from .errors import SttmError

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


class Profile:
    """A profile as read.

    Attributes:
        columns: {field of ours: {"field"/"fields"/"constant"/"expression", "map", "unmapped"}}.
        source: encoding, crs, decimal, header_row, null_tokens, zero_is_null, x_field, y_field,
            position_field, fonte.
        fingerprint: {"fields": [...], "geometry": "..."}.
    """

    def __init__(self, content: dict, file_name: str):
        self.file_name = file_name
        self.name = content.get("name", "")
        self.columns = content.get("columns", {})
        self.source = content.get("source", {})
        self.fingerprint = content.get("fingerprint", {})
        self.made_with = content.get("made_with", {})


def read_profile(path, taxonomy: str, known_fields) -> Profile:
    """Return the profile in a file, validated.

    Args:
        path: the JSON file.
        taxonomy: version of the criteria pack in use.
        known_fields: names of the service layer's fields.

    Raises:
        SttmError: it can't be read, isn't a profile, names a field we don't have, or was made
            for a newer taxonomy.
    """
    name = Path(path).name
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SttmError(f"Il profilo «{name}» non si apre: {error.strerror}.") from error
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
    if not isinstance(content.get("source", {}), dict):
        raise SttmError(f"Profilo «{name}»: la sezione «source» non è un oggetto.")
    return Profile(content, name)


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


def compare_fingerprint(profile: Profile, fields, geometry: str) -> tuple[list, list]:
    """Return (faults, notes): what the source lost or changed, and what it has more.

    Args:
        fields: "NAME:Kind" of the source. geometry: "Point", "Polygon", "LineString", "None".
    """
    names = {field.partition(":")[0]: field.partition(":")[2] for field in fields}
    before = {
        field.partition(":")[0]: field.partition(":")[2]
        for field in profile.fingerprint.get("fields", [])
    }
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


def make_profile(pack, name, fields, geometry, source, columns) -> dict:
    """Return the content of a profile file: its head, then what PDS_SCHEMA §2.4 asks."""
    content = head("sttm.profilo/1", "importservices", pack.as_reference())
    content.update(
        {
            "profile_version": PROFILE_VERSION,
            "name": name,
            "made_with": {"plugin": plugin_version(), "taxonomy": pack.versione},
            "fingerprint": {"fields": sorted(fields), "geometry": geometry},
            "source": source,
            "columns": columns,
            "repairs": {"make_valid": "structure", "accept": []},
            "confirmed_by": "",
            "confirmed_on": "",
        }
    )
    return content
