"""What a justified finding had read of its objects, kept so that a lapse can say what changed."""

from __future__ import annotations

import json
import math

from . import schema
from .documents import bytes_sha256

GEOMETRY = "geometria"
_MOST = 6
_ALIASES = {
    field.name: field.alias
    for fields in (schema.SERVICES, schema.LUM, schema.LUM_PERIMETERS)
    for field in fields
    if field.alias
}
_UNKNOWN = (
    "L'oggetto è cambiato dopo la giustificazione; che cosa non si può dire, perché con quella "
    "giustificazione non è stato conservato che cosa il controllo aveva letto."
)


def shape_summary(wkb_hex, shape, place=None):
    """Return what is kept of a geometry: enough to say how it moved, not the geometry itself.

    Args:
        wkb_hex: its WKB rounded to the centimetre, None when there is none. shape: shapely.
        place: x and y of a point, where they are known already.
    """
    if wkb_hex is None:
        return None
    kind, area = "Point", 0.0
    if place is None:
        kind, area = shape.geom_type, shape.area
        place = shape.centroid.coords[0]
    x, y = place
    return {
        "sha": bytes_sha256(wkb_hex.encode("ascii"))[:16],
        "tipo": kind,
        "x": round(x, 2),
        "y": round(y, 2),
        "mq": round(area, 2),
    }


def what_changed(before, after) -> str:
    """Return, as a sentence, what differs between two texts of ``letto``.

    Args:
        before, after: JSON texts made by ``findings.reading``; None where none was kept.

    Returns:
        «Superficie dichiarata (m²): 1200 → 1500; geometria: spostata di 12 m.» At most _MOST
        differences are written out, the others are counted.
    """
    old, new = _parsed(before), _parsed(after)
    if old is None or new is None:
        return _UNKNOWN
    told = []
    objects, now = old.get("oggetti", {}), new.get("oggetti", {})
    for object_id in sorted({*objects, *now}):
        of_object = _object_changes(objects.get(object_id) or {}, now.get(object_id) or {})
        several = len(objects) > 1 or len(now) > 1
        told += [f"{object_id}: {text}" if several else text for text in of_object]
    if old.get("altro") != new.get("altro"):
        told += _field_changes(_as_dict(old.get("altro")), _as_dict(new.get("altro")))
    if not told:
        return "Il controllo legge altri dati dell'oggetto rispetto a quando fu giustificato."
    more = f"; e altre {len(told) - _MOST} differenze" if len(told) > _MOST else ""
    return "; ".join(told[:_MOST]) + more + "."


def _parsed(text):
    try:
        found = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("oggetti", {}), dict) else None


def _as_dict(value):
    return value if isinstance(value, dict) else {} if value is None else {"dato letto": value}


def _object_changes(before, after):
    before, after = _as_dict(before), _as_dict(after)
    told = []
    for where in sorted({*before, *after}):
        old, new = _rows(before.get(where)), _rows(after.get(where))
        if len(old) == len(new) == 1:
            told += _field_changes(old[0], new[0])
        elif old and not new:
            told.append("non c'è più")
        elif new and not old:
            told.append("prima non c'era")
        elif old != new:
            told.append(f"righe con questo codice: {len(old)} → {len(new)}")
    return told


def _rows(value):
    rows = value if isinstance(value, list) else []
    return [_as_dict(row) for row in rows]


def _field_changes(before, after):
    told = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if name == GEOMETRY:
            told.append(f"geometria: {_shape_change(old, new)}")
        elif name not in before or name not in after:
            # The pack's list of what the check reads changed, not the object.
            verb = "ora legge" if name in after else "non legge più"
            told.append(f"il controllo {verb} {_label(name)}")
        else:
            told.append(f"{_label(name)}: {_said(old)} → {_said(new)}")
    return told


def _shape_change(before, after):
    if not isinstance(before, dict) or not before:
        return "prima non c'era"
    if not isinstance(after, dict) or not after:
        return "tolta"
    if before.get("tipo") != after.get("tipo"):
        return f"{before.get('tipo')} → {after.get('tipo')}"
    parts = []
    try:
        east, north = (float(after[key]) - float(before[key]) for key in ("x", "y"))
        old, new = float(before["mq"]), float(after["mq"])
    except (KeyError, TypeError, ValueError):
        return "ridisegnata"
    moved = math.hypot(east, north)
    if moved >= 0.005:
        parts.append(f"spostata di {_number(moved)} m")
    if abs(new - old) >= 0.005:
        parts.append(f"da {_number(old)} a {_number(new)} m²")
    return ", ".join(parts) or "ridisegnata"


def _label(name):
    return _ALIASES.get(name, str(name))


def _said(value):
    if value is None:
        return "vuoto"
    if isinstance(value, bool):
        return "sì" if value else "no"
    if isinstance(value, (int, float)):
        return _number(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"«{text[:60]}{'…' if len(text) > 60 else ''}»"


def _number(value):
    return f"{value:.2f}".rstrip("0").rstrip(".").replace(".", ",")
