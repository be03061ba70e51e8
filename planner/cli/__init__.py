"""The command line: parse, call one function, show, exit code. Nothing heavy is imported before a command needs it."""

from planner.cli.door import main
from planner.cli.parser import build_parser

__all__ = ["build_parser", "main"]
