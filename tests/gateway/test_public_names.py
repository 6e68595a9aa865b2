"""The names that the library offers load from where they are defined."""

from types import ModuleType

import pytest

from generations import gateway
from generations.gateway import oauth

OFFERED = [(package, name) for package in (gateway, oauth) for name in package.__all__]


@pytest.mark.parametrize(("package", "name"), OFFERED)
def test_every_offered_name_loads(package: ModuleType, name: str) -> None:
    assert getattr(package, name).__name__ == name


@pytest.mark.parametrize("package", [gateway, oauth])
def test_an_unknown_name_raises(package: ModuleType) -> None:
    with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'Nothing'"):
        _ = package.Nothing
