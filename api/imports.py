"""`sessionpass import`: take in a file of another system, from the command line."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer
from rich.console import Console

from api.operator import id_of, with_runtime
from models.imports.dates import DateOrder
from models.imports.fields import ImportKind
from models.imports.mapping import preset, read_mapping
from models.imports.scan import Asked
from models.operations.base import Actor
from models.operations.imports.commit import ImportStudio, import_studio
from models.operations.imports.stage import Staged, stage_import
from models.operations.run import run
from models.queries.imports import Finding, findings
from models.rules.values import Role
from models.runtime import Runtime

console = Console()
_SHOWN = 50
_OPERATOR = Actor(Role.OWNER)


def import_command(
    kind: Annotated[ImportKind, typer.Argument(case_sensitive=False, help="What the file holds.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV, or a zip or gzip of one.")],
    business: Annotated[UUID, typer.Option(parser=id_of("Business"), help="The id of the business.")],
    preset_: Annotated[str, typer.Option("--preset", help="own, mindbody, wellnessliving or punchpass.")] = "own",
    mapping: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A TOML file that names the columns instead.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="The file's encoding, where it cannot tell by itself.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="What separates its columns: , ; | or a tab.")] = None,
    date_order: Annotated[
        DateOrder | None, typer.Option(help="Whether 03/04/2026 begins with the day or the month.")
    ] = None,
    member: Annotated[str | None, typer.Option(help="Which file of a zip that holds several.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would come of it.")] = False,
    skip_bad_lines: Annotated[
        bool, typer.Option("--skip-bad-lines", help="Import the others where some lines cannot be.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="Write what is wrong, line by line, to this CSV.")] = None,
) -> None:
    """Import clients, options, passes or visits, in this order. A file goes in whole, or nothing of it does.

    A process that was stopped goes on where it was when the same command is given again. Exit 1 where lines are wrong.
    """

    async def act(runtime: Runtime) -> bool:
        columns = preset(preset_, kind) if mapping is None else read_mapping(mapping.read_text("utf-8"), kind)
        asked = Asked(kind, columns, encoding, delimiter, date_order, member)
        staged = await stage_import(runtime, business, _OPERATOR, file, asked)
        _tell(staged)
        async with runtime.database.reading(business) as reader:
            shown = await findings(reader, staged.import_id)
        _show(shown, report)
        if staged.outcome.refused and not skip_bad_lines:
            console.print(f"[bold red]✗[/] {staged.outcome.refused} lines are wrong. Nothing was changed.")
            return False
        command = ImportStudio(staged.import_id, skip_bad_lines)
        answer = await run(runtime, business, _OPERATOR, import_studio, command, key=str(uuid4()), dry_run=dry_run)
        assert answer is not None, "an import answers or refuses"
        figures = answer.changed.figures
        verb = "would be" if dry_run else "are"
        console.print(f"[green]✓[/] {figures['made']} {kind.lower()} {verb} imported, {figures['skipped']} left out.")
        return True

    if not with_runtime(act):
        raise typer.Exit(1)


def _tell(staged: Staged) -> None:
    found = staged.scan
    if staged.resumed:
        console.print(f"going on after {staged.resumed} lines that are staged already")
    console.print(
        f"{found.lines} lines, read as {found.encoding}{' (guessed)' if found.guessed else ''}", highlight=False
    )
    for name, order in found.orders.items():
        if order.order:
            console.print(
                f"{name}: the {'day' if order.order is DateOrder.DMY else 'month'} comes first", highlight=False
            )


def _show(found: list[Finding], report: Path | None) -> None:
    for each in found[:_SHOWN]:
        sign = "[bold red]✗[/]" if each.wrong else "[yellow]![/]"
        console.print(
            f"{sign} line {each.line}: {each.reason.message} {each.reason.remedy}", soft_wrap=True, highlight=False
        )
    if len(found) > _SHOWN:
        console.print(f"… and {len(found) - _SHOWN} more; --report FILE writes all of them.")
    if report is not None:
        with report.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, ["line", "level", "code", "column", "message", "remedy"])
            writer.writeheader()
            writer.writerows(_row(each) for each in found)


def _row(each: Finding) -> Mapping[str, Any]:
    return {
        "line": each.line,
        "level": "error" if each.wrong else "warning",
        "code": each.reason.code.name,
        "column": each.cell or "",
        "message": each.reason.message,
        "remedy": each.reason.remedy,
    }
