"""Addresses of static files: the manifest's, worked out once."""

from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import HashedFilesMixin
from django.core.management import call_command
from django.test import override_settings

from dashboard.web.static_files import StaticFiles


@pytest.fixture
def collected(tmp_path: Path) -> StaticFiles:
    storages = {"staticfiles": {"BACKEND": "dashboard.web.static_files.StaticFiles"}}
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=storages):
        call_command("collectstatic", verbosity=0, interactive=False)
    return StaticFiles(location=tmp_path, base_url="/static/")


def test_an_address_is_the_manifests_and_worked_out_once(
    collected: StaticFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = collected.url("css/layout.css")
    assert address.startswith("/static/css/layout.")
    assert address != "/static/css/layout.css"
    monkeypatch.delattr(HashedFilesMixin, "url")
    assert collected.url("css/layout.css") == address


def test_a_file_that_was_not_collected_is_refused(collected: StaticFiles) -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match=r"missing\.css"):
            collected.url("css/missing.css")
