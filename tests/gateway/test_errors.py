import json
import pickle
import socket
import ssl
from typing import Any

import httpx
import pytest

from generations.gateway import error_mapping, errors
from generations.gateway.error_catalogue import FAULTS, OF_KEYS, REASONS
from generations.gateway.error_mapping import all_errors, error_of_answer
from generations.gateway.errors import GatewayError
from generations.gateway.http.exceptions import error_of_exception

JSON = {"content-type": "application/json"}


def error_for(asked: error_mapping.Asked, status: int, body: Any, **headers: str) -> GatewayError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return error_of_answer(
        asked, status, {**JSON, **{k.replace("_", "-"): v for k, v in headers.items()}}, raw
    )


# contract: "GET /v1/generations: all outcomes": status, body, class, whose fault, may a retry help
LOOKUPS: list[tuple[int, Any, type[GatewayError], str, str]] = [
    (400, {"ok": False, "error": "missing_id"}, errors.MissingId, "you", "no"),
    (
        401,
        {"ok": False, "error": "unauthorised", "reason": "key_expired"},
        errors.Unauthorized,
        "account",
        "later",
    ),
    (
        401,
        {"ok": False, "error": "unauthorised", "reason": "db_error"},
        errors.AuthUnavailable,
        "gateway",
        "yes",
    ),
    (
        403,
        {"error": "insufficient_scope", "message": "Token requires generations:read"},
        errors.InsufficientScope,
        "account",
        "later",
    ),
    (404, {"ok": False, "error": "not_found"}, errors.RecordNotFound, "you", "later"),
    (500, {"ok": False, "error": "db_error", "message": "two rows"}, errors.DatabaseFault, "gateway", "yes"),
    (500, b"Internal Server Error", errors.Crashed, "gateway", "later"),
    (404, b"404 Not Found", errors.WrongPath, "you", "no"),
    (502, b"<html>bad gateway</html>", errors.HtmlAnswer, "gateway", "later"),
    (429, b"<!doctype html>", errors.HtmlAnswer, "gateway", "later"),
    (301, b"", errors.Redirected, "you", "no"),
    (418, b"short and stout", errors.NotGateway, "gateway", "later"),
    (418, {"error": "teapot"}, GatewayError, "gateway", "later"),
]


@pytest.mark.parametrize(("status", "body", "kind", "fault", "retry"), LOOKUPS)
def test_every_outcome_of_a_lookup(
    status: int, body: Any, kind: type[GatewayError], fault: str, retry: str
) -> None:
    error = error_for("record", status, body)
    assert type(error) is kind
    assert (error.fault, error.retry, error.status, error.sent) == (fault, retry, status, True)
    assert error.body == (body if isinstance(body, bytes) else json.dumps(body).encode())


# contract: "POST errors: flat object": status, code, class, may a retry help
SENDS: list[tuple[int, str, type[GatewayError], str]] = [
    (400, "invalid_json", errors.InvalidJson, "no"),
    (400, "validation_error", errors.ValidationFailed, "no"),
    (400, "model_required", errors.ModelRequired, "no"),
    (400, "not_supported", errors.NotSupported, "no"),
    (400, "unsupported_model_or_endpoint", errors.UnsupportedModel, "no"),
    (400, "unsupported_modalities", errors.UnsupportedModalities, "no"),
    (400, "provider_qualified_model_conflict", errors.ProviderConflict, "no"),
    (400, "unsupported_routing_filter", errors.UnsupportedFilter, "no"),
    (400, "something_new", errors.BadRequest, "no"),
    (401, "unauthorised", errors.Unauthorized, "later"),
    (402, "insufficient_funds", errors.InsufficientFunds, "later"),
    (402, "pricing_not_configured", errors.PricingMissing, "later"),
    (403, "guardrail_blocked", errors.GuardrailBlocked, "no"),
    (403, "model_region_unavailable", errors.RegionUnavailable, "no"),
    (403, "forbidden", errors.Forbidden, "later"),
    (404, "not_found", errors.NotFound, "no"),
    (409, "not_ready", errors.NotReady, "later"),
    (413, "payload_too_large", errors.PayloadTooLarge, "no"),
    (429, "key_limit_exceeded", errors.KeyLimitExceeded, "later"),
    (429, "rate_limit_error", errors.RateLimited, "yes"),
    (500, "gateway_error", errors.PipelineFailed, "later"),
    (500, "pipeline_execution_error", errors.PipelineFailed, "later"),
    (500, "something_new", errors.ServerFault, "later"),
    (501, "not_implemented_yet", errors.NotImplementedYet, "no"),
    (501, "not_implemented", errors.NotImplementedYet, "no"),
    (502, "upstream_error", errors.UpstreamFailed, "later"),
    (502, "provider_payment_required", errors.ProviderPayment, "later"),
    (502, "google_empty_response", errors.EmptyAnswer, "later"),
    (502, "normalization_failed", errors.NormalizationFailed, "later"),
    (503, "overloaded", errors.ServerFault, "later"),
]


@pytest.mark.parametrize(("status", "code", "kind", "retry"), SENDS)
def test_every_refusal_of_a_send(status: int, code: str, kind: type[GatewayError], retry: str) -> None:
    flat = {"generation_id": "G-1", "status_code": status, "error": code, "description": "The reason."}
    error = error_for("send", status, flat)
    assert type(error) is kind
    assert (error.code, error.retry, error.generation_id) == (code, retry, "G-1")
    assert str(error) == f"{error.title} (HTTP {status}) The reason."
    nested = error_for("send", status, {"error": {"message": "The reason.", "type": "x", "code": code}})
    assert (type(nested), nested.code, nested.message) == (kind, code, "The reason.")


@pytest.mark.parametrize(
    ("origin", "fault"), [("user", "you"), ("gateway", "gateway"), ("upstream", "provider")]
)
def test_the_gateway_says_whose_fault_an_unknown_code_is(origin: str, fault: str) -> None:
    assert error_for("send", 502, {"error": "something_new", "error_origin": origin}).fault == fault
    assert error_for("send", 502, {"error": "upstream_error", "error_origin": origin}).fault == "provider"


@pytest.mark.parametrize("reason", sorted(OF_KEYS))
@pytest.mark.parametrize("member", ["reason", "description"])
def test_every_reason_of_a_401_has_its_own_words(reason: str, member: str) -> None:
    """A lookup has it in `reason`, a POST in `description`."""
    error = error_for("record", 401, {"error": "unauthorised", member: reason})
    assert (error.reason, error.title) == (reason, REASONS[reason].title)
    assert error.advice.startswith(REASONS[reason].advice)
    assert isinstance(error, errors.Unauthorized)


@pytest.mark.parametrize("reason", ["db_error", "server_misconfig_missing_pepper", "oauth_jwks_unavailable"])
@pytest.mark.parametrize("member", ["reason", "description"])
def test_a_fault_of_the_gateway_blames_no_key(reason: str, member: str) -> None:
    error = error_for("send", 401, {"error": "unauthorised", member: reason})
    assert (type(error), error.fault, error.retry) == (errors.AuthUnavailable, "gateway", "yes")
    assert "later" in error.advice


def test_a_reason_that_is_not_known() -> None:
    error = error_for("record", 401, {"error": "unauthorised", "reason": "new"})
    assert (error.title, error.reason) == (errors.Unauthorized.title, "new")


@pytest.mark.parametrize("header", ["", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "-1", "99999999"])
def test_a_retry_after_that_is_no_number_is_left_out(header: str) -> None:
    assert error_for("send", 429, {"error": "x"}, retry_after=header).retry_after is None
    assert error_for("send", 429, {"error": "x"}, retry_after="30").retry_after == 30.0


def test_a_retry_after_that_is_a_date_counts_from_the_answers_own() -> None:
    date, then = "Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:30:00 GMT"
    assert error_for("send", 429, {"error": "x"}, retry_after=then, date=date).retry_after == 120.0
    assert error_for("send", 429, {"error": "x"}, retry_after=date, date=then).retry_after is None


def test_the_gateways_words_are_made_safe_and_short() -> None:
    assert error_for("send", 400, {"error": "x", "description": "a\0b"}).message == "a\u2400b"
    assert len(error_for("send", 400, {"error": "x", "description": "a" * 9000}).message) == 2000
    assert error_for("send", 502, b"upstream is \xff").message == "upstream is \ufffd"
    assert error_for("send", 502, b" <html>x</html>").message == ""


@pytest.mark.parametrize(
    "body", [{"error": 5}, {"error": None}, {"error": []}, {"reason": 1, "error": {"message": 2}}, {}]
)
def test_wrong_types_break_nothing(body: Any) -> None:
    for status in (400, 401, 500):
        error = error_for("send", status, body)
        assert (error.status, error.message, error.code) == (status, "", type(error).code)


def caused(fault: Exception, cause: Exception) -> Exception:
    fault.__cause__ = cause
    return fault


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (httpx.ConnectTimeout("x"), errors.ConnectTimeout),
        (httpx.ReadTimeout("x"), errors.ReadTimeout),
        (httpx.WriteTimeout("x"), errors.ReadTimeout),
        (httpx.ConnectError("x"), errors.ConnectFailed),
        (caused(httpx.ConnectError("x"), socket.gaierror(-2, "x")), errors.Unresolved),
        (caused(httpx.ConnectError("x"), ssl.SSLCertVerificationError("x")), errors.TlsFailed),
        (httpx.ReadError("x"), errors.ConnectionLost),
        (httpx.WriteError("x"), errors.ConnectionLost),
        (httpx.RemoteProtocolError("x"), errors.ConnectionLost),
        (httpx.LocalProtocolError("x"), errors.NotSent),
        (httpx.InvalidURL("x"), errors.NotSent),
        (httpx.DecodingError("x"), errors.Garbled),
        (ConnectionResetError("x"), errors.ConnectionLost),
    ],
)
def test_broken_connections(fault: Exception, kind: type[GatewayError]) -> None:
    error = error_of_exception(fault, sent=True)
    assert type(error) is kind
    assert (error.sent, error.status, str(error)) == (True, None, kind.title)


@pytest.mark.parametrize("kind", all_errors())
def test_each_error_says_what_happened_and_what_to_do(kind: type[GatewayError]) -> None:
    assert kind.title.endswith(".")
    assert kind.advice.endswith(".")
    assert kind.fault in FAULTS
    assert kind.retry in ("no", "later", "yes")
    assert kind.__name__ in (errors.__doc__ or "")


def test_codes_distinguish_classes() -> None:
    codes = [kind.code for kind in all_errors()]
    assert len(codes) == len(set(codes))


def test_an_error_survives_pickling() -> None:
    error = error_for("send", 402, {"error": "insufficient_funds", "description": "No money."})
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.body) == (type(error), str(error), error.body)
