"""The same questions on Spark and on PostgreSQL give the figures that DuckDB gives."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from planner.catalog.load import load_catalog
from planner.errors import InputError
from planner.logs import profile_log, read_logs
from planner.report.traffic.profile_told import profile_json

ON_SPARK = pytest.mark.spark
FOREIGN_WARNINGS = pytest.mark.filterwarnings("ignore")  # Spark calls pandas by older names and leaves its sockets open
MUST = os.environ.get("CI", "") not in {"", "0", "false"}
TABLE = """
CREATE TABLE "LiteLLM_SpendLogs" (
  request_id text PRIMARY KEY, call_type text, spend double precision, total_tokens int, prompt_tokens int,
  completion_tokens int, "startTime" timestamp(3), "endTime" timestamp(3), "completionStartTime" timestamp(3),
  model text, model_group text, custom_llm_provider text, metadata jsonb, cache_hit text, request_tags jsonb,
  session_id text, status text)
"""


def _spend_rows(count: int) -> list[dict[str, Any]]:
    """Spend logs of an hour: two tags, cached and reasoning tokens, hits, failures and a judge's calls."""
    draw = np.random.default_rng(3)
    rows = []
    for place in range(count):
        prompt, answer = int(draw.integers(200, 9000)), int(draw.integers(1, 900))
        cached = int(draw.choice([0, prompt // 2]))
        started, lasted = place * 7 % 3600, int(draw.integers(200, 9000))
        at = f"2026-11-02 10:{started // 60:02d}:{started % 60:02d}"
        usage = {
            "prompt_tokens_details": {"cached_tokens": cached},
            "completion_tokens_details": {"reasoning_tokens": 0},
        }
        origin = {"internal_call_origin": "shadow_eval"} if place % 50 == 7 else {}
        rows.append(
            {
                "request_id": f"r{place}",
                "call_type": "aembedding" if place % 40 == 3 else "acompletion",
                "spend": prompt * 1e-6,
                "total_tokens": prompt + answer,
                "prompt_tokens": prompt,
                "completion_tokens": answer,
                "startTime": f"{at}.000",
                "endTime": f"2026-11-02 10:{started // 60:02d}:{started % 60:02d}.{lasted % 1000:03d}"
                if lasted < 1000
                else f"2026-11-02 11:{lasted % 60:02d}:00.000",
                "completionStartTime": None,
                "model": str(draw.choice(["gpt-4o-mini", "gpt-4o"])),
                "model_group": "mini",
                "custom_llm_provider": "openai",
                "metadata": {"additional_usage_values": usage, **origin},
                "cache_hit": "True" if place % 30 == 5 else "False",
                "request_tags": [str(draw.choice(["triage", "search"]))],
                "session_id": f"s{place // 3}",
                "status": "failure" if place % 60 == 1 else "success",
            }
        )
    return rows


def _figures(names: list[str], **options: Any) -> dict[str, Any]:
    from pydantic_core import to_json

    log = read_logs(names, **options)
    try:
        profile = profile_log(log, load_catalog())
    finally:
        log.engine.close()
    told: dict[str, Any] = json.loads(to_json(profile_json(profile), inf_nan_mode="null"))
    del told["source"]
    for one in told["counted_out"]:
        del one["example"]
    return told


def _assert_same(found: Any, expected: Any) -> None:
    """Equal, numbers to 1e-9."""
    if isinstance(expected, dict):
        assert set(found) == set(expected)
        for name in expected:
            _assert_same(found[name], expected[name])
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            _assert_same(one, other)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)
    else:
        assert found == expected


@pytest.fixture(scope="session")
def spark() -> Iterator[None]:
    """One Spark for all tests; skipped without Spark or Java, and failed under CI."""
    reason = ""
    if find_spec("pyspark") is None:
        reason = "no pyspark: pip install 'toolbox-planner[spark]'"
    elif shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        reason = "no Java, which Spark's local mode needs"
    if reason:
        pytest.fail(reason) if MUST else pytest.skip(reason)
    from pyspark.sql import SparkSession

    # Small questions: one part each, run as they stand instead of compiled.
    small = {"spark.sql.shuffle.partitions": "1", "spark.sql.codegen.wholeStage": "false", "spark.ui.enabled": "false"}
    session = SparkSession.builder.master("local[1]").config(map=small).getOrCreate()
    yield
    session.stop()


@ON_SPARK
@FOREIGN_WARNINGS
@pytest.mark.usefixtures("spark")
def test_spark_gives_the_figures_of_duckdb(jsonl: Callable[..., Path]) -> None:
    names = [str(jsonl(_spend_rows(400)))]
    expected = _figures(names)
    assert expected["segments"][0]["spreads"]["cached_tokens"]["p95"] > 0
    _assert_same(_figures(names, backend="pyspark"), expected)


@ON_SPARK
@FOREIGN_WARNINGS
@pytest.mark.usefixtures("spark")
def test_spark_reads_csv_and_parquet_with_nanoseconds(csv_file: Callable[..., Path], tmp_path: Path) -> None:
    import pandas as pd

    text = "timestamp,request_id,input_tokens,output_tokens\n" + "".join(
        f"2026-11-02T10:00:{n:02d}.5+01:00,r{n % 55},{100 + n},{n}\n" for n in range(60)
    )
    plain = csv_file(text)
    frame = pd.read_csv(plain)
    frame["timestamp"] = pd.to_datetime(frame["timestamp"]).astype("datetime64[ns, UTC]")
    frame.to_parquet(tmp_path / "log.parquet")
    expected = _figures([str(plain)])
    assert expected["duplicates"] == 5
    _assert_same(_figures([str(plain)], backend="pyspark"), expected)
    nanoseconds = _figures([str(tmp_path / "log.parquet")], backend="pyspark")
    _assert_same(nanoseconds["segments"], expected["segments"])


@ON_SPARK
@FOREIGN_WARNINGS
@pytest.mark.usefixtures("spark")
def test_spark_refuses_a_row_of_another_number_of_columns(csv_file: Callable[..., Path]) -> None:
    path = csv_file("timestamp,input_tokens,output_tokens\n1.5,5,5\n2.5,5\n3.5,5,5\n")
    with pytest.raises(InputError, match=r"log\.csv"):
        _figures([str(path)], backend="pyspark")


@pytest.mark.postgres
def test_litellms_own_table_gives_the_figures_of_its_export(postgres_url: str, jsonl: Callable[..., Path]) -> None:
    rows = _spend_rows(400)
    engine = sa.create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    columns = list(rows[0])
    values = ", ".join(f":{name}" for name in columns)
    quoted = ", ".join(f'"{name}"' for name in columns)
    kept = [
        {name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in row.items()}
        for row in rows
    ]
    with engine.begin() as connection:
        connection.execute(sa.text(TABLE))
        connection.execute(sa.text(f'INSERT INTO "LiteLLM_SpendLogs" ({quoted}) VALUES ({values})'), kept)  # noqa: S608
    engine.dispose()
    _assert_same(_figures([postgres_url]), _figures([str(jsonl(rows))]))
    with pytest.raises(InputError, match="no such table"):
        read_logs([f"{postgres_url}#Gone"])
