"""The docks of the plugin, in the order of their buttons."""

from __future__ import annotations

from .delivery_dock import DeliveryDock
from .lum_dock import LumDock
from .reconciliation_dock import ReconciliationDock
from .services_dock import ServicesDock
from .verification_dock import VerificationDock

DOCKS = (VerificationDock, ServicesDock, ReconciliationDock, LumDock, DeliveryDock)
