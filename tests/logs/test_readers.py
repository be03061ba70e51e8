"""Readers of gateways and observability tools: each on files of its own layout, on both sides of its trap."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from planner.catalog.load import load_catalog
from planner.errors import InputError
from planner.logs import Asked, profile_log, read_logs, workload_of

Reads = Callable[..., list[dict[str, Any]]]
Writes = Callable[..., Path]


def _spend(request: str, **more: Any) -> dict[str, Any]:
    return {
        "request_id": request, "call_type": "acompletion", "startTime": "2026-11-02T10:00:00Z",
        "endTime": "2026-11-02T10:00:02Z", "completionStartTime": "2026-11-02T10:00:00.400000Z", "model": "gpt-4o-mini",
        "model_group": "mini", "custom_llm_provider": "openai", "prompt_tokens": 1000, "completion_tokens": 200,
        "total_tokens": 1200, "spend": 0.0003, "cache_hit": "False", "status": "success",
        "request_tags": ["User-Agent: curl", "triage"], "metadata": {}, **more,
    }  # fmt: skip


def _details(**usage: Any) -> dict[str, Any]:
    return {"additional_usage_values": usage}


def test_a_spend_log_counts_cached_tokens_within_the_prompt_and_reasoning_within_the_completion(
    jsonl: Writes, read_rows: Reads
) -> None:
    usage = _details(prompt_tokens_details={"cached_tokens": 600}, completion_tokens_details={"reasoning_tokens": 150})
    row = read_rows(jsonl([_spend("a", metadata=usage)]))[0]
    assert (row["input_tokens"], row["cached_tokens"]) == (1000.0, 600.0)
    assert (row["output_tokens"], row["reasoning_tokens"]) == (50.0, 150.0)
    assert (row["latency_ms"], row["ttft_ms"], row["segment"]) == (2000.0, 400.0, "triage")
    assert (row["model"], row["provider"], row["cost_usd"]) == ("gpt-4o-mini", "openai", 0.0003)


def test_a_spend_log_whose_total_counts_reasoning_beside_keeps_the_whole_completion(
    jsonl: Writes, read_rows: Reads
) -> None:
    usage = _details(completion_tokens_details={"reasoning_tokens": 150})
    row = read_rows(jsonl([_spend("a", total_tokens=1350, metadata=usage)]))[0]
    assert (row["output_tokens"], row["reasoning_tokens"]) == (200.0, 150.0)


def test_a_request_that_was_not_streamed_has_no_first_token(jsonl: Writes, read_rows: Reads) -> None:
    row = read_rows(jsonl([_spend("a", completionStartTime="2026-11-02T10:00:02Z")]))[0]
    assert row["ttft_ms"] is None


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({}, "served"),
        ({"cache_hit": "True"}, "cache_hit"),
        ({"request_id": "a_cache_hit1790000000.5"}, "cache_hit"),
        ({"metadata": {"internal_call_origin": "shadow_eval"}}, "internal"),
        ({"metadata": {"internal_call_origin": ""}}, "served"),
        ({"metadata": {"internal_call_origin": None}}, "served"),
        ({"call_type": "aembedding"}, "other"),
        ({"call_type": "acreate_batch"}, "other"),
        ({"call_type": "aresponses"}, "served"),
        ({"status": "failure", "prompt_tokens": 0, "completion_tokens": 0}, "failed"),
    ],
)
def test_a_spend_log_tells_traffic_from_its_own_calls(
    jsonl: Writes, read_rows: Reads, change: dict[str, Any], kind: str
) -> None:
    assert [row["kind"] for row in read_rows(jsonl([_spend("a") | change]))] == [kind]


def test_a_spend_log_as_csv_holds_its_metadata_as_text(csv_file: Writes, read_rows: Reads) -> None:
    usage = json.dumps(_details(prompt_tokens_details={"cached_tokens": 600})).replace('"', '""')
    head = "request_id,startTime,endTime,model,prompt_tokens,completion_tokens,spend,metadata,request_tags\n"
    line = f'a,2026-11-02 10:00:00,2026-11-02 10:00:01.5,gpt-4o,1000,200,0.01,"{usage}","[""triage""]"\n'
    row = read_rows(csv_file(head + line))[0]
    assert (row["cached_tokens"], row["segment"], row["latency_ms"]) == (600.0, "triage", 1500.0)


def test_metadata_that_is_no_json_is_a_fault_not_a_guess(csv_file: Writes, read_rows: Reads) -> None:
    head = "request_id,startTime,model,prompt_tokens,completion_tokens,metadata\n"
    rows = read_rows(csv_file(head + "a,2026-11-02 10:00:00,m,10,2,\"{'a': 1}\"\nb,2026-11-02 10:00:00,m,10,2,{}\n"))
    assert [(row["kind"], row["reason"]) for row in rows] == [("fault", "JSON that cannot be read"), ("served", None)]


def test_the_payload_of_a_litellm_callback_counts_in_epoch_seconds(jsonl: Writes, read_rows: Reads) -> None:
    payload = {
        "id": "chatcmpl-1", "trace_id": "t1", "call_type": "acompletion", "response_cost": 0.002, "status": "success",
        "custom_llm_provider": "anthropic", "total_tokens": 1200, "prompt_tokens": 1000, "completion_tokens": 200,
        "startTime": 1793613600.25, "endTime": 1793613602.75, "completionStartTime": 1793613601.0, "response_time": 2.5,
        "model": "claude-sonnet-4-5", "model_group": "sonnet", "cache_hit": None, "request_tags": [],
        "metadata": {"usage_object": {"cache_read_input_tokens": 700, "cache_creation_input_tokens": 100}},
    }  # fmt: skip
    row = read_rows(jsonl([payload]))[0]
    assert (row["at_s"], row["latency_ms"], row["ttft_ms"]) == (1793613600.25, 2500.0, 750.0)
    assert (row["input_tokens"], row["cached_tokens"], row["cache_write_tokens"]) == (1000.0, 700.0, 100.0)
    assert (row["segment"], row["session_id"]) == ("sonnet", "t1")


def test_daily_sums_of_litellm_give_means_alone(csv_file: Writes) -> None:
    head = "date,model,model_group,custom_llm_provider,prompt_tokens,completion_tokens,spend,api_requests\n"
    lines = [f"2026-11-{day:02d},gpt-4o-mini,mini,openai,100000,20000,0.03,200\n" for day in range(1, 15)]
    profile = profile_log(read_logs([str(csv_file(head + "".join(lines)))]), load_catalog())
    assert profile.means_only
    assert profile.segments[0].spreads == {}
    assert profile.segments[0].means["input_tokens"] == 500.0
    assert profile.volume is not None
    assert profile.volume.per_month == pytest.approx(200 * 730 / 24, rel=0.01)


def _span(span: str, parent: str = "", **attributes: Any) -> dict[str, Any]:
    def held(value: Any) -> dict[str, Any]:
        if isinstance(value, str):
            return {"stringValue": value}
        return {"intValue": str(value)} if isinstance(value, int) else {"doubleValue": value}

    pairs = [{"key": key.replace("__", "."), "value": held(value)} for key, value in attributes.items()]
    return {
        "traceId": "t", "spanId": span, "parentSpanId": parent, "name": "chat",
        "startTimeUnixNano": "1793613600000000000", "endTimeUnixNano": "1793613601500000000", "attributes": pairs,
        "status": {},
    }  # fmt: skip


def _otlp(path: Path, *spans: dict[str, Any]) -> Path:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "helpdesk"}}]}
    path.write_text(json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": list(spans)}]}]}))
    return path


def test_spans_of_todays_convention(tmp_path: Path, read_rows: Reads) -> None:
    names = {
        "gen_ai__operation__name": "chat", "gen_ai__provider__name": "openai", "gen_ai__response__model": "gpt-4o",
        "gen_ai__usage__input_tokens": 900, "gen_ai__usage__cache_read__input_tokens": 400,
        "gen_ai__usage__output_tokens": 120, "gen_ai__usage__reasoning__output_tokens": 100,
        "gen_ai__response__time_to_first_chunk": 0.35, "gen_ai__conversation__id": "c1",
    }  # fmt: skip
    row = read_rows(_otlp(tmp_path / "spans.json", _span("s1", **names)))[0]
    assert (row["input_tokens"], row["cached_tokens"]) == (900.0, 400.0)
    assert (row["output_tokens"], row["reasoning_tokens"]) == (20.0, 100.0)
    assert (row["latency_ms"], row["ttft_ms"], row["session_id"]) == (1500.0, 350.0, "c1")
    assert (row["segment"], row["kind"]) == ("helpdesk", "served")


def test_spans_of_older_names(tmp_path: Path, read_rows: Reads) -> None:
    names = {
        "gen_ai__system": "anthropic", "gen_ai__request__model": "claude-sonnet-4-5",
        "gen_ai__usage__prompt_tokens": 900, "gen_ai__usage__completion_tokens": 120,
        "gen_ai__usage__input_tokens__cached": 300,
    }  # fmt: skip
    row = read_rows(_otlp(tmp_path / "spans.json", _span("s1", **names)))[0]
    assert (row["provider"], row["input_tokens"], row["cached_tokens"]) == ("anthropic", 900.0, 300.0)
    assert (row["output_tokens"], row["kind"]) == (120.0, "served")


def test_spans_around_a_call_are_no_second_request(tmp_path: Path, read_rows: Reads) -> None:
    usage = {"gen_ai__usage__input_tokens": 900, "gen_ai__usage__output_tokens": 120}
    spans = (
        _span("agent", "", gen_ai__operation__name="invoke_agent", **usage),
        _span("outer", "agent", gen_ai__operation__name="chat", **usage),
        _span("inner", "outer", gen_ai__operation__name="chat", **usage),
        _span("tool", "agent", gen_ai__operation__name="execute_tool"),
        _span("http", "inner"),
        _span("failed", "agent", gen_ai__operation__name="chat", error__type="timeout"),
    )
    rows = {row["request_id"]: row["kind"] for row in read_rows(_otlp(tmp_path / "spans.json", *spans))}
    assert rows == {
        "agent": "other", "outer": "other", "inner": "served", "tool": "other", "http": "other", "failed": "failed",
    }  # fmt: skip


def _observation(**more: Any) -> dict[str, Any]:
    return {
        "id": "o1", "trace_id": "t1", "type": "GENERATION", "start_time": "2026-11-02 10:00:00.000000",
        "end_time": "2026-11-02 10:00:02.500000", "completion_start_time": "2026-11-02 10:00:00.700000",
        "provided_model_name": "gpt-4o", "total_cost": 0.01, "trace_name": "helpdesk", "level": "DEFAULT", **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (
            {"input": 1000, "output": 300, "total": 1300, "input_cached_tokens": 400, "reasoning_tokens": 200},
            (1000, 100),
        ),
        (
            {"input": 600, "output": 100, "total": 1300, "input_cached_tokens": 400, "reasoning_tokens": 200},
            (1000, 100),
        ),
        (
            {"input": 1000, "output": 100, "total": 1300, "input_cached_tokens": 400, "reasoning_tokens": 200},
            (1000, 100),
        ),
        (
            {"input": 600, "output": 300, "total": 1300, "input_cached_tokens": 400, "reasoning_tokens": 200},
            (1000, 100),
        ),
        ({"input": 600, "output": 100, "input_cached_tokens": 400}, (1000, 100)),
        (
            {"input": 600, "output": 100, "cache_read_input_tokens": 300, "cache_creation_input_tokens": 100},
            (1000, 100),
        ),
    ],
)
def test_langfuse_keys_count_as_their_total_says(
    jsonl: Writes, read_rows: Reads, usage: dict[str, int], expected: tuple[int, int]
) -> None:
    row = read_rows(jsonl([_observation(usage_details=usage)]))[0]
    assert (row["input_tokens"], row["output_tokens"]) == expected


@pytest.mark.parametrize("factor", [1.0, 1000.0])
def test_langfuse_durations_are_told_from_rows_that_have_both(jsonl: Writes, read_rows: Reads, factor: float) -> None:
    usage = {"usage_details": {"input": 5, "output": 5, "total": 10}, "completion_start_time": None}
    stated = _observation(latency=2.5 * factor, time_to_first_token=0.7 * factor, **usage)
    row = read_rows(jsonl([stated]))[0]
    assert (row["latency_ms"], row["ttft_ms"]) == (2500.0, 700.0)


def test_langfuse_spans_and_outer_generations_are_no_requests(jsonl: Writes, read_rows: Reads) -> None:
    usage = {"usage_details": {"input": 5, "output": 5, "total": 10}}
    rows = read_rows(
        jsonl(
            [
                _observation(**usage),
                _observation(**usage | {"id": "o2", "parent_observation_id": "o1"}),
                _observation(**usage | {"id": "o3", "type": "SPAN"}),
                _observation(**usage | {"id": "o4", "level": "ERROR"}),
            ]
        )
    )
    assert [row["kind"] for row in rows] == ["other", "served", "other", "failed"]


def test_langfuse_tables_exported_from_its_pages_use_other_names(csv_file: Writes, read_rows: Reads) -> None:
    text = (
        "id,traceId,type,startTime,endTime,completionStartTime,model,inputUsage,outputUsage,totalUsage,totalCost,name\n"
        "o1,t1,GENERATION,2026-11-02T10:00:00.000Z,2026-11-02T10:00:02.500Z,,gpt-4o,1000,300,1300,0.01,answer\n"
    )
    row = read_rows(csv_file(text))[0]
    assert (row["input_tokens"], row["output_tokens"], row["latency_ms"], row["segment"]) == (
        1000.0,
        300.0,
        2500.0,
        "answer",
    )


@pytest.mark.parametrize(
    ("provider", "model", "prompt", "total", "expected"),
    [
        ("OPENAI", "gpt-4o", 1000, 1200, 1000.0),
        ("ANTHROPIC", "claude-sonnet-4-5", 600, 1200, 1000.0),
        ("ANTHROPIC", "claude-sonnet-4-5", 600, 800, 1000.0),
        ("OPENAI", "gpt-4o", 300, 900, 700.0),
    ],
)
def test_helicone_counts_the_cache_beside_the_prompt_of_anthropic_alone(
    jsonl: Writes, read_rows: Reads, provider: str, model: str, prompt: int, total: int, expected: float
) -> None:
    row = {
        "request_id": "r", "request_created_at": "2026-11-02T10:00:00Z", "response_model": model, "provider": provider,
        "response_status": 200, "delay_ms": 1800, "time_to_first_token": 350, "prompt_tokens": prompt,
        "completion_tokens": 200, "total_tokens": total, "prompt_cache_read_tokens": 400,
        "request_properties": {"Feature": "search"}, "costUSD": 0.01,
    }  # fmt: skip
    found = read_rows(jsonl([row]))[0]
    assert (found["input_tokens"], found["cached_tokens"], found["latency_ms"]) == (expected, 400.0, 1800.0)
    assert (found["ttft_ms"], found["segment"]) == (350.0, "search")


def test_helicone_csv_and_failed_requests(csv_file: Writes, read_rows: Reads) -> None:
    text = (
        "response_id,response_created_at,response_status,request_created_at,request_body,request_properties,"
        "request_user_id,model,prompt_tokens,completion_tokens,latency,cost\n"
        'a,2026-11-02T10:00:02Z,200,2026-11-02T10:00:00Z,{},"{""App"":""web""}",u,gpt-4o,100,20,1500,0.001\n'
        'b,2026-11-02T10:00:02Z,429,2026-11-02T10:00:00Z,{},"{""App"":""web""}",u,gpt-4o,,,80,0\n'
    )
    first, second = read_rows(csv_file(text))
    assert (first["kind"], first["latency_ms"], first["segment"]) == ("served", 1500.0, "web")
    assert second["kind"] == "failed"


def test_openrouter_activity(csv_file: Writes, read_rows: Reads) -> None:
    header = (
        "generation_id,created_at,cost_total,cost_web_search,cost_cache,cost_file_processing,byok_usage_inference,"
        "tokens_prompt,tokens_completion,tokens_reasoning,tokens_cached,model_permaslug,provider_name,variant,cancelled,"
        "streamed,user,finish_reason_raw,finish_reason_normalized,generation_time_ms,time_to_first_token_ms,"
        "api_key_disabled,api_key_name,app_name\n"
    )
    rows = (
        "gen-1,2026-11-02 10:00:00,0.01,0,0,0,0,1000,300,200,400,openai/gpt-4o,OpenAI,,false,true,,stop,stop,2500,350,"
        "false,key,web\n"
        "gen-2,2026-11-02 10:00:00,0,0,0,0,0,1000,0,0,0,openai/gpt-4o,OpenAI,,true,true,,,,90,,false,key,web\n"
    )
    first, second = read_rows(csv_file(header + rows))
    assert (first["input_tokens"], first["cached_tokens"], first["output_tokens"]) == (1000.0, 400.0, 100.0)
    assert (first["reasoning_tokens"], first["latency_ms"], first["ttft_ms"]) == (200.0, 2500.0, 350.0)
    assert second["kind"] == "failed"


def _openai_page(**more: Any) -> dict[str, Any]:
    result = {
        "object": "organization.usage.completions.result", "input_tokens": 100_000, "output_tokens": 20_000,
        "input_cached_tokens": 40_000, "num_model_requests": 200, "model": "gpt-4o-mini", "batch": False,
        "project_id": "proj_1",
    }  # fmt: skip
    buckets = [
        {"object": "bucket", "start_time": 1793577600 + 86400 * day, "end_time": 1793577600 + 86400 * (day + 1),
         "results": [result]}
        for day in range(14)
    ]  # fmt: skip
    return {"object": "page", "data": buckets, "has_more": False, "next_page": None, **more}


def test_openai_usage_gives_means_with_the_cache_within_the_input(tmp_path: Path) -> None:
    path = tmp_path / "usage.json"
    path.write_text(json.dumps(_openai_page(), indent=1))
    profile = profile_log(read_logs([str(path)]), load_catalog())
    assert profile.segments[0].name == "proj_1"
    assert profile.segments[0].means["input_tokens"] == 500.0
    assert profile.segments[0].means["cached_tokens"] == 200.0
    assert profile.uses[0].offer == "gpt-4o-mini"
    workload = workload_of(profile, Asked(skill="chat"))
    assert workload.segments[0].input_tokens.p95 is None
    assert workload.segments[0].requests_per_month == pytest.approx(200 * 730 / 24, rel=0.01)


def test_a_usage_page_with_more_to_come_says_so_and_costs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "usage.json"
    path.write_text(json.dumps(_openai_page(has_more=True)))
    assert any("not whole" in line for line in read_logs([str(path)]).told)
    cost = {"object": "organization.costs.result", "amount": {"value": 1.0, "currency": "usd"}}
    path.write_text(json.dumps({"object": "page", "data": [{"object": "bucket", "results": [cost]}]}))
    with pytest.raises(InputError, match="costs"):
        read_logs([str(path)])


def test_anthropic_usage_adds_up_its_input_and_needs_the_number_of_requests(tmp_path: Path) -> None:
    result = {
        "uncached_input_tokens": 50_000, "cache_read_input_tokens": 30_000, "cache_creation_5m_input_tokens": 15_000,
        "cache_creation": {"ephemeral_1h_input_tokens": 5_000}, "output_tokens": 20_000, "model": "claude-sonnet-4-5",
        "service_tier": "standard", "workspace_id": "w1",
    }  # fmt: skip
    days = [
        {
            "starting_at": f"2026-11-{day:02d}T00:00:00Z",
            "ending_at": f"2026-11-{day + 1:02d}T00:00:00Z",
            "results": [result],
        }
        for day in range(1, 15)
    ]
    path = tmp_path / "usage.json"
    path.write_text(json.dumps({"data": days, "has_more": False}))
    profile = profile_log(read_logs([str(path)]), load_catalog())
    assert profile.segments[0].sums["input_tokens"] == 14 * 100_000
    with pytest.raises(InputError, match="requests-per-month"):
        workload_of(profile, Asked())
    workload = workload_of(profile, Asked(requests_per_month=100 * 730 / 24))
    assert workload.segments[0].input_tokens.mean == pytest.approx(1000.0, rel=0.01)
    assert workload.segments[0].requests_per_month == pytest.approx(100 * 730 / 24, rel=0.01)
