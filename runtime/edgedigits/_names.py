"""Packages whose public names are imported when they are first used: who asks for one fact waits for nothing else."""

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def names_on_demand(
    package: str, modules: Mapping[str, tuple[str, ...]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a package (PEP 562).

    Args:
        package: its `__name__`.
        modules: for each of its modules the public names that it defines.
    """
    module_of = {name: module for module, names in modules.items() for name in names}

    def find(name: str) -> Any:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{package}.{module_of[name]}"), name)
        setattr(sys.modules[package], name, value)  # found at once the next time
        return value

    return find, lambda: sorted({*vars(sys.modules[package]), *module_of})
