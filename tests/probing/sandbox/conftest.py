"""Every way to shut code in that this machine offers, as the user who runs the tests and, for root, as another too."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from planner.probing.sandbox.run import Outcome, Sandbox, run_tests, try_base
from planner.probing.sandbox.ways import BASES, Base

sys.path.insert(0, str(Path(__file__).parent))

from sandbox_cases import Judge

NOBODY = 65534
_ROOT = Path(__file__).parents[3]
_DRIVER = """
import json, sys
from planner.probing.sandbox.run import run_tests, try_base
job = json.load(sys.stdin)
sandbox = try_base(job.pop("base"))
if isinstance(sandbox, str):
    sys.exit(sandbox)
outcome = run_tests(sandbox=sandbox, **job)
print(json.dumps([outcome.passed, outcome.detail, outcome.layers]))
"""


def _as_other_user(base: Base) -> Judge:
    """Judge as a user without rights; by Python of the system where our own lies in somebody's home."""
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin:/bin")
    if os.getuid() != 0 or python is None:
        pytest.skip("only root can become another user, and needs a Python that this one may start")
    started = [python, "-c", "import sys; assert sys.version_info >= (3, 11); import planner.errors"]
    settings = {"cwd": _ROOT, "env": {"PYTHONPATH": str(_ROOT)}, "user": NOBODY, "group": NOBODY, "extra_groups": []}
    if subprocess.run(started, check=False, capture_output=True, **settings).returncode != 0:  # type: ignore[call-overload]
        pytest.skip("the other user can start no Python that is new enough")

    def judge(answer: str, tests: str = "", **more: float) -> Outcome:
        job = json.dumps({"base": base, "answer": answer, "tests": tests, **more})
        ran = subprocess.run(  # type: ignore[call-overload]
            [python, "-c", _DRIVER], input=job, text=True, check=False, capture_output=True, timeout=60, **settings
        )
        assert ran.returncode == 0, ran.stderr
        passed, detail, layers = json.loads(ran.stdout)
        return Outcome(passed, detail, tuple(layers))

    return judge


def _as_self(sandbox: Sandbox) -> Judge:
    def judge(answer: str, tests: str = "", **more: float) -> Outcome:
        return run_tests(answer, tests, sandbox, **more)

    return judge


@pytest.fixture(params=BASES)
def base(request: pytest.FixtureRequest) -> Base:
    """A way that this machine offers."""
    found: Base = request.param
    tried = try_base(found)
    if isinstance(tried, str):
        pytest.skip(tried)
    return found


@pytest.fixture(params=["self", "other user"])
def shut_in(request: pytest.FixtureRequest, base: Base) -> Judge:
    """Judges an answer: each way, as each user."""
    if request.param == "other user":
        return _as_other_user(base)
    sandbox = try_base(base)
    assert isinstance(sandbox, Sandbox)
    return _as_self(sandbox)


@pytest.fixture
def judge(base: Base) -> Judge:
    """Judges an answer: each way, as the user who runs the tests."""
    sandbox = try_base(base)
    assert isinstance(sandbox, Sandbox)
    return _as_self(sandbox)
