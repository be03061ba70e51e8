"""Everything that can go wrong with a request, told in our kinds: litellm's exceptions and the wire's faults."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from planner.probing.wire.messages import WireResponse
from planner.probing.wire.questions import Failure, FailureKind
from planner.probing.wire.redact import redact
from planner.probing.wire.transport import Exchange

KIND_OF_EXCEPTION: Final[Mapping[str, FailureKind]] = {
    "APIConnectionError": "connection",
    "APIError": "server",
    "APIResponseValidationError": "malformed",
    "AuthenticationError": "auth",
    "BadGatewayError": "server",
    "BadRequestError": "bad_request",
    "BlockedPiiEntityError": "content_filter",
    "BudgetExceededError": "payment",
    "ContentPolicyViolationError": "content_filter",
    "ContextWindowExceededError": "context_window",
    "GuardrailRaisedException": "content_filter",
    "ImageFetchError": "bad_request",
    "InternalServerError": "server",
    "InvalidRequestError": "bad_request",
    "JSONSchemaValidationError": "malformed",
    "LiteLLMUnknownProvider": "not_found",
    "MidStreamFallbackError": "connection",
    "MockException": "internal",
    "ModelNotMappedError": "not_found",
    "ModifyResponseException": "content_filter",
    "NotFoundError": "not_found",
    "OpenAIError": "server",
    "PaymentRequiredError": "payment",
    "PermissionDeniedError": "auth",
    "RateLimitError": "rate_limit",
    "RejectedRequestError": "content_filter",
    "SensitiveDataRouteException": "content_filter",
    "ServiceUnavailableError": "server",
    "Timeout": "timeout",
    "UnprocessableEntityError": "bad_request",
    "UnsupportedParamsError": "unsupported",
    "VectorStoreSearchError": "bad_request",
}
"""litellm's exceptions by name, so that naming them needs no import of litellm; a test compares with the real ones."""
_KIND_OF_STATUS: Final[Mapping[int, FailureKind]] = {
    401: "auth",
    402: "payment",
    403: "auth",
    404: "not_found",
    408: "timeout",
    413: "context_window",
    429: "rate_limit",
}
_PREFIX: Final = re.compile(r"^(?:litellm\.)?(?:\w+(?:Error|Exception)\s*(?::|-)\s*)+|^litellm\.Timeout:\s*")
_MOST_WAIT_S: Final = 3600.0


def failure_of(exc: Exception, exchange: Exchange, secrets: tuple[str, ...], now: datetime) -> Failure:
    """What an exception means: what the wire saw comes first, litellm's own reading second."""
    response = exchange.response
    if response is not None and response.fault:
        return _wire_failure(response, secrets)
    if exchange.body is not None and exchange.body.lacking:
        return _told("malformed", redact(exchange.body.lacking, secrets), response, billed=exchange.body.billed)
    kind = _kind_of(exc)
    status = response.status if response is not None else 0
    if status == 200 and kind not in {"content_filter", "context_window"}:
        message = exchange.stream.malformed if exchange.stream and exchange.stream.malformed else _words(exc, secrets)
        return _told("malformed", message, response, billed=True)
    if status >= 400 and kind in {"server", "connection", "bad_request", "internal"}:
        kind = _KIND_OF_STATUS.get(status, "server" if status >= 500 else "bad_request")
    billed = response is not None and status < 400
    return _told(kind, _words(exc, secrets), response, billed=billed, wait_s=retry_after_s(response, now))


def unfinished(exchange: Exchange) -> Failure | None:
    """A stream that ended without its end, or with events that cannot be read, although no exception said so."""
    stream = exchange.stream
    if stream is None:
        return None
    if stream.malformed:
        return _told("malformed", stream.malformed, exchange.response, billed=True)
    if stream.finished is False:
        message = "the stream ended before the answer was finished"
        return _told("connection", message, exchange.response, billed=True)
    return None


def no_answer(exchange: Exchange) -> Failure:
    """Something came that holds neither text nor an end: no answer, and never graded as one."""
    stream = exchange.stream
    billed = stream is None or stream.has_usage or bool(stream.token_ends)
    return _told("malformed", "nothing of an answer came", exchange.response, billed=billed)


def timed_out(exchange: Exchange) -> Failure:
    """The whole question took longer than it may, on a path whose time-outs are not ours."""
    message = f"no whole answer within {exchange.timeouts.total_s:g} s"
    return _told("timeout", message, exchange.response, billed=True)


def retry_after_s(response: WireResponse | None, now: datetime) -> float | None:
    """Seconds that a refusal asks to wait (RFC 9110, 10.2.3: seconds or a date); None when it doesn't say."""
    if response is None:
        return None
    text = next((value for name, value in response.headers if name.lower() == "retry-after"), None)
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            when = parsedate_to_datetime(text)
        except ValueError:
            return None
        seconds = ((when if when.tzinfo else when.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(seconds, 0.0), _MOST_WAIT_S)


def _wire_failure(response: WireResponse, secrets: tuple[str, ...]) -> Failure:  # noqa: PLR0911 (one line a fault)
    received = f"{len(response.body)} bytes had come"
    if response.fault == "connect":
        return _told("connection", f"cannot connect: {redact(response.detail, secrets)}", response, billed=False)
    if response.fault == "timeout_connect":
        return _told("timeout", "no connection within the time allowed", response, billed=False)
    if response.fault == "timeout_first":
        return _told("timeout", "no first byte of an answer within the time allowed", response, billed=True)
    if response.fault == "timeout_total":
        return _told("timeout", f"the answer did not end within the time allowed; {received}", response, billed=True)
    if response.fault == "too_big":
        return _told("malformed", f"{response.detail}: more than an answer may have", response, billed=True)
    if response.fault == "packed":
        return _told("malformed", f"a body packed as {redact(response.detail, secrets)}", response, billed=True)
    detail = redact(response.detail, secrets)
    return _told("connection", f"the connection was cut; {received} ({detail})", response, billed=True)


def _told(
    kind: FailureKind, message: str, response: WireResponse | None, *, billed: bool, wait_s: float | None = None
) -> Failure:
    lag_ms = response.lag_ms if response is not None else None
    return Failure(kind, message, billed, wait_s, lag_ms, response.streams if response is not None else 1)


def _kind_of(exc: Exception) -> FailureKind:
    for base in type(exc).__mro__:
        if base.__name__ in KIND_OF_EXCEPTION:
            return KIND_OF_EXCEPTION[base.__name__]
    return "internal"


def _words(exc: Exception, secrets: tuple[str, ...]) -> str:
    text = redact(str(getattr(exc, "message", "") or exc), secrets)
    return _PREFIX.sub("", text) or type(exc).__name__
