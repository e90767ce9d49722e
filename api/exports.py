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

from api.operator import id_of, with_runtime
from models.errors import refuse
from models.imports.limits import INFLATION_MAX
from models.operations.base import Actor
from models.operations.restore import restore
from models.queries.export import Written, export
from models.rules.codes import Code
from models.rules.values import Role
from models.runtime import Runtime

console = Console()
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
) -> None:
    """Write everything of a business as it is at one instant: tables to read, and rows that `restore` takes back."""
    if out.exists() and (out.is_file() or any(out.iterdir())):
        raise typer.BadParameter(f"{out} is there already.", param_hint="--out")

    async def act(runtime: Runtime) -> list[Written]:
        async with runtime.database.reading(business) as reader:
            if out.suffix.lower() != ".zip":
                return await export(reader, Folder(out))
            part = out.with_name(f"{out.name}.part")
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                written = await export(reader, Zip(archive))
            part.replace(out)
            return written

    written = with_runtime(act)
    rows = sum(each.rows for each in written if each.name.startswith("rows/"))
    console.print(f"[green]✓[/] {rows} rows in {len(written)} files: {out}", highlight=False)


def restore_command(
    source: Annotated[Path, typer.Argument(exists=True, help="The folder or zip that `sessionpass export` wrote.")],
    business: Annotated[UUID, typer.Option(parser=id_of("Business"), help="The id of a business with nothing in it.")],
) -> None:
    """Put an export into a business that was just opened, exactly as it was; keys are made anew."""

    async def act(runtime: Runtime) -> dict[str, int]:
        owner = Actor(Role.OWNER)
        if source.is_dir():
            return await restore(runtime, business, owner, Folder(source).lines)
        try:
            with zipfile.ZipFile(source) as archive:
                return await restore(runtime, business, owner, Zip(archive).lines)
        except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError, RuntimeError) as error:
            raise refuse(Code.FILE_UNREADABLE, "file", sentence="the zip is damaged or encrypted") from error

    counts = with_runtime(act)
    console.print(f"[green]✓[/] {sum(counts.values())} rows are back, and everything holds.", highlight=False)
