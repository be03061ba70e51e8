"""How long a profile of millions of requests takes, beside the same questions in hand-written DuckDB SQL and in pandas.

    python tests/benchmarks/bench_logs.py [--rows 10000000] [--ways profile,sql,pandas] [--folder FOLDER]

Every way runs in a process of its own; its time and its peak memory are printed, and the ratio to hand-written SQL.
The SQL asks what the profile asks: rows by kind, duplicates, hours, minutes, spreads of six columns, the mix.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

_COLUMNS = ("input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens", "latency_ms", "ttft_ms")
_PART = 1_000_000


def write(path: Path, rows: int) -> None:
    """Requests of thirty days, four features, three models."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(7)
    writer = None
    for start in range(0, rows, _PART):
        n = min(_PART, rows - start)
        prompt = np.minimum(rng.lognormal(6.5, 1.0, n), 100_000).astype(np.int64) + 1
        answer = np.minimum(rng.lognormal(5.0, 0.9, n), 20_000).astype(np.int64) + 1
        table = pa.table(
            {
                "timestamp": 1_790_000_000 + (start + np.arange(n)) * (30 * 86_400 / rows),
                "request_id": pa.array([f"r{place:012x}" for place in range(start, start + n)]),
                "session_id": pa.array([f"s{place // 4:010x}" for place in range(start, start + n)]),
                "segment": pa.array(rng.choice(["triage", "search", "chat", "code"], n)),
                "model": pa.array(rng.choice(["gpt-4o-mini", "gpt-4o", "gpt-4.1"], n)),
                "status": pa.array(rng.choice(["success", "error"], n, p=[0.99, 0.01])),
                "input_tokens": prompt,
                "cached_tokens": prompt // 2 * (rng.random(n) < 0.4),
                "output_tokens": answer,
                "reasoning_tokens": answer // 3 * (rng.random(n) < 0.2),
                "latency_ms": np.minimum(rng.lognormal(7.5, 0.6, n), 120_000).astype(np.int64),
                "ttft_ms": np.minimum(rng.lognormal(5.8, 0.5, n), 30_000).astype(np.int64),
            }
        )
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()


def by_profile(path: str) -> dict[str, float]:
    """Ours."""
    from planner.catalog.load import load_catalog
    from planner.logs import profile_log, read_logs

    profile = profile_log(read_logs([path]), load_catalog())
    part = next(one for one in profile.segments if one.name == "chat")
    return {"served": profile.served, "p95": part.spreads["input_tokens"].quantile(0.95)}


def by_sql(path: str) -> dict[str, float]:
    """Hand-written."""
    import duckdb

    db = duckdb.connect()
    source = f"read_parquet('{path}')"
    db.execute(f"SELECT status, count(*) FROM {source} GROUP BY 1").fetchall()
    db.execute(f"SELECT count(request_id) - count(DISTINCT request_id) FROM {source}").fetchall()
    db.execute(f"SELECT segment, floor(timestamp / 3600), count(*) FROM {source} GROUP BY 1, 2").fetchall()
    db.execute(f"SELECT floor(timestamp / 60), count(*) FROM {source} GROUP BY 1").fetchall()
    db.execute(f"SELECT segment, count(*), count(DISTINCT session_id) FROM {source} GROUP BY 1").fetchall()
    served = "status <> 'error'"
    p95 = 0.0
    for name in _COLUMNS:
        # Reasoning is counted within the output here, as our reader has it: the visible rest is asked for.
        value = "output_tokens - reasoning_tokens" if name == "output_tokens" else name
        quantiles = f"quantile_cont({value}, [0.5, 0.95, 0.99])"
        found = db.execute(
            f"SELECT segment, avg({value}), max({value}), {quantiles} FROM {source} WHERE {served} GROUP BY 1"
        ).fetchall()
        if name == "input_tokens":
            p95 = next(row[3][1] for row in found if row[0] == "chat")
    sums = ", ".join(f"sum({name})" for name in _COLUMNS[:4])
    mix = db.execute(f"SELECT segment, model, count(*), {sums} FROM {source} WHERE {served} GROUP BY 1, 2").fetchall()
    return {"served": float(sum(row[2] for row in mix)), "p95": float(p95)}


def by_pandas(path: str) -> dict[str, float]:
    """With the whole table in memory."""
    import pandas as pd

    frame = pd.read_parquet(path)
    frame.groupby("status").size()
    frame["request_id"].duplicated().sum()
    frame.groupby(["segment", frame["timestamp"] // 3600]).size()
    frame.groupby(frame["timestamp"] // 60).size()
    frame.groupby("segment")["session_id"].nunique()
    served = frame[frame["status"] != "error"].copy()
    served["output_tokens"] -= served["reasoning_tokens"]
    groups = served.groupby("segment")[list(_COLUMNS)]
    groups.mean()
    quantiles = groups.quantile([0.5, 0.95, 0.99])
    mix = served.groupby(["segment", "model"])[list(_COLUMNS[:4])].agg(["size", "sum"])
    return {"served": float(len(served)), "p95": float(quantiles.loc[("chat", 0.95), "input_tokens"]), "mix": len(mix)}


WAYS = {"profile": by_profile, "sql": by_sql, "pandas": by_pandas}


def one(way: str, path: str) -> None:
    """Run one way in this process."""
    started = time.perf_counter()
    figures = WAYS[way](path)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    cpu_s = resource.getrusage(resource.RUSAGE_SELF)
    spent = {"wall_s": time.perf_counter() - started, "cpu_s": cpu_s.ru_utime + cpu_s.ru_stime, "peak_mb": peak_mb}
    print(json.dumps(figures | spent))


def main() -> None:
    """Write the requests, run every way, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--ways", default="profile,sql,pandas")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--one", nargs=2)
    asked = parser.parse_args()
    if asked.one:
        one(*asked.one)
        return
    with tempfile.TemporaryDirectory() as made:
        path = (asked.folder or Path(made)) / f"requests_{asked.rows}.parquet"
        if not path.exists():
            write(path, asked.rows)
        found = {}
        for way in asked.ways.split(","):
            run = [sys.executable, __file__, "--one", way, str(path)]
            told = subprocess.run(run, check=True, capture_output=True, text=True).stdout
            found[way] = json.loads(told.splitlines()[-1])
            print(f"{way:8} " + "  ".join(f"{name} {value:,.1f}" for name, value in found[way].items()), flush=True)
        for way in found:
            if "sql" in found and way != "sql":
                ratios = (found[way][name] / found["sql"][name] for name in ("wall_s", "cpu_s", "peak_mb"))
                print(f"{way} over sql: " + ", ".join(f"{ratio:.2f}" for ratio in ratios) + " (time, CPU, peak memory)")


if __name__ == "__main__":
    main()
