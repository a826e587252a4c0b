"""Parameters several algorithms have."""

from __future__ import annotations

from qgis.core import QgsProcessingParameterNumber


def number_parameter(name, label, default, minimum=0.0, optional=False, maximum=None):
    """Return a parameter for a decimal number."""
    kind = QgsProcessingParameterNumber.Type.Double
    parameter = QgsProcessingParameterNumber(name, label, kind, default, optional)
    parameter.setMinimum(minimum)
    if maximum is not None:
        parameter.setMaximum(maximum)
    return parameter
