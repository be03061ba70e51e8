"""What the package installs."""

import tomllib
from importlib import import_module
from pathlib import Path


def test_the_command_has_a_second_name_for_where_another_package_takes_the_first() -> None:
    scripts = tomllib.loads(Path(__file__).parent.parent.joinpath("pyproject.toml").read_text(encoding="utf-8"))
    named = scripts["project"]["scripts"]
    assert set(named) == {"planner", "toolbox-planner"}
    assert len(set(named.values())) == 1
    module, _, function = named["toolbox-planner"].partition(":")
    assert callable(getattr(import_module(module), function))
