"""One service as the detail pane tells it: what it is, its valenza, why. Every value is escaped."""

from __future__ import annotations

import json
from html import escape

from qgis.core import NULL
from qgis.PyQt.QtCore import QCoreApplication, QDate

from .explanation import number

_OUTCOMES = {
    "coerente": "coerente con i criteri",
    "sovradichiarato": "dichiarata più di quanto i criteri riconoscano",
    "sottodichiarato": "dichiarata meno di quanto i criteri riconoscano",
    "da_verificare": "da verificare: i dati non bastano a dire",
}


def values_of(feature) -> dict:
    """Return the attributes of a feature, None for NULL."""
    values = zip(feature.fields().names(), feature.attributes())
    return {name: None if value is None or value == NULL else value for name, value in values}


def service_html(service, computed=None) -> str:
    """Return the HTML of a service.

    Args:
        service: its attributes. computed: those ``classifyservices`` gave it, None without.
    """
    shown = {**service, **(computed or {})}
    head = " · ".join(
        str(part)
        for part in (shown.get("codice_sttm"), shown.get("categoria"), _words(shown.get("stato")))
        if part
    )
    pieces = [
        f"<p><b>{escape(str(shown.get('denominazione') or _tr('Senza nome')))}</b><br>"
        f"<small>{escape(head or _tr('da classificare'))}</small></p>",
        *_valenza(shown),
        _table(
            [
                (_tr("Comune"), shown.get("comune")),
                (_tr("Gestore"), shown.get("gestore")),
                (_tr("Superficie (m²)"), _number(shown.get("superficie_mq"))),
                (_tr("Capacità"), _capacity(shown)),
                (_tr("In un LUM"), shown.get("id_lum")),
                (_tr("Fonte"), shown.get("fonte")),
                (_tr("Data"), _day(shown.get("data_rif"))),
                (_tr("Identificativo"), shown.get("id_servizio")),
            ]
        ),
    ]
    return "".join(pieces)


def origin_html(service) -> str:
    """Return what the source said of a service: where it is has to be read there."""
    try:
        original = json.loads(service.get("attributi_origine") or "{}")
    except ValueError:
        original = {}
    original = original if isinstance(original, dict) else {}
    name = escape(str(service.get("denominazione") or _tr("Senza nome")))
    head = f"<p><b>{name}</b><br><small>{_tr('Come sta scritto nella fonte')}</small></p>"
    return head + _table([(key, value) for key, value in original.items() if value])


def _valenza(shown):
    declared, computed = shown.get("valenza_dichiarata"), shown.get("valenza_calcolata")
    if not computed:
        said = _tr("Valenza dichiarata: {}. Non ancora calcolata: scheda Valenza, «Classifica».")
        return [f"<p>{escape(said.format(_words(declared) or _tr('nessuna')))}</p>"]
    rows = [
        (_tr("Dichiarata"), _words(declared) or _tr("nessuna")),
        (_tr("Calcolata"), _words(computed)),
        (_tr("Confermata"), _words(shown.get("valenza_confermata"))),
        (_tr("Confronto"), _OUTCOMES.get(shown.get("esito"), _words(shown.get("esito")))),
        (_tr("Punteggio"), _of_hundred(shown.get("punteggio"))),
        (_tr("Dati disponibili"), _share(shown.get("copertura"))),
        (_tr("Margine"), _margin(shown)),
        (_tr("Fragile"), _fragile(shown)),
    ]
    pieces = [_table(rows)]
    if shown.get("spiegazione"):
        pieces.insert(0, f"<p>{escape(str(shown['spiegazione']))}</p>")
    if shown.get("giustificazione"):
        title = escape(_tr("Giustificazione del piano"))
        pieces.append(f"<p><b>{title}</b><br>{escape(str(shown['giustificazione']))}</p>")
    return pieces


def _table(rows):
    lines = [
        f"<tr><td><small>{escape(str(label))}</small>&nbsp;&nbsp;</td>"
        f"<td>{escape(str(text))}</td></tr>"
        for label, text in rows
        if text not in (None, "")
    ]
    return f"<table cellspacing='0' cellpadding='2'>{''.join(lines)}</table>" if lines else ""


def _margin(shown):
    if shown.get("margine") is None:
        return ""
    text = f"{number(shown['margine'])} {shown.get('margine_um') or ''}".strip()
    beyond = _words(shown.get("valenza_oltre"))
    return _tr("{}, oltre sarebbe {}").format(text, beyond) if beyond else text


def _fragile(shown):
    if shown.get("fragile") is None:
        return ""
    if not shown["fragile"]:
        return _tr("no")
    why = shown.get("fragile_per")
    return _tr("sì: la cambierebbe {}").format(why) if why else _tr("sì")


def _capacity(shown):
    if shown.get("capacita") is None:
        return ""
    return f"{number(shown['capacita'])} {shown.get('capacita_um') or ''}".strip()


def _number(value):
    return "" if value is None else number(round(float(value)))


def _of_hundred(value):
    return "" if value is None else _tr("{} su 100").format(number(round(float(value), 1)))


def _share(value):
    return "" if value is None else f"{number(round(100 * float(value)))} %"


def _day(value):
    return value.toString("dd/MM/yyyy") if isinstance(value, QDate) else value


def _words(value):
    return "" if value is None else str(value).replace("_", " ")


def _tr(text):
    return QCoreApplication.translate("ServiceText", text)
