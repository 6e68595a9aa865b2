"""What a record says of its error: code, statuses, the providers that were tried."""

from generations.gateway import error_bodies
from generations.gateway.rawjson.values import Value
from generations.reading.text import box, items, short, whole, words

Fields = dict[str, Value]


def failed_tries(fields: Fields) -> list[Fields]:
    tries = [box(attempt) for attempt in items(fields.get("provider_attempts"))]
    return [attempt for attempt in tries if words(attempt.get("outcome")) not in (None, "success", "blocked")]


def failed_before(fields: Fields) -> int:
    """How many attempts failed before it succeeded; 0 when none did."""
    failed = len(failed_tries(fields))
    return failed if failed < len(items(fields.get("provider_attempts"))) else 0


def attempt_said(attempt: Fields) -> str:
    name = short(attempt.get("provider") or "unknown provider", 60)
    status = whole(attempt.get("status"))
    code = words(attempt.get("upstream_error_code"))
    answer = " ".join(
        filter(None, [str(status) if status is not None else "", short(code, 80) if code else ""])
    )
    return (
        f"{name} answered {answer}" if answer else f"{name}: {short(attempt.get('outcome') or 'unknown', 60)}"
    )


def error_code(fields: Fields) -> str:
    """The error code without its attribution. contract: stored as `<attribution>:<code>`."""
    stored = (words(fields.get("error_code")) or "").rpartition(":")[2]
    return stored or words(payload_of(fields).get("error")) or ""


def payload_of(fields: Fields) -> Fields:
    """The record's error in the gateway's flat form."""
    return error_bodies.flat(fields.get("error_payload"))


def failed_statuses(fields: Fields, payload: Fields) -> set[int]:
    """The HTTP statuses that providers answered with."""
    statuses = {whole(value) for value in items(payload.get("failed_statuses"))}
    tries = [box(value) for value in items(fields.get("provider_attempts"))]
    statuses |= {whole(value.get("status")) for value in tries if words(value.get("outcome")) != "success"}
    return {status for status in statuses if status is not None and status >= 400}


def failed_providers(fields: Fields) -> list[str]:
    """The providers that were tried without success, in order."""
    providers = items(payload_of(fields).get("failed_providers"))
    tries = [box(item) for item in items(fields.get("provider_attempts"))]
    providers = providers or [
        item.get("provider") for item in tries if words(item.get("outcome")) != "success"
    ]
    return list(dict.fromkeys(short(item, 60) for item in providers if words(item)))


def message(fields: Fields) -> Value:
    return fields.get("error_message") or payload_of(fields).get("description")
