"""One provider, in both spellings."""

import pytest

from generations.gateway.rawjson.values import loads
from generations.reading.edits import provider_pin
from generations.reading.edits.json_patch import apply
from generations.reading.edits.patch_ops import Body, VariationRefused


def body(text: str) -> Body:
    value = loads(text)
    assert isinstance(value, dict)
    return value


PINNED = '"provider":{"only":["openai"],"allow_fallbacks":false}'


@pytest.mark.parametrize(
    ("before", "model_id", "after"),
    [
        ('{"model":"a/b"}', None, f'{{"model":"a/b",{PINNED}}}'),
        ('{"model":"alias"}', "a/b", f'{{"model":"a/b",{PINNED}}}'),
        ('{"model":"azure:a/b"}', None, f'{{"model":"a/b",{PINNED}}}'),
        ('{"model":"a/b:free"}', None, f'{{"model":"a/b:free",{PINNED}}}'),
        (f'{{"model":"a/b",{PINNED}}}', None, f'{{"model":"a/b",{PINNED}}}'),
        ('{"provider":"x"}', None, f"{{{PINNED}}}"),
        ("{}", None, f"{{{PINNED}}}"),
        (
            '{"provider":{"sort":"price","only":["a","b"],"ignore":["openai"]}}',
            None,
            '{"provider":{"sort":"price","only":["openai"],"allow_fallbacks":false}}',
        ),
        (
            '{"provider":{"ignore":["azure"]}}',
            None,
            '{"provider":{"ignore":["azure"],"only":["openai"],"allow_fallbacks":false}}',
        ),
        (
            '{"routing":{"only":["azure"]}}',
            None,
            f'{{"routing":{{"only":["openai"],"allow_fallbacks":false}},{PINNED}}}',
        ),
        ('{"routing":null}', None, f'{{"routing":null,{PINNED}}}'),
    ],
)
def test_pinned_by_the_provider_object(before: str, model_id: str | None, after: str) -> None:
    patch = provider_pin.pin_provider(body(before), "chat", "openai", model_id)
    assert apply(before.encode(), patch).decode() == after
    assert (patch == ()) is (before == after)
    assert provider_pin.pin_provider(body(after), "chat", "openai", model_id) == ()
    assert provider_pin.present(body(after), "chat") == "openai"


@pytest.mark.parametrize(
    ("before", "model_id", "after"),
    [
        ('{"model":"a/b"}', None, '{"model":"openai:a/b"}'),
        ('{"model":"alias"}', "a/b", '{"model":"openai:a/b"}'),
        ('{"model":"azure:a/b:free"}', None, '{"model":"openai:a/b:free"}'),
        (
            '{"model":"a/b","provider":{"only":["x"],"ignore":[],"sort":"price"},"routing":{"ignore":["y"]}}',
            None,
            '{"model":"openai:a/b","provider":{"sort":"price"},"routing":{}}',
        ),
    ],
)
def test_pinned_by_the_models_name(before: str, model_id: str | None, after: str) -> None:
    patch = provider_pin.pin_by_model(body(before), "chat", "openai", model_id)
    assert apply(before.encode(), patch).decode() == after
    assert provider_pin.pin_by_model(body(after), "chat", "openai") == ()
    assert provider_pin.present(body(after), "chat") == "openai"


def test_unpinned() -> None:
    before = '{"model":"azure:a/b","provider":{"only":["x"],"sort":"price"},"routing":{"only":["y"]}}'
    patch = provider_pin.pin_provider(body(before), "chat", "")
    assert (
        apply(before.encode(), patch).decode() == '{"model":"a/b","provider":{"sort":"price"},"routing":{}}'
    )
    assert provider_pin.present(body("{}"), "chat") == ""


@pytest.mark.parametrize("name", ["open ai", "../x", "a/b", "\ud83d", "x" * 200, "{}"])
def test_what_is_no_provider_is_refused(name: str) -> None:
    with pytest.raises(VariationRefused, match=r"^Use a provider name like openai or google-ai-studio\.$"):
        provider_pin.pin_provider({}, "chat", name)


def test_a_model_without_an_author_takes_no_provider() -> None:
    with pytest.raises(VariationRefused, match="only be added to a model name like"):
        provider_pin.pin_by_model({"model": "alias"}, "chat", "openai")
