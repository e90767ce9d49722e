"""`sessionpass up`: the whole system in one terminal, from an empty folder to four keys and a curl that answers."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx2
from rich.console import Console
from rich.markup import escape

from api.embedded import EmbeddedServerError, embedded_postgres, embedded_redis
from api.embedded.process import only_one
from api.supervisor import Child, Service, Supervisor, own_command
from models.settings import Settings, name_servers, settings

READY_PATH = "/health/ready"
_READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Running:
    """Where the servers of a running `sessionpass up` are; kept in `up.json` of the state folder."""

    api_url: str
    database_url: str
    redis_url: str
    pid: int


class UpError(Exception):
    """The system cannot be started; the message says why and what to do."""


def note_path(state_dir: Path) -> Path:
    """The file in which a running `up` notes its servers."""
    return state_dir / "up.json"


def find_running(state_dir: Path) -> Running | None:
    """The servers of a running `up`; None when none is running."""
    try:
        found = Running(**json.loads(note_path(state_dir).read_text()))
        os.kill(found.pid, 0)
    except PermissionError:
        return found  # it runs, as another user
    except (OSError, ValueError, TypeError):
        return None
    return found


def kept_keys(state_dir: Path) -> dict[str, str]:
    """The API keys of the demo studio by role, as the last `up` has kept them; empty before the first."""
    path = state_dir / "keys.json"
    return {str(role): str(key) for role, key in json.loads(path.read_text()).items()} if path.exists() else {}


def write_private(path: Path, content: object) -> None:
    """Write JSON that only we may read, the whole file or none of it."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        json.dump(content, stream, indent=2)
        stream.write("\n")
    draft.rename(path)


def up(console: Console) -> int:
    """Start everything, and keep it running until Ctrl-C or SIGTERM; returns the exit code."""
    chosen = settings()
    state = chosen.state_dir.resolve()
    state.mkdir(parents=True, exist_ok=True)
    try:
        with _interruptible() as stop, only_one(state / "up.lock", "sessionpass up"), ExitStack() as stack:
            try:
                _check_port(chosen)
                _run(console, chosen, state, stop, stack)
            finally:
                stop.only_note()  # no signal may interrupt the stopping itself
    except KeyboardInterrupt:
        pass  # everything that was started has been stopped on the way here
    except (UpError, EmbeddedServerError) as error:
        console.print(f"[bold red]✗[/] {escape(str(error))}", soft_wrap=True)
        return 1
    console.print("Stopped. The data are kept; `sessionpass up` goes on with them.")
    return 0


def _run(console: Console, chosen: Settings, state: Path, stop: _Stop, stack: ExitStack) -> None:
    supervisor = Supervisor(lambda sentence: console.print(f"[yellow]![/] {escape(sentence)}", soft_wrap=True))
    database_url, redis_url = chosen.database_url, chosen.redis_url
    watched: list[tuple[str, Service]] = []
    with _step(console, "PostgreSQL") as said:
        if database_url is None:
            postgres = stack.enter_context(embedded_postgres(state))
            database_url = postgres.url
            watched.append(("PostgreSQL", postgres))
            said(f"127.0.0.1:{postgres.port}, data kept in {state}")
        else:
            said("the server named by DATABASE_URL")
    with _step(console, "Valkey") as said:
        if redis_url is None:
            valkey = stack.enter_context(embedded_redis(state))
            redis_url = valkey.url
            watched.append(("Valkey", valkey))
            said(f"127.0.0.1:{valkey.port}")
        else:
            said("the server named by REDIS_URL")
    name_servers(database_url=database_url, redis_url=redis_url)
    _set_up(console, state, database_url)

    api_url = f"http://{_reachable_host(chosen.host)}:{chosen.port}"
    stack.callback(supervisor.stop)  # before the servers stop: what uses them goes first
    for name, server in watched:
        supervisor.add(name, server)
    api, worker = (Child(own_command(name), state / "log" / f"{name}.log") for name in ("api", "worker"))
    with _step(console, "API and worker") as said:
        supervisor.add("the API", api)
        supervisor.add("the worker", worker)
        ready = _wait_until_ready(api_url, supervisor)
        said(api_url)
    if not ready:
        console.print(
            f"[bold red]✗[/] The API is not ready after {_READY_SECONDS:g} s. It is kept trying; "
            f"the logs in {state / 'log'} say why.",
            soft_wrap=True,
        )
    running = Running(api_url, database_url, redis_url, os.getpid())
    write_private(note_path(state), asdict(running))
    stack.callback(note_path(state).unlink, missing_ok=True)
    _greet(console, api_url, kept_keys(state), state)
    stop.only_note()
    supervisor.watch(stop.noted)


def _set_up(console: Console, state: Path, database_url: str) -> None:
    """The steps between the servers and the API. Imported here, so that `up --help` needs none of it."""
    from api import demo_studio
    from api.graphiql_assets import AssetsUnavailableError, fetch
    from models.migrations.run import migrate

    with _step(console, "Migrations"):
        migrate(database_url)
    with _step(console, "Demo studio") as said:
        keys = asyncio.run(demo_studio.load(state))
        if keys:
            write_private(state / "keys.json", keys)
        said(f"keys kept in {state / 'keys.json'}")
    with _step(console, "GraphiQL") as said:
        try:
            fetch()
        except AssetsUnavailableError as error:
            said(f"{error}; the page needs the internet")


def _check_port(chosen: Settings) -> None:
    with socket.socket(socket.AF_INET6 if ":" in chosen.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((chosen.host, chosen.port))
        except OSError as error:
            raise UpError(
                f"cannot listen on {chosen.host} port {chosen.port}: {error.strerror}. Stop what uses it, or choose "
                f"another port: SESSIONPASS_PORT={chosen.port + 1} sessionpass up"
            ) from None


def _reachable_host(host: str) -> str:
    """The name under which this machine reaches a server that listens on `host`."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104, RUF100 - compared, not listened on
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _wait_until_ready(api_url: str, supervisor: Supervisor) -> bool:
    deadline = time.monotonic() + _READY_SECONDS
    with httpx2.Client(timeout=2, trust_env=False) as client:
        while time.monotonic() < deadline:
            supervisor.look()
            try:
                if client.get(f"{api_url}{READY_PATH}").status_code == httpx2.codes.OK:
                    return True
            except httpx2.HTTPError:
                pass  # nobody listens yet
            time.sleep(0.1)
    return False


def _greet(console: Console, api_url: str, keys: dict[str, str], state: Path) -> None:
    from api.demo_studio import CLIENT_NAME

    names = {role: f"CLIENT ({CLIENT_NAME})" if role == "CLIENT" else role for role in keys}
    width = max(map(len, names.values()), default=0)
    key = keys.get("STAFF") or next(iter(keys.values()), "YOUR_KEY")
    question = (
        "{ business { name now } passes(first: 3) { edges { node { id status lastDay balance { available } } } } }"
    )
    body = shlex.quote(json.dumps({"query": question}))
    console.print(f"\n[bold]GraphiQL[/]  {api_url}/graphql\n")
    for role, value in keys.items():
        console.print(f"[bold]{escape(names[role]):<{width}}[/]  {escape(value)}", soft_wrap=True, highlight=False)
    console.print(
        f"\ncurl -s {api_url}/graphql -H 'Authorization: Bearer {key}' "
        f"-H 'Content-Type: application/json' -d {escape(body)}\n",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )
    console.print(f"Logs in {state / 'log'}. Ctrl-C stops everything and keeps the data.", soft_wrap=True)


@contextmanager
def _step(console: Console, what: str) -> Iterator[Callable[[str], None]]:
    """Show that something is being done, then how long it took and what it has said."""
    said: list[str] = []
    started = time.monotonic()
    try:
        with console.status(f"{what} …"):
            yield said.append
    except Exception as error:
        if isinstance(error, UpError | EmbeddedServerError):
            raise
        raise UpError(f"{what} failed: {type(error).__name__}: {error}") from error
    seconds = time.monotonic() - started
    note = f"  [dim]{escape('; '.join(said))}[/]" if said else ""
    console.print(f"[green]✓[/] {what} [dim]{seconds:.1f} s[/]{note}", soft_wrap=True, highlight=False)


class _Stop:
    """A wish to stop: it interrupts the set-up at once, and is only noted when there is something to end well."""

    def __init__(self) -> None:
        self.noted = threading.Event()
        self._interrupts = True

    def only_note(self) -> None:
        self._interrupts = False

    def wish(self, number: int, frame: object) -> None:
        self.noted.set()
        if self._interrupts:
            self._interrupts = False
            raise KeyboardInterrupt


@contextmanager
def _interruptible() -> Iterator[_Stop]:
    stop = _Stop()
    earlier = {number: signal.signal(number, stop.wish) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield stop
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
