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
Area: TypeAlias = Literal["eu", "us", "uk", "ch", "ca", "jp", "au", "in", "kr", "sg", "br", "apac", "cn"]
"""Where a request may be processed, and where an offer is."""
AREAS: Final[tuple[Area, ...]] = get_args(Area)
