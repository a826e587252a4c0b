"""What the docks remember, written in the project under the scope "sttm"."""

from __future__ import annotations

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal

SCOPE = "sttm"


class _Told(QObject):
    """Tells the panels that a choice they share is another now."""

    changed = pyqtSignal(str)


told = _Told()


def remember(key: str, value) -> None:
    """Write a text or a list of texts; nothing when it is there already.

    Writing the same value again would mark the project as changed.
    """
    project = QgsProject.instance()
    if recall(key, [] if isinstance(value, list) else "") == value:
        return
    if value in ("", []):
        project.removeEntry(SCOPE, f"/verifica/{key}")
    else:
        project.writeEntry(SCOPE, f"/verifica/{key}", value)
    told.changed.emit(key)


def recall(key: str, default=""):
    """Return what was written, or the default: a list when the default is one."""
    project = QgsProject.instance()
    if isinstance(default, list):
        return list(project.readListEntry(SCOPE, f"/verifica/{key}", default)[0])
    return project.readEntry(SCOPE, f"/verifica/{key}", default)[0]


def remember_path(key: str, path: str) -> None:
    """Write a path, relative where the project says so: the folder may move elsewhere."""
    remember(key, QgsProject.instance().writePath(path) if path else "")


def recall_path(key: str) -> str:
    """Return a path as this machine has it, "" when none was written."""
    path = recall(key)
    return QgsProject.instance().readPath(path) if path else ""
