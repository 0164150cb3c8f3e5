"""Keras to TFLite, ONNX and C for microcontrollers, each artifact proved against its float model. Needs TensorFlow."""

from edgedigits.errors import ExportError
from edgedigits_export.exporter import export_bundle
from edgedigits_export.formats.names import ALL, FORMATS
from edgedigits_export.options import ExportOptions

__all__ = ["ALL", "FORMATS", "ExportError", "ExportOptions", "export_bundle"]
