"""The rules of the field: arrays, frames and dataclasses in, the same out. Never imports qgis."""
