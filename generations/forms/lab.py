"""The form of the replay lab: what to change, how often, with which models. Checked against one stored request."""

from itertools import accumulate
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.conf import settings
from django.http import QueryDict

from generations.gateway.rawjson.display import visible
from generations.reading.edits import message_edits, parameter_edits
from generations.reading.edits.message_edits import EditableText
from generations.reading.edits.parameter_edits import Variation
from generations.reading.edits.patch_ops import Body
from generations.replay import batches
from generations.replay.order.request_edits import Change, ChangeRefused, RequestEdits

LONGEST_TEXT = 20_000
MOST_TEXTS = 60
MOST_TEXT_BYTES = 600_000
LONGEST_WHOLE = 1_000_000
MOST_MODELS, MOST_VARIANTS = 10, 10
PARAMETERS = [name for name in parameter_edits.VARIATIONS if name not in ("model", "provider")]


class RunForm(forms.Form):
    """What every replay and batch has. `click` makes a double click one.

    `plan_digest` is the plan that the page showed, with its cost, signed (shown_plan.py).
    """

    click = forms.UUIDField(widget=forms.HiddenInput)
    plan_digest = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    confirm_altered = forms.BooleanField(required=False)
    confirm_cost = forms.BooleanField(required=False)
    why = forms.CharField(
        label="Reason",
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Shown in the list of replays"}),
    )
    times = forms.IntegerField(
        label="Times", min_value=1, max_value=batches.MOST_TIMES, initial=1, required=False
    )
    parallel = forms.IntegerField(label="Run in parallel", min_value=1, required=False)
    models = forms.CharField(
        label="Also run with these models",
        required=False,
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "placeholder": "One per line"}),
    )

    changes = forms.CharField(
        label="Also run with these changes",
        required=False,
        max_length=3000,
        widget=forms.Textarea(
            attrs={
                "rows": 2,
                "spellcheck": "false",
                "placeholder": "One variant per line: temperature 0.2, top_p 0.9",
            }
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parallel"].initial = min(8, settings.TEAM_PARALLEL)

    def clean_times(self) -> int:
        return self.cleaned_data["times"] or 1

    def clean_parallel(self) -> int:
        return min(self.cleaned_data["parallel"] or 8, settings.TEAM_PARALLEL)

    def clean_models(self) -> list[str]:
        """The names, each once."""
        names = list(dict.fromkeys(self.cleaned_data["models"].split()))
        if len(names) > MOST_MODELS:
            raise forms.ValidationError(f"At most {MOST_MODELS} models at a time.")
        return names

    def clean_changes(self) -> list[list[Change]]:
        """The changes of each line, lines with the same once."""
        lines = [line for line in self.cleaned_data["changes"].splitlines() if line.strip()]
        if len(lines) > MOST_VARIANTS:
            raise forms.ValidationError(f"At most {MOST_VARIANTS} variants at a time.")
        variants = [[_typed(part) for part in line.split(",") if part.strip()] for line in lines]
        return [variant for at, variant in enumerate(variants) if variant and variant not in variants[:at]]

    @property
    def asks_for_many(self) -> bool:
        """Whether more than one replay of each generation is asked for."""
        data = self.cleaned_data
        return data.get("times", 1) > 1 or bool(data.get("models")) or bool(data.get("changes"))

    def renew_click(self) -> None:
        """The page that is shown again can start something of its own."""
        data = cast(QueryDict, self.data).copy()
        data["click"] = str(uuid4())
        self.data = data

    def variants(self, edits: RequestEdits) -> list[RequestEdits]:
        """These edits, and once more for each other model, each of them as it is and with each line of changes."""
        models: list[list[Change]] = [
            [],
            *([("model", name)] for name in self.cleaned_data.get("models", [])),
        ]
        changes: list[list[Change]] = [[], *self.cleaned_data.get("changes", [])]
        return [edits.also(*model, *change) for model in models for change in changes]


NAMES = {
    written: name
    for name, variation in parameter_edits.VARIATIONS.items()
    for written in (name, variation.label.lower())
}


def _typed(part: str) -> Change:
    """`temperature 0.2` or `temperature=0.2`. Raises ValidationError for what names no parameter."""
    text = part.strip()
    for written in sorted(NAMES, key=len, reverse=True):
        rest = text[len(written) :]
        if text.lower().startswith(written) and rest.lstrip(" \t:=") and rest[:1] in (" ", "\t", ":", "="):
            return NAMES[written], rest.lstrip(" \t:=")
    known = ", ".join(parameter_edits.VARIATIONS)
    raise forms.ValidationError(f"Write a parameter and its value, not “{text[:60]}”. Parameters: {known}.")


def _field(variation: Variation, initial: str) -> forms.Field:
    if variation.choices and not variation.free:
        known = (
            ["", *variation.choices]
            if initial in ("", *variation.choices)
            else ["", initial, *variation.choices]
        )
        offered = known[1:] if variation.name == "stream" else known
        choices = [(value, value or "not set") for value in offered]
        return forms.ChoiceField(label=variation.label, required=False, initial=initial, choices=choices)
    widget = forms.TextInput(
        attrs={"autocomplete": "off", "spellcheck": "false", "list": f"{variation.name}s"}
    )
    return forms.CharField(
        label=variation.label, required=False, initial=initial, max_length=400, widget=widget
    )


class ChangeForm(RunForm):
    """The changes of one stored request. Fields begin with what `shown` (the request, or what a replay made of it) has."""

    def __init__(self, *args: Any, body: Body, shown: Body, wire: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.body, self.wire = body, wire
        self.offered = parameter_edits.offered(body, wire)
        self.stored = {variation.name: variation.present(body, wire) for variation in self.offered}
        for variation in self.offered:
            present = self.stored[variation.name] if shown is body else variation.present(shown, wire)
            self.fields[f"v-{variation.name}"] = _field(variation, present)
        texts = message_edits.editable(body, wire)
        now = {
            text.at: text.text for text in (texts if shown is body else message_edits.editable(shown, wire))
        }
        self.editable = _offered(texts)
        for number, text in enumerate(self.editable):
            self.fields[f"t-{number}"] = _text_field(text, now.get(text.at, text.text))

    def edits(self) -> RequestEdits:
        """What differs from the stored request."""
        sent, changes, texts = self.cleaned_data, list[Change](), dict[str, str]()
        for name, stored in self.stored.items():
            value = sent.get(f"v-{name}", "")
            if value != stored and (typed := _line(value)) != _line(stored):
                changes.append((name, typed))
        for number, text in enumerate(self.editable):
            value = sent[f"t-{number}"]
            if value is not None and value != text.text:
                texts[text.at] = value
        return RequestEdits(changes, texts)

    def fill_missing(self) -> None:
        """Fields of changes that were not sent stand as they were shown. `data` must be mutable."""
        data = cast(QueryDict, self.data)
        for name, field in self.fields.items():
            if name[:2] in ("v-", "t-"):
                data.setdefault(name, field.initial)

    def refuse(self, error: ChangeRefused) -> None:
        """Show the reason at the field it belongs to."""
        name = f"v-{error.field}" if f"v-{error.field}" in self.fields else None
        self.add_error(name, str(error))

    @property
    def first_fields(self) -> list[forms.BoundField]:
        return [
            self[f"v-{variation.name}"]
            for variation in self.offered
            if variation.name in ("model", "provider")
        ]

    @property
    def parameter_fields(self) -> list[forms.BoundField]:
        return [self[f"v-{variation.name}"] for variation in self.offered if variation.name in PARAMETERS]

    @property
    def text_fields(self) -> list[forms.BoundField]:
        return [self[f"t-{number}"] for number in range(len(self.editable))]


def _line(value: str) -> str:
    """A value as a field of one line brings it back: without line breaks, and blanks around it."""
    return value.replace("\r", "").replace("\n", "").strip()


def _text_field(editable: EditableText, initial: str) -> forms.CharField:
    rows = min(12, max(2, len(initial) // 90 + initial.count("\n") + 1))
    return forms.CharField(
        label=f"{editable.role or 'text'} · {editable.path}",
        required=False,
        strip=False,
        max_length=10 * LONGEST_TEXT,
        initial=visible(initial),
        empty_value=None if not initial else "",
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def _offered(texts: list[EditableText]) -> list[EditableText]:
    """The texts that fit into one form, which Django reads up to 2.5 MB: a byte may take three."""
    short = [text for text in texts if len(text.text) <= LONGEST_TEXT][:MOST_TEXTS]
    sizes = accumulate(len(text.text.encode("utf-8", "surrogatepass")) for text in short)
    return [text for text, size in zip(short, sizes, strict=True) if size <= MOST_TEXT_BYTES]


class RequestJsonForm(RunForm):
    """The whole request as JSON."""

    whole = forms.CharField(
        label="Request body",
        strip=False,
        max_length=LONGEST_WHOLE,
        widget=forms.Textarea(attrs={"rows": 30, "class": "mono", "spellcheck": "false", "wrap": "off"}),
    )

    def edits(self) -> RequestEdits:
        return RequestEdits(whole=self.cleaned_data["whole"])

    def refuse(self, error: ChangeRefused) -> None:
        """Show the reason next to the text; it names the line."""
        self.add_error("whole", str(error))


class BatchForm(RunForm):
    """The same change for many generations: an empty field leaves the parameter as each request has it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for variation in parameter_edits.VARIATIONS.values():
            self.fields[f"v-{variation.name}"] = field = _field(variation, "")
            if isinstance(field, forms.ChoiceField):
                field.choices = [("", "as stored"), *((value, value) for value in variation.choices if value)]

    def edits(self) -> RequestEdits:
        names = [name for name in parameter_edits.VARIATIONS if self.cleaned_data[f"v-{name}"].strip()]
        return RequestEdits([(name, self.cleaned_data[f"v-{name}"].strip()) for name in names])

    @property
    def change_fields(self) -> list[forms.BoundField]:
        return [self[f"v-{name}"] for name in parameter_edits.VARIATIONS]


class BatchNameForm(forms.Form):
    """The name of a batch."""

    title = forms.CharField(
        label="Name",
        max_length=200,
        error_messages={"required": "A batch needs a name."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class MarkForm(forms.Form):
    """Which replay is `good` or `bad`, or has no mark any more (`clear`)."""

    replay = forms.UUIDField()
    mark = forms.ChoiceField(choices=[("good", "good"), ("bad", "bad"), ("clear", "clear")])

    @property
    def is_good(self) -> bool | None:
        return {"good": True, "bad": False}.get(self.cleaned_data["mark"])
