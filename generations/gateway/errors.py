"""One exception tree. Each error says what happened, whose fault it is, what to do, and whether a retry may
help.

    GatewayError
    |-- NotReached              Unresolved  ConnectFailed  ConnectTimeout  TlsFailed  ReadTimeout  Overdue
    |                           ConnectionLost  NotSent  Stopped
    |-- NotGateway              HtmlAnswer  Redirected  WrongPath  Crashed  Garbled
    |-- RecordTooLarge
    |-- Refused
    |   |-- BadRequest       400    MissingId  InvalidId  InvalidJson  ValidationFailed  ModelRequired
    |   |                           NotSupported  UnsupportedModel  UnsupportedModalities  ProviderConflict
    |   |                           UnsupportedFilter
    |   |-- Unauthorised     401    (its reason decides the words)  AuthUnavailable
    |   |-- PaymentRequired  402    InsufficientFunds  PricingMissing
    |   |-- Forbidden        403    InsufficientScope  GuardrailBlocked  RegionUnavailable
    |   |-- NotFound         404    RecordNotFound
    |   `-- TooLarge         413
    |-- NotReady             409
    |-- RateLimited          429    KeyLimitExceeded
    `-- ServerFault          5xx    DatabaseFault  PipelineFailed  NotImplementedYet  UpstreamFailed
                                    ProviderPayment  EmptyAnswer  NormalizationFailed

contract: "Authentication and errors". `generations.gateway.faults` picks the class for an answer or a lost
connection. No error carries a credential.
"""

from typing import Literal, TypeAlias

from generations.gateway.jsontext import Value

Whose: TypeAlias = Literal["you", "gateway", "provider", "network", "retake"]
Retry: TypeAlias = Literal["no", "later", "yes"]


class GatewayError(Exception):
    """Something went wrong between Retake and the gateway.

    code: the gateway's own error code, else this class's; title: what happened; advice: what to do; fault:
    whose; retry: may the same call help ("yes" soon, "later", "no"); status: HTTP status or None; body: the
    answer as received, credentials removed; sent: may the request have reached the gateway (and been
    charged)? message, reason, generation_id, retry_after (seconds) and told (the parsed answer) are what the
    gateway said.
    """

    code = "gateway_error"
    title = "The gateway answered with an error."
    advice = "Try again later. If it stays, ask the people who run the gateway."
    fault: Whose = "gateway"
    retry: Retry = "later"

    def __init__(
        self, message: str = "", *, status: int | None = None, body: bytes = b"", sent: bool = False
    ) -> None:
        super().__init__(message)
        self.message, self.status, self.body, self.sent = message, status, body, sent
        self.reason = ""
        self.generation_id: str | None = None
        self.retry_after: float | None = None
        self.told: dict[str, Value] = {}

    def __str__(self) -> str:
        status = f" (HTTP {self.status})" if self.status else ""
        return f"{self.title}{status} {self.message}".strip()


class NotReached(GatewayError):
    code = "not_reached"
    title = "The connection to the gateway failed."
    advice = "Check the gateway's address and this server's network, then try again."
    fault: Whose = "network"


class Unresolved(NotReached):
    code = "unresolved"
    title = "The gateway's host name is not known."
    advice = "Check the address of the connection for a slip, and this server's name service."


class ConnectFailed(NotReached):
    code = "connect_failed"
    title = "Nothing accepted the connection at the gateway's address."
    advice = "Check the address and port. If they are right, the gateway is down: try again later."


class ConnectTimeout(NotReached):
    code = "connect_timeout"
    title = "The gateway did not accept the connection in time."
    advice = "Try again later. If it stays, a firewall may be in the way."


class TlsFailed(NotReached):
    code = "tls_failed"
    title = "The encrypted connection to the gateway could not be made."
    advice = "Check the gateway's certificate and this server's clock. SSL_CERT_FILE names the authorities."
    retry: Retry = "no"


class ReadTimeout(NotReached):
    code = "read_timeout"
    title = "The gateway accepted the request and then stayed silent for too long."


class Overdue(NotReached):
    code = "overdue"
    title = "The gateway's answer came so slowly that Retake stopped waiting."
    advice = "Try again later. The gateway still has what was asked for."


class ConnectionLost(NotReached):
    code = "connection_lost"
    title = "The connection broke before the answer was complete."
    advice = "Try again later. A request that was sent may have been carried out and charged."


class NotSent(NotReached):
    code = "not_sent"
    title = "The request could not be written as HTTP, so it was not sent."
    advice = "Check the gateway's address and the extra headers."
    fault: Whose = "retake"
    retry: Retry = "no"


class Stopped(NotReached):
    code = "stopped"
    title = "Retake ended the connection on purpose."
    advice = "The gateway may still finish and charge a request that had been sent."
    fault: Whose = "retake"
    retry: Retry = "no"


class NotGateway(GatewayError):
    code = "not_gateway"
    title = "The answer is not one of the gateway."
    advice = "Check the connection's address. A proxy before the gateway may have answered: try again later."


class HtmlAnswer(NotGateway):
    code = "html_answer"
    title = "A web page came instead of the gateway's answer."


class Redirected(NotGateway):
    code = "redirected"
    title = (
        "The gateway's address sends callers elsewhere. Retake does not follow, so that no key goes astray."
    )
    advice = "Set the connection to the gateway's final address."
    fault: Whose = "you"
    retry: Retry = "no"


class WrongPath(NotGateway):
    code = "wrong_path"
    title = "There is no such path at this address."
    advice = "Check the address of the connection: it should end in /v1, and the gateway must not be too old."
    fault: Whose = "you"
    retry: Retry = "no"


class Crashed(NotGateway):
    code = "crashed"
    title = "The gateway failed on the request without saying why."


class Garbled(NotGateway):
    code = "garbled"
    title = "The answer could not be decompressed or decoded."
    advice = "Try again. If it stays, something between Retake and the gateway damages answers."


class RecordTooLarge(GatewayError):
    code = "record_too_large"
    title = "The record is larger than Retake may read."
    advice = "Nothing is lost: the gateway still has it. Raise MAX_RECORD_MB to read it."
    fault: Whose = "retake"
    retry: Retry = "no"


class Refused(GatewayError):
    """The gateway understood and says no: the same request again gets the same answer."""

    code = "refused"
    title = "The gateway refuses the request."
    fault: Whose = "you"
    retry: Retry = "no"


class BadRequest(Refused):
    code = "bad_request"
    title = "The gateway refuses the request as it is."
    advice = "Change the request as the gateway's words say."


class MissingId(BadRequest):
    code = "missing_id"
    title = "No request ID was given."
    advice = "Paste a request ID."


class InvalidId(BadRequest):
    code = "invalid_id"
    title = "This cannot be a request ID."
    advice = (
        "A request ID has no blanks and at most 256 characters, for example G- and 26 letters and digits."
    )


class InvalidJson(BadRequest):
    code = "invalid_json"
    title = "The gateway could not read the body as JSON."
    advice = "The stored body is damaged or was never JSON. Edit it before sending."


class ValidationFailed(BadRequest):
    code = "validation_error"
    title = "The body does not fit the endpoint."
    advice = "Correct the fields that the gateway names."


class ModelRequired(BadRequest):
    code = "model_required"
    title = "The body names no model."
    advice = "Add a model."


class NotSupported(BadRequest):
    code = "not_supported"
    title = "The gateway does not support this request."
    advice = "Change the request or choose another model."


class UnsupportedModel(BadRequest):
    code = "unsupported_model_or_endpoint"
    title = "The model is not offered at this endpoint."
    advice = "Choose another model. The gateway may have dropped this one."


class UnsupportedModalities(BadRequest):
    code = "unsupported_modalities"
    title = "The model does not take or give this kind of content."
    advice = "Choose a model for this kind of content."


class ProviderConflict(BadRequest):
    code = "provider_qualified_model_conflict"
    title = "The model names a provider, and the provider list contradicts it."
    advice = "Name the provider in one place only."


class UnsupportedFilter(BadRequest):
    code = "unsupported_routing_filter"
    title = "The body uses a routing filter that the gateway does not support."
    advice = "Remove data_collection, enforce_distillable_text or quantizations."


class Unauthorised(Refused):
    code = "unauthorised"
    title = "The gateway does not accept the credential."
    advice = "Save a valid credential in the connection."


class AuthUnavailable(Unauthorised):
    code = "auth_unavailable"
    title = "The gateway could not check the credential."
    advice = "The fault is the gateway's own. Try again in a moment."
    fault: Whose = "gateway"
    retry: Retry = "yes"


class PaymentRequired(Refused):
    code = "payment_required"
    title = "The gateway asks for payment."
    advice = "Top up the gateway's balance."


class InsufficientFunds(PaymentRequired):
    code = "insufficient_funds"
    title = "The balance at the gateway is too low."
    advice = "Top it up, or use a :free model. The gateway wants at least one dollar."


class PricingMissing(PaymentRequired):
    code = "pricing_not_configured"
    title = "The gateway has no price for this model and endpoint."
    advice = "Choose another model or provider, or ask the people who run the gateway."
    fault: Whose = "gateway"


class Forbidden(Refused):
    code = "forbidden"
    title = "The credential may not do this."
    advice = "Use a credential with this right."


class InsufficientScope(Forbidden):
    code = "insufficient_scope"
    title = "The credential lacks a scope."
    advice = "Use a credential with generations:read."


class GuardrailBlocked(Forbidden):
    code = "guardrail_blocked"
    title = "A guardrail of the workspace blocked the request."
    advice = "Change the request, or the guardrail at the gateway."


class RegionUnavailable(Forbidden):
    code = "model_region_unavailable"
    title = "The model is not offered in the region that the request may use."
    advice = "Choose another model or loosen the region."


class NotFound(Refused):
    code = "not_found"
    title = "The gateway does not know what was asked for."
    advice = "Check the names in the request."


class RecordNotFound(NotFound):
    code = "record_not_found"
    title = "The gateway has no record of this ID for this credential's workspace."
    advice = "A fresh record appears some seconds after its answer. Otherwise check the ID and the workspace."
    retry: Retry = "later"


class NotReady(GatewayError):
    code = "not_ready"
    title = "The gateway is not ready with this yet."


class TooLarge(Refused):
    code = "payload_too_large"
    title = "The body is larger than the gateway takes."
    advice = "The gateway takes 16 MiB of JSON. Shorten the body."


class RateLimited(GatewayError):
    code = "rate_limited"
    title = "The gateway asks to slow down."
    fault: Whose = "you"


class KeyLimitExceeded(RateLimited):
    code = "key_limit_exceeded"
    title = "The key has reached its limit of spending or requests."
    advice = "Wait until the limit is reset, or raise it at the gateway."


class ServerFault(GatewayError):
    code = "server_fault"
    title = "The gateway failed."


class DatabaseFault(ServerFault):
    code = "db_error"
    title = "The gateway's database failed, or it holds two rows for this ID."
    advice = "Try again. If it stays, the ID is recorded twice: only the people who run the gateway can help."
    retry: Retry = "yes"


class PipelineFailed(ServerFault):
    code = "pipeline_execution_error"
    title = "The gateway failed while it worked on the request."
    advice = "It may have been charged. Look at the record before sending it again."


class NotImplementedYet(ServerFault):
    code = "not_implemented"
    title = "The gateway does not offer this endpoint."
    advice = "It cannot be replayed for now."
    retry: Retry = "no"


class UpstreamFailed(ServerFault):
    code = "upstream_error"
    title = "The provider behind the gateway failed."
    advice = "Try again later, or choose another provider. It may have been charged."
    fault: Whose = "provider"


class ProviderPayment(ServerFault):
    code = "provider_payment_required"
    title = "The provider wants payment from the gateway."
    advice = "Choose another provider, or ask the people who run the gateway."
    fault: Whose = "provider"


class EmptyAnswer(ServerFault):
    code = "google_empty_response"
    title = "The provider gave an empty answer."
    advice = "Try again, or choose another provider."
    fault: Whose = "provider"
    retry: Retry = "yes"


class NormalizationFailed(ServerFault):
    code = "normalization_failed"
    title = "The gateway could not make sense of the provider's answer."
    advice = "Try again later, or choose another provider. It may have been charged."
