"""How much of a Parquet file stands in memory at once when it is read in small batches: weighed before it is trusted.

Repeated values pack so well that a file of a hundred kilobytes may unpack to gigabytes, and what its footer says of
sizes is only what its writer wrote. So a process of its own, with a limit of memory, reads it once and keeps nothing.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

BATCH_ROWS: Final = 64
MOST_ROWS: Final = 1_000_000
MOST_BATCH_BYTES: Final = 64 * 1024 * 1024
_ROOM_BYTES: Final = 256 * 1024 * 1024
_LONGEST_S: Final = 120.0
_WEIGH: Final = """
import sys
import pyarrow as pa, pyarrow.parquet as pq
try:
    import resource
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + ROOM, now + ROOM))
except (ImportError, OSError, ValueError):
    pass
most = 0
try:
    with pq.ParquetFile(sys.argv[1], pre_buffer=False) as file:
        # A dictionary is small and what it stands for is not; a run's file has none.
        packed = "dictionary<" in str(file.schema_arrow.remove_metadata())
        most = MOST + 1 if packed else 0
        for batch in () if packed else file.iter_batches(BATCH, use_threads=False):
            most = max(most, batch.nbytes)
            if most > MOST:
                break
except (MemoryError, pa.ArrowMemoryError):
    most = MOST + 1
except (pa.ArrowException, OSError):
    pass
print(most)
"""


def is_too_heavy(path: Path) -> bool:
    """Whether some 64 rows of the file take more than 64 MiB, or reading it takes more time than any run's file.

    What is no Parquet at all is not too heavy: whoever reads it says what is wrong.
    """
    program = _WEIGH.replace("ROOM", str(_ROOM_BYTES)).replace("BATCH", str(BATCH_ROWS))
    program = program.replace("MOST", str(MOST_BATCH_BYTES))
    environment = {**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"}
    try:
        weighed = subprocess.run(  # noqa: S603 (our own interpreter and our own text)
            [sys.executable, "-c", program, str(path.absolute())],
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST_S,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        return True
    said = weighed.stdout.strip()
    # A process that its limit ended said nothing.
    return not said.isdecimal() or int(said) > MOST_BATCH_BYTES
