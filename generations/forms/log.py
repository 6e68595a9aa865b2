"""The filters of the gateway's log, held by its address."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from generations.forms.lists import FilterForm, moment_field
from generations.gateway.log_paging import LONGEST, moment, ms_of
from generations.gateway.request_ids import recognize

RANGES = (
    ("15m", "last 15 minutes"),
    ("1h", "last hour"),
    ("", "last 24 hours"),
    ("7d", "last 7 days"),
    ("30d", "last 30 days"),
    ("90d", "last 90 days"),
)
USUAL = "24h"
STATUSES = ("success", "error", "4xx", "5xx", "429", "502")
_STATUS = re.compile(r"success|error|[1-5]xx|[1-5]\d\d", re.ASCII)
_DAY = timedelta(days=1)


def _text(label: str, list_id: str = "", length: int = 256) -> forms.CharField:
    attrs = {"autocomplete": "off", "spellcheck": "false"} | ({"list": list_id} if list_id else {})
    return forms.CharField(
        label=label, max_length=length, required=False, widget=forms.TextInput(attrs=attrs)
    )


class LogForm(FilterForm):
    """What the log shows. Moments are UTC and win over the range; the gateway compares letter by letter."""

    range = forms.ChoiceField(label="When", choices=RANGES, required=False)
    status = _text("Status", "statuses", 10)
    model = _text("Model", "models")
    provider = _text("Provider", "providers")
    endpoint = _text("Endpoint", "endpoints")
    error_code = _text("Error code", "errors")
    session = _text("Session")
    key = _text("Key ID", length=36)
    since = moment_field("From (UTC)")
    until = moment_field("To (UTC)")
    id = _text("Request ID")

    FIRST = ("range", "status", "model", "provider", "error_code")
    NAMES = {"session": "session_id", "key": "key_id"}
    EXACT = ("model", "provider", "endpoint", "error_code", "session", "key", "status")

    def clean_status(self) -> str:
        status = str(self.cleaned_data["status"]).lower()
        if status and not _STATUS.fullmatch(status):
            raise ValidationError("Enter success, error, 4xx, 5xx, or a code like 429.")
        return status

    def clean_key(self) -> str:
        """A UUID: the gateway fails on anything else."""
        key = str(self.cleaned_data["key"])
        try:
            return str(UUID(key)) if key else ""
        except ValueError:
            raise ValidationError("A key ID is a UUID, like b7b6f9de-5d0a-4f1e-8c5e-3f1c2d7a9e11.") from None

    def clean_id(self) -> str:
        """The request ID in what was pasted."""
        text = str(self.cleaned_data["id"])
        ids = recognize(text).ids if text else []
        if text and not ids:
            raise ValidationError("No request ID found in that.")
        return str(ids[0]) if ids else ""

    def clean(self) -> dict[str, Any]:
        """Two ends of at most 90 days; one end alone means the day next to it."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", "This is before the other end.")
        elif since and until and until - since > LONGEST:
            self.add_error("until", "The gateway shows at most 90 days at a time.")
        return self.cleaned_data

    @property
    def exact(self) -> dict[str, str]:
        """The filters as the gateway takes them, without the time."""
        given = {name: self.cleaned_data.get(name) for name in self.EXACT}
        return {self.NAMES.get(name, name): str(value) for name, value in given.items() if value}

    def window(self, now: datetime) -> dict[str, str]:
        """The time as the gateway takes it. `from` alone goes on for at most 90 days."""
        since: datetime | None = self.cleaned_data.get("since")
        until: datetime | None = self.cleaned_data.get("until")
        if since and not until and now - since > LONGEST - _DAY:
            until = since + LONGEST
        if until:
            since = since or until - _DAY
            return {"from": moment(ms_of(since)), "to": moment(ms_of(until))}
        if since:
            return {"from": moment(ms_of(since))}
        return {"since": self.cleaned_data.get("range") or USUAL}

    @property
    def is_open(self) -> bool:
        """Whether new rows may still come into what is shown."""
        return not self.cleaned_data.get("until") and not self.cleaned_data.get("id")

    @property
    def in_words(self) -> str:
        """The time that is shown."""
        if self.cleaned_data.get("since") or self.cleaned_data.get("until"):
            return "in this time"
        return f"in the {dict(RANGES)[self.cleaned_data.get('range') or '']}"
