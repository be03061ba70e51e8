"""Addresses of servers: what may stand in one, and to whom a key may go over which wire."""

import ipaddress
import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from planner.errors import InputError

OPENAI_HOST: Final = "api.openai.com"
_MOST_CHARACTERS: Final = 2000
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_ALLOWED: Final = "an address such as https://models.example.org/v1"


def check_address(text: str, option: str, *, insecure: bool = False) -> str:
    """The address without blanks around it, when a request may go there.

    Raises:
        InputError: It is none, holds a user, password, query or fragment (the places where keys are put, which would
            be kept with the run), or is plain http to another machine and `insecure` doesn't allow that.
    """
    address = text.strip()
    parts = _parts(address, option)
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        found = "an address with a user, password, query or fragment (not shown)"
        raise InputError(option, "", found=found, allowed="the address alone; its key by --api-key-env NAME")
    if parts.scheme == "http" and not insecure and not is_this_machine(parts.hostname or ""):
        allowed = "https, or --insecure where prompts and key may be read on the way"
        raise InputError(option, "", found=f"plain http to {parts.hostname}", allowed=allowed)
    return address


def _parts(address: str, option: str) -> SplitResult:
    """The parts of an address of the right form; never shown where they may hold a password."""
    try:
        parts = urlsplit(address)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        whole = False
    if not whole or len(address) > _MOST_CHARACTERS or re.search(r"[\s\x00-\x1f\x7f\\]", address):
        found = "an address that is none" if "@" in address else address
        raise InputError(option, "", found=found, allowed=_ALLOWED)
    return parts


def is_this_machine(host: str) -> bool:
    """Whether what is sent to a host stays here.

    >>> is_this_machine("localhost"), is_this_machine("127.0.0.1"), is_this_machine("::1"), is_this_machine("10.0.0.5")
    (True, True, True, False)
    """
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_openai(address: str) -> bool:
    """Whether an address is OpenAI's own, to which its key belongs."""
    parts = urlsplit(address)
    return parts.scheme == "https" and parts.hostname == OPENAI_HOST


def check_variable(name: str, option: str) -> str:
    """The name of a variable that may hold a key; InputError for a key put in its place."""
    if not _VARIABLE.fullmatch(name) or name.startswith(("sk_", "sk-")):
        found = "what is no variable's name (not shown)"
        raise InputError(option, "", found=found, allowed="the name of a variable of the environment, not the key")
    return name
