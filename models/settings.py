"""The only place that reads the environment.

Every setting has a default with which a fresh checkout works. Two servers have no sensible default: without
`DATABASE_URL` and `REDIS_URL` the command line starts its own servers, or finds the ones that a running
`sessionpass up` has noted in the state folder, and hands their addresses on through the environment.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


class Settings(BaseSettings):
    """All settings of one process, read once from the environment.

    Raises:
        pydantic.ValidationError: a variable is present and does not fit; the message names it.
    """

    model_config = SettingsConfigDict(
        env_prefix="SESSIONPASS_",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    """The owner of the tables, who migrates: `postgresql://user:password@host:port/database`."""

    app_database_url: str | None = Field(default=None, validation_alias="APP_DATABASE_URL")
    """A login bound by row level security. Without it the application connects with `DATABASE_URL` and takes
    the role `sessionpass_app` as a startup parameter, so that it never works as the owner of the tables."""

    redis_url: str | None = Field(default=None, validation_alias="REDIS_URL")
    """The doorbell of the workers: `redis://host:port/0` or `unix:///path/to/socket`."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    """Where the API listens."""

    state_dir: Path = Path(".run")
    """Where `sessionpass up` keeps data, keys and logs, relative to the working directory."""

    pool_size: Annotated[int, Field(ge=1, le=500)] = 10
    """Database connections a process may hold at once."""

    sweep_seconds: Annotated[float, Field(gt=0)] = 10
    """How often a worker asks Postgres what is due, in seconds."""

    lease_seconds: Annotated[float, Field(gt=0)] = 60
    """How long a due row belongs to the worker that claimed it, in seconds."""

    reconcile_after_seconds: Annotated[float, Field(gt=0)] = 30
    """After how many seconds an outward call without a known outcome is looked up again."""

    gateway: str = "recorded"
    """The payment gateway by name. `recorded` covers cash, the card terminal and complimentary passes."""

    fault_point: str | None = None
    """Chaos tests only: the named point at which a worker kills itself with SIGKILL."""

    log_level: LogLevel = "INFO"

    graphiql: bool = True
    """Whether the API shows the GraphiQL page."""


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read from the environment at the first call.

    `settings.cache_clear()` makes the next call read again; only the command line and tests need that.
    """
    return Settings()


def name_servers(*, database_url: str, redis_url: str) -> None:
    """Make these servers the ones that this process and the processes it starts talk to."""
    os.environ["DATABASE_URL"] = database_url
    os.environ["REDIS_URL"] = redis_url
    settings.cache_clear()
