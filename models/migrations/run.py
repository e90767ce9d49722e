"""Apply the migrations. Old code runs on the new schema, and no statement waits long for a lock."""

from pathlib import Path

from alembic import command
from alembic.config import Config

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


def check(database_url: str) -> None:
    """Raise where the tables in the code and the migrated store differ."""
    command.check(config(database_url))
