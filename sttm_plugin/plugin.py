"""Hooks the provider and the dock into QGIS, and undoes it. Computes nothing."""

from __future__ import annotations

from qgis.core import QgsApplication

from .provider import SttmProvider


class SttmPlugin:
    """What QGIS loads: ``initProcessing`` without a window, ``initGui`` with one."""

    def __init__(self, iface):
        self.iface = iface
        self.provider = None

    def initProcessing(self):  # noqa: N802
        """Register the provider, once."""
        if self.provider is None:
            self.provider = SttmProvider()
            QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):  # noqa: N802
        """Add everything the window shows."""
        self.initProcessing()

    def unload(self):
        """Take away everything that was added."""
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None
