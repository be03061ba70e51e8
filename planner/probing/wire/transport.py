"""The httpx transport that litellm is handed: times are taken where bytes arrive, litellm gets the answer afterwards.

Both ways are documented arguments: `client=openai.AsyncOpenAI(http_client=...)` for providers that litellm reaches
with OpenAI's SDK, `client=AsyncHTTPHandler(transport=...)` for the others.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import httpx

from planner.probing.wire.bodies import Body, read_body
from planner.probing.wire.events import Stream, times_of
from planner.probing.wire.messages import MOST_BYTES, Timeouts, WireRequest, WireResponse
from planner.probing.wire.reader import Reader

_REFUSED: Final = "a second request for one question was held back: it would not be covered by the spending cap"
_FIXED_BYTES: Final = 4 * 1024 * 1024
_TOKEN_BYTES: Final = 1024
_LARGEST_BYTES: Final = 256 * 1024 * 1024
"""Largest body: an event of a token takes 150 to 600 bytes, and there are heads, comments and a usage beside."""
_HOP_HEADERS: Final = {"host", "content-length", "connection", "accept-encoding", "transfer-encoding"}


@dataclass(frozen=True, slots=True)
class Times:
    """When things happened on the wire, in ms."""

    sent: float
    """`time.perf_counter`, seconds."""
    ttft_ms: float | None
    """None: no token came."""
    total_ms: float
    gaps_ms: tuple[float, ...]
    lag_ms: float
    streams: int


@dataclass(slots=True)
class Exchange:
    """What one question did on the wire; filled in by the transport."""

    timeouts: Timeouts
    most_bytes: int = MOST_BYTES
    response: WireResponse | None = None
    body: Body | None = None
    """None: no response with status 200 came through the transport."""
    refused: int = 0
    """Requests that litellm would have sent on top of the one reserved for."""

    @property
    def stream(self) -> Stream | None:
        """The answer as a stream; None where only litellm reads its format."""
        return self.body.stream if self.body is not None else None

    def times(self) -> Times | None:
        """The times of the exchange; None when nothing was sent through the transport."""
        response = self.response
        if response is None or response.sent is None:
            return None
        ends = self.stream.token_ends if self.stream else ()
        whens = times_of(ends, response.reads) if ends else tuple(when for when, _ in response.reads)
        gaps = tuple(1e3 * (later - when) for when, later in pairwise(whens))
        if self.body is not None and self.body.whole:
            whens, gaps = (), ()
        first = 1e3 * (whens[0] - response.sent) if whens else None
        return Times(
            response.sent, first, 1e3 * (response.ended - response.sent), gaps, response.lag_ms, response.streams
        )


_EXCHANGE: Final[ContextVar[Exchange | None]] = ContextVar("planner_probe_exchange", default=None)
"""The exchange of the question that the running task asks."""


def begin_exchange(timeouts: Timeouts, most_tokens: int) -> Exchange:
    """Tie the requests that this task sends from now on to a new exchange, for an answer of at most so many tokens."""
    most_bytes = min(_FIXED_BYTES + _TOKEN_BYTES * most_tokens, _LARGEST_BYTES)
    exchange = Exchange(timeouts, most_bytes)
    _EXCHANGE.set(exchange)
    return exchange


class TimedTransport(httpx.AsyncBaseTransport):
    """Sends through the reader process; gives httpx the whole response once it has ended."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, keep its times, answer with its body in as few events as possible."""
        exchange = _EXCHANGE.get() or Exchange(Timeouts())
        if exchange.response is not None and exchange.response.sent is not None:
            exchange.refused += 1
            raise httpx.ReadError(_REFUSED, request=request)
        response = await self._reader.send(await _wire_request(request, exchange))
        exchange.response = response
        body = response.body
        _raise_fault(response, request)
        if response.status == 200:
            exchange.body = read_body(response)
            body = exchange.body.content
            if exchange.body.lacking:
                raise httpx.ReadError(exchange.body.lacking, request=request)
            if exchange.body.whole:
                headers = [("content-type", "text/event-stream")]
                return httpx.Response(200, headers=headers, content=body, request=request)
        return httpx.Response(response.status, headers=list(response.headers), content=body, request=request)


async def _wire_request(request: httpx.Request, exchange: Exchange) -> WireRequest:
    headers = tuple((name, value) for name, value in request.headers.items() if name.lower() not in _HOP_HEADERS)
    # Compressed streams arrive in bursts: the times would be the compressor's.
    headers += (("accept-encoding", "identity"),)
    body = await request.aread()
    return WireRequest(0, request.method, str(request.url), headers, body, exchange.timeouts, exchange.most_bytes)


def _raise_fault(response: WireResponse, request: httpx.Request) -> None:
    """Tell httpx's user what went wrong; never an error that litellm answers with another request."""
    if response.fault == "":
        return
    if response.fault == "connect":
        raise httpx.ConnectError(response.detail, request=request)
    if response.fault == "cut":
        raise httpx.ReadError(response.detail, request=request)
    raise httpx.ReadTimeout(response.fault, request=request)
