"""The proxy's log of requests: one JSON line each, without what was asked and answered.

Copied beside the exported configuration and loaded by the proxy as `request_log.handler`; it knows nothing of planner.
The lines are LiteLLM's StandardLoggingPayload less its texts; `planner drift` reads them.
"""

import json
import os
from pathlib import Path
from typing import Any

from litellm.integrations.custom_logger import CustomLogger

_LEFT_OUT = ("messages", "response", "model_parameters", "error_str", "error_information", "requester_ip_address")


class RequestLog(CustomLogger):
    """Appends a line for every request, answered or failed."""

    async def async_log_success_event(self, kwargs: dict[str, Any], **_rest: object) -> None:
        """Write one answered request."""
        _write(kwargs)

    async def async_log_failure_event(self, kwargs: dict[str, Any], **_rest: object) -> None:
        """Write one failed request."""
        _write(kwargs)


def _write(kwargs: dict[str, Any]) -> None:
    payload = kwargs.get("standard_logging_object")
    if not isinstance(payload, dict):
        return
    kept = {name: _without(value) for name, value in payload.items() if name not in _LEFT_OUT}
    kept |= _planned(kwargs, payload)
    path = Path(os.environ.get("REQUEST_LOG", "requests.jsonl"))
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(kept, default=str) + "\n")


def _planned(kwargs: dict[str, Any], payload: dict[str, Any]) -> dict[str, object]:
    """What the client asked for (the segment, also where a stand-in answers), and the planner's name of the model."""
    params = kwargs.get("litellm_params") or {}
    body = (params.get("proxy_server_request") or {}).get("body") or {}
    asked = body.get("model") or payload.get("model_group")
    planned = (params.get("model_info") or {}).get("planned_model")
    found: dict[str, object] = {"requested_model": asked}
    if planned:
        found |= {"model": planned, "model_called": payload.get("model")}
    return found


def _without(value: object) -> object:
    """A part without what may name a person."""
    if not isinstance(value, dict):
        return value
    return {name: inner for name, inner in value.items() if name not in _LEFT_OUT}


handler = RequestLog()
