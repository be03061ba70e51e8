"""The built wheel, in an environment of its own, from a directory of its own.

The dependencies come from a real installation when CI is set; elsewhere the fresh environment borrows those of the
running one through a .pth file (such a file does not activate the editable install beside them), which takes seconds
instead of minutes and still shows what the wheel itself carries.
"""

import json
import os
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BEFORE = dict(os.environ)
"""The environment before the fixtures clean it: an installation may need its proxies."""
EVERYTHING = BEFORE.get("CI", "") not in {"", "0", "false"}
PATIENCE_S = 90.0

pytestmark = pytest.mark.wheel


def _shell(*argv: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run([str(part) for part in argv], check=False, capture_output=True, text=True, cwd=cwd, env=env)
    assert done.returncode == 0, f"{argv}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-build-isolation", "--quiet", "--disable-pip-version-check")
    _shell(sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", folder, ROOT, cwd=folder, env=BEFORE)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def planner_command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The console command of the wheel in a fresh environment."""
    home = tmp_path_factory.mktemp("fresh") / "venv"
    _shell(sys.executable, "-m", "venv", home, cwd=home.parent)
    python = home / "bin" / "python"
    install = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    if EVERYTHING:
        _shell(*install, "--constraint", ROOT / "requirements.lock", wheel, cwd=home.parent, env=BEFORE)
    else:
        _shell(*install, "--no-deps", "--no-index", wheel, cwd=home.parent, env=BEFORE)
        site = _shell(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home.parent).strip()
        (Path(site) / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "bin" / "planner"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that has nothing to do with the project."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    return tmp_path


def test_the_wheel_carries_pages_and_facts_inside_the_package(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for carried in ("pages/toolbox.py", "catalogs/models.yaml", "catalogs/workloads/ticket-triage.yaml"):
        assert f"planner/_bundled/{carried}" in names
    assert "planner/store/migrations/versions/start_0001.py" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"planner", "toolbox_planner"}
    assert not [name for name in names if "__pycache__" in name or "/tests/" in name]


def test_the_wheel_makes_a_store_from_any_directory(planner_command: Path, elsewhere: Path) -> None:
    code = (
        "from planner.store.database.engine import open_store; from planner.store.runs import list_runs\n"
        f"with open_store('sqlite:///{elsewhere / 'kept.sqlite3'}') as store: print(list_runs(store))"
    )
    assert _shell(planner_command.parent / "python", "-c", code, cwd=elsewhere) == "()\n"


def test_the_wheel_plans_its_own_example_from_any_directory(planner_command: Path, elsewhere: Path) -> None:
    python = planner_command.parent / "python"
    code = "from planner.resources import catalogs_dir; print(catalogs_dir())"
    catalogs = Path(_shell(python, "-c", code, cwd=elsewhere).strip())
    assert planner_command.parent.parent in catalogs.parents
    example = catalogs / "workloads" / "ticket-triage.yaml"
    plan = json.loads(_shell(planner_command, "plan", example, "--json", "-", cwd=elsewhere))
    assert plan["status"] == "optimal"


def test_the_wheel_writes_a_report_from_any_directory(planner_command: Path, elsewhere: Path) -> None:
    (elsewhere / "mine.yaml").write_text((ROOT / "catalogs" / "workloads" / "ticket-triage.yaml").read_text())
    _shell(planner_command, "plan", "mine.yaml", "--report", "plan.html", cwd=elsewhere)
    assert (elsewhere / "plan.html").stat().st_size > 10_000


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def dashboard(planner_command: Path, elsewhere: Path) -> Iterator[str]:
    """Address of the running dashboard."""
    port = _free_port()
    command = [str(planner_command), "app", "--port", str(port)]
    with (elsewhere / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=elsewhere, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield f"http://127.0.0.1:{port}"
        assert process.poll() is None, f"the dashboard ended by itself: {(elsewhere / 'log').read_text()[-2000:]}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answer(address: str) -> str:
    """What the address answers, once it does."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 (our own loopback address)
                return str(answer.read().decode())
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            if time.monotonic() > until:
                raise
            time.sleep(0.3)


def test_the_wheel_serves_the_dashboard(dashboard: str) -> None:
    assert _answer(f"{dashboard}/_stcore/health") == "ok"
    assert "<html" in _answer(dashboard)
