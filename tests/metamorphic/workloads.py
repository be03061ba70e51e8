"""A dozen workloads as unlike each other and the examples as possible, and a strategy that makes more."""

from typing import Any

from hypothesis import strategies as st

from planner.workload.schema import Workload


def segment(name: str, skill: str, requests: float, tokens: tuple[float, float], **fields: Any) -> dict[str, Any]:
    """One segment in the shortest form."""
    return {
        "name": name,
        "skill": skill,
        "requests_per_month": requests,
        "input_tokens": {"mean": tokens[0]},
        "output_tokens": {"mean": tokens[1]},
        **fields,
    }


def workload(name: str, *segments: dict[str, Any], **fields: Any) -> Workload:
    """A workload in the shortest form."""
    return Workload.model_validate({"version": 1, "name": name, "segments": list(segments), **fields})


PREMISES = {"may_leave_premises": False}
OWN: dict[str, Workload] = {
    "moderation": workload(
        "Comment moderation",
        segment(
            "flag",
            "classification",
            40e6,
            (180, 4),
            quality_floor=0.9,
            training={"labelled_examples": 5},
            latency={"total_p95_ms": 900},
        ),
    ),
    "legal": workload(
        "Legal clauses",
        segment("clause", "extraction", 9000, (5200, 300), data=PREMISES, training={"labelled_examples": 2500}),
    ),
    "clinic": workload(
        "Clinic letters",
        segment("letter", "writing", 22_000, (900, 420), data={"residency": ["eu"], "sensitivity": "personal"}),
        segment("coding", "classification", 22_000, (700, 20), data=PREMISES, error_cost_usd=2.0),
    ),
    "startup": workload(
        "Three small features",
        segment("titles", "writing", 1200, (300, 20)),
        segment("tags", "classification", 1200, (300, 8)),
        segment("search", "chat", 600, (800, 150)),
    ),
    "translation": workload(
        "Catalogue translation",
        segment("items", "translation", 3.2e6, (240, 260), batchable=True, languages=["de", "fr"], quality_floor=0.5),
    ),
    "tutor": workload(
        "Maths tutor",
        segment("steps", "math", 150_000, (420, 700), error_cost_usd=0.05, latency={"ttft_p95_ms": 4000}),
        segment("explain", "chat", 400_000, (900, 240), turns_per_conversation=6),
    ),
    "docs": workload(
        "Documentation answers",
        segment(
            "answers",
            "grounded_qa",
            60_000,
            (350, 220),
            knowledge={"private_or_fresh_share": 0.8, "corpus_tokens": 3e7, "changed_tokens_per_month": 4e5},
        ),
    ),
    "agents": workload(
        "Back-office agents",
        segment("tickets", "agentic", 14_000, (6000, 700), tool_calls_per_request=6),
        limits={"max_models": 1},
    ),
    "audit": workload(
        "Invoice audit",
        segment("fields", "extraction", 2e6, (1500, 160), error_cost_usd=0.3, batchable=True),
        limits={"monthly_budget_usd": 40_000},
    ),
    "code": workload(
        "Code review",
        segment("review", "coding", 30_000, (7000, 900), data={"residency": ["us"]}),
        segment("commit", "summarization", 90_000, (1200, 60)),
        limits={"min_providers": 2},
    ),
    "field": workload(
        "Field notes",
        segment("notes", "summarization", 30_000, (500, 90), data={**PREMISES, "devices": ["mac-m4-max-128"]}),
    ),
    "reasoning": workload(
        "Underwriting",
        segment(
            "decide",
            "reasoning",
            5000,
            (3000, 800),
            quality_floor={"at_least": 0.9, "of": "best"},
            today={"model": "openai/gpt-4o"},
            error_cost_usd=25.0,
        ),
    ),
}

SKILLS = ("classification", "extraction", "summarization", "chat", "writing", "coding", "reasoning", "grounded_qa")


@st.composite
def segments(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """One segment of any size."""
    made = segment(
        name,
        draw(st.sampled_from(SKILLS)),
        10.0 ** draw(st.floats(2.5, 7.0)),
        (10.0 ** draw(st.floats(1.8, 4.0)), 10.0 ** draw(st.floats(0.5, 3.0))),
    )
    if draw(st.booleans()):
        made["error_cost_usd"] = draw(st.sampled_from([0.01, 0.2, 5.0]))
    if draw(st.booleans()):
        made["training"] = {"labelled_examples": draw(st.sampled_from([20, 400, 6000]))}
    if draw(st.booleans()):
        made["latency"] = {"total_p95_ms": draw(st.sampled_from([3000, 8000, 30_000]))}
    place = draw(st.sampled_from(["any", "eu", "own"]))
    made["data"] = {"any": {}, "eu": {"residency": ["eu", "uk"]}, "own": PREMISES}[place]
    return made


@st.composite
def workloads(draw: st.DrawFn) -> Workload:
    """A workload of one to three segments."""
    count = draw(st.integers(1, 3))
    return workload("made", *(draw(segments(f"s{number}")) for number in range(count)))
