"""Apply the migrations. Old code runs on the new schema, and no statement waits long for a lock."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

HERE = Path(__file__).parent


def config(database_url: str) -> Config:
    """Return Alembic's configuration for the store at `database_url` (the owner's login)."""
    made = Config()
    made.set_main_option("script_location", str(HERE))
    made.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    made.attributes["database_url"] = database_url
    return made


def migrate(database_url: str) -> None:
    """Bring the store at `database_url` to the newest shape; does nothing where it has it already."""
    command.upgrade(config(database_url), "head")


def is_behind(database_url: str) -> bool:
    """Say whether the store lacks migrations of this release; one that a later release has migrated does not.

    Raises what the driver raises where the store cannot be asked.
    """
    made = config(database_url)
    script = ScriptDirectory.from_config(made)
    known, behind = {each.revision for each in script.walk_revisions()}, False

    def look(_revision: Any, context: MigrationContext) -> list[Any]:
        nonlocal behind
        stored = set(context.get_current_heads())
        behind = stored <= known and stored != set(script.get_heads())
        return []

    with EnvironmentContext(made, script, fn=look, dont_mutate=True):
        script.run_env()
    return behind


def check(database_url: str) -> None:
    """Raise where the tables in the code and the migrated store differ."""
    command.check(config(database_url))
