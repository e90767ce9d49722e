"""Files for a studio to import, in few words."""

import tempfile
from pathlib import Path
from uuid import UUID, uuid4

from models.imports.fields import ImportKind
from models.imports.mapping import preset
from models.imports.scan import Asked
from models.operations.imports.commit import ImportStudio, import_studio
from models.operations.imports.stage import stage_import
from tests.studio import OWNER, Studio


async def staged(studio: Studio, kind: ImportKind, text: str) -> UUID:
    """Stage a file with this text, titled as exports are; return the import."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        path.write_text(text, encoding="utf-8")
        asked = Asked(kind, preset("own", kind))
        return (await stage_import(studio.runtime, studio.business_id, OWNER, path, asked)).import_id


async def staged_clients(studio: Studio) -> UUID:
    """Stage a file of one client; return the import."""
    return await staged(studio, ImportKind.CLIENTS, f"id,name\n{uuid4()},Bea\n")


async def imported_pass(studio: Studio) -> UUID:
    """Import a client and their pass, of which three units are used; return the pass."""
    client, pass_ref, option = uuid4(), uuid4(), f"Ten {uuid4()}"
    await studio.option(name=option)
    clients = await staged(studio, ImportKind.CLIENTS, f"id,name\n{client},Bea\n")
    await studio.do(import_studio, ImportStudio(clients))
    line = f"id,client,option,granted,remaining\n{pass_ref},{client},{option},10,7\n"
    await studio.do(import_studio, ImportStudio(await staged(studio, ImportKind.PASSES, line)))
    rows = await studio.fetch("SELECT row_id FROM external_refs WHERE ref = $1", str(pass_ref))
    return UUID(str(rows[0]["row_id"]))
