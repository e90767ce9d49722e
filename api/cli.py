"""The command line: `sessionpass COMMAND --help` explains each command."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from api.exports import export_command, restore_command
from api.imports import import_command
from api.operator import create_business_command, create_key_command, revoke_key_command
from models.errors import StoreUnavailable
from models.settings import name_servers, settings

app = typer.Typer(
    name="sessionpass",
    help="Session passes for studios: sell, book, pay, hold, renew, behind one GraphQL API.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,  # they may hold keys
)
console = Console()
errors = Console(stderr=True)


@app.command()
def up() -> None:
    """Start the whole system here: PostgreSQL, Valkey, API, worker, and a demo studio to try it on.

    Servers named by DATABASE_URL and REDIS_URL are used; what is not named is started and stopped with this command.
    Data, keys and logs are kept in SESSIONPASS_STATE_DIR (`.run`), so the next start goes on where this one ended.
    The API listens on SESSIONPASS_HOST and SESSIONPASS_PORT (127.0.0.1:8000). Ctrl-C stops everything.
    """
    from api.up import up as run

    raise typer.Exit(run(console))


@app.command()
def api(
    host: Annotated[str | None, typer.Option(help="Address to listen on; SESSIONPASS_HOST when absent.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; SESSIONPASS_PORT when absent.")] = None,
) -> None:
    """Serve the GraphQL API with one process, until SIGTERM."""
    import uvicorn

    _join_servers()
    chosen = settings()
    uvicorn.run(
        "api.app:create_app",
        factory=True,
        host=host or chosen.host,
        port=port or chosen.port,
        log_level=chosen.log_level.lower(),
        access_log=False,  # the application writes its own line for each request
        server_header=False,
        timeout_graceful_shutdown=10,
    )


@app.command()
def worker() -> None:
    """Do what is due by itself (expiry, renewal, conversion), until SIGTERM. Run as many as you like."""
    from workers.settings import run_worker

    _join_servers()
    run_worker()


@app.command()
def migrate() -> None:
    """Bring the tables of DATABASE_URL to this release. It is safe to run while the system works."""
    from models.migrations.run import migrate as run

    _join_servers(redis_too=False)
    database_url = settings().database_url
    assert database_url is not None
    run(database_url)
    console.print("The tables are up to date.")


@app.command()
def demo(
    api_url: Annotated[
        str | None, typer.Option(help="The API to talk to; the one of `sessionpass up` when absent.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="An owner's key of a business with a test clock; a new sandbox when absent.")
    ] = None,
) -> None:
    """Play a studio's year over GraphQL against the running system, on a business with a test clock, and tell it."""
    from api.demo import play
    from api.demo.client import DemoError
    from api.operator import open_sandbox
    from api.up import find_running

    if api_url is None:
        running = find_running(settings().state_dir.resolve())
        if running is None:
            _give_up("Nothing is running here. Start `make up` in another terminal, or name one with --api-url.")
        api_url = running.api_url
    if key is None:
        _join_servers(redis_too=False)
        key = open_sandbox("A year in the sandbox")
    try:
        balanced = play(api_url, key, console)
    except DemoError as error:
        _give_up(str(error))
    raise typer.Exit(0 if balanced else 1)


@app.command()
def status() -> None:
    """Say how the installation is: what is past due and by how long, open payments, and whether a worker is alive.

    Exit 1 where the database does not answer, or something has been due for more than two minutes.
    """
    from api.status import status as run

    _join_servers(redis_too=False)
    raise typer.Exit(run(console))


@app.command()
def check() -> None:
    """Verify that the books balance and every promise about the stored data holds; exit 1 where one does not."""
    from models.database import Database
    from models.queries.invariants import Violation, check_all

    async def find() -> list[Violation]:
        database = Database(settings(), pool_size=1)
        try:
            return await check_all(database)
        finally:
            await database.close()

    _join_servers(redis_too=False)
    violations = asyncio.run(find())
    if not violations:
        console.print("[green]✓[/] Everything holds.")
        return
    table = Table(title=f"{len(violations)} violations")
    rows = [dataclasses.asdict(violation) for violation in violations]
    for name in rows[0]:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    console.print(table)
    raise typer.Exit(1)


def _join_servers(*, redis_too: bool = True) -> None:
    """Use the servers of a running `up` where the environment names none."""
    from api.up import find_running

    chosen = settings()
    if chosen.database_url and (chosen.redis_url or not redis_too):
        return
    running = find_running(Path(chosen.state_dir).resolve())
    if running is None:
        missing = "DATABASE_URL" if chosen.database_url is None else "REDIS_URL"
        _give_up(f"{missing} is not set and nothing is running here. Start `make up` in another terminal, or set it.")
    name_servers(
        database_url=chosen.database_url or running.database_url,
        redis_url=chosen.redis_url or running.redis_url,
    )


def _give_up(sentence: str) -> NoReturn:
    _tell(sentence)
    raise typer.Exit(2)


def _tell(sentence: str) -> None:
    errors.print(f"[bold red]✗[/] {sentence}", soft_wrap=True)


def _operators(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command of the operator find the database first."""

    @functools.wraps(command)
    def joined(*values: object, **named: object) -> None:
        _join_servers(redis_too=False)
        command(*values, **named)

    return joined


app.command("create-business")(_operators(create_business_command))
app.command("create-key")(_operators(create_key_command))
app.command("revoke-key")(_operators(revoke_key_command))
app.command("import")(_operators(import_command))
app.command("export")(_operators(export_command))
app.command("restore")(_operators(restore_command))


def main() -> None:
    """The entry point of the console script."""
    try:
        app()
    except StoreUnavailable:
        _tell("The database does not answer. Check DATABASE_URL, and that its server runs.")
        sys.exit(2)
    except Exception:
        # A forgotten migration shows itself as any error at all, so the tables are looked at when there is one.
        if _are_tables_behind():
            _tell("The tables are older than this release. Run `sessionpass migrate` first.")
            sys.exit(2)
        raise


def _are_tables_behind() -> bool:
    from models.migrations.run import is_behind

    database_url = settings().database_url
    try:
        return database_url is not None and is_behind(database_url)
    except Exception:  # noqa: BLE001 - what went wrong at first says more
        return False


if __name__ == "__main__":
    main()
