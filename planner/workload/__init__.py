"""What is asked: the workload, its segments and limits; YAML in and out; token counts of samples."""

from planner.workload.distributions import context_p99, lognormal_of, p95_tokens
from planner.workload.load import (
    check_workload,
    dump_workload,
    load_workload,
    parse_workload,
    workload_hash,
    workload_problems,
)
from planner.workload.schema import Segment, TokenDistribution, Workload

__all__ = [
    "Segment",
    "TokenDistribution",
    "Workload",
    "check_workload",
    "context_p99",
    "dump_workload",
    "load_workload",
    "lognormal_of",
    "p95_tokens",
    "parse_workload",
    "workload_hash",
    "workload_problems",
]
