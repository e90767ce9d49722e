"""`sessionpass import`: take in a file of another system, from the command line."""

from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

import typer
from rich.console import Console
from rich.markup import escape

from api.findings import COLUMNS, cells_of
from api.operator import LanguageTag, id_of, language_for, with_runtime
from api.reports import csv_line
from models.imports.dates import DateOrder
from models.imports.fields import ImportKind
from models.imports.mapping import preset, read_mapping
from models.imports.scan import Asked
from models.operations.base import Actor
from models.operations.imports.commit import ImportStudio, import_studio
from models.operations.imports.stage import Staged, stage_import
from models.operations.run import run
from models.queries.imports import Finding, findings
from models.rules.language import phrase
from models.rules.values import Language, Role
from models.runtime import Runtime

console = Console()
_SHOWN = 50
_GOOD, _BAD, _DOUBTFUL = "[green]✓[/]", "[bold red]✗[/]", "[yellow]![/]"
_GUESSED = "Lines: {lines}. Encoding, as far as can be told: {name}."
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
    language: Annotated[
        LanguageTag | None,
        typer.Option(help="The language to tell it in; the business's own where left out.", case_sensitive=False),
    ] = None,
) -> None:
    """Import clients, options, passes or visits, in this order. A file goes in whole, or nothing of it does.

    A process that was stopped goes on where it was when the same command is given again. Exit 1 where lines are wrong.
    """

    async def act(runtime: Runtime) -> bool:
        spoken = await language_for(runtime, business, language)
        columns = preset(preset_, kind) if mapping is None else read_mapping(mapping.read_text("utf-8"), kind)
        asked = Asked(kind, columns, encoding, delimiter, date_order, member)
        staged = await stage_import(runtime, business, _OPERATOR, file, asked)
        _tell(staged, spoken)
        async with runtime.database.reading(business) as reader:
            shown = await findings(reader, staged.import_id)
        _show(shown, spoken)
        if report is not None:
            _write(shown, report, spoken)
        if staged.outcome.refused and not skip_bad_lines:
            wrong = phrase(spoken, "{count} lines are wrong. Nothing was changed.", count=staged.outcome.refused)
            console.print(f"{_BAD} {wrong}", highlight=False)
            return False
        command = ImportStudio(staged.import_id, skip_bad_lines)
        answer = await run(runtime, business, _OPERATOR, import_studio, command, key=str(uuid4()), dry_run=dry_run)
        assert answer is not None, "an import answers or refuses"
        made, skipped = answer.changed.figures["made"], answer.changed.figures["skipped"]
        done = (
            phrase(spoken, "Lines that would be imported: {made}; left out: {skipped}.", made=made, skipped=skipped)
            if dry_run
            else phrase(spoken, "Lines imported: {made}; left out: {skipped}.", made=made, skipped=skipped)
        )
        console.print(f"{_GOOD} {done}", highlight=False)
        return True

    if not with_runtime(act, business, language):
        raise typer.Exit(1)


def _tell(staged: Staged, language: Language) -> None:
    found = staged.scan
    if staged.resumed:
        _say(phrase(language, "Going on after {count} lines that are staged already.", count=staged.resumed))
    sentence = _GUESSED if found.guessed else "Lines: {lines}. Encoding: {name}."
    _say(phrase(language, sentence, lines=found.lines, name=found.encoding))
    for name, order in found.orders.items():
        if order.order is DateOrder.DMY:
            _say(phrase(language, "In {cell}, the day comes first.", cell=name))
        elif order.order is DateOrder.MDY:
            _say(phrase(language, "In {cell}, the month comes first.", cell=name))


def _say(sentence: str) -> None:
    console.print(escape(sentence), soft_wrap=True, highlight=False)


def _show(found: list[Finding], language: Language) -> None:
    for each in found[:_SHOWN]:
        why = f"{each.reason.message_in(language)} {each.reason.remedy_in(language)}"
        said = escape(phrase(language, "line {line}: {why}", line=each.line, why=why))
        console.print(f"{_BAD if each.wrong else _DOUBTFUL} {said}", soft_wrap=True, highlight=False)
    if len(found) > _SHOWN:
        more = phrase(language, "… and {count} more; --report FILE writes all of them.", count=len(found) - _SHOWN)
        console.print(more, highlight=False)


def _write(found: list[Finding], report: Path, language: Language) -> None:
    with report.open("w", encoding="utf-8", newline="") as file:
        file.write(csv_line(list(COLUMNS)))
        file.writelines(csv_line(cells_of(each, language)) for each in found)
