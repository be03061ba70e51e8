"""Whatever a name holds, it is a valid name where names are bound, and a text everywhere else."""

import re
import string

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from planner.report.deploy.names import Names, dns_label, label_value, variable
from planner.report.deploy.texts import yaml_of

ODD = [
    "<script>alert(1)</script>",
    "=HYPERLINK(1)",
    "no",
    "1e3",
    "0x1F",
    "12:30:45",
    "~",
    "票据分类",
    "a" * 500,
    "-",
    "  ",
    "a\nb: c",
    "{{ .Values }}",
    "${HOME}",
    "Üñí",
]
_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")


@pytest.mark.parametrize("text", ODD)
def test_a_label_is_one_of_kubernetes(text: str) -> None:
    assert _LABEL.fullmatch(dns_label(text))
    assert len(dns_label(text)) <= 53
    assert re.fullmatch(r"[A-Z][A-Z0-9_]*", variable(text, "api key"))
    assert re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", label_value(text))


@given(st.lists(st.text(min_size=1, max_size=80), max_size=20))
def test_different_texts_get_different_labels_and_equal_ones_the_same(texts: list[str]) -> None:
    names = Names()
    given_names = {text: names.label(text) for text in texts}
    assert len(set(given_names.values())) == len(given_names)
    assert all(names.label(text) == name for text, name in given_names.items())
    assert all(_LABEL.fullmatch(name) for name in given_names.values())


def test_what_was_renamed_is_told() -> None:
    names = Names(("gateway",))
    assert names.label("triage") == "triage"
    assert names.label("gateway") != "gateway"
    assert names.label("Triage") != "triage"
    assert [text for text, _ in names.changed] == ["gateway", "Triage"]


_WORDS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["no", "Yes", "ON", "null", "1e3", "0o17", ".inf", "2026-12-01", "1_000", "0x1f", "<<", "&a", "*a"]
    ),
    st.text(alphabet=string.digits + "eE.+-_:xob", max_size=8),
)


class _Yaml12Core(yaml.SafeLoader):
    """The scalars of YAML 1.2's core schema, which Go's readers know."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (PyYAML's own protocol)


for tag, pattern, first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"null|Null|NULL|~|", "~nN"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+0123456789.",
    ),
):
    _Yaml12Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


@given(_WORDS, _WORDS)
def test_every_text_is_a_text_to_readers_of_yaml_1_1_and_1_2(key: str, value: str) -> None:
    written = yaml_of({key: {"value": value, "list": [value]}})
    for loader in (yaml.SafeLoader, _Yaml12Core):
        read = yaml.load(written, Loader=loader)  # noqa: S506 (both are safe loaders)
        assert read == {key: {"value": value, "list": [value]}}


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_a_number_to_both(value: float) -> None:
    written = yaml_of({"value": value})
    assert yaml.safe_load(written) == {"value": value}
