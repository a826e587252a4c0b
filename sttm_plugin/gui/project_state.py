"""What the dock remembers, written in the project under the scope "sttm"."""

from __future__ import annotations

from qgis.core import QgsProject

SCOPE = "sttm"


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


def recall(key: str, default=""):
    """Return what was written, or the default: a list when the default is one."""
    project = QgsProject.instance()
    if isinstance(default, list):
        return list(project.readListEntry(SCOPE, f"/verifica/{key}", default)[0])
    return project.readEntry(SCOPE, f"/verifica/{key}", default)[0]
