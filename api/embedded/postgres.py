"""One PostgreSQL server for one state folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.embedded import process
from api.embedded.place import Place, find_place
from api.embedded.process import EmbeddedServerError

DATABASE = "sessionpass"
_START_SECONDS = 60.0
_STOP_STEPS = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0))

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "ssl": "off",
}
# For tests: a crash of the machine may lose everything, but a killed server still recovers all that was committed.
# Hence synchronous_commit stays on: without fsync it costs next to nothing, and off loses the last commits.
_NOT_DURABLE = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "2GB",
}


class PostgresServer:
    """A PostgreSQL server on a loopback port, which stays the same for the life of the state folder if it can."""

    def __init__(self, state_dir: Path, *, durable: bool = True) -> None:
        self._state = state_dir.resolve()
        self._durable = durable
        self._place: Place | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._password = ""
        self.port = 0
        self.log = self._state / "log" / "postgres.log"

    @property
    def url(self) -> str:
        """The superuser's address: `postgresql://postgres:password@127.0.0.1:port/sessionpass`."""
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def pid(self) -> int:
        """The process id of the postmaster; 0 when it is not running."""
        return self._process.pid if self._process and self._process.poll() is None else 0

    def start(self) -> None:
        """Start it, making the data folder at first, and wait until it takes connections.

        Raises:
            EmbeddedServerError: it cannot be started; the message ends with its log.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        place = self._place = find_place(self._state, lasting=self._durable)
        self._password = process.remembered_secret(self._state / "postgres.password")
        if not place.data.exists():
            self._initialise(place)
        found = (place.data / "PG_VERSION").read_text().strip()
        if found != str(place.major):
            raise EmbeddedServerError(
                f"the data in {place.data} belong to PostgreSQL {found}, the programs are {place.major}. "
                "Start with the earlier release and take a dump, or use another SESSIONPASS_STATE_DIR."
            )
        self._end_orphan(place)
        self.port = self.port or process.remembered_port(self._state / "postgres.port")
        # After a SIGKILL its children need a moment to notice; until then a new server refuses the same folder.
        for _ in range(20):
            self._process = self._spawn(place)
            if process.wait_until(self._answered, _START_SECONDS) and self._ready():
                return
            if "shared memory" not in process.tail(self.log, 5):
                break
            process.wait_until(lambda: False, 0.25)
        self.stop()
        raise EmbeddedServerError(f"PostgreSQL did not start; {self.log} ends with:\n{process.tail(self.log)}")

    def stop(self) -> None:
        """Disconnect everybody and stop; harmless when it is not running."""
        if self._process:
            process.end(self._process, *_STOP_STEPS)

    def restart(self) -> None:
        """Stop in good order and start again on the same port."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """SIGKILL the postmaster, then start again on the same port, recovering from its log. For chaos tests."""
        if self._process:
            process.end(self._process)
        self.start()

    def discard(self) -> None:
        """Delete the data of a stopped server, wherever they lie."""
        place = self._place or find_place(self._state, lasting=self._durable)
        shutil.rmtree(place.outside or place.data, ignore_errors=True)

    def _initialise(self, place: Place) -> None:
        """Make the data folder and the database in a draft that is renamed at the end, so never half of it."""
        draft = place.data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password = draft.with_name("initdb.password")
        with open(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            stream.write(self._password)
        if place.account:
            os.chown(draft, *place.account)
            os.chown(password, *place.account)
        locale = ["--locale=C"]
        if place.major >= 17:
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        initdb: list[str | Path] = [
            place.programs / "initdb",
            "-D",
            draft,
            "-U",
            "postgres",
            f"--pwfile={password}",
            "--auth",
        ]
        initdb += ["scram-sha-256", "-E", "UTF8", "--no-instructions", *locale]
        if not self._durable:
            initdb.append("--no-sync")
        try:
            self._run(place, initdb, draft)
        finally:
            password.unlink()
        # A single-user server takes one statement a line; nothing can connect yet, and no client is needed.
        single: list[str | Path] = [place.programs / "postgres", "--single", "-D", draft, "postgres"]
        self._run(place, single, draft, f'CREATE DATABASE "{DATABASE}"\n')
        draft.rename(place.data)

    def _run(self, place: Place, program: list[str | Path], folder: Path, text: str = "") -> None:
        with self.log.open("ab") as log:
            running = process.spawn(
                program,
                account=place.account,
                environment=self._environment(),
                folder=folder,
                output=log,
                standard_input=subprocess.PIPE,
            )
            running.communicate(text.encode(), timeout=120)
        if running.returncode:
            raise EmbeddedServerError(
                f"{Path(program[0]).name} failed; {self.log} ends with:\n{process.tail(self.log)}"
            )

    def _spawn(self, place: Place) -> subprocess.Popen[bytes]:
        settings = _SETTINGS | ({} if self._durable else _NOT_DURABLE) | {"port": str(self.port)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            return process.spawn(
                [place.programs / "postgres", "-D", place.data, *options],
                death_signal=signal.SIGINT,
                account=place.account,
                environment=self._environment(),
                folder=place.data,
                output=log,
            )

    @staticmethod
    def _environment() -> dict[str, str]:
        # PGPORT and its like would leak into the server, and a locale that nobody installed would stop it.
        return {"PATH": os.defpath, "LC_ALL": "C"}

    def _answered(self) -> bool:
        return self._ready() or (self._process is not None and self._process.poll() is not None)

    def _ready(self) -> bool:
        """What pg_ctl does: the eighth line of the pid file says `ready`, and the first is our process."""
        lines = self._pid_file()
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def _pid_file(self) -> list[str]:
        assert self._place is not None
        try:
            return (self._place.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _end_orphan(self, place: Place) -> None:
        """End what an earlier start left behind.

        The pid file itself must stay: it is how a new server notices that children of a killed one still write.
        Only a pid that now belongs to a stranger is replaced, by ours, which PostgreSQL ignores as its parent's.
        """
        lines = self._pid_file()
        if not lines or not lines[0].isdigit():
            return
        process.end_orphan(int(lines[0]), str(place.data), signal.SIGINT)
        lines = self._pid_file()
        if lines and process.command_of(int(lines[0])):
            (place.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:], ""]))


@contextmanager
def embedded_postgres(state_dir: Path | str, *, durable: bool = True) -> Iterator[PostgresServer]:
    """A PostgreSQL server that runs as long as the block and keeps its data in `state_dir`.

    Args:
        state_dir: made when missing. Holds the log, the password (0600), the port and, where PostgreSQL's user
            can reach it, the data; else `postgres.folder` in it names the folder that holds them.
        durable: False gives up safety against a crash of the machine for speed, and deletes the data at the end.

    Raises:
        EmbeddedServerError: there is no PostgreSQL to start, it does not start, or another process runs it.
    """
    state = Path(state_dir).resolve()
    state.mkdir(parents=True, exist_ok=True)
    with process.only_one(state / "postgres.lock", "PostgreSQL"):
        server = PostgresServer(state, durable=durable)
        try:
            server.start()
            yield server
        finally:
            server.stop()
            if not durable:
                server.discard()
