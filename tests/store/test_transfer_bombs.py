"""Run files that unpack to more than any run takes: refused in one line, in little memory."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from planner.store.parquet_weight import is_too_heavy

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory in /proc")
_IMPORT = """
import sys
from pathlib import Path
from planner.errors import InputError
from planner.store.database.engine import open_store
from planner.store.transfer import import_run
def most_kib():
    # Of this program alone: getrusage also counts what the process weighed before it became this program.
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
with open_store("sqlite:///" + sys.argv[2]) as store:
    before = most_kib()
    try:
        import_run(store, Path(sys.argv[1]))
    except InputError as error:
        print(error, file=sys.stderr)
after = most_kib()
print(after - before, after)
"""


def _imported(file: Path) -> tuple[int, int, str]:
    """MiB that the import took on top, and in all, and what it said."""
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT, str(file), str(file.with_suffix(".sqlite3"))],
        capture_output=True,
        text=True,
        check=True,
    )
    more, whole = map(int, done.stdout.split())
    return more // 1024, whole // 1024, done.stderr


def _bomb(path: Path, column: pa.Array) -> None:
    pq.write_table(pa.table({"answer": column}), path, compression="zstd")


@pytest.mark.parametrize("kind", ["long texts", "long lists"])
def test_a_small_file_that_unpacks_to_gigabytes_is_refused(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "run.parquet"
    if kind == "long texts":
        _bomb(file, pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), pa.array(["x" * 4_000_000])))
    else:
        _bomb(file, pa.array([[0.0] * 20_000_000]))
    assert file.stat().st_size < 1_000_000
    assert is_too_heavy(file)
    more_mib, whole_mib, said = _imported(file)
    assert more_mib < 300
    assert whole_mib < 2 * 1024
    assert (said.count("\n"), "more memory" in said) == (1, True)


def test_an_endless_line_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    with file.open("wb") as out:
        out.truncate(3 * 1024**3)
    more_mib, _, said = _imported(file)
    assert more_mib < 300
    assert (said.count("\n"), "line 1" in said) == (1, True)
    assert json.dumps(said)
    file.unlink()


def test_what_is_no_parquet_is_left_to_its_reader(tmp_path: Path) -> None:
    file = tmp_path / "run.parquet"
    file.write_bytes(b"PAR1 nothing PAR1")
    assert not is_too_heavy(file)
