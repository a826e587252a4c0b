"""Opens the manual that comes with the plugin, where it was built."""

from __future__ import annotations

from qgis.PyQt.QtCore import QCoreApplication, QUrl
from qgis.PyQt.QtGui import QDesktopServices

from ..processing_algorithms.manual import manual_url


def open_manual(page) -> str:
    """Open a page of the manual, its first one where it has no such page.

    Returns:
        "", or the sentence that says why nothing was opened.
    """
    address = manual_url(page) or manual_url()
    if not address:
        return QCoreApplication.translate(
            "ManualPage", "In questa copia del plugin il manuale non c'è."
        )
    QDesktopServices.openUrl(QUrl(address))
    return ""
