"""`sessionpass export` and `sessionpass restore`: everything out, and back into an empty business."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape

from api.operator import LanguageTag, id_of, language_for, with_runtime
from models.errors import refuse
from models.imports.limits import INFLATION_MAX
from models.operations.base import Actor
from models.operations.restore import restore
from models.queries.export import Written, export
from models.rules.codes import Code
from models.rules.language import phrase
from models.rules.values import Language, Role
from models.runtime import Runtime

console = Console()
Spoken = Annotated[
    LanguageTag | None,
    typer.Option("--language", help="The language to tell it in; the business's own where left out."),
]
EXPORT_BYTES_MAX = 64 * 1024**3
"""Of one file of an export, inflated; a studio's own rows may be many, and are only ever streamed."""


class Folder:
    """An export as files of a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @contextmanager
    def open(self, name: str) -> Iterator[TextIO]:
        """Write one file."""
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file

    def lines(self, name: str) -> Iterator[str]:
        """Read one file line by line."""
        path = self._root / name
        if path.is_file():
            with path.open(encoding="utf-8") as file:
                yield from file


class Zip:
    """An export as one zip."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    @contextmanager
    def open(self, name: str) -> Iterator[TextIO]:
        """Write one file."""
        with self._archive.open(name, "w", force_zip64=True) as raw:
            text = io.TextIOWrapper(raw, encoding="utf-8", newline="")
            yield text
            text.flush()
            text.detach()

    def lines(self, name: str) -> Iterator[str]:
        """Read one file line by line, never more than a real export's rows would inflate to."""
        if name not in self._archive.namelist():
            return
        member = self._archive.getinfo(name)
        limit = min(EXPORT_BYTES_MAX, member.compress_size * INFLATION_MAX + 1024 * 1024)
        with self._archive.open(member) as raw:
            size = 0
            while line := raw.readline(16 * 1024 * 1024):
                size += len(line)
                if size > limit:
                    raise refuse(Code.FILE_INFLATES, "file", limit=INFLATION_MAX)
                yield line.decode("utf-8")


def export_command(
    business: Annotated[UUID, typer.Option(parser=id_of("Business"), help="The id of the business.")],
    out: Annotated[Path, typer.Option(help="A folder that is empty or not there yet, or a file that ends in .zip.")],
    language: Spoken = None,
) -> None:
    """Write everything of a business as it is at one instant: tables to read, and rows that `restore` takes back."""
    if out.exists() and (out.is_file() or any(out.iterdir())):
        raise typer.BadParameter(f"{out} is there already. Name another, or remove it first.", param_hint="--out")

    async def act(runtime: Runtime) -> tuple[list[Written], Language]:
        spoken = await language_for(runtime, business, language)
        async with runtime.database.reading(business) as reader:
            if out.suffix.lower() != ".zip":
                return await export(reader, Folder(out)), spoken
            part = out.with_name(f"{out.name}.part")
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                written = await export(reader, Zip(archive))
            part.replace(out)
            return written, spoken

    written, spoken = with_runtime(act, business, language)
    rows = sum(each.rows for each in written if each.name.startswith("rows/"))
    done = phrase(spoken, "Rows: {rows}. Files: {files}. They are in {name}.", rows=rows, files=len(written), name=out)
    console.print(f"[green]✓[/] {escape(done)}", soft_wrap=True, highlight=False)


def restore_command(
    source: Annotated[Path, typer.Argument(exists=True, help="The folder or zip that `sessionpass export` wrote.")],
    business: Annotated[UUID, typer.Option(parser=id_of("Business"), help="The id of a business with nothing in it.")],
    language: Spoken = None,
) -> None:
    """Put an export into a business that was just opened, exactly as it was; keys are made anew."""

    async def act(runtime: Runtime) -> tuple[int, Language]:
        owner, spoken = Actor(Role.OWNER), await language_for(runtime, business, language)
        if source.is_dir():
            return sum((await restore(runtime, business, owner, Folder(source).lines)).values()), spoken
        try:
            with zipfile.ZipFile(source) as archive:
                return sum((await restore(runtime, business, owner, Zip(archive).lines)).values()), spoken
        except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError, RuntimeError) as error:
            raise refuse(Code.FILE_UNREADABLE, "file", sentence="the zip is damaged or encrypted") from error

    rows, spoken = with_runtime(act, business, language)
    done = phrase(spoken, "Rows restored: {rows}. Everything holds.", rows=rows)
    console.print(f"[green]✓[/] {done}", highlight=False)
