"""Graders under the field's usual names: each a factory that returns a pure function (answer, item) -> Score.

| Kind | Right means |
|---|---|
| exact_match | the answer is a reference, or names the right one of the labels |
| includes | a reference (or all) stands in the answer as words |
| regex | a pattern is found, and its group is the reference |
| numeric | the answer's last number is near the reference |
| f1, rouge_l, chrf, levenshtein | overlap with the best reference, graded |
| json_schema, json_equals | the JSON in the answer fits a schema; equals the reference, whole or by leaves |
| rules | the share of checkable constraints that are kept |
| embedding | cosine with a reference, by an embedder that the caller brings |
| code_execution | the answer's code passes the item's tests, shut in; off unless asked for |
| llm_judge | a judge model's mark by a rubric |
| human | no automatic score: people label it |
"""

from planner.probing.graders.dispatch import SETTINGS, Judge, grader_of, spec_of, suite_grader, with_threshold
from planner.probing.graders.embedding import Embed
from planner.probing.graders.score import Grader, Score, Ungraded

__all__ = [
    "SETTINGS",
    "Embed",
    "Grader",
    "Judge",
    "Score",
    "Ungraded",
    "grader_of",
    "spec_of",
    "suite_grader",
    "with_threshold",
]
