"""Addresses: which may be asked, and what is said of those that may not, without what they hide."""

import pytest

from planner.errors import InputError
from planner.probing.wire.addresses import check_address, check_variable, is_openai


@pytest.mark.parametrize(
    "address",
    [
        "https://models.example.org/v1",
        "https://10.0.0.5:8443/v1",
        "http://localhost:8000/v1",
        "http://127.0.0.1:8000/v1",
        "http://127.9.9.9/v1",
        "http://[::1]:8000/v1",
        "  https://models.example.org/v1  ",
    ],
)
def test_safe_addresses_are_taken(address: str) -> None:
    assert check_address(address, "--api-base") == address.strip()


@pytest.mark.parametrize(
    "address",
    [
        "http://10.0.0.5:8000/v1",
        "http://models.example.org/v1",
        "http://localhost.example.org/v1",
        "http://127.0.0.1.example.org/v1",
        "http://0.0.0.0:8000/v1",
        "http://[::ffff:10.0.0.5]/v1",
        "HTTP://models.example.org/v1",
    ],
)
def test_plain_http_to_another_machine_needs_a_word(address: str) -> None:
    with pytest.raises(InputError) as refused:
        check_address(address, "--api-base")
    assert "plain http" in str(refused.value)
    assert "--insecure" in str(refused.value)
    assert check_address(address, "--api-base", insecure=True) == address


@pytest.mark.parametrize(
    "address",
    [
        "https://me:hunter22@models.example.org/v1",
        "https://hunter22@models.example.org/v1",
        "http://me:hunter22@127.0.0.1/v1",
        "https://models.example.org/v1?key=hunter22",
        "https://models.example.org/v1#hunter22",
        "https://me:hunter22@models.example.org:x/v1",
    ],
)
def test_what_may_hide_a_key_is_refused_and_not_shown(address: str) -> None:
    with pytest.raises(InputError) as refused:
        check_address(address, "--api-base", insecure=True)
    assert "hunter22" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        *("", "models.example.org", "ftp://x/v1", "file:///etc/passwd", "https://", "https:///v1", "http://x:99999/v1"),
        *("http://[::1/v1", "https://a b/v1", "https://x/v1\nHost: y", "https://x\\@y/v1", f"https://{'x' * 3000}/"),
    ],
)
def test_what_is_no_address_fails_at_once(address: str) -> None:
    with pytest.raises(InputError) as refused:
        check_address(address, "--api-base", insecure=True)
    assert "\n" not in str(refused.value)


def test_a_key_in_place_of_its_variable_is_refused_and_not_shown() -> None:
    for key in ("sk-abcdef0123456789", "abc def", "", "9x", "x" * 101):
        with pytest.raises(InputError) as refused:
            check_variable(key, "--api-key-env")
        assert not key or key not in str(refused.value)
    assert check_variable("MY_SERVER_KEY", "--api-key-env") == "MY_SERVER_KEY"


def test_openai_is_known_by_its_host_over_https_alone() -> None:
    assert is_openai("https://api.openai.com/v1")
    assert not is_openai("http://api.openai.com/v1")
    assert not is_openai("https://api.openai.com.example.org/v1")
    assert not is_openai("https://example.org/api.openai.com")
