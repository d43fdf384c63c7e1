"""Throw-away PostgreSQL and Redis servers for the tests, shared by all xdist workers.

Nothing is started until a test asks. The first worker that asks starts the server, the others
reuse it, and a keeper process stops it and removes its folder when the test run ends, even if
the run was killed. A PostgreSQL or Redis already on the machine is never touched.

In conftest.py: pytest_plugins = ["tests.servers"], then the fixtures `postgres_url`, `redis_url`.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

FOLDER = "AMAGARA_TEST_SERVERS"  # inherited by the xdist workers
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300 -c max_wal_size=256MB"
ROOMY = 6 * 2**30  # bytes that must be free for the data of a run to lie in memory


@contextmanager
def postgres() -> Iterator[str]:
    """Yield the URL of the run's PostgreSQL server, started if need be."""
    yield f"postgresql+psycopg://amagara@127.0.0.1:{_port('postgres', _start_postgres)}/postgres"


@contextmanager
def redis() -> Iterator[str]:
    """Yield the URL of the run's Redis server, started if need be."""
    yield f"redis://127.0.0.1:{_port('redis', _start_redis)}/0"


@contextmanager
def database(template: str = "template1") -> Iterator[str]:
    """Yield the URL of a new PostgreSQL database, copied from `template` and dropped at the end."""
    with postgres() as server:
        name = f"t{uuid.uuid4().hex[:12]}"
        _sql(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield f"{server.rsplit('/', 1)[0]}/{name}"
        finally:
            _sql(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def chromium() -> str | None:
    """Return the path of the machine's Chromium or Chrome, or None to use Playwright's own."""
    names = ("chromium", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Give the URL of the run's PostgreSQL server."""
    with postgres() as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Give the URL of the run's Redis server."""
    with redis() as url:
        yield url


def pytest_configure(config: pytest.Config) -> None:
    """Start the keeper in the process that leads the run; workers inherit its folder."""
    if not hasattr(config, "workerinput"):
        config.add_cleanup(_keep())


def _keep() -> Callable[[], None]:
    """Start a keeper process that cleans up when its pipe closes; return how to close it."""
    folder = tempfile.mkdtemp(prefix="amagara-test-", dir=_memory_disk())
    os.environ[FOLDER] = folder
    command = [sys.executable, "-I", __file__, folder]
    keeper = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)

    def close() -> None:
        os.environ.pop(FOLDER, None)
        assert keeper.stdin
        keeper.stdin.close()
        keeper.wait()

    return close


def _memory_disk() -> str | None:
    """Return the disk in memory if it is roomy: a database for each test is 600 new files, slow on a real disk."""
    disk, memory = Path("/dev/shm"), Path("/proc/meminfo")
    if not (os.access(disk, os.W_OK) and memory.exists()):
        return None
    available = 1024 * int(memory.read_text().split("MemAvailable:")[1].split()[0])
    return str(disk) if min(available, shutil.disk_usage(disk).free) > ROOMY else None


def _folder() -> Path:
    """Return the run's folder, making one (with its keeper) outside pytest."""
    if FOLDER not in os.environ:
        import atexit

        atexit.register(_keep())
    return Path(os.environ[FOLDER])


def _port(name: str, start: Callable[[Path, int], None]) -> int:
    """Return the port of server `name`; exactly one process of the run starts it."""
    folder = _folder()
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = folder / f"{name}.port"
        if not known.exists():
            port = _free_port()
            start(folder / name, port)
            known.write_text(str(port))
        return int(known.read_text())


def _free_port() -> int:
    """Return a TCP port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start_postgres(home: Path, port: int) -> None:
    """Make a cluster in `home` and wait until it answers on `port`."""
    home.mkdir()
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        home.parent.chmod(0o711)
        account = pwd.getpwnam("postgres")
        os.chown(home, account.pw_uid, account.pw_gid)
    data = str(home / "data")
    _run(home, "initdb", "-D", data, "-U", "amagara", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
         "--no-sync", "--no-instructions")  # fmt: skip
    options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c timezone=UTC {FAST}"
    _run(home, "pg_ctl", "start", "-D", data, "-w", "-t", "60", "-l", str(home / "log"), "-o", options)


def _start_redis(home: Path, port: int) -> None:
    """Start a Redis that saves nothing and wait until it answers on `port`."""
    home.mkdir()
    program = shutil.which("redis-server") or _absent("redis-server")
    with (home / "log").open("w") as log:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(home)]
        server = subprocess.Popen([program, *options], stdout=log, stderr=log, start_new_session=True)
    (home / "pid").write_text(str(server.pid))
    _wait(port, home / "log")


def _run(home: Path, program: str, *arguments: str) -> None:
    """Run a PostgreSQL program, as the account postgres when we are root."""
    command = [_postgres_program(program), *arguments]
    who = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    with (home / "setup.log").open("a") as log:  # a pipe would be held open by the server
        done = subprocess.run(command, cwd=home, stdout=log, stderr=log, **who)  # type: ignore[call-overload]
    if done.returncode:
        logs = [path.read_text() for path in (home / "setup.log", home / "log") if path.exists()]
        raise RuntimeError(f"{program} failed:\n" + "\n".join(logs))


def _postgres_program(name: str) -> str:
    """Return the path of a PostgreSQL program: Debian keeps them out of PATH."""
    versions = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    found = sorted(versions, key=lambda path: float(path.parts[4]), reverse=True)
    return str(found[0]) if found else shutil.which(name) or _absent("postgresql")


def _absent(package: str) -> str:
    """Refuse, naming the package to install."""
    raise RuntimeError(f"{package} is not installed: run `make test-needs` or install it.")


def _wait(port: int, log: Path, seconds: float = 15) -> None:
    """Return once something listens on `port`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"no server on port {port}:\n{log.read_text()}")


def _sql(url: str, statement: str) -> None:
    """Run one administrative statement outside any transaction."""
    import psycopg

    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(statement)


def _stop(folder: Path) -> None:
    """Stop the servers of a run and remove its folder."""
    for pid_file, gentle in (("postgres/data/postmaster.pid", signal.SIGQUIT), ("redis/pid", signal.SIGTERM)):
        if (folder / pid_file).exists():
            _end(int((folder / pid_file).read_text().split()[0]), gentle)
    shutil.rmtree(folder, ignore_errors=True)


def _end(pid: int, gentle: signal.Signals) -> None:
    """Stop a process: ask first, insist after five seconds."""
    with suppress(ProcessLookupError):
        os.kill(pid, gentle)
        for _ in range(250):
            if not _alive(pid):
                return
            time.sleep(0.02)
        os.kill(pid, signal.SIGKILL)


def _alive(pid: int) -> bool:
    """Tell whether a process runs; a zombie that nobody has reaped does not."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


if __name__ == "__main__":  # the keeper: its pipe closes when the test run ends, however it ends
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdin.buffer.read()
    _stop(Path(sys.argv[1]))
