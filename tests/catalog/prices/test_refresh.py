"""Fetching a newer price map, and what changed in it; the server is a real one on loopback."""

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from planner.catalog import load_catalog
from planner.catalog.price import Price, PriceStep
from planner.catalog.prices.refresh import compare_maps, fetch_price_map, newest_price_map
from planner.catalog.schema import Offer, Source
from planner.errors import InputError, OfflineError

TODAY = date(2026, 11, 24)
OFFER = Offer(
    key="gpt-x",
    model="openai/gpt-x",
    mode="chat",
    provider="openai",
    region="global",
    area="global",
    price=Price(input_usd_per_mtok=2.0, output_usd_per_mtok=10.0),
    context_tokens=128_000,
    max_output_tokens=None,
    modalities=("text",),
    retires=None,
    supports_json_schema=True,
    supports_tools=True,
    supports_caching=True,
    supports_reasoning=False,
    source=Source("map", TODAY),
)


class Answers(http.server.BaseHTTPRequestHandler):
    body = b""

    def do_GET(self) -> None:
        self.send_response(404 if self.path == "/missing" else 200)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it)
        del format, args


@pytest.fixture
def url() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def entries(count: int) -> bytes:
    one = {"mode": "chat", "litellm_provider": "openai", "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}
    return json.dumps({f"model-{number}": one for number in range(count)}).encode()


def test_a_fetched_map_is_kept_under_its_day(url: str, tmp_path: Path) -> None:
    Answers.body = entries(200)
    path = fetch_price_map(tmp_path / "data", TODAY, url)
    assert path.name == "litellm_prices_2026-11-24.json"
    assert newest_price_map(tmp_path / "data") == path
    assert len(load_catalog(price_map=path).offers) == 200


def test_no_half_written_file_is_left(url: str, tmp_path: Path) -> None:
    Answers.body = entries(200)
    fetch_price_map(tmp_path, TODAY, url)
    assert [path.name for path in tmp_path.iterdir()] == ["litellm_prices_2026-11-24.json"]


def test_without_a_network_it_says_so_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(OfflineError, match=r"^offline: ") as caught:
        fetch_price_map(tmp_path, TODAY, f"http://127.0.0.1:{port}", timeout_s=2.0)
    assert "\n" not in str(caught.value)


def test_the_outside_is_offline_in_tests(tmp_path: Path) -> None:
    with pytest.raises(OfflineError):
        fetch_price_map(tmp_path, TODAY, timeout_s=2.0)


def test_a_missing_page_is_offline_too(url: str, tmp_path: Path) -> None:
    Answers.body = b""
    with pytest.raises(OfflineError):
        fetch_price_map(tmp_path, TODAY, f"{url}/missing")


@pytest.mark.parametrize("body", [b"<html>", b"[]", entries(3)])
def test_what_is_no_price_map_is_not_kept(url: str, tmp_path: Path, body: bytes) -> None:
    Answers.body = body
    with pytest.raises(InputError, match="price map"):
        fetch_price_map(tmp_path, TODAY, url)
    assert list(tmp_path.iterdir()) == []


def test_the_newest_of_several_maps_is_taken(tmp_path: Path) -> None:
    for name in ("litellm_prices_2026-09-30.json", "litellm_prices_2026-11-01.json", "notes.json"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    newest = newest_price_map(tmp_path)
    assert newest is not None
    assert newest.name == "litellm_prices_2026-11-01.json"


def test_no_folder_has_no_map(tmp_path: Path) -> None:
    assert newest_price_map(tmp_path / "nowhere") is None


def test_equal_maps_differ_in_nothing() -> None:
    assert compare_maps([OFFER], [OFFER]) == ()


def test_a_new_entry_and_a_lost_one_are_told() -> None:
    other = replace(OFFER, key="gpt-y")
    added, removed = compare_maps([other], [OFFER])
    assert (added.kind, added.key, added.after) == ("added", "gpt-x", "2 in / 10 out USD per million tokens")
    assert (removed.kind, removed.key, removed.after) == ("removed", "gpt-y", "")


def test_a_new_price_context_and_retirement_are_told() -> None:
    cheaper = Price(input_usd_per_mtok=1.0, output_usd_per_mtok=10.0)
    changed = replace(OFFER, price=cheaper, context_tokens=256_000, retires=date(2027, 1, 14))
    changes = compare_maps([OFFER], [changed])
    assert [change.kind for change in changes] == ["price", "context", "retirement"]
    assert (changes[1].before, changes[1].after) == ("128,000 tokens", "256,000 tokens")
    assert (changes[2].before, changes[2].after) == ("no date", "2027-01-14")


def test_a_change_behind_equal_head_prices_is_told_too() -> None:
    assert OFFER.price is not None
    stepped = replace(OFFER.price, steps=(PriceStep(200_000.0, 4.0, 15.0, None, None),))
    (change,) = compare_maps([OFFER], [replace(OFFER, price=stepped)])
    assert change.after.endswith("(cached, batch or long-context prices)")
