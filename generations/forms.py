"""Every input of the product is a form."""

from django import forms

from generations.gateway.ids import find_id

LONGEST_PASTE = 2**20
LONGEST_QUERY = 2000
UNRECOGNISED = (
    "No request ID was recognised. Retake looks for an ID such as G-01M0N8538G8F4T0W6X1Y2Z3A4B, alone or inside a log "
    "line, an error body, or a line such as request_id=..."
)


class LookupForm(forms.Form):
    """What somebody pasted into the lookup box. `request_id` is the ID found in it."""

    q = forms.CharField(
        label="Look up",
        max_length=LONGEST_PASTE,
        strip=True,
        error_messages={
            "required": "Paste a request ID.",
            "max_length": "That is over 1 MiB. Paste less of it.",
        },
    )
    team = forms.SlugField(required=False)

    def clean_q(self) -> str:
        """The request ID in the text. Raises ValidationError that says what is looked for."""
        request_id = find_id(self.cleaned_data["q"])
        if request_id is None:
            raise forms.ValidationError(UNRECOGNISED, code="unrecognised")
        return request_id


class ShortLookupForm(LookupForm):
    """The same by GET, where addresses must stay short."""

    q = forms.CharField(
        max_length=LONGEST_QUERY,
        error_messages={
            "required": "Paste a request ID.",
            "max_length": "That is too long for an address. Paste it into the box.",
        },
    )


class ReplayForm(forms.Form):
    """One click on Run replay. `click` makes a double click one replay."""

    click = forms.UUIDField(widget=forms.HiddenInput)
    sure = forms.BooleanField(required=False)

    def __init__(self, *args: object, damaged: bool = False, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.damaged = damaged

    def clean_sure(self) -> bool:
        """Ticked, where values of the stored request are damaged."""
        sure = bool(self.cleaned_data["sure"])
        if self.damaged and not sure:
            raise forms.ValidationError("Tick the box to send the damaged values as they are.")
        return sure
