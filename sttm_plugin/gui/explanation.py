"""Why a finding is there, as the detail pane shows it. Every value is escaped."""

from __future__ import annotations

from html import escape

from qgis.PyQt.QtCore import QCoreApplication, QLocale

from ..processing_algorithms.manual import check_url
from .findings_model import assignment_label, group_label, state_label

_SEVERITY = {
    "blocco": "Blocco",
    "errore": "Errore",
    "avviso": "Avviso",
    "info": "Informazione",
}


def provenance_label(provenienza, verificato) -> str:
    """Return where a criterion comes from; what was not read says so.

    A proposal of the project has no text to be checked against.
    """
    label = {
        "norma": _tr("norma"),
        "letteratura": _tr("letteratura"),
        "proposta": _tr("proposta del progetto, non ufficiale"),
    }.get(provenienza, provenienza or _tr("non indicata"))
    if provenienza in ("norma", "letteratura") and verificato is not True:
        label += _tr(" – da riscontrare")
    return label


def number(value) -> str:
    """Return a value as Italians write numbers; a text is left as it is."""
    try:
        amount = float(value)
    except (TypeError, ValueError):
        return "" if value is None else str(value)
    if amount != amount:
        return ""
    decimals = 0 if amount == int(amount) else 2
    return QLocale(QLocale.Language.Italian).toString(amount, "f", decimals)


def explain(finding, altri_max=12) -> str:
    """Return the HTML of the detail pane for a finding."""
    unit = f" {finding.unita}" if finding.unita else ""
    rows = []
    for label, value in (
        (_tr("Valore"), finding.valore),
        (_tr("Soglia"), finding.soglia),
        (_tr("Margine"), finding.margine),
    ):
        text = number(value)
        if text:
            rows.append((label, text + (unit if _is_number(value) else "")))
    rows.append((_tr("Riferimento"), finding.riferimento or _tr("non indicato")))
    rows.append((_tr("Provenienza"), provenance_label(finding.provenienza, finding.verificato)))
    if finding.id_oggetto:
        rows.append((_tr("Oggetto"), finding.id_oggetto))
    others = [part for part in str(finding.altri_oggetti or "").split(";") if part]
    if others:
        more = f" … (+{len(others) - altri_max})" if len(others) > altri_max else ""
        rows.append((_tr("Altri oggetti"), ", ".join(others[:altri_max]) + more))
    if finding.layer:
        rows.append((_tr("Layer"), finding.layer))
    head = " · ".join(
        part
        for part in (
            finding.codice,
            _tr(_SEVERITY.get(finding.severita, finding.severita or "")),
            group_label(finding.gruppo),
            state_label(finding.stato),
        )
        if part
    )
    pieces = [
        f"<p><small>{escape(head)}</small><br><b>{escape(finding.titolo or '')}</b></p>",
        f"<p>{escape(finding.descrizione or '')}</p>",
        "<table cellspacing='0' cellpadding='2'>",
        *(
            f"<tr><td><b>{escape(label)}</b>&nbsp;&nbsp;</td><td>{escape(str(text))}</td></tr>"
            for label, text in rows
        ),
        "</table>",
    ]
    if getattr(finding, "assignee", ""):
        pieces.append(f"<p>{escape(assignment_label(finding.assigned))}</p>")
    if finding.suggerimento:
        pieces.append(
            f"<p><b>{escape(_tr('Che cosa fare'))}</b><br>{escape(finding.suggerimento)}</p>"
        )
    if finding.giustificazione:
        signed = ", ".join(str(part) for part in (finding.autore, finding.data) if part)
        pieces.append(
            f"<p><b>{escape(_tr('Giustificazione'))}</b><br>{escape(finding.giustificazione)}"
            f"<br><small>{escape(signed)}</small></p>"
        )
    if finding.ammette_giustificazione is not True:
        pieces.append(f"<p><i>{escape(_tr('Si corregge, non si giustifica.'))}</i></p>")
    elif finding.stato == "giustificazione_scaduta":
        pieces.append(
            "<p><i>"
            + escape(_tr("L'oggetto è cambiato dopo la giustificazione: va riesaminata."))
            + "</i></p>"
        )
        if finding.cambiato:
            pieces.append(
                f"<p><b>{escape(_tr('Che cosa è cambiato'))}</b><br>{escape(finding.cambiato)}</p>"
            )
    page = check_url(finding.codice, finding.gruppo)
    if page:
        text = _tr("Nel manuale: perché c'è questo controllo, come si calcola, come si corregge")
        pieces.append(f'<p><a href="{escape(page)}">{escape(text)}</a></p>')
    return "".join(pieces)


def _is_number(value):
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _tr(text):
    return QCoreApplication.translate("Explanation", text)
