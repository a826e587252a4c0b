"""Attribute forms: Italian names, drop-downs of the schema, constraints, tabs."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from qgis.core import (
    Qgis,
    QgsAttributeEditorContainer,
    QgsAttributeEditorField,
    QgsDefaultValue,
    QgsEditFormConfig,
    QgsEditorWidgetSetup,
    QgsExpression,
    QgsFieldConstraints,
    QgsValueMapFieldFormatter,
)

from ..core import schema

_FORM = Path(__file__).resolve().parent.parent / "resources" / "moduli" / "servizi.json"
_EMPTY = "(vuoto)"


def dress(layer, fields, istat="") -> None:
    """Give a layer its aliases and, where it holds services, the whole form.

    Args:
        layer: QgsVectorLayer. fields: ``core.schema.Field`` tuple it was made of; those the layer
            lacks are skipped. istat: comune new services get, none by default.
    """
    for field in fields:
        position = layer.fields().lookupField(field.name)
        if field.alias and position >= 0:
            layer.setFieldAlias(position, field.alias)
    if {field.name for field in schema.SERVICES} <= {field.name for field in fields}:
        _set_widgets(layer)
        _set_constraints(layer)
        _set_defaults(layer, istat)
        _set_tabs(layer)


def _set_widgets(layer):
    form = _form()
    read_only = set(form["sola_lettura"])
    configuration = layer.editFormConfig()
    for field in schema.SERVICES:
        position = layer.fields().lookupField(field.name)
        if position < 0:
            continue
        configuration.setReadOnly(position, field.name in read_only)
        layer.setEditorWidgetSetup(position, QgsEditorWidgetSetup(*_widget(field, form)))
    layer.setEditFormConfig(configuration)


def _widget(field, form):
    """Return (kind, configuration) of the widget of a field."""
    if field.name == "codice_sttm":
        return "ValueMap", {"map": _choices(_categories())}
    values = schema.DOMAINS.get(field.name)
    if values:
        said = form["voci"].get(field.name, {})
        pairs = [(str(value), said.get(str(value)) or _said(value)) for value in values]
        return "ValueMap", {"map": _choices(pairs)}
    if field.kind == "date":
        formats = {"field_format": "yyyy-MM-dd", "display_format": "dd/MM/yyyy"}
        return "DateTime", {**formats, "calendar_popup": True, "allow_null": True}
    if field.kind == "bool":
        return "CheckBox", {}
    return "TextEdit", {"IsMultiline": field.name in form["testo_lungo"], "UseHtml": False}


def _choices(pairs):
    """Return the map of a drop-down: emptying a value is a choice like the others."""
    empty = {_EMPTY: QgsValueMapFieldFormatter.NULL_VALUE}
    return [empty, *({label: value} for value, label in pairs)]


def _set_constraints(layer):
    kinds, strengths = QgsFieldConstraints.Constraint, QgsFieldConstraints.ConstraintStrength
    for rule in _form()["vincoli"]:
        position = layer.fields().lookupField(rule["campo"])
        if position < 0:
            continue
        # Soft unless said: what a plan lacks is told, and can still be saved.
        hard = rule.get("forte", False)
        strength = strengths.ConstraintStrengthHard if hard else strengths.ConstraintStrengthSoft
        for kind, wanted in (
            (kinds.ConstraintNotNull, rule.get("obbligatorio")),
            (kinds.ConstraintUnique, rule.get("unico")),
        ):
            if wanted:
                layer.setFieldConstraint(position, kind, strength)
        layer.setConstraintExpression(position, rule.get("espressione", ""), rule["perche"])
        if rule.get("espressione"):
            layer.setFieldConstraint(position, kinds.ConstraintExpression, strength)


def _set_defaults(layer, istat):
    defaults = {name: (text, False) for name, text in _form()["predefiniti"].items()}
    if istat:
        defaults["istat"] = (QgsExpression.quotedValue(istat), False)
    # A category of another pack is not in the list: what is written then stays.
    for at, name in ((1, "categoria"), (2, "macrocategoria")):
        pairs = ",".join(
            f"{QgsExpression.quotedValue(row[0])},{QgsExpression.quotedValue(row[at])}"
            for row in _taxonomy()
        )
        defaults[name] = (f'coalesce(map_get(map({pairs}),"codice_sttm"),"{name}")', True)
    for name, (text, on_update) in defaults.items():
        position = layer.fields().lookupField(name)
        if position >= 0:
            layer.setDefaultValueDefinition(position, QgsDefaultValue(text, on_update))


def _set_tabs(layer):
    configuration = layer.editFormConfig()
    configuration.clearTabs()
    configuration.setLayout(QgsEditFormConfig.EditorLayout.TabLayout)
    for page in _form()["schede"]:
        # The layout owns what it is given; Python must not delete it first.
        tab = QgsAttributeEditorContainer(page["titolo"], configuration.invisibleRootContainer())
        if hasattr(tab, "setType"):  # from QGIS 3.32, which calls the other deprecated
            tab.setType(Qgis.AttributeEditorContainerType.Tab)
        else:
            tab.setIsGroupBox(False)
        for name in page["campi"]:
            position = layer.fields().lookupField(name)
            if position >= 0:
                own = layer.fields().at(position).name()
                tab.addChildElement(QgsAttributeEditorField(own, position, tab))
        configuration.addTab(tab)
    layer.setEditFormConfig(configuration)


@lru_cache(maxsize=1)
def _form() -> dict:
    return json.loads(_FORM.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _taxonomy() -> tuple:
    """Return (code, category, macrocategoria) of the bundled pack."""
    from ..core.pack import load_pack

    return tuple(
        (code, category.categoria, category.macrocategoria)
        for code, category in load_pack().categorie.items()
    )


def _categories():
    return [(code, f"{code} – {category}") for code, category, _ in _taxonomy()]


def _said(value) -> str:
    return str(value).replace("_", " ").capitalize()
