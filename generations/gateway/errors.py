"""One exception tree. Each error states what happened, whose fault it is, what to do, and whether a retry may
help.

    GatewayError
    |-- NotReached              Unresolved  ConnectFailed  ConnectTimeout  TlsFailed  ReadTimeout  Overdue
    |                           ConnectionLost  NotSent  Stopped
    |-- NotGateway              HtmlAnswer  Redirected  WrongPath  Crashed  Garbled
    |                           Undecodable  HeadTooLarge  HeadTooSlow
    |-- RecordTooLarge
    |-- RequestRefused
    |   |-- BadRequest       400    MissingId  InvalidId  InvalidJson  ValidationFailed  ModelRequired
    |   |                           NotSupported  UnsupportedModel  UnsupportedModalities  ProviderConflict
    |   |                           UnsupportedFilter
    |   |-- Unauthorized     401    (its reason decides the words)  AuthUnavailable
    |   |-- PaymentRequired  402    InsufficientFunds  PricingMissing
    |   |-- Forbidden        403    InsufficientScope  GuardrailBlocked  RegionUnavailable
    |   |-- NotFound         404    RecordNotFound
    |   `-- PayloadTooLarge  413
    |-- NotReady             409
    |-- RateLimited          429    KeyLimitExceeded
    `-- ServerFault          5xx    DatabaseFault  PipelineFailed  NotImplementedYet  UpstreamFailed
                                    ProviderPayment  EmptyAnswer  NormalizationFailed

contract: "Authentication and errors". The words are those of the catalogue; `error_mapping` picks the
class for an answer or a lost connection. No error carries a credential.
"""

from generations.gateway.error_catalogue import (
    CODES,
    CONNECTIONS,
    REASONS,
    STATUSES,
    CatalogueEntry,
    Retry,
    Whose,
)
from generations.gateway.rawjson.values import Value


class GatewayError(Exception):
    """Something went wrong between Retake and the gateway.

    code: the gateway's own error code, else this class's; title: what happened; advice: what to do; fault:
    whose; retry: may the same call help ("yes" soon, "later", "no"); status: HTTP status or None; body: the
    answer as received, credentials removed; sent: may the request have reached the gateway (and been
    charged)? message, reason, generation_id, retry_after (seconds) and payload (the error body in the gateway's
    flat form, see `error_bodies`) come from the gateway.
    """

    code = "unknown_error"
    title = "The gateway answered with an error."
    advice = "Try again later. If it keeps happening, contact the gateway's support."
    fault: Whose = "gateway"
    retry: Retry = "later"

    def __init_subclass__(cls, status: str = "") -> None:
        """The words of the catalogue: of the class's code, or of an HTTP status. Raises KeyError if it has none."""
        super().__init_subclass__()
        entry = STATUSES[status] if status else (CODES | CONNECTIONS | REASONS)[cls.code]
        cls.title, cls.advice = entry.words()
        cls.fault, cls.retry = entry.fault, entry.retry

    def __init__(
        self, message: str = "", *, status: int | None = None, body: bytes = b"", sent: bool = False
    ) -> None:
        super().__init__(message)
        self.message, self.status, self.body, self.sent = message, status, body, sent
        self.reason = ""
        self.generation_id: str | None = None
        self.retry_after: float | None = None
        self.payload: dict[str, Value] = {}

    def explain(self, entry: CatalogueEntry, names: dict[str, str]) -> None:
        """Replace the class's words by those of a more specific entry."""
        self.title, self.advice = entry.words(names)
        self.fault, self.retry = entry.fault, entry.retry

    def __str__(self) -> str:
        status = f" (HTTP {self.status})" if self.status else ""
        return f"{self.title}{status} {self.message}".strip()


class NotReached(GatewayError):
    code = "not_reached"


class Unresolved(NotReached):
    code = "unresolved"


class ConnectFailed(NotReached):
    code = "connect_failed"


class ConnectTimeout(NotReached):
    code = "connect_timeout"


class TlsFailed(NotReached):
    code = "tls_failed"


class ReadTimeout(NotReached):
    code = "read_timeout"


class Overdue(NotReached):
    code = "overdue"


class ConnectionLost(NotReached):
    code = "connection_lost"


class NotSent(NotReached):
    code = "not_sent"


class Stopped(NotReached):
    code = "stopped"


class NotGateway(GatewayError):
    code = "not_gateway"


class HtmlAnswer(NotGateway):
    code = "html_answer"


class Redirected(NotGateway):
    code = "redirected"


class WrongPath(NotGateway):
    code = "wrong_path"


class Crashed(NotGateway):
    code = "crashed"


class Garbled(NotGateway):
    code = "garbled"


class Undecodable(NotGateway):
    code = "undecodable"


class HeadTooLarge(NotGateway):
    code = "head_too_large"


class HeadTooSlow(NotGateway):
    code = "head_too_slow"


class RecordTooLarge(GatewayError):
    code = "record_too_large"


class RequestRefused(GatewayError, status="400"):
    """The gateway refuses the request: sending it again gets the same answer."""

    code = "refused"


class BadRequest(RequestRefused, status="400"):
    code = "bad_request"


class MissingId(BadRequest):
    code = "missing_id"


class InvalidId(BadRequest):
    code = "invalid_id"


class InvalidJson(BadRequest):
    code = "invalid_json"


class ValidationFailed(BadRequest):
    code = "validation_error"


class ModelRequired(BadRequest):
    code = "model_required"


class NotSupported(BadRequest):
    code = "not_supported"


class UnsupportedModel(BadRequest):
    code = "unsupported_model_or_endpoint"


class UnsupportedModalities(BadRequest):
    code = "unsupported_modalities"


class ProviderConflict(BadRequest):
    code = "provider_qualified_model_conflict"


class UnsupportedFilter(BadRequest):
    code = "unsupported_routing_filter"


class Unauthorized(RequestRefused):
    code = "unauthorised"


class AuthUnavailable(Unauthorized):
    code = "auth_unavailable"


class PaymentRequired(RequestRefused, status="402"):
    code = "payment_required"


class InsufficientFunds(PaymentRequired):
    code = "insufficient_funds"


class PricingMissing(PaymentRequired):
    code = "pricing_not_configured"


class Forbidden(RequestRefused, status="403"):
    code = "forbidden"


class InsufficientScope(Forbidden):
    code = "insufficient_scope"


class GuardrailBlocked(Forbidden):
    code = "guardrail_blocked"


class RegionUnavailable(Forbidden):
    code = "model_region_unavailable"


class NotFound(RequestRefused):
    code = "not_found"


class RecordNotFound(NotFound):
    code = "record_not_found"


class NotReady(GatewayError):
    code = "not_ready"


class PayloadTooLarge(RequestRefused):
    code = "payload_too_large"


class RateLimited(GatewayError, status="429"):
    code = "rate_limited"


class KeyLimitExceeded(RateLimited):
    code = "key_limit_exceeded"


class ServerFault(GatewayError, status="500"):
    code = "server_fault"


class DatabaseFault(ServerFault):
    code = "db_error"


class PipelineFailed(ServerFault):
    code = "pipeline_execution_error"


class NotImplementedYet(ServerFault):
    code = "not_implemented"


class UpstreamFailed(ServerFault):
    code = "upstream_error"


class ProviderPayment(ServerFault):
    code = "provider_payment_required"


class EmptyAnswer(ServerFault):
    code = "google_empty_response"


class NormalizationFailed(ServerFault):
    code = "normalization_failed"
