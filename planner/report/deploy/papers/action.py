"""A GitHub Action that prices a changed workload against the accepted plan and keeps one comment on the change."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class Written(BaseModel):
    """A part that is written: frozen, unknown fields refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(Written):
    """One step of a job."""

    name: str
    id: str | None = None
    if_: Annotated[str | None, Field(serialization_alias="if")] = None
    uses: str | None = None
    with_: Annotated[dict[str, str] | None, Field(serialization_alias="with")] = None
    env: dict[str, str] | None = None
    run: str | None = None


class Job(Written):
    """One job."""

    runs_on: Annotated[str, Field(serialization_alias="runs-on")] = "ubuntu-latest"
    permissions: dict[str, str]
    steps: tuple[Step, ...]


class Workflow(Written):
    """The workflow file."""

    name: str
    on: dict[str, Any]
    jobs: dict[str, Job]


CHECK = """\
code=0
planner check workload.yaml --against plan.json --max-increase 10% --markdown comment.md || code=$?
echo "code=$code" >> "$GITHUB_OUTPUT"
"""
"""Step 'check': the exit code is kept, so that the comment is written before the job fails."""
COMMENT = """\
old=$(gh api "repos/$REPO/issues/$NUMBER/comments" --paginate --jq '.[] | select(.body | startswith("<!-- planner-check -->")) | .id' | head -n 1)
if [ -s comment.md ]; then
  if [ -n "$old" ]; then gh api -X PATCH "repos/$REPO/issues/comments/$old" -F body=@comment.md --silent
  else gh api "repos/$REPO/issues/$NUMBER/comments" -F body=@comment.md --silent; fi
elif [ -n "$old" ]; then gh api -X DELETE "repos/$REPO/issues/comments/$old" --silent
fi
"""  # noqa: E501 (a shell line)
"""Step 'comment': one comment that is changed, or taken away when nothing differs any more."""
FAIL = """\
exit "$CODE"
"""


def workflow() -> Workflow:
    """The workflow: workload.yaml and plan.json at the root of the repository, as the README beside it says."""
    expression = "${{ github.event.pull_request.number }}"
    steps = (
        Step(name="Check out", uses="actions/checkout@v4"),
        Step(name="Python", uses="actions/setup-python@v5", with_={"python-version": "3.11"}),
        Step(name="Install", run="pip install toolbox-planner\n"),
        Step(name="Check", id="check", run=CHECK),
        Step(
            name="Comment",
            env={"GH_TOKEN": "${{ github.token }}", "REPO": "${{ github.repository }}", "NUMBER": expression},
            run=COMMENT,
        ),
        Step(name="Fail when over", env={"CODE": "${{ steps.check.outputs.code }}"}, run=FAIL),
    )
    paths = {"paths": ["workload.yaml", "plan.json"]}
    job = Job(permissions={"contents": "read", "pull-requests": "write"}, steps=steps)
    return Workflow(name="Toolbox plan", on={"pull_request": paths}, jobs={"check": job})
