"""Words that the workload and the catalog share, though neither knows the other: skills and areas of processing."""

from typing import Final, Literal, TypeAlias, get_args

Skill: TypeAlias = Literal[
    "classification",
    "extraction",
    "summarization",
    "knowledge_qa",
    "grounded_qa",
    "chat",
    "writing",
    "translation",
    "coding",
    "reasoning",
    "math",
    "instruction_following",
    "agentic",
]
"""What a request exercises, and what a benchmark measures."""
SKILLS: Final[tuple[Skill, ...]] = get_args(Skill)
TaskKind: TypeAlias = Literal[
    "closed_labels",
    "open_labels",
    "flat_fields",
    "nested_fields",
    "tool_calls",
    "text_to_sql",
    "programming",
    "trained_calls",
    "open_agency",
    "from_template",
    "free_writing",
    "multiple_choice",
    "open_questions",
    "single_hop",
    "multi_hop",
]
"""What a request asks within its skill, where techniques differ inside one."""
TASK_KINDS: Final[dict[Skill, tuple[TaskKind, ...]]] = {
    "classification": ("closed_labels", "open_labels"),
    "extraction": ("flat_fields", "nested_fields", "tool_calls"),
    "coding": ("text_to_sql", "programming"),
    "agentic": ("trained_calls", "open_agency"),
    "writing": ("from_template", "free_writing"),
    "knowledge_qa": ("multiple_choice", "open_questions"),
    "grounded_qa": ("single_hop", "multi_hop"),
}
"""The kinds that a skill is told apart in; a skill that is not here has one."""
Area: TypeAlias = Literal["eu", "us", "uk", "ch", "ca", "jp", "au", "in", "kr", "sg", "br", "apac", "cn"]
"""Where a request may be processed, and where an offer is."""
AREAS: Final[tuple[Area, ...]] = get_args(Area)
