"""Results as layers of the project, in the group "STTM 2"."""

from __future__ import annotations

from qgis.core import QgsProject

GROUP = "STTM 2"
ROLE = "sttm/risultato"
# Results that other steps start from: they are offered like the layers of the comune.
_FEEDING = ("bacini", "rete")


def group():
    """Return the group of the results, made on top when it isn't there."""
    root = QgsProject.instance().layerTreeRoot()
    found = root.findGroup(GROUP)
    return root.insertGroup(0, GROUP) if found is None else found


def is_result(layer) -> bool:
    """Tell whether a layer is one of our results, and nothing to start from."""
    role = layer.customProperty(ROLE)
    return bool(role) and role not in _FEEDING


def result_layer(role: str):
    """Return the layer that now holds a result ("rilievi", "controlli", "deroghe"), or None."""
    for layer in QgsProject.instance().mapLayers().values():
        if layer.customProperty(ROLE) == role and layer.isValid():
            return layer
    return None


def forget_result(role: str) -> None:
    """Take a result out of the project."""
    project = QgsProject.instance()
    for layer_id, layer in list(project.mapLayers().items()):
        if layer.customProperty(ROLE) == role:
            project.removeMapLayer(layer_id)


def show_result(layer, role: str, name: str):
    """Put a result in the group in the place of the one before, and return it."""
    position = _position(role)
    forget_result(role)
    layer.setName(name)
    layer.setCustomProperty(ROLE, role)
    QgsProject.instance().addMapLayer(layer, False)
    group().insertLayer(position, layer)
    return layer


def refresh(layer):
    """Show the rows a layer has now: something was written beside it."""
    layer.dataProvider().reloadData()
    layer.updateExtents()
    layer.triggerRepaint()


def _position(role):
    """Return where the result stood before; findings on top, tables below."""
    for at, node in enumerate(group().children()):
        layer = getattr(node, "layer", lambda: None)()
        if layer is not None and layer.customProperty(ROLE) == role:
            return at
    return 0 if role == "rilievi" else -1
