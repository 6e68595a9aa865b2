"""A missing or malformed setting stops the start with one sentence that names it."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from dashboard.environment import Environment, SettingRefused

pytestmark = pytest.mark.heavy

GOOD = {"DATABASE_URL": "postgres://u:p@h:5432/name", "REDIS_URL": "redis://h:6379/0"}

# Reader, variable, value (None: missing) -> how the sentence begins.
FAULTS = [
    ("secret", "SECRET_KEY", None, "SECRET_KEY is missing: set it to"),
    ("secret", "SECRET_KEY", "short", "SECRET_KEY is too short: set it to"),
    ("fernet_keys", "FIELD_ENCRYPTION_KEYS", None, "FIELD_ENCRYPTION_KEYS is missing: set it to"),
    (
        "fernet_keys",
        "FIELD_ENCRYPTION_KEYS",
        "abc",
        "FIELD_ENCRYPTION_KEYS holds something that is not a Fernet key",
    ),
    ("redis", "REDIS_URL", None, "REDIS_URL is missing: set it to"),
    ("redis", "REDIS_URL", "http://h", "REDIS_URL is no redis://, rediss:// or unix:// URL: set it to"),
    ("public_url", "PUBLIC_URL", "example.com", "PUBLIC_URL is 'example.com', which is no origin: set it to"),
    (
        "public_url",
        "PUBLIC_URL",
        "https://h/path",
        "PUBLIC_URL is 'https://h/path', which is no origin: set it to",
    ),
]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> "Make":
    return Make(monkeypatch, tmp_path)


class Make:
    """Builds an Environment out of nothing but the given variables."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
        self.monkeypatch, self.root = monkeypatch, root

    def __call__(self, **values: str) -> Environment:
        names = ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "PUBLIC_URL", "GATEWAY_URLS", "EMAIL_URL", "DEBUG")
        for name in (*names, *GOOD):
            self.monkeypatch.delenv(name, raising=False)
        for name, value in values.items():
            self.monkeypatch.setenv(name, value)
        return Environment(self.root)


@pytest.mark.parametrize(("reader", "name", "value", "sentence"), FAULTS)
def test_one_sentence_names_the_variable(
    environment: Make, reader: str, name: str, value: str | None, sentence: str
) -> None:
    env = environment(**({name: value} if value else {}))
    with pytest.raises(SettingRefused) as caught:
        getattr(env, reader)(name)
    message = str(caught.value)
    assert (message[: len(sentence)], message.endswith("."), "\n" in message) == (sentence, True, False)


@pytest.mark.parametrize(
    "value", [None, "mysql://u:p@h/name", "postgres://u:p@h", "nonsense", "postgres://h:port/n"]
)
def test_the_database_is_a_postgresql_with_a_name(environment: Make, value: str | None) -> None:
    env = environment(**({"DATABASE_URL": value} if value else {}))
    with pytest.raises(SettingRefused, match=r"^DATABASE_URL ") as caught:
        env.database("DATABASE_URL", 8)
    assert "p@h" not in str(caught.value)


def test_a_database_url_becomes_a_pooled_connection(environment: Make) -> None:
    found = environment(DATABASE_URL=GOOD["DATABASE_URL"] + "?sslmode=require").database("DATABASE_URL", 8)
    assert (found["HOST"], found["NAME"], found["CONN_MAX_AGE"]) == ("h", "name", 0)
    assert found["OPTIONS"]["sslmode"] == "require"
    assert found["OPTIONS"]["pool"]["max_size"] == 8


@pytest.mark.parametrize("name", ["DEBUG", "TRUST_PROXY"])
def test_a_switch_is_on_or_off(environment: Make, name: str) -> None:
    assert environment(**{name: "1"}).flag(name, False) is True
    assert environment(**{name: "false"}).flag(name, True) is False
    assert environment().flag("SWITCH_NOT_SET", True) is True
    with pytest.raises(SettingRefused, match=f"^{name} is 'perhaps'"):
        environment(**{name: "perhaps"}).flag(name, False)


@pytest.mark.parametrize("value", ["many", "-1", "0", "1.5", "10"])
def test_a_number_is_whole_and_within_its_bounds(environment: Make, value: str) -> None:
    with pytest.raises(SettingRefused, match=r"^WEB_THREADS is "):
        environment(WEB_THREADS=value).number("WEB_THREADS", 2, most=9)


def test_a_list_is_separated_by_commas(environment: Make) -> None:
    env = environment(ALLOWED_HOSTS=" a.example.com, b.example.com ,")
    assert env.items("ALLOWED_HOSTS", []) == ["a.example.com", "b.example.com"]
    assert env.items("HOSTS_NOT_SET", ["x"]) == ["x"]


@pytest.mark.parametrize("value", ["api.example.com", "ftp://h/v1", "https://"])
def test_a_gateway_url_is_http(environment: Make, value: str) -> None:
    with pytest.raises(SettingRefused, match=r"^GATEWAY_URLS holds "):
        environment(GATEWAY_URLS=f"https://good.example.com/v1,{value}").gateway_urls("GATEWAY_URLS", [])


def test_gateway_urls_lose_their_last_slash(environment: Make) -> None:
    assert environment(GATEWAY_URLS="https://a/v1/,https://b/v1").gateway_urls("GATEWAY_URLS", []) == [
        "https://a/v1",
        "https://b/v1",
    ]


def test_every_variable_can_come_from_a_file(environment: Make, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("secret" * 10 + "\n")
    assert environment(SECRET_KEY_FILE=str(file)).secret("SECRET_KEY") == "secret" * 10


def test_a_variable_wins_over_its_file(environment: Make, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("former" * 10)
    assert (
        environment(SECRET_KEY_FILE=str(file), SECRET_KEY="value" * 12).secret("SECRET_KEY") == "value" * 12
    )


def test_a_file_that_is_not_there_stops_the_start(environment: Make, tmp_path: Path) -> None:
    with pytest.raises(SettingRefused, match=r"^SECRET_KEY_FILE is "):
        environment(SECRET_KEY_FILE=str(tmp_path / "gone")).secret("SECRET_KEY")


def test_several_fernet_keys(environment: Make) -> None:
    keys = [Fernet.generate_key().decode() for _ in range(2)]
    assert environment(FIELD_ENCRYPTION_KEYS=", ".join(keys)).fernet_keys("FIELD_ENCRYPTION_KEYS") == keys


def test_mail_goes_to_the_console_until_a_server_is_set(environment: Make) -> None:
    env = environment()
    assert env.email("EMAIL_URL") == {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    assert env.is_set("EMAIL_URL") is False


def test_a_mail_server_is_read_from_its_url(environment: Make) -> None:
    found = environment(EMAIL_URL="smtp://user:word@mail.example.com:587?tls=true").email("EMAIL_URL")
    names = ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS")
    assert [found[name] for name in names] == ["mail.example.com", 587, "user", "word", True]


def test_a_mail_url_that_cannot_be_read_is_not_shown(environment: Make) -> None:
    with pytest.raises(SettingRefused, match=r"^EMAIL_URL cannot be read") as caught:
        environment(EMAIL_URL="smtp://user:hunter2@mail.example.com:port").email("EMAIL_URL")
    assert "hunter2" not in str(caught.value)


def test_two_checkouts_on_one_host_have_cookies_of_their_own(environment: Make) -> None:
    assert environment(COOKIE_PREFIX="retake8001").cookie_names() == ("retake8001_session", "retake8001_csrf")
