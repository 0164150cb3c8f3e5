"""The error of this package, under its usual name; all errors are defined in `edgedigits.errors`."""

from edgedigits.errors import ExportError

__all__ = ["ExportError"]
