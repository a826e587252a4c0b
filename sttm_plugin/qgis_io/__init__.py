"""QGIS layers to plain values and back. Decides nothing."""
