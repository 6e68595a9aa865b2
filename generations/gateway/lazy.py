"""The names of a package, each loaded from its module when it is first asked for."""

from collections.abc import Callable, Mapping
from importlib import import_module


def loader(package: str, names: Mapping[str, tuple[str, ...]]) -> Callable[[str], object]:
    """The `__getattr__` of a package: `names` says which of its modules has which. Raises AttributeError for others."""
    modules = {name: f"{package}.{module}" for module, of_module in names.items() for name in of_module}

    def load(name: str) -> object:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(modules[name]), name)

    return load
