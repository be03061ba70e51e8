"""What is asked: the workload, its segments and limits; YAML in and out; token counts of samples."""

from planner.workload.assumptions import WorkloadAssumption, list_assumptions
from planner.workload.distributions import context_p99, lognormal_of, p95_tokens, quantile_tokens
from planner.workload.load import (
    check_workload,
    dump_workload,
    load_workload,
    parse_workload,
    plain_workload,
    workload_hash,
    workload_problems,
)
from planner.workload.samples import (
    Sample,
    SampleProfile,
    parse_samples,
    profile_samples,
    read_samples,
)
from planner.workload.schema import Segment, TokenDistribution, Workload
from planner.workload.skill_guess import SkillGuess, guess_skill
from planner.workload.tokens import TOKENIZERS, Tokenizer, count_tokens

__all__ = [
    "TOKENIZERS",
    "Sample",
    "SampleProfile",
    "Segment",
    "SkillGuess",
    "TokenDistribution",
    "Tokenizer",
    "Workload",
    "WorkloadAssumption",
    "check_workload",
    "context_p99",
    "count_tokens",
    "dump_workload",
    "guess_skill",
    "list_assumptions",
    "load_workload",
    "lognormal_of",
    "p95_tokens",
    "parse_samples",
    "parse_workload",
    "plain_workload",
    "profile_samples",
    "quantile_tokens",
    "read_samples",
    "workload_hash",
    "workload_problems",
]
