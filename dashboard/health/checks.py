"""The one list of checks. Rows are read in the caller's thread; what asks the network has threads of its own."""

from datetime import timedelta

from django.conf import settings
from django.db import Error, connection
from django.db.models import Max
from django.db.models.functions import Now

from dashboard import readiness
from dashboard.connections.key_rotation import shut_names, stored_secrets
from dashboard.consents.identity import document_faults, document_url
from dashboard.health import credentials, database, machine
from dashboard.health.findings import BAD, OK, WARN, Check, Finding, at_once, place, verdict
from dashboard.models import Team
from dashboard.processes import degraded, presence
from dashboard.processes.models import Process

KEYS_SHUT = (
    "FIELD_ENCRYPTION_KEYS does not open the keys of {names}. "
    "Put back the key with which they were saved, or enter the gateway keys again."
)
OTHER_KEYS = (
    "These workers have other FIELD_ENCRYPTION_KEYS than this process: {names}. Replays fail where the keys are wrong, "
    "and nothing is sent for them. Give all processes the same keys and restart them."
)
NOT_KNOWN = "Not known while Redis is unavailable: beat speaks through it alone."
_more: list[Check] = []


def add(check: Check) -> None:
    """Have `findings` make this check, too: the product's, of which the site knows nothing."""
    if check not in _more:
        _more.append(check)


def findings(team: Team | None = None) -> list[Finding]:
    """Every check, for the page of `team` or for the operator. Raises nothing: a check that fails is a red line."""
    return sorted(_all(team), key=place)


def _all(team: Team | None) -> list[Finding]:
    fault = readiness.database()
    found = database.findings(fault)
    found += at_once(
        [("Redis", redis), *machine.asked(), *([] if fault and team else credentials.gateways(team))]
    )
    found += machine.findings()
    if not fault:
        found += [line for check in (*ROWS, *_more) for line in _made(check, team)]
    is_mute = any(line.name == "Redis" and line.level == BAD for line in found)
    return [_excused(line) if is_mute else line for line in found]


def _excused(line: Finding) -> Finding:
    """Beat writes to Redis only: without Redis nobody knows how it is."""
    return Finding("Beat", WARN, NOT_KNOWN) if (line.name, line.level) == ("Beat", BAD) else line


def _made(check: Check, team: Team | None) -> list[Finding]:
    try:
        return check(team)
    except Error as error:
        return [database.of_rows(check.__name__.replace("_", " ").capitalize(), error)]


def redis() -> Finding:
    """Redis answers, takes writes and keeps them."""
    fault = readiness.broker() or degraded.redis_fault() or None
    if not fault and (drops := degraded.redis_drops()):
        return Finding("Redis", WARN, drops)
    return verdict("Redis", fault, "Responds and accepts writes.")


def migrations(team: Team | None) -> list[Finding]:
    return [verdict("Migrations", readiness.migrations(), "The tables match this version.")]


def cache_table(team: Team | None) -> list[Finding]:
    """The table that sign-in limits are counted in."""
    name = settings.CACHES["default"]["LOCATION"]
    there = name in connection.introspection.table_names()
    fault = None if there else "The table is missing. Run: python manage.py prepare"
    return [verdict("Cache table", fault, "Sign-in attempts are counted.")]


def worker_and_beat(team: Team | None) -> list[Finding]:
    """Workers and beats are heard of, and when they were."""
    alive = presence.alive()
    ages = Process.objects.values("kind").annotate(age=Now() - Max("heard_at"))
    age = {row["kind"]: row["age"] for row in ages}
    missing = {"worker": degraded.NO_WORKER, "beat": degraded.NO_BEAT}
    return [
        verdict(
            kind.capitalize(),
            None if kind in alive else missing[kind] + _last(age.get(kind)),
            _heard(age.get(kind)),
        )
        for kind in presence.KINDS
    ]


def _heard(age: timedelta | None) -> str:
    return (
        "Heard from through Redis." if age is None else f"Last heard from {round(age.total_seconds())} s ago."
    )


def _last(age: timedelta | None) -> str:
    return "" if age is None else f" It was last heard from {round(age.total_seconds())} s ago."


def keys(team: Team | None) -> list[Finding]:
    """FIELD_ENCRYPTION_KEYS opens everything that is encrypted, and workers have the same."""
    shut = [name for model, _ in stored_secrets() for name in shut_names(model, team)]
    faults = [KEYS_SHUT.format(names=", ".join(shut))] if shut else []
    if others := presence.with_other_keys():
        faults.append(OTHER_KEYS.format(names=", ".join(others)))
    number = len(settings.FIELD_ENCRYPTION_KEYS)
    several = f"{number} keys: run `python manage.py rotate_keys`, then keep the first alone."
    fact = several if number > 1 else "Everything that is stored can be read."
    return [verdict("Keys", " ".join(faults), fact)]


def client_metadata_document(team: Team | None) -> list[Finding]:
    """A gateway can read the document that lets people connect, and would accept it."""
    faults = " ".join(document_faults()) if document_url() else ""
    fact = "A gateway can read it: people can connect."
    return [verdict("Client metadata document", faults or None, fact)] if document_url() else []


def debug(team: Team | None) -> list[Finding]:
    fault = (
        "DEBUG is true: whoever causes an error reads source and settings, and the log holds what people wrote. "
        "Set DEBUG=false and restart."
    )
    return [Finding("DEBUG", BAD, fault) if settings.DEBUG else Finding("DEBUG", OK, "Off.")]


def address(team: Team | None) -> list[Finding]:
    """PUBLIC_URL and the proxy in front fit each other."""
    url = settings.PUBLIC_URL
    local = any(host in url for host in ("//localhost", "//127.", "//[::1]"))
    if not url:
        said = "PUBLIC_URL is not set: links in mails have the host that was asked. Set it to the address in the browser."
        return [Finding("Address", WARN, said)]
    if not settings.SECURE and not local:
        said = f"{url} has no TLS: passwords can be read on the way. Put a proxy with TLS in front (docs/deploy)."
        return [Finding("Address", WARN, said)]
    if settings.SECURE and not settings.TRUST_PROXY:
        said = "PUBLIC_URL is https and TRUST_PROXY is false: all clients seem to be one. Behind a proxy set it to true."
        return [Finding("Address", WARN, said)]
    return [Finding("Address", OK, url)]


ROWS: tuple[Check, ...] = (
    migrations, cache_table, worker_and_beat, credentials.credentials, keys, machine.clock, client_metadata_document,
    debug, address,
)  # fmt: skip
