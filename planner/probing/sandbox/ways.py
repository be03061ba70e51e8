"""Ways to shut a process in: bubblewrap where it is installed, namespaces of our own where the kernel lets us."""

import json
import os
import shutil
import sys
import sysconfig
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from planner.probing.sandbox.shut.setting import DISK_BYTES, FOLDER, INSIDE_ID

Base: TypeAlias = Literal["bubblewrap", "namespaces"]
BASES: Final[tuple[Base, ...]] = ("bubblewrap", "namespaces")
_HOME: Final = "/planner-sandbox"
_PACKAGE: Final = "planner/probing/sandbox"
_HERE: Final = Path(__file__).parent
_MODULE: Final = "planner.probing.sandbox"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to shut a process in."""

    base: Base
    command: Callable[[Sequence[str]], list[str]]
    """What is started, for the arguments of `child`."""


def way_of(base: Base) -> Way | str:
    """The way of that name, or in words what it lacks before it is even tried."""
    if sys.platform != "linux":
        return f"{base}: Linux alone"
    if base == "namespaces":
        return Way(base, _enter)
    program = shutil.which("bwrap")
    if program is None:
        return "bubblewrap: no bwrap on the PATH"
    return Way(base, lambda arguments: _bubblewrap(program, arguments))


def _bubblewrap(program: str, arguments: Sequence[str]) -> list[str]:
    bound, links = _shown()
    return [
        program,
        *("--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"),
        *(
            "--uid",
            str(INSIDE_ID),
            "--gid",
            str(INSIDE_ID),
            "--cap-add",
            "CAP_SYS_ADMIN",
            "--die-with-parent",
            "--clearenv",
        ),
        *(word for path in bound for word in ("--ro-bind", path, path)),
        *(word for link, target in links for word in ("--symlink", target, link)),
        *("--ro-bind", str(_HERE), f"{_HOME}/{_PACKAGE}", "--dir", FOLDER, "--remount-ro", "/", "--chdir", "/"),
        "--",
        *_interpreter(_HOME, "child", arguments),
    ]


def _enter(arguments: Sequence[str]) -> list[str]:
    bound, links = _shown()
    # Our own package is shown where it lies: its folder holds nothing but these modules.
    home = str(_HERE.parents[2])
    command = _interpreter(home, "child", arguments)
    wanted = json.dumps({"bound": [*bound, str(_HERE)], "links": links, "command": command, "disk_bytes": DISK_BYTES})
    return _interpreter(home, "shut.enter", [wanted])


def _interpreter(home: str, module: str, arguments: Sequence[str]) -> list[str]:
    """Python without site, environment or bytecode, with the folder `home` alone before the library."""
    start = (
        f"import sys; sys.path.insert(0, {home!r}); sys.argv[0] = 'sandbox'; "
        f"from {_MODULE}.{module} import main; sys.exit(main(sys.argv))"
    )
    return [os.path.realpath(sys.executable), "-I", "-S", "-B", "-c", start, *arguments]


def _shown() -> tuple[list[str], list[tuple[str, str]]]:
    """What of the host is seen inside, read-only: the interpreter, its library and the system's; links beside them."""
    executable = os.path.realpath(sys.executable)
    library = sysconfig.get_path("stdlib")
    multiarch = str(sysconfig.get_config_var("MULTIARCH") or "")
    shared = ["/lib64", "/usr/lib64", *(f"{root}/{multiarch}" for root in ("/lib", "/usr/lib") if multiarch)]
    if not any(Path(path).is_dir() for path in shared[1:]):
        shared += ["/lib", "/usr/lib"]
    base = Path(sys.base_prefix) / "lib"
    own = [str(found) for found in base.glob("libpython*.so*")] if str(base) not in {"/usr/lib", "/lib"} else []
    wanted = [executable, library, *own, *shared, "/etc/ld.so.cache", "/usr/share/zoneinfo"]
    links = [("/lib", "usr/lib")] if Path("/lib").is_symlink() else []
    links += [("/lib64", str(Path("/lib64").readlink()))] if Path("/lib64").is_symlink() else []
    linked = tuple(f"{link}/" for link, _ in links)
    bound = [path for path in dict.fromkeys(wanted) if Path(path).exists() and not path.startswith(linked)]
    return [path for path in bound if path not in {link for link, _ in links}], links
