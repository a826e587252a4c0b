"""Where the users of a service come from: read, and grouped where they are too few to be told."""

from __future__ import annotations

# Where a package groups the origins that are too few to be told (DATO_RESTITUZIONE §5).
OTHER_COMUNI = "999999"
_DEFAULT = ("utenti_per_comune", 5)


def cells_of(value) -> dict:
    """Return {comune of origin: users}, of a JSON object or of "015146=12;015182=3"."""
    if not isinstance(value, dict):
        pieces = (piece.partition("=") for piece in str(value).split(";"))
        value = {code.strip(): number for code, sign, number in pieces if sign}
    found = {}
    for code, number in value.items():
        try:
            found[str(code)] = float(number)
        except (TypeError, ValueError):
            continue
    return found


def small_cells(cells, least) -> dict:
    """Return the cells of which the users may be known persons."""
    return {
        code: number
        for code, number in cells.items()
        if 0 < number < least and code != OTHER_COMUNI
    }


def grouped(cells, least) -> dict:
    """Return the cells with the small ones in one, their total unchanged."""
    small = small_cells(cells, least)
    kept = {code: number for code, number in cells.items() if code not in small}
    if small:
        kept[OTHER_COMUNI] = kept.get(OTHER_COMUNI, 0.0) + sum(small.values())
    return kept


def origins_of(pack):
    """Return the attribute of the users by comune and the fewest that may be told (STTM2-942)."""
    check = next((one for one in pack.controlli if one.prova == "origini_riservate"), None)
    said = check.parametri if check else {}
    return said.get("attributo", _DEFAULT[0]), said.get("utenti", _DEFAULT[1])
