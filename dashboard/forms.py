"""Every input of the site's own pages."""

import re
from typing import TYPE_CHECKING, Any, ClassVar

from allauth.account.forms import ResetPasswordForm
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from dashboard import mail
from dashboard.access import SignedInRequest
from dashboard.fields import Secret, unreadable
from dashboard.models import GatewayConnection, Role, Team, User, allowed_urls
from dashboard.people import appearance
from dashboard.people.team_service import absolute, grantable

if TYPE_CHECKING:
    TeamBase = forms.ModelForm[Team]
    UserBase = forms.ModelForm[User]
    ConnectionBase = forms.ModelForm[GatewayConnection]
else:
    TeamBase = UserBase = ConnectionBase = forms.ModelForm

# What may stand in a header: a key with a blank, a line end or a letter beyond ASCII was pasted wrongly.
PRINTABLE = re.compile(r"[!-~]+")
LONGEST_KEY = 4000
OPTIONAL_KEYS = ("replay_key", "log_key")


class ResetForm(ResetPasswordForm):  # type: ignore[misc]  # allauth brings no types
    """Asks for a reset link. Whether somebody has the address is looked up in another thread."""

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"])

    def save(self, request: SignedInRequest, **_: Any) -> str:
        email = str(self.cleaned_data["email"])
        mail.send_reset_link(email, absolute(request, "/").rstrip("/"))
        return email


class RoleForm(forms.Form):
    """A role out of those that `by`, the role of who asks, may hand out."""

    role = forms.ChoiceField()

    def __init__(self, *args: Any, by: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(role.value, role.label) for role in grantable(by)]
        self.fields["role"] = forms.ChoiceField(choices=choices, initial=Role.MEMBER)

    @property
    def chosen(self) -> Role:
        return Role(self.cleaned_data["role"])


class TeamForm(TeamBase):
    class Meta:
        model = Team
        fields = ("name",)
        labels: ClassVar[dict[str, str]] = {"name": "Team name"}


class ProfileForm(UserBase):
    class Meta:
        model = User
        fields = ("name",)
        help_texts: ClassVar[dict[str, str]] = {
            "name": "Shown to your teams. Without one, they see your email address."
        }


class PreferencesForm(forms.Form):
    """How a person wants Retake to look and to write."""

    theme = forms.ChoiceField(choices=appearance.THEMES, widget=forms.RadioSelect)
    density = forms.ChoiceField(
        choices=appearance.DENSITIES,
        widget=forms.RadioSelect,
        help_text="Row height in lists.",
    )
    zone = forms.ChoiceField(
        label="Time zone",
        choices=appearance.zones,
        help_text="For the times on pages. Copied text, files and links always use UTC.",
    )
    first_day = forms.ChoiceField(label="First day of the week", choices=appearance.FIRST_DAYS)
    numbers = forms.ChoiceField(
        choices=appearance.NUMBERS,
        help_text="How numbers are written on pages. Copied text and files keep the English form.",
    )


class JoinForm(UserBase):
    """A new account for somebody who holds an invitation."""

    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        help_text="At least 10 characters.",
    )

    class Meta:
        model = User
        fields = ("email", "name")
        labels: ClassVar[dict[str, str]] = {"email": "Email", "name": "Your name"}
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "email": forms.EmailInput(attrs={"autocomplete": "username"}),
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
        }

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).strip().lower()
        if User.objects.filter(email=email).exists():
            raise ValidationError(
                "An account with this email address already exists. Sign in, then open this link again."
            )
        return email

    def _post_clean(self) -> None:
        """Checks the password against the email address and the name too, once the instance has them."""
        super()._post_clean()  # type: ignore[misc]  # undocumented, so not in the stubs
        try:
            validate_password(self.cleaned_data.get("password", ""), self.instance)
        except ValidationError as error:
            self.add_error("password", error)

    def create(self) -> User:
        """The saved user."""
        data = self.cleaned_data
        return User.objects.create_user(data["email"], data["password"], name=data["name"])


def _key_field(label: str, help_text: str) -> forms.CharField:
    """A field that takes a credential and never shows one."""
    attrs = {"autocomplete": "new-password", "spellcheck": "false"}
    widget = forms.PasswordInput(attrs=attrs, render_value=False)
    return forms.CharField(
        label=label, help_text=help_text, widget=widget, max_length=LONGEST_KEY, required=False
    )


class ConnectionForm(ConnectionBase):
    """A gateway connection. Keys are write-only: an empty field keeps the stored one."""

    base_url = forms.ChoiceField(label="Gateway address")
    read_key = _key_field(
        "Lookup key",
        "A key created in the gateway's settings finds records, but never their stored requests: it cannot "
        "replay. Connect for that.",
    )
    replay_key = _key_field("Replay key", "Optional. Without one, replays use the lookup key.")
    forget_replay_key = forms.BooleanField(label="Remove the replay key", required=False)
    log_key = _key_field(
        "Management key for the log",
        "Optional. It lets the team browse the gateway's log without a consent; it cannot look up or replay.",
    )
    forget_log_key = forms.BooleanField(label="Remove the management key", required=False)

    class Meta:
        model = GatewayConnection
        fields = ("name", "base_url")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.had_url = self.instance.base_url
        self.fields["base_url"] = forms.ChoiceField(label="Gateway address", choices=self._addresses())
        for name in OPTIONAL_KEYS:
            if getattr(self.instance, name) is None:
                del self.fields[f"forget_{name}"]
        if self.instance.pk:
            for name in ("read_key", *OPTIONAL_KEYS):
                shut = name in unreadable(self.instance)
                self.fields[name].help_text = (
                    "The stored key cannot be read. Enter it again."
                    if shut
                    else "Leave empty to keep the stored key."
                )

    @staticmethod
    def _addresses() -> list[tuple[str, str]]:
        return [(url, url) for url in allowed_urls()]

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        others = GatewayConnection.objects.filter(team_id=self.instance.team_id, name=name).exclude(
            pk=self.instance.pk
        )
        if others.exists():
            raise ValidationError("This team already has a connection with this name.")
        return name

    def clean_read_key(self) -> Secret | None:
        return self._new_key("read_key")

    def clean_replay_key(self) -> Secret | None:
        return self._new_key("replay_key")

    def clean_log_key(self) -> Secret | None:
        if self.cleaned_data["log_key"] and "_mk_" not in self.cleaned_data["log_key"]:
            raise ValidationError("This is no management key: those begin with phaseo_v1_mk_.")
        return self._new_key("log_key")

    def _new_key(self, name: str) -> Secret | None:
        text = self.cleaned_data[name]
        if text and not PRINTABLE.fullmatch(text):
            raise ValidationError("A key has no spaces, line breaks or non-ASCII characters. Copy it again.")
        return Secret(text) if text else None

    def clean(self) -> dict[str, Any]:
        """A stored key is only ever sent to the address for which it was entered."""
        data = self.cleaned_data
        moved = self.instance.pk and data.get("base_url", self.had_url) != self.had_url
        if moved and self.instance.consents.live().exists():
            self.add_error(
                "base_url", "Disconnect first: the consent was given for the address that is stored."
            )
        for name in ("read_key", *OPTIONAL_KEYS):
            stored = getattr(self.instance, name)
            dropped = data.get(f"forget_{name}")
            if moved and stored and name in data and not data[name] and not dropped:
                self.add_error(name, "Enter this key again: it was saved for another address.")
        if not self.instance.pk and "read_key" in data and not data["read_key"]:
            self.add_error("read_key", "Enter a key.")
        return data

    def save(self, commit: bool = True) -> GatewayConnection:
        """The saved connection. What the last test saw is forgotten when the address or a key changed."""
        made, data = self.instance, self.cleaned_data
        for name in OPTIONAL_KEYS:
            if data.get(f"forget_{name}"):
                setattr(made, name, None)
        for name in ("read_key", *OPTIONAL_KEYS):
            setattr(made, name, data[name] or getattr(made, name))
        if self.what_changed:
            made.checked_at = made.check_result = None
        return super().save(commit)

    @property
    def what_changed(self) -> list[str]:
        """The names of what changed besides the name, for the audit event: never a value."""
        data, changed = self.cleaned_data, ["base_url"] if self.instance.base_url != self.had_url else []
        names = ["read_key", *OPTIONAL_KEYS, *(f"forget_{name}" for name in OPTIONAL_KEYS)]
        keys = [name for name in names if data.get(name)]
        return changed + keys
