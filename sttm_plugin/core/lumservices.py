"""Which services a LUM reaches, and which categories it hosts, misses or had better not host."""

from __future__ import annotations

from .context import meeting
from .text import normalise

_GONE = ("dismesso", "sospeso")
_PLANNED = ("previsto", "in_corso")
PREFERRED, ADMITTED, CONDITIONAL, UNWANTED = "PACN"


def services_of_lum(services, lum, pack):
    """Tell what each LUM reaches within its own radius.

    Args:
        services: services frame. lum: frame of ``context.lum_frame``, same CRS.
        pack: criteria pack; its matrix says which categories suit a LUM by rank and context.

    Returns:
        (rows, one a LUM by ``id_lum``; rows, one a LUM and service by ``id_lum``, name). A
        service on the edge is in; one that is closed or suspended is nobody's. A category is
        hosted when an existing service of it is there; it is missing where the matrix prefers it
        and none is. Where the LUM's context isn't known, what holds in every context counts.
    """
    ids = lum["id_lum"].astype(str).to_numpy()
    names = ("id_servizio", "denominazione", "codice_sttm", "categoria", "stato")
    column = {name: services[name].to_numpy(dtype=object) for name in names}
    state = column["stato"]
    shapes, grounds = services.geometry.to_numpy(), lum.geometry.to_numpy()
    reached: dict = {identifier: [] for identifier in ids}
    for position, number in zip(*meeting(services.geometry, lum.geometry)):
        if state[position] in _GONE:
            continue
        shape = shapes[position]
        share = 1.0
        if shape.area > 0:
            share = shape.intersection(grounds[number]).area / shape.area
            if share <= 0:
                continue
        reached[ids[number]].append((position, share))
    profiles, pairs = [], []
    for lum_row in lum.sort_values("id_lum", kind="stable").itertuples():
        own = reached[str(lum_row.id_lum)]
        letters = _letters(lum_row, pack)
        hosted, planned = set(), 0
        for position, share in own:
            code = column["codice_sttm"][position]
            is_planned = state[position] in _PLANNED
            planned += is_planned
            if code is not None and not is_planned:
                hosted.add(code)
            pairs.append(
                {
                    "id_lum": str(lum_row.id_lum),
                    **{name: values[position] for name, values in column.items()},
                    "giudizio": pack.lum["lettere"].get(letters.get(code)),
                    "quota": round(float(share), 6),
                    "shape": shapes[position],
                }
            )
        profiles.append(_profile(lum_row, pack, letters, own, hosted, planned))
    pairs.sort(key=lambda row: (row["id_lum"], normalise(row["denominazione"] or ""),
                                row["id_servizio"] or ""))  # fmt: skip
    return profiles, pairs


def _letters(lum_row, pack) -> dict:
    """Return {code: letter of the matrix}, of the categories about which all contexts agree."""
    rank = _text(lum_row, "rango")
    contexts = pack.lum.get("colonne_matrice", {}).get(rank, {})
    known = _text(lum_row, "contesto")
    wanted = [known] if known in contexts else sorted(contexts)
    found = {}
    for code in pack.matrice:
        cells = [pack.cell(code, rank, context) for context in wanted]
        letters = {cell.lettera for cell in cells if cell is not None}
        if len(letters) == 1:
            found[code] = letters.pop()
    return found


def _profile(lum_row, pack, letters, own, hosted, planned):
    suited = {code for code, letter in letters.items() if letter in (PREFERRED, ADMITTED)}
    missing = {code for code, letter in letters.items() if letter == PREFERRED} - hosted
    unwanted = {code for code in hosted if letters.get(code) == UNWANTED}
    return {
        "id_lum": str(lum_row.id_lum),
        "nome": _text(lum_row, "nome"),
        "rango": _text(lum_row, "rango"),
        "stato": _text(lum_row, "stato"),
        "contesto": _text(lum_row, "contesto"),
        "raggio_m": _number(lum_row, "raggio_m"),
        "popolazione": _number(lum_row, "popolazione"),
        "n_servizi": len(own),
        "n_previsti": int(planned),
        "n_categorie": len(hosted),
        "n_mancanti": len(missing),
        "categorie_ammesse": _listed(suited),
        "categorie_presenti": _listed(hosted),
        "categorie_mancanti": _listed(missing),
        "categorie_non_preferite": _listed(unwanted),
        "ospita": _named(hosted, pack),
        "manca": _named(missing, pack),
    }


def _listed(codes):
    return ";".join(sorted(codes)) or None


def _named(codes, pack):
    names = (pack.categorie[code].categoria for code in sorted(codes) if code in pack.categorie)
    return "; ".join(names) or None


def _text(row, name):
    value = getattr(row, name, None)
    if not isinstance(value, str):
        return None
    return value if name == "nome" else value.strip().lower()


def _number(row, name):
    value = getattr(row, name, None)
    return None if value is None or value != value else float(value)
