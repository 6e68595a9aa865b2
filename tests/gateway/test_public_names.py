"""The names that the library offers load from where they are defined."""

import pytest

from generations import gateway


@pytest.mark.parametrize("name", gateway.__all__)
def test_every_offered_name_loads(name: str) -> None:
    assert getattr(gateway, name).__name__ == name


def test_an_unknown_name_raises() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        gateway.__getattr__("Nothing")
