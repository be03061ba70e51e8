"""What an answer tries to do to its host: each way to shut it in, as root and as another user; seen from outside."""

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox_cases import Judge

ALL_OPEN = 0o666
CONTENT = b"kept safe"


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Path]:
    """A file that everyone may write, in a folder that everyone may write, both reachable by everyone."""
    for folder in [tmp_path, *tmp_path.parents][:4]:
        if folder.stat().st_uid == os.getuid() and folder != Path("/tmp"):  # noqa: S108
            folder.chmod(folder.stat().st_mode | 0o055)
    tmp_path.chmod(0o777)
    path = tmp_path / "victim"
    path.write_bytes(CONTENT)
    path.chmod(ALL_OPEN)
    os.utime(path, (10**9, 10**9))
    yield path
    assert path.read_bytes() == CONTENT
    assert stat.S_IMODE(path.stat().st_mode) == ALL_OPEN
    assert path.stat().st_mtime == 10**9
    assert os.listxattr(path) == []
    assert list(tmp_path.iterdir()) == [path]


FILE_ATTACKS = {
    "truncate": "os.truncate(V, 0)",
    "open to write": "open(V, 'w')",
    "open to append": "open(V, 'a').write('x')",
    "mode": "os.chmod(V, 0o777)",
    "times": "os.utime(V, (1, 1))",
    "owner": "os.chown(V, 0, 0)",
    "extended attribute": "os.setxattr(V, 'user.x', b'x')",
    "unlink": "os.unlink(V)",
    "rename": "os.rename(V, V + '2')",
    "link": "os.link(V, V + '2')",
    "symbolic link": "os.symlink(V, V + '2')",
    "folder beside": "os.mkdir(V + '2')",
    "read": "open(V).read()",
    "list": "assert 'victim' in os.listdir(os.path.dirname(V))",
    "by the root of the host": "os.truncate('/proc/1/root' + V, 0)",
    "by the working folder": "os.chdir('/proc/self/cwd'); os.truncate(V, 0)",
    "over the old root": "os.chroot('../../../../../..'); os.truncate(V, 0)",
}


@pytest.mark.parametrize("attack", FILE_ATTACKS)
def test_a_file_of_the_user_stays_as_it_is(shut_in: Judge, victim: Path, attack: str) -> None:
    code = f"import os\nV = {str(victim)!r}\n{FILE_ATTACKS[attack]}"
    assert not shut_in(code).passed


OUTSIDE = [name for name in FILE_ATTACKS if "root" not in name and name != "owner"]


@pytest.mark.parametrize("attack", OUTSIDE)
def test_each_of_these_works_where_nothing_shuts_it_in(tmp_path: Path, attack: str) -> None:
    """A control: an attack that fails for a reason of its own would show nothing."""
    path = tmp_path / "victim"
    path.write_bytes(CONTENT)
    code = f"import os\nos.chdir({str(tmp_path)!r})\nV = {str(path)!r}\n{FILE_ATTACKS[attack]}"
    done = subprocess.run([sys.executable, "-I", "-c", code], check=False, capture_output=True, text=True)
    if "Operation not supported" in done.stderr:
        pytest.skip("this file system keeps no extended attributes")
    assert done.returncode == 0, done.stderr


INHERITED = """
import os
def f():
    done = []
    for number in range(3, 200):
        for act in (lambda n: os.fchdir(n), lambda n: os.ftruncate(n, 0), lambda n: os.listdir(n)):
            try:
                act(number)
            except OSError:
                continue
            done.append(number)
    return done
"""


def test_no_open_file_or_folder_of_the_host_is_left_to_it(shut_in: Judge, victim: Path) -> None:
    with victim.open("r+b") as kept:
        os.set_inheritable(kept.fileno(), True)
        assert shut_in(INHERITED, "assert f() == []").passed


NOTHING_OF_THE_HOST = """
import os
def seen():
    return sorted(os.listdir('/'))
def written():
    places = []
    for folder, _, files in os.walk('/'):
        if folder.startswith("/planner-sandbox-work"):
            continue
        try:
            open(folder + '/x', 'w')
        except OSError:
            continue
        places.append(folder)
    return places
"""


def test_the_root_holds_the_interpreter_alone_and_nothing_can_be_written(shut_in: Judge) -> None:
    known = {
        "lib",
        "lib64",
        "usr",
        "etc",
        "planner-sandbox-work",
        "planner-sandbox",
        *Path(sys.executable).resolve().parts[1:2],
    }
    known |= {Path(__file__).parts[1]}
    outcome = shut_in(NOTHING_OF_THE_HOST, f"assert set(seen()) <= {known!r}, seen()\nassert written() == []")
    assert outcome.passed, outcome.detail


PROCESSES = {
    "fork": "import os\nif os.fork() == 0:\n    os._exit(0)",
    "bare fork_exec": "import _posixsubprocess, os\n"
    "_posixsubprocess.fork_exec([b'/x'], [b'/x'], True, (), None, None, -1, -1, -1, -1, -1, -1, *os.pipe(), False, "
    "False, 0, None, None, None, -1, None, True)",
    "posix_spawn": "import os\nos.posix_spawn('/bin/true', ['true'], {})",
    "subprocess": "import subprocess\nsubprocess.run(['true'])",
    "system": "import os\nassert os.system('true') == 0",
    "exec": "import os, sys\nos.execv(sys.executable, ['python', '-c', ''])",
    "multiprocessing": "import multiprocessing\nmultiprocessing.Process(target=print).start()",
}


@pytest.mark.parametrize("attack", PROCESSES)
def test_no_process_or_program_is_started(shut_in: Judge, attack: str) -> None:
    assert not shut_in(PROCESSES[attack]).passed


SIGNALS = {
    "kill": "import os\nos.kill(PID, 9)",
    "kill its parent": "import os\nos.kill(os.getppid(), 9)",
    "kill everyone": "import os\nos.kill(-1, 9)",
    "kill the group": "import os\nos.killpg(0, 9)",
    "pidfd": "import os, signal\nsignal.pidfd_send_signal(os.pidfd_open(PID), 9)",
    "owner of a pipe": "import fcntl, os\nr, w = os.pipe()\nfcntl.fcntl(r, fcntl.F_SETOWN, PID)",
}


@pytest.mark.parametrize("attack", SIGNALS)
def test_no_signal_reaches_another_process(shut_in: Judge, attack: str) -> None:
    with subprocess.Popen(["sleep", "60"], user=None) as other:
        try:
            assert not shut_in(f"PID = {other.pid}\n{SIGNALS[attack]}").passed
            assert other.poll() is None
        finally:
            other.send_signal(signal.SIGKILL)


KEYS = """
import glob, os
def found():
    said = [str(dict(os.environ))]
    for name in glob.glob('/proc/*/environ') + glob.glob('/proc/*/cmdline') + glob.glob('/proc/*/fd/*'):
        try:
            said.append(open(name, 'rb').read().decode('latin-1'))
        except OSError:
            continue
    return 'planted-key' in ''.join(said), len(os.environ) <= 1, len(said)
"""


def test_no_key_of_the_environment_is_seen(shut_in: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "planted-key")
    outcome = shut_in(KEYS, "assert found() == (False, True, 1), found()")
    assert outcome.passed, outcome.detail


def test_the_network_is_out_of_reach(shut_in: Judge, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as local,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        local.bind(str(tmp_path / "s"))
        abstract.bind(f"\0planner-{os.getpid()}")
        for each in (server, local, abstract):
            each.listen()
            each.setblocking(False)
        port = server.getsockname()[1]
        tries = [
            f"socket.create_connection(('127.0.0.1', {port}))",
            f"socket.socket(socket.AF_UNIX).connect({str(tmp_path / 's')!r})",
            f"socket.socket(socket.AF_UNIX).connect('\\0planner-{os.getpid()}')",
            f"socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))",
            f"socket.socketpair()[0].connect({str(tmp_path / 's')!r})",
        ]
        for attempt in tries:
            assert not shut_in(f"import socket\n{attempt}").passed
        for each in (server, local, abstract):
            with pytest.raises(BlockingIOError):
                each.accept()


DISK = """
def fill():
    written = 0
    try:
        for number in range(10_000):
            with open(f'part{number}', 'wb', buffering=0) as file:
                written += file.write(bytes(1_000_000))
    except OSError:
        pass
    return written
def count():
    import os
    for old in os.listdir('.'):
        os.unlink(old)
    number = 0
    try:
        for number in range(100_000):
            open(f'file{number}', 'w').close()
    except OSError:
        pass
    return number
"""


def test_disk_is_bounded_in_bytes_and_in_files(shut_in: Judge) -> None:
    outcome = shut_in(DISK, "assert 10_000_000 < fill() <= 17_000_000\nassert 100 < count() < 600")
    assert outcome.passed, outcome.detail


def test_memory_and_threads_are_bounded(shut_in: Judge) -> None:
    threads = (
        "import threading, time\ndef f():\n    try:\n        for n in range(10_000):\n"
        "            threading.Thread(target=time.sleep, args=(30,), daemon=True).start()\n"
        "    except RuntimeError:\n        return n\n"
    )
    assert "MemoryError" in shut_in("x = [0] * 10**9").detail
    assert shut_in(threads, "assert 5 < f() < 500").passed


RAW = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def tried(number):
    ctypes.set_errno(0)
    said = libc.syscall(number, 0, 0, 0, 0, 0, 0)
    return said, ctypes.get_errno()
"""


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86_64")
def test_raw_system_calls_meet_the_same_list(shut_in: Judge) -> None:
    # ptrace, mount, unshare, setns, execve, bpf, keyctl, io_uring_setup, userfaultfd, process_vm_readv, pidfd_open,
    # perf_event_open, memfd_create, init_module, kexec_load, chroot, setuid, mknod, setxattr, kill, seccomp.
    numbers = [101, 165, 272, 308, 59, 321, 250, 425, 323, 310, 434, 298, 319, 175, 246, 161, 105, 133, 188, 62, 317]
    outcome = shut_in(RAW, f"for number in {numbers}:\n    assert tried(number) == (-1, 1), (number, tried(number))")
    assert outcome.passed, outcome.detail


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the other ABI of x86_64")
def test_the_other_abi_kills(shut_in: Judge) -> None:
    assert not shut_in(RAW + "\ntried(0x40000000 + 39)").passed


def test_no_capability_is_held(shut_in: Judge) -> None:
    capget = (
        "\nimport struct\ndef held():\n    data = ctypes.create_string_buffer(24)\n"
        "    libc.capget(struct.pack('=Ii', 0x20080522, 0), data)\n    return struct.unpack('=6I', data.raw)\n"
    )
    assert shut_in(RAW + capget, "assert held() == (0, 0, 0, 0, 0, 0), held()").passed
