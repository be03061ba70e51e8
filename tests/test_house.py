"""What holds the house up: thin pages, light doors, sorted front pages, nothing private in the tree."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import planner
from planner.cli import build_parser

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted((ROOT / "pages").glob("*.py"))
ROOMS = sorted(path for path in (ROOT / "planner").rglob("__init__.py") if "_bundled" not in path.parts)
LONGEST_PAGE = 80
HEAVY = {"litellm", "streamlit", "scipy", "sklearn", "pandas", "plotly", "numpy", "pydantic", "tiktoken", "rich"}
NOT_OURS = {".git", ".venv", ".venv-lock", "build", "dist", "node_modules", "__pycache__"}
TEXT_ENDINGS = {".py", ".md", ".toml", ".yaml", ".yml", ".csv", ".jsonl", ".txt", ".lock", ".cfg", ".json", ""}
# Spelt in parts, so that this file does not find itself.
PRIVATE = re.compile(
    "|".join(
        (
            r"--(extra-)?index-" + "url",
            r"--find-" + "links",
            r"pypi\." + r"org/simple",
            r"files\.python" + r"hosted\.org",
            r"(?<![\w.~/])/" + r"(home|root|Users)/\w",
            r"(?<![\w.~/])/" + r"tmp/(venv|bash)",
            r"(?<![\w.~/])/" + r"work/(main|shared|notes)",
        )
    )
)


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


def test_there_are_pages() -> None:
    assert {"toolbox.py", "workload.py", "what_if.py", "models.py", "report.py"} <= {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_imports_streamlit_and_planner_alone(page: Path) -> None:
    assert _imported(ast.parse(page.read_text(encoding="utf-8"))) <= {"streamlit", "planner"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_holds_no_function_and_no_arithmetic(page: Path) -> None:
    tree = ast.parse(page.read_text(encoding="utf-8"))
    forbidden = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.BinOp, ast.AugAssign)
    assert [type(node).__name__ for node in ast.walk(tree) if isinstance(node, forbidden)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_short(page: Path) -> None:
    assert _lines(page) <= LONGEST_PAGE


def _loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert _loaded_by("import planner") & HEAVY == set()


def test_the_command_line_loads_nothing_heavy_before_a_command_runs() -> None:
    assert _loaded_by("import planner.cli; planner.cli.build_parser()") & HEAVY == set()


def test_planning_loads_neither_litellm_nor_streamlit_nor_plotly() -> None:
    loaded = _loaded_by("import planner.planning.choose, planner.options.enumerate, planner.catalog.load")
    assert loaded & {"litellm", "streamlit", "plotly", "sklearn", "pandas"} == set()


def test_the_front_page_is_sorted_and_resolves() -> None:
    assert list(planner.__all__) == sorted(planner.__all__)
    assert all(callable(getattr(planner, name)) for name in planner.__all__)


def test_an_unknown_name_of_the_front_page_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'plan_everything'"):
        planner.plan_everything  # noqa: B018 (the access is what is tested)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.parent.name)
def test_a_room_lists_what_it_offers_in_order(room: Path) -> None:
    tree = ast.parse(room.read_text(encoding="utf-8"))
    offered = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == "__all__" for to in node.targets)
    ]
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert offered or not imports, "a room that re-exports says what"
    for names in offered:
        # Constants first, then classes, then functions, each by the alphabet: the order ruff keeps.
        assert list(names) == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))


def _commands() -> list[tuple[str, str]]:
    """Every command, actions included, with its help text."""
    found: list[tuple[str, str]] = []
    parsers = [("", build_parser())]
    while parsers:
        prefix, parser = parsers.pop()
        for action in parser._actions:
            choices = getattr(action, "choices", None)
            if not isinstance(choices, dict):
                continue
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}  # type: ignore[attr-defined]  # argparse names no public way
            for name, command in choices.items():
                found.append((f"{prefix}{name}", helps.get(name, "")))
                parsers.append((f"{prefix}{name} ", command))
    return found


@pytest.mark.parametrize(("command", "help_text"), _commands(), ids=lambda part: part[:20])
def test_a_command_has_help_and_is_in_the_readme(command: str, help_text: str) -> None:
    assert help_text
    assert f"planner {command}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_shows_only_commands_that_exist() -> None:
    shown = re.findall(r"^ *(?:\$ )?planner ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(shown) <= {command.split()[0] for command, _ in _commands()}


def _text_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    if listed.returncode == 0:
        files = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:  # an unpacked archive: no git
        files = [path for path in ROOT.rglob("*") if not NOT_OURS & set(path.parts)]
    return [path for path in files if path.is_file() and path.suffix in TEXT_ENDINGS]


def test_nothing_names_an_index_host_or_a_machine_path() -> None:
    found = []
    for path in _text_files():
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if PRIVATE.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    assert found == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    names = {path.name for path in (ROOT / "planner").rglob("*.py")}
    assert names & {"utils.py", "common.py", "helpers.py", "misc.py", "base_manager.py"} == set()


LOCKS = ("requirements.lock", "requirements-dev.lock")


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_exact_versions_and_names_no_source(lock: str) -> None:
    lines = [line for line in (ROOT / lock).read_text(encoding="utf-8").splitlines() if line.strip()]
    pins = [line for line in lines if not line.startswith("#")]
    assert len(pins) > 20
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!_-]+", pin)] == []


def test_every_dependency_is_in_the_lock() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    texts = [(ROOT / lock).read_text(encoding="utf-8").lower().replace("_", "-") for lock in LOCKS]
    running, testing = project["project"]["dependencies"], project["dependency-groups"]["dev"]
    assert {name for name in map(_package, running) if f"\n{name}==" not in texts[0]} == set()
    assert {name for name in map(_package, testing) if f"\n{name}==" not in "".join(texts)} == set()


def _package(requirement: str) -> str:
    return re.split(r"[<>=!~\[ ]", requirement)[0].lower().replace("_", "-")
