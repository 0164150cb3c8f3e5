"""Packages whose public names are imported when they are first used: who asks for one fact waits for nothing else."""

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
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


class MovedModules:
    """Finds modules under the names that they had in an older version, with a DeprecationWarning.

    A finder and loader without their base classes, whose module imports much more than a device needs.
    """

    def __init__(self, moved: Mapping[str, str]) -> None:
        """`moved` gives each old name its new one."""
        self._moved = moved
        self._specs: dict[str, ModuleSpec | None] = {}

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A specification for an old name; None for any other."""
        return ModuleSpec(fullname, self) if fullname in self._moved else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module under its new name."""
        import warnings

        new = self._moved[spec.name]
        warnings.warn(f"{spec.name} is {new} now", DeprecationWarning, stacklevel=2)
        module = importlib.import_module(new)
        self._specs[new] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its own specification back, which the import system has just replaced."""
        module.__spec__ = self._specs.pop(module.__name__, module.__spec__)
