"""What was served: request logs, traces and usage reports as one table of requests, and what that table says.

In come files (Parquet, CSV, JSON; plain or packed), or the URL of a database. `read_logs` opens them, tells the format
from the columns and gives a `Log`: `Log.requests` is an Ibis table, a row a request, the same columns for every format
(`planner.logs.table.COLUMNS` tells each): kind, segment, model, provider, at_s, tokens, latency_ms, ttft_ms, cost_usd.
Cached tokens are part of `input_tokens`; `output_tokens` are the visible ones and `reasoning_tokens` come on top;
times are milliseconds; whatever the format itself counts, its reader turns into that. Rows that are no served request
stay in the table with their `kind`, so that everything left out is counted.

    log = read_logs(["spend.parquet"], by="request_tags.0")
    profile = profile_log(log, load_catalog())
    served = log.requests.filter(log.requests.kind == "served")
    rows_of(log.engine, served.group_by("model").agg(n=served.count()), log.source)   # pyarrow, on any engine

`profile_log` asks the engine questions whose answers are bounded (count tables, sums) and works out the rest;
`workload_of` makes a workload of it. This room knows the workload and the catalog; it knows no belief and no plan.
"""

from planner.logs.opening.engines import rows_of
from planner.logs.profile.profile import Profile, SegmentProfile, profile_log
from planner.logs.profile.spread import Spread
from planner.logs.profile.workload import Asked, workload_of
from planner.logs.read import Log, read_logs
from planner.logs.table import COLUMNS

__all__ = [
    "COLUMNS",
    "Asked",
    "Log",
    "Profile",
    "SegmentProfile",
    "Spread",
    "profile_log",
    "read_logs",
    "rows_of",
    "workload_of",
]
