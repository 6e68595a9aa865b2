"""Static files: their addresses are the manifest's, worked out once; small ones are answered whole."""

from contextlib import closing
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import HashedFilesMixin
from django.core.management import call_command
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from whitenoise.middleware import WhiteNoiseMiddleware

from dashboard.web import static_files
from dashboard.web.static_files import BUNDLES, AnswerFiles, StaticFiles


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


def test_a_bundle_is_all_its_files_in_order_and_each_script_in_a_scope_of_its_own(
    collected: StaticFiles,
) -> None:
    for name, parts in BUNDLES.items():
        text = Path(collected.path(collected.stored_name(name))).read_text()
        places = [text.index(Path(str(finders.find(part))).read_text()) for part in parts]
        assert places == sorted(places)
        scopes = len([part for part in parts if part.startswith("js/")])
        assert text.count('try {\n(() => {\n"use strict";\n//') == text.count("reportError(error)") == scopes


ASKED: list[tuple[str, dict[str, str], int]] = [
    ("GET", {}, 200),
    ("GET", {"accept-encoding": "gzip"}, 200),
    ("HEAD", {}, 200),
    ("POST", {}, 405),
    ("GET", {"range": "bytes=2-5"}, 206),
    ("GET", {"if-none-match": "etag"}, 304),
]


@pytest.mark.django_db  # a response that is closed gives its connection back
def test_small_files_are_answered_whole_as_whitenoise_would_stream_them(
    collected: StaticFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(_: object) -> HttpResponse:
        return HttpResponse(status=404)

    with override_settings(STATIC_ROOT=tmp_path, STATIC_URL="/static/"):
        ours, theirs = AnswerFiles(nothing), WhiteNoiseMiddleware(nothing)
    address = collected.url("css/layout.css")
    etag = ours(RequestFactory().get(address))["ETag"]
    for method, headers, status in ASKED:
        given = {name: value.replace("etag", etag) for name, value in headers.items()}
        request = RequestFactory().generic(method, address, headers=given)
        whole = ours(request)
        with closing(theirs(request)) as streamed:
            streams, sent = streamed.streaming, b"".join(streamed)
        assert (whole.status_code, whole.streaming, streams) == (status, False, True)
        assert (whole.content, dict(whole.items())) == (sent, dict(streamed.items()))
    monkeypatch.setattr(static_files, "LARGEST", 3)
    with closing(ours(RequestFactory().get(address))) as large:
        assert large.streaming
    assert ours(RequestFactory().get("/nothing")).status_code == 404
