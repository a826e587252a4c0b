"""The findings as a document for machines (rilievi.json) and for people (rapporto.html)."""

from __future__ import annotations

from . import schema
from .documents import canonical_json, head

SCHEMA = "sttm.rilievi/1"


def rilievi_document(result, plan) -> bytes:
    """Return rilievi.json (INTERFACE §4): counts, verdicts, findings, what lacks.

    Args:
        result: ``core.checks.engine.CheckResult``. plan: its ``Plan``.
    """
    comune = plan.comune
    return canonical_json(
        {
            **head(SCHEMA, "checkplan", plan.pack.as_reference()),
            "comune": {
                "istat": comune.istat,
                "nome": comune.nome,
                "zona_omogenea": comune.zona_omogenea,
            },
            "conteggi": result.counts,
            "controlli": _records(result.checks, schema.CHECKS),
            "rilievi": _records(result.findings, schema.FINDINGS),
            "mancanze": result.mancanze,
        }
    )


def _records(frame, fields) -> list:
    """Return the rows of a frame as plain dicts, missing values as None, counts as int."""
    columns = {}
    for field in fields:
        values = frame[field.name].tolist()
        kind = {"int": int, "real": float, "bool": bool}.get(field.kind, str)
        columns[field.name] = [
            None if value is None or value != value else kind(value) for value in values
        ]
    return [dict(zip(columns, row)) for row in zip(*columns.values())]
