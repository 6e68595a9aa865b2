"""Every input of the product is a form."""

from collections.abc import Iterable
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from django import forms

from dashboard.models import User
from generations.forms.amounts import has_comma, typed
from generations.gateway.request_ids import LONGEST_TEXT, Recognized, recognize

LONGEST_PASTE = LONGEST_TEXT
LONGEST_QUERY = 2000
UNRECOGNISED = "No request ID found in that."
EXAMPLES = (
    ("a request ID", "G-01M0N8538G8F4T0W6X1Y2Z3A4B"),
    ("a provider's response ID of a stored generation", "chatcmpl-…, resp_… or msg_…"),
    ("a link of Retake or of the gateway's web app", "https://…/g/G-01M0N8538G8F4T0W6X1Y2Z3A4B"),
    ("a log line", "ERROR call failed request_id=G-01M0N8538G8F4T0W6X1Y2Z3A4B"),
    ("an error body", '{"generation_id": "G-01M0N8538G8F4T0W6X1Y2Z3A4B", "error": "upstream_error"}'),
    ("response headers", "x-request-id: G-01M0N8538G8F4T0W6X1Y2Z3A4B"),
    ("an SSE frame", 'data: {"id": "G-01M0N8538G8F4T0W6X1Y2Z3A4B", …}'),
    ("up to 50 of these IDs", "one per line, or with commas or spaces between them"),
)


class LookupForm(forms.Form):
    """What somebody pasted into the lookup box. The cleaned `q` is a `Recognized` with at least one ID."""

    q = forms.CharField(
        label="Look up",
        max_length=LONGEST_PASTE,
        strip=True,
        error_messages={
            "required": "Paste a request ID.",
            "max_length": "That is over 1 MiB. Paste a shorter part.",
        },
    )
    team = forms.SlugField(required=False)

    def clean_q(self) -> Recognized:
        """What was recognized. Raises ValidationError; `EXAMPLES` says what is looked for."""
        seen = recognize(self.cleaned_data["q"])
        if not seen.ids:
            raise forms.ValidationError(UNRECOGNISED, code="unrecognized")
        return seen


class ShortLookupForm(LookupForm):
    """The same by GET, where addresses must stay short."""

    q = forms.CharField(
        max_length=LONGEST_QUERY,
        error_messages={
            "required": "Paste a request ID.",
            "max_length": "That is too long for a link. Paste it into the box.",
        },
    )


YES_NO = (("", "any"), ("1", "yes"), ("0", "no"))
OUTCOMES = (("", "any"), ("succeeded", "succeeded"), ("failed", "failed"), ("unknown", "unknown"))
MADE_BY = (("", "any"), ("app", "your apps"), ("replay", "replays here"))
NANOS = 10**9
FIRST_YEAR, LAST_YEAR = 2000, 2999


def _yes_no(label: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, choices=YES_NO, coerce=lambda value: value == "1", empty_value=None, required=False
    )


def offered(label: str, list_id: str, length: int) -> forms.CharField:
    """A text with suggestions: the page has a datalist of this ID."""
    widget = forms.TextInput(attrs={"list": list_id, "autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, max_length=length, required=False, widget=widget)


def _plain(label: str, length: int) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, max_length=length, required=False, widget=widget)


class AmountField(forms.DecimalField):
    """A number that an address holds: with a point for everybody, and with a comma for who prefers one."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(typed(value) if isinstance(value, str) and has_comma(value) else value)


def _amount(label: str, decimals: int) -> forms.DecimalField:
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return AmountField(
        label=label, min_value=0, max_digits=18, decimal_places=decimals, required=False, widget=widget
    )


def moment_field(label: str) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=False, widget=widget, validators=[_is_of_our_time])


def _is_of_our_time(value: datetime) -> None:
    """Raises ValidationError for a year next to which no day, or no 90 days, can be reckoned."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise forms.ValidationError(f"Enter a year from {FIRST_YEAR} to {LAST_YEAR}.")


class FilterForm(forms.Form):
    """The filters of a list: those named by `FIRST` always show, the others are collapsed."""

    FIRST: tuple[str, ...] = ()

    @property
    def first_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.FIRST]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in self.FIRST]

    @property
    def more_used(self) -> bool:
        """Whether one of the collapsed filters is set."""
        return any(field.data or field.errors for field in self.more_fields)


class BrowseForm(FilterForm):
    """What the list of generations shows, held by its address. Costs become nanos, times are ms, moments UTC."""

    q = forms.CharField(
        label="Words in prompt or answer",
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    outcome = forms.ChoiceField(label="Verdict", choices=OUTCOMES, required=False)
    model = offered("Model", "models", 200)
    since = moment_field("Made from (UTC)")
    until = moment_field("Made until (UTC)")
    status = offered("Status or error code", "errors", 200)
    provider = offered("Provider", "providers", 120)
    endpoint = offered("Endpoint", "endpoints", 120)
    session = _plain("Session", 256)
    key = _plain("Key ID", 64)
    app = _plain("App ID", 64)
    stream = _yes_no("Streamed")
    byok = _yes_no("Own provider key")
    made_by = forms.ChoiceField(label="Made by", choices=MADE_BY, required=False)
    replayed = _yes_no("Has replays")
    who = forms.TypedChoiceField(label="Looked up by", coerce=int, empty_value=None, required=False)
    cost_min = _amount("Cost from ($)", 9)
    cost_max = _amount("Cost to ($)", 9)
    ms_min = _amount("Wait from (ms)", 3)
    ms_max = _amount("Wait to (ms)", 3)

    FIRST = ("q", "outcome", "model", "since", "until")

    def __init__(self, *args: object, people: Iterable[User] = (), **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        who = self.fields["who"]
        assert isinstance(who, forms.TypedChoiceField)
        who.choices = [("", "anyone"), *((str(person.pk), str(person)) for person in people)]

    def clean_until(self) -> datetime | None:
        """The end of the minute that was named, as the field shows minutes."""
        until: datetime | None = self.cleaned_data["until"]
        return until.replace(second=59, microsecond=999_999) if until and until.second == 0 else until

    def clean_cost_min(self) -> int | None:
        """In nanos."""
        return _nanos(self.cleaned_data["cost_min"], ROUND_CEILING)

    def clean_cost_max(self) -> int | None:
        """In nanos."""
        return _nanos(self.cleaned_data["cost_max"], ROUND_FLOOR)

    def clean(self) -> dict[str, Any]:
        """Ends of a range in their order."""
        for first, last in (("since", "until"), ("cost_min", "cost_max"), ("ms_min", "ms_max")):
            least, most = self.cleaned_data.get(first), self.cleaned_data.get(last)
            if least is not None and most is not None and least > most:
                self.add_error(
                    last,
                    "This is before the other end." if last == "until" else "This is below the other end.",
                )
        return self.cleaned_data


def _nanos(dollars: Decimal | None, rounding: str) -> int | None:
    return None if dollars is None else int((dollars * NANOS).to_integral_value(rounding))


class SaveFilterForm(forms.Form):
    """A name for the filters in the address."""

    name = forms.CharField(label="Name", max_length=60)
