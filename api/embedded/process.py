"""Starting, watching and ending processes of other programs."""

from __future__ import annotations

import fcntl
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

_LAUNCH = Path(__file__).with_name("launch.py")

# The kernel sends the parent-death signal when the *thread* that started the process ends. Everything is started
# from this one thread, which lives as long as we do, so that a caller's short-lived thread takes nothing with it.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starter")

# Below the range from which the system takes the ports of outgoing connections.
_PORTS = range(20_000, 32_768)


class EmbeddedServerError(RuntimeError):
    """A server could not be started; the message says why and what to do."""


class Account(NamedTuple):
    """A user of the operating system, by numbers."""

    uid: int
    gid: int


def spawn(
    program: Sequence[str | Path],
    *,
    death_signal: signal.Signals = signal.SIGTERM,
    account: Account | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    output: IO[bytes] | int | None = None,
    standard_input: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that Ctrl-C in the terminal reaches only us.

    Args:
        program: absolute path and arguments.
        death_signal: what the program gets when this process dies, even by SIGKILL (Linux).
        account: become this user first; needs root.
        environment: replaces ours when given.
        output: where standard output and standard error go; ours when absent.

    Raises:
        OSError: the program cannot be started at all.
    """
    user = [str(account.uid), str(account.gid)] if account else ["-", "-"]
    launch = [sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid()), str(int(death_signal)), *user]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*launch, *map(str, program)],
            env=environment,
            cwd=folder,
            stdin=standard_input,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None else None,
            start_new_session=True,
        )

    return _starter.submit(start).result()


def end(process: subprocess.Popen[bytes], *steps: tuple[signal.Signals, float]) -> None:
    """Send each signal in turn until the process has ended, waiting up to its seconds; SIGKILL is the last."""
    for number, seconds in (*steps, (signal.SIGKILL, 10.0)):
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue


def command_of(pid: int) -> str:
    """The command line of a running process, or an empty text when there is none."""
    if Path("/proc/self/cmdline").exists():
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return ""
        return arguments.replace(b"\0", b" ").decode(errors="replace").strip()
    listing = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listing.stdout.strip()


def end_orphan(pid: int, marker: str, number: signal.Signals, seconds: float = 10.0) -> None:
    """End the process `pid` left by a start that died, if its command line has `marker`; else it is a stranger."""
    if pid <= 1 or marker not in command_of(pid):
        return
    for chosen in (number, signal.SIGKILL):
        try:
            os.kill(pid, chosen)
        except ProcessLookupError:
            return
        if wait_until(lambda: marker not in command_of(pid), seconds):
            return


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask again every 10 ms; False when `seconds` have passed without a yes."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def port_is_free(port: int) -> bool:
    """Whether a server can listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # What servers do as well: connections that linger after a restart do not keep the port busy.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def remembered_port(file: Path) -> int:
    """The port noted in `file` if it is still free, otherwise a free one, which is noted.

    Raises:
        EmbeddedServerError: no port is free.
    """
    if file.exists() and file.read_text().strip().isdigit() and port_is_free(noted := int(file.read_text())):
        return noted
    for port in random.sample(_PORTS, 200):
        if port_is_free(port):
            file.write_text(f"{port}\n")
            return port
    raise EmbeddedServerError(f"no free port on 127.0.0.1 between {_PORTS.start} and {_PORTS.stop - 1}")


def remembered_secret(file: Path) -> str:
    """The secret kept in `file`, readable by nobody else; made on first use."""
    if not file.exists():
        draft = file.with_name(f"{file.name}.new")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            stream.write(secrets.token_urlsafe(24))
        draft.rename(file)
    return file.read_text().strip()


def tail(file: Path, lines: int = 15) -> str:
    """The last lines of a log, for an error message."""
    return "\n".join(file.read_text(errors="replace").splitlines()[-lines:]) if file.exists() else ""


@contextmanager
def only_one(file: Path, what: str) -> Iterator[None]:
    """Hold `file` locked, so that two starts never share one folder. The system frees it when we die.

    Raises:
        EmbeddedServerError: another process holds it.
    """
    with file.open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmbeddedServerError(
                f"{what} of this folder is already running ({file.parent}). Stop the other `sessionpass up`, "
                "or set SESSIONPASS_STATE_DIR to another folder."
            ) from None
        yield
