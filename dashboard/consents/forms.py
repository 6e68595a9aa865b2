"""The form of a registered client."""

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError

from dashboard.consents.models import RegisteredClient
from dashboard.fields import Secret
from dashboard.models import allowed_urls

if TYPE_CHECKING:
    ClientBase = forms.ModelForm[RegisteredClient]
else:
    ClientBase = forms.ModelForm

PRINTABLE = re.compile(r"[!-~]+")


class ClientForm(ClientBase):
    """A client that the team has made at a gateway. The secret is write-only: an empty field keeps the stored one."""

    base_url = forms.ChoiceField(label="Gateway address")
    client_id = forms.CharField(label="Client ID", max_length=500)
    secret = forms.CharField(
        label="Client secret",
        required=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False),
        help_text="Leave empty for a public client, or to keep what is stored.",
    )
    scopes = forms.CharField(
        label="Scopes of the client",
        required=False,
        max_length=2000,
        help_text="As the gateway lists them. Leave empty for the usual ones; add feedback:write to send feedback.",
    )

    class Meta:
        model = RegisteredClient
        fields = ("base_url", "client_id", "scopes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.had_id = self.instance.client_id
        self.fields["base_url"] = forms.ChoiceField(
            label="Gateway address", choices=[(url, url) for url in allowed_urls()]
        )

    def clean_client_id(self) -> str:
        return self._printable("client_id")

    def clean_secret(self) -> str:
        return self._printable("secret")

    def _printable(self, name: str) -> str:
        text = str(self.cleaned_data[name])
        if text and not PRINTABLE.fullmatch(text):
            raise ValidationError("This has blanks, line ends or letters beyond ASCII. Copy it again.")
        return text

    def clean_scopes(self) -> str:
        words = str(self.cleaned_data["scopes"]).replace(",", " ").split()
        unknown = [word for word in words if not re.fullmatch(r"[a-z_]+(:[a-z]+)?", word)]
        if unknown:
            raise ValidationError(f"{unknown[0][:60]} is no scope. Scopes look like generations:read.")
        return " ".join(words)

    def save(self, commit: bool = True) -> RegisteredClient:
        """The saved client. Another client ID does not keep the secret of the one before."""
        made, secret = self.instance, self.cleaned_data["secret"]
        if secret:
            made.secret = Secret(secret)
        elif made.client_id != self.had_id:
            made.secret = None
        return super().save(commit)
