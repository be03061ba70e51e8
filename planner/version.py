"""The release that a plan is made by; apart from the front page, so that planning need not import what it lists."""

from typing import Final

VERSION: Final = "0.1.0"
