"""What somebody says of an answer. The gateway cuts what is too long without a word, so it is refused here."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from generations.gateway.feedback import COMMENT_UNITS, MOST_TAGS, RATINGS, TAG_UNITS, units
from generations.reading.export import credentials

CHOICES = [("", "No rating"), *RATINGS.items()]


class FeedbackForm(forms.Form):
    """A rating, tags and a comment; at least one of them. `secrets` are the team's keys, which no comment may hold."""

    rating = forms.ChoiceField(label="Rating", choices=CHOICES, required=False)
    tags = forms.CharField(
        label="Tags",
        required=False,
        max_length=MOST_TAGS * (TAG_UNITS + 2),
        help_text=f"Separated by commas; at most {MOST_TAGS}.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    comment = forms.CharField(
        label="Comment",
        required=False,
        help_text=f"At most {COMMENT_UNITS:,} characters. The gateway keeps it; your team sees it here.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    click = forms.UUIDField(widget=forms.HiddenInput())

    def __init__(self, *args: Any, secrets: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.secrets = secrets or []

    def clean_tags(self) -> list[str]:
        given = (" ".join(tag.split()) for tag in self.cleaned_data["tags"].split(","))
        tags = list(dict.fromkeys(tag for tag in given if tag))
        if len(tags) > MOST_TAGS:
            raise ValidationError(f"{len(tags)} tags; the gateway keeps {MOST_TAGS}. Take some out.")
        for tag in tags:
            if units(tag) > TAG_UNITS:
                raise ValidationError(f"The tag that begins “{tag[:20]}” has over {TAG_UNITS} characters.")
        return tags

    def clean_comment(self) -> str:
        text = str(self.cleaned_data["comment"]).replace("\r\n", "\n")
        if (length := units(text)) > COMMENT_UNITS:
            raise ValidationError(
                f"{length:,} characters, as the gateway counts them; it keeps {COMMENT_UNITS:,}. Shorten it."
            )
        return text

    def clean(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        texts = [said.get("comment") or "", *(said.get("tags") or [])]
        if not self.errors and not said.get("rating") and not any(texts):
            raise ValidationError("Nothing was said: choose a rating, or write a tag or a comment.")
        if any(credentials.without(text, self.secrets)[1] for text in texts):
            raise ValidationError("This looks like a key or a password. Take it out: nothing was sent.")
        return said
