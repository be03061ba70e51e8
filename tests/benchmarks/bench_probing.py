"""Figures of the runner against a local streaming server: `python tests/benchmarks/bench_probing.py`.

The server sends 64 tokens 2 ms apart, the first after 20 ms, and writes down when it really did. Parts:

    latency   error of TTFT and of the gaps between tokens, at 1, 8, 32 and 64 streams, of the accepted samples
    rate      requests a second and CPU beside litellm.acompletion and a raw aiohttp client, in the same process
    peer      requests a second and TTFT beside guidellm, where it is on PATH or GUIDELLM names its program
    kills     100 x kill -9 in the middle of a run
    long      10,000 items, with memory

`--part NAME` runs one; `--kills N` and `--items N` change their sizes.
"""

import argparse
import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "probing"))

from killing import asked_twice, kill_until_done
from probing_parts import settings_of, suite_of, target_at
from streaming_server import FIRST_MS, GAP_MS, Server, start_server

from planner.probing.asking.one_question import is_client_bound
from planner.probing.asking.progress import Progress
from planner.probing.asking.runner import run_probe, start_run
from planner.probing.settings import ProbeSettings
from planner.probing.wire.litellm_client import LiteLLMClient, load_litellm
from planner.probing.wire.messages import Timeouts
from planner.probing.wire.questions import Answer, Message, Question
from planner.store.attempts import attempts_of, in_doubt
from planner.store.database.engine import Store, open_store
from planner.store.runs import spending
from planner.units import SEED, Floats, stream

STREAMS = (1, 8, 32, 64)
PEER_STREAMS = (1, 8, 32)
TOKENS = 64
One = Callable[[str], Awaitable[object]]


def _requests(streams: int) -> int:
    return {1: 40, 8: 240, 32: 480, 64: 640}[streams]


@dataclass(frozen=True)
class Cost:
    """What a round of requests took."""

    per_s: float
    cpu_s_per_1000: float
    results: list[object]


async def _round(one: One, streams: int, name: str) -> Cost:
    """So many requests at once until all are done; CPU of this process and of the children it has waited for."""
    slots = asyncio.Semaphore(streams)
    count = _requests(streams)

    async def limited(number: int) -> object:
        async with slots:
            return await one(f"{name} {streams} {number}")

    cpu, began = time.process_time(), time.perf_counter()
    results = await asyncio.gather(*(limited(number) for number in range(count)))
    took = time.perf_counter() - began
    return Cost(count / took, 1000.0 * (time.process_time() - cpu) / count, list(results))


def _question(api_base: str, prompt: str) -> Question:
    return Question(target_at(api_base), (Message("user", prompt),), TOKENS, 0.0, None, Timeouts())


async def _ours(server: Server, streams: int) -> tuple[Cost, float]:
    """Our client; beside it the CPU of its reader process."""
    client = LiteLLMClient({})
    await client.start()
    await client.ask(_question(server.api_base, "warm"))
    reader = client._reader._process
    assert reader is not None
    before = _cpu_of(reader.pid)
    cost = await _round(lambda prompt: _asked(client, server, prompt), streams, "ours")
    extra = 1000.0 * (_cpu_of(reader.pid) - before) / _requests(streams)
    await client.close()
    return cost, extra


async def _asked(client: LiteLLMClient, server: Server, prompt: str) -> tuple[str, object]:
    return prompt, await client.ask(_question(server.api_base, prompt))


def _cpu_of(pid: int) -> float:
    """CPU seconds of another process so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _bare_litellm(server: Server, streams: int) -> Cost:
    litellm = load_litellm()

    async def one(prompt: str) -> None:
        answer = await litellm.acompletion(
            model="openai/fixed",
            api_base=server.api_base,
            api_key="none",
            messages=[{"role": "user", "content": prompt}],
            max_tokens=TOKENS,
            stream=True,
            stream_options={"include_usage": True},
        )
        async for _ in answer:
            pass

    await one("warm")
    return await _round(one, streams, "litellm")


async def _raw(server: Server, streams: int) -> Cost:
    """The physical limit here: aiohttp, each line parsed."""
    import aiohttp

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one(prompt: str) -> None:
            body = {"model": "fixed", "messages": [{"role": "user", "content": prompt}], "max_tokens": TOKENS}
            async with session.post(f"{server.api_base}/chat/completions", json=body) as response:
                async for line in response.content:
                    if line.startswith(b"data: {"):
                        json.loads(line[6:])

        await one("warm")
        return await _round(one, streams, "raw")


def latency() -> None:
    print(f"\nLatency: errors in ms against what the server wrote down; nominal TTFT {FIRST_MS:g}, gap {GAP_MS:g}")
    print("streams  accepted | TTFT error median / p95 / max | TTFT beside nominal median / p95", end="")
    print(" | worst gap error median / p95 | mean gap error p95 | lag median / p95")
    for streams in STREAMS:
        with start_server() as server:
            cost, _ = asyncio.run(_ours(server, streams))
            times = server.log()["times"]
        _print_latency(streams, cost.results, times)


def _print_latency(streams: int, results: list[object], times: dict[str, list[float]]) -> None:
    answers = [(prompt, answer) for prompt, answer in results if isinstance(answer, Answer)]  # type: ignore[misc]
    accepted = [(prompt, answer) for prompt, answer in answers if not is_client_bound(answer)]
    share = len(accepted) / len(results)
    if not accepted:
        print(f"{streams:7d}  {share:8.0%} | none")
        return
    truth = [np.array(times[prompt]) for prompt, _ in accepted]
    ttft = np.array([a.ttft_ms for _, a in accepted])
    # One clock for all processes: late reading of the first token, and a departure noted later than it was.
    errors = np.array([_ttft_error_ms(answer, t) for (_, answer), t in zip(accepted, truth, strict=True)])
    gaps = [np.abs(np.array(a.gaps_ms) - 1e3 * np.diff(t[1:])) for (_, a), t in zip(accepted, truth, strict=True)]
    worst = np.array([gap.max() for gap in gaps])
    means = np.array(
        [abs(np.mean(a.gaps_ms) - 1e3 * np.mean(np.diff(t[1:]))) for (_, a), t in zip(accepted, truth, strict=True)]
    )
    lags = np.array([a.lag_ms for _, a in answers])
    beside = np.abs(ttft - FIRST_MS)
    parts = (
        f"{streams:7d}  {share:8.0%}",
        f"{np.median(errors):6.2f} / {np.quantile(errors, 0.95):6.2f} / {errors.max():6.2f}",
        f"{np.median(beside):5.2f} / {np.quantile(beside, 0.95):6.2f}",
        f"{np.median(worst):6.2f} / {np.quantile(worst, 0.95):6.2f}",
        f"{np.quantile(means, 0.95):6.3f}",
        f"{np.median(lags):5.2f} / {np.quantile(lags, 0.95):5.2f}",
    )
    print(" | ".join(parts), flush=True)


def _ttft_error_ms(answer: Answer, truth: Floats) -> float:
    """How far our TTFT is from what a client without a delay of its own would have measured.

    The server notes when it has read the request (index 0) and written the first token (1). Its own lateness is part
    of what any client measures; ours is reading later than that was written, or noting a departure after the arrival.
    """
    assert answer.sent is not None
    assert answer.ttft_ms is not None
    read = answer.sent + answer.ttft_ms / 1e3
    return 1e3 * (abs(read - truth[1]) + max(0.0, answer.sent - truth[0]))


def rate() -> None:
    print("\nRate: requests/s (CPU s per 1,000 requests of the client; ours + its reader process)")
    print("streams |        ours         | litellm.acompletion |  raw aiohttp  | ours / litellm")
    for streams in STREAMS:
        with start_server() as server:
            ours, extra = asyncio.run(_ours(server, streams))
            bare = asyncio.run(_bare_litellm(server, streams))
            raw = asyncio.run(_raw(server, streams))
        parts = (
            f"{streams:7d}",
            f"{ours.per_s:6.1f} ({ours.cpu_s_per_1000:4.1f} + {extra:3.1f})",
            f"{bare.per_s:6.1f} ({bare.cpu_s_per_1000:5.1f})",
            f"{raw.per_s:6.1f} ({raw.cpu_s_per_1000:4.1f})",
            f"{ours.per_s / bare.per_s:4.1f} x",
        )
        print(" | ".join(parts), flush=True)
    for streams in (8, 32):
        _whole_run(streams)


def peer() -> None:
    """The load generator of vLLM's makers on the same server, in processes of its own."""
    program = os.environ.get("GUIDELLM") or shutil.which("guidellm")
    print("\nPeer: requests/s and reported TTFT in ms, median / p95; the server wrote the first token at `true`")
    if program is None:
        print("guidellm is not installed (pip install guidellm in an environment of its own; GUIDELLM=its program)")
        return
    print("streams |  ours: requests/s, TTFT  | true |  guidellm: requests/s, TTFT  | true")
    for streams in PEER_STREAMS:
        with start_server() as server:
            cost, _ = asyncio.run(_ours(server, streams))
            ours_true = _true_ttft_ms(server)
        answers = [answer for _, answer in cost.results if isinstance(answer, Answer)]  # type: ignore[misc]
        ttft = np.array([answer.ttft_ms for answer in answers if not is_client_bound(answer)])
        with start_server() as server, tempfile.TemporaryDirectory() as folder:
            per_s, median, tail = _guidellm(program, server, streams, Path(folder))
            peer_true = _true_ttft_ms(server)
        accepted = f"{ttft.size / len(answers):.0%}"
        ours = f"{cost.per_s:6.1f}, {np.median(ttft):5.1f} / {np.quantile(ttft, 0.95):5.1f} ({accepted})"
        print(
            f"{streams:7d} | {ours} | {ours_true:5.1f} | {per_s:6.1f}, {median:5.1f} / {tail:5.1f} | {peer_true:5.1f}",
            flush=True,
        )


def _true_ttft_ms(server: Server) -> float:
    """Median of what the server wrote down: request read to first token written."""
    return 1e3 * float(np.median([times[1] - times[0] for times in server.log()["times"].values() if len(times) > 1]))


def _guidellm(program: str, server: Server, streams: int, folder: Path) -> tuple[float, float, float]:
    """Requests a second over its run, and the median and p95 of its TTFT, ms."""
    prompts, report = folder / "prompts.jsonl", folder / "report.json"
    count = _requests(streams)
    prompts.write_text("".join(json.dumps({"prompt": f"peer {streams} {number}"}) + "\n" for number in range(count)))
    argv = [program, "run", "--disable-console"]
    argv += ["--backend", f"kind=openai_http,target=http://127.0.0.1:{server.port},model=fixed"]
    argv += ["--profile", f"kind=concurrent,streams={streams}", "--constraint", f"kind=max_requests,count={count}"]
    argv += ["--data", f"kind=json_file,path={prompts}", "--output", f"kind=json,path={report}"]
    offline = os.environ | {"HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": str(folder / "datasets")}
    subprocess.run(argv, check=True, env=offline, capture_output=True, timeout=300)
    found = json.loads(report.read_text())["benchmarks"][0]
    ttft = found["metrics"]["time_to_first_token_ms"]["successful"]
    done = found["metrics"]["request_totals"]["successful"]
    return done / found["duration"], ttft["median"], ttft["percentiles"]["p95"]


def _whole_run(streams: int) -> None:
    """The same with everything a run does: reservation, three commits, grading."""
    with start_server() as server, _store() as store:
        count = _requests(streams)
        suite = suite_of(count, TOKENS, prefix="whole run")
        run = start_run(store, suite, (target_at(server.api_base),), _patient(streams), 100.0)
        times: list[float] = []

        def seen(progress: Progress) -> None:
            if progress.answered and not times:
                times.extend((time.perf_counter(), time.process_time(), progress.answered))

        run_probe(store, run.id, {}, on_progress=seen)
        took, cpu, done = time.perf_counter() - times[0], time.process_time() - times[1], count - times[2]
        print(
            f"{streams:7d} | a whole run, stored and graded: {done / took:6.1f} requests/s ({1000 * cpu / done:4.1f})"
        )


def _patient(streams: int) -> ProbeSettings:
    """Time-outs that a busy machine does not reach."""
    return settings_of(concurrency=streams, timeouts=Timeouts())


@contextmanager
def _store() -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder, open_store(f"sqlite:///{folder}/probes.sqlite3") as store:
        yield store


def kills(count: int) -> None:
    items, price = 16 * count, (1.0, 2.0)
    with start_server() as server, _store() as store:
        suite = suite_of(items, 8, prefix="killed")
        # Room for all answers, and for four requests of each kill that stay counted at their worst case.
        cap = (20.0 * items + 4 * 160.0 * count) / 1e6
        run = start_run(store, suite, (target_at(server.api_base, price=price),), _patient(4), cap)
        waits = stream(SEED, "bench kills").uniform(0.0, 0.25, count).tolist()
        seen = kill_until_done(store, run.id, waits)
        attempts = attempts_of(store, run.id)
        answered = sum(attempt.state == "answered" for attempt in attempts)
        asked = server.log()["asked"]
        print(f"\nKills: {seen.kills} x kill -9, {items} paid items, cap {cap:.6f} USD")
        print(f"answered and kept {answered}, in doubt {len(in_doubt(store, run.id))}, lost {seen.lost}")
        print(f"requests at the server {len(asked)}, asked twice {len(asked_twice(asked, 'killed '))}")
        spent = spending(store, run.id)
        held = f"with what is in doubt {spent.committed_usd:.6f}, most {seen.most_committed_usd:.6f}"
        print(f"spent {spent.spent_usd:.6f} USD, {held}")


def long(items: int) -> None:
    print(f"\nLong run: {items:,} items at 32 streams, 8 tokens each")
    with start_server(tokens=8) as server, _store() as store:
        target = target_at(server.api_base)
        run = start_run(store, suite_of(items, 8, prefix="long"), (target,), _patient(32), 100.0)
        marks: dict[int, float] = {}

        def seen(progress: Progress) -> None:
            marks.setdefault(progress.answered * 10 // items, _memory_mb())

        began = time.perf_counter()
        _, progress = run_probe(store, run.id, {}, on_progress=seen)
        took = time.perf_counter() - began
    memory = ", ".join(f"{mb:.0f}" for _, mb in sorted(marks.items()))
    print(f"{progress.answered:,} answered, {items / took:.1f} items/s; memory in MB at each tenth: {memory}")
    print(f"peak of the process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def _memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description="Figures of the probe runner.")
    parser.add_argument("--part", choices=("latency", "rate", "peer", "kills", "long"))
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--items", type=int, default=10_000)
    args = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    parts = {
        "latency": latency,
        "rate": rate,
        "peer": peer,
        "kills": lambda: kills(args.kills),
        "long": lambda: long(args.items),
    }
    for name, part in parts.items():
        if args.part in {None, name}:
            part()


if __name__ == "__main__":
    main()
