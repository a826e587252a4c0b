"""Layers inside a container: a GeoPackage named without a layer means each one that fits."""

from __future__ import annotations

from qgis.core import QgsProviderRegistry, QgsVectorLayer

from ..core.errors import SttmError

_CONTAINERS = (".gpkg",)


def names_container(source: str) -> bool:
    """Tell whether a source is a GeoPackage without a layer's name."""
    bare = source.partition("|")[0].lower()
    return bare.endswith(_CONTAINERS) and "layername=" not in source and "layerid=" not in source


def layers_in(path: str) -> list[str]:
    """Return the names of the layers and tables in a container, in their order."""
    metadata = QgsProviderRegistry.instance().providerMetadata("ogr")
    return [
        details.name()
        for details in metadata.querySublayers(path)
        if not details.name().startswith(("layer_styles", "qgis_projects", "gpkg_", "rtree_"))
    ]


def expand(layers, needed, what: str, feedback=None) -> list[QgsVectorLayer]:
    """Return the layers, each container replaced by its layers that have the needed fields.

    Args:
        layers: QgsVectorLayer list as Processing gives them.
        needed: lower-case names of the fields a layer must have to be taken.
        what: what they are, for the sentence ("servizi").

    Raises:
        SttmError: a container has no layer with these fields; its layers are listed.
    """
    expanded = []
    for layer in layers:
        source = layer.source()
        if layer.dataProvider() is None or not names_container(source):
            expanded.append(layer)
            continue
        path = source.partition("|")[0]
        names = layers_in(path)
        found = []
        for name in names:
            candidate = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
            fields = {field.name().lower() for field in candidate.fields()}
            if candidate.isValid() and set(needed) <= fields:
                found.append(candidate)
        if not found:
            raise SttmError(
                f"Nel file «{layer.name()}» nessun layer ha i campi di {what} "
                f"({', '.join(needed)}). Layer presenti: {', '.join(names) or 'nessuno'}."
            )
        if feedback is not None:
            taken = ", ".join(candidate.name() for candidate in found)
            feedback.pushInfo(f"«{layer.name()}»: letti i layer {taken}.")
        expanded.extend(found)
    return expanded
